//! Traffic of random sizes and pieces, through chains that change all the time, on several threads: whatever the tap
//! does, the bytes come out whole and in order, each unit is let go once and in order, and the counts are true.

use std::time::Duration;

use lifeline::{
    fault::{
        Fault, Kind,
        chain::{Chain, Verdict},
    },
    wire::{Direction, Fact, UnitNo},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stage::{LABS, SOON, Stage, distance, script};

const SEEDS: u64 = 12;

/// A chain of a random kind; the last one is always clean.
fn weather(rng: &mut fastrand::Rng) -> Chain {
    let latency = |base_ms, jitter_ms, direction| {
        let kind = Kind::latency(base_ms, jitter_ms);
        Fault { direction, probability: 0.7, seed: 1, ..Fault::new(1, kind) }
    };
    match rng.u8(0..6) {
        0 => distance(0),
        1 => distance(rng.u64(1..8)),
        2 => Chain::new(Duration::ZERO, vec![latency(0, 12, None)]),
        3 => Chain::new(Duration::from_millis(2), vec![latency(1, 5, Some(Direction::Up))]),
        4 => script(|meta| if meta.dir == Direction::Down { Verdict::Hold(2) } else { Verdict::Pass }),
        _ => script(|meta| if meta.no % 3 == 0 { Verdict::Hold(3) } else { Verdict::Pass }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_come_out_whole_and_in_order() {
    for seed in 1..=SEEDS {
        tokio::time::timeout(SOON * 4, storm(seed)).await.unwrap_or_else(|_| panic!("seed {seed} hangs"));
    }
}

async fn storm(seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut stage = Stage::open([weather(&mut rng)]).await;
    let mut client = stage.client().await;

    // Several requests with bodies, all in one string of bytes, torn anywhere.
    let mut request = Vec::new();
    let mut bodies = Vec::new();
    for exchange in 1..=rng.u32(1..8) {
        let length = [0, 5, 700, 20_000, 90_000][rng.usize(0..5)];
        let body: String = (0..length).map(|_| rng.lowercase()).collect();
        let head = format!("POST /l/{}/echo?c=1&n={exchange} HTTP/1.1\r\nHost: lab\r\n", LABS[0]);
        let framed = match rng.bool() {
            true => format!("{head}Content-Length: {length}\r\n\r\n{body}"),
            false if length == 0 => format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            false => format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
        };
        request.extend_from_slice(framed.as_bytes());
        bodies.push(body);
    }

    let (mut read, mut write) = client.stream.split();
    let mut torn = rng.fork();
    let send = async {
        let mut rest = &request[..];
        while !rest.is_empty() {
            let n = torn.usize(1..=4000).min(rest.len());
            write.write_all(&rest[..n]).await.expect("the server reads");
            rest = &rest[n..];
            if torn.u8(0..4) == 0 {
                tokio::task::yield_now().await;
            }
        }
    };
    let receive = async {
        let mut got = Vec::new();
        let mut buffer = vec![0; 65_536];
        let mut answers = Vec::new();
        while answers.len() < bodies.len() {
            let n = read.read(&mut buffer).await.expect("the server answers");
            assert!(n > 0, "an early end");
            client.read += n as u64;
            got.extend_from_slice(&buffer[..n]);
            while let Some(answer) = take_answer(&mut got) {
                answers.push(answer);
            }
        }
        answers
    };
    // The weather changes every few milliseconds, and is fair in the end.
    let forecast: Vec<_> = (0..10).map(|_| weather(&mut rng)).collect();
    let lab = &stage.labs[0];
    let change = async {
        for chain in forecast {
            tokio::time::sleep(Duration::from_millis(3)).await;
            lab.force(chain);
        }
        lab.force(distance(1));
    };
    let ((), answers, ()) = tokio::join!(send, receive, change);
    assert_eq!(answers, bodies, "seed {seed}");

    client.sent = request.len() as u64;
    client.finish().await;
    client.rest().await;
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    lab.story();
    assert_eq!(lab.end.dropped.counts(), (0, 0));
    for way in [Direction::Up, Direction::Down] {
        let came: Vec<UnitNo> = lab
            .log
            .iter()
            .filter_map(|seen| match seen.fact {
                Fact::Unit { dir, no, .. } if dir == way => Some(no),
                _ => None,
            })
            .collect();
        let left: Vec<UnitNo> = lab
            .log
            .iter()
            .filter_map(|seen| match seen.fact {
                Fact::Released { dir, no } if dir == way => Some(no),
                _ => None,
            })
            .collect();
        assert_eq!(came, (1..=came.len() as UnitNo).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(left, came, "seed {seed}");
        let bytes: u64 = lab
            .log
            .iter()
            .filter_map(|seen| match &seen.fact {
                Fact::Unit { dir, unit, .. } if *dir == way => Some(u64::from(unit.bytes())),
                _ => None,
            })
            .sum();
        assert_eq!(bytes, if way == Direction::Up { client.sent } else { client.read }, "seed {seed}");
    }
    stage.close().await;
}

/// Takes a whole answer with a length off the front.
fn take_answer(got: &mut Vec<u8>) -> Option<String> {
    let end = got.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(got[..end].to_vec()).expect("text");
    let length: usize =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())?;
    if got.len() < end + length {
        return None;
    }
    let body = String::from_utf8(got[end..end + length].to_vec()).expect("text");
    got.drain(..end + length);
    Some(body)
}
