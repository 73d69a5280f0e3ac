//! The program itself: what it says when it cannot start, and how it ends.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Output, Stdio},
    time::Instant,
};

use crate::{
    serving::{Serving, program, soon},
    support::SOON,
};

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
        let mut server = Serving::start();
        let (site, lab) = (server.site, server.lab);
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
        assert!(Command::new("kill").args([signal, &server.child.id().to_string()]).status().unwrap().success());
        let status = soon(move || server.child.wait().unwrap());
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(begun.elapsed().as_millis() < 2_000, "{signal}: {:?}", begun.elapsed());
    }
}
