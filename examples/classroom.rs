//! What a full class costs: three hundred readers in one class, each with the class's socket, a lab with its control socket, and a
//! client that polls it every second; the server is a process of its own.
//!
//! Printed, and promised: a switched fault is in the labs of 95% of the readers within [`SWITCH`], a new step before the eyes of 95%
//! within [`STEP`], and a reader who does nothing costs at most [`MEMORY`] of the server's memory. The program ends with 1 if that does
//! not hold.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    class::{
        self,
        order::{Broken, Face, Order, Whom, Wish},
    },
    config::Config,
    crowd::more_files,
    fault::{Fault, Kind},
    server,
    store::Place,
    wire::{FORMAT, control},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{interval, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

/// Within which a switched fault is in the labs.
const SWITCH: Duration = Duration::from_millis(500);
/// Within which readers see a new step.
const STEP: Duration = Duration::from_millis(500);
/// Bytes of the server's memory for an idle reader.
const MEMORY: u64 = 200_000;
/// How many readers are there before memory is measured: the first ones fill what the start of the program has left free.
const FIRST: usize = 50;
/// The share of the polls that must have been answered, so that the room is as busy as it is said to be.
const ANSWERED: f64 = 0.9;
/// How many polls were answered.
static ANSWERS: AtomicU64 = AtomicU64::new(0);
/// How many readers.
const READERS: usize = 300;
/// How often a fault is switched, and a step changed.
const TIMES: usize = 10;
/// Nothing takes longer than this, unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Socket = WebSocketStream<TcpStream>;

fn main() -> ExitCode {
    more_files();
    let result = match env::args().nth(1) {
        Some(data) => serve(data),
        None => compare(),
    };
    result.map_or_else(
        |error| {
            eprintln!("classroom: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// The server: it says where it is and serves until it is killed.
#[tokio::main]
async fn serve(data: String) -> Outcome<()> {
    let running = server::start(Config { data: Some(Place::File(data.into())), ..Config::default() }).await?;
    println!("{} {}", running.site, running.lab);
    std::future::pending().await
}

/// The server's process, which ends with this value.
struct Server {
    child: Child,
    site: SocketAddr,
    lab: SocketAddr,
}

impl Server {
    fn start(data: &std::path::Path) -> Outcome<Self> {
        let mut child = Command::new(env::current_exe()?).arg(data).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (site, lab) = line.trim().split_once(' ').ok_or("the server did not start")?;
        Ok(Self { child, site: site.parse()?, lab: lab.parse()? })
    }

    /// Resident memory, in bytes.
    fn memory(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
    }

    /// CPU time so far: ticks of 10 ms.
    fn cpu(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
        Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `POST`, on a connection of its own; gives the head and the JSON.
async fn post(to: SocketAddr, target: &str, body: &str) -> Outcome<(String, Value)> {
    let mut socket = TcpStream::connect(to).await?;
    let length = body.len();
    let request =
        format!("POST {target} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).await?;
    let mut text = String::new();
    socket.read_to_string(&mut text).await?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no answer")?;
    if !head.starts_with("HTTP/1.1 2") {
        return Err(format!("{target}: {text}").into());
    }
    Ok((head.to_owned(), serde_json::from_str(body)?))
}

async fn socket(to: SocketAddr, path: &str, cookie: &str, hello: Vec<u8>) -> Outcome<Socket> {
    let mut request = format!("ws://{to}{path}").into_client_request()?;
    request.headers_mut().insert("Cookie", HeaderValue::from_str(cookie)?);
    let (mut socket, _) = client_async(request, TcpStream::connect(to).await?).await?;
    socket.send(Message::binary(hello)).await?;
    Ok(socket)
}

fn class_hello(face: Face, token: &str, page: u64) -> Vec<u8> {
    class::order::Up::Hello { format: class::order::FORMAT, face, token: token.into(), page }.encode()
}

/// What a reader has seen.
enum Seen {
    /// The lab has so many faults.
    Faults(usize),
    /// The class is on this step.
    Step(String),
}

/// A reader's page.
struct Reader {
    no: u64,
    class: Socket,
    lab: Socket,
    name: String,
    to: SocketAddr,
}

impl Reader {
    async fn join(server: &Server, code: &str, no: u64) -> Outcome<Self> {
        let (_, joined) = post(server.site, &format!("/api/classes/{code}/readers"), "{}").await?;
        let token = joined["token"].as_str().ok_or("no token")?;
        let (_, made) = post(server.site, "/api/labs", r#"{"source":{"steady":{"every_ms":2000}}}"#).await?;
        let (name, secret) = (made["lab"].as_str().ok_or("no lab")?, made["secret"].as_str().ok_or("no secret")?);
        let hello = class_hello(Face::Reader, token, no);
        let mut class = socket(server.site, &format!("/api/classes/{code}/socket"), "", hello).await?;
        let hello = control::Up::Hello { format: FORMAT, secret: secret.into(), page: no, resume: None };
        let lab = socket(server.site, &format!("/api/labs/{name}/control"), "", hello.encode()).await?;
        let lab_name = serde_json::from_value(Value::from(name))?;
        let wish = Wish::Lab { lab: lab_name, secret: secret.into() };
        class.send(Message::binary(class::order::Up::Wish { id: 1, wish }.encode())).await?;
        Ok(Self { no, class, lab, name: name.to_owned(), to: server.lab })
    }

    /// Lives until the end: answers beats, follows the class, says what it sees, and polls once it is told to.
    async fn live(
        mut self,
        seen: mpsc::UnboundedSender<(u64, Seen, Instant)>,
        mut polls: watch::Receiver<bool>,
    ) -> Outcome<()> {
        let no = self.no;
        let mut step = String::new();
        let (mut id, mut nth) = (1, 0);
        let mut line: Option<TcpStream> = None;
        let mut beat = interval(Duration::from_secs(1));
        let mut buffer = vec![0; 16 * 1024];
        loop {
            tokio::select! {
                message = self.class.next() => {
                    let Some(Ok(Message::Binary(bytes))) = message else { return Err("the class's socket has ended".into()) };
                    match class::view::Down::decode(&bytes)? {
                        class::view::Down::Own(own) if own.common.step != step => {
                            step = own.common.step;
                            seen.send((no, Seen::Step(step.clone()), Instant::now()))?;
                            id += 1;
                            let wish = Wish::At { step: step.clone(), follows: true };
                            self.class.send(Message::binary(class::order::Up::Wish { id, wish }.encode())).await?;
                        }
                        class::view::Down::Refused { why, .. } => return Err(format!("refused: {why:?}").into()),
                        class::view::Down::Beat => self.class.send(Message::binary(class::order::Up::Beat.encode())).await?,
                        _ => {}
                    }
                }
                message = self.lab.next() => {
                    let Some(Ok(Message::Binary(bytes))) = message else { return Err("the lab's socket has ended".into()) };
                    match control::Down::decode(&bytes)? {
                        control::Down::State { lab } => seen.send((no, Seen::Faults(lab.faults.len()), Instant::now()))?,
                        control::Down::Beat => self.lab.send(Message::binary(control::Up::Beat.encode())).await?,
                        _ => {}
                    }
                }
                _ = polls.changed() => {
                    let mut connected = TcpStream::connect(self.to).await?;
                    connected.set_nodelay(true)?;
                    let run = control::Up::Command { id: 1, command: control::Command::Source { running: true } };
                    self.lab.send(Message::binary(run.encode())).await?;
                    nth += 1;
                    connected.write_all(poll(self.to, &self.name, nth).as_bytes()).await?;
                    line = Some(connected);
                    // Nobody polls in step with the others.
                    beat = interval(Duration::from_secs(1));
                    beat.reset_after(Duration::from_millis(no * 1000 / READERS as u64));
                }
                read = async { line.as_mut().expect("checked").read(&mut buffer).await }, if line.is_some() => {
                    let text = String::from_utf8_lossy(&buffer[..read?]);
                    if text.is_empty() {
                        return Err("the lab has closed the connection".into());
                    }
                    // A head may come in two parts; that is rare, and then an answer too few is counted.
                    let (answers, good) = (text.matches("HTTP/1.1 ").count(), text.matches("HTTP/1.1 200 ").count());
                    if good < answers {
                        return Err(format!("a poll was refused: {text}").into());
                    }
                    ANSWERS.fetch_add(good as u64, Relaxed);
                }
                _ = beat.tick(), if line.is_some() => {
                    nth += 1;
                    if let Some(line) = &mut line {
                        line.write_all(poll(self.to, &self.name, nth).as_bytes()).await?;
                    }
                }
            }
        }
    }
}

fn poll(to: SocketAddr, lab: &str, nth: u32) -> String {
    format!("GET /l/{lab}/poll?c=1&n={nth}&cursor=0 HTTP/1.1\r\nHost: {to}\r\n\r\n")
}

/// The desk: one order after the other.
struct Desk {
    socket: Socket,
    id: u32,
}

impl Desk {
    /// Gives when it was sent, once it is acknowledged.
    async fn order(&mut self, order: Order) -> Outcome<Instant> {
        self.id += 1;
        let sent = Instant::now();
        self.socket.send(Message::binary(class::order::Up::Order { id: self.id, order }.encode())).await?;
        loop {
            let Some(Ok(Message::Binary(bytes))) = self.socket.next().await else {
                return Err("the desk's socket has ended".into());
            };
            match class::view::Down::decode(&bytes)? {
                class::view::Down::Done { id } if id == self.id => return Ok(sent),
                class::view::Down::Refused { why, .. } => return Err(format!("refused: {why:?}").into()),
                _ => {}
            }
        }
    }
}

/// How long it took until each reader had seen it, in order.
async fn until_all(
    seen: &mut mpsc::UnboundedReceiver<(u64, Seen, Instant)>,
    sent: Instant,
    wanted: impl Fn(&Seen) -> bool,
) -> Outcome<Vec<Duration>> {
    let mut times = vec![None; READERS];
    let all = async {
        while times.iter().any(Option::is_none) {
            let Some((no, what, at)) = seen.recv().await else { return Err("all readers have gone") };
            // Not what was seen before.
            if at >= sent && wanted(&what) {
                times[no as usize].get_or_insert(at.saturating_duration_since(sent));
            }
        }
        Ok(())
    };
    timeout(PATIENCE, all).await.map_err(|_| "not all have seen it within 20 s")??;
    Ok(times.into_iter().flatten().collect())
}

/// The 95th percentile, and the longest.
fn p95(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() * 95 / 100], times[times.len() - 1])
}

#[tokio::main]
async fn compare() -> Outcome<()> {
    let folder = env::temp_dir().join(format!("lifeline-classroom-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let result = measure(&folder.join("class.db")).await;
    fs::remove_dir_all(&folder)?;
    result
}

async fn measure(data: &std::path::Path) -> Outcome<()> {
    let server = Server::start(data)?;
    let (head, opened) = post(server.site, "/api/classes", "{}").await?;
    let code = opened["code"].as_str().ok_or("no code")?.to_owned();
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).ok_or("no cookie")?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let path = format!("/api/classes/{code}/socket");
    let mut desk = Desk { socket: socket(server.site, &path, &cookie, class_hello(Face::Desk, "", 1)).await?, id: 0 };
    desk.order(Order::Drive).await?;

    let mut before = server.memory()?;
    let begun = Instant::now();
    let (tell, mut seen) = mpsc::unbounded_channel();
    let polls = watch::Sender::new(false);
    let mut readers = JoinSet::new();
    for no in 0..READERS {
        if no == FIRST {
            sleep(Duration::from_secs(2)).await;
            before = server.memory()?;
        }
        let reader = Reader::join(&server, &code, no as u64).await?;
        let (tell, polls) = (tell.clone(), polls.subscribe());
        readers.spawn(async move { reader.live(tell, polls).await.map_err(|error| format!("reader {no}: {error}")) });
    }
    let joined = begun.elapsed() - Duration::from_secs(2);
    // Views and sums come to rest; memory is measured of a class that idles.
    sleep(Duration::from_secs(5)).await;
    let memory = server.memory()?.saturating_sub(before) / (READERS - FIRST) as u64;

    polls.send_replace(true);
    sleep(Duration::from_secs(3)).await;
    let (cpu, busy, answers) = (server.cpu()?, Instant::now(), ANSWERS.load(Relaxed));
    let kind: Kind = serde_json::from_str(r#"{"latency":{"base_ms":50}}"#)?;
    let (mut switches, mut steps) = (Vec::new(), Vec::new());
    for nth in 0..TIMES {
        let faults =
            if nth % 2 == 0 { vec![Broken { fault: Fault::new(1, kind.clone()), whom: Whom::All }] } else { vec![] };
        let count = faults.len();
        let sent = desk.order(Order::Break { faults }).await?;
        switches
            .extend(until_all(&mut seen, sent, |seen| matches!(seen, Seen::Faults(faults) if *faults == count)).await?);
        sleep(Duration::from_millis(500)).await;
        let step = format!("step/{nth}");
        let sent = desk.order(Order::Step { step: step.clone() }).await?;
        steps.extend(until_all(&mut seen, sent, |seen| matches!(seen, Seen::Step(seen) if *seen == step)).await?);
        sleep(Duration::from_millis(500)).await;
    }
    let seconds = busy.elapsed().as_secs_f64();
    let share = (server.cpu()? - cpu).as_secs_f64() / seconds;
    let rate = (ANSWERS.load(Relaxed) - answers) as f64 / seconds;
    // Who has gone is no busy reader.
    if let Some(ended) = readers.try_join_next() {
        return Err(format!("a reader has gone: {ended:?}").into());
    }
    readers.shutdown().await;
    let ((switch, last_switch), (step, last_step)) = (p95(switches), p95(steps));
    println!("{READERS} readers joined, one after the other, in {joined:.1?}");
    println!("memory for an idle reader: {} kB (at most {})", memory / 1000, MEMORY / 1000);
    println!("a fault is in the labs: p95 {switch:.0?}, the last after {last_switch:.0?} (at most {SWITCH:?})");
    println!("a step is before all eyes: p95 {step:.0?}, the last after {last_step:.0?} (at most {STEP:?})");
    println!("CPU of the server meanwhile, at {rate:.0} polls answered a second: {:.0}% of one core", share * 100.0);
    if rate < ANSWERED * READERS as f64 {
        return Err("the room was not as busy as it should have been".into());
    }
    if memory > MEMORY || switch > SWITCH || step > STEP {
        return Err("that is more than was promised".into());
    }
    Ok(())
}
