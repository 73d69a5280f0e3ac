//! One client of a crowd: it connects, gets its news by its technique, and comes back as it was told to.

use std::{cell::RefCell, io, rc::Rc, time::Duration};

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    conn::Conn,
    frames::{self, Said},
    order::{Order, wall},
    tally::Tally,
};
use crate::{
    client::{life::wait_ms, poll::Answer},
    wire::{Technique, address::CROWD},
};

/// For how long a long poll asks to be held, in milliseconds.
const HOLD_MS: u32 = 20_000;

/// Clients come within this time, one after the other: only a cut makes them come together.
const ARRIVAL: Duration = Duration::from_secs(1);

/// Two attempts of a client begin at least so far apart, however much it hurries: a server that refuses at once would
/// else be asked by a thousand as fast as a machine can.
const GAP: Duration = Duration::from_millis(100);

/// How long connecting and the head of an answer that is not held may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that was connected for so long has proved itself: its waits begin anew.
const PROVED: Duration = Duration::from_secs(15);

/// A client.
pub struct Client {
    order: Rc<Order>,
    tally: Rc<RefCell<Tally>>,
    /// The number of the last update that it has.
    known: u64,
    /// What an event stream goes on from: the last `id`.
    last_id: Option<u64>,
    /// When it first connected.
    since: Option<i64>,
    /// Whether something came since it last connected.
    heard: bool,
    host: String,
}

/// A connection that counts while it is there.
struct Counted<'a>(&'a RefCell<Tally>);

impl<'a> Counted<'a> {
    fn new(tally: &'a RefCell<Tally>) -> Self {
        tally.borrow_mut().connected(true);
        Self(tally)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().connected(false);
    }
}

impl Client {
    /// A client that has not begun.
    pub fn new(order: Rc<Order>, tally: Rc<RefCell<Tally>>) -> Self {
        let (known, host) = (order.from, order.at.to_string());
        Self { order, tally, known, last_id: None, since: None, heard: false, host }
    }

    /// Lives, from its turn among the others on: it is number `place` of them.
    pub async fn live(mut self, place: u32) {
        sleep(ARRIVAL * place / self.order.crowd.size.max(1)).await;
        let tally = self.tally.clone();
        let mut attempt = 0;
        loop {
            let begun = Instant::now();
            self.heard = false;
            // However it ended, it is not there any more; why, the figures of the lab tell.
            drop(self.once(&tally).await);
            if self.heard || begun.elapsed() >= PROVED {
                attempt = 0;
            }
            let Some(ms) = wait_ms(self.order.crowd.reconnect, attempt, fastrand::f64()) else { return };
            attempt += 1;
            sleep_until((Instant::now() + Duration::from_millis(ms.into())).max(begun + GAP)).await;
        }
    }

    /// One time from connecting to the end.
    async fn once(&mut self, tally: &RefCell<Tally>) -> io::Result<()> {
        match self.order.crowd.technique {
            Technique::Sse => self.stream(tally).await,
            Technique::WebSocket => self.socket(tally).await,
            _ => self.poll(tally).await,
        }
    }

    async fn connect(&mut self) -> io::Result<Conn> {
        let conn = timeout(PATIENCE, Conn::to(self.order.at)).await??;
        self.since.get_or_insert_with(wall);
        Ok(conn)
    }

    /// A request for something of the lab, with more lines of its head.
    fn request(&self, what: &str, lines: &str) -> String {
        let (lab, number, host) = (&self.order.lab, self.order.number, &self.host);
        format!("GET /l/{lab}/{what}{CROWD}{number} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n")
    }

    fn arrived(&mut self, seqs: impl IntoIterator<Item = u64>) {
        let (at, since) = (wall(), self.since.unwrap_or_default());
        let mut tally = self.tally.borrow_mut();
        for seq in seqs {
            self.heard = true;
            self.known = tally.arrived(seq, self.known, at, since);
        }
    }

    /// Asks, at its times or as soon as it is answered, until something goes wrong.
    async fn poll(&mut self, tally: &RefCell<Tally>) -> io::Result<()> {
        let held = self.order.crowd.technique == Technique::LongPoll;
        let every = Duration::from_millis(self.order.crowd.interval_ms.into());
        let mut conn = self.connect().await?;
        let _counted = Counted::new(tally);
        // A client's times are its own: a thousand that asked at the same moment would be another experiment.
        let mut next = Instant::now() + every.mul_f64(fastrand::f64());
        let mut fresh = true;
        loop {
            if !held {
                sleep_until(next).await;
                // No overlap: what an answer took too long for is left out.
                next = (next + every).max(Instant::now());
            }
            let path = if held { format!("hold?wait={HOLD_MS}&") } else { "poll?".to_owned() };
            let request = self.request(&format!("{path}cursor={}&", self.known), "");
            let patience = PATIENCE + Duration::from_millis(if held { HOLD_MS.into() } else { 0 });
            let asked = async {
                conn.send(request.as_bytes()).await?;
                let head = conn.head().await?;
                let answer = conn.body(head).await?;
                Ok::<_, io::Error>((head, serde_json::from_slice::<Answer>(answer).unwrap_or_default()))
            };
            let (head, answer) = match timeout(patience, asked).await? {
                Ok(answered) => answered,
                // A connection that ended while nothing was asked: as a browser, it asks again on a new one.
                Err(_) if !fresh && !held => {
                    conn = self.connect().await?;
                    (fresh, next) = (true, Instant::now());
                    continue;
                }
                Err(error) => return Err(error),
            };
            fresh = false;
            if head.status != 200 {
                return Err(io::Error::other("refused"));
            }
            self.heard = true;
            self.arrived(answer.updates.iter().map(|update| update.seq));
            if head.closes {
                conn = self.connect().await?;
                fresh = true;
            }
        }
    }

    /// An event stream (WHATWG HTML §9.2).
    async fn stream(&mut self, tally: &RefCell<Tally>) -> io::Result<()> {
        let mut conn = self.connect().await?;
        let resume = self.last_id.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let what = format!("events?cursor={}&", self.order.from);
        let request = self.request(&what, &format!("Accept: text/event-stream\r\n{resume}"));
        conn.send(request.as_bytes()).await?;
        let head = timeout(PATIENCE, conn.head()).await??;
        if head.status != 200 || head.length.is_some() {
            return Err(io::Error::other("refused"));
        }
        let _counted = Counted::new(tally);
        let mut text = Vec::new();
        while conn.chunk(&mut text).await? {
            let mut seqs = Vec::new();
            let mut done = 0;
            while let Some(end) = text[done..].iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&text[done..done + end]);
                if let Some(id) = line.strip_prefix("id: ").and_then(|id| id.parse().ok()) {
                    self.last_id = Some(id);
                }
                seqs.extend(line.strip_prefix("data: ").and_then(seq));
                done += end + 1;
            }
            text.drain(..done);
            self.arrived(seqs);
        }
        Ok(())
    }

    /// A WebSocket.
    async fn socket(&mut self, tally: &RefCell<Tally>) -> io::Result<()> {
        let mut conn = self.connect().await?;
        let lines = format!(
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n",
            frames::key()
        );
        let request = self.request(&format!("socket?cursor={}&", self.known), &lines);
        conn.send(request.as_bytes()).await?;
        let head = timeout(PATIENCE, conn.head()).await??;
        if head.status != 101 {
            return Err(io::Error::other("refused"));
        }
        let _counted = Counted::new(tally);
        loop {
            match frames::next(&mut conn).await? {
                Said::Text(text) => self.arrived(seq(&text)),
                Said::Close => return Ok(()),
                Said::Other => {}
            }
        }
    }
}

/// The number of an update: what a message begins with that is one.
fn seq(message: &str) -> Option<u64> {
    let digits = message.strip_prefix("{\"seq\":")?;
    digits.split(',').next()?.parse().ok()
}
