//! Strip upgrade: an intermediary that does not pass on the wish for another protocol.
//!
//! `Upgrade` is a field for the next hop only (RFC 9110 §7.8): who knows nothing of WebSocket passes the request on without
//! it.
//!
//! *On the bytes:* nothing. The server answers the handshake as if the field had not been there: 426, or whatever it has for an
//! ordinary GET.
//!
//! *It must show:* a WebSocket that never opens, while everything else on the same way works; and a page that has another way
//! ready.
