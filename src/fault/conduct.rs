//! What a chain makes of the server's own conduct: how it answers, and when it lets go of what it holds open.

use std::time::Duration;

use super::{FaultId, Goodbye, Kind, Overflow, Stripped, chain::Chain, draw::Draw, restart, slow_answers};
use crate::wire::{ClientNo, ExchangeNo, Micros, Resource};
/// How the server is to conduct itself when it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conduct {
    /// Wait this long first. Where several faults struck, their waits add up under the id of the first.
    pub wait: Option<(FaultId, Duration)>,
    /// Answer with this status, and with nothing else but, perhaps, in how many seconds to come back.
    pub status: Option<(FaultId, u16, Option<u32>)>,
    /// Answer nothing.
    pub never: Option<FaultId>,
    /// Let so many later answers go first.
    pub behind: Option<(FaultId, u32)>,
    /// Work on so many requests at once, and on each for so long.
    pub busy: Option<(FaultId, u32, Duration)>,
    /// What to do about a reader that is behind.
    pub overflow: Option<(FaultId, Overflow)>,
    /// Remember no more than so many updates.
    pub keep: Option<u32>,
    /// Give the blocks of an event stream their `id`.
    pub ids: bool,
    /// Ask the client of an event stream to wait so long before it connects again, in milliseconds.
    pub retry_ms: Option<u32>,
    /// Send comments on an event stream that is silent.
    pub comments: bool,
    /// Say that an event stream is one.
    pub typed: bool,
    /// Answer a handshake as if it did not ask for another protocol.
    pub stripped: Option<(FaultId, Stripped)>,
    /// Answer nothing: the server is down.
    pub down: Option<FaultId>,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            wait: None,
            status: None,
            never: None,
            behind: None,
            busy: None,
            overflow: None,
            keep: None,
            ids: true,
            retry_ms: None,
            comments: true,
            typed: true,
            stripped: None,
            down: None,
        }
    }
}

/// What the server has in store for what it holds open: a stream, a socket, a held request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// When.
    pub at: Micros,
    /// The fault.
    pub by: FaultId,
    /// How a WebSocket is closed: with this code, or without a close frame.
    pub code: Option<u16>,
}

impl Chain {
    /// Decides on an answer: the one hook that `push` offers. A request without numbers counts as client 0, exchange 0.
    pub fn conduct(
        &self,
        client: Option<ClientNo>,
        exchange: Option<ExchangeNo>,
        resource: Option<Resource>,
    ) -> Conduct {
        let key = (u64::from(client.unwrap_or(0)), u64::from(exchange.unwrap_or(0)));
        let mut conduct = Conduct::default();
        for fault in &self.faults {
            if !fault.scope.covers(client, resource) || self.is_spent(fault) {
                continue;
            }
            let draw = Draw::new(fault, key);
            if !draw.strikes(fault.probability) {
                continue;
            }
            match fault.kind {
                Kind::SlowAnswers { min_ms, max_ms } => {
                    let more = slow_answers::wait(min_ms, max_ms, draw);
                    let (_, wait) = conduct.wait.get_or_insert((fault.id, Duration::ZERO));
                    *wait += more;
                }
                Kind::Status { code, retry_after_s } => {
                    conduct.status = conduct.status.or(Some((fault.id, code, retry_after_s)));
                }
                Kind::NeverAnswer => conduct.never = conduct.never.or(Some(fault.id)),
                Kind::Reorder { window } => conduct.behind = conduct.behind.or(Some((fault.id, window))),
                Kind::Overload { at_once, pause_ms } => {
                    let pause = Duration::from_millis(pause_ms.into());
                    conduct.busy = conduct.busy.or(Some((fault.id, at_once, pause)));
                }
                Kind::SlowReader { policy, .. } => conduct.overflow = conduct.overflow.or(Some((fault.id, policy))),
                Kind::ShortHistory { keep } => conduct.keep = Some(conduct.keep.map_or(keep, |less| less.min(keep))),
                Kind::NoId => conduct.ids = false,
                Kind::Retry { ms } => conduct.retry_ms = Some(ms),
                Kind::NoComments => conduct.comments = false,
                Kind::WrongType => conduct.typed = false,
                Kind::Restart { how: Goodbye::Drain | Goodbye::Kill, .. } => {
                    conduct.down = conduct.down.or(Some(fault.id));
                }
                Kind::StripUpgrade { answer } => {
                    conduct.stripped = conduct.stripped.or(Some((fault.id, answer)));
                }
                _ => {}
            }
        }
        conduct
    }

    /// The first end that a fault has in store for what was begun at `since`; the other half of the hook.
    pub fn leave(
        &self,
        (client, exchange, resource): (Option<ClientNo>, Option<ExchangeNo>, Option<Resource>),
        since: Micros,
    ) -> Option<Leave> {
        let key = (u64::from(client.unwrap_or(0)), u64::from(exchange.unwrap_or(0)));
        let leaves = self.faults.iter().filter_map(|fault| {
            if !fault.scope.covers(client, resource) || self.is_spent(fault) {
                return None;
            }
            let draw = Draw::new(fault, key);
            if !draw.strikes(fault.probability) {
                return None;
            }
            match fault.kind {
                Kind::Restart { how: Goodbye::Rotate, drain_ms } => {
                    let began = self.restarted.filter(|began| since <= *began)?;
                    Some(Leave { at: restart::turn(drain_ms, draw, began), by: fault.id, code: Some(1012) })
                }
                Kind::CloseCode { code } if resource == Some(Resource::Socket) => {
                    Some(Leave { at: since, by: fault.id, code })
                }
                _ => None,
            }
        });
        leaves.min_by_key(|leave| leave.at)
    }
}
