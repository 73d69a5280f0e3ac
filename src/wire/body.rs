//! Bodies of HTTP/1.x messages (RFC 9112 §6, §7), decoded piece by piece.

use super::{
    Body,
    http::Framing,
    sse::{Event, EventStream},
    text,
    unit::BODY_KEPT,
};

/// The longest piece in bytes of payload: what is longer is cut, so that every length fits in 32 bits.
const PIECE: u32 = 1 << 30;

/// The most events in one piece: what holds more is cut behind the last of them.
pub const EVENTS: usize = 64;

/// The longest line of a chunk's size with its extensions, and the longest trailer section, in bytes.
const LINE: u32 = 4096;

/// A body under way.
#[derive(Debug)]
pub(super) struct Reader {
    place: Place,
    piece: Piece,
    stream: Option<Box<EventStream>>,
}

/// What was fed since the last unit.
#[derive(Debug, Default)]
struct Piece {
    bytes: u32,
    payload: u32,
    kept: Vec<u8>,
    events: Vec<Event>,
}

/// Where in the body the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// In a body with a length; so much is left.
    Length(u64),
    /// In a body that ends with the connection.
    Close,
    /// In the hexadecimal size of a chunk.
    Size { digits: u32, size: u64 },
    /// In a chunk's extensions, or in the white space before them, so many bytes into the line.
    Extension { size: u64, line: u32 },
    /// Before the LF of the line with the size.
    SizeEnd { size: u64 },
    /// In a chunk's data; so much is left.
    Data(u64),
    /// Before the CR after the data.
    DataCr,
    /// Before the LF after the data.
    DataLf,
    /// In the trailer section: so many bytes in all, so many in this line, and whether a CR ends it.
    Trailer { all: u32, line: u32, cr: bool },
}

/// What feeding came to.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Everything was taken, and the piece goes on.
    More,
    /// A piece ended; another follows.
    Piece(Body),
    /// The body ended with this piece.
    Last(Body),
    /// Not a body; so many bytes of it were fed since the last unit.
    Bad(u32),
}

impl Reader {
    /// A reader of a body; nothing where there is none to read. With `stream`, its events are decoded.
    pub(super) fn new(framing: Framing, stream: bool) -> Option<Self> {
        let place = match framing {
            Framing::None | Framing::Faulty | Framing::Length(0) => return None,
            Framing::Length(length) => Place::Length(length),
            Framing::Chunked => Place::Size { digits: 0, size: 0 },
            Framing::Close => Place::Close,
        };
        Some(Self { place, piece: Piece::default(), stream: stream.then(Box::default) })
    }

    /// Takes bytes up to the end of the piece at most; returns how many.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> (usize, Step) {
        let mut taken = 0;
        while taken < bytes.len() {
            let rest = &bytes[taken..];
            match self.place {
                Place::Length(left) => {
                    let n = self.payload(rest, left);
                    taken += n;
                    let left = left - n as u64;
                    self.place = Place::Length(left);
                    if left == 0 {
                        return (taken, Step::Last(self.cut(true)));
                    }
                }
                Place::Close => taken += self.payload(rest, u64::MAX),
                Place::Data(left) => {
                    let n = self.payload(rest, left);
                    taken += n;
                    let left = left - n as u64;
                    self.place = if left == 0 { Place::DataCr } else { Place::Data(left) };
                }
                frame => {
                    taken += 1;
                    self.piece.bytes += 1;
                    match frame.after(rest[0]) {
                        Next::At(place) => self.place = place,
                        Next::Chunk => {
                            self.place = Place::Size { digits: 0, size: 0 };
                            return (taken, Step::Piece(self.cut(false)));
                        }
                        Next::Over => return (taken, Step::Last(self.cut(true))),
                        Next::Bad => return (taken, Step::Bad(self.piece.bytes)),
                    }
                }
            }
            if self.piece.payload >= PIECE || self.piece.events.len() >= EVENTS {
                return (taken, Step::Piece(self.cut(false)));
            }
        }
        (taken, Step::More)
    }

    /// Bytes fed since the last unit.
    pub(super) fn under_way(&self) -> u32 {
        self.piece.bytes
    }

    /// Memory held besides its own size.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let events = self
            .piece
            .events
            .iter()
            .map(|e| e.id.as_ref().map_or(0, String::len) + e.event.as_ref().map_or(0, String::len));
        self.piece.kept.capacity() + self.piece.events.capacity() * size_of::<Event>() + events.sum::<usize>()
    }

    /// Whether only the end of the connection ends the body.
    pub(super) fn ends_with_the_connection(&self) -> bool {
        self.place == Place::Close
    }

    /// Ends the piece here.
    pub(super) fn cut(&mut self, last: bool) -> Body {
        let piece = std::mem::take(&mut self.piece);
        let more = piece.payload as usize > piece.kept.len() || !last;
        Body {
            bytes: piece.bytes,
            payload: piece.payload,
            text: text::bounded(&piece.kept, BODY_KEPT, more),
            last,
            events: piece.events,
        }
    }

    /// Takes payload, at most `left` of it; returns how much.
    fn payload(&mut self, bytes: &[u8], left: u64) -> usize {
        let room = u64::from(PIECE - self.piece.payload).min(left);
        let n = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let n = match &mut self.stream {
            Some(stream) => stream.feed(&bytes[..n], &mut self.piece.events, EVENTS),
            None => n,
        };
        let room = BODY_KEPT.saturating_sub(self.piece.kept.len()).min(n);
        self.piece.kept.extend_from_slice(&bytes[..room]);
        // No more than PIECE, and framing adds a few thousand at most.
        self.piece.payload += n as u32;
        self.piece.bytes += n as u32;
        n
    }
}

/// Where a byte of framing leads.
enum Next {
    At(Place),
    /// A chunk ended.
    Chunk,
    /// The body ended.
    Over,
    Bad,
}

impl Place {
    /// The chunked coding's own bytes (RFC 9112 §7.1). Lines end with CRLF: a bare LF is accepted in the trailer
    /// section only, which consists of fields (§2.2).
    fn after(self, byte: u8) -> Next {
        match (self, byte) {
            (Place::Size { digits, size }, _) if byte.is_ascii_hexdigit() => {
                let digit = (byte as char).to_digit(16).map_or(0, u64::from);
                match size.checked_mul(16) {
                    // Leading zeros are allowed; endless ones are not.
                    Some(size) if digits < LINE => Next::At(Place::Size { digits: digits + 1, size: size | digit }),
                    _ => Next::Bad,
                }
            }
            (Place::Size { digits: 1.., size }, b'\r') => Next::At(Place::SizeEnd { size }),
            (Place::Size { digits: digits @ 1.., size }, b';' | b' ' | b'\t') => {
                Next::At(Place::Extension { size, line: digits })
            }
            (Place::Extension { size, .. }, b'\r') => Next::At(Place::SizeEnd { size }),
            (Place::Extension { size, line }, _) if byte != b'\n' && line < LINE => {
                Next::At(Place::Extension { size, line: line + 1 })
            }
            (Place::SizeEnd { size: 0 }, b'\n') => Next::At(Place::Trailer { all: 0, line: 0, cr: false }),
            (Place::SizeEnd { size }, b'\n') => Next::At(Place::Data(size)),
            (Place::DataCr, b'\r') => Next::At(Place::DataLf),
            (Place::DataLf, b'\n') => Next::Chunk,
            (Place::Trailer { line: 0, .. }, b'\n') => Next::Over,
            (Place::Trailer { all, .. }, b'\n') => Next::At(Place::Trailer { all: all + 1, line: 0, cr: false }),
            (Place::Trailer { cr: true, .. }, _) => Next::Bad,
            (Place::Trailer { all, line, .. }, b'\r') => Next::At(Place::Trailer { all: all + 1, line, cr: true }),
            (Place::Trailer { all, line, .. }, _) if all < LINE => {
                Next::At(Place::Trailer { all: all + 1, line: line + 1, cr: false })
            }
            _ => Next::Bad,
        }
    }
}
