//! The program itself: what it says when it cannot start, and how it ends.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Instant,
};

use crate::support::SOON;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeline"));
    command.args(arguments).stdin(Stdio::null());
    for variable in ["SITE", "LAB", "LAB_URL", "LESSONS", "HOSTS"] {
        command.env_remove(format!("LIFELINE_{variable}"));
    }
    command.env_remove("RUST_LOG").env("RUST_BACKTRACE", "1");
    command
}

/// What a call gives that must not take for ever.
fn soon<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (give, take) = mpsc::channel();
    thread::spawn(move || give.send(call()));
    take.recv_timeout(SOON).expect("an end")
}

fn run(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    soon(move || child.wait_with_output().unwrap())
}

/// Code 2, and one line that says what is wrong.
fn assert_refused(output: &Output, said: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(said) && !text.contains("panicked") && !text.contains("backtrace"), "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (arguments, said) in [
        (vec!["serve", "--site", &taken, "--lab", "127.0.0.1:0"], "something else listens there already"),
        (vec!["--site", "127.0.0.1:0", "--lab", &taken], "the lab cannot listen"),
        (vec!["--site", "192.0.2.1:3000"], "does not have that address"),
        (vec!["--lessons", "/nowhere"], "cannot read the lessons in /nowhere"),
        (vec!["--site", "localhost:4999", "--lab", "localhost:4999"], "two ports"),
    ] {
        let output = run(&mut program(&arguments));
        assert_refused(&output, said);
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);
    }
    assert_refused(&run(&mut program(&["--site", "nonsense"])), "an address looks like");
    assert_refused(&run(program(&[]).env("LIFELINE_LAB", "nonsense")), "an address looks like");
    assert_refused(&run(program(&[]).env("RUST_LOG", "lifeline=loud")), "RUST_LOG");
    let help = run(&mut program(&["--help"]));
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for word in ["--site", "LIFELINE_SITE", "--lab-url", "LIFELINE_LESSONS", "--hosts", "check"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

/// Starts it on free ports, and reads both from its first line.
fn serving() -> (Child, u16, u16) {
    let mut child = program(&["--site", "127.0.0.1:0", "--lab", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let line = soon(move || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        // What follows is read by nobody else, and a full pipe would hold the program up.
        thread::spawn(move || out.read_to_string(&mut String::new()));
        line
    });
    let numbers: Vec<u16> =
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    let [site, lab] = numbers[..] else { panic!("no two addresses: {line}") };
    assert!(line.starts_with(&format!("Lifeline: the course is at http://localhost:{site} ")), "{line}");
    (child, site, lab)
}

/// Sends bytes and leaves the connection open.
fn begin(to: (&str, u16), bytes: &str) -> TcpStream {
    let mut socket = TcpStream::connect(to).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.write_all(bytes.as_bytes()).unwrap();
    socket
}

#[test]
fn ctrl_c_and_sigterm_end_it_within_two_seconds_with_streams_open() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, site, lab) = serving();
        let spec = r#"{"faults":[{"id":1,"kind":{"slow_answers":{"min_ms":10000,"max_ms":10000}}}]}"#;
        let length = spec.len();
        let create = format!(
            "POST /api/labs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{spec}"
        );
        let mut answer = String::new();
        begin(("127.0.0.1", site), &create).read_to_string(&mut answer).unwrap();
        let name = answer.split(r#""lab":""#).nth(1).unwrap().split('"').next().unwrap();

        // A request that is held back for ten seconds, one that never ends, and a connection that says nothing.
        let poll = format!("GET /l/{name}/poll HTTP/1.1\r\nHost: localhost:{lab}\r\n\r\n");
        let half = "POST /api/labs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{";
        let _open =
            [begin(("127.0.0.1", lab), &poll), begin(("127.0.0.1", site), half), begin(("127.0.0.1", site), "")];

        let begun = Instant::now();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let status = soon(move || child.wait().unwrap());
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(begun.elapsed().as_millis() < 2_000, "{signal}: {:?}", begun.elapsed());
    }
}
