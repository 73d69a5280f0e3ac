//! An `EventSource` without a browser (WHATWG HTML §9.2): it reads the stream line by line, waits for `retry` when it
//! breaks off, and comes back with the last id.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::mpsc,
};

/// What it tells its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Open,
    Message { event: String, data: String },
    Broken,
    Failed,
}

pub struct Source {
    to: std::net::SocketAddr,
    target: String,
    retry: Duration,
    last_id: String,
}

impl Source {
    pub fn new(to: std::net::SocketAddr, target: String) -> Self {
        Self { to, target, retry: Duration::from_secs(3), last_id: String::new() }
    }

    /// Runs until it fails for good. Dropping the future closes it.
    pub async fn run(mut self, tell: mpsc::Sender<Told>) {
        while !self.connection(&tell).await {
            let _ = tell.send(Told::Broken).await;
            tokio::time::sleep(self.retry).await;
        }
        let _ = tell.send(Told::Failed).await;
    }

    /// One connection. True: it never comes back (§9.2.3).
    async fn connection(&mut self, tell: &mpsc::Sender<Told>) -> bool {
        let Ok(socket) = TcpStream::connect(self.to).await else { return false };
        let mut socket = BufReader::new(socket);
        let id = if self.last_id.is_empty() { String::new() } else { format!("Last-Event-ID: {}\r\n", self.last_id) };
        let request = format!("GET {} HTTP/1.1\r\nHost: localhost:{}\r\n{id}\r\n", self.target, self.to.port());
        if socket.write_all(request.as_bytes()).await.is_err() {
            return false;
        }
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match socket.read_line(&mut head).await {
                Ok(1..) => {}
                _ => return false,
            }
        }
        let head = head.to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") || !head.contains("\r\ncontent-type: text/event-stream\r\n") {
            return true;
        }
        let _ = tell.send(Told::Open).await;
        let (mut text, mut event, mut data) = (String::new(), String::new(), String::new());
        while let Some(chunk) = chunk(&mut socket).await {
            text.push_str(&chunk);
            while let Some(end) = text.find('\n') {
                let line: String = text.drain(..=end).collect();
                let (name, value) = line.trim_end().split_once(": ").unwrap_or((line.trim_end(), ""));
                match name {
                    "id" => self.last_id = value.to_owned(),
                    "retry" => self.retry = Duration::from_millis(value.parse().unwrap_or(3000)),
                    "event" => event = value.to_owned(),
                    "data" if data.is_empty() => data = value.to_owned(),
                    "data" => data = format!("{data}\n{value}"),
                    "" if line.trim_end().is_empty() && !data.is_empty() => {
                        let (event, data) = (std::mem::take(&mut event), std::mem::take(&mut data));
                        let _ = tell.send(Told::Message { event, data }).await;
                    }
                    _ => {}
                }
            }
        }
        false
    }
}

/// The next chunk of a chunked body (RFC 9112 §7.1); nothing at its end, or the connection's.
async fn chunk(socket: &mut BufReader<TcpStream>) -> Option<String> {
    let mut size = String::new();
    socket.read_line(&mut size).await.ok()?;
    let size = usize::from_str_radix(size.trim_end(), 16).ok().filter(|size| *size > 0)?;
    let mut bytes = vec![0; size + 2];
    socket.read_exact(&mut bytes).await.ok()?;
    bytes.truncate(size);
    String::from_utf8(bytes).ok()
}
