//! Counted strikes: exactly so many, however many connections come for them at once.

use std::{
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use lifeline::{
    fault::{Fault, Kind, Prey, chain::Chain},
    wire::{Close, Fact},
};
use tokio::task::JoinSet;

use super::{hears, streaming};
use crate::stage::{Client, LABS, Stage};

/// A chain with a fault that strikes so often.
fn counted(kind: Kind, count: u32) -> Chain {
    let fault = Fault { count: Some(count), ..Fault::new(7, kind) };
    fault.check().expect("a fault that counts");
    let left = [(7, Arc::new(AtomicU32::new(count)))].into();
    Chain { left, ..Chain::new(Duration::ZERO, vec![fault]) }
}

/// Thirty connections at once, and how many of them were not answered by the server itself.
async fn struck(stage: &Stage) -> usize {
    let mut clients = JoinSet::new();
    for n in 1..=30 {
        let mut client = stage.client().await;
        clients.spawn(async move {
            client.get(LABS[0], "hello", n).await;
            let mut got = Vec::new();
            let read = async {
                while !got.ends_with(b"hello") {
                    let mut byte = [0];
                    match tokio::io::AsyncReadExt::read(&mut client.stream, &mut byte).await {
                        Ok(1) => got.push(byte[0]),
                        _ => return true,
                    }
                }
                false
            };
            tokio::time::timeout(Duration::from_secs(2), read).await.expect("an answer or an end")
        });
    }
    clients.join_all().await.into_iter().filter(|struck| *struck).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_so_many_connections_are_struck() {
    let kinds = [
        Kind::Refuse,
        Kind::cut(Close::Rst),
        Kind::cut(Close::Fin),
        Kind::Cut { how: Close::Fin, after_ms: 0, after_bytes: Some(10), every: None },
    ];
    for kind in kinds {
        for count in [1, 4] {
            let stage = Stage::open([counted(kind.clone(), count)]).await;
            let struck = struck(&stage).await;
            let told = told(stage, |fact| *fact == Fact::Struck { by: 7 }).await;
            assert_eq!(told, count as usize, "{kind:?}");
            assert!(struck <= count as usize, "{kind:?}: {struck}");
        }
    }
}

/// How often a lab was told of something.
async fn told(mut stage: Stage, what: impl Fn(&Fact) -> bool) -> usize {
    stage.quiet().await;
    stage.labs[0].story();
    let told = stage.labs[0].log.iter().filter(|seen| what(&seen.fact)).count();
    stage.close().await;
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_so_many_answers_are_stale() {
    let stage = Stage::open([counted(Kind::StaleCache { ttl_ms: 60_000 }, 5)]).await;
    let mut first = stage.client().await;
    let ask = async |client: &mut Client| {
        client.send(format!("GET /l/{}/count HTTP/1.1\r\nHost: lab\r\n\r\n", LABS[0])).await;
        client.until("\r\n\r\n").await.contains("age:")
    };
    assert!(!ask(&mut first).await);
    let mut clients = JoinSet::new();
    for _ in 0..20 {
        let mut client = stage.client().await;
        clients.spawn(async move { ask(&mut client).await });
    }
    let aged = clients.join_all().await.into_iter().filter(|aged| *aged).count();
    assert_eq!(aged, 5);
    drop(first);
    assert_eq!(told(stage, |fact| matches!(fact, Fact::Dropped { by: 7, .. })).await, 5);
}

#[tokio::test]
async fn so_many_units_come_twice_or_not_at_all_and_the_rest_passes() {
    let (stage, mut client, feed) = streaming(counted(Kind::Duplicate { reconnected: false }, 2)).await;
    for (event, times) in [("one", 2), ("two", 2), ("six", 1), ("ten", 1)] {
        feed.send(event).await.unwrap();
        for _ in 0..times {
            hears(&mut client, event).await;
        }
    }
    client.hears_nothing(50).await;
    drop((client, feed));
    stage.close().await;

    let stage = Stage::open([counted(Kind::Swallow { what: Prey::Pings }, 2)]).await;
    let mut client = stage.client().await;
    client.send(crate::http::UPGRADE).await;
    client.until("\r\n\r\n").await;
    // They vanish on the way up, so of five there is an echo of three.
    for no in 0..5 {
        client.send([0x89, 0x81, 0, 0, 0, 0, b'0' + no]).await;
    }
    let echo = client.exactly_bytes(21).await;
    assert_eq!([echo[6], echo[13], echo[20]], *b"234");
    client.hears_nothing(50).await;
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn so_many_requests_run_out_of_time() {
    let stage = Stage::open([counted(Kind::MaxRequest { after_ms: 150 }, 1)]).await;
    let (mut one, mut two) = (stage.client().await, stage.client().await);
    one.get(LABS[0], "hang", 1).await;
    two.get(LABS[0], "hang", 2).await;
    let ended = tokio::select! {
        ended = one.answer() => ended,
        ended = two.answer() => ended,
    };
    assert_eq!(ended.0, 504);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(stage.census.live(), 1, "the other one still waits");
    drop((one, two));
    stage.dropped().await;
    stage.dropped().await;
    assert_eq!(told(stage, |fact| *fact == Fact::Struck { by: 7 }).await, 1);
}
