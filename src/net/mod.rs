//! Sockets: the lab's accept loop, the tap on every connection, and how they end. Only this folder names hyper.

pub mod clock;
pub mod line;
