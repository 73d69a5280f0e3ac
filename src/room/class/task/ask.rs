//! The messages that a class's task takes. They hold secrets, so they have no form for a log.

use tokio::sync::oneshot;

use crate::{
    class::{
        ReaderNo,
        order::{Face, Order, Phase, Wish},
        view::Refusal,
    },
    error::Error,
    room::{class::pages::Subscription, secret::Secret, subscriber::Goodbye},
};

/// What others ask of a class's task.
pub enum Ask {
    /// A reader wants to join.
    Join {
        /// As it was typed.
        name: Option<String>,
        /// The answer: the reader's number and token.
        reply: oneshot::Sender<Result<(ReaderNo, Secret), Error>>,
    },
    /// A page has said hello.
    Enter {
        /// What it wants to be.
        face: Face,
        /// Whether its handshake brought the instructor's right.
        instructor: bool,
        /// A reader's token.
        token: String,
        /// The page's own number.
        page: u64,
        /// The answer.
        reply: oneshot::Sender<Result<Subscription, Goodbye>>,
    },
    /// A page's socket has ended.
    Leave {
        /// The page's number in the class.
        id: u64,
    },
    /// A page wants something that readers want.
    Wish {
        /// The page's number in the class.
        id: u64,
        /// What.
        wish: Wish,
        /// The answer, once it is stored.
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// A page wants something that only the instructor may.
    Order {
        /// The page's number in the class.
        id: u64,
        /// What.
        order: Order,
        /// The answer, once it is stored.
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// What everybody may know.
    Public {
        /// The answer.
        reply: oneshot::Sender<Public>,
    },
    /// The report.
    Report {
        /// The answer: comma-separated values.
        reply: oneshot::Sender<String>,
    },
    /// To forget the class with all that is known of its readers.
    Forget {
        /// The answer, once nothing is left.
        reply: oneshot::Sender<Result<(), Error>>,
    },
}

/// What everybody may know of a class.
#[derive(Clone, Debug)]
pub struct Public {
    /// Whether readers may join.
    pub open: bool,
    /// What is being done.
    pub phase: Phase,
    /// The language of the wall.
    pub locale: String,
}
