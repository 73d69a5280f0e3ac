//! The lab's listener and its tap, over real sockets.

mod faults;
mod http;
mod keep_alive;
mod limits;
mod stage;
mod storm;
mod verdicts;
