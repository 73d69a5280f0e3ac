//! Places for labels, so that none lies on another. What finds no place is left out: the arrows say it too.

use super::mark::Label;

/// Size of the text of labels, in pixels.
pub const TEXT: f32 = 12.5;

/// Height that a line of text takes, in pixels.
const HEIGHT: f32 = 15.0;

/// A column of labels beside a lifeline, taken from top to bottom in any order.
#[derive(Debug, Default)]
pub struct Column {
    /// Middle lines of those placed, sorted.
    taken: Vec<f32>,
}

impl Column {
    /// A place for a label that wants to be at `y`: there, or a few pixels off. Nothing if it is crowded.
    pub fn place(&mut self, y: f32) -> Option<f32> {
        for off in [0.0, 5.0, -5.0, 10.0, -10.0, 14.0] {
            let y = y + off;
            let place = self.taken.partition_point(|taken| *taken < y);
            let above = place.checked_sub(1).map(|above| self.taken[above]);
            let below = self.taken.get(place);
            if above.is_none_or(|above| y - above >= HEIGHT) && below.is_none_or(|below| below - y >= HEIGHT) {
                self.taken.insert(place, y);
                return Some(y);
            }
        }
        None
    }
}

/// The labels of arrows, between the lifelines.
#[derive(Debug, Default)]
pub struct Middle {
    /// Boxes placed: x0, y0, x1, y1, in the order of the story.
    boxes: Vec<[f32; 4]>,
    /// Lines to keep clear of: x0, y0, x1, y1, in the order of the story.
    lines: Vec<[f32; 4]>,
}

/// How many neighbours in the story are looked at.
const NEIGHBOURS: usize = 24;

impl Middle {
    /// Notes a line.
    pub fn line(&mut self, line: [f32; 4]) {
        self.lines.push(line);
    }

    /// How many lines there are: the place to pass to [`place`](Self::place).
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// A place (middle of the baseline) for a label along a line, whose own place among the lines is `own`. Prefers
    /// the middle, below the line, clear of other lines.
    pub fn place(&mut self, own: usize, label: &Label, size: f32) -> Option<(f32, f32)> {
        let line = *self.lines.get(own)?;
        let half = label.ems() * size * 0.5;
        let (left, right) = (line[0].min(line[2]) + 8.0, line[0].max(line[2]) - 8.0);
        let near = own.saturating_sub(NEIGHBOURS)..(own + NEIGHBOURS).min(self.lines.len());
        let mut best: Option<(u32, f32, f32, [f32; 4])> = None;
        for (rank, (share, below)) in PLACES.into_iter().enumerate() {
            let x = line[0] + (line[2] - line[0]) * share;
            let at = line[1] + (line[3] - line[1]) * share;
            let lean = (line[3] - line[1]).abs() / (line[2] - line[0]).abs().max(1.0) * half;
            let y = if below { at + 13.0 + lean.min(8.0) } else { at - 5.0 - lean.min(8.0) };
            let area = [x - half, y - 11.0, x + half, y + 4.0];
            if area[0] < left || area[2] > right {
                continue;
            }
            if self.boxes.iter().rev().take(NEIGHBOURS).any(|taken| overlap(taken, &area)) {
                continue;
            }
            let crossed = near.clone().filter(|i| *i != own && crosses(&self.lines[*i], &area)).count();
            // Crossed lines show through the halo of the text, so a label may lie on one, rather than far away.
            let cost = 5 * u32::try_from(crossed).unwrap_or(u32::MAX / 8) + rank as u32;
            if best.is_none_or(|best| cost < best.0) {
                best = Some((cost, x, y, area));
            }
        }
        let (cost, x, y, area) = best?;
        if cost >= 15 {
            return None;
        }
        self.boxes.push(area);
        Some((x, y))
    }
}

/// Shares of the line, and whether below it, from the best place on.
const PLACES: [(f32, bool); 9] = [
    (0.5, true),
    (0.5, false),
    (0.36, true),
    (0.64, true),
    (0.36, false),
    (0.64, false),
    (0.24, true),
    (0.76, true),
    (0.76, false),
];

fn overlap(a: &[f32; 4], b: &[f32; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Whether a line crosses a box, seen at the box's two sides.
fn crosses(line: &[f32; 4], area: &[f32; 4]) -> bool {
    let (x0, x1) = (line[0].min(line[2]), line[0].max(line[2]));
    if x1 < area[0] || x0 > area[2] {
        return false;
    }
    let run = line[2] - line[0];
    let y = |x: f32| {
        let share = if run.abs() < 0.01 { 0.0 } else { ((x - line[0]) / run).clamp(0.0, 1.0) };
        line[1] + (line[3] - line[1]) * share
    };
    let (a, b) = (y(area[0]), y(area[2]));
    a.max(b) > area[1] && a.min(b) < area[3]
}
