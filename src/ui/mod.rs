//! The interactive parts of a page: islands, each a leaf but for [`step::Step`], which holds a step together.

#![allow(missing_docs, reason = "the macro for islands makes structs of props without documentation")]

pub mod choice;
pub mod class;
pub mod evidence;
pub mod explain;
pub mod figures;
pub mod lab;
pub mod page;
pub mod quiz;
pub mod stage;
pub mod step;
