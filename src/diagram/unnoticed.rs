//! The detection stopwatch: from the moment the network died without a word until each end of a stream or a socket knows.
//!
//! The network dies when a blackhole comes into force, for all; or when an idle killer that says nothing strikes, for the
//! connection that it struck. An end knows when it gives its socket up ([`Told::gave_up`]), or sees it close or break off.
//! Where the network comes back sooner, nobody had noticed until then, and the band ends there. Requests are no matter of
//! this: who waits for an answer knows that it has not come.

use super::{
    fold::{Event, ExchangeKey, Scene},
    layout::{Desk, EVENT, Owner},
    mark::{Label, Part, Shape, Tone},
    told::Told,
};
use crate::{
    fault::{Death as Way, Fault, FaultId, Kind},
    wire::{ClientNo, ConnNo, Micros},
};

/// For how long one end of a client's streams and sockets did not know that they were dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unnoticed {
    /// The client.
    pub client: ClientNo,
    /// Which end: 0 the browser, 1 the server.
    pub end: usize,
    /// Since when.
    pub from: Micros,
    /// Until when, if it is over.
    pub until: Option<Micros>,
}

/// A silent death: from when until when, and of which connection; of all, if of none.
struct Death {
    from: Micros,
    until: Option<Micros>,
    conn: Option<ConnNo>,
    by: Option<FaultId>,
}

fn deaths(scene: &Scene) -> Vec<Death> {
    let mut deaths: Vec<Death> = Vec::new();
    let mut silent: Vec<FaultId> = Vec::new();
    let kills = |fault: &&Fault| matches!(fault.kind, Kind::IdleKiller { how: Way::Silent, .. });
    for event in scene.events() {
        match &event.what {
            Event::Faults(faults, _) => {
                let dark = faults.iter().any(|fault| fault.kind == Kind::Blackhole);
                silent = faults.iter().filter(kills).map(|fault| fault.id).collect();
                let mut was_dark = false;
                for death in deaths.iter_mut().filter(|death| death.until.is_none()) {
                    let goes_on = death.by.map_or(dark, |by| silent.contains(&by));
                    death.until = (!goes_on).then_some(event.at);
                    was_dark |= death.by.is_none();
                }
                if dark && !was_dark {
                    deaths.push(Death { from: event.at, until: None, conn: None, by: None });
                }
            }
            Event::Struck(_, by, conn) if silent.contains(by) => {
                deaths.push(Death { from: event.at, until: None, conn: *conn, by: Some(*by) });
            }
            _ => {}
        }
    }
    deaths
}

/// What the ends of streams and sockets did not notice. The list is by client and number.
pub(super) fn unnoticed(scene: &Scene, list: &[Told]) -> Vec<Unnoticed> {
    let deaths = deaths(scene);
    let mut found: Vec<Unnoticed> = Vec::new();
    if deaths.is_empty() {
        return found;
    }
    for told in list.iter().filter(|told| told.stream) {
        let ExchangeKey::Client { client, .. } = told.key else { continue };
        for at in &told.streaming {
            let mut over = earliest(*at, [told.gave_up[0], told.over(), told.shut[0].map(|shut| shut.0)]);
            for broken in scene.exchanges().get(&told.key).map_or(&[][..], |exchange| &exchange.broken) {
                over = earliest(*at, [over, Some(broken.at), None]);
            }
            for event in scene.events().iter().filter(|event| event.what == Event::Stopped(client)) {
                over = earliest(*at, [over, Some(event.at), None]);
            }
            note(&mut found, &deaths, told, (client, 0), (*at, over));
        }
        for t in &told.tries {
            let Some(at) = t.down_seen else { continue };
            let ended = t.down_whole.or(t.cut.map(|cut| cut.0));
            let over = earliest(at, [told.gave_up[1], told.shut[1].map(|shut| shut.0), ended]);
            note(&mut found, &deaths, told, (client, 1), (at, over));
        }
    }
    found
}

/// The earliest of these that is not before another.
fn earliest(from: Micros, times: [Option<Micros>; 3]) -> Option<Micros> {
    times.into_iter().flatten().filter(|at| *at >= from).min()
}

/// Notes what an end did not notice that had something open from one time until another.
fn note(
    found: &mut Vec<Unnoticed>,
    deaths: &[Death],
    told: &Told,
    (client, end): (ClientNo, usize),
    (open, over): (Micros, Option<Micros>),
) {
    for death in deaths {
        let from = death.from.max(open);
        let until = earliest(from, [over, death.until, None]);
        let gone = over.is_some_and(|over| over <= from) || death.until.is_some_and(|until| until <= from);
        let carries = |conn: ConnNo| {
            let latest = told.tries.iter().rfind(|t| t.down_seen.is_some_and(|at| at <= from));
            latest.is_some_and(|t| t.conn == conn)
        };
        if gone || !death.conn.is_none_or(carries) {
            continue;
        }
        // What one end holds open at the same time is one band.
        let meets = |one: &&mut Unnoticed| {
            (one.client, one.end) == (client, end)
                && one.until.is_none_or(|end| from <= end)
                && until.is_none_or(|end| one.from <= end)
        };
        match found.iter_mut().find(meets) {
            Some(one) => {
                one.from = one.from.min(from);
                one.until = one.until.zip(until).map(|(a, b)| a.max(b));
            }
            None => found.push(Unnoticed { client, end, from, until }),
        }
    }
}

impl Desk<'_> {
    /// The bands of this column, behind everything else on their lifelines.
    pub fn unnoticed(&mut self, scene: &Scene) {
        for (i, one) in scene.story().unnoticed.iter().enumerate() {
            if self.seats.seat(one.client) != self.seat {
                continue;
            }
            let until = one.until.unwrap_or(self.end).max(one.from);
            self.moving |= one.until.is_none() && self.live;
            let (x, part) = [(self.paper.browser, Part::LeftLabel), (self.paper.server, Part::RightLabel)][one.end];
            let id = i as u32;
            self.pieces(Part::Unnoticed, id, (one.from, until), |y0, y1| Shape::Unnoticed { x, y0, y1 });
            let (y0, y1) = (self.y(one.from), self.y(until));
            // In the middle of the band, or where else it has a place. A band lower than a line of text says enough.
            let label = Label::Unnoticed(until - one.from);
            for share in [0.5, 0.25, 0.75, 0.12] {
                let y = y0 + (y1 - y0) * share;
                if y1 - y0 < 15.0 || self.beside((part, id, EVENT - 7), Owner::NONE, y, Tone::Bad, label, 14.0) {
                    break;
                }
            }
        }
    }
}
