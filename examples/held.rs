//! `make bench`: what a held connection costs. A thousand and five thousand event streams and WebSockets, on our lab's
//! listener with the tap on, and on a bare axum handler that tells the same news; each in a server process of its own, with
//! the clients of the course's own crowds, which are processes of their own, too.
//!
//! What is promised: at most [`MOST_SSE`] and [`MOST_SOCKET`] of memory for each connection, and at most [`TIMES`] the bare
//! handler's CPU time for a delivery. The program ends with 1 if that does not hold.

use std::{
    convert::Infallible,
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::{Command, ExitCode},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{
        State,
        ws::{Message, WebSocketUpgrade},
    },
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::get,
};
use futures_util::stream;
use lifeline::{
    crowd::{Crowd, Crowds, child, cost, more_files},
    hosts::Hosts,
    net::{
        accept::{self, Limits, Listener},
        clock,
        crowd::Sums,
        shutdown::Shutdown,
    },
    push,
    room::{
        self, Rooms,
        lab::{Ask, Lifetime},
    },
    wire::{
        LabId, Technique,
        control::{self, LabSpec, Source},
        crowd::{CrowdSpec, LARGEST},
        observation::Reconnect,
    },
};
use serde::Serialize;
use tokio::{
    sync::{broadcast, oneshot},
    time::{Instant, interval, sleep},
};

/// Bytes for each event stream, at most.
const MOST_SSE: u64 = 28_000;
/// Bytes for each WebSocket, at most.
const MOST_SOCKET: u64 = 16_000;
/// CPU time of a delivery, at most, in that of the bare handler.
const TIMES: f64 = 1.5;
/// Seconds for which updates are published.
const LASTS: u64 = 6;
/// Seconds until all clients are there, at most.
const PATIENCE: u64 = 30;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let result = match (env::args().nth(1).as_deref(), env::var("BENCH_HELD")) {
        // A crowd is this very program, called as the course's own is.
        (Some("crowd"), _) => child::run().map_err(Into::into),
        (_, Ok(what)) => serve(&what),
        _ => compare(),
    };
    result.map_or_else(
        |error| {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// What a server process found: bytes for each connection, microseconds of CPU time for each delivery.
struct Found {
    memory: u64,
    cpu: f64,
}

fn compare() -> Outcome<()> {
    println!("Held connections: memory for each, CPU time of the server for 1,000 deliveries, {LASTS} s each");
    let mut broken = Vec::new();
    for (name, most) in [("sse", MOST_SSE), ("websocket", MOST_SOCKET)] {
        for size in [1000, 5000] {
            let [bare, ours] = ["bare", "ours"].map(|who| measure(&format!("{who} {name} {size}")));
            let (bare, ours) = (bare?, ours?);
            let times = ours.cpu / bare.cpu;
            println!(
                "{size} {name}: {:.1} kB and {:.1} ms with the tap, {:.1} kB and {:.1} ms bare: {times:.2} times the CPU time",
                ours.memory as f64 / 1000.0,
                ours.cpu,
                bare.memory as f64 / 1000.0,
                bare.cpu
            );
            if ours.memory > most {
                broken.push(format!("{size} {name} take {} bytes each, more than {most}", ours.memory));
            }
            if times > TIMES {
                broken.push(format!("{size} {name} take {times:.2} times the CPU time, more than {TIMES}"));
            }
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

fn measure(what: &str) -> Outcome<Found> {
    let output = Command::new(env::current_exe()?).env("BENCH_HELD", what).output()?;
    if !output.status.success() {
        return Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace();
    let mut next = || numbers.next().ok_or("the server said nothing");
    Ok(Found { memory: next()?.parse()?, cpu: next()?.parse()? })
}

/// One server process: `bare|ours sse|websocket SIZE`.
fn serve(what: &str) -> Outcome<()> {
    more_files();
    let words: Vec<&str> = what.split(' ').collect();
    let [who, technique, size] = words[..] else { return Err("bare|ours sse|websocket SIZE".into()) };
    let technique = if technique == "sse" { Technique::Sse } else { Technique::WebSocket };
    let size: u32 = size.parse()?;
    // As many deliveries a second for five thousand as for half a thousand with ten.
    let every = Duration::from_millis(if size > LARGEST { 1000 } else { 100 });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let found =
            if who == "ours" { ours(technique, size, every).await? } else { bare(technique, size, every).await? };
        println!("{} {}", found.memory, found.cpu);
        Ok(())
    })
}

/// Our labs, a thousand clients in each.
async fn ours(technique: Technique, size: u32, every: Duration) -> Outcome<Found> {
    let listener = Listener::bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0))?;
    let at = listener.address()?;
    let ten_minutes = Duration::from_secs(600);
    let lifetime = Lifetime { unused: ten_minutes, idle: ten_minutes };
    let rooms = Rooms::new(room::Limits { lifetime, ..room::Limits::default() });
    let hosts = Arc::new(Hosts::new(at, at, &[], None));
    let routes = push::router(push::State { outlets: rooms.clone(), hosts });
    tokio::spawn(accept::serve(listener, routes, Limits::default(), Some(rooms.clone()), Shutdown::new()));
    let mut labs = Vec::new();
    for _ in 0..size.div_ceil(LARGEST) {
        let source = Source::Steady { every_ms: every.as_millis() as u32 };
        let spec = LabSpec { distance_ms: 0, source, ..LabSpec::default() };
        let (lab, _) = rooms.create(spec, IpAddr::from(Ipv4Addr::LOCALHOST)).map_err(|_| "no lab was made")?;
        let entry = rooms.find(&lab).ok_or("the lab has ended")?;
        let sums = sums_of(&rooms, &lab)?;
        labs.push((lab, sums, entry));
    }
    let places = labs.iter().map(|(lab, sums, _)| (lab.clone(), sums.clone())).collect();
    let entries: Vec<_> = labs.into_iter().map(|(_, _, entry)| entry).collect();
    run(at, places, technique, size, async |running| {
        for entry in &entries {
            let (reply, answer) = oneshot::channel();
            let command = control::Command::Source { running };
            entry.asks.send(Ask::Command { command, reply }).await?;
            answer.await??;
        }
        Ok(())
    })
    .await
}

fn sums_of(rooms: &Arc<Rooms>, lab: &LabId) -> Outcome<Arc<Sums>> {
    use lifeline::net::line::Directory;
    Ok(rooms.line(lab).ok_or("the lab has ended")?.crowd().clone())
}

/// An update, as a lab has it.
#[derive(Clone, Serialize)]
struct Alert {
    seq: u64,
    district: u8,
    level: u8,
    cases: u32,
}

/// The same with nothing but axum.
async fn bare(technique: Technique, size: u32, every: Duration) -> Outcome<Found> {
    let (tell, _) = broadcast::channel::<Alert>(64);
    let routes = Router::new()
        .route("/l/{lab}/events", get(events))
        .route("/l/{lab}/socket", get(socket))
        .with_state(tell.clone());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let at = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let lab = LabId::parse("abcdefgh23").ok_or("a good name")?;
    let places = (0..size.div_ceil(LARGEST)).map(|_| (lab.clone(), Arc::default())).collect();
    let mut source: Option<tokio::task::JoinHandle<()>> = None;
    run(at, places, technique, size, async |running| {
        if !running {
            if let Some(source) = source.take() {
                source.abort();
            }
            return Ok(());
        }
        let tell = tell.clone();
        source = Some(tokio::spawn(async move {
            let mut ticks = interval(every);
            for seq in 1.. {
                ticks.tick().await;
                let _ = tell.send(Alert { seq, district: 7, level: 3, cases: 1234 });
            }
        }));
        Ok(())
    })
    .await
}

async fn events(State(tell): State<broadcast::Sender<Alert>>) -> Response {
    let news = stream::unfold(tell.subscribe(), async |mut told| {
        let alert = told.recv().await.ok()?;
        let json = serde_json::to_string(&alert).unwrap_or_default();
        let event = Event::default().id(alert.seq.to_string()).event("alert").data(json);
        Some((Ok::<_, Infallible>(event), told))
    });
    Sse::new(news).into_response()
}

async fn socket(State(tell): State<broadcast::Sender<Alert>>, upgrade: WebSocketUpgrade) -> Response {
    let mut told = tell.subscribe();
    upgrade.read_buffer_size(4096).write_buffer_size(0).on_upgrade(async move |mut socket| {
        loop {
            tokio::select! {
                alert = told.recv() => {
                    let Ok(alert) = alert else { return };
                    let json = serde_json::to_string(&alert).unwrap_or_default();
                    if socket.send(Message::text(json)).await.is_err() {
                        return;
                    }
                }
                heard = socket.recv() => if !matches!(heard, Some(Ok(_))) {
                    return;
                },
            }
        }
    })
}

/// Calls the crowds, lets news flow, and counts.
async fn run(
    at: SocketAddr,
    places: Vec<(LabId, Arc<Sums>)>,
    technique: Technique,
    size: u32,
    mut source: impl AsyncFnMut(bool) -> Outcome<()>,
) -> Outcome<Found> {
    let house = Crowds::new(None, size, at);
    // The first connection of a process brings memory with it that all others share; so does the first update.
    let each = size / places.len() as u32;
    let spec = CrowdSpec { size: each, technique, interval_ms: 1000, reconnect: Reconnect::Fixed };
    let before = cost::resident().ok_or("this needs /proc")?;
    let mut crowds: Vec<Crowd> = Vec::new();
    for (lab, sums) in places {
        crowds.push(house.call(&lab, spec, 0, sums)?);
    }
    let mut sum = move || {
        let records = crowds.iter_mut().map(|crowd| crowd.record(clock::now()));
        records.fold((0, 0, 0), |all, one| (all.0 + one.connected, all.1 + one.delivered, all.2 + one.lost))
    };
    let begun = Instant::now();
    while sum().0 < size {
        if begun.elapsed().as_secs() > PATIENCE {
            return Err(format!("only {} are connected", sum().0).into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    let cpu = cost::cpu().ok_or("this needs /proc")?;
    source(true).await?;
    sleep(Duration::from_secs(LASTS)).await;
    source(false).await?;
    // What is under way arrives, and the next report tells of it.
    let mut last = sum();
    loop {
        sleep(Duration::from_millis(600)).await;
        let now = sum();
        if now == last {
            break;
        }
        last = now;
    }
    let (connected, delivered, lost) = last;
    if connected < size || lost > 0 || delivered % u64::from(each) != 0 || delivered == 0 {
        return Err(format!("{connected} connected, {delivered} delivered, {lost} lost").into());
    }
    let cpu = cost::cpu().ok_or("this needs /proc")? - cpu;
    let memory = cost::resident().ok_or("this needs /proc")?.saturating_sub(before) / u64::from(size);
    // Microseconds for one are milliseconds for a thousand.
    Ok(Found { memory, cpu: cpu as f64 / delivered as f64 })
}
