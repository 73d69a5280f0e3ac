//! Whom a fault strikes: everybody, or only some of a lab's traffic.

use serde::{Deserialize, Serialize};

use crate::wire::{ClientNo, Resource, Technique};

/// Whom a fault strikes. Whatever is absent makes no difference: without anything, everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Only the traffic of this technique.
    pub technique: Option<Technique>,
    /// Only requests of this resource, and what answers them.
    pub resource: Option<Resource>,
    /// Only this client's.
    pub client: Option<ClientNo>,
}

impl Scope {
    /// Whether it covers what such a client asks for at such a resource. What nobody knows is not covered by a scope that
    /// wants to know it.
    pub fn covers(&self, client: Option<ClientNo>, resource: Option<Resource>) -> bool {
        let technique = || resource.and_then(Resource::technique);
        self.client.is_none_or(|only| client == Some(only))
            && self.resource.is_none_or(|only| resource == Some(only))
            && self.technique.is_none_or(|only| technique() == Some(only))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_narrows_it() {
        let all = Scope::default();
        assert!(all.covers(None, None));
        let sse = Scope { technique: Some(Technique::Sse), ..all };
        assert!(sse.covers(Some(1), Some(Resource::Events)));
        assert!(!sse.covers(Some(1), Some(Resource::Poll)));
        assert!(!sse.covers(Some(1), None));
        let cached = Scope { resource: Some(Resource::BoardCached), client: Some(2), ..all };
        assert!(cached.covers(Some(2), Some(Resource::BoardCached)));
        assert!(!cached.covers(Some(2), Some(Resource::Board)));
        assert!(!cached.covers(Some(1), Some(Resource::BoardCached)));
    }
}
