//! Connections as a browser keeps them: so many to the server at most, used again while they are open.

use std::{net::SocketAddr, sync::Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};

/// A pool of connections.
pub struct Pool {
    to: SocketAddr,
    places: Semaphore,
    idle: Mutex<Vec<TcpStream>>,
}

impl Pool {
    /// An empty pool for at most so many connections.
    pub fn new(to: SocketAddr, most: usize) -> Self {
        Self { to, places: Semaphore::new(most), idle: Mutex::default() }
    }

    /// Asks for something and gives its status and body, on a connection that is idle or, if there is none, on a new one.
    pub async fn get(&self, target: &str) -> std::io::Result<(u16, String)> {
        let _place = self.places.acquire().await.expect("nobody closes it");
        let mut socket = self.open(target).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await?);
        }
        let head = String::from_utf8(head).expect("a head is text").to_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let length = field("content-length").and_then(|length| length.parse().ok()).expect("it has a length");
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await?;
        if field("connection") != Some("close") {
            self.idle.lock().expect("no panic before").push(socket);
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok((status, String::from_utf8(body).expect("a body is text")))
    }

    /// Asks for something, and gives the connection on which the answer comes. It does not return to the pool.
    pub async fn open(&self, target: &str) -> std::io::Result<TcpStream> {
        let mut socket = match self.idle() {
            Some(socket) => socket,
            None => TcpStream::connect(self.to).await?,
        };
        let port = self.to.port();
        socket.write_all(format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes()).await?;
        Ok(socket)
    }

    /// A connection that is idle, and of whose end nothing is known.
    fn idle(&self) -> Option<TcpStream> {
        let mut idle = self.idle.lock().expect("no panic before");
        idle.retain(
            |socket| matches!(socket.try_read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock),
        );
        idle.pop()
    }
}
