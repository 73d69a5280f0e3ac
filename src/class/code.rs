//! The code of a class: what is read from a wall, said aloud, and typed on a phone.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The letters of a code: none that can be taken for another (no 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V), and no
/// vowels but A and E, so that hardly a word comes of it.
pub const LETTERS: &[u8; 20] = b"ACDEFGHJKMNPQRTWXY34";

/// How many letters: 20⁶ are 64 million, far more than anybody can try at the rate that is allowed.
pub const LEN: usize = 6;

/// The code of a class: [`LEN`] of the [`LETTERS`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

impl Code {
    /// What somebody typed, if it can be a code: small letters, spaces and hyphens are forgiven.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 4 * LEN {
            return None;
        }
        let typed = text.chars().filter(|letter| !matches!(letter, ' ' | '-' | '\u{2013}' | '\u{3000}'));
        let code: String = typed.map(|letter| letter.to_ascii_uppercase()).collect();
        (code.len() == LEN && code.bytes().all(|letter| LETTERS.contains(&letter))).then_some(Self(code))
    }

    /// The code of these random bytes.
    pub fn draw(bytes: [u8; LEN]) -> Self {
        // 256 is no multiple of 20, so some letters come a little more often: by one in thirteen, which helps nobody to guess.
        Self(bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect())
    }

    /// As it stands in an address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown to people: in two halves.
    pub fn spaced(&self) -> String {
        let (left, right) = self.0.split_at(LEN / 2);
        format!("{left} {right}")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("a class's code has {LEN} letters"))
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_understood() {
        let code = Code::parse("ACD-EFG").unwrap();
        for typed in ["ACDEFG", "acdefg", "acd efg", " ACD EFG ", "ACD\u{2013}EFG"] {
            assert_eq!(Code::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        assert_eq!((code.as_str(), code.spaced().as_str()), ("ACDEFG", "ACD EFG"));
        for wrong in ["", "ACDEF", "ACDEFGH", "ACDEF0", "ACDEFÉ", "../../", &"A".repeat(1000)] {
            assert_eq!(Code::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_drawn_code_is_one() {
        for byte in 0..=255 {
            let code = Code::draw([byte, 0, 255, byte, 7, byte]);
            assert_eq!(Code::parse(code.as_str()), Some(code));
        }
    }
}
