//! Waiting for the turn of what is first in a queue: for its time, or for another chain that decides anew.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep};

use crate::{
    net::{clock, line::Line},
    wire::Micros,
};

/// What the head of a queue waits for.
pub(super) struct Wait {
    /// When it is due; never by itself if absent.
    pub(super) due: Option<Micros>,
    /// The lab whose chain decides.
    pub(super) line: Option<Arc<Line>>,
}

/// Whoever waits, one unit after the other: the same timer and the same ear for other chains serve a direction for the
/// connection's whole life.
pub(super) struct Waiter {
    timer: Pin<Box<Sleep>>,
    /// What the timer is set to; nothing once it has fired.
    set: Option<Micros>,
    chain: Option<(Arc<Line>, Changed)>,
}

/// Another chain is in force, or the lab is gone.
type Changed = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Waiter {
    pub(super) fn new() -> Self {
        Self { timer: Box::pin(tokio::time::sleep_until(Instant::now())), set: None, chain: None }
    }

    /// Ready when it is time to look again, which may be too early, but never too late.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, wait: &Wait) -> Poll<()> {
        if let Some(line) = &wait.line {
            match &mut self.chain {
                Some((of, changed)) if Arc::ptr_eq(of, line) => {
                    if changed.as_mut().poll(cx).is_ready() {
                        self.chain = None;
                        return Poll::Ready(());
                    }
                }
                chain => {
                    let mut changes = line.changes();
                    changes.mark_unchanged();
                    *chain = Some((line.clone(), Box::pin(async move { drop(changes.changed().await) })));
                    // A change between the decision and this would be missed.
                    return Poll::Ready(());
                }
            }
        }
        if let Some(due) = wait.due {
            if self.set != Some(due) {
                self.timer.as_mut().reset(Instant::now() + clock::until(due));
                self.set = Some(due);
            }
            if self.timer.as_mut().poll(cx).is_ready() {
                self.set = None;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
