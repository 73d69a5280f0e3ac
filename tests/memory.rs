//! What a lab's log costs: real polls, as a browser sends them, and every byte that this process has allocated for them.
//! One test alone, because nothing else may allocate meanwhile.

#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
#[path = "room/support.rs"]
mod support;

use std::alloc::System;

use cap::Cap;
use lifeline::wire::{Witness, control::Command};
use support::{Course, Lab};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// How many observations are made, by the wire and the handler.
const OBSERVATIONS: usize = 10_000;

/// A poll is seven of them: request, head and body each come and go, and the handler has its answer.
const SEVEN: usize = 7;

/// What they may cost, in bytes.
const MOST: usize = 8_000_000;

/// What Chrome 140 sends with a poll of the course's page.
const BROWSER: &str = "Connection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"\r\nsec-ch-ua-mobile: ?0\r\n\
    Accept: application/json\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_observations_cost_at_most_eight_megabytes() {
    let course = Course::start().await;
    // The first lab of a server brings memory with it that all others share.
    run(&course, 20).await;
    let before = MEMORY.allocated();
    let (records, wire) = run(&course, OBSERVATIONS.div_ceil(SEVEN)).await;
    let cost = MEMORY.allocated().saturating_sub(before);
    println!("{records} observations, {wire} of the wire, cost {cost} bytes");
    assert!(records >= OBSERVATIONS && wire >= OBSERVATIONS * 4 / 5, "{records}, {wire}");
    // Less would mean that the log was not there to be measured.
    assert!((MOST / 10..=MOST).contains(&cost), "{cost} bytes");
}

/// Makes a lab and polls it as a page does, from where the last answer ended. Gives the length of its log, and how much
/// of it the wire saw.
async fn run(course: &Course, polls: usize) -> (usize, usize) {
    let lab = course.lab(r#"{"distance_ms":0,"source":{"steady":{"every_ms":50}}}"#).await;
    lab.page().await.command(Command::Source { running: true }).await;
    let mut socket = BufReader::new(TcpStream::connect(lab.at).await.unwrap());
    let mut cursor = 0;
    for n in 1..=polls {
        cursor = poll(&mut socket, &lab, cursor, n).await;
    }
    // Somebody reads the log, who has to keep it, and goes again before anything is measured.
    let mut page = lab.resume(2, None).await;
    page.until_count(polls * SEVEN, |_| true).await;
    let wire = page.records.iter().filter(|record| record.seen.witness == Witness::Wire).count();
    (page.records.len(), wire)
}

/// One poll; gives the cursor that it brought.
async fn poll(socket: &mut BufReader<TcpStream>, lab: &Lab, cursor: u64, n: usize) -> u64 {
    let (name, port) = (&lab.created.lab, lab.at.port());
    let head = format!(
        "GET /l/{name}/poll?cursor={cursor}&c=1&n={n} HTTP/1.1\r\nHost: localhost:{port}\r\n{BROWSER}\
         Referer: http://localhost:{}/\r\n\r\n",
        lab.site.port()
    );
    socket.get_mut().write_all(head.as_bytes()).await.unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        assert!(socket.read_line(&mut line).await.unwrap() > 0, "the lab closed");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    answer["cursor"].as_u64().unwrap()
}
