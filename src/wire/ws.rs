//! WebSocket frames (RFC 6455 §5.2), decoded piece by piece.
