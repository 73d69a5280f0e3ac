//! What others ask, one by one: joining, coming in, wishes and orders.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use tokio::sync::oneshot;

use super::{FORBIDDEN, Task, journal::Trouble};
use crate::{
    class::{
        Event, READERS, ReaderNo,
        event::Sums,
        name::clean,
        order::{Face, Order, Wish},
        rules,
        view::Refusal,
    },
    error::Error,
    room::{
        class::{
            pages::{Subscription, Who},
            rights,
        },
        secret::Secret,
        subscriber::Goodbye,
    },
};

impl Task {
    pub(super) fn join(&mut self, name: Option<&str>, reply: oneshot::Sender<Result<(ReaderNo, Secret), Error>>) {
        let class = &self.journal.class;
        let refused = if class.closed {
            Some(Error::new(StatusCode::FORBIDDEN, "the class is closed: nobody can join any more"))
        } else if class.readers.len() >= READERS {
            Some(Error::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("the class is full: it has had {READERS} readers"),
            ))
        } else if self.journal.is_nearly_full() {
            Some(Error::new(StatusCode::SERVICE_UNAVAILABLE, "the log of the class is nearly full; open another class"))
        } else {
            None
        };
        let token = match refused {
            Some(error) => Err(error),
            None => Secret::draw().map_err(Error::internal),
        };
        match token {
            Err(error) => {
                let _ = reply.send(Err(error));
            }
            Ok(token) => {
                let reader = class.next_reader();
                let key = rights::digest(&token.reveal());
                self.happen(Event::Joined { reader, key, name: name.and_then(clean) });
                self.says.push(Box::new(move |stored, _| {
                    let unstored = |trouble: &Trouble| Error::internal(trouble.to_string());
                    let _ = reply.send(stored.as_ref().map(|()| (reader, token)).map_err(unstored));
                }));
            }
        }
    }

    pub(super) fn enter(
        &mut self,
        face: Face,
        instructor: bool,
        token: &str,
        page: u64,
    ) -> Result<Subscription, Goodbye> {
        let allowed = match face {
            Face::Desk | Face::Remote => instructor,
            Face::Projector | Face::Reader => true,
        };
        let reader = (face == Face::Reader).then(|| {
            let key = if token.is_empty() { String::new() } else { rights::digest(token) };
            self.journal.class.members().find(|(_, reader)| !key.is_empty() && reader.key == key).map(|(no, _)| no)
        });
        let who = Who::of(face, reader.flatten()).filter(|_| allowed).ok_or(FORBIDDEN)?;
        let subscription = self.pages.enter(who, page)?;
        self.note_presence(who);
        Ok(subscription)
    }

    pub(super) fn note_presence(&mut self, who: Who) {
        let count = u32::try_from(self.pages.of(who).count()).unwrap_or(u32::MAX);
        match who {
            Who::Desk => self.live.desks = count,
            Who::Wall => self.live.walls = count,
            Who::Reader(reader) => {
                let present = self.live.readers.entry(reader).or_default();
                present.pages = count;
                // Whose page has gone runs nothing.
                present.runs &= count > 0;
            }
        }
        self.changed();
    }

    pub(super) fn wish(&mut self, id: u64, wish: Wish) -> Result<(), Refusal> {
        let reader = match self.pages.get_mut(id).map(|page| page.who) {
            Some(Who::Reader(reader)) => reader,
            Some(Who::Desk | Who::Wall) => return Err(Refusal::NotYours),
            None => return Err(Refusal::NoReader),
        };
        if !self.patience.take(reader) {
            return Err(Refusal::TooOften);
        }
        let events = rules::of_wish(&self.journal.class, reader, &wish)?;
        if self.journal.is_nearly_full() && !events.is_empty() && wish != Wish::Leave {
            return Err(Refusal::Unstored("the log of the class is nearly full".into()));
        }
        match wish {
            Wish::Lab { lab, secret } => {
                let entry = self.rooms.find(&lab).filter(|entry| entry.secret.is(&secret)).ok_or(Refusal::NoLab)?;
                let watch = self.labs.set(reader, &lab, &entry);
                let present = self.live.readers.entry(reader).or_default();
                if present.watch.as_ref().is_none_or(|watch| watch.lab != lab) {
                    present.sums = Sums::default();
                }
                present.watch = Some(watch);
                self.refaulted.push(reader);
                self.changed();
            }
            Wish::Runs { runs } => {
                self.live.readers.entry(reader).or_default().runs = runs;
                self.changed();
            }
            // What was counted was counted in the step before.
            Wish::At { .. } if !events.is_empty() => self.write_down_of(&BTreeSet::from([reader])),
            _ => {}
        }
        events.into_iter().for_each(|event| self.happen(event));
        Ok(())
    }

    pub(super) fn order(&mut self, id: u64, order: Order) -> Result<(), Refusal> {
        let page = self.pages.get_mut(id).ok_or(Refusal::NotYours)?;
        if page.who != Who::Desk {
            let who = page.who;
            tracing::warn!(class = %self.journal.class.code, ?who, "an order without the instructor's right was refused");
            return Err(Refusal::NotYours);
        }
        let events = rules::of_order(&self.journal.class, page.page, &order)?;
        match order {
            Order::Watch { reader } => {
                page.watches = reader;
                self.changed();
            }
            Order::Publish => self.updates += 1,
            Order::Step { .. } | Order::Enter { .. } | Order::Close => self.write_down(),
            _ => {}
        }
        events.into_iter().for_each(|event| self.happen(event));
        Ok(())
    }
}
