//! Both directions of one connection, decoded together: answers need the methods of their requests, and an upgrade
//! changes both.

use super::{ClientNo, Close, Direction, ExchangeNo, LabId, Unit};

/// A connection's decoder. It keeps a few hundred bytes of state and the bounded texts of the unit under way.
#[derive(Debug, Default)]
pub struct Decoder {}

/// What came of feeding some bytes.
#[derive(Debug, PartialEq)]
pub struct Fed {
    /// How many bytes were taken: up to the end of the current unit at most. Never 0 for a non-empty input.
    pub taken: usize,
    /// The unit that ended with them.
    pub cut: Option<Cut>,
}

/// A unit, and which request of its connection it belongs to.
#[derive(Debug, PartialEq)]
pub struct Cut {
    /// The unit.
    pub unit: Unit,
    /// The request it belongs to, counted on this connection from 1; 0 if there is none.
    pub request: u32,
    /// Where a request head wants to go.
    pub address: Option<Address>,
}

/// Where a request wants to go, by the specification of identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The lab named in the path.
    pub lab: Option<LabId>,
    /// `c` of the query, or of `Accept`.
    pub client: Option<ClientNo>,
    /// `n` of the query, or of `Accept`.
    pub exchange: Option<ExchangeNo>,
}

impl Decoder {
    /// Takes bytes of one direction, up to the end of the current unit at most: call again with the rest.
    pub fn feed(&mut self, _dir: Direction, _bytes: &[u8]) -> Fed {
        Fed { taken: 0, cut: None }
    }

    /// Ends the unit under way early, for a caller that can keep no more of it: a piece of a body as far as it came,
    /// or opaque bytes. Nothing if no byte of it was fed.
    pub fn cut(&mut self, _dir: Direction) -> Option<Cut> {
        None
    }

    /// The direction ended: what was under way, if anything (a body that ends with the connection has its last piece
    /// here), then the end itself.
    pub fn end(&mut self, _dir: Direction, _how: Close) -> (Option<Cut>, Cut) {
        (None, Cut { unit: Unit::End { how: _how }, request: 0, address: None })
    }
}
