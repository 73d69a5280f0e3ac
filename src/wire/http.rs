//! Heads of HTTP/1.x messages (RFC 9112), taken apart: what they say about the body that follows, and what a log may
//! keep of them.

use super::{RequestHead, ResponseHead, address, decode::Address, text, unit::HEAD_KEPT};

/// The most of a method that a unit carries, in bytes.
const METHOD_KEPT: usize = 32;

/// Fields whose values no log, picture or recording may hold.
const SECRETS: [&[u8]; 4] = [b"cookie", b"set-cookie", b"authorization", b"proxy-authorization"];

/// What stands in their place.
const REDACTED: &str = "[redacted]";

/// RFC 9110 §5.6.2.
pub(super) fn token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(token_byte)
}

/// How a body is framed (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    None,
    /// By its length.
    Length(u64),
    /// In chunks.
    Chunked,
    /// By the end of the connection.
    Close,
    /// Nobody can tell: what follows is opaque.
    Faulty,
}

/// What an answer needs to know of its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Connect,
    #[default]
    Other,
}

/// A request's head, taken apart.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) head: RequestHead,
    pub(super) method: Method,
    pub(super) framing: Framing,
    /// It asks for an upgrade to WebSocket.
    pub(super) websocket: bool,
    pub(super) address: Address,
}

/// An answer's head, taken apart.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) head: ResponseHead,
    pub(super) framing: Framing,
    /// It upgrades to WebSocket.
    pub(super) websocket: bool,
    /// Its body is an event stream that can be read.
    pub(super) event_stream: bool,
}

/// Takes a request's head apart; nothing if it is malformed.
pub(super) fn request(bytes: &[u8], nth: u32) -> Option<Request> {
    let (start, fields) = lines(bytes)?;
    let mut parts = start.split(|&byte| byte == b' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !is_token(method) || target.is_empty() || target.contains(&b'\t') {
        return None;
    }
    let said = Said::of(version_minor(version)?, &fields);
    let framing = match said.coding {
        Coding::None => match said.length {
            Length::None => Framing::None,
            Length::Is(length) => Framing::Length(length),
            Length::Bad => Framing::Faulty,
        },
        Coding::Chunked => Framing::Chunked,
        // A request whose last coding is not chunked has no end that can be told (RFC 9112 §6.3, 4).
        Coding::Other | Coding::Bad => Framing::Faulty,
    };
    let (lab, resource, query) = address::of_target(target);
    let numbers = query.or(said.accept);
    let head = RequestHead {
        method: text::bounded(method, METHOD_KEPT, false),
        target: text::bounded(target, HEAD_KEPT, false),
        nth,
        bytes: bytes.len() as u32,
        text: kept(start, &fields),
    };
    let method = match method {
        b"HEAD" => Method::Head,
        b"CONNECT" => Method::Connect,
        _ => Method::Other,
    };
    let address = Address { lab, client: numbers.client, exchange: numbers.exchange, crowd: numbers.crowd, resource };
    Some(Request { head, method, framing, websocket: said.websocket, address })
}

/// Takes an answer's head apart, which answers a request with this method; nothing if it is malformed.
pub(super) fn response(bytes: &[u8], asked: Method) -> Option<Response> {
    let (start, fields) = lines(bytes)?;
    let (version, rest) = start.split_at_checked(8)?;
    // The reason is optional, and some leave out the space before it too (RFC 9112 §4).
    let (status, reason) = rest.strip_prefix(b" ")?.split_at_checked(3)?;
    if !status.iter().all(u8::is_ascii_digit) || !matches!(reason.first(), None | Some(b' ')) {
        return None;
    }
    let status = status.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    if status < 100 {
        return None;
    }
    let said = Said::of(version_minor(version)?, &fields);
    // RFC 9112 §6.3, 1 and 2; an answer to CONNECT opens a tunnel.
    let none = asked == Method::Head
        || matches!(status, 100..=199 | 204 | 304)
        || (asked == Method::Connect && matches!(status, 200..=299));
    let framing = match (said.coding, said.length) {
        _ if none => Framing::None,
        (Coding::Bad, _) => Framing::Faulty,
        (Coding::Chunked, _) => Framing::Chunked,
        (Coding::Other, _) => Framing::Close,
        (Coding::None, Length::Is(0)) => Framing::None,
        (Coding::None, Length::Is(length)) => Framing::Length(length),
        (Coding::None, Length::None) => Framing::Close,
        (Coding::None, Length::Bad) => Framing::Faulty,
    };
    let head = ResponseHead {
        status,
        bytes: bytes.len() as u32,
        text: kept(start, &fields),
        bodiless: framing == Framing::None,
    };
    Some(Response { head, framing, websocket: said.websocket, event_stream: said.event_stream && !said.encoded })
}

/// `HTTP/1.x` (RFC 9112 §2.3): the x.
fn version_minor(version: &[u8]) -> Option<u8> {
    match version.strip_prefix(b"HTTP/1.")? {
        [minor] if minor.is_ascii_digit() => Some(minor - b'0'),
        _ => None,
    }
}

/// A field: its name, and its value with the line ends of folds still in it.
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    /// The whole line or, folded, lines, without the last line end.
    raw: &'a [u8],
}

/// The start line and the fields; nothing if a line is malformed.
fn lines(bytes: &[u8]) -> Option<(&[u8], Vec<Field<'_>>)> {
    let mut start: Option<&[u8]> = None;
    let mut fields: Vec<Field<'_>> = Vec::with_capacity(16);
    // Where the field under way begins, and its name's length.
    let mut field: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let (begin, end) = (at, at + line.len());
        at = end;
        let line = end_trimmed(line);
        if start.is_none() {
            start = (!line.is_empty()).then_some(line);
            continue;
        }
        // A line that begins with white space goes on with the field before (RFC 9112 §5.2).
        if matches!(line.first(), Some(b' ' | b'\t')) {
            let (from, name) = field?;
            fields.pop();
            fields.push(folded(&bytes[from..end], name));
        } else if !line.is_empty() {
            let name = line.iter().position(|&byte| byte == b':')?;
            // A space before the colon has been used to smuggle (RFC 9112 §5.1).
            if !is_token(&line[..name]) {
                return None;
            }
            field = Some((begin, name));
            fields.push(folded(&bytes[begin..end], name));
        }
    }
    Some((start?, fields))
}

fn folded(raw: &[u8], name: usize) -> Field<'_> {
    let raw = end_trimmed(raw);
    Field { name: &raw[..name], value: trimmed(&raw[name + 1..]), raw }
}

fn end_trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// White space and the line ends of folds.
fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// What a log keeps of a head: its lines as sent, secrets redacted, bounded.
fn kept(start: &[u8], fields: &[Field<'_>]) -> String {
    let mut kept = String::with_capacity(fields.iter().map(|field| field.raw.len() + 1).sum::<usize>().min(HEAD_KEPT));
    let mut line = |bytes: &[u8], end: &str| {
        text::push(&mut kept, &String::from_utf8_lossy(bytes), HEAD_KEPT);
        text::push(&mut kept, end, HEAD_KEPT);
    };
    line(start, "\n");
    for field in fields {
        if SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(field.name)) {
            line(field.name, ": ");
            line(REDACTED.as_bytes(), "\n");
        } else {
            for part in field.raw.split(|&byte| byte == b'\n') {
                line(end_trimmed(part), "\n");
            }
        }
    }
    kept
}

/// `Content-Length`.
#[derive(Clone, Copy, PartialEq)]
enum Length {
    None,
    Is(u64),
    /// Not a number, or several that differ.
    Bad,
}

/// `Transfer-Encoding`.
#[derive(Clone, Copy, PartialEq)]
enum Coding {
    None,
    /// Chunked, and last.
    Chunked,
    /// Not chunked.
    Other,
    /// Something after chunked, or in a message of HTTP/1.0 (RFC 9112 §6.1).
    Bad,
}

/// What the fields say that matters here.
struct Said {
    length: Length,
    coding: Coding,
    websocket: bool,
    event_stream: bool,
    encoded: bool,
    accept: address::Numbers,
}

impl Said {
    fn of(minor: u8, fields: &[Field<'_>]) -> Self {
        let mut said = Said {
            length: Length::None,
            coding: Coding::None,
            websocket: false,
            event_stream: false,
            encoded: false,
            accept: address::Numbers::default(),
        };
        for Field { name, value, .. } in fields {
            if name.eq_ignore_ascii_case(b"content-length") {
                for number in list(value) {
                    // Several that agree are one (RFC 9112 §6.3, 5).
                    said.length = match (said.length, parse_length(number)) {
                        (Length::None, Some(length)) => Length::Is(length),
                        (Length::Is(before), Some(length)) if before == length => Length::Is(length),
                        _ => Length::Bad,
                    };
                }
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                for coding in list(value) {
                    let chunked = coding.eq_ignore_ascii_case(b"chunked");
                    // Chunks of something compressed carry no text of events.
                    said.encoded |= !chunked;
                    said.coding = match said.coding {
                        Coding::None | Coding::Other if chunked => Coding::Chunked,
                        Coding::None | Coding::Other => Coding::Other,
                        Coding::Chunked | Coding::Bad => Coding::Bad,
                    };
                }
                if minor == 0 {
                    said.coding = Coding::Bad;
                }
            } else if name.eq_ignore_ascii_case(b"upgrade") {
                said.websocket |= list(value).any(|protocol| protocol.eq_ignore_ascii_case(b"websocket"));
            } else if name.eq_ignore_ascii_case(b"content-type") {
                let essence = value.split(|&byte| byte == b';').next().map(trimmed);
                said.event_stream |= essence.is_some_and(|e| e.eq_ignore_ascii_case(b"text/event-stream"));
            } else if name.eq_ignore_ascii_case(b"content-encoding") {
                said.encoded |= list(value).any(|coding| !coding.eq_ignore_ascii_case(b"identity"));
            } else if name.eq_ignore_ascii_case(b"accept") {
                said.accept = said.accept.or(address::of_accept(value));
            }
        }
        said
    }
}

/// The members of a list, at least one, possibly empty (RFC 9110 §5.6.1).
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trimmed)
}

/// Digits only; nothing above 64 bits.
fn parse_length(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}
