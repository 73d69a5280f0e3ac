//! What the decoder makes of a real Chromium's traffic (`tests/fixtures/README.md`), in pieces of any size.

use std::collections::BTreeMap;

use lifeline::wire::{
    Close, Direction, Unit,
    decode::{Cut, Decoder},
};
use serde_json::Value;

/// A unit in a few words, and the request of its connection it belongs to.
fn words(cut: &Cut) -> String {
    let n = cut.request;
    match &cut.unit {
        Unit::RequestHead(head) => {
            assert_eq!(head.nth, n);
            let address = cut.address.as_ref().expect("a request has one");
            assert_eq!(address.lab.as_ref().map(|lab| lab.as_str()), Some("abcdefgh23"));
            let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
            let last = head.text.lines().find_map(|line| line.strip_prefix("Last-Event-ID: "));
            let last = last.map(|id| format!(" after {id}")).unwrap_or_default();
            let (c, e) = (number(address.client.map(u32::from)), number(address.exchange));
            format!("{n} {} c={c} n={e}{last}", head.method)
        }
        Unit::ResponseHead(head) => format!("{n} {}{}", head.status, if head.bodiless { " alone" } else { "" }),
        Unit::Body(body) => {
            let mut words = format!("{n} body {}", body.payload);
            for event in &body.events {
                words += &match event {
                    event if event.comment => " comment".to_owned(),
                    event => format!(" event {:?}/{:?}", event.id.as_deref().unwrap_or(""), event.data),
                };
            }
            words + if body.last { " last" } else { "" }
        }
        Unit::Frame(frame) => {
            let kind =
                ["more", "text", "binary", "", "", "", "", "", "close", "ping", "pong"][usize::from(frame.opcode)];
            let text = if frame.payload < 10 { format!(" {}", frame.text) } else { String::new() };
            let code = frame.close.map(|code| format!(" {code}")).unwrap_or_default();
            let masked = if frame.masked { "masked " } else { "" };
            let fin = if frame.fin { "" } else { "…" };
            format!("{n} {masked}{kind} {}{fin}{code}{text}", frame.payload)
        }
        Unit::Opaque { bytes } => format!("{n} opaque {bytes}"),
        Unit::End { how } => format!("{n} {how:?}"),
    }
}

/// Plays a recording in pieces of at most `size` bytes: what each direction of each connection came to.
fn play(recording: &str, size: usize) -> BTreeMap<(u64, Direction), Vec<String>> {
    let mut decoders: BTreeMap<u64, Decoder> = BTreeMap::new();
    let mut told: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut bytes: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    for line in recording.lines() {
        let line: Value = serde_json::from_str(line).expect("a recording is JSON, line by line");
        let conn = line["conn"].as_u64().expect("a line names its connection");
        let decoder = decoders.entry(conn).or_default();
        for (dir, said, ended) in [(Direction::Up, "up", "up_end"), (Direction::Down, "down", "down_end")] {
            let mut cuts = Vec::new();
            let sums = bytes.entry((conn, dir)).or_default();
            if let Some(said) = line[said].as_str() {
                let said: Vec<u8> = said.chars().map(|c| u8::try_from(c).expect("one byte a character")).collect();
                sums.0 += said.len();
                for mut piece in said.chunks(size) {
                    while !piece.is_empty() {
                        let fed = decoder.feed(dir, piece);
                        piece = &piece[fed.taken..];
                        cuts.extend(fed.cut);
                    }
                }
            }
            if let Some(how) = line[ended].as_str() {
                let how = if how == "rst" { Close::Rst } else { Close::Fin };
                let (last, end) = decoder.end(dir, how);
                cuts.extend(last);
                cuts.push(end);
            }
            sums.1 += cuts.iter().map(|cut| cut.unit.bytes() as usize).sum::<usize>();
            let words = cuts.iter().map(words);
            told.entry((conn, dir)).or_default().extend(words);
        }
    }
    for (of, (fed, counted)) in bytes {
        assert_eq!(fed, counted, "every byte is in a unit: {of:?}");
    }
    told
}

/// Asserts what one direction of a connection came to, for pieces of any size.
#[track_caller]
fn expect(recording: &str, conn: u64, dir: Direction, expected: &[&str]) {
    for size in [usize::MAX, 1, 2, 3, 7, 64, 500] {
        let told = play(recording, size);
        assert_eq!(told[&(conn, dir)], expected, "in pieces of {size}");
    }
}

use Direction::{Down, Up};

#[test]
fn keep_alive() {
    let recording = include_str!("fixtures/chromium/keep_alive.jsonl");
    #[rustfmt::skip]
    expect(recording, 1, Up, &[
        "1 GET c=1 n=1", "2 GET c=1 n=2", "3 GET c=1 n=3", "4 HEAD c=1 n=4", "5 POST c=1 n=5", "5 body 5 last",
        "6 GET c=1 n=6", "7 GET c=1 n=7",
    ]);
    #[rustfmt::skip]
    expect(recording, 1, Down, &[
        "1 200", "1 body 11 last", "2 200", "2 body 11 last", "3 200", "3 body 11 last", "4 200 alone", "5 204 alone",
        "6 200", "6 body 5", "6 body 10", "6 body 0 last", "7 200", "7 body 13 last", "7 Fin",
    ]);
}

#[test]
fn overlapping_polls_take_connections_of_their_own() {
    let recording = include_str!("fixtures/chromium/overlap.jsonl");
    for n in 1..=4 {
        expect(recording, n, Up, &[&format!("1 GET c=2 n={n}"), "0 Fin"]);
        expect(recording, n, Down, &["1 200", "1 body 11 last", "0 Fin"]);
    }
    let last = recording.lines().rfind(|line| line.contains("\"down\""));
    assert!(last.is_some_and(|line| line.contains("\"conn\": 1")), "the first is answered last");
}

#[test]
fn numbers_in_accept_survive_revalidation() {
    let recording = include_str!("fixtures/chromium/conditional.jsonl");
    expect(recording, 1, Up, &["1 GET c=3 n=1", "2 GET c=3 n=2", "3 GET c=3 n=3", "0 Fin"]);
    expect(recording, 1, Down, &["1 200", "1 body 13 last", "2 304 alone", "3 304 alone", "0 Fin"]);
}

#[test]
fn an_event_source_comes_back() {
    let recording = include_str!("fixtures/chromium/events.jsonl");
    expect(recording, 1, Up, &["1 GET c=4 n=1", "2 GET c=4 n=1 after 2", "0 Fin"]);
    #[rustfmt::skip]
    expect(recording, 1, Down, &[
        "1 200", "1 body 20 event \"\"/None comment", "1 body 23 event \"1\"/Some(1)", "1 body 7 event \"2\"/Some(1)",
        "1 body 0 last", "2 200", "2 body 35 event \"3\"/Some(3)", "2 Fin",
    ]);
}

#[test]
fn frames() {
    let recording = include_str!("fixtures/chromium/websocket.jsonl");
    #[rustfmt::skip]
    expect(recording, 1, Up, &[
        "1 GET c=5 n=1", "1 masked pong 4 beat", "1 masked text 5 hello", "1 masked pong 0 ", "1 masked text 6 警报",
        "1 masked pong 0 ", "1 masked text 200", "1 masked pong 0 ", "1 masked binary 300", "1 masked pong 0 ",
        "1 masked close 5 4000 bye",
    ]);
    #[rustfmt::skip]
    expect(recording, 1, Down, &[
        "1 101 alone", "1 ping 4 beat", "1 text 2… he", "1 ping 0 ", "1 more 3 llo", "1 text 3… 警", "1 ping 0 ",
        "1 more 3 报", "1 text 100…", "1 ping 0 ", "1 more 100", "1 binary 150…", "1 ping 0 ", "1 more 150",
        "1 close 5 4000 bye", "1 Fin",
    ]);
}

#[test]
fn an_aborted_request_ends_its_connection() {
    let recording = include_str!("fixtures/chromium/aborted.jsonl");
    expect(recording, 1, Up, &["1 GET c=6 n=1", "2 GET c=6 n=2", "0 Fin"]);
    expect(recording, 1, Down, &["1 200", "1 body 11 last", "2 Fin"]);
    expect(recording, 2, Up, &["1 GET c=6 n=3", "2 GET c=6 n=4", "0 Fin"]);
}

#[test]
fn what_the_browser_repeats_keeps_its_numbers() {
    let recording = include_str!("fixtures/chromium/repeated.jsonl");
    expect(recording, 1, Up, &["1 GET c=7 n=1", "2 GET c=7 n=2"]);
    expect(recording, 1, Down, &["1 200", "1 body 11 last", "2 Rst"]);
    expect(recording, 2, Up, &["1 GET c=7 n=2", "2 POST c=7 n=3", "2 body 5 last"]);
    expect(recording, 2, Down, &["1 200", "1 body 11 last", "2 Rst"]);
    expect(recording, 3, Up, &["1 POST c=7 n=3", "1 body 5 last", "0 Fin"]);
    expect(recording, 3, Down, &["1 200", "1 body 11 last", "0 Fin"]);
}
