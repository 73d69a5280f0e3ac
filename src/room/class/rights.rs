//! Who may do what: secrets and their digests, the instructor's cookie, and links that hand the right over.

use std::{
    collections::HashMap,
    fmt::Write,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::{class::Code, room::secret::Secret};

/// How long a link that hands the right over is good for.
pub const HANDOVER: Duration = Duration::from_secs(300);

/// How many such links a class has at once; a new one ends the oldest.
const HANDOVERS: usize = 8;

/// The SHA-256 of a secret, in hexadecimal digits: all that is kept of it.
pub fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().fold(String::with_capacity(64), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Whether a text is the secret with this digest. How long it takes says something about digests only, of which nobody can
/// choose a part.
pub fn is(key: &str, text: &str) -> bool {
    !text.is_empty() && digest(text) == key
}

/// The name of a class's cookie.
fn name(code: &Code) -> String {
    format!("desk-{code}")
}

/// The cookie that gives the instructor's right (RFC 6265): for the addresses of this class only, since cookies do not look at
/// ports, and never for scripts or other sites' requests.
pub fn cookie(code: &Code, secret: &str, keep: Duration) -> HeaderValue {
    let (name, seconds) = (name(code), keep.as_secs());
    let text = format!("{name}={secret}; Path=/api/classes/{code}; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// What a request says that the instructor's secret is. Several cookies of one name are none.
pub fn said<'a>(code: &Code, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = name(code);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|pair| pair.0 == name).map(|pair| pair.1);
    values.next().filter(|_| values.next().is_none())
}

/// Links that hand the right over: each is good once, and for [`HANDOVER`]. They are in no log: when the server ends, they are
/// gone.
#[derive(Debug, Default)]
pub struct Handovers {
    /// By the token's digest: until when, and the secret that it is good for.
    links: HashMap<String, (Instant, Secret)>,
}

impl Handovers {
    /// A token for who takes this secret.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn give(&mut self, secret: Secret, now: Instant) -> Result<Secret, getrandom::Error> {
        self.links.retain(|_, (until, _)| *until > now);
        if self.links.len() >= HANDOVERS {
            let oldest = self.links.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.links.remove(&key));
        }
        let token = Secret::draw()?;
        self.links.insert(digest(&token.reveal()), (now + HANDOVER, secret));
        Ok(token)
    }

    /// The secret, for a token that is good; from now on it is not.
    pub fn take(&mut self, token: &str, now: Instant) -> Option<Secret> {
        let (until, secret) = self.links.remove(&digest(token))?;
        (until > now).then_some(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> Code {
        Code::parse("ACDEFG").unwrap()
    }

    #[test]
    fn a_digest_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(is(&digest("abc"), "abc") && !is(&digest("abc"), "abd") && !is(&digest(""), ""));
    }

    #[test]
    fn a_cookie_is_found_again_and_two_are_none() {
        let headers = |lines: &[&str]| {
            lines.iter().map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap())).collect::<HeaderMap>()
        };
        let set = cookie(&code(), "xyz", Duration::from_secs(60));
        assert!(!format!("{set:?}").contains("xyz"));
        let set = set.to_str().unwrap();
        assert_eq!(set, "desk-ACDEFG=xyz; Path=/api/classes/ACDEFG; Max-Age=60; HttpOnly; SameSite=Strict");
        assert_eq!(said(&code(), &headers(&["a=b; desk-ACDEFG=xyz;c=d"])), Some("xyz"));
        for none in
            [&["desk-ACDEFH=xyz"][..], &["desk-ACDEFG=x; desk-ACDEFG=y"], &["desk-ACDEFG=x", "desk-ACDEFG=x"], &[]]
        {
            assert_eq!(said(&code(), &headers(none)), None, "{none:?}");
        }
    }

    #[test]
    fn a_link_is_good_once_and_not_for_long() {
        let now = Instant::now();
        let mut links = Handovers::default();
        let secret = Secret::draw().unwrap();
        let token = links.give(secret.clone(), now).unwrap().reveal();
        assert!(links.take("something else", now).is_none());
        assert!(links.take(&token, now).is_some_and(|taken| taken.is(&secret.reveal())));
        assert!(links.take(&token, now).is_none());
        let token = links.give(secret.clone(), now).unwrap().reveal();
        assert!(links.take(&token, now + HANDOVER).is_none());
        for _ in 0..100 {
            links.give(secret.clone(), now).unwrap();
        }
        assert_eq!(links.links.len(), HANDOVERS);
    }
}
