//! What a class does to its readers' labs: faults, an update for everybody, and once in a while their sums.
//!
//! A class never waits for a lab. What finds no room in a lab's queue is owed, and said a moment later.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    class::{ReaderNo, event::Sums, view::Watch},
    fault::Fault,
    room::{lab::Ask, rooms::Entry},
    wire::{
        LabId,
        control::{Command, Cursor},
    },
};

/// How long a round waits for labs that are busy.
const PATIENCE: Duration = Duration::from_secs(2);

/// Updates that a lab may be owed at most.
const OWED: u32 = 100;

/// What a round brought.
#[derive(Debug)]
pub struct Round {
    answers: Vec<(ReaderNo, LabId, Cursor, Sums)>,
}

/// The labs of a class's readers.
#[derive(Debug)]
pub struct Labs {
    members: BTreeMap<ReaderNo, Member>,
    rounds: mpsc::Sender<Round>,
    /// Whether a round is under way.
    counting: bool,
}

/// A reader's lab. The class does not keep it alive.
#[derive(Debug)]
struct Member {
    lab: LabId,
    asks: mpsc::WeakSender<Ask>,
    /// The class's faults for it.
    faults: Vec<Fault>,
    owes_faults: bool,
    owes_updates: u32,
    known: Option<Cursor>,
}

impl Labs {
    /// None so far; rounds are brought through this channel.
    pub fn new(rounds: mpsc::Sender<Round>) -> Self {
        Self { members: BTreeMap::new(), rounds, counting: false }
    }

    /// This is the reader's lab from now on. Gives how it may be watched.
    pub fn set(&mut self, reader: ReaderNo, lab: &LabId, entry: &Entry) -> Watch {
        let same = self.members.get(&reader).is_some_and(|member| member.lab == *lab);
        if !same {
            self.remove(reader);
            let member = Member {
                lab: lab.clone(),
                asks: entry.asks.downgrade(),
                faults: Vec::new(),
                owes_faults: false,
                owes_updates: 0,
                known: None,
            };
            self.members.insert(reader, member);
        }
        Watch { reader, name: None, lab: lab.clone(), secret: entry.watch.reveal() }
    }

    /// The reader has left: the lab is clean again.
    pub fn remove(&mut self, reader: ReaderNo) {
        self.faults(reader, Vec::new());
        self.members.remove(&reader);
    }

    /// These are the class's faults for this reader. A lab that has none of the class keeps its own.
    pub fn faults(&mut self, reader: ReaderNo, faults: Vec<Fault>) {
        if let Some(member) = self.members.get_mut(&reader)
            && member.faults != faults
        {
            member.faults = faults;
            member.owes_faults = true;
            member.pay();
        }
    }

    /// One update in every lab.
    pub fn publish(&mut self) {
        for member in self.members.values_mut() {
            member.owes_updates = (member.owes_updates + 1).min(OWED);
            member.pay();
        }
    }

    /// Says what is owed.
    pub fn pay(&mut self) {
        self.members.values_mut().for_each(Member::pay);
    }

    /// Whether something is owed.
    pub fn owes(&self) -> bool {
        self.members.values().any(|member| member.owes_faults || member.owes_updates > 0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Forgets labs that have ended, and gives whose they were.
    pub fn sweep(&mut self) -> Vec<ReaderNo> {
        let ended = |member: &mut Member| member.asks.upgrade().is_none_or(|asks| asks.is_closed());
        self.members.extract_if(.., |_, member| ended(member)).map(|(reader, _)| reader).collect()
    }

    /// Asks all labs for their sums; the answers of those where something was added come as a [`Round`].
    pub fn count(&mut self) {
        if self.counting || self.members.is_empty() {
            return;
        }
        let mut waiting = Vec::with_capacity(self.members.len());
        for (reader, member) in &self.members {
            let (reply, answer) = oneshot::channel();
            let sent = member.asks.upgrade().map(|asks| asks.try_send(Ask::Sum { known: member.known, reply }));
            if matches!(sent, Some(Ok(()))) {
                waiting.push((*reader, member.lab.clone(), answer));
            }
        }
        self.counting = true;
        let rounds = self.rounds.clone();
        tokio::spawn(async move {
            let mut answers = Vec::new();
            let all = async {
                for (reader, lab, answer) in waiting {
                    if let Ok(Some((upto, sums))) = answer.await {
                        answers.push((reader, lab, upto, sums));
                    }
                }
            };
            // Who is too busy to answer is asked again in the next round.
            let _ = timeout(PATIENCE, all).await;
            // The class may have ended.
            let _ = rounds.send(Round { answers }).await;
        });
    }

    /// Takes a round in, and gives the sums that changed.
    pub fn take(&mut self, round: Round) -> Vec<(ReaderNo, Sums)> {
        self.counting = false;
        let mut changed = Vec::new();
        for (reader, lab, upto, sums) in round.answers {
            let Some(member) = self.members.get_mut(&reader).filter(|member| member.lab == lab) else { continue };
            member.known = Some(upto);
            changed.push((reader, sums));
        }
        changed
    }
}

impl Member {
    fn pay(&mut self) {
        let Some(asks) = self.asks.upgrade() else { return };
        if self.owes_faults && asks.try_send(Ask::Impose { faults: self.faults.clone() }).is_ok() {
            self.owes_faults = false;
        }
        // Nobody waits for the answer: a lab that is there publishes.
        let publish = || Ask::Command { command: Command::Publish, reply: oneshot::channel().0 };
        while self.owes_updates > 0 && asks.try_send(publish()).is_ok() {
            self.owes_updates -= 1;
        }
    }
}
