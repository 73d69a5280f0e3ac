//! The row below the picture: pause, time, zoom, folding.

use leptos::{ev, prelude::*};

use super::{
    dom,
    fold::Scene,
    quantity::{moment, number},
    view::Sight,
};
use crate::{i18n::t, wire::Micros};

impl Sight {
    /// Pause, time, zoom, folding.
    pub fn controls(self, live: Signal<bool>) -> impl IntoView {
        let start = move || self.reel.with(Scene::start);
        // In tenths of a second: the slider need not move each frame.
        let length = Memo::new(move |_| {
            self.reel.track();
            let last = self.layout.with(|layout| layout.axis.stretches().last().map_or(0, |s| s.to));
            let end = self.reel.with(Scene::end).max(if self.at.get().is_some() { 0 } else { last });
            (end - start()).max(0) / 100_000
        });
        let place = move || self.at.get().map_or(length.get(), |at| (at - start()).max(0) / 100_000);
        // Folding a long log again takes longer than a slider takes to move: only the latest place counts.
        let wanted = StoredValue::new(None::<Micros>);
        let wind = move |event: ev::Event| {
            let tenths: Micros = event_target_value(&event).parse().unwrap_or(0);
            let waiting = wanted.with_value(Option::is_some);
            wanted.set_value(Some(tenths));
            if waiting {
                return;
            }
            request_animation_frame(move || {
                let Some(tenths) = wanted.try_update_value(Option::take).flatten() else { return };
                let end = tenths >= length.get_untracked() && live.get_untracked();
                self.at.set((!end).then(|| start() + tenths * 100_000));
                request_animation_frame(move || dom::scroll_to(self.scroller, f32::MAX));
            });
        };
        let pause = move |_| match self.at.get_untracked() {
            Some(_) => self.at.set(None),
            None => {
                let now = self.layout.with_untracked(|layout| layout.axis.at(layout.axis.bottom()));
                self.at.set(Some(now));
            }
        };
        let paused = move || self.at.get().is_some();
        let button = |class: &'static str, name: Signal<String>, sign: Signal<&'static str>, act: Callback<()>| {
            view! {
                <button class=class aria-label=move || name.get() title=move || name.get() on:click=move |_| act.run(())>
                    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                        <path d=move || sign.get()></path>
                    </svg>
                </button>
            }
        };
        let words = |key: &'static str| Signal::derive(move || t(key));
        let sign = |d: &'static str| Signal::stored(d);
        view! {
            <div class="pc-controls">
                {button(
                    "pc-tool",
                    Signal::derive(move || t(if paused() { "picture.resume" } else { "picture.pause" })),
                    Signal::derive(move || if paused() { "M6 4l10 6-10 6z" } else { "M6 4v12M14 4v12" }),
                    Callback::new(pause),
                )}
                <input
                    class="pc-time"
                    type="range"
                    min="0"
                    max=move || number(length.get() as u64)
                    prop:value=move || number(place() as u64)
                    aria-label=t("picture.scrub")
                    aria-valuetext=move || moment(place() * 100_000)
                    on:input=wind
                />
                <output class="pc-at">{move || moment(place() * 100_000)}</output>
                {button("pc-tool", words("picture.zoom_out"), sign("M4 10h12"), Callback::new(move |()| self.zoom_by(1.0 / 1.5)))}
                {button("pc-tool", words("picture.zoom_in"), sign("M4 10h12M10 4v12"), Callback::new(move |()| self.zoom_by(1.5)))}
                {button("pc-tool", words("picture.fit"), sign("M4 3h12M4 17h12M10 6v8M7.5 8l2.5-2.5L12.5 8M7.5 12l2.5 2.5 2.5-2.5"), Callback::new(move |()| self.fit()))}
                {button(
                    "pc-tool",
                    Signal::derive(move || t(if self.folding.get() { "picture.unfold" } else { "picture.fold" })),
                    Signal::derive(move || {
                        if self.folding.get() { "M4 4h12M4 16h12M7 8.5l3-2.5 3 2.5M7 11.5l3 2.5 3-2.5" } else { "M4 4h12M4 16h12M7 6.5l3 2.5 3-2.5M7 13.5l3-2.5 3 2.5" }
                    }),
                    Callback::new(move |()| self.folding.update(|folding| *folding = !*folding)),
                )}
            </div>
        }
    }
}
