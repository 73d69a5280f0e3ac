//! The pings of a server's end, and the pongs that answer them (RFC 6455 §5.5.2, §5.5.3): whether the other end's stack is
//! alive. Whether its script is, nobody learns this way: a browser answers by itself.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_tungstenite::tungstenite::Message;

/// How many pings may wait for their pongs and be known one by one.
const PINGS: usize = 1024;

/// The pings that were sent, each with its number as what is to be repeated (RFC 6455 §5.5.2). Only the latest needs a pong,
/// which answers those before it as well (§5.5.3).
#[derive(Debug, Default)]
pub struct Pings {
    sent: Mutex<(u32, VecDeque<(u32, Instant)>)>,
    news: Notify,
}

impl Pings {
    fn lock(&self) -> MutexGuard<'_, (u32, VecDeque<(u32, Instant)>)> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next ping.
    pub fn next(&self) -> Message {
        let mut sent = self.lock();
        sent.0 = sent.0.wrapping_add(1);
        let no = sent.0;
        if sent.1.len() < PINGS {
            sent.1.push_back((no, Instant::now()));
        }
        self.news.notify_one();
        Message::Ping(no.to_string().into())
    }

    /// A pong came. One that nobody asked for answers nothing.
    pub fn answered(&self, what: &[u8]) {
        let no = std::str::from_utf8(what).ok().and_then(|text| text.parse::<u32>().ok());
        let mut sent = self.lock();
        if let Some(place) = no.and_then(|no| sent.1.iter().position(|ping| ping.0 == no)) {
            sent.1.drain(..=place);
        }
    }

    fn oldest(&self) -> Option<Instant> {
        self.lock().1.front().map(|ping| ping.1)
    }

    /// Waits until a ping has gone unanswered for longer than this.
    pub async fn overdue(&self, patience: Option<Duration>) {
        let Some(patience) = patience else { return pending().await };
        loop {
            match self.oldest() {
                None => self.news.notified().await,
                Some(at) if at.elapsed() >= patience => return,
                Some(at) => sleep_until(at + patience).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_pong_answers_its_ping_and_those_before_it() {
        let pings = Pings::default();
        for no in ["1", "2", "3"] {
            assert_eq!(pings.next(), Message::Ping(no.into()));
            tokio::time::advance(SECOND).await;
        }
        let start = Instant::now();
        pings.answered(b"2");
        pings.answered(b"2");
        pings.answered(b"7");
        pings.answered(b"nonsense");
        pings.overdue(Some(3 * SECOND)).await;
        assert_eq!(start.elapsed(), 2 * SECOND, "the third was sent a second ago");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_overdue_without_a_ping_or_without_a_limit() {
        let pings = Pings::default();
        let overdue = tokio::time::timeout(1000 * SECOND, pings.overdue(Some(SECOND))).await;
        assert!(overdue.is_err());
        pings.next();
        assert!(tokio::time::timeout(1000 * SECOND, pings.overdue(None)).await.is_err());
        pings.overdue(Some(SECOND)).await;
    }
}
