//! Every verdict, on real connections, with a script in the place of faults that are still to come.

use std::time::{Duration, Instant};

use lifeline::{
    fault::{
        Fault, Kind,
        chain::{Chain, Verdict},
    },
    wire::{Close, Direction, Unit},
};

use crate::stage::{LABS, Stage, distance, script};

const GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad";

fn is_request(unit: &Unit) -> bool {
    matches!(unit, Unit::RequestHead(_))
}

/// Whether a unit is a piece of an event stream with this event.
fn says(unit: &Unit, text: &str) -> bool {
    matches!(unit, Unit::Body(body) if body.text.contains(text))
}

#[tokio::test]
async fn drop_takes_one_event_out_of_a_stream() {
    let chain = script(|meta| if says(meta.unit, "two") { Verdict::Drop(7) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    client.until("\r\n\r\n").await;
    for event in ["one", "two", "six"] {
        feed.send(event).await.expect("the stream is open");
        if event != "two" {
            assert_eq!(client.until("\n\n\r\n").await, format!("B\r\ndata: {event}\n\n\r\n"));
        }
    }
    let lab = &mut stage.labs[0];
    lab.has("down 4 released").await;
    let story = lab.story();
    assert!(story.contains(&"down 3 dropped by 7".to_owned()), "{story:?}");
    assert!(!story.contains(&"down 3 released".to_owned()), "{story:?}");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_dropped_request_never_reaches_the_server() {
    let chain = script(|meta| if is_request(meta.unit) { Verdict::Drop(7) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("up 1 dropped by 7").await;
    client.hears_nothing(80).await;
    client.finish().await;
    assert_eq!(client.rest().await, "");
    stage.close().await;
}

#[tokio::test]
async fn replace_sends_other_bytes() {
    let chain = script(|meta| match meta.unit {
        Unit::Body(_) => Verdict::Replace(7, b"HELLO".to_vec()),
        _ => Verdict::Pass,
    });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    assert_eq!(client.answer().await, (200, "HELLO".to_owned()));
    let lab = &mut stage.labs[0];
    lab.has("down 3 released").await;
    let story = lab.story();
    let end = ["down 2 dropped by 7", "down 3: opaque 5", "down 3 released"];
    assert_eq!(story[story.len() - 3..], end);
    // And the conversation goes on: the answer counts as given.
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await.1, "HELLO");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn replace_works_on_the_way_up() {
    let chain = script(|meta| match meta.unit {
        Unit::Body(_) if meta.dir == Direction::Up => Verdict::Replace(7, b"HELLO".to_vec()),
        _ => Verdict::Pass,
    });
    let stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.send("POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(client.answer().await, (200, "HELLO".to_owned()));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn duplicate_sends_twice() {
    let chain = script(|meta| if says(meta.unit, "one") { Verdict::Duplicate(7) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    client.until("\r\n\r\n").await;
    feed.send("one").await.expect("the stream is open");
    for _ in 0..2 {
        assert_eq!(client.until("\n\n\r\n").await, "B\r\ndata: one\n\n\r\n");
    }
    let lab = &mut stage.labs[0];
    lab.has("down 3 released").await;
    let story = lab.story();
    let end = ["down 2: body 11", "down 3: body 11", "down 2 released", "down 3 released"];
    assert_eq!(story[story.len() - 4..], end);
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_duplicated_request_is_answered_twice() {
    let chain = script(|meta| if is_request(meta.unit) { Verdict::Duplicate(7) } else { Verdict::Pass });
    let stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    for _ in 0..2 {
        assert_eq!(client.answer().await, (200, "hello".to_owned()));
    }
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn answer_speaks_in_the_servers_place_after_both_distances() {
    let chain = script(|meta| match is_request(meta.unit) {
        true => Verdict::Answer(7, GATEWAY.into()),
        false => Verdict::Pass,
    });
    let mut stage = Stage::open([Chain { distance: Duration::from_millis(40), ..chain }]).await;
    let mut client = stage.client().await;
    let began = Instant::now();
    client.get(LABS[0], "hello", 1).await;
    assert_eq!(client.answer().await, (502, "bad".to_owned()));
    assert!(began.elapsed() >= Duration::from_millis(80), "{:?}", began.elapsed());
    let lab = &mut stage.labs[0];
    lab.has("down 2 released").await;
    let story =
        ["opened", "up 1: GET #1", "up 1 dropped by 7", "down 1: 502", "down 2: body 3 last", "down 1 released"];
    assert_eq!(lab.story()[..6], story);
    // The answer belongs to the request.
    assert_eq!(lab.has("down 1: 502").await.exchange, Some(1));
    // Once the fault is gone, the server itself answers on the same connection.
    lab.force(distance(0));
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    assert_eq!(stage.labs[0].has("down 3: 200").await.exchange, Some(2));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn end_resets_the_connection() {
    let chain = script(|meta| if is_request(meta.unit) { Verdict::End(7, Close::Rst) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hang", 1).await;
    client.is_reset().await;
    stage.quiet().await;
    let story = stage.labs[0].story();
    assert_eq!(story[2..], ["up 1 dropped by 7", "struck by 7", "up closed by rst", "down closed by rst"]);
    stage.close().await;
}

#[tokio::test]
async fn end_resets_under_a_handler_that_hangs_and_takes_what_waits_along() {
    // The event after next kills the connection, while the handler has more to say.
    let chain = script(|meta| if says(meta.unit, "two") { Verdict::End(7, Close::Rst) } else { Verdict::Pass });
    let mut stage = Stage::open([Chain { distance: Duration::from_millis(30), ..chain }]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    client.until("\r\n\r\n").await;
    feed.send("two").await.expect("the stream is open");
    feed.send("six").await.expect("the stream is open");
    client.is_reset().await;
    stage.dropped().await;
    stage.quiet().await;
    let story = stage.labs[0].story();
    assert!(story.contains(&"down 2 dropped by 7".to_owned()), "{story:?}");
    assert!(story.contains(&"down 3 dropped by 7".to_owned()), "{story:?}");
    stage.close().await;
}

#[tokio::test]
async fn end_finishes_the_connection_in_order() {
    let chain = script(|meta| if is_request(meta.unit) { Verdict::End(7, Close::Fin) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    assert_eq!(client.rest().await, "");
    drop(client);
    stage.quiet().await;
    assert_eq!(
        stage.labs[0].story()[2..],
        ["up 1 dropped by 7", "struck by 7", "up closed by fin", "down closed by fin"]
    );
    stage.close().await;
}

#[tokio::test]
async fn hold_waits_until_the_fault_is_gone() {
    let chain = script(|meta| if meta.dir == Direction::Down { Verdict::Hold(7) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("down 2: body 5 last").await;
    client.hears_nothing(80).await;
    // Another chain that holds as well changes nothing.
    stage.labs[0].force(script(|meta| match meta.dir {
        Direction::Down => Verdict::Hold(8),
        Direction::Up => Verdict::Pass,
    }));
    client.hears_nothing(80).await;
    stage.labs[0].force(distance(0));
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn hold_works_on_the_way_up() {
    let chain = script(|meta| if meta.dir == Direction::Up { Verdict::Hold(7) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("up 1: GET #1").await;
    client.hears_nothing(80).await;
    assert_eq!(stage.labs[0].story().len(), 2);
    stage.labs[0].force(distance(0));
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_held_unit_outlives_the_server_and_a_lab_that_goes_lets_go() {
    let chain = script(|meta| if meta.dir == Direction::Down { Verdict::Hold(7) } else { Verdict::Pass });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n").await;
    // By its FIN the server has said all it had to say, and hyper is gone.
    stage.labs[0].until("down 3: fin").await;
    client.hears_nothing(80).await;
    stage.labs.clear();
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    assert_eq!(client.rest().await, "");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_latency_that_is_taken_away_frees_what_waits() {
    let kind = Kind::latency(10_000, 0);
    let slow = Fault { direction: Some(Direction::Down), ..Fault::new(1, kind) };
    let mut stage = Stage::open([Chain::new(Duration::ZERO, vec![slow.clone()])]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("down 1: 200").await;
    client.hears_nothing(50).await;
    // Shorter, but not over: due 200 ms after it came, not after the change.
    let shorter = Fault { kind: Kind::latency(200, 0), ..slow };
    stage.labs[0].force(Chain::new(Duration::ZERO, vec![shorter]));
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    let lab = &mut stage.labs[0];
    lab.has("down 2 released").await;
    let waited = lab.at("down 1 released") - lab.at("down 1: 200");
    assert!((200.0..245.0).contains(&waited), "{waited} ms");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_latency_on_the_way_up_that_is_taken_away_frees_what_waits() {
    let mut stage = Stage::open([distance(5000)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("up 1: GET #1").await;
    client.hears_nothing(50).await;
    stage.labs[0].force(distance(0));
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_fault_that_comes_while_a_unit_waits_strikes_it() {
    let mut stage = Stage::open([distance(100)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("up 1: GET #1").await;
    stage.labs[0].force(script(|meta| if is_request(meta.unit) { Verdict::Drop(3) } else { Verdict::Pass }));
    stage.labs[0].until("up 1 dropped by 3").await;
    client.hears_nothing(50).await;
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_blackhole_swallows_even_the_end() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\nHost: lab\r\n\r\n").await;
    client.answer().await;
    stage.labs[0].force(script(|_| Verdict::Drop(9)));
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\nHost: lab\r\n\r\n").await;
    stage.labs[0].until("up 2 dropped by 9").await;
    // The client gives up; the server never learns of it, and keeps the connection.
    client.finish().await;
    stage.labs[0].until("up 3 dropped by 9").await;
    client.hears_nothing(80).await;
    assert_eq!(stage.census.live(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_swallowed_end_of_the_server_leaves_the_client_waiting() {
    let chain = script(|meta| match meta.unit {
        Unit::End { .. } if meta.dir == Direction::Down => Verdict::Drop(9),
        _ => Verdict::Pass,
    });
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n").await;
    assert_eq!(client.answer().await.0, 200);
    stage.labs[0].until("down 3 dropped by 9").await;
    client.hears_nothing(80).await;
    // The network is well again, and the connection that nobody holds ends.
    stage.labs[0].force(distance(0));
    assert_eq!(client.rest().await, "");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn two_labs_on_one_connection_keep_their_own_faults() {
    let drop_all = script(|meta| if is_request(meta.unit) { Verdict::Drop(4) } else { Verdict::Pass });
    let mut stage = Stage::open([distance(0), drop_all]).await;
    let mut client = stage.client().await;
    client.get(LABS[1], "hello", 1).await;
    stage.labs[1].until("up 1 dropped by 4").await;
    client.get(LABS[0], "hello", 1).await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    stage.labs[0].until("up 2 released").await;
    drop(client);
    stage.close().await;
}
