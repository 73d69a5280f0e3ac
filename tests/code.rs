//! The server's code that the lessons show, compiled as it stands there and asked over a real socket.

#[path = "support/ask.rs"]
mod support;

#[path = "../lessons/06-heartbeats/code/beat.rs"]
mod beat;
#[path = "../lessons/02-short-polling/code/board.rs"]
mod board;
#[path = "../lessons/02-short-polling/code/conditional.rs"]
mod conditional;
#[path = "../lessons/03-long-polling/code/hold.rs"]
mod hold;
#[path = "../lessons/02-short-polling/code/job.rs"]
mod job;
#[path = "../lessons/02-short-polling/code/poll.rs"]
mod poll;
#[path = "../lessons/05-websocket/code/socket.rs"]
mod socket;
#[path = "../lessons/04-server-sent-events/code/stream.rs"]
mod stream;
#[path = "../lessons/01-connections/code/visit.rs"]
mod visit;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use support::ask;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

async fn serve(routes: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn json(to: SocketAddr, head: &str, body: &str) -> (u16, String, Value) {
    let (status, head, body) = ask(to, head, body).await.expect("it answers");
    (status, head, serde_json::from_str(&body).unwrap_or_default())
}

const PUBLISH: &str = "POST /publish HTTP/1.1\r\nContent-Type: application/json";

#[tokio::test]
async fn a_poll_brings_what_came_after_its_cursor() {
    let to = serve(poll::routes()).await;
    let (_, head, empty) = json(to, "GET /poll?cursor=0 HTTP/1.1", "").await;
    assert!(head.contains("no-store"), "{head}");
    assert_eq!(empty["updates"], serde_json::json!([]));
    json(to, PUBLISH, r#"{"district":3}"#).await;
    let (_, _, news) = json(to, "GET /poll?cursor=0 HTTP/1.1", "").await;
    assert_eq!((&news["cursor"], &news["updates"][0]["seq"]), (&1.into(), &1.into()));
    let (_, _, after) = json(to, "GET /poll?cursor=1 HTTP/1.1", "").await;
    assert_eq!(after["updates"], serde_json::json!([]));
}

#[tokio::test]
async fn the_board_has_a_version_that_grows() {
    let to = serve(board::routes()).await;
    let (_, _, before) = json(to, "GET /board HTTP/1.1", "").await;
    json(to, PUBLISH, r#"{"district":3}"#).await;
    let (_, _, after) = json(to, "GET /board HTTP/1.1", "").await;
    assert!(after["version"].as_u64() > before["version"].as_u64(), "{before} then {after}");
}

#[tokio::test]
async fn an_unchanged_board_is_a_304() {
    let to = serve(conditional::routes()).await;
    let (status, head, _) = json(to, "GET /board/cached HTTP/1.1", "").await;
    assert_eq!(status, 200);
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("it has a name").to_owned();
    let again = format!("GET /board/cached HTTP/1.1\r\nIf-None-Match: {etag}");
    assert_eq!(json(to, &again, "").await.0, 304);
    json(to, PUBLISH, "{}").await;
    assert_eq!(json(to, &again, "").await.0, 200);
}

#[tokio::test]
async fn a_job_is_taken_and_its_progress_told() {
    let to = serve(job::routes()).await;
    let (status, _, taken) = json(to, "POST /job HTTP/1.1", "").await;
    assert_eq!((status, &taken["job"]), (202, &1.into()));
    let (status, _, progress) = json(to, "GET /job?job=1 HTTP/1.1", "").await;
    assert_eq!(status, 200);
    assert!(progress["percent"].as_u64() < Some(100), "{progress}");
    assert_eq!(json(to, "GET /job?job=9 HTTP/1.1", "").await.0, 404);
}

#[tokio::test]
async fn hold_rs_answers_when_there_is_news_or_the_time_is_over() {
    let to = serve(hold::routes()).await;
    let (_, head, empty) = json(to, "GET /hold?cursor=0&wait=50 HTTP/1.1", "").await;
    assert!(head.contains("no-store"), "{head}");
    assert_eq!((&empty["cursor"], &empty["updates"]), (&serde_json::json!(0), &serde_json::json!([])));
    let held = tokio::spawn(async move { json(to, "GET /hold?cursor=0&wait=30000 HTTP/1.1", "").await.2 });
    json(to, PUBLISH, r#"{"district":3}"#).await;
    let news = held.await.expect("it is answered");
    assert_eq!((&news["cursor"], &news["updates"][0]["district"]), (&serde_json::json!(1), &serde_json::json!(3)));
    let missed = json(to, "GET /hold?cursor=0&wait=30000 HTTP/1.1", "").await.2;
    assert_eq!(missed["updates"][0]["seq"], 1, "what came between two holds is there");
}

/// Reads a stream up to a text.
async fn until(io: &mut tokio::net::TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(text.as_bytes()) {
        read.push(io.read_u8().await.expect("the stream goes on"));
    }
    String::from_utf8(read).expect("a stream is text")
}

#[tokio::test]
async fn stream_rs_goes_on_after_the_last_event_id() {
    let to = serve(stream::routes()).await;
    for _ in 0..3 {
        json(to, PUBLISH, r#"{"district":3}"#).await;
    }
    let mut io = tokio::net::TcpStream::connect(to).await.expect("it listens");
    let head = "GET /events?cursor=0 HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 2\r\n\r\n";
    io.write_all(head.as_bytes()).await.expect("it is open");
    let text = until(&mut io, "event: alert\n").await;
    assert!(text.contains("text/event-stream") && text.contains("retry: 1000"), "{text}");
    assert!(until(&mut io, "\n\n").await.contains("\"seq\":3"), "the header is newer than the address");
}

/// A WebSocket to the lessons' code.
async fn open(to: SocketAddr, target: &str) -> tokio_tungstenite::WebSocketStream<tokio::net::TcpStream> {
    let io = tokio::net::TcpStream::connect(to).await.expect("it listens");
    tokio_tungstenite::client_async(format!("ws://{to}{target}"), io).await.expect("the handshake succeeds").0
}

/// The next message that is text.
async fn text(socket: &mut tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>) -> String {
    loop {
        let message = socket.next().await.expect("it is open").expect("it is well");
        if let Ok(text) = message.to_text()
            && message.is_text()
        {
            return text.to_owned();
        }
    }
}

#[tokio::test]
async fn socket_rs_brings_what_came_after_its_cursor() {
    let to = serve(socket::routes()).await;
    for _ in 0..2 {
        json(to, PUBLISH, r#"{"district":3}"#).await;
    }
    let mut socket = open(to, "/socket?cursor=1").await;
    assert!(text(&mut socket).await.contains("\"seq\":2"));
    json(to, PUBLISH, r#"{"district":4}"#).await;
    assert!(text(&mut socket).await.contains("\"seq\":3"));
}

#[tokio::test]
async fn beat_rs_returns_a_beat_and_gives_up_who_answers_no_ping() {
    let (every, patience) = (Duration::from_millis(50), Duration::from_millis(50));
    let to = serve(beat::routes(every, patience)).await;
    let mut socket = open(to, "/beat?cursor=0").await;
    socket.send(Message::text("beat 1")).await.expect("it is open");
    assert_eq!(text(&mut socket).await, "beat 1");
    // A client that reads nothing answers no ping: the library does that while it reads.
    let mut io = socket.into_inner();
    let mut rest = Vec::new();
    io.read_to_end(&mut rest).await.expect("the server ends the connection");
}

/// Asks on an open connection and reads one answer with a length: its head, in small letters.
async fn exchange(socket: &mut tokio::net::TcpStream, target: &str) -> String {
    socket.write_all(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.expect("it is open");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.expect("it answers"));
    }
    let head = String::from_utf8(head).expect("a head is text").to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    socket.read_exact(&mut vec![0; length.expect("it has a length")]).await.expect("a whole body");
    head
}

#[tokio::test]
async fn visit_rs_keeps_a_connection_for_its_time_or_ends_it_with_an_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let to = listener.local_addr().expect("it is bound");
    tokio::spawn(visit::serve(listener, Duration::from_millis(300)));
    let mut kept = tokio::net::TcpStream::connect(to).await.expect("it listens");
    for target in ["/page", "/page/1", "/page/2"] {
        assert!(!exchange(&mut kept, target).await.contains("connection:"));
    }
    let idle = Instant::now();
    assert_eq!(kept.read(&mut [0]).await.expect("an end in order"), 0);
    assert!((295..2000).contains(&idle.elapsed().as_millis()), "{:?}", idle.elapsed());

    let mut closed = tokio::net::TcpStream::connect(to).await.expect("it listens");
    assert!(exchange(&mut closed, "/page?close=1").await.contains("connection: close"));
    assert_eq!(closed.read(&mut [0]).await.expect("an end in order"), 0);
}
