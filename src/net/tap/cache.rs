//! A stale cache on the way: it hears whole answers go past, and gives them to whoever asks for the same.

use super::state::State;
use crate::{
    fault::FaultId,
    net::kept::BODY,
    wire::{Direction, Micros, Unit, decode::Cut},
};

/// The longest address that is compared, in bytes: what is longer may not have been kept whole.
const ADDRESS: usize = 2000;

/// An answer that goes past.
pub(super) struct Heard {
    by: FaultId,
    target: String,
    /// The request that it answers.
    request: u32,
    /// What has gone past, from the beginning of its head.
    bytes: Vec<u8>,
    /// How much of it is content.
    payload: usize,
}

impl State {
    /// What a cache has kept for the request that is first on the way up.
    pub(super) fn kept(&mut self, dir: Direction, by: FaultId, ttl_ms: u32, now: Micros) -> Option<Vec<u8>> {
        // Before another request is answered it would be taken for that one's answer.
        if dir == Direction::Down || self.asked != self.answered {
            return None;
        }
        let first = self.up.queue.front()?;
        let Some(Unit::RequestHead(head)) = &first.undecided else { return None };
        first.route.line()?.common().kept().find(by, &head.target, ttl_ms, now)
    }

    /// The request that is first on the way up goes on, and a cache hears what answers it.
    pub(super) fn listen(&mut self, dir: Direction, by: FaultId) {
        let Some(first) = self.up.queue.front().filter(|_| dir == Direction::Up) else { return };
        let Some(Unit::RequestHead(head)) = &first.undecided else { return };
        if head.target.len() <= ADDRESS && self.asked == self.answered {
            let (target, request) = (head.target.clone(), head.nth);
            self.heard = Some(Box::new(Heard { by, target, request, bytes: Vec::new(), payload: 0 }));
        }
    }

    /// Hears a unit whose last bytes are `piece`, and keeps the answer when it is whole.
    pub(super) fn overhear(&mut self, dir: Direction, cut: &Cut, piece: &[u8], now: Micros) {
        let Some(heard) = &mut self.heard else { return };
        let ends = match &cut.unit {
            // With two requests under way, whose answer something is would have to be told by more than their order.
            Unit::RequestHead(_) => None,
            _ if dir == Direction::Up || cut.request != heard.request => return,
            Unit::ResponseHead(head) if (100..200).contains(&head.status) && head.status != 101 => return,
            Unit::ResponseHead(head) if head.status == 200 && !self.decoder.borderless(Direction::Down) => {
                Some(head.bodiless)
            }
            Unit::Body(body) => {
                heard.payload += body.payload as usize;
                Some(body.last).filter(|_| heard.payload <= BODY && !heard.bytes.is_empty())
            }
            _ => None,
        };
        let Some(ends) = ends else {
            self.heard = None;
            return;
        };
        heard.bytes.extend_from_slice(&self.down.partial);
        heard.bytes.extend_from_slice(piece);
        if ends && let Some(heard) = self.heard.take() {
            let Heard { by, target, bytes, .. } = *heard;
            if let Some(line) = self.book.owner() {
                line.keep(by, &target, bytes, now);
            }
        }
    }
}
