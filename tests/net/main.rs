//! The lab's listener and its tap, over real sockets.

mod clients;
mod faults;
mod http;
mod keep_alive;
mod limits;
mod sequences;
mod stage;
mod storm;
mod verdicts;
