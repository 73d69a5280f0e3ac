//! The few things the picture wants of a browser. On the server none of them does anything.

#![cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only a browser has windows and targets"))]

use leptos::{html, prelude::*};

use super::fold::ExchangeKey;

/// What of the paper is seen, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// How far it is scrolled.
    pub top: f32,
    /// Height of the window.
    pub height: f32,
    /// Width of the window, without its scroll bar.
    pub width: f32,
    /// Height of all that can be scrolled through.
    pub whole: f32,
}

/// What an event was aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An exchange.
    Exchange(ExchangeKey),
    /// A run of polls.
    Run(ExchangeKey),
}

#[cfg(feature = "hydrate")]
mod here {
    use std::{cell::Cell, rc::Rc, time::Duration};

    use leptos::{html, prelude::*};
    use wasm_bindgen::{JsCast, closure::Closure};

    use super::{Target, Window};
    use crate::diagram::fold::ExchangeKey;

    /// What of the paper is seen.
    pub fn window(scroller: NodeRef<html::Div>) -> Option<Window> {
        let element = scroller.get_untracked()?;
        Some(Window {
            top: element.scroll_top() as f32,
            height: element.client_height() as f32,
            width: element.client_width() as f32,
            whole: element.scroll_height() as f32,
        })
    }

    /// Scrolls; beyond the end is the end.
    pub fn scroll_to(scroller: NodeRef<html::Div>, top: f32) {
        if let Some(element) = scroller.try_get_untracked().flatten() {
            // Saturates.
            element.set_scroll_top(top as i32);
        }
    }

    /// What an event was aimed at, by the nearest `data-` attribute.
    pub fn target(event: &web_sys::Event) -> Option<Target> {
        let element: web_sys::Element = event.target()?.dyn_into().ok()?;
        let element = element.closest("[data-x],[data-run]").ok()??;
        match element.get_attribute("data-x") {
            Some(key) => ExchangeKey::parse(&key).map(Target::Exchange),
            None => ExchangeKey::parse(&element.get_attribute("data-run")?).map(Target::Run),
        }
    }

    /// Keeps width and window in step with the element's size.
    pub fn watch_size(scroller: NodeRef<html::Div>, width: RwSignal<f32>, seen: RwSignal<(f32, f32)>) {
        Effect::new(move |_| {
            let Some(element) = scroller.get() else { return };
            let measure = move || {
                let Some(now) = window(scroller).filter(|now| now.width > 0.0) else { return };
                if width.try_get_untracked().is_some_and(|width| width != now.width) {
                    width.set(now.width);
                }
                if seen.try_get_untracked().is_some_and(|seen| seen.1 != now.height) {
                    seen.set((now.top, now.height));
                }
            };
            measure();
            let closure = Closure::<dyn FnMut()>::new(measure);
            if let Ok(observer) = web_sys::ResizeObserver::new(closure.as_ref().unchecked_ref()) {
                observer.observe(&element);
                let held = StoredValue::new_local((observer, closure));
                on_cleanup(move || held.with_value(|held| held.0.disconnect()));
            }
        });
    }

    /// Calls `act` in every frame while `wanted` holds. A frame that took long is followed by a pause of three times
    /// its length; where motion is to be reduced, there are two frames a second.
    pub fn frames(wanted: impl Fn() -> bool + 'static, act: impl Fn() + 'static) {
        let act: Rc<dyn Fn()> = Rc::new(act);
        let running = Rc::new(Cell::new(0u32));
        let stop = running.clone();
        on_cleanup_local(move || stop.set(u32::MAX));
        let calm = leptos::prelude::window()
            .match_media("(prefers-reduced-motion: reduce)")
            .ok()
            .flatten()
            .is_some_and(|media| media.matches());
        Effect::new(move |_| {
            // Each change of mind ends the loop before it.
            let turn = running.get().saturating_add(1);
            running.set(turn);
            if wanted() && turn < u32::MAX {
                step(turn, running.clone(), act.clone(), calm);
            }
        });
    }

    fn step(turn: u32, running: Rc<Cell<u32>>, act: Rc<dyn Fn()>, calm: bool) {
        if running.get() != turn {
            return;
        }
        let clock = leptos::prelude::window().performance();
        let now = || clock.as_ref().map_or(0.0, web_sys::Performance::now);
        let before = now();
        act();
        let took = now() - before;
        let pause = if calm {
            500.0
        } else if took > 6.0 {
            3.0 * took
        } else {
            0.0
        };
        let again = move || request_animation_frame(move || step(turn, running, act, calm));
        if pause > 0.0 { set_timeout(again, Duration::from_millis(pause as u64)) } else { again() }
    }

    /// `on_cleanup` wants `Send`; what this holds never leaves the page's one thread.
    fn on_cleanup_local(act: impl FnOnce() + 'static) {
        let held = StoredValue::new_local(Cell::new(Some(act)));
        on_cleanup(move || {
            held.try_with_value(|held| held.take().map(|act| act()));
        });
    }
}

#[cfg(not(feature = "hydrate"))]
mod here {
    use leptos::{html, prelude::*};

    use super::{Target, Window};

    pub fn window(_: NodeRef<html::Div>) -> Option<Window> {
        None
    }

    pub fn scroll_to(_: NodeRef<html::Div>, _: f32) {}

    pub fn target(_: &leptos::web_sys::Event) -> Option<Target> {
        None
    }

    pub fn watch_size(_: NodeRef<html::Div>, _: RwSignal<f32>, _: RwSignal<(f32, f32)>) {}

    pub fn frames(_: impl Fn() -> bool + 'static, _: impl Fn() + 'static) {}
}

/// What of the paper is seen.
pub fn window(scroller: NodeRef<html::Div>) -> Option<Window> {
    here::window(scroller)
}

/// Scrolls; beyond the end is the end.
pub fn scroll_to(scroller: NodeRef<html::Div>, top: f32) {
    here::scroll_to(scroller, top);
}

/// What an event was aimed at.
pub fn target(event: &leptos::web_sys::Event) -> Option<Target> {
    here::target(event)
}

/// Keeps width and window (top, height) in step with the element's size.
pub fn watch_size(scroller: NodeRef<html::Div>, width: RwSignal<f32>, seen: RwSignal<(f32, f32)>) {
    here::watch_size(scroller, width, seen);
}

/// Calls `act` in every frame of the browser while `wanted`, which is tracked, holds.
pub fn frames(wanted: impl Fn() -> bool + 'static, act: impl Fn() + 'static) {
    here::frames(wanted, act);
}
