//! A small language for tests: open a course, make a lab, follow it as a page, ask it as `curl` would.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    config::Config,
    room::Limits,
    server::{self, Running},
    wire::{
        FORMAT, Fact, Micros, Observation, Record, Witness,
        control::{Command, Created, Cursor, Down, LabState, Up},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue},
};

/// Nothing that a test waits for takes longer than this, unless it is broken.
pub const SOON: Duration = Duration::from_secs(10);

pub struct Course {
    pub running: Running,
}

/// An answer of HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends bytes and reads until the server closes.
pub async fn raw(to: SocketAddr, bytes: &[u8]) -> Answer {
    timeout(SOON, async {
        let mut socket = TcpStream::connect(to).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut text = Vec::new();
        socket.read_to_end(&mut text).await.unwrap();
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.into(), body: body.into() }
    })
    .await
    .expect("an answer")
}

/// One request on a connection of its own. `head` is further lines, each with its end.
pub async fn ask(to: SocketAddr, method: &str, target: &str, head: &str, body: &str) -> Answer {
    let host = if head.starts_with("Host:") { String::new() } else { format!("Host: {to}\r\n") };
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    raw(to, format!("{method} {target} HTTP/1.1\r\n{host}{head}{length}Connection: close\r\n\r\n{body}").as_bytes())
        .await
}

impl Course {
    pub async fn start() -> Self {
        Self::told(Config::default()).await
    }

    /// A course that was told this, and finds the program whose process a crowd is.
    pub async fn told(config: Config) -> Self {
        let program = Some(env!("CARGO_BIN_EXE_lifeline").into());
        Self { running: server::start(Config { program, ..config }).await.unwrap() }
    }

    pub async fn within(limits: Limits) -> Self {
        Self { running: server::start_with(Config::default(), limits).await.unwrap() }
    }

    pub fn site(&self) -> SocketAddr {
        self.running.site
    }

    /// Asks for a lab.
    pub async fn try_lab(&self, spec: &str) -> Answer {
        ask(self.site(), "POST", "/api/labs", "Content-Type: application/json\r\n", spec).await
    }

    /// Makes a lab without distance unless the spec says otherwise.
    pub async fn lab(&self, spec: &str) -> Lab {
        let answer = self.try_lab(spec).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let created: Created = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(created.origin, format!("http://{}", self.running.lab));
        Lab { site: self.running.site, at: self.running.lab, created }
    }
}

#[derive(Clone)]
pub struct Lab {
    pub site: SocketAddr,
    pub at: SocketAddr,
    pub created: Created,
}

impl Lab {
    /// `GET /l/{lab}/{rest}`.
    pub async fn get(&self, rest: &str) -> Answer {
        self.request("GET", rest, "").await
    }

    pub async fn request(&self, method: &str, rest: &str, head: &str) -> Answer {
        ask(self.at, method, &format!("/l/{}/{rest}", self.created.lab), head, "").await
    }

    /// A socket before its hello.
    pub async fn socket(&self) -> Socket {
        self.try_socket(None).await.unwrap()
    }

    pub async fn try_socket(&self, origin: Option<&str>) -> Result<Socket, tungstenite::Error> {
        let url = format!("ws://{}/api/labs/{}/control", self.site, self.created.lab);
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("Origin", HeaderValue::from_str(origin).unwrap());
        }
        let stream = TcpStream::connect(self.site).await.unwrap();
        let (ws, _) = timeout(SOON, client_async(request, stream)).await.expect("a handshake")?;
        Ok(Socket { ws })
    }

    /// A page that has said hello and has its snapshot.
    pub async fn page(&self) -> Page {
        self.resume(1, None).await
    }

    /// A page with this random number, that comes back with what it had.
    pub async fn resume(&self, page: u64, resume: Option<Cursor>) -> Page {
        let mut socket = self.socket().await;
        socket.say(&self.hello(page, resume)).await;
        let first = socket.hear().await;
        let mut page = Page { socket, epoch: 0, records: Vec::new(), state: LabState::default(), commands: 0 };
        page.note(first);
        page
    }

    pub fn hello(&self, page: u64, resume: Option<Cursor>) -> Up {
        Up::Hello { format: FORMAT, secret: self.created.secret.clone(), page, resume }
    }
}

pub struct Socket {
    pub ws: WebSocketStream<TcpStream>,
}

impl Socket {
    pub async fn say(&mut self, up: &Up) {
        self.bytes(up.encode()).await;
    }

    pub async fn bytes(&mut self, bytes: Vec<u8>) {
        self.ws.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next message that is no beat.
    pub async fn hear(&mut self) -> Down {
        loop {
            match timeout(SOON, self.ws.next()).await.expect("a message").unwrap().unwrap() {
                Message::Binary(bytes) => match Down::decode(&bytes).unwrap() {
                    Down::Beat => {}
                    down => return down,
                },
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not binary: {other:?}"),
            }
        }
    }

    /// Reads on until the server closes, and gives the code and the reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match timeout(SOON, self.ws.next()).await.expect("an end").expect("a close frame").unwrap() {
                Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Message::Close(None) => panic!("a close frame without a code"),
                _ => {}
            }
        }
    }
}

/// A page that follows a lab.
pub struct Page {
    pub socket: Socket,
    pub epoch: u64,
    pub records: Vec<Record>,
    pub state: LabState,
    commands: u32,
}

impl Page {
    /// Takes a message in. What is not for the log is given back.
    fn note(&mut self, down: Down) -> Option<Down> {
        match down {
            Down::Snapshot { format, epoch, after, lab, .. } => {
                assert_eq!((format, after), (FORMAT, 0), "these tests' logs lose nothing");
                (self.epoch, self.state) = (epoch, lab);
                self.records.clear();
            }
            Down::Delta { epoch, records } => {
                // One that resumes learns the epoch from its own cursor.
                assert!(self.epoch == 0 || self.epoch == epoch);
                for record in records {
                    assert!(self.records.last().is_none_or(|last| record.no == last.no + 1), "no gap");
                    self.records.push(record);
                }
            }
            Down::State { lab } => self.state = lab,
            other => return Some(other),
        }
        None
    }

    /// The next message that is not for the log.
    pub async fn answer(&mut self) -> Down {
        loop {
            let down = self.socket.hear().await;
            if let Some(answer) = self.note(down) {
                return answer;
            }
        }
    }

    /// Has something done, or learns why not.
    pub async fn try_command(&mut self, command: Command) -> Result<(), String> {
        self.commands += 1;
        self.socket.say(&Up::Command { id: self.commands, command }).await;
        match self.answer().await {
            Down::Done { id } if id == self.commands => Ok(()),
            Down::Refused { id: Some(id), why } if id == self.commands => Err(why),
            other => panic!("no answer to a command: {other:?}"),
        }
    }

    pub async fn command(&mut self, command: Command) {
        self.try_command(command).await.unwrap();
    }

    /// Reads until the log holds something, and gives its record.
    pub async fn until(&mut self, wanted: impl Fn(&Observation) -> bool) -> Record {
        loop {
            if let Some(found) = self.records.iter().find(|record| wanted(&record.seen)) {
                return found.clone();
            }
            let down = self.socket.hear().await;
            assert_eq!(self.note(down), None);
        }
    }

    /// Reads until something is said: a record after this one, or new settings.
    pub async fn until_after(&mut self, no: u64) {
        let before = self.state.clone();
        while self.records.last().is_none_or(|last| last.no <= no) && self.state == before {
            let down = self.socket.hear().await;
            assert_eq!(self.note(down), None);
        }
    }

    /// Reads until the log holds as many facts of a kind.
    pub async fn until_count(&mut self, count: usize, wanted: impl Fn(&Fact) -> bool) {
        while self.count(&wanted) < count {
            let down = self.socket.hear().await;
            assert_eq!(self.note(down), None);
        }
    }

    pub fn count(&self, wanted: impl Fn(&Fact) -> bool) -> usize {
        self.records.iter().filter(|record| wanted(&record.seen.fact)).count()
    }

    /// The server's time, as a probe tells it.
    pub async fn time(&mut self) -> Micros {
        self.socket.say(&Up::Probe { id: 77 }).await;
        match self.answer().await {
            Down::Probe { id: 77, at } => at,
            other => panic!("no answer to a probe: {other:?}"),
        }
    }

    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, no: self.records.last().map_or(0, |record| record.no) }
    }
}

/// Something a browser saw.
pub fn saw(at: Micros, fact: Fact) -> Observation {
    Observation { at, witness: Witness::Browser, client: Some(1), exchange: Some(1), conn: None, fact }
}
