//! Time and paper: a true axis, folded where nothing happens, and visibly so.
//!
//! Between folds a second has the same height everywhere. A fold has a fixed height however long it lasts, is drawn as a
//! break, and carries no tick. The mapping is strictly monotone, so it can be read backwards: from paper to time.

use crate::wire::Micros;

/// A stretch of time that is drawn at a fixed height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fold {
    /// From.
    pub from: Micros,
    /// To, later than `from`.
    pub to: Micros,
    /// Height on paper.
    pub height: f64,
}

/// A stretch of the axis on which time and paper are proportional.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its first moment.
    pub from: Micros,
    /// Its last moment: the first of the next stretch.
    pub to: Micros,
    /// The place of its first moment.
    pub top: f64,
    /// The place of its last moment.
    pub bottom: f64,
    /// Whether it is a fold.
    pub folded: bool,
}

/// The mapping between time and paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    stretches: Vec<Stretch>,
    scale: f64,
}

impl Axis {
    /// An axis from one moment to another, beginning at `top`, with `zoom` pixels a second and these folds (in order,
    /// without overlap; what is not so is left out, as is a fold that would make its stretch taller).
    pub fn new(from: Micros, to: Micros, top: f64, zoom: f64, folds: &[Fold]) -> Self {
        let scale = zoom.max(0.001) / 1e6;
        let to = to.max(from + 1);
        let mut stretches = Vec::with_capacity(2 * folds.len() + 1);
        let (mut at, mut y) = (from, top);
        let mut push = |from: Micros, to: Micros, height: f64, folded: bool, y: &mut f64| {
            stretches.push(Stretch { from, to, top: *y, bottom: *y + height, folded });
            *y += height;
        };
        for fold in folds {
            let plain = (fold.to - fold.from) as f64 * scale;
            if fold.from < at || fold.to <= fold.from || fold.to > to || plain <= fold.height {
                continue;
            }
            if fold.from > at {
                push(at, fold.from, (fold.from - at) as f64 * scale, false, &mut y);
            }
            push(fold.from, fold.to, fold.height, true, &mut y);
            at = fold.to;
        }
        if at < to || at == from {
            push(at, to, (to - at) as f64 * scale, false, &mut y);
        }
        Self { stretches, scale }
    }

    /// The place of a moment. Before the beginning and after the end the axis goes on as outside of folds.
    pub fn y(&self, at: Micros) -> f64 {
        let place = self.stretches.partition_point(|s| s.to <= at).min(self.stretches.len() - 1);
        let s = self.stretches[place];
        if at < s.from {
            return s.top - (s.from - at) as f64 * self.scale;
        }
        if at > s.to {
            return s.bottom + (at - s.to) as f64 * self.scale;
        }
        s.top + (at - s.from) as f64 * s.slope()
    }

    /// The moment at a place, to the nearest microsecond.
    pub fn at(&self, y: f64) -> Micros {
        let place = self.stretches.partition_point(|s| s.bottom <= y).min(self.stretches.len() - 1);
        let s = self.stretches[place];
        let micros = |px: f64, slope: f64| (px / slope).round() as Micros;
        if y < s.top {
            return s.from - micros(s.top - y, self.scale);
        }
        if y > s.bottom {
            return s.to + micros(y - s.bottom, self.scale);
        }
        s.from + micros(y - s.top, s.slope())
    }

    /// Where the axis ends.
    pub fn bottom(&self) -> f64 {
        self.stretches[self.stretches.len() - 1].bottom
    }

    /// Its stretches, from the top.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Time between two ticks: 1, 2 or 5 times a power of ten, so that ticks are at least `gap` pixels apart.
    pub fn tick(&self, gap: f64) -> Micros {
        let mut step: Micros = 1000;
        for factor in [2, 5, 10].into_iter().cycle() {
            // From 10 s on, steps are those of clocks and stay within i64 by far: 10^13 µs are four months.
            if step as f64 * self.scale >= gap || step >= 10_000_000_000_000 {
                break;
            }
            let decade = decade(step);
            step = decade * factor;
        }
        step
    }

    /// The ticks, counted from `zero`: those on stretches that are not folded.
    pub fn ticks(&self, zero: Micros, gap: f64) -> Vec<(Micros, f64)> {
        let step = self.tick(gap);
        let mut ticks = Vec::new();
        for s in self.stretches.iter().filter(|s| !s.folded) {
            let mut at = zero + (s.from - zero).div_euclid(step) * step;
            if at < s.from {
                at += step;
            }
            while at <= s.to {
                ticks.push((at - zero, self.y(at)));
                at += step;
            }
        }
        // A tick on the border of two stretches belongs to both.
        ticks.dedup_by_key(|tick| tick.0);
        ticks
    }
}

impl Stretch {
    fn slope(&self) -> f64 {
        (self.bottom - self.top) / (self.to - self.from) as f64
    }
}

/// The power of ten at or below.
fn decade(step: Micros) -> Micros {
    let mut decade = 1;
    while decade * 10 <= step {
        decade *= 10;
    }
    decade
}
