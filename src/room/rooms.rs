//! The directory of labs: it makes them, finds them, and forgets them.
//!
//! A lab lives as long as a page follows it. Without a page it ends ten minutes after the last one left (a laptop that
//! was closed for a moment finds its lab again), or one minute after it was made if no page ever came. When the
//! directory is full, the lab that has been without a page for longest makes room, if that has been for a minute.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use tokio::sync::{mpsc, watch};

use super::{
    lab::{Ask, Ends, Lab, Lifetime},
    log::Share,
    rate::{ByAddress, Rate},
    secret::{self, Secret},
};
use crate::{
    crowd::Crowds,
    error::Error,
    net::{
        clock,
        line::{Directory, Line},
    },
    push::{Outlet, Outlets},
    wire::{LabId, control::LabSpec},
};

/// The directory's bounds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most labs at once.
    pub labs: usize,
    /// How long a lab lives without a page.
    pub lifetime: Lifetime,
    /// How many labs one address may make at once, and in a second.
    pub creations: (f64, f64),
    /// The most control sockets at once.
    pub sockets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            labs: 2_000,
            lifetime: Lifetime { unused: Duration::from_secs(60), idle: Duration::from_secs(600) },
            // A class behind one address begins at once; after that five a second, none of which outlives a minute
            // without its page: one address alone cannot fill the directory.
            creations: (300.0, 5.0),
            sockets: 4_000,
        }
    }
}

/// How long a lab must have been without a page before a new one may take its place, in microseconds.
const EVICTABLE: i64 = 60_000_000;

/// The directory of labs.
#[derive(Debug)]
pub struct Rooms {
    limits: Limits,
    labs: RwLock<HashMap<LabId, Arc<Entry>>>,
    creations: Mutex<ByAddress>,
    share: Arc<Share>,
    closing: watch::Sender<bool>,
    sockets: Arc<tokio::sync::Semaphore>,
    crowds: Arc<Crowds>,
}

/// A lab in the directory. Dropping it ends the lab.
#[derive(Debug)]
pub struct Entry {
    /// What allows to change it.
    pub secret: Secret,
    /// What allows to follow it, and nothing else.
    pub watch: Secret,
    /// The way to its task.
    pub asks: mpsc::Sender<Ask>,
    outlet: Arc<Outlet>,
    idle_since: watch::Receiver<i64>,
}

impl Rooms {
    /// An empty directory, whose labs have no crowds.
    pub fn new(limits: Limits) -> Arc<Self> {
        Self::with_crowds(limits, Crowds::none())
    }

    /// An empty directory, whose labs may call these crowds.
    pub fn with_crowds(limits: Limits, crowds: Arc<Crowds>) -> Arc<Self> {
        let (burst, per_second) = limits.creations;
        Arc::new(Self {
            limits,
            labs: RwLock::default(),
            creations: Mutex::new(ByAddress::new(Rate { burst, per_second })),
            share: Arc::default(),
            closing: watch::Sender::new(false),
            sockets: Arc::new(tokio::sync::Semaphore::new(limits.sockets)),
            crowds,
        })
    }

    /// Makes a lab, as `spec` (which was checked) says, for somebody at this address.
    ///
    /// # Errors
    /// 429 if the address makes too many, 503 if the directory is full of labs in use.
    pub fn create(self: &Arc<Self>, spec: LabSpec, address: IpAddr) -> Result<(LabId, Secret), Error> {
        let mut creations = self.creations.lock().unwrap_or_else(PoisonError::into_inner);
        if !creations.take(address, Instant::now()) {
            return Err(Error::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too many labs from one address; wait a few seconds",
            ));
        }
        drop(creations);
        let id = secret::lab_id().map_err(Error::internal)?;
        let secret = Secret::draw().map_err(Error::internal)?;
        let watch = Secret::draw().map_err(Error::internal)?;
        let lab = Lab::new(id.clone(), spec, self.limits.lifetime, self.share.join(), self.crowds.clone());
        let (lab, ends) = lab.map_err(Error::internal)?;
        let Ends { asks, outlet, idle_since } = ends;
        let entry = Entry { secret: secret.clone(), watch, asks, outlet, idle_since };
        self.insert(&id, entry)?;
        let (rooms, name, closing) = (Arc::downgrade(self), id.clone(), self.closing.subscribe());
        tokio::spawn(async move {
            lab.run(closing).await;
            forget(&rooms, &name);
        });
        Ok((id, secret))
    }

    fn insert(&self, id: &LabId, entry: Entry) -> Result<(), Error> {
        let mut labs = self.labs.write().unwrap_or_else(PoisonError::into_inner);
        if labs.len() >= self.limits.labs {
            let idle = labs.iter().map(|(id, entry)| (*entry.idle_since.borrow(), id));
            let longest = idle.filter(|(since, _)| *since > 0).min().map(|(since, id)| (since, id.clone()));
            match longest {
                Some((since, id)) if clock::now() - since >= EVICTABLE => labs.remove(&id),
                _ => return Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, "all labs are in use; try again later")),
            };
        }
        labs.insert(id.clone(), Arc::new(entry));
        Ok(())
    }

    /// The lab of this name.
    pub fn find(&self, id: &LabId) -> Option<Arc<Entry>> {
        self.labs.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// How many labs there are.
    pub fn len(&self) -> usize {
        self.labs.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A place for one more control socket, if there is one.
    pub fn socket(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        self.sockets.clone().try_acquire_owned().ok()
    }

    /// Waits until no control socket is open.
    pub async fn silence(&self) {
        // The number of places never exceeds what fits; an error would mean that the semaphore was closed, and nobody
        // closes it.
        let all = u32::try_from(self.limits.sockets).unwrap_or(u32::MAX);
        drop(self.sockets.acquire_many(all).await);
    }

    /// Wakes when the server ends.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Ends all labs and their sockets.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }
}

fn forget(rooms: &Weak<Rooms>, id: &LabId) {
    if let Some(rooms) = rooms.upgrade() {
        rooms.labs.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Directory for Rooms {
    fn line(&self, lab: &LabId) -> Option<Arc<Line>> {
        self.find(lab).map(|entry| entry.outlet.line.clone())
    }
}

impl Outlets for Rooms {
    fn outlet(&self, lab: &LabId) -> Option<Arc<Outlet>> {
        self.find(lab).map(|entry| entry.outlet.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn limits(labs: usize, unused: Duration, burst: f64) -> Limits {
        let lifetime = Lifetime { unused, idle: unused };
        Limits { labs, lifetime, creations: (burst, 0.0), sockets: 10 }
    }

    #[tokio::test]
    async fn a_lab_that_nobody_uses_ends() {
        let rooms = Rooms::new(limits(10, Duration::from_millis(30), 10.0));
        let (id, _) = rooms.create(LabSpec::default(), HERE).unwrap();
        let entry = rooms.find(&id).unwrap();
        // The task drops its end of the channel when it ends.
        entry.asks.closed().await;
        while rooms.find(&id).is_some() {
            tokio::task::yield_now().await;
        }
        assert!(rooms.is_empty());
    }

    #[tokio::test]
    async fn the_directory_and_each_address_have_an_end() {
        let rooms = Rooms::new(limits(3, Duration::from_secs(60), 5.0));
        for _ in 0..3 {
            rooms.create(LabSpec::default(), HERE).unwrap();
        }
        let status = |result: Result<(LabId, Secret), Error>| result.unwrap_err().status().as_u16();
        assert_eq!(status(rooms.create(LabSpec::default(), HERE)), 503);
        assert_eq!(status(rooms.create(LabSpec::default(), HERE)), 503);
        assert_eq!(status(rooms.create(LabSpec::default(), HERE)), 429);
        assert_eq!(rooms.len(), 3);
        rooms.close();
        while !rooms.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}
