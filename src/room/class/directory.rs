//! The directory of classes: it opens them, finds them, and forgets them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    rights::{self, Handovers},
    task::{
        Ask, Task, is_over,
        journal::{Journal, Trouble},
    },
};
use crate::{
    class::{Code, Event, code::LEN},
    config::InstructorKey,
    error::Error,
    i18n::Locale,
    room::{
        Rooms,
        rate::{ByAddress, Rate},
        secret::Secret,
    },
    store::Store,
};

/// The logs of classes are named so, with the code after it.
const LOGS: &str = "class/";

/// How often a code is drawn anew, because there is such a class already.
const DRAWS: usize = 32;

/// The directory's bounds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most classes.
    pub classes: usize,
    /// How long a class is kept after it was last used.
    pub keep: Duration,
    /// How many classes one address may open.
    pub openings: Rate,
    /// How many readers of one address may join: a room is often behind one address.
    pub joinings: Rate,
    /// How often one address may name a class that there is not, or show a right that is none.
    pub guesses: Rate,
}

impl Limits {
    /// The ordinary ones, with so many days.
    pub fn keeping(days: u32) -> Self {
        Self {
            classes: 200,
            keep: Duration::from_secs(u64::from(days) * 86_400),
            openings: Rate { burst: 30.0, per_second: 0.1 },
            joinings: Rate { burst: 400.0, per_second: 2.0 },
            // There are 64 million codes: at this rate it takes years to come upon one class.
            guesses: Rate { burst: 40.0, per_second: 0.5 },
        }
    }
}

/// A class that can be asked.
#[derive(Debug)]
pub struct Entry {
    /// Its code.
    pub code: Code,
    /// The way to its task.
    pub asks: mpsc::Sender<Ask>,
    /// The digest of the instructor's secret.
    key: String,
    handovers: Mutex<Handovers>,
}

impl Entry {
    /// Whether a text is the instructor's secret.
    pub fn is_instructors(&self, secret: &str) -> bool {
        rights::is(&self.key, secret)
    }

    /// Its links that hand the right over.
    pub fn handovers(&self) -> MutexGuard<'_, Handovers> {
        self.handovers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the directory.
#[derive(Debug)]
enum Place {
    Open(Arc<Entry>),
    /// Its log cannot be read. Its code is not given to another.
    Torn,
}

/// The directory of classes.
#[derive(Debug)]
pub struct Classes {
    limits: Limits,
    key: Option<InstructorKey>,
    rooms: Arc<Rooms>,
    /// Nothing, once the server ends.
    store: Mutex<Option<Arc<dyn Store>>>,
    places: RwLock<HashMap<Code, Place>>,
    tasks: Mutex<JoinSet<()>>,
    openings: Mutex<ByAddress>,
    joinings: Mutex<ByAddress>,
    guesses: Mutex<ByAddress>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_many(what: &'static str, seconds: u32) -> Error {
    Error::new(StatusCode::TOO_MANY_REQUESTS, what).retry_after(Some(seconds))
}

impl Classes {
    /// The directory of all classes that the store has. One whose log cannot be read is left as it is, and said in the log of the
    /// program; the others do not suffer for it.
    ///
    /// # Errors
    /// If the store cannot say what it has.
    pub async fn load(
        store: Arc<dyn Store>,
        rooms: Arc<Rooms>,
        key: Option<InstructorKey>,
        limits: Limits,
    ) -> Result<Arc<Self>, String> {
        let by_address = |rate| Mutex::new(ByAddress::new(rate));
        let classes = Arc::new(Self {
            limits,
            key,
            rooms,
            store: Mutex::new(Some(store.clone())),
            places: RwLock::default(),
            tasks: Mutex::default(),
            openings: by_address(limits.openings),
            joinings: by_address(limits.joinings),
            guesses: by_address(limits.guesses),
        });
        for log in store.logs().await.map_err(|error| error.to_string())? {
            let Some(code) = log.strip_prefix(LOGS).and_then(Code::parse) else { continue };
            match Journal::read(store.clone(), log.clone()).await {
                Ok(journal) if journal.class.code != code => {
                    classes.give_up(&code, format!("the log {log} is of the class {}", journal.class.code));
                }
                Ok(journal) if is_over(&journal.class, limits.keep) => {
                    store.forget(&log).await.map_err(|error| error.to_string())?;
                    tracing::info!(class = %code, "a class that was not used any more was forgotten");
                }
                Ok(journal) => {
                    classes.begin(journal);
                }
                Err(why) => classes.give_up(&code, why),
            }
        }
        Ok(classes)
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lets a class's task run.
    fn begin(self: &Arc<Self>, journal: Journal) -> Arc<Entry> {
        let (code, key) = (journal.class.code.clone(), journal.class.key.clone());
        let (task, asks) = Task::new(journal, self.rooms.clone(), Arc::downgrade(self), self.limits.keep);
        let entry = Arc::new(Entry { code: code.clone(), asks, key, handovers: Mutex::default() });
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(code, Place::Open(entry.clone()));
        let mut tasks = lock(&self.tasks);
        // Those that are over are remembered no longer.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task.run(self.rooms.closing()));
        entry
    }

    /// Opens a class for somebody at this address. Gives it with the instructor's secret.
    ///
    /// # Errors
    /// 403 without the key of the configuration, 429 if the address opens too many, 503 if there are too many.
    pub async fn open(
        self: &Arc<Self>,
        locale: Locale,
        key: Option<&str>,
        address: IpAddr,
    ) -> Result<(Arc<Entry>, Secret), Error> {
        if let Some(wanted) = &self.key {
            self.check_guesses(address)?;
            if !key.is_some_and(|key| rights::is(&rights::digest(wanted.reveal()), key)) {
                self.note_guess(address);
                let why = "on this server only who knows the instructor's key may open a class";
                return Err(Error::new(StatusCode::FORBIDDEN, why));
            }
        }
        if !lock(&self.openings).take(address, Instant::now()) {
            return Err(too_many("too many classes from one address; wait a little", 10));
        }
        let ends = || Error::new(StatusCode::SERVICE_UNAVAILABLE, "the server ends");
        let store = lock(&self.store).clone().ok_or_else(ends)?;
        let secret = Secret::draw().map_err(Error::internal)?;
        for _ in 0..DRAWS {
            let mut bytes = [0; LEN];
            getrandom::fill(&mut bytes).map_err(Error::internal)?;
            let code = Code::draw(bytes);
            {
                let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
                if places.len() >= self.limits.classes {
                    let why = "this server has as many classes as it may; delete one that is not needed any more";
                    return Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, why));
                }
                if places.contains_key(&code) {
                    continue;
                }
            }
            let (key, locale) = (rights::digest(&secret.reveal()), locale.prefix().to_owned());
            let opening = Event::Opened { code: code.clone(), key, locale };
            match Journal::begin(store.clone(), format!("{LOGS}{code}"), opening).await {
                Ok(journal) => {
                    tracing::info!(class = %code, "a class was opened");
                    return Ok((self.begin(journal), secret));
                }
                // Somebody else's, opened in the same moment.
                Err(Trouble::Unstored(crate::store::Error::Conflict { .. })) => {}
                Err(trouble) => return Err(Error::internal(trouble.to_string())),
            }
        }
        Err(Error::internal("no code is free"))
    }

    /// The class of this code, without a word about who asks.
    pub fn find(&self, code: &Code) -> Option<Arc<Entry>> {
        match self.places.read().unwrap_or_else(PoisonError::into_inner).get(code)? {
            Place::Open(entry) => Some(entry.clone()),
            Place::Torn => None,
        }
    }

    /// The class of this code, for somebody at this address who has no right to show.
    ///
    /// # Errors
    /// 404 if there is none, 429 if the address has asked for too many that there are not, 500 if its log cannot be read.
    pub fn look_up(&self, code: &str, address: IpAddr) -> Result<Arc<Entry>, Error> {
        self.check_guesses(address)?;
        let code = Code::parse(code);
        let entry = code.as_ref().and_then(|code| self.find(code));
        if let (None, Some(code)) = (&entry, &code)
            && self.places.read().unwrap_or_else(PoisonError::into_inner).contains_key(code)
        {
            let why = "the log of this class cannot be read; the server's log says why";
            return Err(Error::new(StatusCode::INTERNAL_SERVER_ERROR, why));
        }
        entry.ok_or_else(|| {
            self.note_guess(address);
            Error::not_found("there is no class with this code")
        })
    }

    /// Checks that this address has not guessed too often.
    ///
    /// # Errors
    /// 429 if it has.
    pub fn check_guesses(&self, address: IpAddr) -> Result<(), Error> {
        if self.may_guess(address) {
            return Ok(());
        }
        Err(too_many("too many wrong codes from this address; wait a few seconds", 5))
    }

    /// Whether this address has not guessed too often.
    pub fn may_guess(&self, address: IpAddr) -> bool {
        lock(&self.guesses).has(address, Instant::now())
    }

    /// Somebody at this address named a class that there is not, or showed a right that is none.
    pub fn note_guess(&self, address: IpAddr) {
        lock(&self.guesses).take(address, Instant::now());
    }

    /// Whether one more reader of this address may join.
    ///
    /// # Errors
    /// 429 if too many have.
    pub fn check_joining(&self, address: IpAddr) -> Result<(), Error> {
        if lock(&self.joinings).take(address, Instant::now()) {
            return Ok(());
        }
        Err(too_many("too many readers have joined from this address; wait a little and try again", 5))
    }

    /// Forgets a class that has ended.
    pub(super) fn remove(&self, code: &Code) {
        self.places.write().unwrap_or_else(PoisonError::into_inner).remove(code);
    }

    /// Keeps the place of a class whose log cannot be read.
    pub(super) fn give_up(&self, code: &Code, why: String) {
        tracing::error!(class = %code, why, "the log of a class cannot be read; it is left as it is");
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(code.clone(), Place::Torn);
    }

    /// Waits until all classes have ended, as they do when the server says so, and lets go of the store.
    pub async fn end(&self) {
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while tasks.join_next().await.is_some() {}
        lock(&self.store).take();
    }
}

#[cfg(test)]
mod tests;
