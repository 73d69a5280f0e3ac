//! Event streams, as bytes on a socket and as what the lab writes down of them.

use lifeline::{
    ledger::{Figure, Ledger},
    wire::{Fact, Unit, control::Command},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Course, Lab, SOON, ask};

/// A stream as a client reads it: unlike an answer it has no end to wait for.
pub struct Stream {
    socket: TcpStream,
    text: String,
}

impl Stream {
    pub async fn open(lab: &Lab, query: &str, head: &str) -> Self {
        let mut socket = TcpStream::connect(lab.at).await.unwrap();
        let request = format!("GET /l/{}/events{query} HTTP/1.1\r\nHost: {}\r\n{head}\r\n", lab.created.lab, lab.at);
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { socket, text: String::new() }
    }

    /// Reads until the text so far has this in it.
    pub async fn until(&mut self, what: &str) -> &str {
        while !self.text.contains(what) {
            let mut piece = [0; 4096];
            let read = timeout(SOON, self.socket.read(&mut piece))
                .await
                .unwrap_or_else(|_| panic!("no {what:?}: {}", self.text));
            let read = read.unwrap();
            assert!(read > 0, "the stream ended before {what:?}: {}", self.text);
            self.text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        }
        &self.text
    }

    /// The ids so far, in order.
    pub fn ids(&self) -> Vec<u64> {
        self.text.lines().filter_map(|line| line.strip_prefix("id: ")?.trim().parse().ok()).collect()
    }
}

#[tokio::test]
async fn a_stream_is_text_with_a_block_for_each_update() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    let mut stream = Stream::open(&lab, "", "").await;
    let head = stream.until("retry: 1000\n\n").await.to_ascii_lowercase();
    for line in ["http/1.1 200", "content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"]
    {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(!head.contains("content-length"), "nobody knows how long it will be");
    page.command(Command::Publish).await;
    stream.until("id: 1\nevent: alert\ndata: {\"seq\":1,").await;
    stream.until("}\n\n").await;
    page.command(Command::Publish).await;
    stream.until("id: 2").await;
    assert_eq!(stream.ids(), [1, 2]);
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_id() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    for _ in 0..5 {
        page.command(Command::Publish).await;
    }
    let mut stream = Stream::open(&lab, "?cursor=1", "Last-Event-ID: 3\r\n").await;
    stream.until("id: 5").await;
    assert_eq!(stream.ids(), [4, 5], "the header is newer than the address, which never changes");
    let mut stream = Stream::open(&lab, "?cursor=4", "").await;
    stream.until("id: 5").await;
    assert_eq!(stream.ids(), [5]);
}

#[tokio::test]
async fn a_history_that_is_too_short_is_told() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"history":2}"#).await;
    let mut page = lab.page().await;
    for _ in 0..6 {
        page.command(Command::Publish).await;
    }
    let mut stream = Stream::open(&lab, "", "Last-Event-ID: 1\r\n").await;
    let text = stream.until("id: 6").await;
    assert!(text.contains("event: missed\ndata: {\"missed\":3}\n\n"), "{text}");
    assert_eq!(stream.ids(), [5, 6]);
}

#[tokio::test]
async fn ids_that_are_none_or_from_the_future_are_refused() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    for (query, head, said) in [
        ("", "Last-Event-ID: 7\r\n", "number 0"),
        ("", "Last-Event-ID: seven\r\n", "the number of an update"),
        ("", "Last-Event-ID: -1\r\n", "the number of an update"),
        ("?cursor=7", "", "number 0"),
        ("?cursor=x", "", "whole number"),
    ] {
        let answer = ask(lab.at, "GET", &format!("/l/{}/events{query}", lab.created.lab), head, "").await;
        assert_eq!(answer.status, 400, "{head}");
        assert!(answer.json()["error"].as_str().unwrap().contains(said), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_wire_cuts_a_stream_into_its_events() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    let mut stream = Stream::open(&lab, "?c=1&n=1", "").await;
    stream.until("retry").await;
    page.command(Command::Publish).await;
    stream.until("id: 1").await;
    page.until(|seen| match &seen.fact {
        Fact::Unit { unit: Unit::Body(body), .. } => body.events.iter().any(|event| event.id.as_deref() == Some("1")),
        _ => false,
    })
    .await;
    let mut ledger = Ledger::default();
    page.records.iter().for_each(|record| ledger.apply(&record.seen));
    assert_eq!(ledger.figure(Figure::Requests), Some(1.0), "one request, however many updates");
}

#[tokio::test]
async fn a_new_run_ends_the_streams_of_the_old_one() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    let mut stream = Stream::open(&lab, "", "").await;
    stream.until("retry").await;
    page.command(Command::Reset).await;
    // The last chunk of a chunked body (RFC 9112 §7.1).
    stream.until("0\r\n\r\n").await;
}
