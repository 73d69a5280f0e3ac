//! What the tap sees of ordinary traffic, and that it changes nothing but time.

use std::time::{Duration, Instant};

use lifeline::wire::{Close, Direction, Fact, Observation, Unit};

use crate::stage::{LABS, Lab, Stage, distance, tell};

pub const UPGRADE: &str = "GET /l/labaaaaaaa/upgrade?c=1&n=1 HTTP/1.1\r\nHost: lab\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A masked text frame of a client: "Hello" of RFC 6455 §5.7.
const HELLO: [u8; 11] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];

/// Bytes of all units in a direction, and those of the last `Closed`.
fn bytes(lab: &mut Lab, way: Direction) -> (u64, u64) {
    lab.story();
    let mut sums = (0, 0);
    for seen in &lab.log {
        match &seen.fact {
            Fact::Unit { dir, unit, .. } if *dir == way => sums.0 += u64::from(unit.bytes()),
            Fact::Closed { bytes_up, bytes_down, .. } => {
                sums.1 = if way == Direction::Up { *bytes_up } else { *bytes_down };
            }
            _ => {}
        }
    }
    sums
}

fn whose(seen: &Observation) -> (Option<u16>, Option<u32>) {
    (seen.client, seen.exchange)
}

#[tokio::test]
async fn one_connection_serves_two_labs() {
    let mut stage = Stage::open([distance(0), distance(0)]).await;
    let mut client = stage.client().await;
    for exchange in [1, 2] {
        client.get(LABS[0], "hello", exchange).await;
        assert_eq!(client.answer().await, (200, "hello".to_owned()));
    }
    client.get(LABS[1], "hello", 7).await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    client.finish().await;
    assert_eq!(client.rest().await, "");
    stage.quiet().await;

    let story = [
        "opened",
        "up 1: GET #1",
        "up 1 released",
        "down 1: 200",
        "down 2: body 5 last",
        "down 1 released",
        "down 2 released",
        "up 2: GET #2",
        "up 2 released",
        "down 3: 200",
        "down 4: body 5 last",
        "down 3 released",
        "down 4 released",
        "up closed by fin",
        "down closed by fin",
    ];
    assert_eq!(stage.labs[0].story(), story);
    let story = [
        "opened",
        "up 3: GET #3",
        "up 3 released",
        "down 5: 200",
        "down 6: body 5 last",
        "down 5 released",
        "down 6 released",
        "up 4: fin",
        "up 4 released",
        "up closed by fin",
        "down 7: fin",
        "down 7 released",
        "down closed by fin",
    ];
    assert_eq!(stage.labs[1].story(), story);

    // Both were told of the same connection, accepted at the same time, and its true bytes.
    let [a, b] = &mut stage.labs[..] else { panic!("two labs") };
    assert_eq!(a.at("opened"), b.at("opened"));
    assert!(a.log.iter().chain(&b.log).all(|seen| seen.conn == Some(1)));
    let (up, closed_up) = bytes(a, Direction::Up);
    let (up_b, closed_up_b) = bytes(b, Direction::Up);
    assert_eq!((up + up_b, closed_up, closed_up_b), (client.sent, client.sent, client.sent));
    let (down, closed_down) = bytes(a, Direction::Down);
    let (down_b, closed_down_b) = bytes(b, Direction::Down);
    assert_eq!((down + down_b, closed_down, closed_down_b), (client.read, client.read, client.read));

    // Each unit belongs to its exchange; the ends belong to none, since all was answered.
    let exchanges: Vec<_> = a.log.iter().map(whose).collect();
    let one = [(Some(1), Some(1)); 7];
    assert_eq!(exchanges[..7], one);
    assert_eq!(exchanges[7..13], [(Some(1), Some(2)); 6]);
    assert_eq!(whose(b.has("up 4: fin").await), (None, None));
    stage.close().await;
}

#[tokio::test]
async fn pipelined_requests_keep_their_answers() {
    let mut stage = Stage::open([distance(20)]).await;
    let mut client = stage.client().await;
    let two = "GET /l/labaaaaaaa/hello?c=1&n=1 HTTP/1.1\r\nHost: lab\r\n\r\n\
        GET /l/labaaaaaaa/big/3?c=2&n=9 HTTP/1.1\r\nHost: lab\r\n\r\n";
    client.send(two).await;
    assert_eq!(client.answer().await.1, "hello");
    assert_eq!(client.answer().await.1, "xxx");
    let lab = &mut stage.labs[0];
    lab.has("down 4 released").await;
    assert_eq!(whose(lab.has("up 2: GET #2").await), (Some(2), Some(9)));
    assert_eq!(whose(lab.has("down 2: body 5 last").await), (Some(1), Some(1)));
    assert_eq!(whose(lab.has("down 3: 200").await), (Some(2), Some(9)));
    assert_eq!(whose(lab.has("down 4 released").await), (Some(2), Some(9)));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_request_in_small_pieces_is_one_unit() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    for byte in b"POST /l/labaaaaaaa/echo?c=1&n=1 HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhello" {
        client.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    let lab = &mut stage.labs[0];
    lab.has("down 2 released").await;
    assert_eq!(lab.story()[..5], ["opened", "up 1: POST #1", "up 1 released", "up 2: body 5 last", "up 2 released"]);
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn an_event_stream_is_seen_event_by_event() {
    let mut stage = Stage::open([distance(0)]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    client.until("\r\n\r\n").await;
    for event in ["one", "two"] {
        feed.send(event).await.expect("the stream is open");
        assert_eq!(client.until("\n\n\r\n").await, format!("B\r\ndata: {event}\n\n\r\n"));
    }
    let lab = &mut stage.labs[0];
    for no in [2, 3] {
        let seen = lab.has(&format!("down {no}: body 11")).await;
        let Fact::Unit { unit: Unit::Body(body), .. } = &seen.fact else { panic!("{seen:?}") };
        assert_eq!((body.bytes, body.events.len(), body.events[0].data), (16, 1, Some(3)));
    }
    // The reader goes away in the middle: the handler learns of it, and the end belongs to the exchange it broke off.
    client.finish().await;
    stage.dropped().await;
    let lab = &mut stage.labs[0];
    assert_eq!(whose(lab.has("down 4: fin").await), (Some(1), Some(1)));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn after_an_upgrade_there_are_frames() {
    let mut stage = Stage::open([distance(10)]).await;
    let mut client = stage.client().await;
    client.send(UPGRADE).await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 101 "));
    client.send(HELLO).await;
    let mut echo = [0; 11];
    tokio::io::AsyncReadExt::read_exact(&mut client.stream, &mut echo).await.expect("the echo");
    client.read += 11;
    assert_eq!(echo, HELLO);
    client.finish().await;
    assert_eq!(client.rest().await, "");
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    let up = ["up 1: GET #1", "up 1 released", "up 2: frame 1 5", "up 2 released", "up 3: fin", "up 3 released"];
    let seen: Vec<_> =
        lab.story().into_iter().filter(|line| line.starts_with("up ") && line != "up closed by fin").collect();
    assert_eq!(seen, up);
    assert_eq!(whose(lab.has("down 2: frame 1 5").await), (Some(1), Some(1)));
    assert_eq!(bytes(lab, Direction::Up), (client.sent, client.sent));
    assert_eq!(bytes(lab, Direction::Down), (client.read, client.read));
    stage.close().await;
}

#[tokio::test]
async fn distance_delays_both_ways_and_the_ends() {
    let mut stage = Stage::open([distance(60)]).await;
    let mut client = stage.client().await;
    let began = Instant::now();
    client.get(LABS[0], "hello", 1).await;
    client.answer().await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(120), "{took:?}");
    assert!(took < Duration::from_millis(600), "{took:?}");
    let began = Instant::now();
    client.finish().await;
    client.rest().await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(120), "{took:?}");
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    for (unit, released) in [
        ("up 1: GET #1", "up 1 released"),
        ("down 1: 200", "down 1 released"),
        ("down 2: body 5 last", "down 2 released"),
        ("up 2: fin", "up 2 released"),
        ("down 3: fin", "down 3 released"),
    ] {
        let way = lab.at(released) - lab.at(unit);
        assert!((60.0..400.0).contains(&way), "{unit}: {way} ms");
    }
    stage.close().await;
}

#[tokio::test]
async fn a_latency_is_not_a_rate() {
    let mut stage = Stage::open([distance(100)]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    client.until("\r\n\r\n").await;
    let began = Instant::now();
    for _ in 0..20 {
        feed.send("news").await.expect("the stream is open");
    }
    for _ in 0..20 {
        client.until("\n\n\r\n").await;
    }
    let took = began.elapsed();
    // One after the other they would take two seconds.
    assert!((100..800).contains(&took.as_millis()), "{took:?}");
    drop(client);
    stage.labs[0].until("up closed by fin").await;
    stage.close().await;
}

#[tokio::test]
async fn a_large_answer_is_cut_into_pieces_and_waits_for_a_slow_reader() {
    const LENGTH: usize = 6_000_000;
    let mut stage = Stage::open([distance(5)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], &format!("big/{LENGTH}"), 1).await;
    client.until("\r\n\r\n").await;
    // The reader pauses until the kernel's buffers are full, and the tap's bound with them.
    stage.labs[0].has("down 1 released").await;
    client.exactly(LENGTH).await;
    client.finish().await;
    client.rest().await;
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    lab.story();
    let pieces: Vec<_> = lab
        .log
        .iter()
        .filter_map(|seen| match &seen.fact {
            Fact::Unit { unit: Unit::Body(body), .. } => Some(body),
            _ => None,
        })
        .collect();
    assert!(pieces.iter().all(|piece| piece.bytes <= 128 * 1024), "a piece is too large");
    assert_eq!(pieces.iter().map(|piece| piece.payload as usize).sum::<usize>(), LENGTH);
    assert_eq!(pieces.iter().filter(|piece| piece.last).count(), 1);
    assert_eq!(bytes(lab, Direction::Down), (client.read, client.read));
    stage.close().await;
}

#[tokio::test]
async fn a_large_upload_arrives_whole() {
    let mut stage = Stage::open([distance(5)]).await;
    let mut client = stage.client().await;
    let body = "y".repeat(1_500_000);
    let head = format!("POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: {}\r\n\r\n", body.len());
    client.send(head).await;
    client.send(&body).await;
    assert_eq!(client.answer().await, (200, body));
    client.finish().await;
    client.rest().await;
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    assert_eq!(bytes(lab, Direction::Up), (client.sent, client.sent));
    assert_eq!(bytes(lab, Direction::Down), (client.read, client.read));
    // A request without numbers is an exchange without a client.
    assert_eq!(whose(lab.has("up 1: POST #1").await), (None, None));
    stage.close().await;
}

#[tokio::test]
async fn a_client_that_resets_is_seen_to() {
    let mut stage = Stage::open([distance(30)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hang", 1).await;
    stage.labs[0].until("up 1 released").await;
    client.stream.set_zero_linger().expect("a living socket");
    drop(client);
    stage.dropped().await;
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    let story = lab.story();
    assert_eq!(story[story.len() - 4..], ["up 2: rst", "up 2 released", "up closed by rst", "down closed by rst"]);
    assert_eq!(whose(lab.has("up 2: rst").await), (None, None));
    assert!(lab.at("up 2 released") - lab.at("up 2: rst") >= 30.0);
    stage.close().await;
}

#[tokio::test]
async fn the_server_closes_first_where_it_was_asked_to() {
    let mut stage = Stage::open([distance(20)]).await;
    let mut client = stage.client().await;
    client.send("GET /l/labaaaaaaa/hello?c=1&n=1 HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n").await;
    assert_eq!(client.answer().await.0, 200);
    assert_eq!(client.rest().await, "");
    // The server lingers for the other end, and tells of it.
    client.finish().await;
    stage.quiet().await;
    let lab = &mut stage.labs[0];
    let story = lab.story();
    assert_eq!(
        story[story.len() - 6..],
        ["down 2 released", "down 3 released", "down closed by fin", "up 2: fin", "up 2 released", "up closed by fin"]
    );
    assert!(lab.at("down 3 released") - lab.at("down 3: fin") >= 20.0);
    stage.close().await;
}

#[tokio::test]
async fn what_is_no_labs_passes_unseen() {
    let mut stage = Stage::open([distance(300)]).await;
    let mut client = stage.client().await;
    let began = Instant::now();
    client.send("GET /free HTTP/1.1\r\nHost: lab\r\n\r\n").await;
    assert_eq!(client.answer().await, (200, "free".to_owned()));
    client.get("labccccccc", "hello", 1).await;
    assert_eq!(client.answer().await.0, 200);
    assert!(began.elapsed() < Duration::from_millis(300), "no distance may be imposed on it");
    drop(client);
    stage.quiet().await;
    assert_eq!(stage.labs[0].story(), [""; 0]);
    stage.close().await;
}

#[tokio::test]
async fn a_head_request_and_a_bodiless_answer_end_where_they_should() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    client.send("HEAD /l/labaaaaaaa/hello?c=1&n=1 HTTP/1.1\r\nHost: lab\r\n\r\n").await;
    assert!(client.until("\r\n\r\n").await.contains("content-length: 5"));
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await.1, "hello");
    let lab = &mut stage.labs[0];
    lab.has("down 3 released").await;
    let down: Vec<_> =
        lab.log.iter().filter(|seen| matches!(&seen.fact, Fact::Unit { dir: Direction::Down, .. })).map(tell).collect();
    assert_eq!(down, ["down 1: 200", "down 2: 200", "down 3: body 5 last"]);
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn without_a_tap_it_serves_the_same() {
    let stage = Stage::untapped(Default::default()).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn closed_tells_how() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    client.answer().await;
    drop(client);
    let seen = stage.labs[0].until("down closed by fin").await;
    let Fact::Closed { how, .. } = seen.fact else { panic!("{seen:?}") };
    assert_eq!(how, Close::Fin);
    stage.close().await;
}
