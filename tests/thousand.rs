//! A thousand connections under latency, slicing and bandwidth at once: every byte arrives, and what it takes of memory has a
//! bound. One test alone, because nothing else may allocate meanwhile.

#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
#[path = "net/stage.rs"]
mod stage;

use std::{
    alloc::System,
    time::{Duration, Instant},
};

use cap::Cap;
use lifeline::fault::{Fault, Kind, chain::Chain};
use stage::{LABS, Stage, lines_of};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const CONNECTIONS: u32 = 1000;
/// Bytes in a second, each way.
const RATE: u32 = 1_000_000;
/// What a connection may take, in bytes: both its ends, in this process, with what waits in between.
const MOST: usize = 64_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_lose_nothing_and_stay_small() {
    let kinds = [
        Kind::latency(20, 20),
        Kind::Slice { bytes: 300, vary: 50, pause_ms: 2 },
        Kind::Bandwidth { bytes_per_s: RATE, burst: 10_000 },
    ];
    let faults = kinds.into_iter().zip(1..).map(|(kind, id)| Fault::new(id, kind)).collect();
    let stage = Stage::open([Chain::new(Duration::from_millis(10), faults)]).await;
    let before = MEMORY.allocated();
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for n in 1..=CONNECTIONS {
        clients.spawn(converse(stage.address, n));
    }
    let (mut most, mut at_once, mut bytes) = (0, 0, 0);
    while !clients.is_empty() {
        tokio::select! {
            done = clients.join_next() => bytes += done.unwrap().unwrap(),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
        most = most.max(MEMORY.allocated().saturating_sub(before));
        at_once = at_once.max(stage.census.live());
    }
    let took = began.elapsed();
    let each = most / CONNECTIONS as usize;
    println!(
        "{at_once} connections at once, {bytes} bytes down in {took:.1?}; at most {each} bytes of memory for each"
    );
    assert_eq!(at_once, CONNECTIONS as usize, "they were to be there together");
    assert!(took.as_secs_f64() >= bytes as f64 / f64::from(RATE) * 0.9, "the line was to be narrow");
    // Less would mean that it was not measured.
    assert!((1_000..=MOST).contains(&each), "{each} bytes");
    stage.close().await;
}

/// One client's conversation: a request with a body and its echo, and a stream. Gives the bytes that came, all of which were right.
async fn converse(address: std::net::SocketAddr, n: u32) -> usize {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let body: String = (0..1500).map(|at| char::from(b'a' + ((at * 7 + n) % 26) as u8)).collect();
    let post =
        format!("POST /l/{}/echo?c=1&n={n} HTTP/1.1\r\nHost: lab\r\nContent-Length: 1500\r\n\r\n{body}", LABS[0]);
    socket.write_all(post.as_bytes()).await.unwrap();
    let mut bytes = head(&mut socket).await;
    bytes += exactly(&mut socket, body.as_bytes()).await;
    let get = format!("GET /l/{}/lines/{n}?c=1&n={n} HTTP/1.1\r\nHost: lab\r\n\r\n", LABS[0]);
    socket.write_all(get.as_bytes()).await.unwrap();
    bytes += head(&mut socket).await;
    let chunks: String = lines_of(n).map(|line| format!("{:X}\r\n{line}\r\n", line.len())).collect();
    bytes + exactly(&mut socket, format!("{chunks}0\r\n\r\n").as_bytes()).await
}

async fn head(socket: &mut TcpStream) -> usize {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    head.len()
}

async fn exactly(socket: &mut TcpStream, expected: &[u8]) -> usize {
    let mut got = vec![0; expected.len()];
    socket.read_exact(&mut got).await.unwrap();
    assert!(got == expected, "{:?} instead of {:?}", String::from_utf8_lossy(&got), String::from_utf8_lossy(expected));
    got.len()
}
