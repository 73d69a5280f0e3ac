//! Close code: a server that closes WebSockets, with whatever code it thinks right, or with none.
//!
//! *On the bytes:* nothing. The server sends a close frame with the code on every socket that is open or comes, and waits for the
//! client's; or it ends the connection without one.
//!
//! *It must show:* what each end is told. 1006 is on no wire: it is what a browser says when nothing was.

/// Checks the parameter.
pub(super) fn check(code: Option<u16>) -> Result<(), String> {
    match code {
        // Those three are for a program's own use, and never travel (RFC 6455 §7.4.1).
        Some(code @ 1004..=1006) => Err(format!("code: {code} never travels in a close frame")),
        Some(code) if !matches!(code, 1000..=1014 | 3000..=4999) => {
            Err(format!("code: {code} is neither from 1000 to 1014 nor from 3000 to 4999"))
        }
        _ => Ok(()),
    }
}
