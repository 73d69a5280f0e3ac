//! Names and secrets, from the system's own source of randomness.

use std::hint::black_box;

use crate::wire::LabId;

/// What allows to change a lab: 160 bits.
#[derive(Clone)]
pub struct Secret(String);

/// The letters of names and secrets: five bits each.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Length of a secret in letters.
const LEN: usize = 32;

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        letters::<LEN>().map(Self)
    }

    /// One that somebody has shown.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a text is this secret. Takes as long for a text that is almost right as for one that is all wrong, so
    /// that nobody can find it letter by letter.
    pub fn is(&self, text: &str) -> bool {
        let (mine, theirs) = (self.0.as_bytes(), text.as_bytes());
        let different = mine.iter().zip(theirs).fold(0, |sum, (a, b)| black_box(sum | (a ^ b)));
        mine.len() == theirs.len() && different == 0
    }

    /// The text to give to whoever made the lab, and to nobody else.
    pub fn reveal(&self) -> String {
        self.0.clone()
    }
}

/// Never shows itself, so that no log can.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A new name for a lab.
///
/// # Errors
/// If the system has no randomness to give.
pub fn lab_id() -> Result<LabId, getrandom::Error> {
    Ok(LabId::parse(&letters::<{ LabId::LEN }>()?).expect("ten of these letters are the form of a lab's name"))
}

/// A number from 1 that a page's script can hold exactly (below 2^53).
///
/// # Errors
/// If the system has no randomness to give.
pub fn number() -> Result<u64, getrandom::Error> {
    Ok((getrandom::u64()? >> 11).max(1))
}

fn letters<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_itself_and_nothing_else() {
        let secret = Secret::draw().unwrap();
        let text = secret.reveal();
        assert!(secret.is(&text) && text.len() == LEN);
        let mut wrong = text.clone();
        wrong.replace_range(31.., if text.ends_with('a') { "b" } else { "a" });
        for wrong in [wrong.as_str(), "", &text[..31], &format!("{text}a")] {
            assert!(!secret.is(wrong), "{wrong}");
        }
        assert_ne!(text, Secret::draw().unwrap().reveal());
        assert!(!format!("{secret:?}").contains(&text));
    }

    #[test]
    fn numbers_fit_a_script() {
        assert!((0..1000).all(|_| (1..1 << 53).contains(&number().unwrap())));
    }
}
