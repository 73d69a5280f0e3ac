//! Where a reader's page goes: with the class, or its own way. Pure.

use crate::class::{order::Phase, view::Common};

/// What a page does about where the class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is where the class is.
    Here,
    /// The class is nowhere yet.
    Nowhere,
    /// The class went on, and the reader goes along.
    Go,
    /// The reader turned to another page: from now on they go their own way.
    Leaves,
    /// The page is none that a class can be on: a look aside, until the class goes on.
    Aside,
    /// The reader goes their own way.
    Apart,
}

/// Where the class is, by the name under which pages know themselves: `lesson/step`, `quiz/before`, `quiz/after`, or nothing.
pub fn place(common: &Common) -> &str {
    match common.phase {
        Phase::Lobby | Phase::Lessons => &common.step,
        Phase::Before => "quiz/before",
        Phase::After => "quiz/after",
    }
}

/// What a page named `here` does. `last` is where this tab last was together with the class: what tells a reader who turned
/// away from one whom the class has left behind.
pub fn way(class: &str, here: &str, follows: bool, last: &str) -> Way {
    match (class == here, follows) {
        _ if class.is_empty() => Way::Nowhere,
        (true, _) => Way::Here,
        (false, false) => Way::Apart,
        (false, true) if class == last && here.is_empty() => Way::Aside,
        (false, true) if class == last => Way::Leaves,
        (false, true) => Way::Go,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_goes_along_and_who_turns_away_is_left_alone() {
        assert_eq!(way("", "a/b", true, ""), Way::Nowhere);
        assert_eq!(way("a/b", "a/b", true, ""), Way::Here);
        // The class goes on while the page shows the step before.
        assert_eq!(way("a/c", "a/b", true, "a/b"), Way::Go);
        // The page changed, not the class.
        assert_eq!(way("a/b", "a/c", true, "a/b"), Way::Leaves);
        // A page that is no step (the glossary) is a look aside only, until the class goes on.
        assert_eq!(way("a/b", "", true, "a/b"), Way::Aside);
        assert_eq!(way("a/c", "", true, "a/b"), Way::Go);
        assert_eq!(way("a/b", "a/c", false, "a/b"), Way::Apart);
        assert_eq!(way("a/c", "a/b", false, "a/b"), Way::Apart);
        // Who has just joined, wherever that was, goes to the class.
        assert_eq!(way("a/b", "x/y", true, ""), Way::Go);
        assert_eq!(way("quiz/before", "a/b", true, "a/b"), Way::Go);
    }
}
