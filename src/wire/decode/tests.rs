//! What the decoder makes of conversations that somebody wrote down, byte for byte.

use super::*;
use crate::wire::{
    head::HEAD_MAX,
    unit::{BODY_KEPT, HEAD_KEPT},
};
use Direction::{Down, Up};

/// A unit in a few words: the request it belongs to, what it is, and its length.
fn words(cut: &Cut) -> String {
    let n = cut.request;
    match &cut.unit {
        Unit::RequestHead(head) => format!("{n} {} {} {}", head.method, head.target, head.bytes),
        Unit::ResponseHead(head) => {
            format!("{n} {} {}{}", head.status, head.bytes, if head.bodiless { " alone" } else { "" })
        }
        Unit::Body(body) => format!("{n} {}/{}{}", body.payload, body.bytes, if body.last { " last" } else { "" }),
        Unit::Frame(frame) => format!("{n} frame {} {}+{} {}", frame.opcode, frame.head, frame.payload, frame.text),
        Unit::Opaque { bytes } => format!("{n} opaque {bytes}"),
        Unit::End { how } => format!("{n} {how:?}"),
    }
}

/// Feeds one message after the other and gives all units, then those that the end of both directions brings.
fn units(said: &[(Direction, &[u8])]) -> Vec<Cut> {
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    for &(dir, bytes) in said {
        let mut rest = bytes;
        while !rest.is_empty() {
            let fed = decoder.feed(dir, rest);
            assert!(fed.taken > 0);
            rest = &rest[fed.taken..];
            all.extend(fed.cut);
        }
    }
    for dir in [Up, Down] {
        let (last, end) = decoder.end(dir, Close::Fin);
        all.extend(last);
        all.push(end);
    }
    all
}

/// The same in words, without the two ends.
fn told(said: &[(Direction, &[u8])]) -> Vec<String> {
    units(said).iter().filter(|cut| !matches!(cut.unit, Unit::End { .. })).map(words).collect()
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// RFC 9112 §7.1 and RFC 9110's first example, byte for byte.
#[test]
fn a_length_and_chunks() {
    let ask = b"GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n";
    let answer =
        b"HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nServer: Apache\r\nContent-Length: 51\r\n\r\n\
        Hello World! My content includes a trailing CRLF.\r\n";
    assert_eq!(told(&[(Up, ask), (Down, answer)]), ["1 GET /hello.txt 100", "1 200 92", "1 51/51 last"]);
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        4\r\nWiki\r\n006;name=\"v\" ; x\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n";
    let told = told(&[(Up, GET), (Down, chunked)]);
    assert_eq!(told, ["1 GET / 27", "1 200 47", "1 4/9", "1 6/26", "1 14/19", "1 0/17 last"]);
}

#[test]
fn answers_know_their_requests() {
    let told = told(&[
        (Up, b"HEAD /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"),
        (Down, b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\n\r\n"),
        (Up, b"xyzGET /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\n\r\nGET /e HTTP/1.1\r\n\r\n"),
        (Down, b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (Down, b"HTTP/1.1 304\r\nETag: \"7\"\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (Down, b"HTTP/1.1 404 Not Found\r\ncontent-length: 2, 2\r\n\r\nno"),
    ]);
    #[rustfmt::skip]
    assert_eq!(told, [
        "1 HEAD /a 20", "2 POST /b 61", "1 200 40 alone", "2 100 25 alone", "2 103 17 alone", "2 3/3 last", "3 GET /c 19",
        "4 GET /d 19", "5 GET /e 19", "2 204 55 alone", "3 304 46 alone", "4 200 38 alone", "5 404 48", "5 2/2 last",
    ]);
}

#[test]
fn a_body_that_ends_with_the_connection() {
    let answer = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\nda";
    let all = units(&[(Up, GET), (Down, answer)]);
    let Unit::Body(body) = &all[3].unit else { panic!("{all:?}") };
    assert_eq!((body.payload, body.bytes, body.last, body.events.len()), (11, 11, true, 1));
    assert_eq!(words(&all[4]), "1 Fin");

    let mut decoder = Decoder::default();
    decoder.feed(Up, GET);
    decoder.feed(Down, b"HTTP/1.0 200 OK\r\n\r\n");
    assert!(decoder.borderless(Down) && !decoder.borderless(Up));
    assert_eq!(decoder.cut(Down), None, "no byte was fed");
    decoder.feed(Down, b"abc");
    assert_eq!(decoder.cut(Down).as_ref().map(words).as_deref(), Some("1 3/3"));
    let (last, end) = decoder.end(Down, Close::Fin);
    assert_eq!(last.as_ref().map(words).as_deref(), Some("1 0/0 last"), "the answer is whole");
    assert_eq!(words(&end), "1 Fin");
}

#[test]
fn what_is_broken_off() {
    let mut decoder = Decoder::default();
    decoder.feed(Up, b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n");
    decoder.feed(Up, b"abc");
    assert_eq!(decoder.cut(Up).as_ref().map(words).as_deref(), Some("1 3/3"));
    decoder.feed(Up, b"de");
    let (last, end) = decoder.end(Up, Close::Rst);
    assert_eq!(last.as_ref().map(words).as_deref(), Some("1 2/2"));
    assert_eq!(words(&end), "1 Rst");
    let (last, end) = decoder.end(Down, Close::Rst);
    assert_eq!((last, words(&end)), (None, "1 Rst".to_owned()), "request 1 stays without its answer");
    assert_eq!(told(&[(Up, b"GET / HTT")]), ["0 opaque 9"]);
}

#[test]
fn event_streams() {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = b"10\r\nid: 7\ndata: a\n\nd\r\n7\r\nata: b\n\r\n1\r\n\n\r\n";
    let all = units(&[(Up, GET), (Down, head), (Down, chunks)]);
    let events = |at: usize| match &all[at].unit {
        Unit::Body(body) => body.events.iter().map(|e| (e.id.as_deref(), e.data)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!((events(2), events(3), events(4)), (vec![(Some("7"), Some(1))], vec![], vec![(None, Some(1))]));
    // What is compressed cannot be read, and what holds too many events is cut behind the last that fits.
    let gzip = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n:\n\n";
    assert!(matches!(&units(&[(Up, GET), (Down, gzip)])[2].unit, Unit::Body(body) if body.events.is_empty()));
    let many = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 200\r\n\r\n",
        b":\n".repeat(100).as_slice(),
    ]
    .concat();
    assert_eq!(told(&[(Up, GET), (Down, &many)])[2..], ["1 128/128", "1 72/72 last"]);
}

#[test]
fn an_upgrade_to_websocket() {
    let ask = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let yes =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n\x89\x00\x81\x02hi";
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80abcd";
    let told_all = told(&[(Up, GET), (Down, b"HTTP/1.1 204 x\r\n\r\n"), (Up, ask), (Down, yes), (Up, masked)]);
    #[rustfmt::skip]
    assert_eq!(told_all[2..], [
        "2 GET /chat 84", "2 101 77 alone", "2 frame 9 2+0 ", "2 frame 1 2+2 hi", "2 frame 1 6+5 Hello", "2 frame 8 6+0 ",
    ]);
    // Refused: plain HTTP goes on.
    let no = b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(told(&[(Up, ask), (Down, no), (Up, GET)])[1..], ["1 426 52 alone", "2 GET / 27"]);
    // To something else, or to what nobody asked for: bytes.
    let other = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nabc";
    let opaque = ["1 101 50 alone", "1 opaque 4", "1 opaque 3"];
    assert_eq!(told(&[(Up, ask), (Down, other), (Up, b"defg")])[1..], opaque);
    assert_eq!(told(&[(Up, GET), (Down, yes), (Up, b"defg")])[1..], ["1 101 77 alone", "1 opaque 4", "1 opaque 6"]);
    // A request that was sent ahead of the answer.
    assert_eq!(told(&[(Up, ask), (Up, GET), (Down, yes)])[2..], ["1 101 77 alone", "1 opaque 6"]);
    assert_eq!(
        told(&[(Up, ask), (Up, b"GET"), (Down, yes)])[1..],
        ["1 101 77 alone", "1 frame 9 2+0 ", "1 frame 1 2+2 hi", "1 opaque 3"]
    );
}

#[test]
fn a_tunnel() {
    let told = told(&[
        (Up, b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (Down, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
        (Up, b"\x16\x03"),
    ]);
    assert_eq!(told, ["1 CONNECT a:443 35", "1 200 38 alone", "1 opaque 2", "1 opaque 3"]);
}

/// RFC 9112 §6.3: two framings at once.
#[test]
fn ambiguous_framing() {
    let after = |fields: &str| {
        let ask = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n2\r\nab\r\n0\r\n\r\n");
        told(&[(Up, ask.as_bytes())])[1..].join(", ")
    };
    let chunked = "1 2/7, 1 0/5 last";
    assert_eq!(after("Content-Length: 3\r\nTransfer-Encoding: chunked"), chunked, "chunked overrides a length");
    assert_eq!(after("Transfer-Encoding: gzip, Chunked"), chunked);
    assert_eq!(after("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), chunked);
    assert_eq!(after("Transfer-Encoding:\r\n chunked"), chunked, "a folded line");
    assert_eq!(after("Content-Length: 12\r\nContent-Length: 12"), "1 12/12 last");
    for faulty in [
        "Content-Length: 12\r\nContent-Length: 3",
        "Content-Length: 12, 3",
        "Content-Length: +12",
        "Content-Length: 1 2",
        "Content-Length: 0x12",
        "Content-Length:",
        "Content-Length: 18446744073709551616",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
    ] {
        assert_eq!(after(faulty), "0 opaque 12", "{faulty}");
    }
    let old = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(told(&[(Up, old)])[1..], ["0 opaque 5"]);
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nabc";
    assert_eq!(told(&[(Up, GET), (Down, answer)])[2..], ["1 3/3 last"], "it ends with the connection");
}

#[test]
fn broken_chunks() {
    let after = |body: &[u8]| {
        let ask = [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat();
        told(&[(Up, &ask)])[1..].join(", ")
    };
    for bad in ["g\r\n", "-1\r\n", "\r\n", ";x\r\n", "1\nab", "1;x\ny", "1\rx", "1\r\nab\r\n", "1\r\na\nb", "0\r\na\rb"]
    {
        assert_eq!(after(bad.as_bytes()), format!("0 opaque {}", bad.len()), "{bad:?}");
    }
    assert_eq!(after(b"11111111111111111\r\n"), "0 opaque 19", "a size above 64 bits");
    assert_eq!(after(b"1\r\na\r\n1\r\nab"), "1 1/6, 0 opaque 5");
    assert_eq!(after(&[b"1;", [b'x'; 5000].as_slice()].concat()), "0 opaque 5002", "endless extensions");
    assert_eq!(after(&[b"0\r\n", [b'x'; 5000].as_slice()].concat()), "0 opaque 5003", "endless trailers");
    assert_eq!(after(&[b'0'; 5000]), "0 opaque 5000", "endless zeros");
    assert_eq!(after(b"0\nx"), "0 opaque 3");
    assert_eq!(after(b"0\r\na: b\n\n"), "1 0/9 last", "trailers are fields: a bare LF ends them");
}

#[test]
fn tolerated_and_malformed_heads() {
    let fine: [&[u8]; 4] = [
        b"\r\n\r\n\nGET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\n\n",
        b"GET / HTTP/1.9\r\na:\r\n\tb\r\n\n",
        b"G!T * HTTP/1.1\r\na:\x80\r\n\r\n",
    ];
    for head in fine {
        let told = told(&[(Up, head)]);
        assert!(told.len() == 1 && told[0].ends_with(&format!(" {}", head.len())), "{told:?}");
        assert!(!told[0].contains("opaque"), "{told:?}");
    }
    let bad: [&[u8]; 16] = [
        b"\x16\x03\x01 tls",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET / HTTP/1.12\r\n\r\n",
        b"GET / http/1.1\r\n\r\n",
        b"G(T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n a: b\r\n\r\n",
        b"GET / HTTP/1.1\r\na b\r\n\r\n",
        b"GET / HTTP/1.1\r\na : b\r\n\r\n",
        b"GET / HTTP/1.1\r\n: b\r\n\r\n",
        b"GET / HTTP/1.1\r\na: b\rc\r\n\r\n",
        b"GET / HTTP/1.1\r\na: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n",
    ];
    for head in bad {
        let all = [head, GET].concat();
        assert_eq!(told(&[(Up, &all)]), [format!("0 opaque {}", all.len())], "{:?}", String::from_utf8_lossy(head));
    }
    for answer in [
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
    ] {
        let told = told(&[(Up, GET), (Down, answer.as_bytes())]);
        assert_eq!(told[1..], [format!("0 opaque {}", answer.len())], "{answer:?}");
    }
}

#[test]
fn the_longest_head() {
    let head = |len: usize| format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(len - 23));
    assert_eq!(told(&[(Up, head(HEAD_MAX).as_bytes())]), ["1 GET / 16384"]);
    assert_eq!(told(&[(Up, head(HEAD_MAX + 1).as_bytes())]), ["0 opaque 16385"]);
    assert_eq!(told(&[(Up, "\r\n".repeat(9000).as_bytes())]), ["0 opaque 18000"]);
}

#[test]
fn answers_that_nobody_asked_for() {
    let late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(told(&[(Down, late)]), ["0 408 51", "0 2/2 last"]);
    assert_eq!(told(&[(Down, late), (Down, late)])[2..], ["0 opaque 53"]);
    let many = GET.repeat(UNANSWERED + 1);
    let told = told(&[(Up, &many)]);
    assert_eq!((told.len(), told[UNANSWERED].as_str()), (UNANSWERED + 1, "0 opaque 27"));
}

#[test]
fn secrets_are_redacted() {
    let ask = b"GET /l/abcdefgh23/poll?c=1&n=2 HTTP/1.1\r\nCOOKIE: a=s3cret\r\n ; b=s3cret\r\nX: y\r\n  z\r\nauthorization:s3cret\r\nProxy-Authorization: s3cret\r\n\r\n";
    let answer = b"HTTP/1.1 204 No Content\r\nSet-Cookie: s3cret\r\nA: b\r\n\r\n";
    let all = units(&[(Up, ask), (Down, answer)]);
    let Unit::RequestHead(head) = &all[0].unit else { panic!("{all:?}") };
    assert_eq!(head.bytes as usize, ask.len());
    let text = "GET /l/abcdefgh23/poll?c=1&n=2 HTTP/1.1\nCOOKIE: [redacted]\nX: y\n  z\nauthorization: [redacted]\nProxy-Authorization: [redacted]\n";
    assert_eq!(head.text, text);
    let Unit::ResponseHead(head) = &all[1].unit else { panic!("{all:?}") };
    assert_eq!(head.text, "HTTP/1.1 204 No Content\nSet-Cookie: [redacted]\nA: b\n");
    assert!(!format!("{all:?}").contains("s3cret"));
}

#[test]
fn addresses() {
    let address = |ask: &str| {
        let address = units(&[(Up, ask.as_bytes())]).swap_remove(0).address;
        address.map(|a| (a.lab.map(String::from), a.client, a.exchange))
    };
    let lab = Some("abcdefgh23".to_owned());
    assert_eq!(address("GET /l/abcdefgh23/poll?c=1&n=14 HTTP/1.1\r\n\r\n"), Some((lab.clone(), Some(1), Some(14))));
    let accept = "GET /l/abcdefgh23/board HTTP/1.1\r\nAccept: */*\r\nAccept: application/json;c=1;n=14\r\n\r\n";
    assert_eq!(address(accept), Some((lab, Some(1), Some(14))));
    assert_eq!(address("GET /favicon.ico HTTP/1.1\r\n\r\n"), Some((None, None, None)));
}

#[test]
fn texts_are_bounded_between_characters() {
    let ask =
        format!("POST /{0} HTTP/1.1\r\nA: {0}\r\nContent-Length: 1535\r\n\r\n{1}", "警".repeat(1000), "报".repeat(511));
    let all = units(&[(Up, ask.as_bytes()), (Up, b"xx")]);
    let Unit::RequestHead(head) = &all[0].unit else { panic!("{all:?}") };
    assert!(head.text.len() <= HEAD_KEPT && head.text.len() > HEAD_KEPT - 3 && head.target.len() <= HEAD_KEPT);
    let Unit::Body(body) = &all[1].unit else { panic!("{all:?}") };
    assert_eq!((body.text.as_str(), body.payload), ("报".repeat(BODY_KEPT / 3).as_str(), 1535));
}
