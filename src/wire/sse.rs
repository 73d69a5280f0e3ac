//! Event streams (WHATWG HTML §9.2), decoded piece by piece.

use serde::{Deserialize, Serialize};

/// What a stream's reader gets from one block of lines, or a comment line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The `id` field, if the block has one; at most [`VALUE_KEPT`] bytes of it.
    #[serde(default)]
    pub id: Option<String>,
    /// The `event` field, if the block has one; at most [`VALUE_KEPT`] bytes of it.
    #[serde(default)]
    pub event: Option<String>,
    /// Length of the joined `data` in bytes; absent if the block has none, and so is never dispatched.
    #[serde(default)]
    pub data: Option<u32>,
    /// The `retry` field in milliseconds.
    #[serde(default)]
    pub retry: Option<u32>,
    /// Whether this is a comment line, which no script ever sees.
    #[serde(default)]
    pub comment: bool,
}

/// How much of an `id` or `event` value is kept, in bytes.
pub const VALUE_KEPT: usize = 256;

/// The longest field name that means anything: `event` and `retry`.
const NAME: usize = 5;

/// An event stream's decoder. It keeps no data, only its length, so that its state is bounded for any stream.
#[derive(Debug, Default)]
pub struct EventStream {
    /// How much of a byte order mark was met; 3 when the question is settled.
    bom: u8,
    /// The last byte was a CR: an LF that follows belongs to the same line end.
    after_cr: bool,
    line: Line,
    block: Event,
}

/// Where in a line the decoder stands.
#[derive(Debug)]
enum Line {
    /// In the field's name; `len` above [`NAME`] is a name that means nothing.
    Name { name: [u8; NAME], len: u8 },
    /// Just after the colon: one space is skipped.
    Colon(Field),
    /// In the value.
    Value(Field),
}

impl Default for Line {
    fn default() -> Self {
        Line::Name { name: [0; NAME], len: 0 }
    }
}

/// A field with what its value needs.
#[derive(Debug)]
enum Field {
    Comment,
    Data(u32),
    Event(Vec<u8>),
    /// The value, and whether it holds no NUL.
    Id(Vec<u8>, bool),
    /// The number, while all is digits.
    Retry(Option<u32>),
    Unknown,
}

impl Field {
    fn named(name: &[u8]) -> Self {
        match name {
            b"" => Field::Comment,
            b"data" => Field::Data(0),
            b"event" => Field::Event(Vec::new()),
            b"id" => Field::Id(Vec::new(), true),
            b"retry" => Field::Retry(None),
            _ => Field::Unknown,
        }
    }

    fn push(&mut self, byte: u8) {
        match self {
            Field::Comment | Field::Unknown => {}
            Field::Data(len) => *len = len.saturating_add(1),
            Field::Event(value) => keep(value, byte),
            Field::Id(value, good) => {
                // An id with NUL is ignored as a whole.
                *good &= byte != 0;
                keep(value, byte);
            }
            Field::Retry(number) if byte.is_ascii_digit() => {
                *number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(u32::from(byte - b'0')));
            }
            // Not only digits: the field is ignored, whatever else it holds.
            Field::Retry(_) => *self = Field::Unknown,
        }
    }
}

fn keep(value: &mut Vec<u8>, byte: u8) {
    if value.len() < VALUE_KEPT {
        value.push(byte);
    }
}

impl EventStream {
    /// Takes bytes of the stream and adds the events that end within them, until there are `most` of them; returns how
    /// many bytes were taken.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>, most: usize) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            if events.len() >= most {
                return at;
            }
            self.byte(byte, events);
        }
        bytes.len()
    }

    fn byte(&mut self, byte: u8, events: &mut Vec<Event>) {
        // One byte order mark at the start is not part of the stream. Half of one begins a name that means nothing.
        if self.bom < 3 {
            if byte == [0xef, 0xbb, 0xbf][usize::from(self.bom)] {
                self.bom += 1;
                return;
            }
            if self.bom > 0 {
                self.line = Line::Name { name: [0; NAME], len: NAME as u8 + 1 };
            }
            self.bom = 3;
        }
        let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' if after_cr => {}
            b'\r' | b'\n' => self.end_line(events),
            _ => match &mut self.line {
                Line::Name { name, len } => match byte {
                    b':' => {
                        let field = name.get(..usize::from(*len)).map_or(Field::Unknown, Field::named);
                        self.line = Line::Colon(field);
                    }
                    _ => {
                        if let Some(place) = name.get_mut(usize::from(*len)) {
                            *place = byte;
                        }
                        *len = (*len + 1).min(NAME as u8 + 1);
                    }
                },
                Line::Colon(field) => {
                    if byte != b' ' {
                        field.push(byte);
                    }
                    self.line = Line::Value(std::mem::replace(field, Field::Unknown));
                }
                Line::Value(field) => field.push(byte),
            },
        }
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        let field = match std::mem::take(&mut self.line) {
            Line::Name { len: 0, .. } => {
                let block = std::mem::take(&mut self.block);
                if block != Event::default() {
                    events.push(block);
                }
                return;
            }
            // A line without a colon is a field's name; its value is empty.
            Line::Name { name, len } => name.get(..usize::from(len)).map_or(Field::Unknown, Field::named),
            Line::Colon(field) | Line::Value(field) => field,
        };
        match field {
            Field::Comment => events.push(Event { comment: true, ..Event::default() }),
            Field::Data(len) => {
                // Lines are joined by a newline.
                let before = self.block.data.map_or(0, |data| data.saturating_add(1));
                self.block.data = Some(before.saturating_add(len));
            }
            Field::Event(value) => self.block.event = Some(text(&value)),
            Field::Id(value, true) => self.block.id = Some(text(&value)),
            Field::Retry(Some(number)) => self.block.retry = Some(number),
            Field::Id(_, false) | Field::Retry(None) | Field::Unknown => {}
        }
    }
}

fn text(value: &[u8]) -> String {
    super::text::bounded(value, VALUE_KEPT, value.len() >= VALUE_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        assert_eq!(EventStream::default().feed(text, &mut events, usize::MAX), text.len());
        // Any split gives the same.
        let (mut stream, mut single) = (EventStream::default(), Vec::new());
        for byte in text {
            stream.feed(&[*byte], &mut single, usize::MAX);
        }
        assert_eq!(events, single);
        events
    }

    fn data(len: u32) -> Event {
        Event { data: Some(len), ..Event::default() }
    }

    #[test]
    fn the_standards_examples() {
        assert_eq!(all(b"data: YHOO\ndata: +2\ndata: 10\n\n"), [data(10)]);
        let four = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        let id = |id: &str, len| Event { id: Some(id.to_owned()), ..data(len) };
        let comment = Event { comment: true, ..Event::default() };
        assert_eq!(all(four), [comment, id("1", 11), id("", 12), data(12)]);
        // "The following stream fires two events"; the last block is never ended.
        assert_eq!(all(b"data\n\ndata\ndata\n\ndata:"), [data(0), data(1)]);
        assert_eq!(all(b"data:test\n\ndata: test\n\n"), [data(4), data(4)]);
    }

    #[test]
    fn line_ends_and_the_byte_order_mark() {
        assert_eq!(all(b"\xef\xbb\xbfdata: a\r\rdata: b\r\n\r\ndata: c\n\n"), [data(1), data(1), data(1)]);
        assert_eq!(all(b"\xef\xbbdata: a\n\ndata: b\n\n"), [data(1)]);
        assert_eq!(all(b"\r\n\r\n\n\n"), []);
        assert_eq!(all(b"data: a\r\ndata: b\r\n\r\ndata: c\rdata: d\n\r"), [data(3), data(3)]);
    }

    #[test]
    fn ids_and_retries() {
        let all_of = all(b"id: a\0b\nretry: 15\nevent: tick\n\nid: x\nretry: 1s\nretry:\n\nretry: 99999999999\n\n");
        let tick = Event { event: Some("tick".to_owned()), retry: Some(15), ..Event::default() };
        let x = Event { id: Some("x".to_owned()), ..Event::default() };
        assert_eq!(all_of, [tick, x, Event { retry: Some(u32::MAX), ..Event::default() }]);
        assert_eq!(all(b"Data: x\nevents: y\ndatum: z\n\n"), [], "names are exact");
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let line = format!("id: {}\n\n", "é".repeat(VALUE_KEPT));
        let events = all(line.as_bytes());
        assert_eq!(events[0].id.as_deref(), Some("é".repeat(VALUE_KEPT / 2).as_str()));
        let line = format!("id: a{}\n\n", "é".repeat(VALUE_KEPT));
        assert_eq!(all(line.as_bytes())[0].id.as_ref().map(String::len), Some(VALUE_KEPT - 1));
    }

    #[test]
    fn no_more_than_asked_for() {
        let (mut stream, mut events) = (EventStream::default(), Vec::new());
        assert_eq!(stream.feed(b":\n:\n:\n", &mut events, 2), 4);
        assert_eq!(events.len(), 2);
    }
}
