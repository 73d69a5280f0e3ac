//! What a lesson's page knows of a class: whether this tab belongs to one, what that says, and what the page tells it.
//!
//! Small, because every page has it. The socket and the [`bar`](super::bar) are in the class's part of the program, which
//! comes when a tab belongs to a class, and fills this in.

use leptos::prelude::*;

use crate::class::{order::Wish, view::Own};

/// Where a tab keeps which class it belongs to, and as whom: the code and the token, with a space between them.
pub const MEMBER: &str = "lifeline/member";

/// What the class says, and how to tell it something. One for each page.
#[derive(Clone)]
pub struct Member {
    /// What the class shows to this reader; nothing where there is none, or none yet.
    pub own: ArcRwSignal<Option<Own>>,
    /// What the page wants, as long as nobody takes it.
    wishes: ArcRwSignal<Vec<Wish>>,
}

/// The most wishes that wait for the socket.
const WISHES: usize = 64;

impl Member {
    fn new() -> Self {
        Self { own: ArcRwSignal::new(None), wishes: ArcRwSignal::new(Vec::new()) }
    }

    /// The page's. On the server, which serves many, it says nothing.
    pub fn here() -> Self {
        #[cfg(feature = "hydrate")]
        {
            thread_local! {
                static HERE: Member = Member::new();
            }
            HERE.with(Clone::clone)
        }
        #[cfg(not(feature = "hydrate"))]
        Self::new()
    }

    /// Tells the class something, as soon as it can be told. Without a class, nobody hears it.
    pub fn wish(&self, wish: Wish) {
        self.wishes.update(|wishes| {
            if wishes.len() < WISHES {
                wishes.push(wish);
            }
        });
    }

    /// What is wanted since it was last asked. Tracked.
    pub fn take(&self) -> Vec<Wish> {
        self.wishes.track();
        self.wishes.try_update_untracked(std::mem::take).unwrap_or_default()
    }
}

/// How many readers of the class chose this option of a step's prediction, of how many: once the instructor shows it.
pub fn share(own: &Own, step: &str, option: &str) -> Option<(u32, u32)> {
    let shown = own.ballots.iter().find(|shown| shown.name.strip_prefix("predict/") == Some(step))?;
    if shown.counts.is_empty() {
        return None;
    }
    let count = shown.counts.iter().find(|(name, _)| name == option).map_or(0, |(_, count)| *count);
    Some((count, shown.total))
}
