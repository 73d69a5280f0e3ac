//! `make bench`: what the tap costs. One server process with two lab listeners, one tapped and one not, takes the same
//! fixed load from a second process, in turns; its own CPU time is what is compared.
//!
//! The tapped listener records everything into a lab's log. The load and the server are bounded in time and stop by
//! themselves.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use lifeline::{
    hosts::Hosts,
    net::{
        accept::{self, Limits, Listener},
        shutdown::Shutdown,
    },
    push,
    room::{self, Rooms},
    wire::control::{Created, LabSpec},
};

/// Requests a second, from another process.
const RATE: u64 = 2000;
/// Connections that carry them.
const CONNECTIONS: u64 = 40;
/// Seconds of each turn.
const TURN: u64 = 6;
/// Turns of each kind.
const TURNS: usize = 3;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    match (env::var("BENCH_LOAD"), env::var("BENCH_LAB")) {
        (Ok(address), Ok(lab)) => load(address.parse()?, &lab),
        _ => tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve()),
    }
}

async fn serve() -> Outcome<()> {
    let any: SocketAddr = "127.0.0.1:0".parse()?;
    let (site, tapped, bare) = (Listener::bind(any)?, Listener::bind(any)?, Listener::bind(any)?);
    let (site_at, tapped_at, bare_at) = (site.address()?, tapped.address()?, bare.address()?);
    let hosts = Arc::new(Hosts::new(site_at, tapped_at, &[], None));
    let bare_hosts = Arc::new(Hosts::new(site_at, bare_at, &[], None));
    let rooms = Rooms::new(room::Limits::default());
    let shutdown = Shutdown::new();
    let api = room::router(room::State { rooms: rooms.clone(), hosts: hosts.clone() });
    let routes = |hosts| push::router(push::State { outlets: rooms.clone(), hosts });
    tokio::spawn(accept::serve(site, api, Limits::default(), None, shutdown.clone()));
    tokio::spawn(accept::serve(tapped, routes(hosts), Limits::default(), Some(rooms.clone()), shutdown.clone()));
    tokio::spawn(accept::serve(bare, routes(bare_hosts), Limits::default(), None, shutdown.clone()));

    println!(
        "{RATE} polls a second over {CONNECTIONS} connections, {TURN} s each, in turns; CPU time of the server process"
    );
    for distance_ms in [0, 80] {
        let spec = LabSpec { distance_ms, ..LabSpec::default() };
        let lab =
            tokio::task::spawn_blocking(move || make(site_at, &spec).map_err(|error| error.to_string())).await??;
        let mut costs = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            for (cost, address) in costs.iter_mut().zip([bare_at, tapped_at]) {
                cost.push(turn(address, lab.lab.as_str()).await?);
            }
        }
        let [without, with] = costs.map(|turns| turns.iter().sum::<f64>() / turns.len() as f64);
        println!(
            "distance {distance_ms:>2} ms: {without:.0} µs a poll without the tap, {with:.0} µs with it recording: {:.2} times",
            with / without
        );
    }
    shutdown.begin();
    Ok(())
}

/// One turn: microseconds of CPU time for each poll.
async fn turn(address: SocketAddr, lab: &str) -> Outcome<f64> {
    let mut child = Command::new(env::current_exe()?);
    child.env("BENCH_LOAD", address.to_string()).env("BENCH_LAB", lab);
    let before = cpu()?;
    let output = tokio::task::spawn_blocking(move || child.output()).await??;
    let spent = cpu()? - before;
    let polls: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(spent / polls)
}

/// CPU time of this process so far, in microseconds (`/proc/self/stat`, in ticks of 10 ms).
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).ok_or("no CPU time in /proc");
    Ok((ticks(11)? + ticks(12)?) * 10_000.0)
}

/// Makes a lab.
fn make(site: SocketAddr, spec: &LabSpec) -> Outcome<Created> {
    let body = serde_json::to_string(spec)?;
    let mut socket = TcpStream::connect(site)?;
    write!(
        socket,
        "POST /api/labs HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        site.port(),
        body.len()
    )?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    Ok(serde_json::from_str(body)?)
}

/// The other process: polls at a fixed rate and prints how many answers came.
fn load(address: SocketAddr, lab: &str) -> Outcome<()> {
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|client| {
            let lab = lab.to_owned();
            thread::spawn(move || poll(address, &lab, client).map_err(|error| error.to_string()))
        })
        .collect();
    let mut answers = 0;
    for worker in workers {
        answers += worker.join().map_err(|_| "a worker panicked")??;
    }
    println!("{answers}");
    Ok(())
}

fn poll(address: SocketAddr, lab: &str, client: u64) -> Outcome<u64> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut answers = BufReader::new(socket.try_clone()?);
    let (began, gap) = (Instant::now(), Duration::from_secs_f64(CONNECTIONS as f64 / RATE as f64));
    let mut n = 0;
    while began.elapsed() < Duration::from_secs(TURN) {
        n += 1;
        // The load is a clock: waiting for the next tick is what it does.
        if let Some(left) = (began + gap * n).checked_duration_since(Instant::now()) {
            thread::sleep(left);
        }
        write!(
            socket,
            "GET /l/{lab}/poll?c={}&n={n} HTTP/1.1\r\nHost: localhost:{}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
             AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\nAccept: application/json\r\n\
             Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n",
            client + 1,
            address.port()
        )?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if answers.read_line(&mut line)? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        answers.read_exact(&mut vec![0; length])?;
    }
    Ok(n.into())
}
