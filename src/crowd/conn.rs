//! A client's connection: a socket, a small buffer, and as much of HTTP/1.1 (RFC 9112) as our own server speaks.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The longest piece that is taken: an answer with all the updates that a lab keeps.
const LONGEST: usize = 256 * 1024;

/// How much is read at once.
const READ: usize = 2048;

/// A connection.
pub struct Conn {
    socket: TcpStream,
    buffer: Vec<u8>,
    /// Where in the buffer the next byte is.
    at: usize,
}

/// The head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its status.
    pub status: u16,
    /// Length of its body, in bytes; none, if it comes in chunks.
    pub length: Option<usize>,
    /// Whether the connection ends with it.
    pub closes: bool,
}

impl Conn {
    /// Connects.
    pub async fn to(at: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(at).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::new(), at: 0 })
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes).await
    }

    /// Reads more into the buffer.
    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        if self.buffer.len() >= LONGEST {
            return Err(io::Error::other("more than anybody would say"));
        }
        self.buffer.reserve(READ);
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// So many bytes.
    pub async fn exact(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.at < count {
            self.fill().await?;
        }
        self.at += count;
        Ok(&self.buffer[self.at - count..self.at])
    }

    /// A line, without its end.
    pub async fn line(&mut self) -> io::Result<&str> {
        let mut seen = 0;
        let length = loop {
            let rest = &self.buffer[self.at..];
            if let Some(end) = rest[seen..].iter().position(|byte| *byte == b'\n') {
                break seen + end + 1;
            }
            seen = rest.len();
            self.fill().await?;
        };
        let line = self.exact(length).await?;
        let text = std::str::from_utf8(line).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(text.trim_end_matches(['\r', '\n']))
    }

    /// The head of an answer.
    pub async fn head(&mut self) -> io::Result<Head> {
        let bad = || io::Error::from(io::ErrorKind::InvalidData);
        let status = self.line().await?.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(bad)?;
        let mut head = Head { status, length: Some(0), closes: false };
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(head);
            }
            let Some((name, value)) = line.split_once(':') else { return Err(bad()) };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.length = Some(value.parse().map_err(|_| bad())?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.length = None;
            } else if name.eq_ignore_ascii_case("connection") {
                head.closes = value.eq_ignore_ascii_case("close");
            }
        }
    }

    /// The body of an answer with a length. Our server says one for all that ends.
    pub async fn body(&mut self, head: Head) -> io::Result<&[u8]> {
        match head.length {
            Some(length) => self.exact(length).await,
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// The next chunk of a body without a length, added to what is there; false at the end.
    pub async fn chunk(&mut self, to: &mut Vec<u8>) -> io::Result<bool> {
        let line = self.line().await?;
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.ok().filter(|size| *size < LONGEST).ok_or(io::ErrorKind::InvalidData)?;
        to.extend_from_slice(self.exact(size).await?);
        self.exact(2).await?;
        Ok(size > 0)
    }
}
