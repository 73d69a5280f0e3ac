//! QR codes, drawn by the server: as SVG for pages, as text for the terminal.

use std::fmt::Write;

use qrcode::{Color, QrCode};

/// The light margin that readers of codes need, in modules (ISO/IEC 18004).
const MARGIN: usize = 4;

/// A code as rows of dark and light modules, with its margin.
struct Modules {
    width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Nothing, if the text is too long for any code: more than 2,000 bytes.
    fn of(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        Some(Self {
            width: code.width(),
            dark: code.to_colors().into_iter().map(|color| color == Color::Dark).collect(),
        })
    }

    /// With its margin.
    fn size(&self) -> usize {
        self.width + 2 * MARGIN
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < self.width);
        let (Some(x), Some(y)) = (inside(x), inside(y)) else { return false };
        self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }
}

/// A text as SVG: black on white in every theme, since not every reader takes a code the other way round.
pub fn svg(text: &str) -> Option<String> {
    let modules = Modules::of(text)?;
    let size = modules.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|x| modules.is_dark(*x, y)).count();
            if run > 0 {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += run.max(1);
        }
    }
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path d="{path}"/></svg>"##
    ))
}

/// A text for a terminal, two rows of modules a line. Light modules are drawn, for terminals that are dark, as most are; phones read
/// the other way round, too.
pub fn terminal(text: &str) -> Option<String> {
    let modules = Modules::of(text)?;
    let size = modules.size();
    let mut lines = String::new();
    for y in (0..size).step_by(2) {
        for x in 0..size {
            // Below the last row there is nothing to draw.
            let lower = y + 1 >= size || modules.is_dark(x, y + 1);
            lines.push(match (modules.is_dark(x, y), lower) {
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            });
        }
        lines.push('\n');
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "http://192.168.1.7:3000/join/ACDEFG";

    /// The square in each of three corners that a reader looks for: 7 dark, then 5 light with a dark 3 in them.
    #[test]
    fn a_code_has_its_corners_and_its_margin() {
        let modules = Modules::of(TEXT).unwrap();
        let row =
            |x: usize, y: usize| (x..x + 7).map(|x| if modules.is_dark(x, y) { '#' } else { '.' }).collect::<String>();
        let far = MARGIN + modules.width - 7;
        for (x, y) in [(MARGIN, MARGIN), (far, MARGIN), (MARGIN, far)] {
            let rows: Vec<String> = (y..y + 7).map(|y| row(x, y)).collect();
            assert_eq!(rows, ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]);
        }
        assert!((0..modules.size()).all(|at| !modules.is_dark(at, MARGIN - 1) && !modules.is_dark(MARGIN - 1, at)));
    }

    #[test]
    fn both_drawings_show_every_module() {
        let modules = Modules::of(TEXT).unwrap();
        let dark = modules.dark.iter().filter(|dark| **dark).count();
        let svg = svg(TEXT).unwrap();
        let runs = svg.rsplit_once("d=\"").unwrap().1.split('h').skip(1).step_by(2);
        let drawn: usize = runs.map(|run| run.split('v').next().unwrap().parse::<usize>().unwrap()).sum();
        assert_eq!(drawn, dark);
        let text = terminal(TEXT).unwrap();
        assert!(text.lines().all(|line| line.chars().count() == modules.size()));
        let light: usize = text
            .chars()
            .map(|half| match half {
                '█' => 2,
                '▀' | '▄' => 1,
                _ => 0,
            })
            .sum();
        assert_eq!(light, modules.size() * modules.size() - dark);
        assert_eq!(super::svg(&"x".repeat(5000)), None);
    }
}
