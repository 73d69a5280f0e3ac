//! A class: an instructor, a projector, a room of readers.
//!
//! It is what the course teaches, used for itself: an append-only log of numbered [`event`]s, and a pure fold of it, the
//! [`state`]. What somebody wants is an [`order`]; the [`rules`] say what comes of it: events, or why not. The class's task (on
//! the server, `room::class`) asks them, and stores the events before it says that it is done. What each face is shown is a [`view`], which [`show`] makes
//! from the state as a whole each time it changed: so who comes late, or back, has everything at once.
//!
//! [`code`] and [`name`] are what people type, [`ballot`] what they vote, [`report`] what remains. Nothing here knows a clock, a socket or a page:
//! time is an argument, in milliseconds since the beginning of 1970 (UTC).

pub mod ballot;
pub mod code;
pub mod event;
pub mod name;
pub mod order;
pub mod report;
pub mod rules;
pub mod show;
pub mod state;
pub mod view;

pub use code::Code;
pub use event::Event;
pub use state::Class;

/// A reader's number in the class, from 1, in the order in which they joined. It is never given twice.
pub type ReaderNo = u32;

/// A time of day: milliseconds since the beginning of 1970 (UTC), by the server's clock.
pub type Moment = u64;

/// The most readers of a class, those that left included.
pub const READERS: usize = 1000;
