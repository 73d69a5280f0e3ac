//! One request on one connection, and the whole answer as text.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends a request and reads the whole answer: status, head and body.
pub async fn ask(to: SocketAddr, head: &str, body: &str) -> std::io::Result<(u16, String, String)> {
    let mut socket = TcpStream::connect(to).await?;
    let request = format!(
        "{head}\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        to.port(),
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((status, head.to_owned(), body.to_owned()))
}
