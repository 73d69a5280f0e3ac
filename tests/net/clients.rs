//! Clients that come back, whatever happens to them, until all faults are gone and they have heard something new.

use std::{net::SocketAddr, time::Duration};

use lifeline::{net::clock, wire::Micros};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

use crate::{
    sequences::Weather,
    stage::{LABS, read_frame},
};

/// How long a client waits for anything.
const PATIENCE: Duration = Duration::from_millis(300);

/// Who asks, and what it is exposed to.
pub struct Client<'a> {
    pub address: SocketAddr,
    pub weather: &'a Weather,
    pub seed: u64,
}

/// Why a connection was given up.
enum Trouble {
    /// Nothing came for too long: that may be this machine.
    Silence,
    /// It ended, or said what it should not have.
    Ended(&'static str),
}

impl Client<'_> {
    /// A connection, and when it began.
    async fn connect(&self) -> (TcpStream, Micros) {
        let socket = TcpStream::connect(self.address).await.expect("the listener accepts");
        socket.set_nodelay(true).expect("a living socket");
        (socket, clock::now())
    }

    /// A connection was given up, which has to have a cause.
    fn gives_up(&self, trouble: Trouble, since: Micros) {
        if let Trouble::Ended(what) = trouble {
            self.weather.excuses(since, what);
        }
    }
}

/// Reads more.
async fn more(socket: &mut (impl AsyncReadExt + Unpin), got: &mut Vec<u8>) -> Result<(), Trouble> {
    let mut buffer = [0; 4096];
    match timeout(PATIENCE, socket.read(&mut buffer)).await {
        Err(_) => Err(Trouble::Silence),
        Ok(Ok(0)) => Err(Trouble::Ended("an end")),
        Ok(Err(_)) => Err(Trouble::Ended("a reset")),
        Ok(Ok(n)) => {
            got.extend_from_slice(&buffer[..n]);
            Ok(())
        }
    }
}

/// Takes a head off what has come: its status, and the length it says, if it does.
async fn head(socket: &mut TcpStream, got: &mut Vec<u8>) -> Result<(u16, Option<usize>), Trouble> {
    loop {
        if let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
            let status = head.strip_prefix("http/1.1 ").and_then(|rest| rest.split(' ').next()?.parse().ok());
            let Some(status) = status else { return Err(Trouble::Ended("an answer without a head")) };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            got.drain(..end + 4);
            return Ok((status, length));
        }
        // Where the head was lost, what follows it is nonsense.
        if got.iter().zip(b"HTTP/1.1 ").any(|(is, should)| is != should) {
            return Err(Trouble::Ended("an answer without a head"));
        }
        more(socket, got).await?;
    }
}

/// Sends a request, and takes the head of what answers it, if that has this status.
async fn ask(socket: &mut TcpStream, ask: &str, status: u16, got: &mut Vec<u8>) -> Result<Option<usize>, Trouble> {
    if socket.write_all(ask.as_bytes()).await.is_err() {
        return Err(Trouble::Ended("a reset"));
    }
    match head(socket, got).await? {
        (is, length) if is == status => Ok(length),
        _ => Err(Trouble::Ended("another answer")),
    }
}

/// Follows the news, and asks for what it missed. Gives the numbers of the updates as they came.
pub async fn stream(client: Client<'_>, news: &watch::Sender<u32>) -> Vec<u32> {
    let (mut seen, mut attempt, mut goal) = (Vec::new(), 0, None);
    loop {
        attempt += 1;
        let (mut socket, since) = client.connect().await;
        let last = seen.iter().max().copied().unwrap_or(0);
        let request = format!("GET /l/{}/events?c=1&n={attempt}&after={last} HTTP/1.1\r\nHost: lab\r\n\r\n", LABS[0]);
        let follow = async {
            let mut got = Vec::new();
            ask(&mut socket, &request, 200, &mut got).await?;
            loop {
                while let Some(update) = chunk(&mut got, client.seed) {
                    seen.push(update);
                    if client.weather.is_calm() && update >= *goal.get_or_insert_with(|| *news.borrow() + 3) {
                        return Ok(());
                    }
                }
                more(&mut socket, &mut got).await?;
            }
        };
        match follow.await {
            Ok(()) => return seen,
            Err(trouble) => client.gives_up(trouble, since),
        }
    }
}

/// Takes a chunk off what has come: an update, whole and alone. Anything else is torn, which no fault may do.
fn chunk(got: &mut Vec<u8>, seed: u64) -> Option<u32> {
    let line = got.windows(2).position(|two| two == b"\r\n")?;
    let torn = || format!("sequence {seed}: a torn stream: {:?}", String::from_utf8_lossy(got));
    let size = std::str::from_utf8(&got[..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
    let size = size.unwrap_or_else(|| panic!("{}", torn()));
    let (from, until) = (line + 2, line + 2 + size);
    if got.len() < until + 2 {
        return None;
    }
    let text = std::str::from_utf8(&got[from..until]).ok();
    let update = text.and_then(|text| text.strip_prefix("data: update ")?.strip_suffix("\n\n")?.parse().ok());
    let update = update.unwrap_or_else(|| panic!("{}", torn()));
    assert!(got[until..].starts_with(b"\r\n"), "{}", torn());
    got.drain(..until + 2);
    Some(update)
}

/// Talks over a WebSocket, one text after the other, each of which is to come back.
pub async fn sockets(client: Client<'_>) {
    let (mut attempt, mut text) = (0u32, 0u32);
    loop {
        attempt += 1;
        let (mut socket, since) = client.connect().await;
        let request = format!(
            "GET /l/{}/socket?c=2&n={attempt} HTTP/1.1\r\nHost: lab\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            LABS[0]
        );
        let talk = async {
            let mut got = Vec::new();
            ask(&mut socket, &request, 101, &mut got).await?;
            let (read, mut write) = socket.split();
            // What came with the head belongs to the frames.
            let mut read = AsyncReadExt::chain(&got[..], read);
            loop {
                text += 1;
                let calm = client.weather.is_calm();
                let said = format!("text {text}");
                let frame = [&[0x81, 0x80 | said.len() as u8, 0, 0, 0, 0], said.as_bytes()].concat();
                if write.write_all(&frame).await.is_err() {
                    return Err(Trouble::Ended("a reset"));
                }
                let echo = async {
                    loop {
                        let (opcode, payload) = read_frame(&mut read).await?;
                        if opcode == 1 && payload == said.as_bytes() {
                            return std::io::Result::Ok(());
                        }
                        // A ping, or a text that comes twice.
                        let known = opcode == 9 || payload.starts_with(b"text ");
                        assert!(known, "sequence {}: {opcode} {payload:?}", client.seed);
                    }
                };
                match timeout(PATIENCE, echo).await {
                    Ok(Ok(())) if calm => return Ok(()),
                    Ok(Ok(())) => tokio::time::sleep(Duration::from_millis(4)).await,
                    Ok(Err(_)) => return Err(Trouble::Ended("an end")),
                    Err(_) => return Err(Trouble::Silence),
                }
            }
        };
        match talk.await {
            Ok(()) => return,
            Err(trouble) => client.gives_up(trouble, since),
        }
    }
}

/// Sends bodies of random lengths, one after the other, each of which is to come back whole.
pub async fn poll(client: Client<'_>) {
    let mut rng = fastrand::Rng::with_seed(client.seed);
    let mut exchange = 0u32;
    loop {
        let (mut socket, since) = client.connect().await;
        let poll = async {
            loop {
                exchange += 1;
                let calm = client.weather.is_calm();
                let body: String = (0..rng.usize(0..2500)).map(|_| rng.lowercase()).collect();
                let length = body.len();
                let request = format!(
                    "POST /l/{}/echo?c=3&n={exchange} HTTP/1.1\r\nHost: lab\r\nContent-Length: {length}\r\n\r\n{body}",
                    LABS[0]
                );
                let mut got = Vec::new();
                let length = ask(&mut socket, &request, 200, &mut got).await?.unwrap_or(0);
                while got.len() < length {
                    more(&mut socket, &mut got).await?;
                }
                // With a hole in what went up or down, other bytes may stand in this place.
                if got != body.as_bytes() {
                    return Err(Trouble::Ended("another body"));
                }
                if calm {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        };
        match poll.await {
            Ok(()) => return,
            Err(trouble) => client.gives_up(trouble, since),
        }
    }
}
