//! Nicknames: what a reader is called on the desk and in the report.

/// The longest nickname, in characters.
pub const MAX: usize = 24;

/// What a reader typed, as it is kept: on one line, without what cannot be seen or turns the direction of the writing, at most
/// [`MAX`] characters. Nothing if nothing is left: then the reader is anonymous. Markup is left as it is typed; whoever shows it
/// shows text.
pub fn clean(typed: &str) -> Option<String> {
    let mut name = String::new();
    let mut count = 0;
    // What is longer by far is not looked at to its end.
    for letter in typed.chars().take(1000) {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        if is_hidden(letter) || (letter == ' ' && (name.is_empty() || name.ends_with(' '))) {
            continue;
        }
        if count == MAX {
            break;
        }
        name.push(letter);
        count += 1;
    }
    let name = name.trim_end().to_owned();
    (!name.is_empty()).then_some(name)
}

/// Whether a character is not seen itself, but changes how others are: controls, marks of direction, joiners, tags.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        // Marks that stack on one letter without end.
        || matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        for (typed, kept) in [
            ("Ada", Some("Ada")),
            ("  小明  和\t小红 ", Some("小明 和 小红")),
            ("<b>Eve</b>", Some("<b>Eve</b>")),
            ("a\u{202e}dA\u{200b}", Some("adA")),
            ("\n\u{feff}\u{3164} ", None),
            ("", None),
        ] {
            assert_eq!(clean(typed).as_deref(), kept, "{typed:?}");
        }
        assert_eq!(clean(&"x".repeat(10_000)), Some("x".repeat(MAX)));
        assert_eq!(clean(&format!("Z{}", "\u{301}".repeat(500))), Some("Z".to_owned()));
    }
}
