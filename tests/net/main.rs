//! The lab's listener and its tap, over real sockets.

mod http;
mod keep_alive;
mod limits;
mod stage;
mod storm;
mod verdicts;
