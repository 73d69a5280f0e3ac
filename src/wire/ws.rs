//! WebSocket frames (RFC 6455 §5.2), decoded piece by piece.

use super::{Frame, text, unit::BODY_KEPT};

/// The longest head of a frame: two bytes, eight of length, four of mask.
const HEAD: usize = 14;

/// The longest payload that a unit can carry: head and payload together are counted in 32 bits.
const LONGEST: u64 = (u32::MAX - HEAD as u32) as u64;

/// The opcode of a close frame.
pub const CLOSE: u8 = 8;

/// The opcode of a ping.
pub const PING: u8 = 9;

/// The opcode of a pong.
pub const PONG: u8 = 10;

/// The frames of one direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; HEAD],
    /// How many bytes of the head were fed.
    have: u8,
    /// Payload in all, once the head is complete.
    payload: u32,
    /// Payload fed so far.
    done: u32,
    /// The beginning of the payload, unmasked.
    kept: Vec<u8>,
    /// Bytes fed since the frame began or was last torn.
    counted: u32,
    /// A piece of this frame has been given away.
    torn: bool,
}

/// What feeding came to.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Everything was taken, and the frame goes on.
    More,
    /// A frame ended.
    Frame(Frame),
    /// A frame ended whose beginning had been given away: this many bytes were left of it.
    Rest(u32),
    /// No frame that can be counted: its length has more than 32 bits.
    Bad,
}

impl Frames {
    /// Takes bytes up to the end of the frame at most; returns how many.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> (usize, Step) {
        let mut taken = 0;
        while self.have < self.head_length() {
            let Some(&byte) = bytes.get(taken) else { return (taken, Step::More) };
            self.head[usize::from(self.have)] = byte;
            self.have += 1;
            self.counted += 1;
            taken += 1;
            if self.have == self.head_length() {
                match u32::try_from(self.length()) {
                    Ok(payload) if u64::from(payload) <= LONGEST => self.payload = payload,
                    _ => return (taken, Step::Bad),
                }
            }
        }
        let rest = &bytes[taken..];
        let left = (self.payload - self.done) as usize;
        let piece = &rest[..rest.len().min(left)];
        self.keep(piece);
        // Both fit: a piece is no longer than what is left of a payload that fits.
        self.done += piece.len() as u32;
        self.counted += piece.len() as u32;
        taken += piece.len();
        if self.done < self.payload {
            return (taken, Step::More);
        }
        let ended = std::mem::take(self);
        (taken, if ended.torn { Step::Rest(ended.counted) } else { Step::Frame(ended.into_frame()) })
    }

    /// Gives away what was fed of the frame under way, as so many bytes; what is left of it will come as
    /// [`Step::Rest`].
    pub(super) fn tear(&mut self) -> u32 {
        if self.counted > 0 {
            self.torn = true;
            self.kept = Vec::new();
        }
        std::mem::take(&mut self.counted)
    }

    /// How many bytes of the frame under way were fed and not given away.
    pub(super) fn under_way(&self) -> u32 {
        self.counted
    }

    /// Memory held besides its own size.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.kept.capacity()
    }

    fn masked(&self) -> bool {
        self.head[1] & 0x80 != 0
    }

    /// The head's length, as far as it can be known.
    fn head_length(&self) -> u8 {
        if self.have < 2 {
            return 2;
        }
        let extended = match self.head[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + extended + if self.masked() { 4 } else { 0 }
    }

    /// The payload's length as the complete head says it.
    fn length(&self) -> u64 {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        match self.head[1] & 0x7f {
            126 => number(&self.head[2..4]),
            127 => number(&self.head[2..10]),
            short => u64::from(short),
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        // A frame that is compressed (RSV1, RFC 7692 §6) has no text to show; a torn one will not be shown.
        if self.torn || self.head[0] & 0x40 != 0 {
            return;
        }
        // A close frame's code takes two bytes before its text.
        let room = (BODY_KEPT + 2).saturating_sub(self.kept.len());
        let end = usize::from(self.have);
        let mask = if self.masked() { [end - 4, end - 3, end - 2, end - 1].map(|at| self.head[at]) } else { [0; 4] };
        let from = self.kept.len();
        let unmasked = piece.iter().take(room).enumerate().map(|(at, byte)| byte ^ mask[(from + at) % 4]);
        self.kept.extend(unmasked);
    }

    fn into_frame(self) -> Frame {
        let opcode = self.head[0] & 0x0f;
        let (close, shown) = match self.kept.as_slice() {
            [high, low, reason @ ..] if opcode == CLOSE => (Some(u16::from_be_bytes([*high, *low])), reason),
            all => (None, all),
        };
        let more = self.payload as usize > self.kept.len();
        Frame {
            fin: self.head[0] & 0x80 != 0,
            rsv: self.head[0] >> 4 & 7,
            opcode,
            masked: self.masked(),
            head: self.have,
            payload: self.payload,
            close,
            text: text::bounded(shown, BODY_KEPT, more),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Frame {
        let mut frames = Frames::default();
        for at in 0..bytes.len() - 1 {
            assert_eq!(frames.feed(&bytes[at..=at]), (1, Step::More), "byte {at}");
        }
        let single = frames.feed(&bytes[bytes.len() - 1..]);
        let (taken, step) = Frames::default().feed(&[bytes, b"more"].concat());
        assert_eq!((taken, &step), (bytes.len(), &single.1), "one byte at a time gives the same");
        match step {
            Step::Frame(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    fn text(head: u8, payload: u32, masked: bool, text: &str) -> Frame {
        Frame { fin: true, rsv: 0, opcode: 1, masked, head, payload, close: None, text: text.to_owned() }
    }

    /// RFC 6455 §5.7.
    #[test]
    fn the_standards_examples() {
        assert_eq!(one(b"\x81\x05Hello"), text(2, 5, false, "Hello"));
        assert_eq!(one(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), text(6, 5, true, "Hello"));
        assert_eq!(one(b"\x01\x03Hel"), Frame { fin: false, ..text(2, 3, false, "Hel") });
        assert_eq!(one(b"\x80\x02lo"), Frame { opcode: 0, ..text(2, 2, false, "lo") });
        assert_eq!(one(b"\x89\x05Hello"), Frame { opcode: 9, ..text(2, 5, false, "Hello") });
        assert_eq!(
            one(b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
            Frame { opcode: 10, ..text(6, 5, true, "Hello") }
        );
        let binary = [b"\x82\x7e\x01\x00".as_slice(), &[b'x'; 256]].concat();
        assert_eq!(one(&binary), Frame { opcode: 2, ..text(4, 256, false, &"x".repeat(256)) });
        let long = [b"\x82\x7f\0\0\0\0\0\x01\0\0".as_slice(), &[b'y'; 65536]].concat();
        assert_eq!(one(&long), Frame { opcode: 2, ..text(10, 65536, false, &"y".repeat(BODY_KEPT)) });
    }

    #[test]
    fn close_codes() {
        let close = |payload, code, reason: &str| Frame { opcode: 8, close: code, ..text(2, payload, false, reason) };
        assert_eq!(one(b"\x88\x00"), close(0, None, ""));
        assert_eq!(one(b"\x88\x02\x03\xe8"), close(2, Some(1000), ""));
        assert_eq!(one(b"\x88\x05\x0f\xa0bye"), close(5, Some(4000), "bye"));
        assert_eq!(one(b"\x88\x86\x01\x02\x03\x04\x02\xeb\x61\x62\x62\x62").close, Some(1001));
    }

    #[test]
    fn a_length_beyond_32_bits_is_no_frame() {
        assert_eq!(Frames::default().feed(b"\x82\x7f\0\0\0\x01\0\0\0\0rest"), (10, Step::Bad));
        assert_eq!(Frames::default().feed(b"\x82\x7f\x80\0\0\0\0\0\0\0rest"), (10, Step::Bad));
        assert_eq!(Frames::default().feed(b"\x82\x7f\0\0\0\0\xff\xff\xff\xffrest"), (10, Step::Bad));
        assert_eq!(Frames::default().feed(b"\x82\x7f\0\0\0\0\xff\xff\xff\xf1rest"), (14, Step::More));
    }

    #[test]
    fn a_torn_frame_is_counted_to_its_end() {
        let mut frames = Frames::default();
        assert_eq!(frames.tear(), 0);
        assert_eq!(frames.feed(b"\x81\x05He"), (4, Step::More));
        assert_eq!(frames.tear(), 4);
        assert_eq!(frames.tear(), 0);
        assert_eq!(frames.feed(b"llo\x81\x00"), (3, Step::Rest(3)));
        assert_eq!(frames.feed(b"\x81\x00"), (2, Step::Frame(text(2, 0, false, ""))));
    }
}
