//! The whole server: two listeners, what they answer, and how they end.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use crate::{
    app::{self, AppState},
    config::{Authority, Config, Listen},
    crowd::Crowds,
    hosts::{Hosts, literal},
    lesson::load::Shelf,
    net::{
        accept::{self, Limits, Listener},
        shutdown::Shutdown,
    },
    push,
    room::{self, Rooms, class::Classes},
    store::{self, Place},
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
    /// The course's origin as other machines reach it; nothing, if only this one does.
    pub outside: Option<String>,
    rooms: Arc<Rooms>,
    classes: Arc<Classes>,
    shutdown: Shutdown,
    listeners: JoinSet<()>,
}

impl Running {
    /// Ends it: nothing new is accepted, labs and sockets close, and what is still open after a second is cut.
    pub async fn stop(mut self) {
        self.rooms.close();
        self.shutdown.begin();
        while self.listeners.join_next().await.is_some() {}
        // What happened is written down, and the file let go of.
        if timeout(GRACE, self.classes.end()).await.is_err() {
            tracing::warn!("classes had not ended");
        }
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
    if let Some(folder) = &config.lessons {
        let readable = std::fs::read_dir(folder);
        readable.map_err(|error| format!("cannot read the lessons in {}: {error}", folder.display()))?;
    }
    let shelf = lessons(config.lessons.as_deref())?;
    let (site_listener, site) = bind("the course", config.site)?;
    let (lab_listener, lab) = bind("the lab", config.lab)?;

    let place = config.data.map_or_else(Place::ordinary, Ok);
    let store = place.and_then(|place| store::open(&place)).map_err(|error| error.to_string())?;

    let hosts = Arc::new(Hosts::new(site, lab, &config.hosts, config.lab_url));
    let rooms = Rooms::with_crowds(limits, Crowds::new(config.program, config.crowd, lab));
    let keep = room::class::Limits::keeping(config.keep_days);
    let classes = Classes::load(store, rooms.clone(), config.instructor_key, keep).await;
    let classes = classes.map_err(|why| format!("cannot read the classes: {why}"))?;
    let pages = app::pages(AppState { shelf: Arc::new(shelf), addresses: hosts.clone() });
    let api = room::router(room::State { rooms: rooms.clone(), classes: classes.clone(), hosts: hosts.clone() });
    let course = app::guarded(pages.merge(api), hosts.clone());
    let (outside, hosts_of) = (hosts.outside(), hosts.clone());
    let lab_routes = push::router(push::State { outlets: rooms.clone(), hosts });

    let outside = outside.map(|ip| {
        hosts_of.reachable(&Authority { host: literal(ip), port: Some(site.port()).filter(|port| *port != 80) })
    });
    let shutdown = Shutdown::new();
    let mut listeners = JoinSet::new();
    listeners.spawn(accept::serve(site_listener, course, Limits::default(), None, shutdown.clone()));
    listeners.spawn(accept::serve(lab_listener, lab_routes, Limits::default(), Some(rooms.clone()), shutdown.clone()));
    Ok(Running { site, lab, outside, rooms, classes, shutdown, listeners })
}

/// The lessons of a folder, or those inside the program.
fn lessons(folder: Option<&Path>) -> Result<Shelf, String> {
    let shelf = folder.map_or_else(Shelf::embedded, Shelf::folder);
    shelf.map_err(|report| format!("the lessons cannot be served:\n{}", report.to_string().trim_end()))
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
