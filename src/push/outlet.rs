//! What a lab offers to the techniques.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU32},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    conduct::Desk,
    feed::{FeedState, Updates},
    job::{Jobs, Start},
    pad::Pad,
};
use crate::{
    error::Error,
    net::{clock, line::Line},
    wire::{ClientNo, ExchangeNo, Fact, LabId, Observation, Resource, Witness},
};

/// Who asks, by the specification of identity: nobody knows, for a reader's own `curl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The client.
    pub client: Option<ClientNo>,
    /// Its exchange.
    pub exchange: Option<ExchangeNo>,
    /// The crowd of a synthetic client: what the server does for it is summed up, not written down.
    pub crowd: Option<u32>,
    /// What it wants.
    pub resource: Option<Resource>,
}

/// Finds what a lab offers by the name in a request's path.
pub trait Outlets: Send + Sync + 'static {
    /// The lab's outlet, if there is such a lab.
    fn outlet(&self, lab: &LabId) -> Option<Arc<Outlet>>;
}

/// A lab, as the techniques see it.
#[derive(Debug)]
pub struct Outlet {
    /// Where observations go and the chain of faults comes from.
    pub line: Arc<Line>,
    /// What has been published.
    pub feed: watch::Receiver<Arc<FeedState>>,
    /// The jobs of the run.
    pub jobs: watch::Receiver<Arc<Jobs>>,
    /// Asks the lab's task to start a job.
    pub start: mpsc::Sender<StartJob>,
    /// What each client was told last, to know an answer that brings it nothing.
    pub told: Mutex<Told>,
    /// What the hook remembers.
    pub desk: Desk,
    /// How many requests are held now.
    pub held: AtomicU32,
    /// After how long a silence an event stream gets a comment.
    pub comment: Duration,
    /// How many event streams are open now.
    pub streams: watch::Sender<u32>,
    /// How many WebSockets are open now.
    pub sockets: AtomicU32,
    /// The shared pad.
    pub pad: Pad,
}

/// A request to start a background job.
#[derive(Debug)]
pub struct StartJob {
    /// The exchange that asks for it, if that is known.
    pub by: Option<(ClientNo, ExchangeNo)>,
    /// The answer: nothing, if too many are running.
    pub reply: oneshot::Sender<Option<Start>>,
}

/// How many clients of a run a lab remembers what it told them.
const CLIENTS: usize = 256;

/// What each client was told last.
#[derive(Debug, Default)]
pub struct Told {
    run: u64,
    last: HashMap<(ClientNo, Topic), u64>,
}

/// What somebody may ask about whose answer can be old news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The board, by version.
    Board,
    /// The job of this number, by percent.
    Job(u32),
}

impl Told {
    /// Notes that a client is told this, and says whether it was told the same before.
    fn again(&mut self, run: u64, client: ClientNo, topic: Topic, value: u64) -> bool {
        // Clients are numbered anew in each run; and a lab with more clients than anybody draws may forget.
        if self.run != run || self.last.len() >= CLIENTS {
            self.last.clear();
            self.run = run;
        }
        self.last.insert((client, topic), value) == Some(value)
    }
}

impl Outlet {
    /// The feed as it is now.
    pub fn feed(&self) -> Arc<FeedState> {
        self.feed.borrow().clone()
    }

    /// Whether this client was told the same about this topic in its last answer; nobody knows for an unknown client.
    pub fn told_again(&self, who: Who, topic: Topic, value: u64) -> bool {
        let Some(client) = who.client else { return false };
        let run = self.feed.borrow().run();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).again(run, client, topic, value)
    }

    /// Starts a background job.
    ///
    /// # Errors
    /// [`NoJob`] if it cannot be started.
    pub async fn start_job(&self, who: Who) -> Result<Start, NoJob> {
        let (reply, answer) = oneshot::channel();
        let start = StartJob { by: who.client.zip(who.exchange), reply };
        self.start.send(start).await.map_err(|_| NoJob::Gone)?;
        answer.await.map_err(|_| NoJob::Gone)?.ok_or(NoJob::TooMany)
    }

    /// The updates after a cursor, as far as the server remembers them now; from the oldest that is kept, without one.
    ///
    /// # Errors
    /// 400 if the cursor is ahead of the feed.
    pub fn after(&self, who: Who, cursor: Option<u64>) -> Result<Updates, Error> {
        let mut updates = self.feed().after(cursor).map_err(|last| {
            Error::bad_request(format!("the cursor is ahead of the feed, whose last update is number {last}"))
        })?;
        if let Some(keep) = self.conduct(who).keep {
            updates.forget(keep as usize);
        }
        Ok(updates)
    }

    /// Writes down what the server did.
    pub fn saw(&self, who: Who, fact: Fact) {
        if let Some(crowd) = who.crowd {
            return self.line.crowd().served(crowd, &fact);
        }
        self.line.observe(Observation {
            at: clock::now(),
            witness: Witness::Server,
            client: who.client,
            exchange: who.exchange,
            conn: None,
            fact,
        });
    }
}

/// Why a job was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoJob {
    /// [`super::job::AT_ONCE`] are running.
    TooMany,
    /// The lab has ended.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_told_twice_is_known() {
        let mut told = Told::default();
        assert!(!told.again(1, 1, Topic::Board, 0));
        assert!(told.again(1, 1, Topic::Board, 0));
        assert!(!told.again(1, 1, Topic::Board, 2));
        assert!(!told.again(1, 2, Topic::Board, 2));
        assert!(!told.again(1, 1, Topic::Job(1), 2));
        assert!(!told.again(2, 1, Topic::Board, 2), "another run, another client of that number");
        for client in 0..1000 {
            told.again(2, client, Topic::Board, 1);
        }
        assert!(told.last.len() <= CLIENTS);
    }
}
