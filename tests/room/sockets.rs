//! WebSockets of the lab, as bytes on a socket and as what the lab writes down of them (RFC 6455).

use futures_util::StreamExt;
use lifeline::wire::{
    Fact, Unit, Witness,
    control::{Command, Up},
    observation::LifeState,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::support::{Course, Lab, Page, SOON};

/// A client that writes every byte itself. Its masking key is nothing, which the standard allows a test: four zeros.
pub struct Raw {
    socket: TcpStream,
    bytes: Vec<u8>,
}

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

impl Raw {
    /// Shakes hands, and gives the answer's head.
    pub async fn open(lab: &Lab, query: &str) -> (Self, String) {
        let mut socket = TcpStream::connect(lab.at).await.unwrap();
        let request = format!("GET /l/{}/socket{query} HTTP/1.1\r\nHost: {}\r\n{UPGRADE}\r\n", lab.created.lab, lab.at);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut raw = Self { socket, bytes: Vec::new() };
        loop {
            if let Some(end) = raw.bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8(raw.bytes.drain(..end + 4).collect()).unwrap();
                return (raw, head);
            }
            assert!(raw.more().await, "the answer ends early: {:?}", raw.bytes);
        }
    }

    pub async fn opened(lab: &Lab, query: &str) -> Self {
        let (raw, head) = Self::open(lab, query).await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        raw
    }

    async fn more(&mut self) -> bool {
        let mut piece = [0; 4096];
        let read = timeout(SOON, self.socket.read(&mut piece)).await.expect("something comes").unwrap_or(0);
        self.bytes.extend_from_slice(&piece[..read]);
        read > 0
    }

    /// The next frame: its first byte and its payload. Nothing, if the connection ends.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, length, rest @ ..] = self.bytes.as_slice() {
                assert!(length & 0x80 == 0, "a server does not mask");
                let (size, from) = match (length, rest) {
                    (126, [high, low, ..]) => (usize::from(u16::from_be_bytes([*high, *low])), 4),
                    (126, _) => (usize::MAX, 4),
                    (short, _) => (usize::from(*short), 2),
                };
                if let Some(payload) = size.checked_add(from).and_then(|end| self.bytes.get(from..end)) {
                    let frame = (*first, payload.to_vec());
                    self.bytes.drain(..from + size);
                    return Some(frame);
                }
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next message that is one text frame.
    pub async fn text(&mut self) -> String {
        match self.frame().await {
            Some((0x81, text)) => String::from_utf8(text).unwrap(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// Sends a masked frame.
    async fn send(&mut self, first: u8, payload: &[u8]) {
        self.raw(&frame(first, payload)).await;
    }

    async fn raw(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    /// Reads on to the close frame: its code.
    async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.frame().await? {
                (0x88, payload) => return payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
                _ => continue,
            }
        }
    }
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ ..126 => bytes.push(0x80 | short as u8),
        long => bytes.extend([&[0xfe][..], &(long as u16).to_be_bytes()].concat()),
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

async fn lab(course: &Course, spec: &str) -> (Lab, Page) {
    let lab = course.lab(spec).await;
    let page = lab.page().await;
    (lab, page)
}

/// The number of an update in a text message.
fn seq(text: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(text).unwrap()["seq"].as_u64().unwrap()
}

#[tokio::test]
async fn the_handshake_of_the_standard() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course, r#"{"distance_ms":0}"#).await;
    let (_raw, head) = Raw::open(&lab, "?c=1&n=1").await;
    let head = head.to_ascii_lowercase();
    // RFC 6455 §1.3 works this example out.
    for line in [
        "http/1.1 101",
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    page.until(|seen| matches!(&seen.fact, Fact::Unit { unit: Unit::ResponseHead(head), .. } if head.status == 101))
        .await;
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let plain = raw_ask(&lab, "", "").await;
    assert_eq!((plain.0, plain.1.contains("upgrade: websocket")), (426, true), "{}", plain.1);
    let old = raw_ask(&lab, "", &UPGRADE.replace("13", "8")).await;
    assert_eq!((old.0, old.1.contains("sec-websocket-version: 13")), (426, true), "RFC 6455 §4.4: {}", old.1);
    let twice = format!("{UPGRADE}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for key in [twice, UPGRADE.replace("Q==", "Q="), UPGRADE.replace("Sec-WebSocket-Key", "X-Key")] {
        assert_eq!(raw_ask(&lab, "", &key).await.0, 400, "{key}");
    }
    for query in
        ["?cursor=7", "?cursor=x", "?ping=99", "?ping=60001", "?timeout=500", "?piece=0", "?piece=4097", "?binary=2"]
    {
        assert_eq!(raw_ask(&lab, query, UPGRADE).await.0, 400, "{query}");
    }
    let foreign = format!("{UPGRADE}Origin: http://elsewhere.example\r\n");
    assert_eq!(raw_ask(&lab, "", &foreign).await.0, 403, "the same-origin policy does not apply (RFC 6455 §10.2)");
}

/// Status and head of an answer to a handshake.
async fn raw_ask(lab: &Lab, query: &str, head: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(lab.at).await.unwrap();
    let request = format!("GET /l/{}/socket{query} HTTP/1.1\r\nHost: {}\r\n{head}\r\n", lab.created.lab, lab.at);
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("\r\n\r\n") {
        let mut piece = [0; 4096];
        let read = timeout(SOON, socket.read(&mut piece)).await.expect("an answer").unwrap();
        assert!(read > 0, "{text}");
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text.to_ascii_lowercase())
}

#[tokio::test]
async fn updates_come_as_text_or_binary_and_resume_after_a_cursor() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course, r#"{"distance_ms":0,"history":3}"#).await;
    let mut fresh = Raw::opened(&lab, "").await;
    for _ in 0..5 {
        page.command(Command::Publish).await;
    }
    let mut seqs = Vec::new();
    for _ in 0..5 {
        seqs.push(seq(&fresh.text().await));
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let mut back = Raw::opened(&lab, "?cursor=3").await;
    assert_eq!((seq(&back.text().await), seq(&back.text().await)), (4, 5));
    let mut late = Raw::opened(&lab, "?cursor=1&binary=1").await;
    assert_eq!(late.text().await, r#"{"missed":1}"#, "the history has three");
    let (first, bytes) = late.frame().await.unwrap();
    assert_eq!((first, bytes.len(), &bytes[..5]), (0x82, 11, &[1, 0, 0, 0, 3][..]));
}

#[tokio::test]
async fn beats_come_back_strokes_go_to_the_others_and_nonsense_is_answered() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut one = Raw::opened(&lab, "").await;
    let mut two = Raw::opened(&lab, "").await;
    one.send(0x81, b"beat 1").await;
    assert_eq!(one.text().await, "beat 1");
    // In two pieces, with a ping between them: the ping is answered first (RFC 6455 §5.4).
    one.raw(&[frame(0x01, b"be"), frame(0x89, b"here"), frame(0x80, b"at 2")].concat()).await;
    assert_eq!(one.frame().await, Some((0x8a, b"here".to_vec())));
    assert_eq!(one.text().await, "beat 2");
    two.send(0x81, b"beat").await;
    assert_eq!(two.text().await, "beat", "the second is open for strokes now");
    one.send(0x82, &[2, 7, 8]).await;
    assert_eq!(two.frame().await, Some((0x82, vec![2, 7, 8])));
    one.send(0x81, b"hello").await;
    assert!(one.text().await.starts_with(r#"{"error":""#), "and not its own stroke");
    one.send(0x82, &[9]).await;
    assert!(one.text().await.starts_with(r#"{"error":""#));
    one.send(0x81, b"beat").await;
    assert_eq!(one.text().await, "beat", "it stays open");
}

#[tokio::test]
async fn a_message_comes_in_pieces_with_pings_between() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course, r#"{"distance_ms":0}"#).await;
    let mut raw = Raw::opened(&lab, "?piece=20").await;
    page.command(Command::Publish).await;
    let (mut text, mut firsts) = (Vec::new(), Vec::new());
    while !matches!(firsts.last(), Some(0x80 | 0x81)) {
        let (first, payload) = raw.frame().await.unwrap();
        firsts.push(first);
        if first != 0x89 {
            assert!(payload.len() <= 20);
            text.extend(payload);
        }
    }
    assert_eq!(seq(std::str::from_utf8(&text).unwrap()), 1);
    assert_eq!((firsts[0], firsts[1], firsts[firsts.len() - 1]), (0x01, 0x89, 0x80), "{firsts:x?}");
}

/// What breaks the rules, and the code that says so (RFC 6455 §5, §7.4.1).
#[tokio::test]
async fn the_right_code_for_each_broken_rule() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut other = Raw::opened(&lab, "").await;
    let unmasked = b"\x81\x05Hello".to_vec();
    let mut endless = vec![0x82, 0xff];
    endless.extend(u64::MAX.to_be_bytes().map(|byte| byte & 0x7f));
    endless.extend([0; 4]);
    for (name, bytes, wanted) in [
        ("no mask (§5.1)", unmasked, 1002),
        ("a reserved bit (§5.2)", frame(0xc1, b"Hello"), 1002),
        ("an unknown opcode (§5.2)", frame(0x83, b"Hello"), 1002),
        ("a long control frame (§5.5)", frame(0x89, &[0; 126]), 1002),
        ("a ping in pieces (§5.5)", frame(0x09, b"Hello"), 1002),
        ("a continuation of nothing (§5.4)", frame(0x80, b"Hello"), 1002),
        ("a message within a message (§5.4)", [frame(0x01, b"a"), frame(0x81, b"b")].concat(), 1002),
        ("half a close code (§5.5.1)", frame(0x88, b"x"), 1002),
        ("a code that never travels (§7.4.1)", frame(0x88, &1005u16.to_be_bytes()), 1002),
        ("a code that means nothing (§7.4.2)", frame(0x88, &999u16.to_be_bytes()), 1002),
        ("no UTF-8 (§8.1)", frame(0x81, b"\xff\xfe"), 1007),
        ("no UTF-8 across two pieces (§8.1)", [frame(0x01, b"\xe8"), frame(0x80, b"\xff")].concat(), 1007),
        ("a reason that is no UTF-8 (§5.5.1)", frame(0x88, b"\x03\xe8\xff"), 1007),
        ("too long (§7.4.1)", frame(0x82, &[2; 4097]), 1009),
        ("too long in pieces (§7.4.1)", [frame(0x02, &[2; 4000]), frame(0x80, &[2; 4000])].concat(), 1009),
        ("a length that nobody has (§5.2)", endless, 1009),
    ] {
        let mut raw = Raw::opened(&lab, "").await;
        raw.raw(&bytes).await;
        // What follows is not read as a message any more, and does not reset the connection.
        raw.raw(&frame(0x81, &[b'x'; 4000])).await;
        assert_eq!(raw.closed().await, Some(wanted), "{name}");
        assert_eq!(raw.frame().await, None, "{name}: and then the connection ends");
    }
    other.send(0x81, b"beat").await;
    assert_eq!(other.text().await, "beat", "others are not disturbed");
}

#[tokio::test]
async fn who_says_too_much_is_told_so() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut raw = Raw::opened(&lab, "").await;
    raw.raw(&frame(0x82, &[2]).repeat(1000)).await;
    assert_eq!(raw.closed().await, Some(1008));
}

/// Both codes of one socket's end: the one that the server saw, and what it sent.
async fn server_saw(page: &mut Page, client: u16) -> (u16, bool) {
    let record = page
        .until(|seen| {
            seen.client == Some(client) && seen.witness == Witness::Server && matches!(seen.fact, Fact::Shut { .. })
        })
        .await;
    match record.seen.fact {
        Fact::Shut { code, clean } => (code, clean),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_end_sees_a_code() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course, r#"{"distance_ms":0}"#).await;
    for (client, payload, wanted) in [(1, &b"\x03\xe8"[..], 1000), (2, b"\x0f\xa0bye", 4000), (3, b"", 1005)] {
        let mut raw = Raw::opened(&lab, &format!("?c={client}&n=1")).await;
        raw.send(0x88, payload).await;
        assert_eq!(raw.frame().await, Some((0x88, payload.to_vec())), "the frame comes back (§5.5.1)");
        assert_eq!(raw.frame().await, None);
        assert_eq!(server_saw(&mut page, client).await, (wanted, true));
    }
    drop(Raw::opened(&lab, "?c=4&n=1").await);
    assert_eq!(server_saw(&mut page, 4).await, (1006, false), "gone without a close frame");
    let mut broken = Raw::opened(&lab, "?c=5&n=1").await;
    broken.raw(b"\x81\x05Hello").await;
    assert_eq!(broken.closed().await, Some(1002));
    drop(broken);
    assert_eq!(server_saw(&mut page, 5).await, (1006, false), "no close frame of the client ever came (§7.1.5)");
}

#[tokio::test]
async fn a_new_run_closes_the_sockets_of_the_old_one() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course, r#"{"distance_ms":0}"#).await;
    let mut raw = Raw::opened(&lab, "?c=1&n=1").await;
    page.command(Command::Reset).await;
    assert_eq!(raw.closed().await, Some(1001));
    raw.send(0x88, b"\x03\xe9").await;
    assert_eq!(raw.frame().await, None, "the server closes the connection first (§7.1.1)");
}

#[tokio::test]
async fn pings_are_sent_and_a_silent_client_is_given_up() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course, r#"{"distance_ms":0}"#).await;
    let mut raw = Raw::opened(&lab, "?c=1&n=1&ping=100&timeout=600").await;
    let start = Instant::now();
    for number in 1..=4u8 {
        let (first, payload) = raw.frame().await.unwrap();
        assert_eq!((first, payload.as_slice()), (0x89, number.to_string().as_bytes()));
        if number == 3 {
            // Only the latest needs an answer (§5.5.3).
            raw.send(0x8a, b"3").await;
        }
    }
    while raw.frame().await.is_some_and(|(first, _)| first == 0x89) {}
    let given_up = start.elapsed().as_millis();
    // The fourth ping left after 400 ms.
    assert!((950..2500).contains(&given_up), "given up after {given_up} ms");
    page.until(|seen| seen.witness == Witness::Server && seen.fact == Fact::Life { state: LifeState::Dead }).await;
    assert_eq!(server_saw(&mut page, 1).await, (1006, false));
}

/// Reads strokes and what it says of those missed, until all are accounted for and the last update is there: how many
/// strokes were missed, and how many updates.
async fn account(raw: &mut Raw, strokes: u64, last: u64) -> (u64, u64) {
    let (mut seen, mut lost, mut unseen, mut seqs) = (0, 0, 0, Vec::new());
    while seen + lost < strokes || seqs.last() != Some(&last) {
        match raw.frame().await.expect("it goes on") {
            (0x82, _) => seen += 1,
            (0x81, text) => {
                let text: serde_json::Value = serde_json::from_slice(&text).unwrap();
                lost += text["strokes_missed"].as_u64().unwrap_or(0);
                unseen += text["missed"].as_u64().unwrap_or(0);
                seqs.extend(text["seq"].as_u64());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((seen + lost, seqs.len() as u64 + unseen), (strokes, last), "every one was seen, or counted");
    (lost, unseen)
}

#[tokio::test]
async fn a_slow_reader_is_told_what_it_missed_and_holds_up_nobody() {
    const PUSHERS: u64 = 20;
    const EACH: u64 = 190;
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"history":5}"#).await;
    let mut slow = Raw::opened(&lab, "").await;
    let mut quick = Raw::opened(&lab, "").await;
    for raw in [&mut slow, &mut quick] {
        raw.send(0x81, b"beat").await;
        assert_eq!(raw.text().await, "beat", "it is open for strokes");
    }
    let reader = tokio::spawn(async move {
        account(&mut quick, PUSHERS * EACH, 20).await;
        quick
    });
    // 15 MB: more than the kernel keeps for who reads none of it, with what the tap and the pad keep.
    let stroke = frame(0x82, &[&[2][..], &[b'x'; 4000]].concat());
    let mut pushers = Vec::new();
    for _ in 0..PUSHERS {
        let mut pusher = Raw::opened(&lab, "").await;
        for _ in 0..EACH {
            pusher.raw(&stroke).await;
        }
        pushers.push(pusher);
    }
    // Not a page of these tests, which want their log whole: of so many strokes it keeps the latest.
    let mut page = lab.socket().await;
    page.say(&lab.hello(1, None)).await;
    for id in 1..=20 {
        page.say(&Up::Command { id, command: Command::Publish }).await;
    }
    let follower = tokio::spawn(async move { while page.ws.next().await.is_some() {} });
    let mut quick = timeout(SOON, reader).await.expect("the quick one is not held up").unwrap();
    quick.send(0x81, b"beat").await;
    assert_eq!(quick.text().await, "beat");
    let (lost, unseen) = account(&mut slow, PUSHERS * EACH, 20).await;
    assert!(lost > 0, "nobody kept 15 MB for it");
    assert_eq!(unseen, 15, "of 20 updates the last 5 are kept");
    follower.abort();
}
