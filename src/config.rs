//! What the program was told on its command line and in its environment.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand};

use crate::store::Place;

/// A course on how servers get news to browsers, in which every arrow really happened.
#[derive(Debug, Parser)]
#[command(name = "lifeline", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do; to serve, if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve, if nothing is said.
    #[command(flatten)]
    pub serve: Config,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the course and its lab (the default)
    Serve(Config),
    /// Check the lessons: missing translations, unknown fields, dead links, untaught notes
    Check {
        /// The folder of the lessons; those built into the program, if it is absent
        dir: Option<PathBuf>,
    },
    /// Be a crowd of synthetic clients; only the server calls this
    #[command(hide = true)]
    Crowd,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the course listens. A loopback address stands for both 127.0.0.1 and ::1
    #[arg(long, value_name = "ADDR", env = "LIFELINE_SITE", default_value = "127.0.0.1:3000")]
    pub site: Listen,
    /// Where the lab listens: another port than the course, since every fault acts here
    #[arg(long, value_name = "ADDR", env = "LIFELINE_LAB", default_value = "127.0.0.1:3001")]
    pub lab: Listen,
    /// The lab's origin as browsers reach it, when that is not the course's host with the lab's port
    #[arg(long, value_name = "URL", env = "LIFELINE_LAB_URL")]
    pub lab_url: Option<Origin>,
    /// Read the lessons from this folder, and again when they change, instead of those built in
    #[arg(long, value_name = "DIR", env = "LIFELINE_LESSONS")]
    pub lessons: Option<PathBuf>,
    /// Further names under which browsers may reach the course, as course.example.org or course.example.org:8443
    #[arg(long, value_name = "HOST", env = "LIFELINE_HOSTS", value_delimiter = ',')]
    pub hosts: Vec<Authority>,
    /// Keep classes in this file; :memory: keeps them until the program ends. lifeline/class.db in the folder for the data of
    /// programs, if no file is named
    #[arg(long, value_name = "FILE", env = "LIFELINE_DATA")]
    pub data: Option<Place>,
    /// Only who knows this may open a class; anybody may, if it is absent
    #[arg(long, value_name = "KEY", env = "LIFELINE_INSTRUCTOR_KEY", hide_env_values = true)]
    pub instructor_key: Option<InstructorKey>,
    /// How many days a class is kept after it was last used
    #[arg(long, value_name = "N", env = "LIFELINE_KEEP_DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub keep_days: u32,
    /// How many synthetic clients all labs together may have; 0: none at all
    #[arg(long, value_name = "N", env = "LIFELINE_CROWD", default_value_t = 1000)]
    pub crowd: u32,
    /// The program that is called to be a crowd: this one, if none is named. For tests, which are programs themselves.
    #[arg(skip)]
    pub program: Option<PathBuf>,
}

impl Default for Config {
    /// Loopback, each listener on a port that the system chooses, classes in memory.
    fn default() -> Self {
        let any = Listen { ip: Ipv4Addr::LOCALHOST.into(), port: 0 };
        Self {
            site: any,
            lab: any,
            lab_url: None,
            lessons: None,
            hosts: Vec::new(),
            data: Some(Place::Memory),
            instructor_key: None,
            keep_days: 7,
            crowd: 1000,
            program: None,
        }
    }
}

/// What somebody must know to open a class.
#[derive(Clone)]
pub struct InstructorKey(String);

impl InstructorKey {
    /// The key itself, to compare it with what somebody says.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Never shows itself, so that no log can.
impl fmt::Debug for InstructorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstructorKey(…)")
    }
}

impl std::str::FromStr for InstructorKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.len() > 200 {
            return Err("a key has 1 to 200 bytes".into());
        }
        Ok(Self(text.into()))
    }
}

/// An address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address; a loopback one stands for 127.0.0.1 and ::1.
    pub ip: IpAddr,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

impl Listen {
    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        self.ip.is_loopback()
    }
}

impl std::str::FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "an address looks like 127.0.0.1:3000, [::1]:3000, 0.0.0.0:3000 or localhost:3000".to_owned();
        let text = text.trim();
        if let Some(port) = text.strip_prefix("localhost:") {
            let port = port.parse().map_err(|_| wanted())?;
            return Ok(Self { ip: Ipv4Addr::LOCALHOST.into(), port });
        }
        let address: SocketAddr = text.parse().map_err(|_| wanted())?;
        Ok(Self { ip: address.ip(), port: address.port() })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

/// A host name or address, with a port if one was said: what stands in `Host` (RFC 9110 §7.2). Lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The name or address; an IPv6 address in its brackets.
    pub host: String,
    /// The port, if it was said.
    pub port: Option<u16>,
}

impl Authority {
    /// Takes a text apart, or nothing if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let end = rest.find(']')?;
                rest[..end].parse::<Ipv6Addr>().ok()?;
                (&text[..end + 2], &text[end + 2..])
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            // An empty port after the colon is allowed, and means none (RFC 3986 §3.2.3).
            Some("") => None,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None if port.is_empty() => None,
            None => return None,
        };
        let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'[' | b']' | b':');
        let good = !host.is_empty() && host.len() <= 253 && host.bytes().all(letters);
        good.then(|| Self { host: host.to_ascii_lowercase(), port })
    }
}

impl std::str::FromStr for Authority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text.trim()).ok_or_else(|| "a host looks like course.example.org or course.example.org:8443".into())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The origin of a page or a listener: scheme, host and port (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether the scheme is `https` rather than `http`.
    pub secure: bool,
    /// Host, and the port unless it is the scheme's own.
    pub authority: Authority,
}

impl Origin {
    /// Takes a text apart, or nothing if it is none; `null` is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let mut authority = Authority::parse(rest)?;
        authority.port = authority.port.filter(|port| *port != if secure { 443 } else { 80 });
        Some(Self { secure, authority })
    }
}

impl std::str::FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        Self::parse(text.strip_suffix('/').unwrap_or(text))
            .ok_or_else(|| "an origin looks like https://lab.example.org or http://192.168.1.7:3001".into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let both: Listen = "localhost:3000".parse().unwrap();
        assert_eq!(both, "127.0.0.1:3000".parse().unwrap());
        assert!(both.is_loopback() && !"0.0.0.0:80".parse::<Listen>().unwrap().is_loopback());
        for wrong in ["", "3000", "localhost", "example.org:80", "127.0.0.1:99999", "localhost:-1"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn authorities_and_origins_are_read_as_browsers_write_them() {
        let port = |text| Authority::parse(text).map(|a| (a.host, a.port));
        assert_eq!(port("LocalHost:3000"), Some(("localhost".into(), Some(3000))));
        assert_eq!(port("[::1]:3000"), Some(("[::1]".into(), Some(3000))));
        assert_eq!(port("[::1]"), Some(("[::1]".into(), None)));
        assert_eq!(port("example.org:"), Some(("example.org".into(), None)));
        for wrong in ["", ":80", "a b", "a/b", "a@b", "[::1", "[::1]x", "a:x", "a:1:2", "a:65536"] {
            assert_eq!(port(wrong), None, "{wrong}");
        }
        assert_eq!(Origin::parse("http://a:80").unwrap().to_string(), "http://a");
        assert_eq!("https://A.example:8443/".parse::<Origin>().unwrap().to_string(), "https://a.example:8443");
        for wrong in ["null", "", "ftp://a", "http://", "http://a/b", "a"] {
            assert_eq!(Origin::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn serving_is_the_default_and_check_takes_a_folder() {
        let cli = Cli::try_parse_from(["lifeline", "--site", "localhost:4000"]).unwrap();
        assert!(cli.command.is_none() && cli.serve.site.port == 4000);
        let cli = Cli::try_parse_from(["lifeline", "serve", "--hosts", "a,b:81", "--lab-url", "http://a:9"]).unwrap();
        let Some(Command::Serve(config)) = cli.command else { panic!("not serving") };
        assert_eq!(config.hosts.len(), 2);
        let cli = Cli::try_parse_from(["lifeline", "check", "lessons"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Check { dir: Some(_) })));
        assert!(Cli::try_parse_from(["lifeline", "serve", "--lab-url", "nonsense"]).is_err());
    }
}
