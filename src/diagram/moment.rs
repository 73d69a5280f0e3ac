//! A moment of a run that somebody points at: the picture brings it into view, and says which it shows.

use leptos::prelude::*;

use super::{dom, view::Sight};
use crate::wire::Micros;

/// What a page and its picture tell each other. Times count from the beginning of the run.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The page wants this one to be in view.
    pub go: RwSignal<Option<Micros>>,
    /// The beginning of the picked exchange, or else what is in the middle of the window.
    pub here: RwSignal<Micros>,
}

impl Default for Moment {
    fn default() -> Self {
        Self { go: RwSignal::new(None), here: RwSignal::new(0) }
    }
}

impl Sight {
    /// Goes where the page wants, and tells it where that is.
    pub(super) fn follow(self, moment: Moment) {
        Effect::new(move |_| {
            let Some(at) = moment.go.get() else { return };
            // It stays there, and does not keep to the end.
            self.away.set(Some(self.reel.with(|scene| scene.story().done)));
            request_animation_frame(move || {
                let Some(window) = self.window.try_get_untracked() else { return };
                let start = self.reel.with(super::Scene::start);
                let y = self.layout.with_untracked(|layout| layout.axis.y(start + at)) as f32;
                dom::scroll_to(self.scroller, (y - window.1 / 2.0).max(0.0));
            });
        });
        Effect::new(move |_| {
            let (top, height) = self.window.get();
            let picked = self.selected.get();
            let start = self.reel.with(super::Scene::start);
            let picked = picked.and_then(|key| self.reel.with(|scene| scene.story().get(key).map(|told| told.start())));
            let middle = || self.layout.with(|layout| layout.axis.at(f64::from(top + height / 2.0)));
            moment.here.set((picked.unwrap_or_else(middle) - start).max(0));
        });
    }
}
