//! The whole server: two listeners, what they answer, and how they end.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::timeout};

use crate::{
    config::{Config, Listen},
    hosts::Hosts,
    push,
    room::{self, Rooms},
};

/// How long open connections may go on when the server ends.
const GRACE: Duration = Duration::from_millis(1_000);

/// Connections that wait to be accepted: a class comes all at once.
const BACKLOG: i32 = 4096;

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where the course is.
    pub site: SocketAddr,
    /// Where its lab listens.
    pub lab: SocketAddr,
    rooms: Arc<Rooms>,
    shutdown: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

impl Running {
    /// Ends it: nothing new is accepted, labs and sockets close, and what is still open after a second is cut.
    pub async fn stop(mut self) {
        self.rooms.close();
        self.shutdown.send_replace(true);
        let ended = timeout(GRACE, async { while self.listeners.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::debug!("connections were still open and have been cut");
            self.listeners.shutdown().await;
        }
    }

    /// The labs.
    pub fn rooms(&self) -> &Arc<Rooms> {
        &self.rooms
    }
}

/// Starts the server.
///
/// # Errors
/// One sentence that says what cannot be done, such as an address that is taken.
pub async fn start(config: Config) -> Result<Running, String> {
    start_with(config, room::Limits::default()).await
}

/// Starts the server with other bounds than the ordinary ones.
///
/// # Errors
/// As [`start`].
pub async fn start_with(config: Config, limits: room::Limits) -> Result<Running, String> {
    if config.site.port != 0 && config.site.port == config.lab.port {
        return Err("the course and its lab need two ports: every fault acts on the lab's".into());
    }
    if let Some(dir) = &config.lessons {
        std::fs::read_dir(dir).map_err(|error| format!("cannot read the lessons in {}: {error}", dir.display()))?;
    }
    let sites = bind(config.site).map_err(|error| cannot_listen("the course", config.site, &error))?;
    let labs = bind(config.lab).map_err(|error| cannot_listen("the lab", config.lab, &error))?;
    let address = |listeners: &[TcpListener]| {
        listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect::<Vec<SocketAddr>>()
    };
    let (site, lab) = (address(&sites), address(&labs));
    let bound = [site.as_slice(), lab.as_slice()].concat();
    let (site, lab) = (site[0], lab[0]);

    let mut further = config.hosts.clone();
    further.extend(config.lab_url.as_ref().map(|url| url.authority.clone()));
    let hosts = Arc::new(Hosts::new(&bound, &further, site.port()));
    let rooms = Rooms::new(limits);
    let api = room::State {
        rooms: rooms.clone(),
        hosts: hosts.clone(),
        lab_url: config.lab_url.clone(),
        lab_port: lab.port(),
    };
    let course = course(&config, api, hosts.clone());
    let lab_routes = push::router(push::State { outlets: rooms.clone(), hosts });

    let (shutdown, ended) = watch::channel(false);
    let mut listeners = JoinSet::new();
    for listener in sites {
        listeners.spawn(serve(listener, course.clone(), ended.clone()));
    }
    for listener in labs {
        listeners.spawn(serve(listener, lab_routes.clone(), ended.clone()));
    }
    Ok(Running { site, lab, rooms, shutdown, listeners })
}

/// Everything that the site's listener answers.
fn course(_config: &Config, api: room::State, hosts: Arc<Hosts>) -> Router {
    room::router(api)
        .layer(DefaultBodyLimit::max(room::api::MAX_SPEC))
        .layer(middleware::from_fn_with_state(hosts, by_our_name))
}

/// Nothing on the site is answered under a name that is not ours.
async fn by_our_name(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    match hosts.check_host(request.headers()) {
        Ok(_) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Serves one listener until the server ends.
async fn serve(listener: TcpListener, router: Router, mut ended: watch::Receiver<bool>) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let end = async move {
        // An error means that nobody is left to say it.
        let _ = ended.wait_for(|ended| *ended).await;
    };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(end).await {
        tracing::error!(%error, "a listener has failed");
    }
}

fn cannot_listen(who: &str, listen: Listen, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "something else listens there already".into(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".into(),
        io::ErrorKind::PermissionDenied => "the system does not permit it".into(),
        _ => error.to_string(),
    };
    format!("{who} cannot listen on {listen}: {why}")
}

/// Binds an address; loopback means both of its addresses, on one port.
fn bind(listen: Listen) -> io::Result<Vec<TcpListener>> {
    // A port that the system chose for one address may be taken on the other: then it chooses again.
    let mut tries = if listen.port == 0 { 20 } else { 1 };
    loop {
        tries -= 1;
        let first = listener(listen.addresses(listen.port).0)?;
        let port = first.local_addr()?.port();
        let Some(second) = listen.addresses(port).1 else { return Ok(vec![first]) };
        match listener(second) {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // No IPv6 here.
            Err(_) => return Ok(vec![first]),
        }
    }
}

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A server that was ended a moment ago must not keep its port.
    socket.set_reuse_address(true)?;
    if matches!(address.ip(), IpAddr::V6(ip) if !ip.is_unspecified()) {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}
