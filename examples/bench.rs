//! `make bench`: what the tap costs. One server process with two lab listeners, one tapped and one not, takes the same
//! fixed load from a second process, in turns; its own CPU time is what is compared.
//!
//! The tapped listener records everything into a lab's log. What is promised: without distance a poll costs at most
//! [`MOST`] times as much with the tap as without, and at most [`DROPS`] of the observations are dropped; and with ten faults in
//! force that have nothing to do with it, at most [`IDLE_MOST`] times as much as with none. The program ends with 1 if that does not hold. The load and the server are bounded in time and stop by themselves.

use std::{
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::{Command, ExitCode},
    sync::Arc,
    time::Duration,
};

use lifeline::{
    fault::{Fault, Kind, Prey, Scope},
    hosts::Hosts,
    net::{
        accept::{self, Limits, Listener},
        line::Directory,
        shutdown::Shutdown,
    },
    push,
    room::{self, Rooms, lab::Lifetime},
    wire::{Close, Direction, Technique, control::LabSpec},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, interval_at},
};

/// Requests a second, from another process.
const RATE: u32 = 2000;
/// Connections that carry them: enough for the longest round trip here, 160 ms, in which each has one request under way.
const CONNECTIONS: u32 = 400;
/// Seconds of each turn.
const TURN: u32 = 6;
/// Turns of each kind.
const TURNS: usize = 3;
/// The tapped server's CPU time per poll, at most, in that of the other one.
const MOST: f64 = 1.5;
/// The tapped server's CPU time per poll with ten faults that do not strike, at most, in that without any.
const IDLE_MOST: f64 = 1.1;
/// The share of observations that may be dropped.
const DROPS: f64 = 0.01;
/// Observations of a poll: request, head and body each come and go, and the handler has its answer.
const SEEN: f64 = 7.0;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let result = match (env::var("BENCH_LOAD"), env::var("BENCH_LAB")) {
        (Ok(address), Ok(lab)) => run(true, async { load(address.parse()?, &lab).await }),
        _ => run(false, bench()),
    };
    result.map_or_else(
        |error| {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// The server gets the runtime that the program has; one thread is enough for a load.
fn run(single: bool, work: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    let mut builder = match single {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()?.block_on(work)
}

async fn bench() -> Outcome<()> {
    let any = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    let (tapped, bare) = (Listener::bind(any)?, Listener::bind(any)?);
    let (tapped_at, bare_at) = (tapped.address()?, bare.address()?);
    let ten_minutes = Duration::from_secs(600);
    let lifetime = Lifetime { unused: ten_minutes, idle: ten_minutes };
    let rooms = Rooms::new(room::Limits { lifetime, ..room::Limits::default() });
    let shutdown = Shutdown::new();
    for (listener, at, directory) in [(tapped, tapped_at, Some(rooms.clone() as _)), (bare, bare_at, None)] {
        let hosts = Arc::new(Hosts::new(at, at, &[], None));
        let routes = push::router(push::State { outlets: rooms.clone(), hosts });
        tokio::spawn(accept::serve(listener, routes, Limits::default(), directory, shutdown.clone()));
    }

    println!(
        "{RATE} polls a second over {CONNECTIONS} connections, {TURN} s each, in turns; CPU time of the server process"
    );
    let mut broken = Vec::new();
    for distance_ms in [0, 80] {
        let spec = LabSpec { distance_ms, ..LabSpec::default() };
        let (lab, _) = rooms.create(spec, IpAddr::from(Ipv4Addr::LOCALHOST)).map_err(|_| "no lab was made")?;
        let mut costs = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            for (cost, address) in costs.iter_mut().zip([bare_at, tapped_at]) {
                cost.push(turn(address, lab.as_str()).await?);
            }
        }
        let [without, with] = costs.map(|turns| turns.iter().sum::<f64>() / turns.len() as f64);
        let times = with / without;
        let (wire, server) = rooms.line(&lab).ok_or("the lab has ended")?.dropped();
        // The handler tells the lab in every turn, the tap in every other one.
        let polls = f64::from(RATE * TURN) * TURNS as f64;
        let share = (wire + server) as f64 / (polls * (SEEN + 1.0));
        println!(
            "distance {distance_ms:>2} ms: {without:.0} µs a poll without the tap, {with:.0} µs with it recording: \
             {times:.2} times; {:.2} % of the observations dropped",
            share * 100.0
        );
        if distance_ms == 0 && times > MOST {
            broken.push(format!("the tap costs {times:.2} times, more than {MOST}"));
        }
        if share > DROPS {
            broken.push(format!(
                "{:.2} % were dropped at {distance_ms} ms, more than {} %",
                share * 100.0,
                DROPS * 100.0
            ));
        }
    }
    broken.extend(idle_faults(&rooms, tapped_at).await?);
    shutdown.begin();
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

/// What ten faults cost that are in force and do not strike: two labs on the same listener, in turns. Says what is too much.
async fn idle_faults(rooms: &Arc<Rooms>, address: SocketAddr) -> Outcome<Option<String>> {
    let mut labs = Vec::new();
    for faults in [Vec::new(), idle()] {
        let spec = LabSpec { distance_ms: 0, faults, ..LabSpec::default() };
        let (lab, _) = rooms.create(spec, IpAddr::from(Ipv4Addr::LOCALHOST)).map_err(|_| "no lab was made")?;
        labs.push(lab);
    }
    let mut costs = [Vec::new(), Vec::new()];
    for round in 0..TURNS {
        // Which of them is first takes turns, too: the machine may grow slower in the meantime.
        for at in [round % 2, 1 - round % 2] {
            costs[at].push(turn(address, labs[at].as_str()).await?);
        }
    }
    let [without, with] = costs.map(|turns| turns.iter().sum::<f64>() / turns.len() as f64);
    let times = with / without;
    println!(
        "ten faults that do not strike: {without:.0} µs a poll without them, {with:.0} µs with them: {times:.2} times"
    );
    Ok((times > IDLE_MOST).then(|| format!("ten idle faults cost {times:.2} times, more than {IDLE_MOST}")))
}

/// Ten faults of which none has anything to do with a poll: by chance, by whom they are for, by what they strike, or by where.
fn idle() -> Vec<Fault> {
    let never = |kind| Fault { probability: 0.0, ..Fault::new(1, kind) };
    let for_one = Scope { client: Some(60_000), ..Scope::default() };
    let for_sockets = Scope { technique: Some(Technique::WebSocket), ..Scope::default() };
    let faults = [
        never(Kind::latency(100, 50)),
        never(Kind::Slice { bytes: 10, vary: 0, pause_ms: 10 }),
        Fault { scope: for_one, ..Fault::new(1, Kind::Bandwidth { bytes_per_s: 100, burst: 0 }) },
        Fault { scope: for_one, ..Fault::new(1, Kind::cut(Close::Rst)) },
        Fault { scope: for_sockets, ..Fault::new(1, Kind::Blackhole) },
        Fault { scope: for_sockets, ..Fault::new(1, Kind::MaxRequest { after_ms: 100 }) },
        Fault { direction: Some(Direction::Up), ..Fault::new(1, Kind::Swallow { what: Prey::Pings }) },
        Fault::new(1, Kind::Duplicate { reconnected: false }),
        Fault::new(1, Kind::NoId),
        never(Kind::status(503)),
    ];
    faults.into_iter().zip(1..).map(|(fault, id)| Fault { id, ..fault }).collect()
}

/// One turn: microseconds of CPU time for each poll.
async fn turn(address: SocketAddr, lab: &str) -> Outcome<f64> {
    let mut child = Command::new(env::current_exe()?);
    child.env("BENCH_LOAD", address.to_string()).env("BENCH_LAB", lab);
    let before = cpu()?;
    let output = tokio::task::spawn_blocking(move || child.output()).await??;
    let spent = cpu()? - before;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().into());
    }
    Ok(spent / f64::from(RATE * TURN))
}

/// CPU time of this process so far, in microseconds (`/proc/self/stat`, in ticks of 10 ms).
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).ok_or("no CPU time in /proc");
    Ok((ticks(11)? + ticks(12)?) * 10_000.0)
}

/// The other process: polls at a fixed rate, or says that it cannot.
async fn load(address: SocketAddr, lab: &str) -> Outcome<()> {
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CONNECTIONS {
        let request = format!("GET /l/{lab}/poll?c={}&n=", client + 1);
        clients.spawn(async move { poll(address, &request, began, client).await.map_err(|error| error.to_string()) });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let (took, planned) = (began.elapsed().as_secs_f64(), f64::from(TURN));
    if took > planned * 1.25 {
        return Err(
            format!("what should take {planned:.0} s took {took:.1} s: this machine cannot hold the rate").into()
        );
    }
    Ok(())
}

/// One connection, which asks at its own times, whatever the others do.
async fn poll(address: SocketAddr, request: &str, began: Instant, client: u32) -> Outcome<()> {
    let mut socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let (from, to) = socket.split();
    let (mut answers, mut requests) = (BufReader::new(from), to);
    let gap = Duration::from_secs(1) * CONNECTIONS / RATE;
    // The load is a clock, and the connections take turns within each gap.
    let mut ticks = interval_at(began + gap * client / CONNECTIONS, gap);
    for n in 1..=TURN * RATE / CONNECTIONS {
        ticks.tick().await;
        let head = format!(
            "{request}{n} HTTP/1.1\r\nHost: localhost:{}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
             AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\nAccept: application/json\r\n\
             Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n",
            address.port()
        );
        requests.write_all(head.as_bytes()).await?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if answers.read_line(&mut line).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        answers.read_exact(&mut vec![0; length]).await?;
    }
    Ok(())
}
