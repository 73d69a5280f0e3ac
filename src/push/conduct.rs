//! The hook: how a fault changes the server's own conduct. Every handler comes by here with its answer ready, and whatever it
//! holds open asks here when to let go of it. No handler knows which faults there are.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, sleep_until},
};

use super::{
    feed::Updates,
    outlet::{Outlet, Who},
};
use crate::{
    error::Error,
    fault::{
        FaultId, Overflow,
        chain::{Chain, Conduct, Leave},
    },
    net::clock,
    wire::{Fact, Micros, Observation, Witness, observation::News},
};

/// How long an answer waits at most for later ones to go first.
const BEHIND: Duration = Duration::from_secs(5);

/// How many updates may wait for a slow reader.
const BACKLOG: usize = 4;

/// The fault that says how many places there are, and the places.
type Places = ((FaultId, u32), Arc<Semaphore>);

/// What the hook has to remember from one answer to the next.
#[derive(Debug, Default)]
pub struct Desk {
    /// How many requests came without a number of their own, as a reader's `curl` does.
    strangers: AtomicU32,
    /// How many answers have gone.
    gone: watch::Sender<u64>,
    /// The places of an overloaded server, and the fault that says how many there are.
    places: Mutex<Option<Places>>,
}

impl Desk {
    fn places(&self, by: FaultId, at_once: u32) -> Arc<Semaphore> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        match &*places {
            Some((of, places)) if *of == (by, at_once) => places.clone(),
            _ => {
                let new = Arc::new(Semaphore::new(at_once as usize));
                *places = Some(((by, at_once), new.clone()));
                new
            }
        }
    }
}

impl Outlet {
    /// The hook: every handler comes by here with its answer ready, and goes on when this returns.
    ///
    /// The answer is what it was before the wait: that is how an answer becomes stale. Dropping the future (the browser
    /// went away) ends the wait.
    ///
    /// # Errors
    /// The answer is to be another status, and nothing else.
    pub async fn answer(&self, who: Who, news: News) -> Result<(), Error> {
        let mut chain = self.line.changes();
        // Without a number, every stranger's request would draw the same lot: they are counted instead.
        let lot = who.exchange.or_else(|| Some(self.desk.strangers.fetch_add(1, Ordering::Relaxed)));
        let look = |chain: &mut watch::Receiver<Arc<Chain>>| {
            let chain = chain.borrow_and_update();
            let mut conduct = chain.conduct(who.client, lot, who.resource);
            conduct.never.take_if(|by| !chain.spend(*by));
            conduct
        };
        let mut conduct = look(&mut chain);
        // A server that is down answers nobody; it goes on with whoever has waited for so long.
        while conduct.down.is_some() {
            changed(&mut chain).await?;
            conduct = look(&mut chain);
        }
        if let Some(by) = conduct.never {
            self.saw(who, Fact::Struck { by });
            mended(&mut chain, by).await?;
            conduct = Conduct { never: None, ..look(&mut chain) };
        }
        if let Some((by, at_once, pause)) = conduct.busy {
            self.queue(who, &mut chain, (by, at_once), pause).await;
        }
        // What is counted is counted where it is carried out.
        let spend = |by| self.line.chain().spend(by);
        conduct.status.take_if(|status| !spend(status.0));
        conduct.wait.take_if(|wait| !spend(wait.0));
        conduct.behind.take_if(|behind| !spend(behind.0));
        // What is not going to be told is no news.
        let told = if conduct.status.is_none() { news } else { News::default() };
        self.saw(who, Fact::Answering { news: told });
        if let Some((by, wait)) = conduct.wait {
            self.saw(who, Fact::HeldBack { by, micros: micros(wait) });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = mended(&mut chain, by) => {}
            }
        }
        if let Some((by, window)) = conduct.behind {
            self.let_go_first(who, &mut chain, by, window).await;
        }
        self.desk.gone.send_modify(|gone| *gone += 1);
        match conduct.status {
            Some((by, code, retry_after)) => {
                self.saw(who, Fact::Struck { by });
                let status = StatusCode::from_u16(code).map_err(Error::internal)?;
                Err(Error::new(status, "a fault of the lab answers in the server's place").retry_after(retry_after))
            }
            None => Ok(()),
        }
    }

    /// How the server is to conduct itself now towards this client.
    pub fn conduct(&self, who: Who) -> Conduct {
        self.line.chain().conduct(who.client, who.exchange, who.resource)
    }

    /// When a fault ends what this client holds open since a time; never, while there is none. `chain` is the holder's own ear for
    /// changes.
    pub async fn leave(&self, who: Who, since: Micros, chain: &mut watch::Receiver<Arc<Chain>>) -> Leave {
        loop {
            let leave = chain.borrow_and_update().leave((who.client, who.exchange, who.resource), since);
            let over = async {
                match leave {
                    Some(leave) => sleep_until(Instant::now() + clock::until(leave.at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => {
                    if let Some(leave) = leave.filter(|leave| chain.borrow().spend(leave.by)) {
                        self.saw(who, Fact::Struck { by: leave.by });
                        return leave;
                    }
                    // It had struck often enough. What comes after it wakes this again.
                    if chain.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                changed = chain.changed() => {
                    // The lab is gone, and its faults with it: others see to that end.
                    if changed.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }

    /// Waits until a fault is taken away, or the lab is gone.
    pub async fn gone(&self, by: FaultId) {
        let _ = mended(&mut self.line.changes(), by).await;
    }

    /// Sees to a reader that is behind because it reads slowly. False: it has to go.
    pub fn keeps_up(&self, who: Who, conduct: &Conduct, updates: &mut Updates) -> bool {
        let Some((by, policy)) = conduct.overflow.filter(|_| updates.updates.len() > BACKLOG) else { return true };
        self.saw(who, Fact::Struck { by });
        if policy == Overflow::DropOldest {
            updates.forget(BACKLOG);
        }
        policy == Overflow::DropOldest
    }

    /// Waits for a place at an overloaded server, and then for as long as the work takes.
    async fn queue(
        &self,
        who: Who,
        chain: &mut watch::Receiver<Arc<Chain>>,
        (by, at_once): (FaultId, u32),
        pause: Duration,
    ) {
        let since = clock::now();
        let places = self.desk.places(by, at_once);
        let work = async {
            // Nobody closes the places.
            let place = places.acquire().await;
            tokio::time::sleep(pause).await;
            drop(place);
        };
        tokio::select! {
            () = work => {}
            _ = mended(chain, by) => {}
        }
        self.held_back(who, by, since);
    }

    /// Waits until so many later answers have gone.
    async fn let_go_first(&self, who: Who, chain: &mut watch::Receiver<Arc<Chain>>, by: FaultId, window: u32) {
        let since = clock::now();
        let mut gone = self.desk.gone.subscribe();
        let until = *gone.borrow() + u64::from(window);
        let mut others = pin!(gone.wait_for(|gone| *gone >= until));
        tokio::select! {
            _ = others.as_mut() => {}
            _ = mended(chain, by) => {}
            () = tokio::time::sleep(BEHIND) => {}
        }
        self.held_back(who, by, since);
    }

    /// Writes down that an answer was held back since a time: how long it would be was not known then.
    fn held_back(&self, who: Who, by: FaultId, since: Micros) {
        let micros = clock::now() - since;
        if who.crowd.is_none() {
            let fact = Fact::HeldBack { by, micros };
            let (client, exchange) = (who.client, who.exchange);
            self.line.observe(Observation { at: since, witness: Witness::Server, client, exchange, conn: None, fact });
        }
    }
}

/// Waits for another chain.
async fn changed(chain: &mut watch::Receiver<Arc<Chain>>) -> Result<(), Error> {
    chain.changed().await.map_err(|_| Error::not_found("the lab has just ended"))
}

/// Waits until a fault is taken away.
async fn mended(chain: &mut watch::Receiver<Arc<Chain>>, by: FaultId) -> Result<(), Error> {
    while chain.borrow_and_update().has(by) {
        changed(chain).await?;
    }
    Ok(())
}

fn micros(time: Duration) -> Micros {
    Micros::try_from(time.as_micros()).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Kind};

    fn slow(id: FaultId) -> Arc<Chain> {
        let kind = Kind::SlowAnswers { min_ms: 0, max_ms: 10 };
        Arc::new(Chain { faults: vec![Fault::new(id, kind)], ..Chain::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_is_mended_when_it_is_gone_and_not_when_another_comes() {
        let (force, mut chain) = watch::channel(slow(3));
        let start = Instant::now();
        let change = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            force.send_replace(slow(3));
            tokio::time::sleep(Duration::from_secs(1)).await;
            force.send_replace(slow(4));
        };
        let (mended, ()) = tokio::join!(mended(&mut chain, 3), change);
        assert!(mended.is_ok());
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[test]
    fn an_overloaded_server_has_as_many_places_as_its_fault_says() {
        let desk = Desk::default();
        let places = desk.places(1, 3);
        assert_eq!(places.available_permits(), 3);
        assert!(Arc::ptr_eq(&places, &desk.places(1, 3)));
        assert_eq!(desk.places(1, 5).available_permits(), 5, "the same fault, changed");
    }
}
