//! A small language for tests of classes: open one, join it, be one of its faces.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    class::{
        event::Signal,
        order::{FORMAT, Face, Order, Up, Wish},
        view::{Desk, Down, Own, Refusal, Wall},
    },
    config::Config,
    store::Place,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::support::{Answer, Course, Lab, SOON, ask};

const JSON: &str = "Content-Type: application/json\r\n";

/// A folder that is gone when the test is over.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new() -> Self {
        let name = format!("lifeline-class-{}-{:x}", std::process::id(), fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub fn file(&self) -> std::path::PathBuf {
        self.0.join("class.db")
    }

    /// A course that keeps its classes here.
    pub async fn course(&self) -> Course {
        Course::told(Config { data: Some(Place::File(self.file())), ..Config::default() }).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[derive(Clone)]
pub struct Class {
    pub site: SocketAddr,
    pub code: String,
    /// The instructor's.
    pub secret: String,
}

#[derive(Clone, Debug)]
pub struct Reader {
    pub no: u32,
    pub token: String,
}

/// The secret that an answer sets.
pub fn secret_of(answer: &Answer, code: &str) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains(&format!("; Path=/api/classes/{code};")), "{cookie}");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"), "{cookie}");
    cookie.strip_prefix(&format!("desk-{code}=")).unwrap().split(';').next().unwrap().to_owned()
}

impl Class {
    pub async fn open(course: &Course) -> Self {
        Self::open_at(course.site()).await
    }

    pub async fn open_at(site: SocketAddr) -> Self {
        let answer = ask(site, "POST", "/api/classes", JSON, r#"{"locale":"en"}"#).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        let secret = secret_of(&answer, &code);
        assert!(!answer.body.contains(&secret));
        Self { site, code, secret }
    }

    /// The same class at another address: after a restart.
    pub fn at(&self, course: &Course) -> Self {
        Self { site: course.site(), ..self.clone() }
    }

    pub fn cookie(&self) -> String {
        format!("desk-{}={}", self.code, self.secret)
    }

    /// A request below the class's address; `head` is further lines.
    pub async fn ask(&self, method: &str, rest: &str, head: &str, body: &str) -> Answer {
        ask(self.site, method, &format!("/api/classes/{}{rest}", self.code), head, body).await
    }

    /// The same with the instructor's cookie.
    pub async fn ask_as_instructor(&self, method: &str, rest: &str, body: &str) -> Answer {
        self.ask(method, rest, &format!("Cookie: a=b; {}\r\n", self.cookie()), body).await
    }

    pub async fn try_join(&self, nickname: &str) -> Answer {
        self.ask("POST", "/readers", JSON, &serde_json::json!({ "nickname": nickname }).to_string()).await
    }

    pub async fn join(&self, nickname: &str) -> Reader {
        let answer = self.try_join(nickname).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let json = answer.json();
        let token = json["token"].as_str().unwrap().to_owned();
        Reader { no: u32::try_from(json["reader"].as_u64().unwrap()).unwrap(), token }
    }

    /// A socket after its handshake.
    pub async fn try_socket(&self, cookie: Option<&str>, origin: Option<&str>) -> Result<Page, tungstenite::Error> {
        let url = format!("ws://{}/api/classes/{}/socket", self.site, self.code);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in [("Cookie", cookie), ("Origin", origin)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        let stream = TcpStream::connect(self.site).await.unwrap();
        let (ws, _) = timeout(SOON, client_async(request, stream)).await.expect("a handshake")?;
        Ok(Page { ws, marks: 0, desk: None, wall: None, own: None, heard: Vec::new() })
    }

    /// A page that has said hello, and was let in or not.
    pub async fn hello(&self, face: Face, cookie: Option<&str>, token: &str, page: u64) -> Page {
        let mut socket = self.try_socket(cookie, None).await.unwrap();
        socket.say(&Up::Hello { format: FORMAT, face, token: token.into(), page }).await;
        socket
    }

    pub async fn desk(&self, page: u64) -> Page {
        self.hello(Face::Desk, Some(&self.cookie()), "", page).await.shown().await
    }

    pub async fn wall(&self) -> Page {
        self.hello(Face::Projector, None, "", 77).await.shown().await
    }

    pub async fn reader(&self, reader: &Reader) -> Page {
        self.hello(Face::Reader, None, &reader.token, 1000 + u64::from(reader.no)).await.shown().await
    }
}

/// A page of a class.
pub struct Page {
    pub ws: WebSocketStream<TcpStream>,
    marks: u32,
    desk: Option<Box<Desk>>,
    wall: Option<Box<Wall>>,
    own: Option<Box<Own>>,
    /// All bytes that came.
    pub heard: Vec<u8>,
}

impl Page {
    pub async fn say(&mut self, up: &Up) {
        self.ws.send(Message::binary(up.encode())).await.unwrap();
    }

    pub fn desk(&self) -> &Desk {
        self.desk.as_deref().expect("a desk's view")
    }

    pub fn wall(&self) -> &Wall {
        self.wall.as_deref().expect("a wall's view")
    }

    pub fn own(&self) -> &Own {
        self.own.as_deref().expect("a reader's view")
    }

    /// Takes the next message in; what is no view is given back.
    async fn hear(&mut self) -> Option<Down> {
        let message = timeout(SOON, self.ws.next()).await.expect("a message").expect("a socket").unwrap();
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => return None,
            other => panic!("not binary: {other:?}"),
        };
        self.heard.extend_from_slice(&bytes);
        match Down::decode(&bytes).unwrap() {
            Down::Desk(desk) => self.desk = Some(desk),
            Down::Wall(wall) => self.wall = Some(wall),
            Down::Own(own) => self.own = Some(own),
            Down::Beat => {}
            other => return Some(other),
        }
        None
    }

    /// With its first view.
    pub async fn shown(mut self) -> Self {
        while self.desk.is_none() && self.wall.is_none() && self.own.is_none() {
            assert_eq!(self.hear().await, None);
        }
        self
    }

    /// Reads until the view is as wanted.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let wait = async {
            while !wanted(self) {
                assert_eq!(self.hear().await, None);
            }
        };
        if timeout(SOON, wait).await.is_err() {
            panic!("not shown: {what}; {:?} {:?} {:?}", self.desk, self.wall, self.own);
        }
    }

    /// Sends and waits for the answer.
    async fn asked(&mut self, up: impl FnOnce(u32) -> Up) -> Result<(), Refusal> {
        self.marks += 1;
        let mark = self.marks;
        self.say(&up(mark)).await;
        loop {
            match self.hear().await {
                None => {}
                Some(Down::Done { id }) if id == mark => return Ok(()),
                Some(Down::Refused { id: Some(id), why }) if id == mark => return Err(why),
                other => panic!("no answer: {other:?}"),
            }
        }
    }

    pub async fn try_wish(&mut self, wish: Wish) -> Result<(), Refusal> {
        self.asked(|id| Up::Wish { id, wish }).await
    }

    pub async fn wish(&mut self, wish: Wish) {
        self.try_wish(wish).await.unwrap();
    }

    pub async fn try_order(&mut self, order: Order) -> Result<(), Refusal> {
        self.asked(|id| Up::Order { id, order }).await
    }

    pub async fn order(&mut self, order: Order) {
        self.try_order(order).await.unwrap();
    }

    /// Says whose lab it is.
    pub async fn has(&mut self, lab: &Lab) {
        self.wish(Wish::Lab { lab: lab.created.lab.clone(), secret: lab.created.secret.clone() }).await;
    }

    /// Something that changes the log.
    pub async fn is_stuck(&mut self) {
        self.wish(Wish::Signal { signal: Signal::Stuck }).await;
    }

    /// Reads on until the server closes, and gives the code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match timeout(SOON, self.ws.next()).await.expect("an end").expect("a close frame").unwrap() {
                Message::Close(Some(frame)) => return frame.code.into(),
                Message::Close(None) => panic!("a close frame without a code"),
                _ => {}
            }
        }
    }
}
