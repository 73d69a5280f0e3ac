//! Bounded texts out of bytes of the wire.

/// The beginning of `bytes` as UTF-8 with replacement characters, at most `most` bytes long and cut between characters.
/// `more` says that the bytes go on: a character that is cut off at their end is then left out, not replaced.
pub(super) fn bounded(bytes: &[u8], most: usize, more: bool) -> String {
    let (bytes, more) = match bytes.get(..most) {
        Some(kept) if bytes.len() > most => (kept, true),
        _ => (bytes, more),
    };
    let mut text = String::new();
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        push(&mut text, chunk.valid(), most);
        let cut_off = more && chunks.peek().is_none() && begins_a_character(chunk.invalid());
        if !chunk.invalid().is_empty() && !cut_off {
            push(&mut text, "\u{fffd}", most);
        }
        if text.len() >= most {
            break;
        }
    }
    text
}

/// Adds as many whole characters as fit.
pub(super) fn push(text: &mut String, more: &str, most: usize) {
    let room = most.saturating_sub(text.len());
    text.push_str(&more[..more.floor_char_boundary(room)]);
}

/// Whether further bytes could make this a character.
fn begins_a_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn cut_between_characters() {
        assert_eq!(bounded("警报".as_bytes(), 6, false), "警报");
        assert_eq!(bounded("警报".as_bytes(), 5, false), "警");
        assert_eq!(bounded(b"a\xe8\xad", 512, true), "a");
        assert_eq!(bounded(b"a\xe8\xad", 512, false), "a\u{fffd}");
        assert_eq!(bounded(b"\xff\xff\xff", 7, false), "\u{fffd}\u{fffd}");
        assert_eq!(bounded(b"ab\xff", 2, true), "ab");
    }
}
