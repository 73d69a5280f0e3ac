//! New connections: slow, or refused.

use std::time::{Duration, Instant};

use lifeline::fault::{Fault, Kind, chain::Chain};

use super::{chain, hears, streaming};
use crate::stage::{LABS, Stage, distance};

#[tokio::test]
async fn a_first_request_waits_and_the_next_does_not() {
    let mut stage = Stage::open([chain(Kind::SlowConnect { wait_ms: 200 })]).await;
    let mut client = stage.client().await;
    for (exchange, least, most) in [(1, 200, 400), (2, 0, 100)] {
        let began = Instant::now();
        client.get(LABS[0], "hello", exchange).await;
        assert_eq!(client.answer().await, (200, "hello".to_owned()));
        let took = began.elapsed().as_millis();
        assert!((least..most).contains(&took), "request {exchange}: {took} ms");
    }
    // It counts from when the request came, and all behind it waits as well.
    let lab = &mut stage.labs[0];
    let waited = lab.at("up 1 released") - lab.at("up 1: GET #1");
    assert!((200.0..260.0).contains(&waited), "{waited} ms");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_slow_connect_that_is_taken_away_lets_everybody_in() {
    let mut stage = Stage::open([chain(Kind::SlowConnect { wait_ms: 60_000 })]).await;
    let mut client = stage.client().await;
    client.send("POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhello").await;
    stage.labs[0].until("up 2: body 5 last").await;
    client.hears_nothing(80).await;
    stage.labs[0].force(distance(0));
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn who_is_new_is_refused_and_who_was_there_goes_on() {
    let (mut stage, mut stream, feed) = streaming(distance(0)).await;
    let mut kept = stage.client().await;
    kept.get(LABS[0], "hello", 2).await;
    kept.answer().await;
    let mut idle = stage.client().await;
    stage.labs[0].force(Chain::new(Duration::from_millis(40), vec![Fault::new(7, Kind::Refuse)]));
    let mut late = stage.client().await;
    for client in [&mut idle, &mut late] {
        let began = Instant::now();
        client.get(LABS[0], "hello", 3).await;
        client.is_reset().await;
        assert!(began.elapsed() >= Duration::from_millis(40), "the request travels first");
    }
    stage.labs[0].has("struck by 7").await;
    feed.send("one").await.unwrap();
    hears(&mut stream, "one").await;
    kept.get(LABS[0], "hello", 4).await;
    assert_eq!(kept.answer().await.0, 200);
    stage.labs[0].force(distance(0));
    let mut after = stage.client().await;
    after.get(LABS[0], "hello", 5).await;
    assert_eq!(after.answer().await.0, 200);
    drop((stream, feed, kept, idle, late, after));
    stage.close().await;
}
