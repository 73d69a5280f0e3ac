//! Cuts that wait for bytes, or spare most connections.

use std::time::{Duration, Instant};

use lifeline::{
    fault::{Kind, chain::Chain},
    wire::Close,
};

use super::{chain, hears, streaming};
use crate::stage::{LABS, Stage, distance};

fn cut(how: Close, after_ms: u32, after_bytes: Option<u32>, every: Option<u32>) -> Chain {
    chain(Kind::Cut { how, after_ms, after_bytes, every })
}

#[tokio::test]
async fn a_stream_ends_behind_so_many_bytes() {
    for how in [Close::Fin, Close::Rst] {
        let (stage, mut client, feed) = streaming(distance(0)).await;
        // 40 bytes more than the head of the answer: two events of 16 bytes pass, and the third is the last.
        stage.labs[0].force(cut(how, 0, Some(u32::try_from(client.read).unwrap() + 40), None));
        for event in ["one", "two"] {
            feed.send(event).await.unwrap();
            hears(&mut client, event).await;
        }
        client.hears_nothing(80).await;
        feed.send("six").await.unwrap();
        match how {
            Close::Fin => assert_eq!(client.rest().await, "B\r\ndata: six\n\n\r\n"),
            // What was under way may be lost with an RST.
            Close::Rst => client.is_reset().await,
        }
        stage.dropped().await;
        drop((client, feed));
        stage.close().await;
    }
}

#[tokio::test]
async fn what_is_written_together_is_cut_behind_the_unit() {
    // The head of the answer alone has more bytes than this, so nothing of the body follows it.
    let mut stage = Stage::open([cut(Close::Fin, 0, Some(20), None)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    assert_eq!(client.rest().await, "");
    stage.labs[0].has("struck by 7").await;
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn of_bytes_and_time_the_later_counts() {
    let (stage, mut client, feed) = streaming(cut(Close::Fin, 300, Some(20), None)).await;
    let began = Instant::now();
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    assert_eq!(client.rest().await, "");
    assert!(began.elapsed() >= Duration::from_millis(250), "the bytes were gone long ago");
    drop((client, feed));
    stage.close().await;

    let (stage, mut client, feed) = streaming(cut(Close::Fin, 100, Some(10_000), None)).await;
    client.hears_nothing(300).await;
    // Taken away, it does not come any more.
    stage.labs[0].force(distance(0));
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn every_third_connection_ends() {
    let stage = Stage::open([cut(Close::Rst, 0, None, Some(3))]).await;
    let mut cut = Vec::new();
    for n in 1..=9 {
        let mut client = stage.client().await;
        client.get(LABS[0], "hello", n).await;
        if n % 3 == 0 {
            client.is_reset().await;
            cut.push(n);
        } else {
            assert_eq!(client.answer().await, (200, "hello".to_owned()), "connection {n}");
            // And is not counted again with its next request.
            client.get(LABS[0], "hello", n).await;
            assert_eq!(client.answer().await.0, 200);
        }
    }
    assert_eq!(cut, [3, 6, 9]);
    stage.close().await;
}
