//! Validators of a representation: `ETag` and `If-None-Match` (RFC 9110 §8.8.3, §13.1.2).

/// Whether a current entity tag (`"5"`, with its quotes) matches an `If-None-Match` value: by weak comparison, against
/// `*` or any member of a list. A value that is neither matches nothing.
pub fn matches(if_none_match: &str, current: &str) -> bool {
    let mut rest = if_none_match.trim();
    if rest == "*" {
        return true;
    }
    let current = current.strip_prefix("W/").unwrap_or(current);
    let mut found = false;
    loop {
        // Empty members of a list are allowed (RFC 9110 §5.6.1.2).
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return found;
        }
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        // A comma may stand inside a tag, so the list cannot be split at commas.
        let Some(end) = rest.strip_prefix('"').and_then(|inside| inside.find('"')) else { return false };
        let (tag, after) = rest.split_at(end + 2);
        found |= tag == current;
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn comparison_is_weak_and_lists_are_searched() {
        for good in [r#""5""#, r#"W/"5""#, "*", r#""4", "5""#, r#""4" ,W/"5" , "6""#, r#", "5","#, r#""a,b","5""#] {
            assert!(matches(good, r#""5""#), "{good}");
        }
        assert!(matches(r#""5""#, r#"W/"5""#));
        for bad in ["", "5", r#""55""#, r#""4","6""#, r#""5"#, r#""4","5" x"#, r#"w/"5""#, r#"* , "5" x"#, r#""4" "5""#]
        {
            assert!(!matches(bad, r#""5""#), "{bad}");
        }
    }
}
