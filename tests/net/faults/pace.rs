//! What is narrow: a line that all connections of a lab share, and a reader that is slow.

use std::time::{Duration, Instant};

use lifeline::{
    fault::{Fault, Kind, Overflow, chain::Chain},
    wire::Direction,
};

use super::{chain, hears, streaming};
use crate::stage::{LABS, Stage, distance};

fn down(bytes_per_s: u32, burst: u32) -> Chain {
    let kind = Kind::Bandwidth { bytes_per_s, burst };
    Chain::new(Duration::ZERO, vec![Fault { direction: Some(Direction::Down), ..Fault::new(7, kind) }])
}

/// How long three answers of so many bytes take, on so many connections.
async fn three(stage: &Stage, connections: usize) -> Duration {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(stage.client().await);
    }
    let began = Instant::now();
    for n in 0..3 {
        clients[n % connections].get(LABS[0], "big/2000", n as u32 + 1).await;
    }
    for n in 0..3 {
        let (status, body) = clients[n % connections].answer().await;
        assert_eq!((status, body.len()), (200, 2000));
    }
    began.elapsed()
}

#[tokio::test]
async fn a_line_is_one_for_all_connections_of_a_lab() {
    let stage = Stage::open([down(20_000, 0)]).await;
    // Some 2,120 bytes each with their heads: 318 ms for three.
    for connections in [1, 3] {
        let took = three(&stage, connections).await.as_millis();
        assert!((310..420).contains(&took), "{connections}: {took} ms");
    }
    // What may go at once is made up for by the pause before it.
    stage.labs[0].force(down(20_000, 4_000));
    tokio::time::sleep(Duration::from_millis(250)).await;
    let took = three(&stage, 3).await.as_millis();
    assert!((110..220).contains(&took), "{took} ms");
    stage.close().await;
}

#[tokio::test]
async fn a_line_does_not_drift() {
    let (stage, mut client, feed) = streaming(down(4_000, 0)).await;
    let began = Instant::now();
    // 16 bytes each on the wire, 4 ms: 400 ms in all, though a timer is late each time.
    let send = async {
        for _ in 0..100 {
            feed.send("one").await.unwrap();
        }
    };
    let hear = async {
        for _ in 0..100 {
            hears(&mut client, "one").await;
        }
    };
    tokio::join!(send, hear);
    let took = began.elapsed().as_millis();
    // The head of the answer may still be in the line.
    assert!((390..480).contains(&took), "{took} ms");
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn directions_do_not_disturb_each_other() {
    let stage = Stage::open([down(1_000, 0)]).await;
    let (mut busy, mut up) = (stage.client().await, stage.client().await);
    busy.get(LABS[0], "big/60000", 1).await;
    busy.hears_nothing(50).await;
    up.send(format!(
        "POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 9000\r\n\r\n{}",
        "x".repeat(9000)
    ))
    .await;
    stage.labs[0].force(distance(0));
    assert_eq!(up.answer().await.1.len(), 9000);
    assert_eq!(busy.answer().await.1.len(), 60_000);
    drop((busy, up));
    stage.close().await;
}

#[tokio::test]
async fn another_rate_holds_at_once_and_what_is_given_up_frees_the_line() {
    let mut stage = Stage::open([down(100, 0)]).await;
    let mut gone = stage.client().await;
    gone.get(LABS[0], "big/50000", 1).await;
    stage.labs[0].until("down 1: 200").await;
    gone.hears_nothing(50).await;
    // Five hundred seconds of line are free again with the connection that wanted them.
    gone.stream.set_zero_linger().expect("a living socket");
    drop(gone);
    stage.quiet().await;
    let mut client = stage.client().await;
    client.get(LABS[0], "big/10", 2).await;
    client.hears_nothing(50).await;
    stage.labs[0].force(down(10_000, 0));
    let changed = Instant::now();
    assert_eq!(client.answer().await.1.len(), 10);
    let took = changed.elapsed().as_millis();
    assert!(took < 150, "{took} ms");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_slow_reader_makes_writing_wait() {
    let kind = Kind::SlowReader { bytes_per_s: 2_000, policy: Overflow::DropOldest };
    let (stage, mut client, feed) = streaming(chain(kind)).await;
    // An event of a hundred bytes each. A clean connection takes megabytes of them before anybody waits.
    const EVENT: &str = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890";
    let mut sent = 0;
    while tokio::time::timeout(Duration::from_millis(200), feed.send(EVENT)).await.is_ok_and(|sent| sent.is_ok()) {
        sent += 1;
        assert!(sent < 2_000, "nobody notices that the reader is slow");
        // As fast as the handler takes them: it is its turn.
        tokio::task::yield_now().await;
    }
    println!("{sent} events of 100 bytes until the handler waits");
    // 2,000 bytes in a second: some 20 events.
    let began = Instant::now();
    for _ in 0..20 {
        hears(&mut client, EVENT).await;
    }
    let took = began.elapsed().as_millis();
    assert!(took < 1_500, "{took} ms");
    stage.labs[0].force(distance(0));
    for _ in 20..sent {
        hears(&mut client, EVENT).await;
    }
    assert!(began.elapsed() < Duration::from_secs(4), "all at once, when it reads quickly again");
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_slow_reader_is_alone_with_it() {
    let kind = Kind::SlowReader { bytes_per_s: 4_000, policy: Overflow::DropOldest };
    let stage = Stage::open([chain(kind)]).await;
    // Some 510 bytes each: 128 ms, whether one reads or three.
    for connections in [1, 3] {
        let mut clients = Vec::new();
        for _ in 0..connections {
            clients.push(stage.client().await);
        }
        let began = Instant::now();
        for client in &mut clients {
            client.get(LABS[0], "big/400", 1).await;
        }
        for client in &mut clients {
            assert_eq!(client.answer().await.1.len(), 400);
        }
        let took = began.elapsed().as_millis();
        assert!((115..200).contains(&took), "{connections}: {took} ms");
    }
    stage.close().await;
}
