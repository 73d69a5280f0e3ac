//! What a stale cache keeps: whole answers, as they went past.

use crate::{fault::FaultId, wire::Micros};

/// How many answers are kept for a lab. Above it the oldest goes.
const MOST: usize = 16;

/// The most of an answer's body, in bytes.
pub(super) const BODY: usize = 64 * 1024;

/// The answers.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<Answer>);

#[derive(Debug)]
struct Answer {
    by: FaultId,
    target: String,
    /// When it went past.
    at: Micros,
    bytes: Vec<u8>,
}

impl Kept {
    /// Keeps an answer, in place of an older one to the same.
    pub(super) fn keep(&mut self, by: FaultId, target: &str, bytes: Vec<u8>, at: Micros) {
        self.0.retain(|kept| kept.by != by || kept.target != target);
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(Answer { by, target: target.to_owned(), at, bytes });
    }

    /// The answer that a fault has to this, if it is younger than so many milliseconds: with its age (RFC 9111 §5.1), behind its
    /// first line.
    pub(super) fn find(&self, by: FaultId, target: &str, ttl_ms: u32, now: Micros) -> Option<Vec<u8>> {
        let kept = self.0.iter().find(|kept| kept.by == by && kept.target == target)?;
        let age = (now - kept.at).max(0);
        if age >= Micros::from(ttl_ms) * 1000 {
            return None;
        }
        let line = kept.bytes.iter().position(|byte| *byte == b'\n')? + 1;
        let (line, rest) = kept.bytes.split_at(line);
        Some([line, format!("age: {}\r\n", age / 1_000_000).as_bytes(), rest].concat())
    }

    /// Forgets what was kept by faults that are gone.
    pub(super) fn only(&mut self, is_there: impl Fn(FaultId) -> bool) {
        self.0.retain(|kept| is_there(kept.by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\na: b\r\n\r\n";

    #[test]
    fn an_answer_is_kept_for_its_time_and_says_its_age() {
        let mut kept = Kept::default();
        kept.keep(3, "/a?n=1", ANSWER.to_vec(), 1_000_000);
        let found = |target, now| kept.find(3, target, 2_500, now).map(|bytes| String::from_utf8(bytes).unwrap());
        let aged = |age| Some(format!("HTTP/1.1 200 OK\r\nage: {age}\r\na: b\r\n\r\n"));
        assert_eq!(found("/a?n=1", 1_900_000), aged(0));
        assert_eq!(found("/a?n=1", 3_400_000), aged(2));
        assert_eq!(found("/a?n=1", 3_500_000), None, "too old");
        assert_eq!(found("/a?n=2", 1_900_000), None, "another address");
        assert_eq!(kept.find(4, "/a?n=1", 2_500, 1_900_000), None, "another cache");
    }

    #[test]
    fn a_newer_one_takes_its_place_and_the_oldest_goes() {
        let mut kept = Kept::default();
        kept.keep(3, "/0", ANSWER.to_vec(), 0);
        kept.keep(3, "/0", ANSWER.to_vec(), 5_000_000);
        assert!(kept.find(3, "/0", 100, 5_000_000).is_some());
        for no in 1..=MOST {
            kept.keep(3, &format!("/{no}"), ANSWER.to_vec(), 5_000_000);
        }
        assert!(kept.find(3, "/0", 100, 5_000_000).is_none() && kept.find(3, "/1", 100, 5_000_000).is_some());
        kept.only(|by| by == 4);
        assert!(kept.find(3, "/1", 100, 5_000_000).is_none());
    }
}
