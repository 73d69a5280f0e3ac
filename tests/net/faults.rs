//! Every kind of fault on the wire, on a real socket: what it does, and that it can be taken away while connections are
//! open. What is not lost is compared byte for byte.

mod cache;
mod connecting;
mod counts;
mod cuts;
mod latency;
mod pace;
mod pieces;
mod request_time;
mod twice;
mod whole;

use std::time::Duration;

use lifeline::{
    fault::{Death, Fault, Kind, chain::Chain},
    wire::{Close, Direction, Fact},
};

use crate::{
    http::UPGRADE,
    stage::{Client, LABS, Stage, distance},
};

fn chain(kind: Kind) -> Chain {
    Chain::new(Duration::ZERO, vec![Fault::new(7, kind)])
}

/// A stage with an open event stream under this chain.
async fn streaming(chain: Chain) -> (Stage, Client, tokio::sync::mpsc::Sender<&'static str>) {
    let stage = Stage::open([chain]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    client.until("\r\n\r\n").await;
    (stage, client, feed)
}

async fn hears(client: &mut Client, event: &str) {
    let chunk = format!("data: {event}\n\n");
    assert_eq!(client.until("\n\n\r\n").await, format!("{:X}\r\n{chunk}\r\n", chunk.len()));
}

#[tokio::test]
async fn a_stall_keeps_everything_and_lets_it_go_at_once() {
    let (stage, mut client, feed) = streaming(distance(0)).await;
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    stage.labs[0].force(chain(Kind::Stall));
    for event in ["two", "three", "four"] {
        feed.send(event).await.unwrap();
    }
    client.hears_nothing(80).await;
    stage.labs[0].force(distance(0));
    for event in ["two", "three", "four"] {
        hears(&mut client, event).await;
    }
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_blackhole_keeps_nothing_and_tells_nobody() {
    let (mut stage, mut client, feed) = streaming(distance(0)).await;
    stage.labs[0].force(chain(Kind::Blackhole));
    feed.send("one").await.unwrap();
    stage.labs[0].until("down 2 dropped by 7").await;
    client.hears_nothing(50).await;
    stage.labs[0].force(distance(0));
    feed.send("two").await.unwrap();
    hears(&mut client, "two").await;
    // The end, too, vanishes: the handler does not learn that its client has gone.
    stage.labs[0].force(chain(Kind::Blackhole));
    client.finish().await;
    stage.labs[0].until("up 2 dropped by 7").await;
    feed.send("three").await.expect("the handler still streams");
    stage.labs[0].until("down 4 dropped by 7").await;
    stage.labs[0].force(distance(0));
    drop(client);
    // What is sent to a client that has gone comes back as a reset, by which the server knows at last.
    while feed.send("four").await.is_ok() {
        tokio::task::yield_now().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn a_blackhole_of_one_direction_spares_the_other() {
    let fault = Fault { direction: Some(Direction::Up), ..Fault::new(7, Kind::Blackhole) };
    let (mut stage, mut client, feed) = streaming(distance(0)).await;
    stage.labs[0].force(Chain::new(Duration::ZERO, vec![fault]));
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\nHost: lab\r\n\r\n").await;
    stage.labs[0].until("up 2 dropped by 7").await;
    drop((client, feed));
    stage.labs[0].force(distance(0));
    stage.close().await;
}

#[tokio::test]
async fn a_cut_ends_what_is_open_and_what_comes_until_it_is_taken_away() {
    for (how, said) in [(Close::Fin, "down closed by fin"), (Close::Rst, "down closed by rst")] {
        let (mut stage, mut client, feed) = streaming(distance(0)).await;
        let mut idle = stage.client().await;
        idle.get(LABS[0], "hello", 2).await;
        assert_eq!(idle.answer().await.0, 200);
        stage.labs[0].force(chain(Kind::cut(how)));
        stage.labs[0].until(said).await;
        stage.dropped().await;
        let mut late = stage.client().await;
        late.get(LABS[0], "hello", 3).await;
        for mut client in [client.stream, idle.stream, late.stream].map(|stream| Client { stream, sent: 0, read: 0 }) {
            match how {
                Close::Fin => assert_eq!(client.rest().await, ""),
                Close::Rst => client.is_reset().await,
            }
        }
        stage.labs[0].force(distance(0));
        client = stage.client().await;
        client.get(LABS[0], "hello", 4).await;
        assert_eq!(client.answer().await.0, 200);
        let struck = stage.labs[0].log.iter().filter(|seen| seen.fact == Fact::Struck { by: 7 }).count();
        assert!(struck >= 1, "the strike is told");
        drop((client, feed));
        stage.close().await;
    }
}

#[tokio::test]
async fn a_cut_ends_an_upgraded_connection_on_which_nothing_moves() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    client.send(UPGRADE).await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
    // Other changes before do not make it deaf.
    for ms in [1, 2, 3] {
        stage.labs[0].force(distance(ms));
        client.hears_nothing(20).await;
    }
    stage.labs[0].force(chain(Kind::cut(Close::Fin)));
    assert_eq!(client.rest().await, "");
    stage.labs[0].has("struck by 7").await;
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_cut_after_a_time_lets_quick_answers_through() {
    let kind = Kind::Cut { how: Close::Fin, after_ms: 150, after_bytes: None, every: None };
    let (mut stage, mut client, feed) = streaming(chain(kind)).await;
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    assert_eq!(client.rest().await, "");
    let lab = &mut stage.labs[0];
    lab.has("down closed by fin").await;
    let lasted = lab.at("down closed by fin") - lab.at("up 1: GET #1");
    assert!((150.0..200.0).contains(&lasted), "{lasted} ms");
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn an_idle_killer_spares_whoever_says_something() {
    let kind = Kind::IdleKiller { after_ms: 200, how: Death::Fin };
    let (mut stage, mut client, feed) = streaming(chain(kind)).await;
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        feed.send("still here").await.unwrap();
        hears(&mut client, "still here").await;
    }
    assert_eq!(client.rest().await, "");
    let lab = &mut stage.labs[0];
    lab.has("down closed by fin").await;
    let idle = lab.at("down closed by fin") - lab.at("down 7 released");
    assert!((200.0..250.0).contains(&idle), "{idle} ms");
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn an_idle_killer_that_is_silent_leaves_both_ends_in_the_dark() {
    let kind = Kind::IdleKiller { after_ms: 100, how: Death::Silent };
    let (mut stage, mut client, feed) = streaming(chain(kind)).await;
    stage.labs[0].until("struck by 7").await;
    feed.send("one").await.unwrap();
    stage.labs[0].until("down 2 dropped by 7").await;
    client.hears_nothing(50).await;
    // Taken away, the connection works again, without what was lost.
    stage.labs[0].force(distance(0));
    feed.send("two").await.unwrap();
    hears(&mut client, "two").await;
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_buffering_proxy_passes_a_stream_on_in_lumps() {
    let (stage, mut client, feed) = streaming(chain(Kind::Buffer { bytes: 64, flush_ms: None })).await;
    // Chunks of 16 bytes on the wire: three wait, the fourth sets all of them free.
    for event in ["one", "two", "six"] {
        feed.send(event).await.unwrap();
    }
    client.hears_nothing(80).await;
    feed.send("ten").await.unwrap();
    for event in ["one", "two", "six", "ten"] {
        hears(&mut client, event).await;
    }
    // The next lump is cut short by the end of the fault.
    feed.send("one").await.unwrap();
    client.hears_nothing(50).await;
    stage.labs[0].force(distance(0));
    hears(&mut client, "one").await;
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_buffering_proxy_lets_go_after_a_time_and_at_the_end() {
    let kind = Kind::Buffer { bytes: 10_000, flush_ms: Some(150) };
    let (mut stage, mut client, feed) = streaming(chain(kind)).await;
    feed.send("one").await.unwrap();
    feed.send("two").await.unwrap();
    hears(&mut client, "one").await;
    hears(&mut client, "two").await;
    let lab = &mut stage.labs[0];
    lab.has("down 3 released").await;
    let waited = lab.at("down 2 released") - lab.at("down 2: body 11");
    assert!((150.0..200.0).contains(&waited), "{waited} ms");
    // An answer that ends does not wait at all.
    feed.send("six").await.unwrap();
    drop(feed);
    hears(&mut client, "six").await;
    assert_eq!(client.until("\r\n\r\n").await, "0\r\n\r\n");
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    drop(client);
    stage.close().await;
}
