//! The detection stopwatch: from the moment the network died without a word until each end of a stream or a socket knows.
//!
//! The network dies when a blackhole comes into force, for all; or when an idle killer that says nothing strikes, for the
//! connection that it struck. An end knows when it gives its socket up ([`Told::gave_up`]), or sees it close or break off.
//! Where the network comes back sooner, nobody had noticed until then, and the band ends there. Requests are no matter of
//! this: who waits for an answer knows that it has not come.

use super::{
    fold::{Event, ExchangeKey, Scene},
    layout::{Desk, Owner},
    mark::{Label, Part, Shape, Tone},
    story::Told,
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

/// What the ends of streams and sockets did not notice, by client, end and time. The list is in any order.
pub(super) fn unnoticed(scene: &Scene, list: &[Told]) -> Vec<Unnoticed> {
    let deaths = deaths(scene);
    let mut found: Vec<Unnoticed> = Vec::new();
    if deaths.is_empty() {
        return found;
    }
    let stopped = |client: ClientNo| {
        let stops = scene.events().iter().filter(move |event| event.what == Event::Stopped(client));
        stops.map(|event| event.at)
    };
    for told in list.iter().filter(|told| told.stream) {
        let ExchangeKey::Client { client, .. } = told.key else { continue };
        // When each end had it open, and every time at which it knew better.
        let opened = |end: usize| match end {
            0 => told.streaming.clone(),
            _ => told.tries.iter().filter_map(|t| t.down_seen).collect(),
        };
        let mut knew: [Vec<Micros>; 2] = told.gave_up.map(|at| at.into_iter().collect());
        for (end, knew) in knew.iter_mut().enumerate() {
            knew.extend(told.shut[end].map(|shut| shut.0));
        }
        knew[0].extend(told.over());
        knew[0].extend(stopped(client));
        knew[0].extend(scene.exchanges().get(&told.key).into_iter().flat_map(|e| &e.broken).map(|broken| broken.at));
        knew[1].extend(told.tries.iter().filter_map(|t| t.down_whole.or(t.cut.map(|cut| cut.0))));
        for (end, knew) in knew.iter().enumerate() {
            for open in opened(end) {
                let over = knew.iter().copied().filter(|at| *at >= open).min();
                for death in &deaths {
                    let from = death.from.max(open);
                    let until = [over, death.until].into_iter().flatten().min();
                    let carried = |conn: &ConnNo| {
                        let now = told.tries.iter().filter(|t| t.down_seen.is_some_and(|at| at <= from)).next_back();
                        now.is_some_and(|t| t.conn == *conn)
                    };
                    if until.is_none_or(|until| until > from) && death.conn.as_ref().is_none_or(carried) {
                        found.push(Unnoticed { client, end, from, until });
                    }
                }
            }
        }
    }
    // What one end holds open at the same time is one band.
    found.sort_by_key(|one| (one.client, one.end, one.from));
    found.dedup_by(|next, one| {
        let same = (next.client, next.end) == (one.client, one.end) && one.until.is_none_or(|until| next.from <= until);
        if same {
            one.until = one.until.zip(next.until).map(|(a, b)| a.max(b));
        }
        same
    });
    found
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
            // A band lower than a line of text says enough.
            if y1 - y0 >= 15.0 {
                let label = Label::Unnoticed(until - one.from);
                self.beside((part, id, super::layout::EVENT - 7), Owner::NONE, (y0 + y1) / 2.0, Tone::Bad, label, 14.0);
            }
        }
    }
}
