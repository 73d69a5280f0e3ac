//! What the faces of a class share: the link, what it last said, the time, and the step that the class is on.

use std::collections::BTreeMap;

use leptos::{prelude::*, reactive::owner::LocalStorage, task::spawn_local};

use super::{
    api::ask,
    link::{Heard, Link, Standing},
    setup::{Line, Part, Setup},
};
use crate::{
    class::{
        Moment, ReaderNo,
        order::{Face, Order, Phase},
        view::{Common, Desk, Refusal, Row, Wall},
    },
    client::browser,
    i18n::{t, tf},
    wire::packed::Packed,
};

/// How many rows change in one frame.
const AT_ONCE: usize = 60;

/// A class as a page knows it. Copies are handles on the same one.
#[derive(Clone, Copy)]
pub struct Room {
    /// What the server said with the page.
    pub setup: StoredValue<Setup>,
    link: StoredValue<Option<Link>, LocalStorage>,
    /// How the link is.
    pub standing: RwSignal<Standing>,
    /// What a desk or a remote shows, without its readers: those are in [`rows`](Self::row).
    pub desk: RwSignal<Desk>,
    /// What the wall shows.
    pub wall: RwSignal<Wall>,
    /// What is the same on every face.
    pub common: RwSignal<Common>,
    rows: StoredValue<BTreeMap<ReaderNo, ArcRwSignal<Row>>>,
    /// Rows that are not taken in yet.
    waiting: StoredValue<Vec<Row>>,
    /// Counts up whenever a row came or changed.
    pub moved: RwSignal<u32>,
    /// What the class refused last, in words; empty after the next order that was carried out.
    pub refused: RwSignal<String>,
    /// What the face shows of the step, once it is here.
    pub part: RwSignal<Option<Part>>,
    /// The server's time when the page's own clock was at zero, in milliseconds.
    offset: StoredValue<f64>,
    second: RwSignal<u32>,
}

impl Room {
    /// A class of which nothing is known yet.
    pub fn new(setup: Setup) -> Self {
        Self {
            setup: StoredValue::new(setup),
            link: StoredValue::new_local(None),
            standing: RwSignal::default(),
            desk: RwSignal::default(),
            wall: RwSignal::default(),
            common: RwSignal::default(),
            rows: StoredValue::default(),
            waiting: StoredValue::default(),
            moved: RwSignal::new(0),
            refused: RwSignal::default(),
            part: RwSignal::new(None),
            offset: StoredValue::new(0.0),
            second: RwSignal::new(0),
        }
    }

    /// The code of the class.
    pub fn code(self) -> String {
        self.setup.with_value(|setup| setup.code.clone())
    }

    /// The code as people read it: in two halves.
    pub fn spaced(self) -> String {
        crate::class::Code::parse(&self.code()).map(|code| code.spaced()).unwrap_or_default()
    }

    /// The address of another page of this class.
    pub fn page(self, face: &str) -> String {
        self.setup.with_value(|setup| ["/", setup.locale.prefix(), "/class/", &setup.code, "/", face].concat())
    }

    /// Connects, and shows of each step what this face needs.
    pub fn open(self, face: Face) {
        let link = Link::open(&self.code(), face, String::new(), move |heard| self.hear(heard));
        self.link.set_value(Some(link));
        gloo_timers::callback::Interval::new(1000, move || self.second.update(|second| *second += 1)).forget();
        let kind = if face == Face::Projector { "wall" } else { "desk" };
        let step = self.step();
        Effect::new(move |_| self.fetch(kind, step.get()));
    }

    fn fetch(self, kind: &'static str, step: String) {
        if step.is_empty() {
            return self.part.set(None);
        }
        let url =
            self.setup.with_value(|setup| ["/", setup.locale.prefix(), "/class/part/", kind, "/", &step].concat());
        spawn_local(async move {
            let answer = ask("GET", &url, None).await;
            // Somebody may have gone on meanwhile.
            if self.common.with_untracked(|common| common.step == step) {
                let part = answer.filter(|(status, _)| *status == 200);
                let part = part.and_then(|(_, text)| serde_json::from_str::<Packed<Part>>(&text).ok());
                self.part.set(part.map(|part| part.0));
            }
        });
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Desk(desk) => {
                let mut desk = *desk;
                self.take(std::mem::take(&mut desk.readers));
                self.learn(desk.common.clone());
                self.desk.set(desk);
            }
            Heard::Wall(wall) => {
                self.learn(wall.common.clone());
                self.wall.set(*wall);
            }
            Heard::Own(_) => {}
            Heard::Done(_) => {
                if !self.refused.with_untracked(String::is_empty) {
                    self.refused.set(String::new());
                }
            }
            Heard::Refused(_, why) => self.refused.set(refusal(&why)),
            Heard::Standing(standing) => self.standing.set(standing),
        }
    }

    fn learn(self, common: Common) {
        self.offset.set_value(common.now as f64 - browser::now() as f64 / 1000.0);
        self.common.set(common);
    }

    /// Takes the roster in. Who came or left is there or gone at once; what changed of the others follows, some in each frame, so that
    /// a frame stays short however many there are.
    fn take(self, rows: Vec<Row>) {
        let mut changed = false;
        self.rows.update_value(|known| {
            let gone = known.len() > rows.len() || !rows.iter().all(|row| known.contains_key(&row.no));
            if gone {
                known.retain(|no, _| rows.iter().any(|row| row.no == *no));
                changed = true;
            }
            for row in rows.iter().filter(|row| !known.contains_key(&row.no)).cloned().collect::<Vec<_>>() {
                known.insert(row.no, ArcRwSignal::new(row));
                changed = true;
            }
        });
        if changed {
            self.moved.update(|moved| *moved = moved.wrapping_add(1));
        }
        // What was waiting is old news now.
        let idle = self.waiting.try_update_value(|waiting| std::mem::replace(waiting, rows).is_empty());
        if idle == Some(true) {
            request_animation_frame(move || self.go_on());
        }
    }

    /// Takes in what changed of some rows, and of the others in the next frame: what has not changed is not touched.
    fn go_on(self) {
        let (mut rest, mut changed) = (self.waiting.try_update_value(std::mem::take).unwrap_or_default(), false);
        self.rows.with_value(|known| {
            let mut touched = 0;
            while touched < AT_ONCE
                && let Some(row) = rest.pop()
            {
                let Some(signal) = known.get(&row.no).filter(|signal| signal.with_untracked(|old| *old != row)) else {
                    continue;
                };
                signal.set(row);
                touched += 1;
            }
            changed = touched > 0;
        });
        if !rest.is_empty() {
            self.waiting.set_value(rest);
            request_animation_frame(move || self.go_on());
        }
        if changed {
            self.moved.update(|moved| *moved = moved.wrapping_add(1));
        }
    }

    /// A reader's row.
    pub fn row(self, no: ReaderNo) -> Option<ArcRwSignal<Row>> {
        self.rows.with_value(|rows| rows.get(&no).cloned())
    }

    /// Looks at all rows, in the order in which readers joined. Tracks whether any changed.
    pub fn rows<T>(self, look: impl Fn(&Row) -> T) -> Vec<T> {
        self.moved.track();
        self.rows.with_value(|rows| rows.values().map(|row| row.with_untracked(&look)).collect())
    }

    /// Gives an order.
    pub fn order(self, order: Order) {
        self.link.with_value(|link| {
            if let Some(link) = link {
                link.order(order);
            }
        });
    }

    /// Whether orders make sense now: the link is there, the class open, and nobody else drives.
    pub fn may(self) -> bool {
        self.standing.get() == Standing::Live
            && !self.common.with(|common| common.closed)
            && self.desk.with(|desk| desk.drives || !desk.driven)
    }

    /// A part of what a desk shows, which changes only when it does.
    pub fn of<T: PartialEq + Clone + Send + Sync + 'static>(
        self,
        look: impl Fn(&Desk) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.desk.with(&look))
    }

    /// A part of what every face shows, which changes only when it does.
    pub fn share<T: PartialEq + Clone + Send + Sync + 'static>(
        self,
        look: impl Fn(&Common) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.common.with(&look))
    }

    /// The step the class is on.
    pub fn step(self) -> Memo<String> {
        self.share(|common| common.step.clone())
    }

    /// What is being done.
    pub fn phase(self) -> Memo<Phase> {
        self.share(|common| common.phase)
    }

    /// Looks at the line of a step.
    pub fn line<T>(self, name: &str, look: impl FnOnce(&Line) -> T) -> Option<T> {
        self.setup.with_value(|setup| setup.line(name).map(|(_, line)| look(line)))
    }

    /// Milliseconds since a moment, by the server's clock. Tracks the seconds.
    pub fn since(self, moment: Moment) -> f64 {
        self.second.track();
        (self.offset.get_value() + browser::now() as f64 / 1000.0 - moment as f64).max(0.0)
    }
}

/// Why something is not done, in a reader's words.
pub fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::NotYours => t("class.no_right"),
        Refusal::NotDriving => t("class.not_driving"),
        Refusal::Closed => t("class.is_closed"),
        Refusal::NoReader => t("class.no_reader"),
        Refusal::NoLab => t("class.no_lab"),
        Refusal::TooOften => t("class.too_often"),
        Refusal::Nonsense(why) | Refusal::Unstored(why) => tf("class.refused", &[("why", why)]),
    }
}

/// A time as minutes and seconds.
pub fn clock(ms: f64) -> String {
    let seconds = (ms / 1000.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
