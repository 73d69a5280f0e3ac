//! Where a request wants to go: the lab in its path, the numbers in its query or in a parameter of `Accept`.
//!
//! `crowd=7` among them marks a request of a synthetic client, of the lab's seventh crowd. Faults strike it like any other; but what the wire and the
//! handlers see of it is summed up instead of being logged, because a thousand clients would leave the log to nobody else.
//! The mark is no secret: whoever sets it takes himself out of the picture, and gains nothing.

use super::{ClientNo, ExchangeNo, LabId, Resource};

/// What marks a request of a synthetic client, before the number of its crowd in its lab, from 1.
pub const CROWD: &str = "crowd=";

/// The numbers of a client and an exchange, each if it was given and is one; and the crowd's, if it is one of a crowd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) client: Option<ClientNo>,
    pub(super) exchange: Option<ExchangeNo>,
    pub(super) crowd: Option<u32>,
}

impl Numbers {
    /// These, and what is missing from those.
    pub(super) fn or(self, those: Self) -> Self {
        Self {
            client: self.client.or(those.client),
            exchange: self.exchange.or(those.exchange),
            crowd: self.crowd.or(those.crowd),
        }
    }

    /// The first of each name counts.
    fn take(&mut self, pair: &[u8]) {
        if let Some(value) = pair.strip_prefix(b"c=") {
            self.client = self.client.or(number(value).and_then(|number| ClientNo::try_from(number).ok()));
        } else if let Some(value) = pair.strip_prefix(b"n=") {
            self.exchange = self.exchange.or(number(value));
        } else if let Some(value) = pair.strip_prefix(CROWD.as_bytes()) {
            self.crowd = self.crowd.or(number(value));
        }
    }
}

/// Digits only, from 1.
fn number(text: &[u8]) -> Option<u32> {
    let sum = text.iter().try_fold(0u32, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    });
    sum.filter(|&sum| sum > 0)
}

/// The lab with its resource, and the numbers, that a request target names, in origin form or absolute form (RFC 9112
/// §3.2).
pub(super) fn of_target(target: &[u8]) -> (Option<LabId>, Option<Resource>, Numbers) {
    let origin = origin_form(target);
    let end = origin.iter().position(|&byte| byte == b'?').unwrap_or(origin.len());
    let (path, query) = origin.split_at(end);
    let within = path.strip_prefix(b"/l/").and_then(|rest| std::str::from_utf8(rest).ok());
    let (name, rest) = within.map_or(("", ""), |within| within.split_once('/').unwrap_or((within, "")));
    let lab = LabId::parse(name);
    let resource = lab.as_ref().and(Resource::of(rest));
    let mut numbers = Numbers::default();
    for pair in query.get(1..).unwrap_or_default().split(|&byte| byte == b'&') {
        numbers.take(pair);
    }
    (lab, resource, numbers)
}

/// What follows the authority of an absolute form.
fn origin_form(target: &[u8]) -> &[u8] {
    if target.first() == Some(&b'/') {
        return target;
    }
    let Some(scheme) = target.windows(3).position(|three| three == b"://") else { return target };
    let rest = &target[scheme + 3..];
    rest.iter().position(|&byte| byte == b'/').map_or(b"", |at| &rest[at..])
}

/// The numbers in the parameters of an `Accept` field.
pub(super) fn of_accept(value: &[u8]) -> Numbers {
    let mut numbers = Numbers::default();
    for parameter in value.split(|&byte| matches!(byte, b',' | b';')) {
        numbers.take(parameter.trim_ascii());
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> (Option<String>, Option<ClientNo>, Option<ExchangeNo>) {
        let (lab, _, numbers) = of_target(text.as_bytes());
        (lab.map(String::from), numbers.client, numbers.exchange)
    }

    #[test]
    fn targets() {
        let lab = || Some("abcdefgh23".to_owned());
        assert_eq!(target("/l/abcdefgh23/poll?c=1&n=14"), (lab(), Some(1), Some(14)));
        assert_eq!(target("/l/abcdefgh23?after=3&n=4294967295&c=65535"), (lab(), Some(65535), Some(u32::MAX)));
        assert_eq!(target("http://localhost:3001/l/abcdefgh23/poll?c=2"), (lab(), Some(2), None));
        assert_eq!(target("http://localhost:3001"), (None, None, None));
        assert_eq!(target("/l/abcdefgh2/poll"), (None, None, None));
        assert_eq!(target("/l/ABCDEFGH23/poll"), (None, None, None));
        assert_eq!(target("/m/abcdefgh23/poll"), (None, None, None));
        assert_eq!(target("*"), (None, None, None));
    }

    #[test]
    fn resources() {
        let resource = |target: &str| of_target(target.as_bytes()).1;
        assert_eq!(resource("/l/abcdefgh23/poll?c=1"), Some(Resource::Poll));
        assert_eq!(resource("http://localhost:3001/l/abcdefgh23/page/8"), Some(Resource::Page));
        assert_eq!(resource("/l/abcdefgh23/board/cached"), Some(Resource::BoardCached));
        for other in ["/l/abcdefgh23", "/l/abcdefgh23/", "/l/abcdefgh23/polls", "/l/abc/poll", "/poll"] {
            assert_eq!(resource(other), None, "{other}");
        }
    }

    #[test]
    fn garbage_is_no_number() {
        for query in
            ["c=0&n=0", "c=+1&n=-1", "c=65536&n=4294967296", "c=&n=", "c=1x&n= 1", "cc=1&nn=1", "c&n", "C=1&N=1"]
        {
            assert_eq!(target(&format!("/?{query}")), (None, None, None), "{query}");
        }
    }

    #[test]
    fn a_crowd_is_marked_exactly() {
        let crowd = |target: &str| of_target(target.as_bytes()).2.crowd;
        assert_eq!(crowd("/l/abcdefgh23/events?crowd=1"), Some(1));
        assert_eq!(crowd("/l/abcdefgh23/hold?cursor=3&crowd=12&wait=9"), Some(12));
        for other in ["/?crowd=0", "/?crowd", "/?crowd=-1", "/?acrowd=1", "/crowd=1", "/?CROWD=1"] {
            assert_eq!(crowd(other), None, "{other}");
        }
    }

    #[test]
    fn accept_parameters() {
        let both = Numbers { client: Some(1), exchange: Some(14), crowd: None };
        assert_eq!(of_accept(b"application/json;c=1;n=14"), both);
        assert_eq!(of_accept(b"text/html, application/json ; c=1 ;\tn=14, */*;q=0.8"), both);
        assert_eq!(of_accept(b"*/*"), Numbers::default());
    }
}
