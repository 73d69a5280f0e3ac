//! A small language for these tests: labs on a listener, raw clients, and what the wire witness wrote down.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hyper_util::rt::TokioIo;
use lifeline::{
    fault::chain::{Chain, Meta, Script, Verdict},
    net::{
        accept::{Limits, Listener, serve},
        census::Census,
        line::{Directory, Line, LineEnd},
        shutdown::Shutdown,
    },
    wire::{Close, Direction, Fact, LabId, Observation, Unit},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

/// How long anything may take that should happen at all.
pub const SOON: Duration = Duration::from_secs(5);

/// The names of the labs, in order.
pub const LABS: [&str; 2] = ["labaaaaaaa", "labbbbbbbb"];

/// A running listener.
pub struct Stage {
    pub address: SocketAddr,
    pub census: Arc<Census>,
    pub shutdown: Shutdown,
    pub labs: Vec<Lab>,
    pub house: House,
    serving: JoinHandle<()>,
}

/// A lab's end of its line.
pub struct Lab {
    pub end: LineEnd,
    pub log: Vec<Observation>,
}

/// What handlers and tests share.
#[derive(Clone)]
pub struct House {
    /// What the next event stream sends; one stream takes it.
    events: Arc<Mutex<Option<mpsc::Receiver<&'static str>>>>,
    /// Told when a handler that hangs was dropped.
    dropped: Arc<tokio::sync::Semaphore>,
    /// How often `count` was asked.
    asked: Arc<AtomicU32>,
    /// The number of the latest update, for streams that ask for what came after another.
    pub news: tokio::sync::watch::Sender<u32>,
}

struct Labs(HashMap<LabId, Arc<Line>>);

impl Directory for Labs {
    fn line(&self, lab: &LabId) -> Option<Arc<Line>> {
        self.0.get(lab).cloned()
    }
}

/// A chain with a distance and nothing else.
pub fn distance(ms: u64) -> Chain {
    Chain::new(Duration::from_millis(ms), Vec::new())
}

/// A chain that decides by a function.
pub fn script(decide: impl Fn(Meta<'_>) -> Verdict + Send + Sync + 'static) -> Chain {
    Chain { script: Some(Script::new(decide)), ..Chain::default() }
}

impl Stage {
    /// A listener with the default limits and a lab for each chain.
    pub async fn open<const N: usize>(chains: [Chain; N]) -> Self {
        Self::with(Limits::default(), chains).await
    }

    pub async fn with<const N: usize>(limits: Limits, chains: [Chain; N]) -> Self {
        let mut directory = HashMap::new();
        let mut labs = Vec::new();
        for (name, chain) in LABS.into_iter().zip(chains) {
            let id = LabId::parse(name).expect("a lab's name");
            let (line, end) = Line::new(id.clone(), chain);
            directory.insert(id, line);
            labs.push(Lab { end, log: Vec::new() });
        }
        let directory: Arc<dyn Directory> = Arc::new(Labs(directory));
        Self::serve(limits, Some(directory), labs).await
    }

    pub async fn untapped(limits: Limits) -> Self {
        Self::serve(limits, None, Vec::new()).await
    }

    async fn serve(limits: Limits, directory: Option<Arc<dyn Directory>>, labs: Vec<Lab>) -> Self {
        let house = House {
            events: Arc::default(),
            dropped: Arc::new(tokio::sync::Semaphore::new(0)),
            asked: Arc::default(),
            news: tokio::sync::watch::Sender::new(0),
        };
        let router = Router::new()
            .route("/free", get(async || "free"))
            .route("/l/{lab}/hello", get(async || "hello"))
            .route("/l/{lab}/echo", post(async |body: Bytes| body))
            .route("/l/{lab}/big/{bytes}", get(big))
            .route("/l/{lab}/hang", get(hang))
            .route("/l/{lab}/count", get(count))
            .route("/l/{lab}/lines/{n}", get(lines))
            .route("/l/{lab}/socket", get(socket))
            .route("/l/{lab}/events", get(events))
            .route("/l/{lab}/upgrade", get(upgrade))
            .with_state(house.clone());
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = listener.address().expect("an address");
        let (census, shutdown) = (listener.census(), Shutdown::new());
        let serving = tokio::spawn(serve(listener, router, limits, directory, shutdown.clone()));
        Self { address, census, shutdown, labs, house, serving }
    }

    pub async fn client(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.expect("the listener accepts");
        stream.set_nodelay(true).expect("a living socket");
        Client { stream, sent: 0, read: 0 }
    }

    /// What the next event stream sends.
    pub fn feed(&self) -> mpsc::Sender<&'static str> {
        let (send, receive) = mpsc::channel(64);
        *self.house.events.lock().expect("no panic in a handler") = Some(receive);
        send
    }

    /// Waits until a handler that hung was dropped.
    pub async fn dropped(&self) {
        let permit = timeout(SOON, self.house.dropped.acquire()).await.expect("a handler is dropped");
        permit.expect("the semaphore is open").forget();
    }

    /// Waits until no connection is left.
    pub async fn quiet(&self) {
        let quiet = timeout(SOON, self.census.empty()).await;
        quiet.unwrap_or_else(|_| panic!("{} connections have leaked", self.census.live()));
    }

    /// Ends, and proves that nothing stays behind.
    pub async fn close(self) {
        self.quiet().await;
        self.end().await;
    }

    /// Ends with whatever is open.
    pub async fn end(self) {
        self.shutdown.begin();
        timeout(Duration::from_secs(2), self.serving).await.expect("two seconds suffice").expect("no panic");
        assert_eq!(self.census.live(), 0, "connections have leaked");
    }
}

impl Lab {
    /// Reads the log until it says this.
    pub async fn until(&mut self, line: &str) -> &Observation {
        let from = self.log.len();
        self.until_more(from, line).await
    }

    /// The same, but what was read before counts, too.
    pub async fn has(&mut self, line: &str) -> &Observation {
        self.until_more(0, line).await
    }

    async fn until_more(&mut self, from: usize, line: &str) -> &Observation {
        let mut at = from;
        loop {
            if at < self.log.len() {
                if tell(&self.log[at]) == line {
                    return &self.log[at];
                }
                at += 1;
                continue;
            }
            match timeout(SOON, self.end.observations.recv()).await {
                Ok(Some(seen)) => self.log.push(seen),
                _ => panic!("`{line}` was not observed; but this was:\n{}", self.story().join("\n")),
            }
        }
    }

    /// What was observed so far, a line each.
    pub fn story(&mut self) -> Vec<String> {
        while let Ok(seen) = self.end.observations.try_recv() {
            self.log.push(seen);
        }
        self.log.iter().map(tell).collect()
    }

    /// The time of a line of the story, in milliseconds.
    pub fn at(&mut self, line: &str) -> f64 {
        self.story();
        let seen = self.log.iter().find(|seen| tell(seen) == line);
        seen.unwrap_or_else(|| panic!("`{line}` was not observed")).at as f64 / 1000.0
    }

    /// The time at which a unit of the way down came, in milliseconds.
    pub fn at_unit(&mut self, unit: u32) -> f64 {
        self.story();
        let came = |seen: &&Observation| matches!(seen.fact, Fact::Unit { dir: Direction::Down, no, .. } if no == unit);
        self.log.iter().find(came).expect("the unit came").at as f64 / 1000.0
    }

    /// Puts another chain into force.
    pub fn force(&self, chain: Chain) {
        self.end.chain.send_replace(Arc::new(chain));
    }
}

/// An observation in a line.
pub fn tell(seen: &Observation) -> String {
    let way = |dir: &Direction| if *dir == Direction::Up { "up" } else { "down" };
    let close = |how: &Close| if *how == Close::Fin { "fin" } else { "rst" };
    match &seen.fact {
        Fact::Opened => "opened".to_owned(),
        Fact::Unit { dir, no, unit } => {
            let what = match unit {
                Unit::RequestHead(head) => format!("{} #{}", head.method, head.nth),
                Unit::ResponseHead(head) => head.status.to_string(),
                Unit::Body(body) => format!("body {}{}", body.payload, if body.last { " last" } else { "" }),
                Unit::Frame(frame) => format!("frame {} {}", frame.opcode, frame.payload),
                Unit::Opaque { bytes } => format!("opaque {bytes}"),
                Unit::End { how } => close(how).to_owned(),
            };
            format!("{} {no}: {what}", way(dir))
        }
        Fact::Released { dir, no } => format!("{} {no} released", way(dir)),
        Fact::Dropped { dir, no, by } => format!("{} {no} dropped by {by}", way(dir)),
        Fact::Closed { dir, how, .. } => format!("{} closed by {}", way(dir), close(how)),
        Fact::Struck { by } => format!("struck by {by}"),
        other => panic!("the wire never sees {other:?}"),
    }
}

/// A raw client that counts.
pub struct Client {
    pub stream: TcpStream,
    pub sent: u64,
    pub read: u64,
}

impl Client {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the server reads");
        self.sent += bytes.as_ref().len() as u64;
    }

    /// Asks a lab, as an exchange of client 1.
    pub async fn get(&mut self, lab: &str, what: &str, exchange: u32) {
        self.send(format!("GET /l/{lab}/{what}?c=1&n={exchange} HTTP/1.1\r\nHost: lab\r\n\r\n")).await;
    }

    /// Reads a head and a body with a length; returns the status and the body.
    pub async fn answer(&mut self) -> (u16, String) {
        let head = self.until("\r\n\r\n").await;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let body = self.exactly(length.unwrap_or(0)).await;
        (status.unwrap_or_else(|| panic!("no status in {head:?}")), body)
    }

    /// Reads up to this text.
    pub async fn until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(text.as_bytes()) {
            match timeout(SOON, self.stream.read_u8()).await {
                Ok(Ok(byte)) => read.push(byte),
                other => panic!("{other:?} before {text:?}, after {:?}", String::from_utf8_lossy(&read)),
            }
            self.read += 1;
        }
        String::from_utf8(read).expect("text")
    }

    pub async fn exactly(&mut self, length: usize) -> String {
        String::from_utf8(self.exactly_bytes(length).await).expect("text")
    }

    pub async fn exactly_bytes(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        let read = timeout(SOON, self.stream.read_exact(&mut body)).await;
        read.expect("the body in time").expect("the whole body");
        self.read += length as u64;
        body
    }

    /// Reads to the end, which has to be in order.
    pub async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let read = timeout(SOON, self.stream.read_to_end(&mut rest)).await;
        self.read += read.expect("the end in time").expect("an end in order") as u64;
        String::from_utf8(rest).expect("text")
    }

    /// Reads to the end, which has to be abrupt.
    pub async fn is_reset(&mut self) {
        let read = timeout(SOON, self.stream.read_to_end(&mut Vec::new())).await.expect("the end in time");
        assert_eq!(read.expect_err("an abrupt end").kind(), std::io::ErrorKind::ConnectionReset);
    }

    /// Proves that nothing comes for a while.
    pub async fn hears_nothing(&mut self, for_ms: u64) {
        let read = timeout(Duration::from_millis(for_ms), self.stream.read_u8()).await;
        assert!(read.is_err(), "something came: {read:?}");
    }

    /// "I send no more."
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.expect("a living socket");
    }
}

async fn big(Path((_, bytes)): Path<(String, usize)>) -> String {
    "x".repeat(bytes)
}

async fn count(State(house): State<House>) -> String {
    (house.asked.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

async fn hang(State(house): State<House>) -> &'static str {
    let _guard = OnDrop(house);
    std::future::pending().await
}

/// The lines that somebody with this number gets.
pub fn lines_of(n: u32) -> impl Iterator<Item = String> {
    (1..=20).map(move |line| format!("data: line {line} for {n}, {}\n\n", "x".repeat((n as usize + line) % 40)))
}

/// Twenty lines, one after the other.
async fn lines(Path((_, n)): Path<(String, u32)>) -> Response {
    let stream = futures_util::stream::unfold(lines_of(n), async |mut lines| {
        let line = lines.next()?;
        tokio::task::yield_now().await;
        Some((Ok::<_, std::convert::Infallible>(line), lines))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// What was published after an update, and all that follows.
fn news(house: &House, after: u32) -> Response {
    let latest = house.news.subscribe();
    let stream = futures_util::stream::unfold((latest, after), async |(mut latest, last)| {
        latest.wait_for(|latest| *latest > last).await.ok()?;
        Some((Ok::<_, std::convert::Infallible>(format!("data: update {}\n\n", last + 1)), (latest, last + 1)))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// A frame with at most 125 bytes of payload: its opcode and its payload.
pub async fn read_frame(read: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<(u8, Vec<u8>)> {
    let (first, second) = (read.read_u8().await?, read.read_u8().await?);
    assert!(first & 0x70 == 0 && second & 0x7f < 126, "not a frame: {first:#x} {second:#x}");
    let mut mask = [0; 4];
    if second & 0x80 != 0 {
        read.read_exact(&mut mask).await?;
    }
    let mut payload = vec![0; usize::from(second & 0x7f)];
    read.read_exact(&mut payload).await?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok((first & 0xf, payload))
}

/// A WebSocket that sends every text back, and a ping now and then, by which it finds out who has gone.
async fn socket(mut request: Request) -> Response {
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(&mut request).await else { return };
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
        let (send, mut texts) = mpsc::channel::<Vec<u8>>(16);
        let hear = async move {
            while let Ok((opcode, payload)) = read_frame(&mut read).await {
                if opcode == 1 && send.send(payload).await.is_err() {
                    break;
                }
            }
        };
        let speak = async {
            loop {
                let frame = match timeout(Duration::from_millis(50), texts.recv()).await {
                    Ok(Some(text)) => [&[0x81, text.len() as u8][..], &text].concat(),
                    Ok(None) => break,
                    Err(_) => vec![0x89, 0],
                };
                if write.write_all(&frame).await.is_err() || write.flush().await.is_err() {
                    break;
                }
            }
        };
        tokio::select! { () = hear => {}, () = speak => {} }
    });
    (axum::http::StatusCode::SWITCHING_PROTOCOLS, UPGRADED).into_response()
}

async fn events(State(house): State<House>, uri: axum::http::Uri) -> Response {
    let after = uri.query().and_then(|query| query.split("after=").nth(1)?.parse().ok());
    if let Some(after) = after {
        return news(&house, after);
    }
    let receive = house.events.lock().expect("no panic in a handler").take().expect("the test feeds the stream");
    let stream = futures_util::stream::unfold((receive, OnDrop(house)), async |(mut receive, guard)| {
        let event = receive.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(format!("data: {event}\n\n")), (receive, guard)))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

/// Counts that a handler was dropped.
struct OnDrop(House);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.add_permits(1);
    }
}

/// What an answer to a handshake says.
const UPGRADED: [(&str, &str); 3] =
    [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")];

/// Becomes an echo of bytes, in the name of WebSocket.
async fn upgrade(State(house): State<House>, mut request: Request) -> Response {
    tokio::spawn(async move {
        let _guard = OnDrop(house);
        let upgraded = hyper::upgrade::on(&mut request).await.expect("an upgrade");
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
        // The end of the test ends the connection in whatever way, which is no fault of the echo.
        drop(tokio::io::copy(&mut read, &mut write).await);
    });
    (axum::http::StatusCode::SWITCHING_PROTOCOLS, UPGRADED).into_response()
}
