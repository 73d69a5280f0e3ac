//! The shared pad: a surface for each of two clients. What is drawn on one goes to the server and from there to the other.
//!
//! A stroke travels in pieces of one line each: the byte that says so, and two points of 2 + 2 bytes, in network byte order.

use leptos::{ev, prelude::*};

use super::rig::Rig;
use crate::{
    i18n::{t, tf},
    lesson::manifest::Control,
    wire::STROKE,
};

/// Width and height of a surface, in its own units.
const SIZE: (u16, u16) = (1000, 500);

/// How far an arrow key draws.
const KEY: i32 = 40;

/// A piece shorter than this waits for more of it.
const SHORT: i32 = 14;

/// How many pieces a surface keeps; the oldest fade first.
const PIECES: usize = 400;

type Point = (u16, u16);

/// What lies on the surfaces: who drew it (of two), and from where to where.
#[derive(Clone, Copy)]
pub struct Pad {
    /// For each surface.
    drawn: [RwSignal<Vec<(usize, Point, Point)>>; 2],
    /// Where a pen is on each surface, while it is down.
    pens: StoredValue<[Option<Point>; 2]>,
}

impl Default for Pad {
    fn default() -> Self {
        Self { drawn: [RwSignal::default(), RwSignal::default()], pens: StoredValue::new([None; 2]) }
    }
}

impl Pad {
    /// Empties both.
    pub fn clear(self) {
        self.drawn.iter().for_each(|drawn| drawn.set(Vec::new()));
    }

    /// A stroke of the other arrived at this client.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only clients hear"))]
    pub fn hear(self, seat: usize, stroke: &[u8]) {
        let [STROKE, a, b, c, d, e, f, g, h] = *stroke else { return };
        let number = |high, low| u16::from_be_bytes([high, low]);
        self.put(seat, 1 - seat.min(1), (number(a, b), number(c, d)), (number(e, f), number(g, h)));
    }

    fn put(self, surface: usize, by: usize, from: Point, to: Point) {
        let Some(drawn) = self.drawn.get(surface) else { return };
        drawn.update(|drawn| {
            if drawn.len() >= PIECES {
                drawn.remove(0);
            }
            drawn.push((by, from, to));
        });
    }
}

/// The surfaces, where the step has them.
pub fn surfaces(rig: Rig) -> impl IntoView {
    let has = rig.stage.play.with_value(|play| play.step.controls.contains(&Control::Pad));
    has.then(|| {
        view! {
            <div class="pads" id="lab-pad">
                {surface(rig, 0)}
                {surface(rig, 1)}
            </div>
        }
    })
}

fn surface(rig: Rig, seat: usize) -> impl IntoView {
    let path = move |by: usize| {
        let mut d = String::new();
        rig.pad.drawn[seat].with(|drawn| {
            for (_, from, to) in drawn.iter().filter(|piece| piece.0 == by) {
                d.push_str(&format!("M{} {}L{} {}", from.0, from.1, to.0, to.1));
            }
        });
        d
    };
    let draw = move |to: Point, least: i32| {
        let Some(from) = rig.pad.pens.with_value(|pens| pens[seat]) else { return };
        let (dx, dy) = (i32::from(to.0) - i32::from(from.0), i32::from(to.1) - i32::from(from.1));
        if dx.abs() + dy.abs() < least || !rig.running.get_untracked() {
            return;
        }
        rig.pad.pens.update_value(|pens| pens[seat] = Some(to));
        rig.pad.put(seat, seat, from, to);
        let mut stroke = vec![STROKE];
        [from.0, from.1, to.0, to.1].iter().for_each(|number| stroke.extend(number.to_be_bytes()));
        rig.stroke(seat, &stroke);
    };
    let pen = move |at: Option<Point>| rig.pad.pens.update_value(|pens| pens[seat] = at);
    let key = move |event: ev::KeyboardEvent| {
        let (dx, dy) = match event.key().as_str() {
            "ArrowLeft" => (-KEY, 0),
            "ArrowRight" => (KEY, 0),
            "ArrowUp" => (0, -KEY),
            "ArrowDown" => (0, KEY),
            _ => return,
        };
        event.prevent_default();
        // A page turns over by arrow keys too.
        event.stop_propagation();
        let (x, y) = rig.pad.pens.with_value(|pens| pens[seat]).unwrap_or((SIZE.0 / 2, SIZE.1 / 2));
        let moved = |at: u16, by: i32, most: u16| (i32::from(at) + by).clamp(0, i32::from(most)) as u16;
        pen(Some((x, y)));
        draw((moved(x, dx, SIZE.0), moved(y, dy, SIZE.1)), 1);
    };
    let label = tf("lab.pad_page", &[("n", &(seat + 1).to_string())]);
    view! {
        <figure>
            <figcaption>{label.clone()}</figcaption>
            <svg
                viewBox=format!("0 0 {} {}", SIZE.0, SIZE.1)
                role="img"
                tabindex="0"
                aria-label=format!("{label}. {}", t("lab.pad_how"))
                on:pointerdown=move |event| pen(place(&event))
                on:pointermove=move |event| if let Some(to) = place(&event) { draw(to, SHORT) }
                on:pointerup=move |_| pen(None)
                on:pointerleave=move |_| pen(None)
                on:keydown=key
            >
                <path class="theirs" d=move || path(1 - seat)></path>
                <path class="own" d=move || path(seat)></path>
            </svg>
        </figure>
    }
}

/// Where on its surface a pointer is.
#[cfg(feature = "hydrate")]
fn place(event: &ev::PointerEvent) -> Option<Point> {
    use wasm_bindgen::JsCast;

    let surface = event.current_target()?.dyn_into::<web_sys::Element>().ok()?;
    let frame = surface.get_bounding_client_rect();
    let share = |at: i32, from: f64, size: f64| ((f64::from(at) - from) / size.max(1.0)).clamp(0.0, 1.0);
    let x = share(event.client_x(), frame.left(), frame.width()) * f64::from(SIZE.0);
    let y = share(event.client_y(), frame.top(), frame.height()) * f64::from(SIZE.1);
    Some((x as u16, y as u16))
}

#[cfg(not(feature = "hydrate"))]
fn place(_: &ev::PointerEvent) -> Option<Point> {
    None
}
