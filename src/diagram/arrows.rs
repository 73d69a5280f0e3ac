//! One exchange on paper: a request out, an answer back, and what befell them.

use super::{
    fold::{ExchangeKey, Scene},
    layout::{Desk, Owner, key_numbers},
    mark::{Anchor, Dot, Label, Line, Outcome, Part, Shape, Tip, Tone},
    told::{Board, Told, Try},
};
use crate::wire::{Direction, Ending, HoldEnd, Micros, Technique};

/// How far an arrow goes before its second witness has seen it, as a share of the way.
const REACH: f32 = 0.9;

/// How far an arrow goes of which nobody saw more than its start.
pub(super) const STUB: f32 = 0.34;

/// Where an arrow of a request from outside the page begins: it has no browser that we know.
pub(super) const OUTSIDE: f32 = 30.0;

/// How many lines of one exchange can be pointed at; the lines of the others lie close by.
const LINES: usize = 200;

/// How many tries of one request are drawn. A browser makes two, a stream that breaks off one each time; the details
/// count them all.
pub(super) const TRIES: usize = 32;

/// Where the label of an arrow stands among those of its exchange: first one for each try.
pub(super) mod slot {
    pub const AGAIN: u32 = 4;
    pub const ANSWER: u32 = 8;
    pub const ANSWER_LEVEL: u32 = 9;
    pub const LEVEL: u32 = 10;
    pub const OUTSIDE: u32 = 11;
    pub const STREAM: u32 = 12;
    /// Streams have none of these, visits no streams.
    pub const CONNECTION: u32 = 12;

    /// The place of a later try: the first four have places of their own, from `first` on.
    pub fn of(first: u32, n: u32) -> u32 {
        if n < 4 { first + n } else { 16 + 4 * n + first / 4 }
    }
}

/// Sets the labels of later tries apart from those of other clients.
const LATER: u32 = 1 << 30;

/// Bars of answers that are held back at the same time stand side by side.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// Until where each lane is taken.
    busy: [f32; 4],
    /// Labels that wait until all lines are known.
    waiting: Vec<Waiting>,
}

/// A label that waits for its place along a line.
#[derive(Debug)]
struct Waiting {
    line: usize,
    owner: Owner,
    id: (u32, u32),
    tone: Tone,
    label: Label,
}

impl Lanes {
    /// Notes a label that waits until all lines are known.
    pub fn later(&mut self, line: usize, owner: Owner, id: (u32, u32), tone: Tone, label: Label) {
        self.waiting.push(Waiting { line, owner, id, tone, label });
    }
}

/// About how many elements an exchange takes.
pub(super) fn nodes(told: &Told) -> u16 {
    let mut nodes = 3;
    nodes += u16::from(told.held.is_some()) + u16::from(told.ended.is_some()) + 2 * u16::from(told.hold.is_some());
    nodes += if told.empty() { 0 } else { 1 };
    nodes += match told.shown {
        Some((_, _, Board::Back(_))) => 3,
        Some((_, _, Board::On)) => 1,
        _ => 0,
    };
    nodes + u16::try_from(told.tries.len().saturating_sub(1)).unwrap_or(32).min(32)
}

/// Draws an exchange.
pub(super) fn draw(desk: &mut Desk<'_>, scene: &Scene, told: &Told, lanes: &mut Lanes) {
    let (a, b) = key_numbers(told.key);
    let owner = Owner { key: Some(told.key), technique: told.technique, selected: desk.selected == Some(told.key) };
    // Something takes 5 ms even without a distance, or nothing would ever be seen on its way.
    let expected = Micros::from(scene.distance_ms().unwrap_or(0)) * 1000 + 5000;
    let mut pen = Pen { desk, told, owner, a, b, expected, lines: Vec::with_capacity(2) };
    for (i, t) in told.tries.iter().take(TRIES).enumerate() {
        pen.request(i as u32, Some(t), lanes);
    }
    if told.tries.is_empty() && told.asked.is_some() {
        pen.request(0, None, lanes);
    }
    pen.hold(lanes);
    pen.held(lanes);
    pen.answer(lanes);
    pen.ends();
    if told.stream {
        let id = pen.numbers();
        pen.desk.countdowns(told, owner, id);
    }
    let Pen { lines, .. } = pen;
    if lines.is_empty() {
        return;
    }
    let top = lines.iter().map(|l| l[1].min(l[3])).fold(f32::MAX, f32::min);
    let bottom = lines.iter().map(|l| l[1].max(l[3])).fold(f32::MIN, f32::max);
    let label = Label::Summary(told.key.number(), Outcome::of(told), told.took());
    let (x0, x1) = (desk.paper.browser - 12.0, desk.paper.server + 12.0);
    // What is marked as one is all of it: also how long it was held, and where it was given up.
    let held = told.hold.map(|hold| hold.until.map_or(desk.end, |until| until.0));
    let last = held.max(told.over()).map_or(bottom, |at| bottom.max(desk.y(at)));
    let (y0, y1) = (top - 8.0, last + 8.0);
    if desk.cursor == Some(told.key) && !owner.selected {
        desk.put((Part::Cursor, a, b), owner, (y0, y1), Shape::Cursor { x0, y0, x1, y1 });
    }
    if owner.selected {
        desk.put((Part::Halo, a, b), owner, (y0, y1), Shape::Halo { x0, y0, x1, y1 });
        witnesses(desk, told, owner, &lines);
    }
    desk.put((Part::Hit, a, b), owner, (top, bottom), Shape::Hit { lines, label });
}

/// Writes the labels of the arrows, now that all lines are known.
pub(super) fn label(desk: &mut Desk<'_>, lanes: &Lanes) {
    for Waiting { line, owner, id: (a, b), tone, label } in &lanes.waiting {
        let size = desk.text();
        let Some((x, y)) = desk.middle.place(*line, label, size) else { continue };
        if desk.room.take(y, 1) {
            let shape = Shape::Words { x, y, anchor: Anchor::Middle, tone: *tone, label: *label };
            desk.put((Part::MidLabel, *a, *b), *owner, (y - 12.0, y + 5.0), shape);
        }
    }
}

/// What draws an exchange.
pub(super) struct Pen<'d, 'a> {
    pub desk: &'d mut Desk<'a>,
    pub told: &'d Told,
    pub owner: Owner,
    pub a: u32,
    pub b: u32,
    /// How long something is expected to be on its way.
    pub expected: Micros,
    /// The lines so far.
    pub lines: Vec<[f32; 4]>,
}

impl Pen<'_, '_> {
    pub fn outside(&self) -> bool {
        matches!(self.told.key, ExchangeKey::Loose { .. })
    }

    /// Where the browser's end of a line is.
    pub fn browser(&self) -> f32 {
        self.desk.paper.browser + if self.outside() { OUTSIDE } else { 0.0 }
    }

    /// Where the server's end of a line is: the band of its connection, where there are bands.
    fn server(&self, t: Option<&Try>) -> f32 {
        if t.is_some_and(turned) {
            return self.desk.paper.middle();
        }
        t.and_then(|t| self.desk.bands.place(t.conn)).unwrap_or(self.desk.paper.server)
    }

    pub fn arrow(&mut self, part: Part, n: u32, ends: [f32; 4], line: Line, tip: Tip) -> usize {
        self.leg((part, self.a, self.b << 5 | n.min(31)), ends, line, tip)
    }

    /// An arrow, or one of its halves. Gives its place among the lines.
    pub fn leg(&mut self, id: (Part, u32, u32), ends: [f32; 4], line: Line, tip: Tip) -> usize {
        let [x0, y0, x1, y1] = ends;
        self.desk.put(id, self.owner, (y0.min(y1) - 5.0, y0.max(y1) + 5.0), Shape::Arrow { x0, y0, x1, y1, line, tip });
        if self.lines.len() < LINES {
            self.lines.push(ends);
        }
        self.desk.middle.line(ends);
        self.desk.middle.lines() - 1
    }

    /// A number for a stream, for the ids of what is there many times.
    pub fn numbers(&self) -> u32 {
        self.a.wrapping_mul(8192).wrapping_add(self.b)
    }

    fn cross(&mut self, part: Part, n: u32, x: f32, y: f32) {
        let id = (part, self.a, self.b << 5 | n.min(31));
        self.desk.put(id, self.owner, (y - 6.0, y + 6.0), Shape::Cross { x, y });
    }

    pub fn wait(&self, lanes: &mut Lanes, line: usize, n: u32, tone: Tone, label: Label) {
        let id = if n < 16 { (self.a, self.b << 4 | n) } else { (self.a | LATER, self.b << 8 | n) };
        lanes.later(line, self.owner, id, tone, label);
    }

    /// An arrow that has not landed: as far as it can have come by now, and whether it may still be on its way.
    pub fn flying(&mut self, from: Micros, over: bool) -> (f32, f32, Tip) {
        let elapsed = self.desk.end - from;
        let share = (elapsed as f32 / self.expected as f32).clamp(0.02, 1.0);
        let going = self.desk.live && !over;
        self.desk.moving |= going && elapsed < self.expected;
        let y = self.desk.y(from + elapsed.clamp(0, self.expected));
        (REACH * share, y, if going { Tip::Flying } else { Tip::Open })
    }

    fn request(&mut self, n: u32, t: Option<&Try>, lanes: &mut Lanes) {
        let told = self.told;
        let (x0, x1) = (self.browser(), self.server(t));
        let from = if n == 0 { told.asked } else { None }.or(t.and_then(|t| t.up_seen));
        let Some(from) = from else { return };
        let part = if n == 0 { Part::Request } else { Part::Again };
        let y0 = self.desk.y(from);
        let over = told.finish();
        let reach = |share: f32| x0 + (x1 - x0) * share;
        let landed = t.and_then(|t| t.up_released);
        let line = if let Some(at) = landed {
            // Within the clock error it may seem to land before it left.
            let y1 = self.desk.y(at.max(from));
            let stop = self.desk.stop(Direction::Up, t.and_then(|t| t.up_seen), landed);
            let id = (part, self.a, self.b << 5 | n.min(31));
            let line = self.way(id, [x0, y0, x1, y1], Line::Request, Tip::Landed, stop);
            if at < from {
                self.wait(lanes, line, slot::LEVEL, Tone::Faint, Label::Level);
            }
            line
        } else if let Some((at, _)) = t.and_then(|t| t.up_dropped) {
            let y1 = self.desk.y(at.max(from));
            let turned = t.is_some_and(turned);
            let tip = if turned { Tip::Landed } else { Tip::Open };
            let line = self.arrow(part, n, [x0, y0, self.desk.paper.middle(), y1], Line::Request, tip);
            if turned {
                self.wait(lanes, line, slot::of(0, n), Tone::Soft, Label::Turned);
            } else {
                self.cross(Part::Cross, n, self.desk.paper.middle(), y1);
                self.wait(lanes, line, slot::of(0, n), Tone::Bad, Label::Swallowed);
            }
            line
        } else if let Some(seen) = t.and_then(|t| t.up_seen) {
            let (share, y1, tip) = self.flying(from, over.is_some());
            let stop = self.desk.stop(Direction::Up, Some(seen), None).filter(|_| t.is_some_and(|t| t.cut.is_none()));
            let id = (part, self.a, self.b << 5 | n.min(31));
            let line = self.way(id, [x0, y0, reach(share), y1], Line::Request, tip, stop);
            if let Some((at, how)) = t.and_then(|t| t.cut).filter(|_| tip == Tip::Open) {
                let y = self.desk.y(at).min(y1.max(y0));
                self.cross(Part::Cross, n, reach(share), y.max(y1));
                self.wait(lanes, line, slot::of(0, n), Tone::Bad, Label::Cut(how));
            }
            line
        } else if over.is_some() && told.answered.is_none() {
            // Given up before the wire saw anything of it.
            let y1 = self.desk.y(over.unwrap_or(from).min(from + self.expected).max(from));
            let line = self.arrow(part, n, [x0, y0, reach(STUB), y1], Line::Request, Tip::Open);
            self.wait(lanes, line, slot::of(0, n), Tone::Soft, Label::NeverOnWire);
            line
        } else {
            let (share, y1, tip) = self.flying(from, told.answered.is_some());
            let share = if told.answered.is_some() { STUB } else { share };
            self.arrow(part, n, [x0, y0, reach(share), y1], Line::Request, tip)
        };
        if n > 0 {
            self.wait(lanes, line, slot::of(slot::AGAIN, n), Tone::Soft, Label::SentAgain);
        } else if self.outside() {
            self.wait(lanes, line, slot::OUTSIDE, Tone::Faint, Label::Outside);
        } else if let Some(t) = t.filter(|_| told.technique == Some(Technique::Request)) {
            self.wait(lanes, line, slot::CONNECTION, Tone::Soft, Label::OnConnection(t.conn, t.nth));
        }
    }

    /// The bar of a request that the server holds, since there is nothing to say.
    fn hold(&mut self, lanes: &mut Lanes) {
        let Some(hold) = self.told.hold else { return };
        let until = hold.until.map_or(self.desk.end, |until| until.0).max(hold.from);
        self.desk.moving |= hold.until.is_none() && self.desk.live;
        let label = Label::Held(until - hold.from, hold.until.map(|until| until.1));
        let tone = if hold.until.is_some_and(|until| until.1 == HoldEnd::News) { Tone::Strong } else { Tone::Soft };
        self.bar(lanes, Part::Hold, (hold.from, until), false, (tone, label));
    }

    /// Time at the server, beside what else is there at the same time, and what is to be said of it.
    fn bar(
        &mut self,
        lanes: &mut Lanes,
        part: Part,
        (from, until): (Micros, Micros),
        hatched: bool,
        (tone, label): (Tone, Label),
    ) {
        let (y0, y1) = (self.desk.y(from), self.desk.y(until));
        let y1 = y1.max(y0 + 4.0);
        let free = lanes.busy.iter().position(|busy| *busy <= y0).unwrap_or(lanes.busy.len() - 1);
        lanes.busy[free] = y1;
        let x = self.desk.paper.server + 11.0 * free as f32;
        self.desk.put((part, self.a, self.b), self.owner, (y0, y1), Shape::Bar { x, y0, y1, hatched });
        if y1 - y0 > 9.0 {
            let id = (Part::RightLabel, self.a, self.b << 1 | u32::from(part == Part::Hold));
            self.desk.beside(id, self.owner, (y0 + y1) / 2.0, tone, label, 14.0 + 11.0 * free as f32);
        }
    }

    /// The bar of an answer that a fault holds back.
    fn held(&mut self, lanes: &mut Lanes) {
        let Some(held) = self.told.held else { return };
        let planned = held.from + held.planned;
        let now = if self.desk.live { self.desk.end } else { planned };
        let given_up = self.told.ended.map(|end| end.0).filter(|at| *at > held.from);
        let until = held.until.unwrap_or(planned.min(now).min(given_up.unwrap_or(Micros::MAX)));
        self.desk.moving |= held.until.is_none() && self.desk.live && self.desk.end < planned;
        let label = Label::HeldBack(until - held.from);
        self.bar(lanes, Part::Held, (held.from, until.max(held.from)), true, (Tone::Bad, label));
    }

    fn answer(&mut self, lanes: &mut Lanes) {
        let told = self.told;
        if told.stream {
            return self.stream(lanes);
        }
        // The head ends before the dot of what the board made of it.
        let dot = match told.shown {
            Some((_, _, Board::Back(_))) => 9.5,
            Some((_, _, Board::On)) => 6.0,
            _ if told.ignored.is_some() => 6.5,
            _ => 0.0,
        };
        let t = told.main_try();
        let (x0, x1) = (self.server(t), self.browser() + dot);
        let reach = |share: f32| x0 + (x1 - x0) * share;
        let line = match told.status {
            Some(status) if status >= 400 => Line::Bad,
            _ if told.turned_back().is_some() => Line::Bad,
            _ if told.empty() => Line::Empty,
            _ => Line::Answer,
        };
        let tone = match line {
            Line::Bad => Tone::Bad,
            Line::Empty => Tone::Faint,
            _ => Tone::News,
        };
        let label = Label::of_answer(told);
        let Some(seen) = t.and_then(|t| t.down_seen) else {
            // The browser has it, but the wire did not tell: an arrow with one witness only.
            if let Some(at) = told.answered {
                let y1 = self.desk.y(at);
                let y0 = self.desk.y(at - self.expected.min(at - told.start()).max(0) / 3);
                let line = self.arrow(Part::Answer, 0, [reach(1.0 - STUB), y0, x1, y1], line, Tip::Landed);
                self.wait(lanes, line, slot::ANSWER, Tone::Soft, Label::NotSeen);
            }
            return;
        };
        let whole = t.and_then(|t| t.down_whole).unwrap_or(seen);
        if whole - seen > 5000 {
            let (y0, y1) = (self.desk.y(seen), self.desk.y(whole));
            let x = self.desk.paper.server;
            let shape = Shape::Bar { x, y0, y1, hatched: false };
            self.desk.put((Part::Open, self.a, self.b), self.owner, (y0, y1), shape);
        }
        let y0 = self.desk.y(whole);
        if let Some(at) = told.answered {
            let stop = self.desk.stop(Direction::Down, Some(whole), t.and_then(|t| t.down_released));
            let ends = [x0, y0, x1, self.desk.y(at.max(whole))];
            let own = self.way((Part::Answer, self.a, self.b << 5), ends, line, Tip::Landed, stop);
            // Where all answers bring the same, the requests have more to say.
            if told.technique != Some(Technique::Request) || label != Label::Answer {
                self.wait(lanes, own, slot::ANSWER, tone, label);
            }
            if at < whole {
                self.wait(lanes, own, slot::ANSWER_LEVEL, Tone::Faint, Label::Level);
            }
        } else if let Some((at, _)) = t.and_then(|t| t.down_dropped) {
            let y1 = self.desk.y(at.max(whole));
            let own = self.arrow(Part::Answer, 0, [x0, y0, self.desk.paper.middle(), y1], line, Tip::Open);
            self.cross(Part::Cross, 6, self.desk.paper.middle(), y1);
            self.wait(lanes, own, slot::ANSWER, Tone::Bad, Label::Swallowed);
        } else if let Some(released) =
            t.and_then(|t| t.down_released).filter(|_| self.outside() || told.ended.is_some())
        {
            // It left in full, and no page had it: nobody waited any more, or it went to somebody outside.
            let gap = if self.outside() { 0.0 } else { 12.0 };
            let ends = [x0, y0, x1 + gap, self.desk.y(released.max(whole))];
            let own = self.arrow(Part::Answer, 0, ends, line, Tip::Open);
            let nobody = if self.outside() { label } else { Label::NobodyWaits };
            self.wait(lanes, own, slot::ANSWER, if self.outside() { tone } else { Tone::Soft }, nobody);
        } else {
            let (share, y1, tip) = self.flying(whole, told.finish().is_some());
            let cut = t.and_then(|t| t.cut);
            let stop = self.desk.stop(Direction::Down, Some(whole), None).filter(|_| cut.is_none());
            let own = self.way((Part::Answer, self.a, self.b << 5), [x0, y0, reach(share), y1], line, tip, stop);
            if let Some((_, how)) = cut {
                self.cross(Part::Cross, 6, reach(share), y1);
                self.wait(lanes, own, slot::ANSWER, Tone::Bad, Label::Cut(how));
            }
        }
    }

    /// What the browser made of it.
    fn ends(&mut self) {
        let told = self.told;
        let x = self.desk.paper.browser;
        if let Some((at, version, board)) = told.shown {
            self.desk.board(self.owner, (self.a, self.b << 3), at, version, board);
        }
        if let Some((at, version)) = told.ignored {
            let y = self.desk.y(at);
            let shape = Shape::Dot { x, y, dot: Dot::Ignored };
            self.desk.put((Part::Board, self.a, self.b << 3 | 1), self.owner, (y - 6.0, y + 6.0), shape);
            let id = (Part::LeftLabel, self.a, self.b << 3 | 1);
            self.desk.beside(id, self.owner, y, Tone::Ink, Label::Ignored(version), 14.0);
        }
        for (end, shut) in told.shut.iter().enumerate() {
            let Some((at, code, clean)) = *shut else { continue };
            let y = self.desk.y(at);
            let (x, part) = [(x, Part::LeftLabel), (self.desk.paper.server, Part::RightLabel)][end];
            if !clean {
                self.cross(Part::EndCross, 4 + end as u32, x, y);
            }
            let tone = if clean { Tone::Soft } else { Tone::Bad };
            self.desk.beside((part, self.a, self.b << 3 | 4), self.owner, y, tone, Label::Shut(code), 14.0);
        }
        if let Some((at, how)) = told.ended {
            let y = self.desk.y(at);
            self.cross(Part::EndCross, 0, x, y);
            let tone = if how == Ending::Aborted { Tone::Soft } else { Tone::Bad };
            let id = (Part::LeftLabel, self.a, self.b << 3 | 2);
            self.desk.beside(id, self.owner, y, tone, Label::Ended(how), 14.0);
        }
    }
}

/// Ticks across the lines of the selected exchange where the tap saw and released it.
fn witnesses(desk: &mut Desk<'_>, told: &Told, owner: Owner, lines: &[[f32; 4]]) {
    let Some(t) = told.main_try() else { return };
    let (a, b) = key_numbers(told.key);
    let times = [(true, t.up_seen), (true, t.up_released), (false, t.down_seen), (false, t.down_released)];
    for (n, (up, at)) in times.into_iter().enumerate() {
        let Some(y) = at.map(|at| desk.y(at)) else { continue };
        // An arrow that stopped halfway has two lines, and a request may have been sent twice: the one that was there then.
        let off = |line: &&[f32; 4]| (y - y.clamp(line[1].min(line[3]), line[1].max(line[3]))).abs();
        let there = lines.iter().filter(|line| (line[2] > line[0]) == up);
        let Some([x0, y0, x1, y1]) = there.min_by(|a, b| off(a).total_cmp(&off(b))).copied() else { continue };
        let y = y.clamp(y0.min(y1), y0.max(y1));
        let share = if (y1 - y0).abs() < 0.01 { 0.0 } else { (y - y0) / (y1 - y0) };
        let slope = (y1 - y0) / (x1 - x0);
        let shape = Shape::Witness { x: x0 + (x1 - x0) * share, y, slope };
        desk.put((Part::Witness, a, b << 3 | n as u32), owner, (y - 6.0, y + 6.0), shape);
    }
}

/// Whether something on the way answered a request in the server's place: it never got there, and yet there is an answer.
fn turned(t: &Try) -> bool {
    t.up_dropped.is_some() && t.down_whole.is_some()
}
