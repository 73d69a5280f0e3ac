//! The task that owns a class: it answers its pages, keeps its log, and sees to its readers' labs.
//!
//! What waits when it is free is done together: the events of all go to the store at once, and nobody is told that anything
//! is done before they are there.

mod ask;
mod asked;
mod counting;
pub mod journal;

use std::{
    collections::BTreeSet,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};

pub use self::ask::{Ask, Public};
use self::journal::{Journal, Trouble, now};
use super::{
    Classes,
    labs::{Labs, Round},
    pages::{Pages, Patience, Who},
};
use crate::{
    class::{
        Class, Event, ReaderNo,
        order::Whom,
        report,
        show::{Live, Present},
        view::Refusal,
    },
    error::Error,
    room::{Rooms, subscriber::Goodbye},
};

/// How many messages may wait for the task.
pub const ASKS: usize = 512;

/// The most messages that are done together.
const GROUP: usize = 256;

/// Readers and walls are shown something new at most this often; desks half as often.
const FRONT: Duration = Duration::from_millis(100);

/// See [`FRONT`].
const DESK: Duration = Duration::from_millis(200);

/// How long a lab that is busy is left alone.
const OWED: Duration = Duration::from_millis(50);

/// How often labs are asked for their sums.
const COUNT: Duration = Duration::from_secs(1);

/// How often it is looked whether the class has been of no use for long enough.
const EXPIRY: Duration = Duration::from_secs(60);

/// Said to who has no right, and to who asks for what there is not: nobody can tell which.
pub const FORBIDDEN: Goodbye = Goodbye::new(4403, "no such class, or not the right for this");

/// What is said once the group is stored, or is not.
type Say = Box<dyn FnOnce(&Result<(), Trouble>, &Class) + Send>;

/// How the class ends.
enum End {
    /// The server does.
    Server,
    /// It was forgotten, by the instructor or because its time was over.
    Forgotten,
    /// Its log cannot be read any more.
    Lost(String),
}

/// A class's task.
pub struct Task {
    journal: Journal,
    rooms: Arc<Rooms>,
    directory: Weak<Classes>,
    keep: Duration,
    asks: mpsc::Receiver<Ask>,
    live: Live,
    pages: Pages,
    patience: Patience,
    labs: Labs,
    rounds: mpsc::Receiver<Round>,
    /// Readers whose sums have changed since they were last written down, and when that was.
    counted: BTreeSet<ReaderNo>,
    written: Instant,
    /// When labs were last asked for their sums.
    asked: Instant,
    /// Whether there is something to show to readers and walls, and to desks, and when they were last shown something.
    news: [(bool, Instant); 2],
    looked: Instant,

    // What the group that is being done comes to.
    says: Vec<Say>,
    refault: bool,
    refaulted: Vec<ReaderNo>,
    removed: Vec<ReaderNo>,
    updates: u32,
    forget: Option<oneshot::Sender<Result<(), Error>>>,
}

impl Task {
    /// The task of a class, and the way to it.
    pub fn new(
        journal: Journal,
        rooms: Arc<Rooms>,
        directory: Weak<Classes>,
        keep: Duration,
    ) -> (Self, mpsc::Sender<Ask>) {
        let (ask, asks) = mpsc::channel(ASKS);
        let (round, rounds) = mpsc::channel(1);
        let now = Instant::now();
        let task = Self {
            journal,
            rooms,
            directory,
            keep,
            asks,
            live: Live::default(),
            pages: Pages::default(),
            patience: Patience::default(),
            labs: Labs::new(round),
            rounds,
            counted: BTreeSet::new(),
            written: now,
            asked: now,
            news: [(false, now); 2],
            looked: now,
            says: Vec::new(),
            refault: false,
            refaulted: Vec::new(),
            removed: Vec::new(),
            updates: 0,
            forget: None,
        };
        (task, ask)
    }

    /// Runs the class until it is forgotten or the server ends.
    pub async fn run(mut self, mut closing: watch::Receiver<bool>) {
        let end = loop {
            let wakes = self.wakes_at();
            tokio::select! {
                ask = self.asks.recv() => {
                    let Some(ask) = ask else { break End::Server };
                    self.ask(ask);
                    for _ in 1..GROUP {
                        let Ok(ask) = self.asks.try_recv() else { break };
                        self.ask(ask);
                    }
                }
                Some(round) = self.rounds.recv() => self.counted(round),
                () = sleep_until(wakes) => {}
                _ = closing.wait_for(|closing| *closing) => break End::Server,
            }
            if let Err(end) = self.settle().await {
                break end;
            }
            self.tick();
            // What the tick has written down.
            if let Err(end) = self.settle().await {
                break end;
            }
            if self.has_expired() {
                match self.journal.forget().await {
                    Ok(()) => break End::Forgotten,
                    Err(error) => {
                        tracing::error!(class = %self.journal.class.code, %error, "an expired class is still there")
                    }
                }
            }
        };
        self.end(end).await;
    }

    async fn end(mut self, end: End) {
        let code = self.journal.class.code.clone();
        let goodbye = match end {
            End::Server => {
                // So that a report after the restart is complete.
                self.write_down();
                let _ = self.settle().await;
                Goodbye::new(1001, "the server ends")
            }
            End::Forgotten => {
                tracing::info!(class = %code, "a class was forgotten");
                Goodbye::new(4403, "the class was deleted")
            }
            End::Lost(why) => {
                tracing::error!(class = %code, why, "a class has ended, because its log cannot be read");
                if let Some(directory) = self.directory.upgrade() {
                    directory.give_up(&code, why);
                }
                self.pages.dismiss_all(&Goodbye::new(1011, "the class cannot be stored; see the server's log"));
                return;
            }
        };
        self.pages.dismiss_all(&goodbye);
        if let Some(directory) = self.directory.upgrade() {
            directory.remove(&code);
        }
    }

    /// When there is something to do although nobody asks.
    fn wakes_at(&self) -> Instant {
        let due = |wanted: bool, at: Instant| wanted.then_some(at);
        let [front, desk] = self.news;
        let times = [
            due(front.0, front.1 + FRONT),
            due(desk.0, desk.1 + DESK),
            due(self.labs.owes(), Instant::now() + OWED),
            due(self.counts(), self.asked + COUNT),
            due(!self.counted.is_empty(), self.written + counting::WRITE),
            Some(self.looked + EXPIRY),
        ];
        times.into_iter().flatten().min().unwrap_or(self.looked + EXPIRY)
    }

    /// Whether labs are to be asked for their sums: when there is somebody to see them.
    fn counts(&self) -> bool {
        !self.labs.is_empty() && !self.pages.is_empty()
    }

    /// What is due.
    fn tick(&mut self) {
        let time = Instant::now();
        if self.labs.owes() {
            self.labs.pay();
        }
        if self.counts() && time >= self.asked + COUNT {
            self.asked = time;
            for reader in self.labs.sweep() {
                self.live.readers.entry(reader).or_default().watch = None;
                self.changed();
            }
            self.labs.count();
        }
        if !self.counted.is_empty() && time >= self.written + counting::WRITE {
            self.write_down();
        }
        for (nth, gap) in [FRONT, DESK].into_iter().enumerate() {
            let (wanted, shown) = &mut self.news[nth];
            if *wanted && time >= *shown + gap {
                (*wanted, *shown) = (false, time);
                self.pages.show(nth == 1, &self.journal.class, &self.live, now());
            }
        }
    }

    fn has_expired(&mut self) -> bool {
        let time = Instant::now();
        if time < self.looked + EXPIRY {
            return false;
        }
        self.looked = time;
        self.pages.is_empty() && is_over(&self.journal.class, self.keep)
    }

    /// There is something to show.
    fn changed(&mut self) {
        self.news.iter_mut().for_each(|(wanted, _)| *wanted = true);
    }

    // --- One group ---------------------------------------------------------------------------------------------------

    fn ask(&mut self, ask: Ask) {
        match ask {
            Ask::Join { name, reply } => self.join(name.as_deref(), reply),
            Ask::Enter { face, instructor, token, page, reply } => {
                let _ = reply.send(self.enter(face, instructor, &token, page));
            }
            Ask::Leave { id } => {
                if let Some(who) = self.pages.leave(id) {
                    self.note_presence(who);
                }
            }
            Ask::Wish { id, wish, reply } => {
                let result = self.wish(id, wish);
                self.answer(result, reply);
            }
            Ask::Order { id, order, reply } => {
                let result = self.order(id, order);
                self.answer(result, reply);
            }
            Ask::Public { reply } => self.says.push(Box::new(|_, class| {
                let public = Public { open: !class.closed, phase: class.phase, locale: class.locale.clone() };
                let _ = reply.send(public);
            })),
            Ask::Report { reply } => {
                // With what has been counted until now.
                self.write_down();
                self.says.push(Box::new(|_, class| {
                    let _ = reply.send(report::csv(class));
                }));
            }
            Ask::Forget { reply } => self.forget = Some(reply),
        }
    }

    /// Tells the result once the group is stored.
    fn answer(&mut self, result: Result<(), Refusal>, reply: oneshot::Sender<Result<(), Refusal>>) {
        self.says.push(Box::new(move |stored, _| {
            let unstored = |trouble: &Trouble| Refusal::Unstored(trouble.to_string());
            let result = result.and_then(|()| stored.as_ref().copied().map_err(unstored));
            // The page may be gone.
            let _ = reply.send(result);
        }));
    }

    fn happen(&mut self, event: Event) {
        match &event {
            Event::Broke { .. } | Event::Joined { .. } => self.refault = true,
            Event::Removed { reader } => {
                self.refault = true;
                self.removed.push(*reader);
            }
            _ => {}
        }
        self.journal.happen(event);
        self.changed();
    }

    /// Stores what the group comes to, tells whoever asked, and does to labs and pages what follows.
    async fn settle(&mut self) -> Result<(), End> {
        let stored = self.journal.commit().await;
        let says = std::mem::take(&mut self.says);
        says.into_iter().for_each(|say| say(&stored, &self.journal.class));
        let (refault, updates) = (std::mem::take(&mut self.refault), std::mem::take(&mut self.updates));
        let (refaulted, removed) = (std::mem::take(&mut self.refaulted), std::mem::take(&mut self.removed));
        match stored {
            Err(Trouble::Lost(why)) => return Err(End::Lost(why)),
            // As if nothing had been asked.
            Err(Trouble::Unstored(_)) => self.changed(),
            Ok(()) => {
                for reader in removed {
                    self.labs.remove(reader);
                    self.live.readers.remove(&reader);
                    self.counted.remove(&reader);
                    self.pages
                        .dismiss(Who::Reader(reader), &Goodbye::new(4403, "this reader is not in the class any more"));
                }
                if refault {
                    self.put_faults(None);
                }
                refaulted.into_iter().for_each(|reader| self.put_faults(Some(reader)));
                (0..updates).for_each(|_| self.labs.publish());
            }
        }
        if let Some(reply) = self.forget.take() {
            let result = self.journal.forget().await;
            let gone = result.is_ok();
            let _ = reply.send(result.map_err(Error::internal));
            if gone {
                for reader in self.live.readers.keys() {
                    self.labs.remove(*reader);
                }
                return Err(End::Forgotten);
            }
        }
        Ok(())
    }

    /// Gives all labs, or one, the faults that are for them.
    fn put_faults(&mut self, only: Option<ReaderNo>) {
        let (class, live) = (&self.journal.class, &self.live);
        let uses = |reader| live.readers.get(&reader).and_then(|present: &Present| present.sums.technique);
        let mine = live
            .readers
            .iter()
            .filter(|(reader, present)| present.watch.is_some() && only.is_none_or(|only| only == **reader));
        for (reader, _) in mine {
            self.labs.faults(*reader, class.faults_of(*reader, uses));
        }
    }

    /// A round of sums has come.
    fn counted(&mut self, round: Round) {
        let by_technique = self.journal.class.faults.iter().any(|broken| matches!(broken.whom, Whom::Technique { .. }));
        for (reader, sums) in self.labs.take(round) {
            let Some(present) = self.live.readers.get_mut(&reader) else { continue };
            if by_technique && present.sums.technique != sums.technique {
                self.refaulted.push(reader);
            }
            present.sums = sums;
            self.counted.insert(reader);
            self.changed();
        }
    }
}

/// Whether a class has not been used for so long.
pub fn is_over(class: &Class, keep: Duration) -> bool {
    let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
    class.moved.saturating_add(keep) <= now()
}
