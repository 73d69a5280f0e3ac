//! As much of WebSocket (RFC 6455) as a client needs that only listens.

use std::io;

use super::conn::Conn;

/// The longest message, in bytes.
const LONGEST: u64 = 64 * 1024;

/// A key for the handshake: sixteen random bytes in base64 (§4.1).
pub fn key() -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |_| char::from(DIGITS[fastrand::usize(..64)]);
    let mut key: String = (0..21).map(digit).collect();
    // The last digit stands for two bits only.
    key.push(char::from(b"AQgw"[fastrand::usize(..4)]));
    key.push_str("==");
    key
}

/// What the other end said.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// A text, or a piece of one.
    Text(String),
    /// Goodbye.
    Close,
    /// Something else, which was answered if it had to be.
    Other,
}

/// The next frame.
pub async fn next(conn: &mut Conn) -> io::Result<Said> {
    let [first, second] = *conn.exact(2).await? else { return Err(io::ErrorKind::InvalidData.into()) };
    let length = match second & 0x7f {
        126 => big_endian(conn.exact(2).await?),
        127 => big_endian(conn.exact(8).await?),
        short => short.into(),
    };
    // A server's frames are not masked (§5.1).
    if second & 0x80 != 0 || length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let payload = conn.exact(length as usize).await?;
    match first & 0x0f {
        1 => Ok(Said::Text(String::from_utf8_lossy(payload).into_owned())),
        8 => {
            let answer = masked(8, payload);
            conn.send(&answer).await?;
            Ok(Said::Close)
        }
        9 => {
            let pong = masked(10, payload);
            conn.send(&pong).await?;
            Ok(Said::Other)
        }
        _ => Ok(Said::Other),
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A control frame: masked, as every client's is (§5.3).
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(125)];
    let mask = fastrand::u32(..).to_be_bytes();
    // At most 125.
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8];
    frame.extend_from_slice(&mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
