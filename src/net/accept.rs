//! The accept loop: takes connections within limits, and gives each to hyper, with or without a tap.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};

pub use super::listener::Listener;
use super::{
    census::Census,
    clock,
    line::Directory,
    plain::Plain,
    shutdown::Shutdown,
    tap::{Patience, Tap},
};

/// How long connections may take to end by themselves once the program ends.
const GRACE: Duration = Duration::from_secs(1);

/// And how long, after that, until the last one has noticed that it was cut.
const CUT: Duration = Duration::from_millis(500);

/// How long to wait before accepting again when the machine has no more to give.
const PAUSE: Duration = Duration::from_millis(100);

/// When the kernel asks a silent client whether it is still there. It gives up after its own number of tries (about two
/// minutes here), below what a lab's faults can touch.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));

/// What a listener allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections, 1 to 4 billion. For one more, the oldest that never asked for anything make room, if the listener
    /// has taps; else it is accepted and closed at once. Both are counted.
    pub connections: usize,
    /// The longest request head in bytes, at least 1; a longer one is answered with 431.
    pub head: usize,
    /// How long a request head may take, from the connection's acceptance or its own first byte on. With a tap, the
    /// same for the rest of anything else that a client has begun.
    pub head_time: Duration,
    /// How long a connection may stay idle after the last answer was let go. Only a tap can count that; without one,
    /// hyper has a single timer, and `head_time` is the idle time as well.
    pub idle_time: Duration,
}

impl Default for Limits {
    /// 8,192 connections, heads of 16 KiB, 10 seconds for a head, 60 seconds idle.
    fn default() -> Self {
        Self {
            connections: 8192,
            head: 16 * 1024,
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
        }
    }
}

/// Serves a router on a listener until the shutdown begins, and returns when all is closed, at most two seconds later.
///
/// With a directory every connection gets a tap, which finds in it the labs that requests name. Handlers find the
/// client's address as [`ConnectInfo<SocketAddr>`]. An upgraded connection without a tap ends with whoever holds it.
pub async fn serve(
    listener: Listener,
    router: Router,
    limits: Limits,
    directory: Option<Arc<dyn Directory>>,
    shutdown: Shutdown,
) {
    let Listener { sockets, census } = listener;
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).max_header_size(limits.head);
    match directory {
        // hyper starts its clock when bytes come in, the tap when they go out; two clocks would disagree.
        Some(_) => {
            // What hyper holds back by itself, the handler does not notice: where a reader is slow it has to.
            builder.max_buf_size(2 * limits.head.max(LEAST_BUFFER)).header_read_timeout(None)
        }
        None => builder.header_read_timeout(limits.head_time),
    };
    let house = Arc::new(House { builder, router, limits, directory, census, shutdown });
    let mut doors = JoinSet::new();
    for socket in sockets {
        doors.spawn(accept(house.clone(), socket));
    }
    // The listening sockets close with their tasks; new clients are refused from here on.
    while doors.join_next().await.is_some() {}
    let census = &house.census;
    if tokio::time::timeout(GRACE, census.empty()).await.is_err() {
        census.abort();
        drop(tokio::time::timeout(CUT, census.empty()).await);
    }
}

/// The least that hyper wants to buffer, in bytes.
const LEAST_BUFFER: usize = 8 * 1024;

/// What all connections of a listener share.
struct House {
    builder: http1::Builder,
    router: Router,
    limits: Limits,
    directory: Option<Arc<dyn Directory>>,
    census: Arc<Census>,
    shutdown: Shutdown,
}

/// Accepts until the shutdown begins.
async fn accept(house: Arc<House>, socket: TcpListener) {
    let mut complained: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = house.shutdown.begun() => return,
        };
        match accepted {
            Ok((stream, from)) => admit(&house, stream, from),
            // The client gave up while it waited: nothing is wrong here.
            Err(error) if is_clients(&error) => {}
            Err(error) => {
                house.census.fail();
                // A line a minute: the state may last, and the log must not fill the disk as well.
                if complained.is_none_or(|at| at.elapsed() > Duration::from_secs(60)) {
                    complained = Some(Instant::now());
                    tracing::warn!(%error, open = house.census.live(), "cannot accept connections");
                }
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = house.shutdown.begun() => return,
                }
            }
        }
    }
}

/// Whether an error of accepting is about the one connection only.
fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Gives a connection to hyper.
fn admit(house: &Arc<House>, socket: TcpStream, from: SocketAddr) {
    let accepted = clock::now();
    let Some(live) = house.census.enter(house.limits.connections) else { return };
    // Small answers must not wait for acknowledgements, and a client that vanished without a word (a phone out of reach)
    // must not hold its place for ever. Either can only fail on a connection that is already dead.
    drop(socket.set_nodelay(true));
    drop(SockRef::from(&socket).set_tcp_keepalive(&KEEPALIVE));
    match &house.directory {
        None => drop(tokio::spawn(converse(house.clone(), Plain { socket, _live: live }, from))),
        Some(directory) => {
            let patience = Patience { head: house.limits.head_time, idle: house.limits.idle_time };
            let conn = live.conn();
            let tap = Tap::new(socket, conn, accepted, directory.clone(), patience, live);
            house.census.tapped(conn, tap.core());
            drop(tokio::spawn(converse(house.clone(), tap, from)));
        }
    }
}

/// A connection's whole life, up to an upgrade.
async fn converse(house: Arc<House>, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, from: SocketAddr) {
    let router = TowerToHyperService::new(house.router.clone());
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(from));
        router.call(request)
    });
    let connection = house.builder.serve_connection(TokioIo::new(io), service).with_upgrades();
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = house.shutdown.begun() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(GRACE, connection.as_mut()).await {
                Ok(result) => result,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, %from, "connection ended");
    }
}
