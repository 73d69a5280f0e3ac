//! What may be asked of a lab's task.

use tokio::sync::oneshot;

use crate::{
    class::event::Sums,
    fault::Fault,
    recording::write::Saved,
    room::{intake::Batch, subscriber::Subscription},
    wire::control::{Command, Cursor, LabState},
};

/// What control sockets, the API and a class ask of a lab's task.
#[derive(Debug)]
pub enum Ask {
    /// To follow the lab.
    Join {
        /// The page's own random number: it follows on one socket at a time.
        page: u64,
        /// Where the page was when it lost its socket.
        resume: Option<Cursor>,
        /// The answer: nothing, if [`PAGES`](super::PAGES) are following.
        reply: oneshot::Sender<Option<Subscription>>,
    },
    /// To follow it no longer.
    Leave {
        /// The subscription's number.
        id: u64,
    },
    /// To take what a browser saw.
    Observe {
        /// The batch.
        batch: Batch,
        /// The answer: the number up to which the page's observations are in the log, or why none was taken.
        reply: oneshot::Sender<Result<u64, String>>,
    },
    /// To have the log as it is now, for a recording.
    Save {
        /// The answer.
        reply: oneshot::Sender<Saved>,
    },
    /// To know its settings.
    State {
        /// The answer.
        reply: oneshot::Sender<LabState>,
    },
    /// To know its sums, as a class wants them.
    Sum {
        /// Which log its sums are known of, and up to which record.
        known: Option<Cursor>,
        /// The answer: the sums, and up to where they go; nothing, if nothing was added.
        reply: oneshot::Sender<Option<(Cursor, Sums)>>,
    },
    /// To have these faults of its class in place of all others, and again after each reset, until they are taken away with an
    /// empty list. They were checked.
    Impose {
        /// The faults.
        faults: Vec<Fault>,
    },
    /// To do something.
    Command {
        /// What.
        command: Command,
        /// The answer: done, or why not.
        reply: oneshot::Sender<Result<(), String>>,
    },
}
