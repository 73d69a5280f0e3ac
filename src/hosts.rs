//! Under which names browsers may reach this server, and which pages may talk to it.
//!
//! A page of a stranger can make a browser send requests here, under a name of the stranger's own that resolves to this
//! machine (DNS rebinding), or openly from its own origin. Both are told apart from our own pages by `Host` and
//! `Origin`, which scripts cannot forge.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    str::FromStr,
};

use axum::http::{HeaderMap, StatusCode, header};

use crate::{
    app::Addresses,
    config::{Authority, Origin},
    error::Error,
};

/// The list of allowed names.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Names and addresses that are ours, whatever the port says.
    own: Vec<String>,
    /// Names of the configuration, behind which a proxy may stand.
    further: Vec<Authority>,
    /// Whether a listener has all of the machine's addresses: then each of them is ours.
    any: bool,
    /// The address that the course listens on.
    bound: IpAddr,
    /// The course's port.
    site: u16,
    /// The lab's port.
    lab: u16,
    /// The lab's origin, if it does not follow from the page's.
    lab_url: Option<Origin>,
}

impl Hosts {
    /// The list for the addresses that the course and its lab listen on, these further names, and the lab's origin if
    /// it is not the course's host with the lab's port.
    pub fn new(site: SocketAddr, lab: SocketAddr, further: &[Authority], lab_url: Option<Origin>) -> Self {
        let bound = [site, lab];
        let mut own = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        for address in bound {
            let name = literal(address.ip());
            if !own.contains(&name) {
                own.push(name);
            }
        }
        let any = bound.iter().any(|address| address.ip().is_unspecified());
        let mut further = further.to_vec();
        further.extend(lab_url.as_ref().map(|url| url.authority.clone()));
        Self { own, further, any, bound: site.ip(), site: site.port(), lab: lab.port(), lab_url }
    }

    /// Whether `host` (without its port) is one of ours.
    fn is_ours(&self, host: &str) -> bool {
        self.own.iter().any(|own| own == host) || (self.any && is_of_this_machine(host))
    }

    /// Whether we go by this name.
    fn goes_by(&self, host: &Authority) -> bool {
        let named = |entry: &Authority| entry.host == host.host && (entry.port.is_none() || entry.port == host.port);
        self.is_ours(&host.host) || self.further.iter().any(named)
    }

    /// The lab's origin as a page that reaches us under this name reaches it.
    pub fn lab_origin(&self, host: &Authority) -> Origin {
        self.lab_url.clone().unwrap_or_else(|| {
            let port = Some(self.lab).filter(|port| *port != 80);
            Origin { secure: false, authority: Authority { host: host.host.clone(), port } }
        })
    }

    /// The course's origin as other machines reach it, for a page that is reached under this name: the same name, unless that is
    /// a loopback one which means something else there.
    pub fn reachable(&self, host: &Authority) -> String {
        let loopback = matches!(host.host.as_str(), "localhost" | "[::1]") || host.host.starts_with("127.");
        let known = self.further.iter().find(|entry| entry.host == host.host);
        // Behind a proxy that has a certificate, the lab is behind it, too.
        let secure = known.is_some() && self.lab_url.as_ref().is_some_and(|url| url.secure);
        let outside = self.outside().filter(|_| loopback);
        let authority = match outside {
            Some(ip) => Authority { host: literal(ip), port: Some(self.site).filter(|port| *port != 80) },
            None => host.clone(),
        };
        Origin { secure, authority }.to_string()
    }

    /// The address under which other machines reach the course: nothing, if only this one does.
    pub fn outside(&self) -> Option<IpAddr> {
        if self.bound.is_unspecified() { first_address() } else { Some(self.bound).filter(|ip| !ip.is_loopback()) }
    }

    /// Checks `Host` (RFC 9110 §7.2) and gives it back.
    ///
    /// # Errors
    /// 400 if it is missing or malformed, 421 (RFC 9110 §15.5.20) if the name is not on the list.
    pub fn check_host(&self, headers: &HeaderMap) -> Result<Authority, Error> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok().and_then(Authority::parse),
            _ => None,
        };
        let host = host.ok_or_else(|| Error::bad_request("a request needs one Host header that names a host"))?;
        if self.goes_by(&host) {
            return Ok(host);
        }
        let message = "this server does not go by that name; start it with --hosts to allow it";
        Err(Error::new(StatusCode::MISDIRECTED_REQUEST, message))
    }

    /// Whether a page of this origin is one of the course's.
    pub fn is_site(&self, origin: &str) -> bool {
        let Some(origin) = Origin::parse(origin) else { return false };
        let Origin { secure, authority } = origin;
        let port = authority.port.unwrap_or(if secure { 443 } else { 80 });
        // Our own listener speaks plain HTTP on its port; a further name may stand for a proxy with TLS.
        if !secure && port == self.site && self.is_ours(&authority.host) {
            return true;
        }
        self.further.iter().any(|entry| {
            entry.host == authority.host
                && match entry.port {
                    Some(wanted) => wanted == port,
                    None => authority.port.is_none() || port == self.site,
                }
        })
    }

    /// Checks `Origin`: absent (no browser's script), or a page of the course, which is given back.
    ///
    /// # Errors
    /// 403 for any other page.
    pub fn check_origin<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, Error> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => Ok(None),
            (Some(origin), None) if origin.to_str().is_ok_and(|origin| self.is_site(origin)) => {
                Ok(origin.to_str().ok())
            }
            _ => Err(Error::new(StatusCode::FORBIDDEN, "only pages of the course may ask this from a browser")),
        }
    }
}

impl Addresses for Hosts {
    fn allows(&self, host: &str) -> bool {
        Authority::parse(host).is_some_and(|host| self.goes_by(&host))
    }

    fn lab_origin(&self, host: &str) -> String {
        Authority::parse(host).map(|host| Hosts::lab_origin(self, &host).to_string()).unwrap_or_default()
    }
}

/// The machine's address on the network that leads to the rest of the world. Connecting a UDP socket sends nothing; it only
/// makes the system choose. The other ends are addresses of nobody (RFC 5737, RFC 3849).
fn first_address() -> Option<IpAddr> {
    let own = |any: &str, nobody: &str| {
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect(nobody).ok()?;
        Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
    };
    own("0.0.0.0:0", "192.0.2.1:9").or_else(|| own("[::]:0", "[2001:db8::1]:9"))
}

/// An address as it stands in a URL.
pub fn literal(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Whether an address literal belongs to this machine. Nobody's DNS can make a literal mean something else, and the
/// system allows to bind (without sending anything) exactly the addresses it has.
fn is_of_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    IpAddr::from_str(bare).is_ok_and(|ip| !ip.is_unspecified() && UdpSocket::bind((ip, 0)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let further = ["course.example.org", "other.example.org:8443"].map(|h| h.parse().unwrap());
        Hosts::new("127.0.0.1:3000".parse().unwrap(), "10.1.2.3:3001".parse().unwrap(), &further, None)
    }

    fn host(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::HOST, value.parse().unwrap())])
    }

    #[test]
    fn a_name_that_is_not_on_the_list_is_misdirected() {
        for good in
            ["localhost:3000", "LOCALHOST", "[::1]:3001", "10.1.2.3", "course.example.org", "other.example.org:8443"]
        {
            assert!(hosts().check_host(&host(good)).is_ok(), "{good}");
        }
        for bad in ["evil.example", "localhost.evil.example", "10.1.2.4", "other.example.org"] {
            assert_eq!(hosts().check_host(&host(bad)).unwrap_err().status(), 421, "{bad}");
        }
        assert_eq!(hosts().check_host(&HeaderMap::new()).unwrap_err().status(), 400);
        assert_eq!(hosts().check_host(&host("a/b")).unwrap_err().status(), 400);
    }

    #[test]
    fn only_the_courses_own_pages_are_allowed() {
        for good in [
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "https://course.example.org",
            "https://other.example.org:8443",
        ] {
            assert!(hosts().is_site(good), "{good}");
        }
        for bad in [
            "null",
            "http://localhost:3001",
            "https://localhost:3000",
            "http://localhost",
            "http://evil.example:3000",
            "https://other.example.org",
        ] {
            assert!(!hosts().is_site(bad), "{bad}");
        }
    }

    #[test]
    fn the_lab_is_reached_by_the_name_that_the_page_is_reached_by() {
        let origin = |hosts: &Hosts, host| Addresses::lab_origin(hosts, host);
        assert_eq!(origin(&hosts(), "localhost:3000"), "http://localhost:3001");
        assert_eq!(origin(&hosts(), "[::1]:3000"), "http://[::1]:3001");
        let there = Some("https://lab.example.org".parse().unwrap());
        let hosts = Hosts::new("127.0.0.1:3000".parse().unwrap(), "127.0.0.1:3001".parse().unwrap(), &[], there);
        assert_eq!(origin(&hosts, "localhost:3000"), "https://lab.example.org");
        assert!(hosts.allows("lab.example.org") && !hosts.allows("example.org"));
    }

    #[test]
    fn others_reach_the_course_by_a_name_that_means_the_same_to_them() {
        let at = |site: &str, further: &[Authority], lab: Option<Origin>, host: &str| {
            let hosts = Hosts::new(site.parse().unwrap(), "127.0.0.1:3001".parse().unwrap(), further, lab);
            hosts.reachable(&Authority::parse(host).unwrap())
        };
        assert_eq!(at("10.1.2.3:3000", &[], None, "localhost:3000"), "http://10.1.2.3:3000");
        assert_eq!(at("10.1.2.3:80", &[], None, "127.0.0.1"), "http://10.1.2.3");
        assert_eq!(at("10.1.2.3:3000", &[], None, "room.local:3000"), "http://room.local:3000");
        assert_eq!(at("127.0.0.1:3000", &[], None, "localhost:3000"), "http://localhost:3000");
        let further: Authority = "course.example.org".parse().unwrap();
        let lab = Some("https://lab.example.org".parse().unwrap());
        assert_eq!(at("127.0.0.1:3000", &[further], lab, "course.example.org"), "https://course.example.org");
        let any = at("0.0.0.0:3000", &[], None, "localhost:3000");
        match first_address() {
            Some(ip) => assert_eq!(any, format!("http://{}:3000", literal(ip))),
            None => assert_eq!(any, "http://localhost:3000"),
        }
    }

    #[test]
    fn a_listener_on_all_addresses_goes_by_each_of_them() {
        let hosts = Hosts::new("0.0.0.0:3000".parse().unwrap(), "0.0.0.0:3001".parse().unwrap(), &[], None);
        assert!(hosts.check_host(&host("127.0.0.2:3000")).is_ok());
        assert_eq!(hosts.check_host(&host("192.0.2.1:3000")).unwrap_err().status(), 421);
    }
}
