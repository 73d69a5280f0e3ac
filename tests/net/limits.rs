//! Bad input, silence, crowds, and the end of the program.

use std::time::{Duration, Instant};

use lifeline::net::accept::Limits;
use tokio::{io::AsyncReadExt, time::timeout};

use crate::stage::{LABS, SOON, Stage, distance};

fn short() -> Limits {
    Limits { head_time: Duration::from_millis(150), idle_time: Duration::from_millis(400), ..Limits::default() }
}

#[tokio::test]
async fn silence_is_closed() {
    let stage = Stage::with(short(), [distance(0)]).await;
    for said in ["", "GET /l/labaaaaaaa/hello HTTP/1.1\r\nHos"] {
        let mut client = stage.client().await;
        let began = Instant::now();
        client.send(said).await;
        assert_eq!(client.rest().await, "");
        let took = began.elapsed();
        assert!((150..1500).contains(&took.as_millis()), "{said:?}: {took:?}");
    }
    stage.close().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_closed_however_slowly_it_grows() {
    let stage = Stage::with(short(), [distance(0)]).await;
    let mut client = stage.client().await;
    client.send("GET /l/labaaaaaaa/hello HTTP/1.1\r\n").await;
    let began = Instant::now();
    let (mut read, mut write) = client.stream.split();
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if tokio::io::AsyncWriteExt::write_all(&mut write, b"a: b\r\n").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let end = async {
        let mut rest = Vec::new();
        // In order or, because more bytes came than were read, abruptly.
        drop(timeout(SOON, read.read_to_end(&mut rest)).await.expect("the end in time"));
    };
    tokio::select! { () = drip => {}, () = end => {} }
    let took = began.elapsed();
    assert!((150..1500).contains(&took.as_millis()), "{took:?}");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn the_idle_time_counts_from_the_last_answers_release() {
    let stage = Stage::with(short(), [distance(100)]).await;
    let mut client = stage.client().await;
    for exchange in [1, 2] {
        client.get(LABS[0], "hello", exchange).await;
        assert_eq!(client.answer().await.0, 200);
        // Longer than a head may take, shorter than the idle time.
        client.hears_nothing(250).await;
    }
    client.get(LABS[0], "hello", 3).await;
    client.answer().await;
    let answered = Instant::now();
    assert_eq!(client.rest().await, "");
    let took = answered.elapsed();
    assert!((395..2000).contains(&took.as_millis()), "{took:?}");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_waiting_answer_is_not_silence() {
    let mut stage = Stage::with(short(), [distance(0)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hang", 1).await;
    client.hears_nothing(700).await;
    drop(client);
    stage.dropped().await;
    stage.labs[0].has("up closed by fin").await;
    stage.close().await;
}

#[tokio::test]
async fn half_a_body_and_silence_is_closed() {
    let stage = Stage::with(short(), [distance(0)]).await;
    for half in ["half", ""] {
        let mut client = stage.client().await;
        client.send(format!("POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 50\r\n\r\n{half}")).await;
        let began = Instant::now();
        client.rest().await;
        assert!((150..1500).contains(&began.elapsed().as_millis()), "{half:?}: {:?}", began.elapsed());
    }
    stage.close().await;
}

#[tokio::test]
async fn a_stream_to_a_client_that_pipelined_and_reset_ends() {
    let mut stage = Stage::open([distance(10)]).await;
    let feed = stage.feed();
    let mut client = stage.client().await;
    client.get(LABS[0], "events", 1).await;
    // hyper does not read as long as this waits, so only writing can tell that the client is gone.
    client.get(LABS[0], "hello", 2).await;
    client.until("\r\n\r\n").await;
    stage.labs[0].has("up 2 released").await;
    client.stream.set_zero_linger().expect("a living socket");
    drop(client);
    let talk = async {
        while feed.send("news").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::join!(talk, stage.dropped());
    stage.labs[0].until("up closed by rst").await;
    stage.close().await;
}

#[tokio::test]
async fn an_oversized_head_is_refused() {
    for lines in [1, 400] {
        let stage = Stage::open([distance(0)]).await;
        let mut client = stage.client().await;
        let line = "x".repeat(20_000 / lines);
        let lines = format!("a: {line}\r\n").repeat(lines);
        client.send(format!("GET /l/labaaaaaaa/hello HTTP/1.1\r\n{lines}\r\n")).await;
        assert_eq!(client.answer().await.0, 431);
        assert_eq!(client.rest().await, "");
        drop(client);
        stage.close().await;
    }
}

#[tokio::test]
async fn a_malformed_head_is_refused() {
    for head in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\r\n\r\n"] {
        let stage = Stage::open([distance(0)]).await;
        let mut client = stage.client().await;
        client.send(head).await;
        assert_eq!(client.answer().await.0, 400, "{head:?}");
        assert_eq!(client.rest().await, "");
        drop(client);
        stage.close().await;
    }
}

#[tokio::test]
async fn a_body_longer_than_said_is_no_request() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    client
        .send("POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nhello, and more\r\n\r\n")
        .await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    assert_eq!(client.answer().await.0, 400);
    assert_eq!(client.rest().await, "");
    stage.labs[0].has("up 2: body 5 last").await;
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_counted() {
    for tapped in [true, false] {
        let limits = Limits { connections: 3, ..Limits::default() };
        let stage = if tapped { Stage::with(limits, [distance(0)]).await } else { Stage::untapped(limits).await };
        let mut clients = Vec::new();
        for exchange in 1..=3 {
            let mut client = stage.client().await;
            client.get(LABS[0], "hello", exchange).await;
            client.answer().await;
            clients.push(client);
        }
        let mut fourth = stage.client().await;
        assert_eq!(fourth.rest().await, "");
        assert_eq!((stage.census.live(), stage.census.refused(), stage.census.accepted()), (3, 1, 4));
        // The others go on, and a place that becomes free is given away.
        clients[0].get(LABS[0], "hello", 9).await;
        assert_eq!(clients[0].answer().await.0, 200);
        clients.clear();
        stage.quiet().await;
        let mut fifth = stage.client().await;
        fifth.get(LABS[0], "hello", 1).await;
        assert_eq!(fifth.answer().await.0, 200);
        drop(fifth);
        stage.close().await;
    }
}

#[tokio::test]
async fn who_never_asked_makes_room_for_a_newcomer() {
    let stage = Stage::with(Limits { connections: 3, ..Limits::default() }, [distance(0)]).await;
    let mut asked = stage.client().await;
    asked.get(LABS[0], "hello", 1).await;
    asked.answer().await;
    let mut silent = [stage.client().await, stage.client().await];
    // Until the listener has taken both: they come through several doors.
    while stage.census.live() < 3 {
        tokio::task::yield_now().await;
    }
    let mut newcomer = stage.client().await;
    newcomer.get(LABS[0], "hello", 1).await;
    assert_eq!(newcomer.answer().await.0, 200);
    for silent in &mut silent {
        assert_eq!(silent.rest().await, "");
    }
    assert_eq!((stage.census.refused(), stage.census.evicted()), (0, 2));
    asked.get(LABS[0], "hello", 2).await;
    assert_eq!(asked.answer().await.0, 200, "who asked stays");
    drop((asked, silent, newcomer));
    stage.close().await;
}

#[tokio::test]
async fn the_end_takes_open_streams_along() {
    let mut stage = Stage::open([distance(80)]).await;
    let feed = stage.feed();
    let mut stream = stage.client().await;
    stream.get(LABS[0], "events", 1).await;
    stream.until("\r\n\r\n").await;
    let mut hang = stage.client().await;
    hang.get(LABS[0], "hang", 2).await;
    let mut socket = stage.client().await;
    socket
        .send(
            "GET /l/labaaaaaaa/upgrade?c=1&n=3 HTTP/1.1\r\nHost: lab\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .await;
    socket.until("\r\n\r\n").await;
    let idle = stage.client().await;
    stage.labs[0].has("up 1 released").await;
    stage.end().await;
    drop((feed, idle));
}

#[tokio::test]
async fn an_answer_under_way_is_still_given_at_the_end() {
    let mut stage = Stage::open([distance(150)]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hello", 1).await;
    stage.labs[0].until("down 1: 200").await;
    let (answer, ()) = tokio::join!(client.answer(), stage.end());
    assert_eq!(answer, (200, "hello".to_owned()));
}
