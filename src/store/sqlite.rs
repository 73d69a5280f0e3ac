//! Logs in an SQLite file: one thread owns the connection, everybody else sends it messages.
//!
//! What waits when the thread is free goes into one transaction, and is answered when that is on the disk: so many
//! writers share the price of one `fsync`. The file is in WAL mode with `synchronous = FULL`, and locked for as long as the
//! program runs.

mod file;
mod queries;

use std::{collections::VecDeque, path::Path, thread};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{Answer, Error, Store, Stored, check};

/// How many messages may wait for the thread. Who finds no room waits for it.
const WAITING: usize = 1024;

/// The most messages that share a transaction.
const GROUP: usize = 256;

/// Logs in a file.
#[derive(Debug)]
pub struct Sqlite {
    /// Taken when the store ends, so that the thread ends, too.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Sqlite {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// If it cannot be used; it is untouched then.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = file::open(path)?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        let owner = Owner { connection, file: path.to_owned() };
        let thread = thread::Builder::new().name("store".into()).spawn(move || owner.run(waiting));
        let thread = thread.map_err(|error| Error::Unusable { file: path.into(), why: error.to_string() })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(Error::Ended)?;
        jobs.send(job(reply)).await.map_err(|_| Error::Ended)?;
        answer.await.map_err(|_| Error::Ended)?
    }
}

impl Drop for Sqlite {
    /// Waits until what was sent is stored and the file is closed.
    fn drop(&mut self) {
        self.jobs.take();
        if let Some(Err(_)) = self.thread.take().map(thread::JoinHandle::join) {
            tracing::error!("the store's thread has panicked");
        }
    }
}

impl Store for Sqlite {
    fn logs(&self) -> Answer<'_, Vec<String>> {
        Box::pin(self.ask(|reply| Job::Logs { reply }))
    }

    fn read<'a>(&'a self, log: &'a str, after: u64, limit: usize) -> Answer<'a, Vec<Stored>> {
        Box::pin(self.ask(move |reply| Job::Read { log: log.into(), after, limit, reply }))
    }

    fn append<'a>(&'a self, log: &'a str, expected: u64, events: Vec<Vec<u8>>) -> Answer<'a, u64> {
        Box::pin(async move {
            check(log, expected, &events)?;
            self.ask(|reply| Job::Append { log: log.into(), expected, events, reply }).await
        })
    }

    fn forget<'a>(&'a self, log: &'a str) -> Answer<'a, ()> {
        Box::pin(self.ask(|reply| Job::Forget { log: log.into(), reply }))
    }
}

type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What the thread is asked.
enum Job {
    Logs { reply: Reply<Vec<String>> },
    Read { log: String, after: u64, limit: usize, reply: Reply<Vec<Stored>> },
    Append { log: String, expected: u64, events: Vec<Vec<u8>>, reply: Reply<u64> },
    Forget { log: String, reply: Reply<()> },
}

/// What to say to whoever asked, once the transaction has ended in this way.
type Say = Box<dyn FnOnce(&Result<(), Error>)>;

/// The thread's own.
struct Owner {
    connection: Connection,
    file: std::path::PathBuf,
}

impl Owner {
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut group = VecDeque::new();
        while let Some(job) = waiting.blocking_recv() {
            group.push_back(job);
            while group.len() < GROUP
                && let Ok(job) = waiting.try_recv()
            {
                group.push_back(job);
            }
            self.serve(&mut group);
        }
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the store was not closed in order");
        }
    }

    /// Does what a group asks, in one transaction, and answers when that is over.
    fn serve(&mut self, group: &mut VecDeque<Job>) {
        let mut says: Vec<Say> = Vec::with_capacity(group.len());
        let mut forgot = false;
        let result = self.connection.transaction().and_then(|transaction| {
            while let Some(job) = group.pop_front() {
                let (say, failed) = match job {
                    Job::Logs { reply } => later(reply, queries::logs(&transaction)),
                    Job::Read { log, after, limit, reply } => {
                        later(reply, queries::read(&transaction, &log, after, limit))
                    }
                    Job::Append { log, expected, events, reply } => {
                        later(reply, queries::append(&transaction, &log, expected, &events))
                    }
                    Job::Forget { log, reply } => {
                        forgot = true;
                        later(reply, queries::forget(&transaction, &log))
                    }
                };
                says.push(say);
                if let Some(error) = failed {
                    return Err(error);
                }
            }
            transaction.commit()
        });
        let result = result.map_err(|error| {
            tracing::error!(%error, "the store cannot write");
            file::failure(&self.file, &error)
        });
        // Those that nobody came to any more lose their reply with the group, which says that the store failed.
        for job in group.drain(..) {
            says.push(later_failed(job));
        }
        if forgot && result.is_ok() {
            // What was forgotten is in the WAL still, until that is written back and emptied.
            file::checkpoint(&self.connection);
        }
        says.into_iter().for_each(|say| say(&result));
    }
}

/// An answer that is kept until the transaction has ended, and the error if it must end badly.
fn later<T: 'static>(reply: Reply<T>, answer: queries::Outcome<T>) -> (Say, Option<rusqlite::Error>) {
    let (answer, failed) = match answer {
        Ok(answer) => (Some(answer), None),
        Err(error) => (None, Some(error)),
    };
    let say = move |result: &Result<(), Error>| {
        let answer = match (result, answer) {
            (Ok(()), Some(answer)) => answer,
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => Err(Error::Ended),
        };
        // Who asked may be gone.
        let _ = reply.send(answer);
    };
    (Box::new(say), failed)
}

/// The answer to a job that was never begun.
fn later_failed(job: Job) -> Say {
    fn fails<T: 'static>(reply: Reply<T>) -> Say {
        later(reply, Ok(Err(Error::Ended))).0
    }
    match job {
        Job::Logs { reply } => fails(reply),
        Job::Read { reply, .. } => fails(reply),
        Job::Append { reply, .. } => fails(reply),
        Job::Forget { reply, .. } => fails(reply),
    }
}
