//! Event streams (WHATWG HTML §9.2), decoded piece by piece.

use serde::{Deserialize, Serialize};

/// What a stream's reader gets from one block of lines, or a comment line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The `id` field, if the block has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The `event` field, if the block has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Length of the joined `data` in bytes; absent if the block has none, and so is never dispatched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<u32>,
    /// The `retry` field in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
    /// Whether this is a comment line, which no script ever sees.
    #[serde(default)]
    pub comment: bool,
}
