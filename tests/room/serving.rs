//! The program in a process of its own, and clients of it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use crate::support::SOON;

/// Any two ports that are free.
const FREE: &[&str] = &["--site", "127.0.0.1:0", "--lab", "127.0.0.1:0"];

/// The program, told this and nothing else.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeline"));
    clean(&mut command).args(arguments);
    command
}

/// Without what this process was told.
fn clean(command: &mut Command) -> &mut Command {
    for variable in ["SITE", "LAB", "LAB_URL", "LESSONS", "HOSTS", "CROWD", "INSTRUCTOR_KEY", "KEEP_DAYS"] {
        command.env_remove(format!("LIFELINE_{variable}"));
    }
    command.env_remove("RUST_LOG").env("RUST_BACKTRACE", "1").env("LIFELINE_DATA", ":memory:").stdin(Stdio::null())
}

/// What a call gives that must not take for ever.
pub fn soon<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (give, take) = mpsc::channel();
    thread::spawn(move || give.send(call()));
    take.recv_timeout(SOON).expect("an end")
}

/// The program, serving. It ends with this value.
pub struct Serving {
    pub child: Child,
    pub site: u16,
    pub lab: u16,
}

impl Serving {
    /// Starts it on free ports.
    pub fn start() -> Self {
        Self::from(&mut program(FREE))
    }

    /// The same with at most so many files open.
    pub fn with_files(files: usize, stderr: Stdio) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_lifeline")]);
        Self::from(clean(&mut shell).args(FREE).stderr(stderr))
    }

    /// Reads both ports from its first line.
    fn from(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let line = first_line(child.stdout.take().unwrap());
        let numbers: Vec<u16> =
            line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        let [site, lab] = numbers[..] else { panic!("no two addresses: {line}") };
        assert!(line.starts_with(&format!("Lifeline: the course is at http://localhost:{site} ")), "{line}");
        Self { child, site, lab }
    }

    /// CPU time so far, in seconds (`/proc/PID/stat`, in ticks of 10 ms).
    #[cfg(target_os = "linux")]
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
        (ticks(11) + ticks(12)) / 100.0
    }

    /// The most memory that it ever held, in KiB.
    #[cfg(target_os = "linux")]
    pub fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        peak.unwrap().parse().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A test that ended it itself has nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line of what a program says. The rest is read by nobody, so that no full pipe holds the program up.
pub fn first_line(from: impl Read + Send + 'static) -> String {
    soon(move || {
        let (mut from, mut line) = (BufReader::new(from), String::new());
        from.read_line(&mut line).unwrap();
        thread::spawn(move || std::io::copy(&mut from, &mut std::io::sink()));
        line
    })
}

/// A client that keeps its connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    pub fn connect(port: u16) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(SOON * 3)).unwrap();
        Self(BufReader::new(socket))
    }

    /// Sends a request and gives the status and the body.
    pub fn ask(&mut self, method: &str, target: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
        self.0.get_mut().write_all((head + body).as_bytes()).unwrap();
        let mut lines = self.0.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty());
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let lengths =
            lines.filter_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let mut body = vec![0; lengths.sum()];
        self.0.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    /// The status of an answer, or nothing from a server that closes instead.
    pub fn try_ask(&mut self, method: &str, target: &str) -> Option<u16> {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.get_mut().write_all(head.as_bytes()).ok()?;
        let mut line = String::new();
        self.0.read_line(&mut line).ok()?;
        line.split(' ').nth(1)?.parse().ok()
    }

    /// Waits until the server closes, in whatever way.
    pub fn is_closed(&mut self) {
        match self.0.read(&mut [0]) {
            Ok(0) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            other => panic!("not closed: {other:?}"),
        }
    }
}
