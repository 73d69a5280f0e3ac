//! Ten thousand connections from another process that say nothing.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use lifeline::{net::accept::Limits, wire::control::Created};

use crate::serving::{Client, Serving};

const CROWD: usize = 10_000;

/// What a connection that says nothing may cost the server, in KiB.
const EACH: usize = 24;

/// Whoever is in must not notice the crowd: this is far above what an answer takes, and far below a time limit.
const PROMPTLY: Duration = Duration::from_secs(2);

#[test]
fn ten_thousand_silent_connections_do_not_stop_the_course() {
    if env::var_os("LIFELINE_TEST_CROWD").is_some() {
        return crowd();
    }
    // Again, in a process that may open as many files; so may the server that it starts.
    let script = r#"ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -H -n)"; exec "$0" "$@""#;
    let mut again = Command::new("sh");
    again.args(["-c", script]).arg(env::current_exe().unwrap()).env("LIFELINE_TEST_CROWD", "1");
    again.args(["--exact", "--nocapture", "crowd::ten_thousand_silent_connections_do_not_stop_the_course"]);
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{}", String::from_utf8_lossy(&output.stderr));
}

fn crowd() {
    let server = Serving::start();
    let mut reader = Client::connect(server.site);
    let (status, body) = reader.ask("POST", "/api/labs", r#"{"distance_ms":0}"#);
    assert_eq!(status, 201, "{body}");
    let created: Created = serde_json::from_str(&body).unwrap();
    let poll = format!("/l/{}/poll", created.lab);
    let mut early = Client::connect(server.lab);
    let mut goes_on = || {
        let since = Instant::now();
        assert_eq!(early.ask("GET", &poll, "").0, 200);
        assert_eq!(reader.ask("POST", "/api/labs", "{}").0, 201);
        assert!(since.elapsed() < PROMPTLY, "{:?}", since.elapsed());
    };
    goes_on();

    let before = server.peak();
    let begun = Instant::now();
    let crowd: Vec<_> = (0..CROWD).map(|_| Client::connect(server.lab)).collect();
    let connected = Instant::now();
    goes_on();
    // The listener is full, and a newcomer is let in all the same: the oldest of the silent make room.
    let since = Instant::now();
    while Client::connect(server.lab).try_ask("GET", &poll).is_none_or(|status| status != 200) {
        assert!(since.elapsed() < PROMPTLY, "no newcomer is let in");
    }
    goes_on();
    let cost = server.peak() - before;
    println!("connected in {:?}; they cost {cost} KiB", connected - begun);
    assert!(cost < EACH * Limits::default().connections, "{cost} KiB");

    // They are closed one after the other, as they came.
    for (place, mut client) in crowd.into_iter().enumerate() {
        client.is_closed();
        if place % 1000 == 0 {
            goes_on();
        }
    }
    let took = connected.elapsed();
    println!("all closed {took:?} after the last had come");
    assert!(took < Limits::default().head_time + Duration::from_secs(10), "{took:?}");
    assert_eq!(Client::connect(server.lab).ask("GET", &poll, "").0, 200, "a newcomer is let in again");
    goes_on();
}
