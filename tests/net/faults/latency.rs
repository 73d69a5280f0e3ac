//! Latency and its relatives: how much later things come.

use std::time::{Duration, Instant};

use lifeline::{
    fault::{Fault, Kind, chain::Chain},
    wire::{Direction, Fact, Micros},
};

use super::{chain, hears, streaming};
use crate::stage::{LABS, Stage, distance};

/// How long an event takes, in milliseconds: the median of several.
async fn median(chain: Chain, times: usize) -> f64 {
    let (stage, mut client, feed) = streaming(chain).await;
    let mut took = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        feed.send("one").await.expect("the stream is open");
        hears(&mut client, "one").await;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    drop((client, feed));
    stage.close().await;
    took.sort_by(f64::total_cmp);
    took[times / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_median_of_what_it_adds_is_what_it_says() {
    for (ms, times) in [(20, 31), (100, 15), (500, 5)] {
        let set = f64::from(ms);
        let allowed = f64::max(2.0, set * 0.05);
        let mut off = Vec::new();
        // Others on this machine may take the processor for longer than that; not three times in a row.
        for _ in 0..3 {
            let added = median(chain(Kind::latency(ms, 0)), times).await - median(distance(0), times).await;
            off.push(added - set);
            if off.last().is_some_and(|off| off.abs() <= allowed) {
                break;
            }
        }
        println!("latency {ms} ms: the median of what it adds is off by {off:.2?} ms");
        assert!(off.last().is_some_and(|off| off.abs() <= allowed), "{ms} ms: off by {off:?}");
    }
}

/// How long the units of one direction waited at the tap, in milliseconds.
fn waits(log: &[lifeline::wire::Observation], way: Direction) -> Vec<f64> {
    let left = |unit: u32| -> Option<Micros> {
        log.iter().find(|seen| seen.fact == Fact::Released { dir: way, no: unit }).map(|seen| seen.at)
    };
    let of = |seen: &lifeline::wire::Observation| match seen.fact {
        Fact::Unit { dir, no, .. } if dir == way => left(no).map(|at| (at - seen.at) as f64 / 1000.0),
        _ => None,
    };
    log.iter().filter_map(of).collect()
}

/// A stream of events, each sent when the one before has come, and how long each waited.
async fn events(chain: Chain, times: usize) -> Vec<f64> {
    let (mut stage, mut client, feed) = streaming(chain).await;
    for _ in 0..times {
        feed.send("one").await.expect("the stream is open");
        hears(&mut client, "one").await;
    }
    drop((client, feed));
    stage.quiet().await;
    stage.labs[0].story();
    let waits = waits(&stage.labs[0].log, Direction::Down);
    stage.close().await;
    waits
}

#[tokio::test]
async fn a_tail_is_rare_and_long() {
    let fault = Fault { probability: 0.1, seed: 2, ..Fault::new(7, Kind::Tail { times: 40 }) };
    let mut waits = events(Chain::new(Duration::from_millis(5), vec![fault]), 80).await;
    waits.sort_by(f64::total_cmp);
    let struck = waits.iter().filter(|ms| **ms >= 200.0).count();
    assert!((2..=18).contains(&struck), "{struck} of {}: {waits:?}", waits.len());
    let middle = waits[waits.len() / 2];
    assert!((5.0..60.0).contains(&middle), "most travel as always: {middle} ms");
    assert!(waits.iter().all(|ms| *ms >= 5.0), "{waits:?}");
}

#[tokio::test]
async fn a_loss_is_a_wait_for_all_that_follows() {
    // The second of three events that are under way together is lost.
    let lost = |seed| Fault { seed, probability: 0.3, ..Fault::new(7, Kind::Loss { streak: 0 }) };
    let struck = |seed| -> Vec<bool> {
        let chain = Chain::new(Duration::ZERO, vec![lost(seed)]);
        let unit = lifeline::wire::Unit::Opaque { bytes: 1 };
        let of = |no| chain.decide(lifeline::fault::chain::Meta::new(Direction::Down, 1, no, None, &unit));
        (1..=4).map(|no| !of(no).delay.is_zero()).collect()
    };
    let seed = (0..).find(|seed| struck(*seed) == [false, false, true, false]).unwrap();
    let (mut stage, mut client, feed) = streaming(Chain::new(Duration::ZERO, vec![lost(seed)])).await;
    for event in ["one", "two", "three"] {
        feed.send(event).await.unwrap();
    }
    for event in ["one", "two", "three"] {
        hears(&mut client, event).await;
    }
    let lab = &mut stage.labs[0];
    lab.has("down 4 released").await;
    let at = [2, 3, 4].map(|no| lab.at(&format!("down {no} released")));
    assert!(at[1] - lab.at("down 3: body 11") >= 200.0, "a timeout at least");
    assert!(at[1] - at[0] >= 150.0 && at[2] - at[1] < 50.0, "what follows waits behind it, and no longer: {at:?}");
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_loss_that_is_taken_away_frees_what_waits() {
    let (stage, mut client, feed) = streaming(distance(0)).await;
    let fault = Fault { direction: Some(Direction::Down), ..Fault::new(7, Kind::Loss { streak: 90 }) };
    stage.labs[0].force(Chain::new(Duration::from_secs(2), vec![fault]));
    feed.send("one").await.expect("the stream is open");
    client.hears_nothing(80).await;
    stage.labs[0].force(distance(0));
    hears(&mut client, "one").await;
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_slow_close_tells_each_end_late() {
    let mut stage = Stage::open([chain(Kind::SlowClose { ms: 200 })]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    assert_eq!(client.answer().await.0, 200);
    let closed = Instant::now();
    client.finish().await;
    assert_eq!(client.rest().await, "");
    let took = closed.elapsed().as_millis();
    assert!((400..700).contains(&took), "each direction has its own: {took} ms");
    let lab = &mut stage.labs[0];
    lab.has("down closed by fin").await;
    assert!(lab.at("up closed by fin") - lab.at("up 2: fin") >= 200.0);
    assert!(lab.at("down closed by fin") - lab.at("down 3: fin") >= 200.0);

    // And when it is taken away in the middle, at once.
    lab.force(chain(Kind::SlowClose { ms: 60_000 }));
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await.0, 200);
    client.finish().await;
    client.hears_nothing(80).await;
    stage.labs[0].force(distance(0));
    assert_eq!(client.rest().await, "");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_slow_close_of_the_server_is_waited_for() {
    let stage = Stage::open([chain(Kind::SlowClose { ms: 300 })]).await;
    let mut client = stage.client().await;
    let began = Instant::now();
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n").await;
    assert_eq!(client.answer().await.0, 200);
    assert_eq!(client.rest().await, "");
    let took = began.elapsed().as_millis();
    assert!((300..600).contains(&took), "{took} ms");
    drop(client);
    stage.close().await;
}
