//! What the facts of a scene mean together, exchange by exchange.
//!
//! Conclusions live here and nowhere else: that an answer is older than what the board shows, that it came after the
//! answer to a later request, that the browser sent a request twice, why an arrow has no second witness.

use std::collections::BTreeMap;

use super::{
    countdown,
    fold::{Bytes, Event, Exchange, ExchangeKey, Scene},
    frames::frames,
    network::Network,
    pairs::{loose_answer, messages, tries},
    told::{Board, BoardMoved, Brought, Held, Hold, Told},
    unnoticed::{Unnoticed, unnoticed},
};
use crate::wire::{ClientNo, Direction, Micros, Technique, observation::ClientSettings};

/// A run, told.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The exchanges, by the time each began.
    pub list: Vec<Told>,
    /// What boards showed that no exchange of the list brought.
    pub boards: Vec<BoardMoved>,
    /// How many exchanges have ended, one way or another.
    pub done: usize,
    /// For how long each end did not know that the network had died.
    pub unnoticed: Vec<Unnoticed>,
    /// What befell the way between the ends.
    pub network: Network,
}

impl Story {
    /// Tells a scene.
    pub fn of(scene: &Scene) -> Self {
        let mut settings: BTreeMap<ClientNo, &ClientSettings> = BTreeMap::new();
        for event in scene.events() {
            if let Event::Started(client, its) = &event.what {
                settings.insert(*client, its);
            }
        }
        let mut list: Vec<Told> = Vec::with_capacity(scene.exchanges().len());
        for (key, exchange) in scene.exchanges() {
            let mut told = tell(scene, *key, exchange);
            if scene.began() && told.is_remains() {
                continue;
            }
            if let ExchangeKey::Client { client, .. } = key {
                let its = settings.get(client);
                told.technique = its.map(|its| its.technique);
                if told.technique == Some(Technique::WebSocket) {
                    let micros = |ms: u32| Micros::from(ms) * 1000;
                    let beat = its.and_then(|its| its.beat_ms.and(Some(its.beat_timeout_ms)));
                    told.patience = [beat, its.and_then(|its| its.pong_timeout_ms)].map(|ms| ms.map(micros));
                    (told.suspected, told.gave_up[0]) = countdown::judged(scene, *client, &told);
                }
            }
            list.push(told);
        }
        mark_overtaken(&mut list);
        let boards = mark_boards(scene, &mut list);
        let done = list.iter().filter(|told| told.finish().is_some()).count();
        let unnoticed = unnoticed(scene, &list);
        list.sort_by_key(|told| (told.start(), told.key));
        Self { list, boards, done, unnoticed, network: Network::of(scene) }
    }

    /// The place of an exchange in the list.
    pub fn place(&self, key: ExchangeKey) -> Option<usize> {
        self.list.iter().position(|told| told.key == key)
    }

    /// An exchange.
    pub fn get(&self, key: ExchangeKey) -> Option<&Told> {
        self.place(key).map(|place| &self.list[place])
    }

    /// The one after (or before) another in time; from nowhere, the last (or the first). Stops at the ends.
    pub fn step(&self, from: Option<ExchangeKey>, by: isize) -> Option<ExchangeKey> {
        let last = self.list.len().checked_sub(1)?;
        let place = match from.and_then(|key| self.place(key)) {
            Some(place) => place.saturating_add_signed(by).min(last),
            None if by < 0 => last,
            None => 0,
        };
        Some(self.list[place].key)
    }
}

/// An answer is out of order if a later request of the same client had its answer sooner. The list is still by key.
fn mark_overtaken(list: &mut [Told]) {
    let mut later: Option<(ClientNo, Micros)> = None;
    for told in list.iter_mut().rev() {
        let ExchangeKey::Client { client, .. } = told.key else { continue };
        let soonest = later.filter(|(who, _)| *who == client).map(|(_, at)| at);
        if let Some(at) = told.answered {
            told.out_of_order = soonest.is_some_and(|soonest| soonest < at);
            later = Some((client, soonest.map_or(at, |soonest| soonest.min(at))));
        } else if soonest.is_none() {
            later = None;
        }
    }
}

/// Compares what each board shows with what it showed before. The list is still by key.
fn mark_boards(scene: &Scene, list: &mut [Told]) -> Vec<BoardMoved> {
    let mut before: BTreeMap<ClientNo, u64> = BTreeMap::new();
    let mut others = Vec::new();
    for seen in scene.shown() {
        let (client, version, exchange) = seen.what;
        let old = before.insert(client, version).unwrap_or(0);
        let board = match version.cmp(&old) {
            std::cmp::Ordering::Greater => Board::On,
            std::cmp::Ordering::Equal => Board::Same,
            std::cmp::Ordering::Less => Board::Back(old),
        };
        let key = exchange.map(|exchange| ExchangeKey::Client { client, exchange });
        let place = key.and_then(|key| list.binary_search_by_key(&key, |told| told.key).ok());
        match place {
            Some(place) if list[place].shown.is_none() => list[place].shown = Some((seen.at, version, board)),
            _ => others.push(BoardMoved { client, at: seen.at, version, board }),
        }
    }
    others
}

fn tell(scene: &Scene, key: ExchangeKey, exchange: &Exchange) -> Told {
    let (downs, loose_bytes) = match key {
        ExchangeKey::Client { .. } => (None, Bytes::default()),
        ExchangeKey::Loose { conn, nth } => {
            let downs = loose_answer(scene, conn, nth);
            let mut bytes = Bytes::default();
            for (conn, no) in &downs {
                if let Some(unit) = scene.unit_seen(*conn, Direction::Down, *no) {
                    bytes.add(unit.weight);
                }
            }
            (Some(downs), bytes)
        }
    };
    let mut tries = tries(scene, &exchange.ups, downs.as_deref().unwrap_or(&exchange.downs));
    if exchange.shut.iter().flatten().any(|shut| shut.what.1) {
        // Both ends had said goodbye: the connection ended after its socket, not under it.
        tries.iter_mut().for_each(|t| t.cut = None);
    }
    let mut bytes = exchange.bytes;
    bytes.add(loose_bytes);
    let held = exchange.held.last().map(|held| Held {
        from: held.at,
        until: tries.iter().filter_map(|t| t.down_seen).filter(|at| *at >= held.at).min(),
        planned: held.what.1,
        by: held.what.0,
    });
    // A request that was sent again may be held again: the last hold is the one that leads to the answer.
    let hold = exchange.holds.iter().rposition(|hold| hold.what.is_none()).map(|began| Hold {
        from: exchange.holds[began].at,
        until: exchange.holds.get(began + 1).and_then(|end| Some((end.at, end.what?))),
    });
    let messages = if tries.iter().any(|t| t.status == Some(101)) {
        frames(scene, exchange)
    } else {
        messages(scene, exchange, downs.as_deref().unwrap_or(&exchange.downs))
    };
    let news = exchange.answered.as_ref().map(|answered| &answered.what.news);
    let news = news.or(exchange.answering.last().map(|answering| &answering.what));
    let wire_status = tries.iter().rev().find_map(|t| t.status);
    Told {
        key,
        technique: None,
        asked: exchange.asked.as_ref().map(|asked| asked.at),
        answering: exchange.answering.last().map(|answering| answering.at),
        hold,
        held,
        answered: exchange.answered.as_ref().map(|answered| answered.at),
        ended: exchange.ended.as_ref().map(|ended| (ended.at, ended.what)),
        brought: news.map_or(Brought::Unknown, Brought::of),
        stream: !messages.is_empty() || !exchange.streaming.is_empty() || tries.iter().any(|t| t.stream),
        messages,
        shut: [0, 1].map(|end| exchange.shut[end].as_ref().map(|shut| (shut.at, shut.what.0, shut.what.1))),
        gave_up: [None, exchange.gave_up.as_ref().map(|gave_up| gave_up.at)],
        suspected: Vec::new(),
        patience: [None; 2],
        streaming: exchange.streaming.iter().map(|open| open.at).collect(),
        broken: exchange.broken.len(),
        shown: None,
        ignored: exchange.ignored.as_ref().map(|ignored| (ignored.at, ignored.what)),
        out_of_order: false,
        picked: exchange.picked,
        status: wire_status.or(exchange.answered.as_ref().map(|answered| answered.what.status)),
        bytes,
        tries,
    }
}
