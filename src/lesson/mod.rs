//! Lessons: files under `lessons/`, read, checked and shown.
//!
//! In reading order: [`manifest`], what is the same in every language; `parse`, Markdown to a tree; `text`, the tree in the
//! shape of a step; `glossary` and `notes`; `load`, all of it together; `check`, the linter (with `possible`); `render`, blocks to HTML.

pub mod chooser;
#[cfg(feature = "ssr")]
pub mod class_quiz;
pub mod manifest;
#[cfg(feature = "ssr")]
pub mod outside;
#[cfg(feature = "ssr")]
pub mod paths;

#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
pub mod files;
#[cfg(feature = "ssr")]
pub mod glossary;
#[cfg(feature = "ssr")]
pub mod load;
#[cfg(feature = "ssr")]
pub mod notes;
#[cfg(feature = "ssr")]
pub mod parse;
#[cfg(feature = "ssr")]
mod possible;
#[cfg(feature = "ssr")]
pub mod problem;
#[cfg(feature = "ssr")]
pub mod render;
#[cfg(feature = "ssr")]
pub mod text;
