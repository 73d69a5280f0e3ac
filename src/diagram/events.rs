//! What belongs to no exchange, on paper: updates, ticks that sent nothing, the page out of sight, changes of the lab.

use super::{
    fold::{Event, Scene},
    layout::{Desk, EVENT, Owner},
    mark::{Anchor, Dot, Label, Part, Shape, Tone},
    told::Board,
};
use crate::wire::{Micros, Technique, Witness, observation::LifeState};

impl Desk<'_> {
    /// What belongs to no exchange.
    pub fn events(&mut self, scene: &Scene) {
        let paper = self.paper;
        let (mut faults, mut distance) = (0, scene.distance_at_start_ms());
        let mut hidden: Option<Micros> = None;
        let mut crowd: Option<(u64, u64, f32, u32)> = None;
        let mut visits = Vec::new();
        for (i, event) in scene.events().iter().enumerate() {
            let (y, id) = (self.y(event.at), i as u32);
            if self.is_elsewhere(&event.what) {
                continue;
            }
            match &event.what {
                Event::Published { seq, .. } => match &mut crowd {
                    // Dots that would lie on each other become one.
                    Some((_, last, at, _)) if y - *at < 9.0 => *last = *seq,
                    _ => {
                        self.published(crowd.take());
                        crowd = Some((*seq, *seq, y, id));
                    }
                },
                Event::Skipped(_) if self.room.take(y, 1) => {
                    let shape = Shape::Dot { x: paper.browser, y, dot: Dot::Skipped };
                    self.put((Part::Skip, id, 0), Owner::NONE, (y - 5.0, y + 5.0), shape);
                    self.beside((Part::LeftLabel, id, EVENT), Owner::NONE, y, Tone::Faint, Label::Skipped, 14.0);
                }
                Event::Skipped(_) => {}
                Event::Started(client, settings) => {
                    let label = match settings.technique {
                        Technique::Request => {
                            visits.push(*client);
                            Label::Visit(*client)
                        }
                        Technique::Sse => Label::StartedStream(*client),
                        Technique::WebSocket => Label::StartedSocket(*client),
                        Technique::LongPoll => Label::StartedHold(*client, settings.hold_ms),
                        _ => Label::Started(*client, settings.interval_ms),
                    };
                    self.beside((Part::LeftLabel, id, EVENT - 1), Owner::NONE, y, Tone::Soft, label, 14.0);
                }
                // A visit ends by itself.
                Event::Stopped(client) if visits.contains(client) => {}
                Event::Stopped(client) => {
                    let label = Label::Stopped(*client);
                    self.beside((Part::LeftLabel, id, EVENT - 2), Owner::NONE, y, Tone::Soft, label, 14.0);
                }
                Event::Hidden(true) => {
                    self.beside((Part::LeftLabel, id, EVENT - 3), Owner::NONE, y, Tone::Soft, Label::Hidden, 14.0);
                    hidden = hidden.or(Some(event.at));
                }
                Event::Hidden(false) => {
                    if let Some(since) = hidden.take() {
                        self.hidden(since, event.at, id);
                        self.beside((Part::LeftLabel, id, EVENT - 3), Owner::NONE, y, Tone::Soft, Label::Visible, 14.0);
                    }
                }
                Event::Job(..) => {}
                Event::Struck(..) => {
                    let shape = Shape::Cross { x: paper.server, y };
                    self.put((Part::Cross, id, EVENT), Owner::NONE, (y - 6.0, y + 6.0), shape);
                }
                Event::KeepAlive(ms) => {
                    let shape = Shape::Change { x0: paper.browser - 10.0, x1: paper.server + 10.0, y, bad: false };
                    self.put((Part::Change, id, 0), Owner::NONE, (y, y), shape);
                    let label = Label::KeepAlive(*ms);
                    let (x, anchor) = (paper.middle(), Anchor::Middle);
                    let words = Shape::Words { x, y: y - 5.0, anchor, tone: Tone::Soft, label };
                    self.put((Part::EventLabel, id, 0), Owner::NONE, (y - 16.0, y), words);
                    let half = label.ems() * self.text() * 0.5;
                    self.middle.reserve([x - half, y - 17.0, x + half, y + 2.0]);
                }
                Event::Life(_, state, _) if waits(*state) => {}
                Event::Life(_, state, witness) => {
                    let part = if *witness == Witness::Server { Part::RightLabel } else { Part::LeftLabel };
                    let tone = match state {
                        LifeState::Open => Tone::Ink,
                        LifeState::Suspect | LifeState::Dead => Tone::Bad,
                        _ => Tone::Soft,
                    };
                    self.beside((part, id, EVENT - 6), Owner::NONE, y, tone, Label::Life(*state), 14.0);
                }
                Event::Faults(active, ms) => {
                    let count = active.len() as u32;
                    let label = match count {
                        same if same == faults => Label::Distance(*ms),
                        0 => Label::Mended,
                        more => Label::Faults(more),
                    };
                    // What the lab began with is no change, unless it began with faults.
                    if faults != count || distance.is_some_and(|distance| distance != *ms) {
                        let bad = count > 0;
                        let shape = Shape::Change { x0: paper.browser - 10.0, x1: paper.server + 10.0, y, bad };
                        self.put((Part::Change, id, 0), Owner::NONE, (y, y), shape);
                        let tone = if bad { Tone::Bad } else { Tone::Soft };
                        if paper.narrow {
                            // No room beside the lifeline: above the line, and reserved before arrows are labelled.
                            let (x, anchor) = (paper.middle(), Anchor::Middle);
                            let words = Shape::Words { x, y: y - 5.0, anchor, tone, label };
                            self.put((Part::EventLabel, id, 0), Owner::NONE, (y - 16.0, y), words);
                            let half = label.ems() * self.text() * 0.5;
                            self.middle.reserve([x - half, y - 17.0, x + half, y]);
                        } else {
                            self.beside((Part::RightLabel, id, EVENT - 5), Owner::NONE, y, tone, label, 14.0);
                        }
                        self.middle.reserve([paper.browser, y - 2.0, paper.server, y + 2.0]);
                    }
                    (faults, distance) = (count, Some(*ms));
                }
            }
        }
        self.published(crowd);
        if let Some(since) = hidden {
            self.hidden(since, self.end, u32::MAX);
        }
        for (i, moved) in scene.story().boards.iter().enumerate() {
            if self.seats.seat(moved.client) == self.seat {
                let technique = self.columns[usize::from(self.seat)].technique;
                self.board(
                    Owner { technique, ..Owner::NONE },
                    (i as u32, EVENT - 4),
                    moved.at,
                    moved.version,
                    moved.board,
                );
            }
        }
    }

    /// Whether an event belongs to the client of another column. What befalls the feed or the lab befalls all.
    fn is_elsewhere(&self, event: &Event) -> bool {
        match event {
            Event::Started(client, _)
            | Event::Stopped(client)
            | Event::Skipped(client)
            | Event::Life(client, ..)
            | Event::Struck(client @ 1.., ..) => self.seats.seat(*client) != self.seat,
            _ => false,
        }
    }

    /// What is said beside the lifelines where there is room left: codes that ends saw matter more.
    pub fn asides(&mut self, scene: &Scene) {
        for (i, event) in scene.events().iter().enumerate() {
            let (y, id, none) = (self.y(event.at), i as u32, Owner::NONE);
            if self.is_elsewhere(&event.what) {
                continue;
            }
            match &event.what {
                Event::Struck(..) => {
                    self.beside((Part::RightLabel, id, EVENT - 6), none, y, Tone::Bad, Label::Struck, 14.0);
                }
                Event::Life(_, state, _) if waits(*state) => {
                    self.beside((Part::LeftLabel, id, EVENT - 6), none, y, Tone::Soft, Label::Life(*state), 14.0);
                }
                _ => {}
            }
        }
    }

    fn published(&mut self, crowd: Option<(u64, u64, f32, u32)>) {
        let Some((first, last, y, id)) = crowd else { return };
        if !self.room.take(y, 1) {
            return;
        }
        let shape = Shape::Dot { x: self.paper.server, y, dot: Dot::Update };
        self.put((Part::Update, id, 0), Owner::NONE, (y - 6.0, y + 6.0), shape);
        let label = if first == last { Label::Published(first) } else { Label::PublishedMany(first, last) };
        self.beside((Part::RightLabel, id, EVENT), Owner::NONE, y, Tone::Strong, label, 14.0);
    }

    fn hidden(&mut self, from: Micros, to: Micros, id: u32) {
        let x = self.paper.browser;
        self.pieces(Part::Hidden, id, (from, to), |y0, y1| Shape::Hidden { x, y0, y1 });
    }

    /// A band along a lifeline, in pieces, so that none is tall.
    pub fn pieces(&mut self, part: Part, id: u32, (from, to): (Micros, Micros), shape: impl Fn(f32, f32) -> Shape) {
        let (mut y, bottom) = (self.y(from), self.y(to));
        let mut piece = 0;
        while y < bottom {
            let y1 = (y + 500.0).min(bottom);
            self.put((part, id, piece), Owner::NONE, (y, y1), shape(y, y1));
            y = y1;
            piece += 1;
        }
    }

    /// What the board shows.
    pub fn board(&mut self, owner: Owner, id: (u32, u32), at: Micros, version: u64, board: Board) {
        let y = self.y(at);
        let (dot, tone, label, size) = match board {
            Board::Same => return,
            Board::On => (Dot::Shown, Tone::Ink, Label::Shows(version), 6.0),
            Board::Back(_) => (Dot::Back, Tone::Bad, Label::GoesBack(version), 9.0),
        };
        let shape = Shape::Dot { x: self.paper.browser, y, dot };
        self.put((Part::Board, id.0, id.1), owner, (y - size, y + size), shape);
        self.beside((Part::LeftLabel, id.0, id.1), owner, y, tone, label, 14.0);
    }
}

/// Whether a client only waits for what comes next: a word that may give way to others.
fn waits(state: LifeState) -> bool {
    matches!(state, LifeState::Waiting | LifeState::Reconnecting)
}
