//! What no fault may lose: requests with bodies, an event stream and a WebSocket at once, through a chain that is changed
//! while they are under way, compared byte for byte.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use lifeline::fault::{Fault, Kind, Overflow, Shape, chain::Chain};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    http::UPGRADE,
    stage::{LABS, Stage, distance},
};

/// How long all of it may take.
const LONG: Duration = Duration::from_secs(20);

/// What an event may say; all of them, many times.
const SAYINGS: [&str; 4] = [
    "",
    "one",
    "a longer one, with a few words",
    "and one that is long enough to be cut into pieces by anything that cuts, twice if it has to be",
];

/// Sends bytes in torn pieces.
async fn tear(write: &mut (impl AsyncWriteExt + Unpin), bytes: &[u8], rng: &mut fastrand::Rng) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let n = rng.usize(1..=900).min(rest.len());
        write.write_all(&rest[..n]).await.expect("the server reads");
        rest = &rest[n..];
        tokio::task::yield_now().await;
    }
}

/// Reads exactly these bytes, however they come, and counts them.
async fn expect(read: &mut (impl AsyncReadExt + Unpin), bytes: &[u8], count: &AtomicUsize, what: &str) {
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    while got.len() < bytes.len() {
        let n = timeout(LONG, read.read(&mut buffer)).await.expect(what).expect(what);
        assert!(n > 0, "{what}: an early end after {} of {} bytes", got.len(), bytes.len());
        got.extend_from_slice(&buffer[..n]);
        count.fetch_add(n, Ordering::Relaxed);
        assert!(bytes.starts_with(&got), "{what}: other bytes came than were sent");
    }
}

/// A client's frame: final, binary, masked.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82];
    match u8::try_from(payload.len()) {
        Ok(short) if short < 126 => frame.push(0x80 | short),
        _ => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(payload.len()).expect("a short payload").to_be_bytes());
        }
    }
    frame.extend_from_slice(&[1, 2, 3, 4]);
    frame.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Everything at once under one chain, and from the middle on under another. Says what share had come when that came into force.
async fn goes_whole(first: Chain, then: Chain, after: Duration) -> f64 {
    let stage = Stage::open([first]).await;
    let count = AtomicUsize::new(0);
    let feed = stage.feed();
    let [mut posts, mut stream, mut socket] =
        [stage.client().await.stream, stage.client().await.stream, stage.client().await.stream];
    let mut rng = fastrand::Rng::with_seed(4);
    let bodies: Vec<Vec<u8>> = [0, 5, 3_000, 20_000].map(|n| (0..n).map(|_| rng.u8(b'a'..=b'z')).collect()).into();
    let events: Vec<&str> = (0..60).map(|_| SAYINGS[rng.usize(0..SAYINGS.len())]).collect();
    let frames: Vec<u8> = (0..40).flat_map(|_| frame(&vec![7; rng.usize(0..700)])).collect();
    let chunks: Vec<u8> = events
        .iter()
        .flat_map(|event| format!("{:X}\r\ndata: {event}\n\n\r\n", event.len() + 8).into_bytes())
        .collect();
    let total = bodies.iter().map(Vec::len).sum::<usize>() + chunks.len() + frames.len();

    let post = async {
        let mut rng = fastrand::Rng::with_seed(1);
        for (n, body) in bodies.iter().enumerate() {
            let head = format!(
                "POST /l/{}/echo?c=1&n={} HTTP/1.1\r\nHost: lab\r\nContent-Length: {}\r\n\r\n",
                LABS[0],
                n + 1,
                body.len()
            );
            tear(&mut posts, &[head.as_bytes(), body].concat(), &mut rng).await;
            head_of(&mut posts).await;
            expect(&mut posts, body, &count, "bodies").await;
        }
    };
    let listen = async {
        let head = format!("GET /l/{}/events?c=2&n=1 HTTP/1.1\r\nHost: lab\r\n\r\n", LABS[0]);
        stream.write_all(head.as_bytes()).await.expect("the server reads");
        head_of(&mut stream).await;
        let tell = async {
            for event in &events {
                feed.send(event).await.expect("the stream is open");
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(tell, expect(&mut stream, &chunks, &count, "events"));
    };
    let talk = async {
        socket.write_all(UPGRADE.as_bytes()).await.expect("the server reads");
        head_of(&mut socket).await;
        let (mut read, mut write) = socket.split();
        let mut rng = fastrand::Rng::with_seed(2);
        tokio::join!(tear(&mut write, &frames, &mut rng), expect(&mut read, &frames, &count, "frames"));
    };
    let change = async {
        tokio::time::sleep(after).await;
        let come = count.load(Ordering::Relaxed) as f64 / total as f64;
        stage.labs[0].force(then);
        come
    };
    let (.., come) =
        timeout(LONG, async { tokio::join!(post, listen, talk, change) }).await.expect("all of it in time");
    stage.labs[0].force(distance(0));
    drop((posts, stream, socket, feed));
    stage.close().await;
    come
}

async fn head_of(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(LONG, stream.read_u8()).await.expect("a head in time").expect("a head"));
    }
}

fn chain(distance_ms: u64, kinds: &[Kind]) -> Chain {
    let faults =
        kinds.iter().zip(1..).map(|(kind, id)| Fault { seed: 9, probability: 0.6, ..Fault::new(id, kind.clone()) });
    Chain::new(Duration::from_millis(distance_ms), faults.collect())
}

fn latency(base_ms: u32, jitter_ms: u32, shape: Shape) -> Kind {
    Kind::Latency { base_ms, jitter_ms, shape }
}

/// The kinds that delay, pace or cut, and lose nothing.
fn kinds() -> [Kind; 9] {
    [
        latency(5, 40, Shape::Normal),
        latency(5, 40, Shape::Pareto),
        Kind::Tail { times: 20 },
        Kind::Bandwidth { bytes_per_s: 20_000, burst: 500 },
        Kind::Loss { streak: 30 },
        Kind::Slice { bytes: 60, vary: 80, pause_ms: 2 },
        Kind::SlowConnect { wait_ms: 300 },
        Kind::SlowReader { bytes_per_s: 8_000, policy: Overflow::DropOldest },
        Kind::Buffer { bytes: 30_000, flush_ms: None },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_that_loses_nothing_loses_nothing_when_it_is_taken_away_in_the_middle() {
    for kind in kinds() {
        let name = kind.name();
        let come = goes_whole(chain(3, &[kind]), distance(3), Duration::from_millis(150)).await;
        assert!(come < 1.0, "{name} was to be in the middle of something");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_kinds_together_lose_nothing_either() {
    let began = Instant::now();
    let come = goes_whole(chain(3, &kinds()), chain(1, &kinds()[..6]), Duration::from_millis(400)).await;
    assert!(come < 1.0, "still under way after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_comes_and_goes_in_the_middle_loses_nothing() {
    // The last one never lets go by itself.
    for kind in kinds().into_iter().take(8) {
        // Begun on a clean network, which is quick: the change comes at once.
        goes_whole(distance(2), chain(2, &[kind]), Duration::from_millis(5)).await;
    }
}
