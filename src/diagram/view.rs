//! The picture on a page: an SVG of which only the window in view is in the document.
//!
//! Marks are keyed by what they are and what they look like, so an element that has not changed is not touched. There is
//! one listener for the whole picture, no state in elements, and no `style` attribute. While the run is live, a frame
//! loop moves the present; a frame that took long makes the loop wait, so that a big run costs frames, never input.

use std::{collections::BTreeSet, sync::Arc};

use leptos::{either::EitherOf4, ev, html, prelude::*};

use super::{
    dom,
    draw::{DEFS, Node, Tag, draw, hue},
    fold::{ExchangeKey, Scene},
    heading,
    layout::{Layout, View, ZOOM, layout},
    mark::{MarkId, Part},
    moment::Moment,
    narrate,
    quantity::{number, span},
    reel::Reel,
    words::sentence,
};
use crate::{
    i18n::{t, tf},
    wire::{Micros, Technique},
};

/// Room above and below the window that is drawn too, in pixels.
const OVERSCAN: f32 = 150.0;

/// The most elements of a picture that are in the document.
const NODES: f32 = 400.0;

/// Share of them that is left for the axis, the lifelines and the folds.
const FRAME: f32 = 0.25;

/// The window moves over the paper in steps of so many pixels: most of a scroll needs no new list.
const STEP: f32 = 100.0;

/// Smallest and largest zoom, in pixels a second.
const ZOOMS: (f64, f64) = (0.5, 6000.0);

/// What the parts of a picture share.
#[derive(Clone, Copy)]
pub(super) struct Sight {
    pub reel: Reel,
    pub selected: RwSignal<Option<ExchangeKey>>,
    pub cursor: RwSignal<Option<ExchangeKey>>,
    /// The moment at which the picture stands still; the present if there is none.
    pub at: RwSignal<Option<Micros>>,
    pub zoom: RwSignal<f64>,
    pub folding: RwSignal<bool>,
    pub expanded: RwSignal<BTreeSet<ExchangeKey>>,
    /// Width of the paper; top and height of the window.
    pub width: RwSignal<f32>,
    pub window: RwSignal<(f32, f32)>,
    /// Whether the window keeps to the end; if not, how many exchanges were over when it left.
    pub away: RwSignal<Option<usize>>,
    pub layout: Memo<Arc<Layout>>,
    pub scroller: NodeRef<html::Div>,
}

/// The picture of a run.
///
/// The scene is not cloned: see [`Reel`]. `now` is asked once a frame while `live` is true. Picking an exchange (by
/// pointer, or Enter) sets `selected`; going through them by arrow keys does not.
#[component]
pub fn Picture(
    /// The run.
    reel: Reel,
    /// The exchange that the reader picked.
    selected: RwSignal<Option<ExchangeKey>>,
    /// The technique whose colour the picture has.
    technique: Technique,
    /// Whether the run goes on.
    #[prop(into)]
    live: Signal<bool>,
    /// The server's clock, as far as the page knows it.
    now: Callback<(), Micros>,
    /// The port of the lab, as it is to be named under the server's lifeline.
    #[prop(into)]
    port: Signal<String>,
    /// Without controls: for a small picture in passing.
    #[prop(default = false)]
    bare: bool,
    /// How many pixels a second has at first.
    #[prop(default = ZOOM)]
    scale: f64,
    /// The moment that a page points at.
    #[prop(default = None)]
    moment: Option<Moment>,
) -> impl IntoView {
    let frame = RwSignal::new(0);
    let at = RwSignal::new(None::<Micros>);
    let zoom = RwSignal::new(scale);
    let folding = RwSignal::new(true);
    let expanded = RwSignal::new(BTreeSet::new());
    let width = RwSignal::new(640.0f32);
    let window = RwSignal::new((0.0f32, 900.0f32));
    let cursor = RwSignal::new(None);

    // Going back in time folds the log again; the present is folded as it arrives.
    let past = Memo::new_with_compare(
        move |_| {
            at.get().map(|at| {
                reel.track();
                Arc::new(reel.until(at))
            })
        },
        |_, _| true,
    );
    let tall = Memo::new(move |_| window.get().1);
    let layout = Memo::new_with_compare(
        move |_| {
            let past = past.get();
            let height = tall.get() + 2.0 * OVERSCAN + STEP;
            let density = (NODES * (1.0 - FRAME) / (height / 100.0)) as u32;
            expanded.with(|expanded| {
                let lay = |scene: &Scene, now: Option<Micros>| {
                    Arc::new(layout(
                        scene,
                        &View {
                            width: width.get(),
                            zoom: zoom.get(),
                            now,
                            folding: folding.get(),
                            expanded,
                            selected: selected.get(),
                            cursor: cursor.get(),
                            // The requests of a visit are sent at once, and there are no more of them.
                            density: if technique == Technique::Request { 40 } else { density.clamp(4, 40) },
                        },
                    ))
                };
                match (past, at.get()) {
                    (Some(scene), at) => lay(&scene, at),
                    (None, _) => {
                        reel.track();
                        let now = live.get().then(|| frame.get()).filter(|now| *now > 0);
                        reel.with(|scene| lay(scene, now))
                    }
                }
            })
        },
        |_, _| true,
    );
    let away = RwSignal::new(None);
    let scroller = NodeRef::new();
    let sight = Sight { reel, selected, cursor, at, zoom, folding, expanded, width, window, away, layout, scroller };

    dom::watch_size(scroller, width, window);
    dom::frames(move || live.get() && at.get().is_none(), move || frame.set(now.run(())));
    sight.keep_to_the_end();
    if let Some(moment) = moment {
        moment.of(sight);
    }
    sight.show_the_cursor();

    view! {
        <div class=format!("pc {}", hue(Some(technique))) class:pc-bare=bare>
            {sight.heading(port)}
            <div class="pc-stage">{sight.stage()} {sight.new_below()} {sight.empty()} {sight.left_out()}</div>
            {(!bare).then(|| sight.controls(live))}
            <p class="pc-hear" aria-live="polite">
                {sight.spoken()}
            </p>
        </div>
    }
}

impl Sight {
    /// Names of the lifelines, which stay where they are.
    fn heading(self, port: Signal<String>) -> impl IntoView {
        let columns = Memo::new(move |_| self.layout.with(|layout| layout.columns.clone()));
        let declared = Memo::new(move |_| {
            self.reel.track();
            self.reel.with(|scene| {
                let distance =
                    scene.distance_ms().map(|ms| tf("picture.each_way", &[("time", &span(i64::from(ms) * 1000))]));
                let error =
                    scene.clock_error(scene.end()).map(|error| tf("picture.clock_error", &[("time", &span(error))]));
                [distance.unwrap_or_default(), error.unwrap_or_default()]
            })
        });
        let names = move || {
            let port = match port.get() {
                port if port.is_empty() => String::new(),
                port => tf("picture.lab_port", &[("port", &port)]),
            };
            columns.with(|columns| heading::names(tf, columns, &port, &declared.get()))
        };
        view! {
            <svg
                class="pc-head"
                height="50"
                width=move || number(self.width.get() as u64)
                class:pc-narrow=move || columns.with(|columns| columns[0].paper.narrow)
                inner_html=names
            ></svg>
        }
    }

    /// The paper, with what is in view.
    fn stage(self) -> impl IntoView {
        let window = Memo::new(move |_| {
            let (top, height) = self.window.get();
            let top = (top / STEP).floor() * STEP;
            (top - OVERSCAN, top + height + STEP + OVERSCAN)
        });
        let nodes = Memo::new_with_compare(
            move |_| {
                let (top, bottom) = window.get();
                self.layout.with(|layout| {
                    let mut marks = layout.visible(top, bottom);
                    marks.sort_by_key(|mark| mark.id);
                    let nodes: Vec<(MarkId, Node)> =
                        marks.into_iter().map(|mark| (mark.id, draw(mark, layout.paper(), tf))).collect();
                    Arc::new(nodes)
                })
            },
            |_, _| true,
        );
        let layer = move |front: bool| {
            let list = move || -> Vec<(MarkId, Node)> {
                nodes.with(|nodes| nodes.iter().filter(|node| (node.0.0 >= Part::Pill) == front).cloned().collect())
            };
            view! { <For each=list key=|node| (node.0, node.1.stamp()) children=|node| element(node.1) /> }
        };
        let measure = move |_| {
            if let Some(seen) = dom::window(self.scroller) {
                self.scrolled(seen);
            }
        };
        view! {
            <div
                class="pc-scroll"
                node_ref=self.scroller
                tabindex="0"
                role="group"
                aria-label=t("picture.label")
                aria-activedescendant=move || self.cursor.get().map(|key| format!("x-{}", key.id()))
                on:scroll=measure
                on:click=move |event| self.clicked(&event)
                on:keydown=move |event| self.key(&event)
            >
                <svg
                    class="pc-paper"
                    class:pc-focus=move || self.selected.get().is_some()
                    class:pc-narrow=move || self.layout.with(|layout| layout.paper().narrow)
                    width=move || number(self.width.get() as u64)
                    height=move || number(self.layout.with(|layout| layout.height) as u64)
                >
                    <g inner_html=DEFS></g>
                    <g aria-hidden="true">{layer(false)}</g>
                    <g>{layer(true)}</g>
                </svg>
            </div>
        }
    }

    /// The reader scrolled, or the paper grew. Going up leaves the end; reaching it keeps to it again.
    fn scrolled(self, seen: dom::Window) {
        let (before, _) = self.window.get_untracked();
        let rest = seen.whole - seen.top - seen.height;
        // A step up leaves the end, however small it is: a slow finger must get away too. Paper that got shorter moves
        // the window up as well, but to its very end.
        if seen.top < before - 0.5 && rest > 1.0 {
            if self.away.get_untracked().is_none() {
                self.away.set(Some(self.reel.with(|scene| scene.story().done)));
            }
        } else if rest < 24.0 && self.away.get_untracked().is_some() {
            self.away.set(None);
        }
        self.window.set((seen.top, seen.height));
    }

    fn keep_to_the_end(self) {
        Effect::new(move |_| {
            self.layout.with(|layout| layout.height);
            if self.away.get().is_some() || self.at.get().is_some() {
                return;
            }
            request_animation_frame(move || {
                // The reader may have scrolled since: a frame tells of that before it comes here.
                let stays = self.away.try_get_untracked().flatten().is_none();
                if stays && self.at.try_get_untracked().flatten().is_none() {
                    dom::scroll_to(self.scroller, f32::MAX);
                }
            });
        });
    }

    fn show_the_cursor(self) {
        Effect::new(move |_| {
            let Some(key) = self.cursor.get() else { return };
            let extent = self.layout.with_untracked(|layout| layout.extent(key));
            let (Some((top, bottom)), (seen, height)) = (extent, self.window.get_untracked()) else { return };
            if top < seen + 24.0 {
                dom::scroll_to(self.scroller, (top - height * 0.3).max(0.0));
            } else if bottom > seen + height - 24.0 {
                dom::scroll_to(self.scroller, bottom - height * 0.7);
            }
        });
    }

    fn clicked(self, event: &ev::MouseEvent) {
        match dom::target(event) {
            Some(dom::Target::Exchange(key)) => {
                self.cursor.set(Some(key));
                self.selected.set(Some(key));
            }
            Some(dom::Target::Run(key)) => self.turn(key),
            None => {}
        }
    }

    /// Opens a run, or folds it again.
    fn turn(self, key: ExchangeKey) {
        self.expanded.update(|expanded| {
            if !expanded.remove(&key) {
                expanded.insert(key);
            }
        });
    }

    fn key(self, event: &ev::KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let run = match dom::target(event) {
            Some(dom::Target::Run(key)) => Some(key),
            _ => None,
        };
        let step = |by: isize| {
            let from = self.cursor.get_untracked().or(self.selected.get_untracked());
            let to = self.reel.with(|scene| scene.story().step(from, by));
            self.cursor.set(to);
        };
        match event.key().as_str() {
            "ArrowDown" | "ArrowRight" => step(1),
            "ArrowUp" | "ArrowLeft" => step(-1),
            "Home" => step(isize::MIN / 2),
            "End" => step(isize::MAX / 2),
            "Enter" | " " if run.is_some() => {
                run.into_iter().for_each(|key| self.turn(key));
                // The button has gone with its run; the keyboard stays in the picture.
                dom::focus(self.scroller);
            }
            "Enter" | " " if self.cursor.get_untracked().is_some() => self.selected.set(self.cursor.get_untracked()),
            "Escape" if self.selected.get_untracked().is_some() => self.selected.set(None),
            "+" | "=" => self.zoom_by(1.5),
            "-" => self.zoom_by(1.0 / 1.5),
            _ => return,
        }
        event.prevent_default();
        // A page turns over by arrow keys too.
        event.stop_propagation();
    }

    /// Zooms about the middle of the window.
    pub fn zoom_by(self, factor: f64) {
        let (top, height) = self.window.get_untracked();
        let middle = f64::from(top + height / 2.0);
        let time = self.layout.with_untracked(|layout| layout.axis.at(middle));
        self.zoom.update(|zoom| *zoom = (*zoom * factor).clamp(ZOOMS.0, ZOOMS.1));
        let place = self.layout.with_untracked(|layout| layout.axis.y(time)) as f32;
        if self.away.get_untracked().is_some() || self.at.get_untracked().is_some() {
            request_animation_frame(move || dom::scroll_to(self.scroller, (place - height / 2.0).max(0.0)));
        }
    }

    /// Zooms so that the whole run is in the window.
    pub fn fit(self) {
        let height = f64::from(self.window.get_untracked().1) - super::layout::ABOVE - super::layout::BELOW;
        let micros = self.reel.with(|scene| scene.end() - scene.start()).max(1);
        let zoom = height.max(100.0) * 1e6 / micros as f64;
        self.folding.set(false);
        self.zoom.set(zoom.clamp(ZOOMS.0, ZOOMS.1));
    }

    fn new_below(self) -> impl IntoView {
        let below = Memo::new(move |_| {
            let left = self.away.get()?;
            self.reel.track();
            let more = self.reel.with(|scene| scene.story().done).saturating_sub(left);
            (more > 0 && self.at.get().is_none()).then_some(more as u64)
        });
        view! {
            <button
                class="pc-new"
                hidden=move || below.get().is_none()
                on:click=move |_| {
                    self.away.set(None);
                    dom::scroll_to(self.scroller, f32::MAX);
                }
            >
                {move || below.get().map(|n| tf("picture.new_below", &[("n", &number(n))]))}
            </button>
        }
    }

    fn empty(self) -> impl IntoView {
        let nothing = Memo::new(move |_| {
            self.reel.track();
            self.reel.with(|scene| scene.exchanges().is_empty())
        });
        // A new run begins: what was opened, paused or looked at belonged to the old one.
        Effect::new(move |_| {
            if nothing.get() {
                self.at.set(None);
                self.away.set(None);
                self.cursor.set(None);
                self.expanded.update(BTreeSet::clear);
            }
        });
        view! {
            // Where others listen, there is news although this page asks for nothing.
            <p class="pc-nothing" hidden=move || !nothing.get() || self.layout.with(|layout| layout.is_eventful())>
                {t("picture.empty")}
            </p>
        }
    }

    /// How much is missing, if anything is.
    fn left_out(self) -> impl IntoView {
        let missing = Memo::new(move |_| {
            self.reel.track();
            self.reel.with(Scene::left_out)
        });
        view! {
            <p class="pc-left" hidden=move || missing.get() == 0>
                {move || tf("picture.left_out", &[("n", &number(missing.get()))])}
            </p>
        }
    }

    /// What was said last, for those who listen.
    fn spoken(self) -> Memo<String> {
        Memo::new(move |_| {
            self.reel.track();
            self.reel.with(|scene| narrate::latest(scene).map(|said| sentence(tf, &said)).unwrap_or_default())
        })
    }
}

/// A node as an element of the document. The four kinds are named, not erased: an erased view costs some kilobytes each.
fn element(node: Node) -> impl IntoView {
    match node.tag {
        Tag::Path => EitherOf4::A(view! { <path class=node.class d=node.body></path> }),
        Tag::Text => EitherOf4::B(view! {
            <text class=node.class x=node.x y=node.y>
                {node.body}
            </text>
        }),
        Tag::Hit => {
            let id = format!("x-{}", node.key);
            EitherOf4::C(view! {
                <path class=node.class d=node.body id=id data-x=node.key role="img" aria-label=node.name></path>
            })
        }
        Tag::Button => EitherOf4::D(view! {
            <g
                class=node.class
                data-run=node.key
                role="button"
                tabindex="0"
                aria-label=node.name
                inner_html=node.body
            ></g>
        }),
    }
}
