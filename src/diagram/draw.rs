//! A mark as an SVG element. The one place that knows paths and classes; colours are in `style/diagram.css`.
//!
//! Elements carry classes and coordinates and no `style`, which the page's policy forbids to markup.

use super::{
    layout::Paper,
    mark::{Anchor, Dot, Line, Mark, Shape, Tip, Tone, Wait},
    quantity::coordinate,
    words::{Say, words},
};
use crate::wire::Technique;

/// What kind of element a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// `<path>`; the body is its `d`.
    Path,
    /// `<text>`; the body is its text.
    Text,
    /// `<path>` that a pointer finds, with a name for those who cannot see it; the body is its `d`.
    Hit,
    /// `<g>` that works as a button; the body is its markup, escaped.
    Button,
}

/// One element of the picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What kind.
    pub tag: Tag,
    /// Its classes.
    pub class: String,
    /// See [`Tag`].
    pub body: String,
    /// Horizontal place of a text.
    pub x: String,
    /// Vertical place of a text: its baseline.
    pub y: String,
    /// The exchange, as [`ExchangeKey::id`](super::ExchangeKey::id), of what can be used.
    pub key: String,
    /// The name of what can be used.
    pub name: String,
}

/// What every picture needs once: the hatching of what a fault holds back. Its colours are classes too.
pub const DEFS: &str = concat!(
    r#"<defs><pattern id="pc-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"#,
    r#"<rect class="pc-hatch-back" width="6" height="6"/><path class="pc-hatch-line" d="M0 0V6"/></pattern></defs>"#
);

/// The class that gives a technique's colour.
pub fn hue(technique: Option<Technique>) -> &'static str {
    match technique {
        Some(Technique::Request) => "pc-t-request",
        Some(Technique::ShortPoll) => "pc-t-short",
        Some(Technique::LongPoll) => "pc-t-long",
        Some(Technique::Sse) => "pc-t-sse",
        Some(Technique::WebSocket) => "pc-t-ws",
        None => "pc-t-none",
    }
}

/// Draws a mark.
pub fn draw(mark: &Mark, paper: &Paper, say: Say) -> Node {
    let mut node = Node {
        tag: Tag::Path,
        class: String::new(),
        body: String::new(),
        x: String::new(),
        y: String::new(),
        key: String::new(),
        name: String::new(),
    };
    let mut d = Path(String::with_capacity(48));
    let head = if paper.narrow { 7.5 } else { 9.0 };
    let class = match &mark.shape {
        Shape::Halo { x0, y0, x1, y1 } => {
            d.round(*x0, *y0, *x1, *y1, 8.0);
            "pc-halo"
        }
        Shape::Cursor { x0, y0, x1, y1 } => {
            d.round(*x0, *y0, *x1, *y1, 8.0);
            "pc-cursor"
        }
        Shape::Grid { x0, x1, y } => {
            d.line(*x0, *y, *x1, *y);
            "pc-grid"
        }
        Shape::Life { x, y0, y1, folded, thin } => {
            d.line(*x, *y0, *x, *y1);
            match (folded, thin) {
                (true, _) => "pc-life pc-folded",
                (false, true) => "pc-life pc-way",
                (false, false) => "pc-life",
            }
        }
        Shape::Hidden { x, y0, y1 } => {
            d.round(*x - 5.0, *y0, *x + 5.0, *y1, 2.0);
            "pc-hidden"
        }
        Shape::Break { xs, y } => {
            for x in xs {
                d.line(x - 5.0, y - 1.0, x + 5.0, y - 6.0);
                d.line(x - 5.0, y + 6.0, x + 5.0, y + 1.0);
            }
            "pc-break"
        }
        Shape::Stack { x0, x1, y } => {
            for (off, inset) in [(-8.0, 0.0), (0.0, 0.0), (8.0, 0.0)] {
                d.line(x0 + 9.0 + inset, y + off, x1 - 9.0 - inset, y + off);
            }
            "pc-stack"
        }
        Shape::Now { x0, x1, y } => {
            d.line(*x0, *y, *x1, *y);
            "pc-now"
        }
        Shape::Change { x0, x1, y, bad } => {
            d.line(*x0, *y, *x1, *y);
            if *bad { "pc-change pc-bad" } else { "pc-change" }
        }
        Shape::Bar { x, y0, y1, hatched } => {
            d.round(x - 4.5, *y0, x + 4.5, *y1, 3.5);
            if *hatched { "pc-bar pc-held" } else { "pc-bar" }
        }
        Shape::Arrow { x0, y0, x1, y1, line, tip } => {
            // The ring of a dotted line would be dots too, so it is a small one.
            d.arrow(*x0, *y0, *x1, *y1, *tip, if *line == Line::Empty { (head, 1.8) } else { (head, 3.5) });
            arrow_class(*line, *tip)
        }
        Shape::Witness { x, y, slope } => {
            let (dx, dy) = (-slope * 6.0, 6.0);
            d.line(x - dx, y - dy, x + dx, y + dy);
            "pc-witness"
        }
        Shape::Cross { x, y } => {
            d.line(x - 5.0, y - 5.0, x + 5.0, y + 5.0);
            d.line(x + 5.0, y - 5.0, x - 5.0, y + 5.0);
            "pc-cross"
        }
        Shape::Dot { x, y, dot } => match dot {
            Dot::Update => {
                d.circle(*x, *y, 5.0);
                "pc-update"
            }
            Dot::Shown => {
                d.circle(*x, *y, 5.0);
                "pc-shown"
            }
            Dot::Back => {
                // A disc, and in it an arrow that turns round.
                d.circle(*x, *y, 8.0);
                d.0.push('M');
                d.xy(x + 3.3, y + 3.5);
                d.0.push_str("a4.4 4.4 0 1 0-7-3.2m-.3-3.6v3.9h3.9");
                "pc-back"
            }
            Dot::Ignored => {
                d.circle(*x, *y, 5.5);
                d.line(x - 3.9, y + 3.9, x + 3.9, y - 3.9);
                "pc-ignored"
            }
            Dot::Skipped => {
                d.circle(*x, *y, 3.5);
                "pc-skipped"
            }
        },
        Shape::Words { x, y, anchor, tone, label } => {
            node.tag = Tag::Text;
            coordinate(&mut node.x, *x);
            coordinate(&mut node.y, *y);
            node.body = words(say, label, paper.narrow);
            node.class = words_class(*anchor, *tone);
            ""
        }
        Shape::Pill { x, y, label, open } => {
            node.tag = Tag::Button;
            let text = words(say, label, paper.narrow);
            pill(&mut node.body, *x, *y, &text, *open);
            node.name = text;
            "pc-pill"
        }
        Shape::Band { x, y0, y1, half, carries } => {
            d.round(x - half, *y0, x + half, *y1, 1.5);
            if *carries { "pc-band pc-carries" } else { "pc-band" }
        }
        Shape::Unnoticed { x, y0, y1 } => {
            d.round(x - 8.5, *y0, x + 8.5, *y1, 3.0);
            "pc-unnoticed"
        }
        Shape::Countdown { x, y0, run, y1, wait } => {
            d.line(*x, *y0, *x, *y1);
            d.round(x - 1.5, *y0, x + 1.5, *run, 1.5);
            match wait {
                Wait::Calm => "pc-count",
                Wait::Suspect => "pc-count pc-late",
                Wait::RanOut => "pc-count pc-out",
            }
        }
        Shape::Hit { lines, label } => {
            node.tag = Tag::Hit;
            for [x0, y0, x1, y1] in lines {
                d.line(*x0, *y0, *x1, *y1);
            }
            node.name = words(say, label, false);
            "pc-hit"
        }
    };
    if !class.is_empty() {
        node.class.push_str(class);
    }
    if mark.technique.is_some() {
        node.class.push(' ');
        node.class.push_str(hue(mark.technique));
    }
    if mark.selected {
        node.class.push_str(" pc-on");
    }
    if matches!(node.tag, Tag::Path | Tag::Hit) {
        node.body = d.0;
    }
    if matches!(node.tag, Tag::Hit | Tag::Button) {
        node.key = mark.key.map(|key| key.id()).unwrap_or_default();
    }
    node
}

fn arrow_class(line: Line, tip: Tip) -> &'static str {
    match (line, tip) {
        (Line::Request, Tip::Open) => "pc-arrow pc-req pc-open",
        (Line::Request, _) => "pc-arrow pc-req",
        (Line::Answer, Tip::Open) => "pc-arrow pc-ans pc-open",
        (Line::Answer, _) => "pc-arrow pc-ans",
        (Line::Empty, Tip::Open) => "pc-arrow pc-empty pc-open",
        (Line::Empty, _) => "pc-arrow pc-empty",
        (Line::Control, Tip::Open) => "pc-arrow pc-ctl pc-open",
        (Line::Control, _) => "pc-arrow pc-ctl",
        (Line::Bad, Tip::Open) => "pc-arrow pc-harm pc-open",
        (Line::Bad, _) => "pc-arrow pc-harm",
    }
}

fn words_class(anchor: Anchor, tone: Tone) -> String {
    let mut class = String::from(match anchor {
        Anchor::Start => "pc-w pc-start",
        Anchor::Middle => "pc-w pc-mid",
        Anchor::End => "pc-w pc-end",
    });
    class.push_str(match tone {
        Tone::Tick => " pc-tick",
        Tone::Faint => " pc-faint",
        Tone::Soft => " pc-soft",
        Tone::Ink => " pc-ink",
        Tone::Strong => " pc-strong",
        Tone::News => " pc-news",
        Tone::Bad => " pc-bad",
    });
    class
}

/// About how wide a text is in ems: Chinese characters are square, others a good half of that.
pub fn ems(text: &str) -> f32 {
    text.chars().map(|c| if u32::from(c) >= 0x2e80 { 1.0 } else { 0.55 }).sum()
}

fn pill(out: &mut String, x: f32, y: f32, text: &str, open: bool) {
    let half = ems(text) * 6.2 + 22.0;
    let mut d = Path(String::new());
    d.round(x - half, y - 13.0, x + half, y + 13.0, 13.0);
    out.push_str("<path class=\"pc-pill-box\" d=\"");
    out.push_str(&d.0);
    out.push_str("\"/><path class=\"pc-pill-sign\" d=\"");
    // A chevron: down to open, up to fold.
    let mut sign = Path(String::new());
    let (cx, tip) = (x - half + 17.0, if open { -2.0 } else { 2.0 });
    sign.line(cx - 4.0, y - tip, cx, y + tip);
    sign.0.push('L');
    sign.xy(cx + 4.0, y - tip);
    out.push_str(&sign.0);
    out.push_str("\"/><text class=\"pc-w pc-mid pc-soft\" x=\"");
    coordinate(out, x + 7.0);
    out.push_str("\" y=\"");
    coordinate(out, y + 4.0);
    out.push_str("\">");
    escape(out, text);
    out.push_str("</text>");
}

/// Writes a text so that markup cannot be in it.
pub fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// The `d` of a path, as it grows.
pub struct Path(pub String);

impl Path {
    fn xy(&mut self, x: f32, y: f32) {
        coordinate(&mut self.0, x);
        self.0.push(' ');
        coordinate(&mut self.0, y);
    }

    /// A line.
    pub fn line(&mut self, x0: f32, y0: f32, x1: f32, y1: f32) {
        self.0.push('M');
        self.xy(x0, y0);
        self.0.push('L');
        self.xy(x1, y1);
    }

    /// A circle, as two arcs.
    fn circle(&mut self, x: f32, y: f32, r: f32) {
        self.0.push('M');
        self.xy(x - r, y);
        for end in [2.0 * r, -2.0 * r] {
            self.0.push('a');
            self.xy(r, r);
            self.0.push_str(" 0 1 1 ");
            self.xy(end, 0.0);
        }
        self.0.push('Z');
    }

    /// A rectangle with round corners.
    fn round(&mut self, x0: f32, y0: f32, x1: f32, y1: f32, r: f32) {
        let r = r.min((x1 - x0) / 2.0).min((y1 - y0) / 2.0).max(0.0);
        let (w, h) = (x1 - x0 - 2.0 * r, y1 - y0 - 2.0 * r);
        self.0.push('M');
        self.xy(x0 + r, y0);
        for (dx, dy, ax, ay) in [(w, 0.0, r, r), (0.0, h, -r, r), (-w, 0.0, -r, -r), (0.0, -h, r, -r)] {
            self.0.push('l');
            self.xy(dx, dy);
            self.0.push('a');
            self.xy(r, r);
            self.0.push_str(" 0 0 1 ");
            self.xy(ax, ay);
        }
        self.0.push('Z');
    }

    /// An arrow: the line up to the base of its head, and the head.
    fn arrow(&mut self, x0: f32, y0: f32, x1: f32, y1: f32, tip: Tip, (size, ring): (f32, f32)) {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length = (dx * dx + dy * dy).sqrt().max(0.01);
        let (ux, uy) = (dx / length, dy / length);
        if tip == Tip::Open {
            // A small ring: nobody saw it land.
            self.line(x0, y0, x1 - ux * ring, y1 - uy * ring);
            self.circle(x1, y1, ring);
            return;
        }
        let size = size.min(length);
        let (bx, by) = (x1 - ux * size, y1 - uy * size);
        self.line(x0, y0, bx, by);
        let half = size * 0.48;
        self.0.push('M');
        self.xy(x1, y1);
        self.0.push('L');
        self.xy(bx - uy * half, by + ux * half);
        self.0.push('L');
        self.xy(bx + uy * half, by - ux * half);
        self.0.push('Z');
    }
}

impl Node {
    /// The element as markup: for pictures outside of a page, and for tests.
    pub fn svg(&self) -> String {
        let mut out = String::with_capacity(96);
        let text = |out: &mut String, name: &str, value: &str| {
            out.push_str(name);
            out.push_str("=\"");
            escape(out, value);
            out.push_str("\" ");
        };
        out.push_str(match self.tag {
            Tag::Path | Tag::Hit => "<path ",
            Tag::Text => "<text ",
            Tag::Button => "<g ",
        });
        text(&mut out, "class", &self.class);
        match self.tag {
            Tag::Path => text(&mut out, "d", &self.body),
            Tag::Hit => {
                text(&mut out, "d", &self.body);
                text(&mut out, "role", "img");
                text(&mut out, "aria-label", &self.name);
            }
            Tag::Text => {
                text(&mut out, "x", &self.x);
                text(&mut out, "y", &self.y);
            }
            Tag::Button => {
                text(&mut out, "role", "button");
                text(&mut out, "aria-label", &self.name);
            }
        }
        match self.tag {
            Tag::Path | Tag::Hit => out.push_str("/>"),
            Tag::Text => {
                out.push('>');
                escape(&mut out, &self.body);
                out.push_str("</text>");
            }
            Tag::Button => {
                out.push('>');
                out.push_str(&self.body);
                out.push_str("</g>");
            }
        }
        out
    }

    /// A number for its content: a node whose content is unchanged stays in the document as it is (FNV-1a).
    pub fn stamp(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        for part in [&self.class, &self.body, &self.x, &self.y, &self.name] {
            for byte in part.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        hash
    }
}
