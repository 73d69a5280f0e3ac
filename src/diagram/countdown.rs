//! Countdowns: how much of its time a beat has taken at the browser's end, and a ping at the server's.
//!
//! A bar runs beside the lifeline of the end that waits, from when the question left until its answer came: a beat until the
//! same beat is in the page's hands, a ping until a pong that answers it could be read. While it waits, a line as long as
//! the time that it has shows how much is left. That the time ran out is drawn only when that end said so, by giving its
//! socket up. Questions without a limit have no bar.

use super::{
    fold::{Event, Scene},
    layout::{Desk, Owner},
    mark::{Part, Shape, Wait},
    told::{Carried, Told},
};
use crate::wire::{ClientNo, Micros, Witness, observation::LifeState};

/// One question of an end that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// When it left; later, if the one before it was still waiting then.
    pub from: Micros,
    /// When its time is up.
    pub due: Micros,
    /// When the wait ended, one way or another.
    pub until: Option<Micros>,
    /// How it stands.
    pub wait: Wait,
}

/// When the browser suspected its socket, and when it gave it up, while this was its socket: from the facts of the client,
/// which has one socket at a time.
pub(super) fn judged(scene: &Scene, client: ClientNo, told: &Told) -> (Vec<Micros>, Option<Micros>) {
    let (mut suspected, mut gave_up) = (Vec::new(), None);
    let events = scene.events();
    let over = told.over().unwrap_or(Micros::MAX);
    for event in &events[events.partition_point(|event| event.at < told.start())..] {
        match event.what {
            _ if event.at > over => break,
            Event::Life(who, state, Witness::Browser) if who == client => match state {
                LifeState::Suspect => suspected.push(event.at),
                // Where the socket closed by itself, nothing had run out.
                LifeState::Dead if told.shut[0].is_none() => {
                    gave_up = Some(event.at);
                    break;
                }
                _ => {}
            },
            _ => {}
        }
    }
    (suspected, gave_up)
}

/// The countdowns of one end of a socket: 0 the browser, 1 the server. They do not overlap.
pub(super) fn countdowns(told: &Told, end: usize) -> Vec<Countdown> {
    let Some(patience) = told.patience[end] else { return Vec::new() };
    let over = [told.over(), told.shut[1].map(|shut| shut.0)][end];
    let mut list: Vec<Countdown> = Vec::new();
    for (i, question) in told.messages.iter().enumerate() {
        let left = match (end, question.what) {
            (0, Carried::Beat) if question.up => question.sent,
            (1, Carried::Ping) if !question.up => question.seen,
            _ => None,
        };
        let Some(left) = left else { continue };
        let answer = told.messages[i..].iter().find_map(|answer| match (end, answer.what) {
            (0, Carried::Beat) if !answer.up && answer.no == question.no => answer.got,
            // A pong answers the pings before its own as well (RFC 6455 §5.5.3).
            (1, Carried::Pong) if answer.up && answer.no >= question.no => answer.released,
            _ => None,
        });
        let gave_up = told.gave_up[end].filter(|at| *at >= left);
        let until = answer.or(gave_up).or(over.filter(|at| *at >= left));
        let from = list.last().map_or(left, |before| before.until.unwrap_or(Micros::MAX).max(left));
        if from == Micros::MAX || until.is_some_and(|until| until <= from) {
            continue;
        }
        let late = told.suspected.iter().any(|at| *at >= from && until.is_none_or(|until| *at <= until));
        let wait = match (answer, gave_up) {
            (None, Some(_)) => Wait::RanOut,
            _ if end == 0 && late => Wait::Suspect,
            _ => Wait::Calm,
        };
        list.push(Countdown { from, due: left + patience, until, wait });
    }
    list
}

impl Desk<'_> {
    /// Draws the countdowns of a socket.
    pub fn countdowns(&mut self, told: &Told, owner: Owner, id: u32) {
        for end in [0, 1] {
            let x = [self.paper.browser - OFF, self.paper.server + OFF][end];
            for (i, one) in countdowns(told, end).into_iter().enumerate() {
                let due = one.due.max(one.from);
                let ran = one.until.unwrap_or(due.min(self.end)).max(one.from);
                self.moving |= one.until.is_none() && self.live && self.end < due;
                let waits = one.until.is_none() || one.wait == Wait::RanOut;
                let (y0, run) = (self.y(one.from), self.y(ran));
                let y1 = if waits { self.y(due).max(run) } else { run };
                if self.room.take(y0, 1) {
                    let shape = Shape::Countdown { x, y0, run, y1, wait: one.wait };
                    self.put((Part::Countdown, id, (i as u32) << 1 | end as u32), owner, (y0, y1), shape);
                }
            }
        }
    }
}

/// How far beside the lifeline it runs, in pixels: clear of bars, and inside of words.
const OFF: f32 = 10.5;
