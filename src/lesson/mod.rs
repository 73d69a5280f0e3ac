//! Lessons: files under `lessons/`, read, checked and shown.

pub mod manifest;
