//! A moment of a run that somebody points at: the picture brings it into view, and says which it shows.

use leptos::prelude::*;

use super::{Scene, dom, view::Sight};
use crate::wire::Micros;

/// A hold on the picture that a page shows at present, if it shows one. Times count from the beginning of the run.
#[derive(Clone, Copy)]
pub struct Moment(StoredValue<Option<Sight>>);

impl Default for Moment {
    fn default() -> Self {
        Self(StoredValue::new(None))
    }
}

impl Moment {
    /// This is the picture from now on.
    pub(super) fn of(self, sight: Sight) {
        self.0.set_value(Some(sight));
    }

    /// Brings a moment into the middle of the window, as soon as what is there has been drawn.
    pub fn go(self, at: Micros) {
        let Some(sight) = self.0.get_value() else { return };
        request_animation_frame(move || {
            // The picture may have given way to the table.
            let Some((_, height)) = sight.window.try_get_untracked() else { return };
            // It stays there, and does not keep to the end.
            sight.away.set(Some(sight.reel.with(|scene| scene.story().done)));
            let at = sight.reel.with(Scene::start).saturating_add(at);
            if let Some(y) = sight.layout.try_with_untracked(|layout| layout.axis.y(at) as f32) {
                dom::scroll_to(sight.scroller, (y - height / 2.0).max(0.0));
            }
        });
    }

    /// Where the picked exchange begins, or else what is in the middle of the window.
    pub fn here(self) -> Option<Micros> {
        let sight = self.0.get_value()?;
        let (top, height) = sight.window.try_get_untracked()?;
        let picked = sight.selected.get_untracked();
        let picked = picked.and_then(|key| sight.reel.with(|scene| scene.story().get(key).map(|told| told.start())));
        let middle = f64::from(top + height / 2.0);
        let at = picked.or_else(|| sight.layout.try_with_untracked(|layout| layout.axis.at(middle)))?;
        Some((at - sight.reel.with(Scene::start)).max(0))
    }
}
