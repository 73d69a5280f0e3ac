//! The program is killed fifty times during a busy class: what it acknowledged is in its file, and everybody is back soon.

#![cfg(all(feature = "ssr", unix))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "what is shared with the tests of rooms")]

#[path = "room/classroom.rs"]
mod classroom;
#[path = "room/support.rs"]
mod support;

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    class::{
        Event,
        event::Entry,
        order::{FORMAT, Face, Order, Up, Wish},
        view::{Down, Refusal},
    },
    store::{Store, sqlite::Sqlite},
};
use tokio::{net::TcpStream, sync::watch, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::classroom::{Class, Folder};

/// How often the program is killed.
const ROUNDS: u32 = 50;

/// When it is enough on a slow machine.
const ENOUGH: Duration = Duration::from_secs(90);

/// The fewest kills that say something.
const LEAST: u32 = 20;

/// Everybody is back within this of the restart.
const BACK: Duration = Duration::from_secs(10);

const READERS: u32 = 6;

/// Starts the program and waits until it says where it is.
fn serve(data: &Path, site: &str, lab: &str) -> (Child, [u16; 2]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lifeline"));
    for variable in ["SITE", "LAB", "LAB_URL", "LESSONS", "HOSTS", "CROWD", "DATA", "INSTRUCTOR_KEY", "KEEP_DAYS"] {
        command.env_remove(format!("LIFELINE_{variable}"));
    }
    command.args(["serve", "--site", site, "--lab", lab, "--data"]).arg(data).env_remove("RUST_LOG");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let numbers: Vec<u16> = line.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    (child, numbers.try_into().unwrap_or_else(|_| panic!("no two addresses: {line}")))
}

/// What a client says, and how it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Deed {
    /// The reader; 0: the instructor.
    who: u32,
    nth: u32,
}

impl Deed {
    fn up(&self) -> Up {
        let Self { who, nth } = *self;
        match who {
            0 => Up::Order { id: nth, order: Order::Step { step: format!("step/{nth}") } },
            _ => Up::Wish { id: nth, wish: Wish::Measured { step: "a/b".into(), value: f64::from(nth) } },
        }
    }

    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Step { step } => Some(Self { who: 0, nth: step.strip_prefix("step/")?.parse().unwrap() }),
            Event::Measured { reader, value, .. } => Some(Self { who: *reader, nth: *value as u32 }),
            _ => None,
        }
    }
}

/// A client that does one deed after the other, and notes those that were acknowledged.
struct Client {
    class: Class,
    who: u32,
    token: String,
    nth: u32,
    acknowledged: Arc<Mutex<Vec<Deed>>>,
    /// In which life of the program it was last acknowledged something.
    back: watch::Sender<u32>,
}

impl Client {
    async fn run(mut self, mut life: watch::Receiver<u32>) {
        loop {
            let now = *life.borrow_and_update();
            // Whatever goes wrong, the program was killed; the next life begins soon.
            let _ = self.work(now).await;
            if life.changed().await.is_err() {
                return;
            }
        }
    }

    async fn work(&mut self, life: u32) -> Option<()> {
        let mut socket = self.connect().await?;
        loop {
            self.nth += 1;
            let deed = Deed { who: self.who, nth: self.nth };
            socket.send(Message::binary(deed.up().encode())).await.ok()?;
            loop {
                let Message::Binary(bytes) = socket.next().await?.ok()? else { continue };
                match Down::decode(&bytes).unwrap() {
                    Down::Done { id } if id == self.nth => break self.acknowledged.lock().unwrap().push(deed),
                    // It has said enough for this life.
                    Down::Refused { why: Refusal::TooOften, .. } => return None,
                    Down::Refused { why, .. } => panic!("{deed:?}: {why:?}"),
                    _ => {}
                }
            }
            self.back.send_replace(life);
        }
    }

    async fn connect(&self) -> Option<WebSocketStream<TcpStream>> {
        let url = format!("ws://{}/api/classes/{}/socket", self.class.site, self.class.code);
        let mut request = url.into_client_request().unwrap();
        let cookie = HeaderValue::from_str(&self.class.cookie()).unwrap();
        let face = if self.who == 0 { Face::Desk } else { Face::Reader };
        if face == Face::Desk {
            request.headers_mut().insert("Cookie", cookie);
        }
        let stream = TcpStream::connect(self.class.site).await.ok()?;
        let (mut socket, _) = client_async(request, stream).await.ok()?;
        let hello = Up::Hello { format: FORMAT, face, token: self.token.clone(), page: u64::from(self.who) };
        socket.send(Message::binary(hello.encode())).await.ok()?;
        Some(socket)
    }
}

/// What the file holds after the number `read`, as a program would find it that starts now: read from a copy, so that it is the program
/// itself that has to mend what the kill left.
async fn deeds(folder: &Path, code: &str, read: &mut u64) -> HashSet<Deed> {
    let copy = Folder::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.0.join(entry.file_name())).unwrap();
    }
    let store = Sqlite::open(&copy.file()).unwrap();
    let mut deeds = HashSet::new();
    loop {
        let events = store.read(&format!("class/{code}"), *read, 1000).await.unwrap();
        let Some(last) = events.last() else { break deeds };
        *read = last.no;
        let entries = events.iter().map(|stored| serde_json::from_slice::<Entry>(&stored.event).unwrap());
        deeds.extend(entries.filter_map(|entry| Deed::of(&entry.event)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_acknowledged_is_lost() {
    let folder = Folder::new();
    let (mut child, [site, lab]) = serve(&folder.file(), "127.0.0.1:0", "127.0.0.1:0");
    let (site, lab) = (format!("127.0.0.1:{site}"), format!("127.0.0.1:{lab}"));
    let class = Class::open_at(site.parse::<SocketAddr>().unwrap()).await;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let life = watch::Sender::new(1);
    let mut backs = Vec::new();
    for who in 0..=READERS {
        let token = if who == 0 { String::new() } else { class.join("").await.token };
        let (back, known) = watch::channel(0);
        backs.push(known);
        let client = Client { class: class.clone(), who, token, nth: 0, acknowledged: acknowledged.clone(), back };
        tokio::spawn(client.run(life.subscribe()));
    }

    let begun = Instant::now();
    let (mut rounds, mut read, mut known, mut slowest) = (0, 0, HashSet::new(), Duration::ZERO);
    while rounds < ROUNDS && (rounds < LEAST || begun.elapsed() < ENOUGH) {
        let started = Instant::now();
        let now = *life.borrow();
        for (who, back) in backs.iter_mut().enumerate() {
            let waited = timeout(BACK, back.wait_for(|back| *back == now)).await;
            waited.unwrap_or_else(|_| panic!("client {who} is not back in life {now}")).unwrap();
        }
        slowest = slowest.max(started.elapsed());
        // At a random moment while everybody is busy: that moment is the point of this test.
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..300_000))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // What is acknowledged from now on was sent before.
        known.extend(deeds(&folder.0, &class.code, &mut read).await);
        let promised = acknowledged.lock().unwrap().clone();
        let lost: Vec<&Deed> = promised.iter().filter(|deed| !known.contains(deed)).collect();
        assert!(lost.is_empty(), "acknowledged and lost in life {now}: {lost:?}");
        rounds += 1;
        (child, _) = serve(&folder.file(), &site, &lab);
        life.send_modify(|life| *life += 1);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let promised = acknowledged.lock().unwrap().len();
    println!(
        "killed {rounds} times in {:.0?}; {promised} deeds acknowledged, none lost; everybody back within {slowest:.1?} of each restart",
        begun.elapsed()
    );
    assert!(promised > 10 * rounds as usize, "{promised} deeds are no busy class");
}
