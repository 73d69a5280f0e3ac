//! HTTP/1.x (RFC 9112), decoded piece by piece.
