//! The whole server: two listeners, what they answer, and how they end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    config::{Config, Listen},
    hosts::Hosts,
    net::{
        accept::{self, Limits, Listener},
        shutdown::Shutdown,
    },
    push,
    room::{self, Rooms},
};

/// How long control sockets may take to say goodbye when the server ends.
const GRACE: Duration = Duration::from_millis(500);

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where the course is.
    pub site: SocketAddr,
    /// Where its lab listens.
    pub lab: SocketAddr,
    rooms: Arc<Rooms>,
    shutdown: Shutdown,
    listeners: JoinSet<()>,
}

impl Running {
    /// Ends it: nothing new is accepted, labs and sockets close, and what is still open after a second is cut.
    pub async fn stop(mut self) {
        self.rooms.close();
        self.shutdown.begin();
        while self.listeners.join_next().await.is_some() {}
        // Control sockets have left their connections, and end with their labs.
        if timeout(GRACE, self.rooms.silence()).await.is_err() {
            tracing::debug!("control sockets were still open");
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
    let (site_listener, site) = bind("the course", config.site)?;
    let (lab_listener, lab) = bind("the lab", config.lab)?;

    let mut further = config.hosts.clone();
    further.extend(config.lab_url.as_ref().map(|url| url.authority.clone()));
    let hosts = Arc::new(Hosts::new(&[site, lab], &further, site.port()));
    let rooms = Rooms::new(limits);
    let api = room::State {
        rooms: rooms.clone(),
        hosts: hosts.clone(),
        lab_url: config.lab_url.clone(),
        lab_port: lab.port(),
    };
    let course = course(&config, api, hosts.clone());
    let lab_routes = push::router(push::State { outlets: rooms.clone(), hosts });

    let shutdown = Shutdown::new();
    let mut listeners = JoinSet::new();
    listeners.spawn(accept::serve(site_listener, course, Limits::default(), None, shutdown.clone()));
    listeners.spawn(accept::serve(lab_listener, lab_routes, Limits::default(), Some(rooms.clone()), shutdown.clone()));
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

/// Listens, and says where.
fn bind(who: &str, listen: Listen) -> Result<(Listener, SocketAddr), String> {
    let listener = Listener::bind(SocketAddr::new(listen.ip, listen.port));
    let bound = listener.and_then(|listener| listener.address().map(|address| (listener, address)));
    bound.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "something else listens there already".into(),
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address".into(),
            io::ErrorKind::PermissionDenied => "the system does not permit it".into(),
            _ => error.to_string(),
        };
        format!("{who} cannot listen on {listen}: {why}")
    })
}
