//! Where the head of an HTTP/1.x message ends (RFC 9112 §2), found piece by piece.

use std::borrow::Cow;

use super::http::token_byte;

/// The longest head that is decoded, in bytes, with its blank line. What is longer is opaque.
pub const HEAD_MAX: usize = 16 * 1024;

/// Finds the end of a head, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The bytes of earlier pieces, at most [`HEAD_MAX`].
    buffer: Vec<u8>,
    /// Length of the line so far, with a CR that may end it.
    line: u32,
    /// The last byte was a CR.
    after_cr: bool,
    /// A line that is not empty has come.
    begun: bool,
}

/// Which kind of head is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Response,
}

/// What looking for the end came to.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'a> {
    /// Not yet; everything was taken.
    More,
    /// The whole head.
    Head(Cow<'a, [u8]>),
    /// This cannot become a head; so many bytes of it were fed in all.
    Bad(u32),
}

impl Head {
    /// Takes bytes up to the end of the head at most; returns how many.
    pub(super) fn feed<'a>(&mut self, kind: Kind, bytes: &'a [u8]) -> (usize, Found<'a>) {
        let before = self.buffer.len();
        let mut at = 0;
        loop {
            // Most of a head is text within a line. The bound leaves one byte to be refused below.
            if self.line > 0 && !self.after_cr {
                let most = bytes.len().min(HEAD_MAX - 1 - before);
                let text = bytes[at..most].iter().take_while(|byte| text_byte(**byte)).count();
                self.line += text as u32;
                at += text;
            }
            let Some(&byte) = bytes.get(at) else { break };
            let seen = before + at + 1;
            let good = match byte {
                b'\n' => {
                    let empty = self.line == u32::from(self.after_cr);
                    self.line = 0;
                    self.after_cr = false;
                    if empty && self.begun {
                        return (at + 1, Found::Head(self.whole(&bytes[..=at])));
                    }
                    // A server ignores empty lines before a request (RFC 9112 §2.2). Nobody sends any before an answer.
                    let good = !empty || kind == Kind::Request;
                    self.begun |= !empty;
                    good
                }
                // A CR ends a line or has no place (RFC 9112 §2.2).
                _ if self.after_cr => false,
                b'\r' => {
                    self.after_cr = true;
                    self.line += 1;
                    true
                }
                _ => {
                    let good = if !self.begun && self.line == 0 { begins(kind, byte) } else { text_byte(byte) };
                    self.line += 1;
                    good
                }
            };
            if !good || seen >= HEAD_MAX {
                // It fits: no more than a piece in memory and HEAD_MAX bytes.
                let seen = seen as u32;
                *self = Self::default();
                return (at + 1, Found::Bad(seen));
            }
            at += 1;
        }
        self.buffer.extend_from_slice(bytes);
        (bytes.len(), Found::More)
    }

    /// How many bytes of a head were fed so far.
    pub(super) fn under_way(&self) -> u32 {
        self.buffer.len() as u32
    }

    /// Memory held besides its own size.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// The usual head comes in one piece and is not copied.
    fn whole<'a>(&mut self, last: &'a [u8]) -> Cow<'a, [u8]> {
        let mut buffer = std::mem::take(self).buffer;
        if buffer.is_empty() {
            return Cow::Borrowed(last);
        }
        buffer.extend_from_slice(last);
        Cow::Owned(buffer)
    }
}

/// Whether a head can begin with this byte: what speaks another protocol (TLS, say) is told at once.
fn begins(kind: Kind, byte: u8) -> bool {
    match kind {
        Kind::Request => token_byte(byte),
        Kind::Response => byte == b'H',
    }
}

/// What may stand in a line: no control characters but the tab (RFC 9110 §5.5).
fn text_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
