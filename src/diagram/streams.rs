//! A stream or a socket on paper: its head, the time for which it is open, and an arrow for each message or frame.

use super::{
    arrows::{Lanes, OUTSIDE, Pen, STUB, TRIES, slot},
    facts::Topic,
    mark::{Label, Line, Part, Shape, Tip, Tone},
    told::{Carried, Message, Try},
};
use crate::wire::{Direction, Micros};

impl Pen<'_, '_> {
    /// Draws the answers of a stream: more than one if the browser connected again.
    pub(super) fn stream(&mut self, lanes: &mut Lanes) {
        let told = self.told;
        for (i, t) in told.tries.iter().enumerate().take(TRIES) {
            if let Some(seen) = t.down_seen {
                self.open(i as u32, t, seen);
                self.head(lanes, i as u32, t, seen);
            }
        }
        for (i, message) in told.messages.iter().enumerate() {
            let at = message.span().unwrap_or_default().0;
            let y = self.desk.y(at);
            if self.desk.room.take(y, 2) {
                self.message(lanes, i as u32, *message);
            }
        }
    }

    /// The bar of an answer that goes on.
    fn open(&mut self, i: u32, t: &Try, seen: Micros) {
        // It is open until the server knows better: that the page has given it up is no news there.
        let shut = self.told.shut[1].as_ref().map(|shut| shut.0);
        let over = t.down_whole.or(t.cut.map(|cut| cut.0)).or(shut);
        let until = over.unwrap_or(self.desk.end).max(seen);
        self.desk.moving |= over.is_none() && self.desk.live;
        let (y0, y1) = (self.desk.y(seen), self.desk.y(until));
        let shape = Shape::Bar { x: self.desk.paper.server, y0, y1, hatched: false };
        self.desk.put((Part::Open, self.numbers(), i), self.owner, (y0, y1), shape);
    }

    /// The head of an answer, which opens the stream for the page.
    fn head(&mut self, lanes: &mut Lanes, i: u32, t: &Try, seen: Micros) {
        let (x0, x1) = (self.desk.paper.server, self.browser());
        let y0 = self.desk.y(seen);
        let id = (Part::Answer, self.a, self.b << 5 | i.min(31));
        let line = match self.told.streaming.iter().find(|open| **open >= seen - self.expected) {
            Some(open) => {
                let y1 = self.desk.y((*open).max(seen));
                // The page has it when the tap has let it go.
                let stop = self.desk.stop(Direction::Down, Some(seen), Some(*open));
                self.way(id, [x0, y0, x1, y1], Line::Empty, Tip::Landed, stop)
            }
            None => {
                let (share, y1, tip) = self.flying(seen, self.told.over().is_some() || self.outside());
                let stop = self.desk.stop(Direction::Down, Some(seen), None).filter(|_| t.cut.is_none());
                self.way(id, [x0, y0, x0 + (x1 - x0) * share, y1], Line::Empty, tip, stop)
            }
        };
        let label = if t.status == Some(101) { Label::SocketOpens } else { Label::StreamOpens };
        self.wait(lanes, line, slot::of(slot::STREAM, i), Tone::Faint, label);
    }

    fn message(&mut self, lanes: &mut Lanes, i: u32, message: Message) {
        // Numbers of their own: exchanges and messages are many.
        let id = (self.numbers() | MESSAGES, i);
        let Some((ends, tip)) = (if message.up { self.up(message) } else { self.down(message) }) else { return };
        if message.dropped.is_some() {
            let [_, _, x, y] = ends;
            self.desk.put((Part::Cross, id.0, i), self.owner, (y - 6.0, y + 6.0), Shape::Cross { x, y });
        }
        let line = match message.what {
            what if what.control() => Line::Control,
            Carried::Event => Line::Answer,
            Carried::Part => Line::Request,
            _ if message.seq.is_some() => Line::Answer,
            _ => Line::Request,
        };
        let dir = if message.up { Direction::Up } else { Direction::Down };
        // What a fault removed did not wait. Where the page was the only one to see it land, that was when it was let go.
        let seen = message.seen.filter(|_| message.dropped.is_none());
        let cut =
            message.released.is_none() && message.got.is_none() && self.told.tries.iter().all(|t| t.cut.is_some());
        let stop = self.desk.stop(dir, seen, message.released.or(message.got)).filter(|_| !cut);
        let place = self.way((Part::Message, id.0, id.1), ends, line, tip, stop);
        let (tone, label) = match (message.seq, message.what) {
            (Some(seq), _) => (Tone::News, Label::Update(seq)),
            (None, Carried::Event) if message.topic == Topic::Missed => (Tone::News, Label::Missed),
            (None, Carried::Event) if message.percent == Some(100) => (Tone::News, Label::Finished),
            (None, Carried::Event) if message.percent.is_some() => {
                (Tone::News, Label::Percent(message.percent.unwrap_or_default()))
            }
            (None, Carried::Event) => (Tone::News, Label::Message),
            (None, what) => (Tone::Soft, Label::Frame(what)),
        };
        lanes.later(place, self.owner, id, tone, label);
    }

    /// The way of a message to the browser.
    fn down(&mut self, message: Message) -> Option<([f32; 4], Tip)> {
        let (x0, x1) = (self.desk.paper.server, self.browser() + 6.0);
        let reach = |share: f32| x0 + (x1 - x0) * share;
        let over = self.told.over().is_some() || self.outside();
        Some(match message {
            Message { seen: Some(seen), got: Some(got), .. } => {
                ([x0, self.desk.y(seen), x1, self.desk.y(got.max(seen))], Tip::Landed)
            }
            Message { seen: Some(seen), dropped: Some(dropped), .. } => {
                ([x0, self.desk.y(seen), self.desk.paper.middle(), self.desk.y(dropped.max(seen))], Tip::Open)
            }
            // The wire alone sees it leave: no script learns of control frames, and not of the pieces of a message.
            Message { seen: Some(seen), released: Some(released), what, .. }
                if what.control() || what == Carried::Part || self.outside() =>
            {
                let x1 = self.desk.paper.browser + OUTSIDE;
                ([x0, self.desk.y(seen), x1, self.desk.y(released.max(seen))], Tip::Open)
            }
            Message { seen: Some(seen), .. } => {
                let (share, y1, tip) = self.flying(seen, over);
                ([x0, self.desk.y(seen), reach(share), y1], tip)
            }
            Message { got: Some(got), .. } => {
                // The page has it, but the wire did not tell: an arrow with one witness only.
                let y = self.desk.y(got);
                ([reach(1.0 - STUB), self.desk.y(got - self.expected / 3), x1, y], Tip::Landed)
            }
            Message { .. } => return None,
        })
    }

    /// The way of a message to the server.
    fn up(&mut self, message: Message) -> Option<([f32; 4], Tip)> {
        // Where no script sent it, it begins a little off the browser's line.
        let inset = if message.sent.is_none() { OUTSIDE } else { 0.0 };
        let (x0, x1) = (self.desk.paper.browser + inset, self.desk.paper.server);
        let reach = |share: f32| x0 + (x1 - x0) * share;
        let from = message.sent.or(message.seen)?;
        let y0 = self.desk.y(from);
        Some(match message {
            Message { dropped: Some(dropped), .. } => {
                ([x0, y0, self.desk.paper.middle(), self.desk.y(dropped.max(from))], Tip::Open)
            }
            Message { released: Some(at), .. } => ([x0, y0, x1, self.desk.y(at.max(from))], Tip::Landed),
            Message { .. } => {
                let (share, y1, tip) = self.flying(from, self.told.over().is_some());
                ([x0, y0, reach(share), y1], tip)
            }
        })
    }
}

/// Sets the numbers of a stream's marks apart from those of exchanges.
const MESSAGES: u32 = 1 << 31;
