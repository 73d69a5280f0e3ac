//! What can be asked for on a lab's listener: the part of a path that follows the lab's name.

use serde::{Deserialize, Serialize};

use super::Technique;

/// Which of a lab's resources a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// `poll`: the updates after a cursor.
    Poll,
    /// `board`: the whole list.
    Board,
    /// `board/cached`: the whole list, if it changed.
    BoardCached,
    /// `job`: a background job.
    Job,
    /// `hold`: the updates after a cursor, held until there are some.
    Hold,
    /// `events`: the stream of events.
    Events,
    /// `socket`: the WebSocket.
    Socket,
    /// `stroke`: a stroke of the shared pad.
    Stroke,
    /// `page`, and its parts, `page/1` to `page/8`.
    Page,
}

impl Resource {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Resource; 9] = [
        Resource::Poll,
        Resource::Board,
        Resource::BoardCached,
        Resource::Job,
        Resource::Hold,
        Resource::Events,
        Resource::Socket,
        Resource::Stroke,
        Resource::Page,
    ];

    /// The path that follows the lab's name, without a slash before it.
    pub fn path(self) -> &'static str {
        match self {
            Resource::Poll => "poll",
            Resource::Board => "board",
            Resource::BoardCached => "board/cached",
            Resource::Job => "job",
            Resource::Hold => "hold",
            Resource::Events => "events",
            Resource::Socket => "socket",
            Resource::Stroke => "stroke",
            Resource::Page => "page",
        }
    }

    /// What such a path asks for; nothing for one that a lab does not have.
    pub fn of(path: &str) -> Option<Self> {
        if path.starts_with("page/") {
            return Some(Resource::Page);
        }
        Self::ALL.into_iter().find(|resource| resource.path() == path)
    }

    /// The technique that asks for it; a stroke belongs to whichever its hand uses.
    pub fn technique(self) -> Option<Technique> {
        match self {
            Resource::Poll | Resource::Board | Resource::BoardCached | Resource::Job => Some(Technique::ShortPoll),
            Resource::Hold => Some(Technique::LongPoll),
            Resource::Events => Some(Technique::Sse),
            Resource::Socket => Some(Technique::WebSocket),
            Resource::Page => Some(Technique::Request),
            Resource::Stroke => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_resource() {
        for resource in Resource::ALL {
            assert_eq!(Resource::of(resource.path()), Some(resource));
        }
        assert_eq!(Resource::of("page/3"), Some(Resource::Page));
        for other in ["", "polls", "board/", "board/cached/x", "events?x"] {
            assert_eq!(Resource::of(other), None, "{other}");
        }
    }
}
