//! What holds for every conversation and every split of it. `PROPTEST_CASES` sets the budget.

use fastrand::Rng;
use proptest::prelude::*;

use super::*;
use Direction::{Down, Up};

/// Both directions of a connection, and what has to be there before what.
#[derive(Clone, Debug, Default)]
struct Talk {
    up: Vec<u8>,
    down: Vec<u8>,
    /// From this byte of the direction on, so many bytes of the other must have come first.
    needs: Vec<(Direction, usize, usize)>,
}

impl Talk {
    fn bytes(&self, dir: Direction) -> &[u8] {
        if dir == Up { &self.up } else { &self.down }
    }

    /// How far a direction may go while the other one stands there.
    fn may(&self, dir: Direction, other: usize) -> usize {
        let barred = self.needs.iter().filter(|&&(of, _, need)| of == dir && other < need).map(|&(_, from, _)| from);
        barred.min().unwrap_or(usize::MAX).min(self.bytes(dir).len())
    }

    /// Feeds everything in pieces whose size `piece` draws, and gives the units of each direction.
    fn decode(&self, rng: &mut Rng, piece: fn(&mut Rng) -> usize) -> [Vec<Cut>; 2] {
        let mut decoder = Decoder::default();
        let (mut at, mut cuts) = ([0, 0], [Vec::new(), Vec::new()]);
        while at[0] < self.up.len() || at[1] < self.down.len() {
            let side = rng.usize(0..2);
            let dir = [Up, Down][side];
            let end = at[side].saturating_add(piece(rng)).min(self.may(dir, at[1 - side]));
            while at[side] < end {
                let fed = decoder.feed(dir, &self.bytes(dir)[at[side]..end]);
                assert!(fed.taken > 0);
                at[side] += fed.taken;
                cuts[side].extend(fed.cut);
            }
        }
        for (side, dir) in [Up, Down].into_iter().enumerate() {
            let (last, end) = decoder.end(dir, Close::Fin);
            cuts[side].extend(last);
            cuts[side].push(end);
        }
        cuts
    }
}

/// Of all orders of magnitude, up to so many bits.
fn size(rng: &mut Rng, bits: u32) -> usize {
    let bits = rng.u32(0..bits);
    1 + rng.usize(0..1 << bits)
}

fn sum(cuts: &[Cut]) -> usize {
    cuts.iter().map(|cut| cut.unit.bytes() as usize).sum()
}

/// A well-formed conversation: several exchanges, some pipelined, perhaps an upgrade at the end.
fn talk(rng: &mut Rng) -> Talk {
    let mut talk = Talk::default();
    for n in 0..rng.usize(0..6) {
        let head = rng.u8(0..8) == 0;
        let method = if head { "HEAD" } else { ["GET", "POST"][rng.usize(0..2)] };
        if rng.u8(0..4) == 0 {
            talk.up.extend(b"\r\n");
        }
        talk.up.extend(format!("{method} /l/abcdefgh23/x?c=1&n={n} HTTP/1.1\r\nHost: a\r\n").bytes());
        let (fields, body) = body(rng, method == "GET");
        talk.up.extend(fields.bytes());
        talk.up.extend(b"\r\n");
        talk.needs.push((Down, talk.down.len(), talk.up.len()));
        talk.up.extend(body);
        if rng.u8(0..4) == 0 {
            talk.down.extend(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        let bare = rng.u8(0..4) == 0;
        let (fields, body) = self::body(rng, false);
        let status = if bare { "304 Not Modified" } else { "200 OK" };
        let line_end = if rng.bool() { "\n" } else { "\r\n" };
        let kind = ["text/event-stream", "text/plain"][rng.usize(0..2)];
        talk.down
            .extend(format!("HTTP/1.1 {status}{line_end}Content-Type: {kind}{line_end}{fields}{line_end}").bytes());
        if !head && !bare {
            talk.down.extend(body);
        }
        if rng.bool() {
            // Not pipelined: the next request waits for this answer.
            talk.needs.push((Up, talk.up.len(), talk.down.len()));
        }
    }
    if rng.bool() {
        let protocol = ["websocket", "other"][rng.usize(0..2)];
        talk.up.extend(format!("GET /ws HTTP/1.1\r\nUpgrade: {protocol}\r\n\r\n").bytes());
        talk.needs.push((Down, talk.down.len(), talk.up.len()));
        talk.down.extend(format!("HTTP/1.1 101 x\r\nUpgrade: {protocol}\r\n\r\n").bytes());
        talk.needs.push((Up, talk.up.len(), talk.down.len()));
        for _ in 0..rng.usize(0..5) {
            talk.up.extend(frame(rng, true));
            talk.down.extend(frame(rng, false));
        }
    } else if rng.bool() {
        talk.up.extend(b"GET / HTTP/1.0\r\n\r\n");
        talk.needs.push((Down, talk.down.len(), talk.up.len()));
        talk.down.extend(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        talk.down.extend(content(rng));
    }
    talk
}

/// Fields and bytes of a body.
fn body(rng: &mut Rng, none: bool) -> (String, Vec<u8>) {
    if none {
        return (String::new(), Vec::new());
    }
    if rng.bool() {
        let content = content(rng);
        return (format!("Content-Length: {}\r\n", content.len()), content);
    }
    let mut body = Vec::new();
    for _ in 0..rng.usize(0..4) {
        let content = content(rng);
        if !content.is_empty() {
            body.extend(format!("{:x}{}\r\n", content.len(), [";a=b", ""][rng.usize(0..2)]).bytes());
            body.extend(content);
            body.extend(b"\r\n");
        }
    }
    body.extend(["0\r\n\r\n", "00\r\nX: y\r\n\r\n"][rng.usize(0..2)].bytes());
    ("Transfer-Encoding: chunked\r\n".to_owned(), body)
}

/// Something like an event stream, long or short.
fn content(rng: &mut Rng) -> Vec<u8> {
    let words: [&[u8]; 10] = [
        b"data: ",
        b"id: 7",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b":",
        "\u{8b66}\u{62a5}".as_bytes(),
        b"\xff",
        b"retry: 10\n",
        b"event",
    ];
    let most = if rng.u8(0..8) == 0 { 1000 } else { 30 };
    (0..rng.usize(0..most)).flat_map(|_| words[rng.usize(0..words.len())].iter().copied()).collect()
}

fn frame(rng: &mut Rng, masked: bool) -> Vec<u8> {
    let payload = content(rng);
    let mut frame = vec![rng.u8(..)];
    let mask = if masked { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..126 => frame.push(mask | short as u8),
        long if rng.bool() => {
            frame.push(mask | 126);
            frame.extend((long as u16).to_be_bytes());
        }
        long => {
            frame.push(mask | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    if masked {
        frame.extend([rng.u8(..), rng.u8(..), rng.u8(..), rng.u8(..)]);
    }
    frame.extend(payload);
    frame
}

/// Bytes that look like HTTP here and there, so that they get past the first line.
fn rubbish(rng: &mut Rng) -> Vec<u8> {
    let words: [&[u8]; 22] = [
        b"GET / HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\n\r\n",
        b"Content-Length: 10\r\n",
        b"Content-Length: 99999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Type: text/event-stream\r\n",
        b"HTTP/1.0 200\n\n",
        b"GET / HTTP/1.1\n\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"0\r\n\r\n",
        b"5\r\n12345\r\n",
        b"ffffffffffffffff\r\n",
        b" folded\r\n",
        b":",
        b"data: x\n\n",
        b"\x81\x05Hello",
        b"\x82\x7f\0\0\0\0\xff\xff\xff\xf1",
    ];
    let mut bytes = Vec::new();
    for _ in 0..rng.usize(0..40) {
        match rng.u8(0..16) {
            0 => bytes.extend((0..rng.usize(0..40)).map(|_| rng.u8(..))),
            1 => bytes.extend(std::iter::repeat_n(rng.u8(b' '..), rng.usize(0..20_000))),
            _ => bytes.extend(words[rng.usize(0..words.len())]),
        }
    }
    bytes
}

proptest! {
    #[test]
    fn any_split_gives_the_same_units(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let talk = talk(&mut rng);
        let whole = talk.decode(&mut rng, |_| usize::MAX);
        let single = talk.decode(&mut rng, |_| 1);
        prop_assert_eq!(&whole, &single);
        let random = talk.decode(&mut rng, |rng| size(rng, 10));
        prop_assert_eq!(&whole, &random);
        prop_assert_eq!((sum(&whole[0]), sum(&whole[1])), (talk.up.len(), talk.down.len()));
        let lost = whole.iter().flatten().any(|cut| matches!(cut.unit, Unit::Opaque { .. }));
        let other = talk.up.windows(5).any(|five| five == b"other");
        prop_assert!(!lost || other, "well-formed bytes are never opaque: {whole:?}");
    }

    #[test]
    fn any_bytes_are_counted_and_hold_no_memory(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let (mut decoder, mut fed, mut told) = (Decoder::default(), [0, 0], [0, 0]);
        for _ in 0..rng.usize(1..8) {
            let side = rng.usize(0..2);
            let dir = [Up, Down][side];
            let bytes = rubbish(&mut rng);
            fed[side] += bytes.len();
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let piece = &rest[..rest.len().min(size(&mut rng, 16))];
                let step = decoder.feed(dir, piece);
                prop_assert!(step.taken > 0 && step.taken <= piece.len());
                rest = &rest[step.taken..];
                told[side] += step.cut.map_or(0, |cut| cut.unit.bytes() as usize);
                prop_assert!(held(&decoder) < 48 * 1024, "{} bytes", held(&decoder));
                if rng.u8(0..8) == 0 {
                    told[side] += decoder.cut(dir).map_or(0, |cut| cut.unit.bytes() as usize);
                }
            }
        }
        for (side, dir) in [Up, Down].into_iter().enumerate() {
            let (last, end) = decoder.end(dir, Close::Rst);
            told[side] += last.map_or(0, |cut| cut.unit.bytes() as usize);
            prop_assert_eq!(end.unit.bytes(), 0);
        }
        prop_assert_eq!(fed, told);
    }
}

/// Memory that the decoder holds, in bytes: the longest head of each direction, or far less.
fn held(decoder: &Decoder) -> usize {
    let lane = |lane: &Lane| match &lane.state {
        State::Head(head) => head.held(),
        State::Body(body) => body.held(),
        State::Frames(frames) => frames.held(),
        State::Opaque(_) => 0,
    };
    std::mem::size_of::<Decoder>()
        + lane(&decoder.up)
        + lane(&decoder.down)
        + decoder.unanswered.capacity() * std::mem::size_of::<Asked>()
}

#[test]
fn an_idle_connection_is_cheap() {
    let mut decoder = Decoder::default();
    for at in 0..20 {
        decoder.feed(Up, b"GET / HTTP/1.1\r\nHost: a\r\nAccept: something\r\n\r\n");
        decoder.feed(Down, b"HTTP/1.1 200 OK\r\n");
        decoder.feed(Down, b"Content-Length: 2\r\n\r\n");
        let body = decoder.feed(Down, b"[]");
        assert!(body.cut.is_some(), "{at}");
    }
    assert!(held(&decoder) < 1024, "{}", held(&decoder));
}
