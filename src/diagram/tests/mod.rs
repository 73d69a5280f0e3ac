//! Tests of the picture on logs that are made up here, fact by fact, as the witnesses would write them.

mod fold;
mod log;
mod paper;
mod sheet;
