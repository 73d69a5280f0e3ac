//! The keep-alive time of a lab: counted from the release of the last answer, changed while connections are idle.

use std::time::{Duration, Instant};

use lifeline::{
    fault::chain::Chain,
    net::{accept::Limits, clock},
};

use crate::stage::{LABS, Stage, distance};

fn keeps(ms: u64) -> Chain {
    Chain { keep_alive: Some(Duration::from_millis(ms)), ..Chain::default() }
}

/// The listener's own time is far from those of the labs.
fn patient() -> Limits {
    Limits { idle_time: Duration::from_secs(30), ..Limits::default() }
}

#[tokio::test]
async fn each_lab_has_its_own_and_the_newest_decides() {
    let stage = Stage::with(patient(), [keeps(300), keeps(900)]).await;
    for (last, least) in [(0, 295), (1, 895)] {
        let mut client = stage.client().await;
        for (exchange, lab) in [LABS[1 - last], LABS[last]].into_iter().enumerate() {
            client.get(lab, "hello", exchange as u32 + 1).await;
            client.answer().await;
        }
        let answered = Instant::now();
        assert_eq!(client.rest().await, "");
        let took = answered.elapsed().as_millis();
        assert!((least..least + 500).contains(&took), "{}: {took} ms", LABS[last]);
    }
    stage.close().await;
}

#[tokio::test]
async fn it_counts_from_when_the_answer_was_let_go() {
    let mut stage = Stage::with(patient(), [Chain { distance: Duration::from_millis(100), ..keeps(400) }]).await;
    let mut client = stage.client().await;
    for exchange in [1, 2] {
        client.get(LABS[0], "hello", exchange).await;
        client.answer().await;
        client.hears_nothing(250).await;
    }
    // The end travels, too.
    client.rest().await;
    drop(client);
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    let (answered, ends) = (lab.at("down 4 released"), lab.at("down 5: fin"));
    assert!((395.0..700.0).contains(&(ends - answered)), "{} ms", ends - answered);
    assert!(lab.at("down closed by fin") - ends >= 100.0);
    stage.close().await;
}

#[tokio::test]
async fn a_change_holds_at_once_for_idle_connections() {
    let stage = Stage::with(patient(), [keeps(20_000)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    client.answer().await;
    client.hears_nothing(200).await;
    // Idle for longer than the new time already.
    stage.labs[0].force(keeps(100));
    let changed = Instant::now();
    assert_eq!(client.rest().await, "");
    assert!(changed.elapsed() < Duration::from_millis(1000), "{:?}", changed.elapsed());
    drop(client);

    stage.labs[0].force(keeps(500));
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    client.answer().await;
    client.hears_nothing(100).await;
    stage.labs[0].force(keeps(20_000));
    client.hears_nothing(1000).await;
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await.0, 200, "a longer time holds, too");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn what_was_idle_when_it_was_cleared_is_closed_and_nothing_else() {
    let mut stage = Stage::with(patient(), [keeps(20_000)]).await;
    let (mut idle, mut busy) = (stage.client().await, stage.client().await);
    idle.get(LABS[0], "hello", 1).await;
    idle.answer().await;
    let feed = stage.feed();
    busy.get(LABS[0], "events", 2).await;
    busy.until("\r\n\r\n").await;
    stage.labs[0].force(Chain { cleared: Some(clock::now()), ..keeps(20_000) });
    assert_eq!(idle.rest().await, "");
    feed.send("still here").await.expect("the stream is open");
    busy.until("still here").await;
    let mut later = stage.client().await;
    later.get(LABS[0], "hello", 3).await;
    later.answer().await;
    later.hears_nothing(300).await;
    drop((idle, busy, later, feed));
    stage.labs[0].has("up closed by fin").await;
    stage.close().await;
}

#[tokio::test]
async fn a_lab_that_is_gone_leaves_its_connections_to_the_listener() {
    let limits = Limits { idle_time: Duration::from_millis(600), ..Limits::default() };
    let mut stage = Stage::with(limits, [keeps(20_000)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    client.answer().await;
    let answered = Instant::now();
    stage.labs.clear();
    assert_eq!(client.rest().await, "");
    assert!((595..2000).contains(&answered.elapsed().as_millis()), "{:?}", answered.elapsed());
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_handshake_over_the_distance_is_made_up_for_by_the_first_request() {
    let stage = Stage::open([Chain { handshake: true, ..distance(60) }]).await;
    let mut client = stage.client().await;
    for (exchange, least) in [(1, 240), (2, 120)] {
        let asked = Instant::now();
        client.get(LABS[0], "hello", exchange).await;
        client.answer().await;
        let took = asked.elapsed().as_millis();
        assert!((least..least + 110).contains(&took), "exchange {exchange}: {took} ms");
    }
    drop(client);
    stage.close().await;
}
