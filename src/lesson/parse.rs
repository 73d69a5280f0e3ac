//! Markdown to a tree of sections with typed blocks. What a lesson may not contain (raw HTML, images, a link of an unknown kind)
//! never gets into the tree: it is reported with its line.

use std::{iter::Peekable, ops::Range};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, OffsetIter, Options, Parser, Tag, TagEnd};

use super::problem::Report;
use crate::i18n::Locale;

/// A heading with everything up to the next heading of its level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its id, as `{#id}` gives it.
    pub id: String,
    /// The heading.
    pub title: Vec<Inline>,
    /// The line of the heading, from 1.
    pub line: usize,
    /// What stands before the first heading below.
    pub blocks: Vec<Block>,
    /// The sections below.
    pub sections: Vec<Section>,
}

impl Section {
    /// The section below that has this id.
    pub fn find(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == id)
    }
}

/// A block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph, or a list item's plain text.
    Paragraph(Vec<Inline>),
    /// A list.
    List {
        /// Whether it is numbered.
        ordered: bool,
        /// Its items.
        items: Vec<Vec<Block>>,
    },
    /// A quotation.
    Quote(Vec<Block>),
    /// Lines of code.
    Code {
        /// The language named after the fence; may be empty.
        language: String,
        /// The lines.
        text: String,
    },
    /// A table.
    Table {
        /// The cells of the head.
        head: Vec<Vec<Inline>>,
        /// The rows of cells.
        rows: Vec<Vec<Vec<Inline>>>,
    },
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Code.
    Code(String),
    /// Emphasised.
    Emphasis(Vec<Inline>),
    /// Strong.
    Strong(Vec<Inline>),
    /// A link.
    Link(Link, Vec<Inline>),
    /// A line break that is meant.
    Break,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The place.
    pub to: Target,
    /// The line it stands on, from 1.
    pub line: usize,
}

/// The places a link may lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A control of the lab, which it flashes: `lab:interval`.
    Lab(String),
    /// An entry of the glossary: `term:held-request`.
    Term(String),
    /// A paragraph of an RFC: `rfc:9112#9.3`.
    Rfc {
        /// The RFC's number.
        number: String,
        /// The section, if one is meant.
        section: Option<String>,
    },
    /// A place in the HTML standard: `whatwg:server-sent-events`.
    Whatwg(String),
    /// A step: `step:short-polling/job`.
    Step(String),
    /// A line of the source notes: `note:N3`.
    Note(String),
    /// A page of the course that is no step: `page:choose`, `page:faults`, `page:lab`.
    Page(String),
    /// A page elsewhere: `https://…`.
    Web(String),
}

impl Target {
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        if rest.is_empty() {
            return None;
        }
        let rest = rest.to_owned();
        Some(match scheme {
            "lab" => Self::Lab(rest),
            "term" => Self::Term(rest),
            "rfc" => {
                let (number, section) = match rest.split_once('#') {
                    Some((number, section)) => (number.to_owned(), Some(section.to_owned())),
                    None => (rest, None),
                };
                let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                let dotted = section.as_deref().is_none_or(|section| {
                    !section.is_empty() && section.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
                });
                if !numeric || !dotted {
                    return None;
                }
                Self::Rfc { number, section }
            }
            "whatwg" => Self::Whatwg(rest),
            "step" => Self::Step(rest),
            "note" => Self::Note(rest),
            "page" => Self::Page(rest),
            "https" => Self::Web(url.to_owned()),
            _ => return None,
        })
    }
}

/// Parses a text. The tree's root is its `#` heading; without one the tree is empty and the report says so.
pub fn parse(file: &str, text: &str, locale: Locale, report: &mut Report) -> Section {
    let mut options = Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES;
    // Chinese texts are written with their own quotes.
    if locale == Locale::En {
        options |= Options::ENABLE_SMART_PUNCTUATION;
    }
    let events = Parser::new_ext(text, options).into_offset_iter().peekable();
    let mut reader = Reader { file, text, report, events };
    reader.document()
}

/// Parses words that are all one or more blocks, without headings: an entry of the glossary.
pub fn fragment(file: &str, text: &str, locale: Locale, report: &mut Report) -> Vec<Block> {
    let root = parse(file, &format!("# x {{#x}}\n\n{text}"), locale, report);
    for section in &root.sections {
        report.error(file, None, format!("no headings here, please: #{}", section.id));
    }
    root.blocks
}

struct Reader<'a, 'r> {
    file: &'a str,
    text: &'a str,
    report: &'r mut Report,
    events: Peekable<OffsetIter<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn line(&self, at: &Range<usize>) -> usize {
        self.text.as_bytes()[..at.start].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn error(&mut self, at: &Range<usize>, what: impl Into<String>) {
        let line = self.line(at);
        self.report.error(self.file, Some(line), what);
    }

    fn document(&mut self) -> Section {
        // The open headings, outermost first.
        let mut open: Vec<Section> = Vec::new();
        while let Some((event, at)) = self.events.next() {
            if let Event::Start(Tag::Heading { level, id, .. }) = event {
                let depth = depth(level);
                let title = self.inlines(TagEnd::Heading(level));
                let id = id.map(|id| id.to_string()).unwrap_or_default();
                if id.is_empty() {
                    self.error(&at, "a heading needs an id: {#id}");
                }
                if depth > 4 {
                    self.error(&at, "headings go down to ####");
                }
                if depth > open.len() + 1 {
                    self.error(&at, format!("a heading skips a level: #{id}"));
                }
                if depth == 1 && !open.is_empty() {
                    self.error(&at, "a text has one # heading");
                }
                let line = self.line(&at);
                let section = Section { id, title, line, ..Section::default() };
                close(&mut open, depth.max(2) - 1);
                if let Some(parent) = open.last()
                    && parent.sections.iter().any(|sibling| sibling.id == section.id)
                {
                    self.error(&at, format!("the id #{} is there twice", section.id));
                }
                open.push(section);
            } else if let Some(block) = self.block(event, &at) {
                match open.last_mut() {
                    Some(section) => section.blocks.push(block),
                    None => self.error(&at, "a text begins with its # heading"),
                }
            }
        }
        close(&mut open, 1);
        open.pop().unwrap_or_else(|| {
            self.report.error(self.file, None, "a text begins with its # heading");
            Section::default()
        })
    }

    /// The block that begins with this event, or nothing if there is none to keep.
    fn block(&mut self, event: Event<'a>, at: &Range<usize>) -> Option<Block> {
        match event {
            Event::Start(Tag::Paragraph) => Some(Block::Paragraph(self.inlines(TagEnd::Paragraph))),
            Event::Start(Tag::BlockQuote(kind)) => Some(Block::Quote(self.blocks(TagEnd::BlockQuote(kind)))),
            Event::Start(Tag::List(first)) => {
                let mut items = Vec::new();
                while let Some((event, at)) = self.events.next() {
                    match event {
                        Event::Start(Tag::Item) => items.push(self.blocks(TagEnd::Item)),
                        Event::End(TagEnd::List(_)) => break,
                        _ => self.error(&at, "only items stand in a list"),
                    }
                }
                Some(Block::List { ordered: first.is_some(), items })
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let mut text = String::new();
                for (event, _) in self.events.by_ref() {
                    match event {
                        Event::Text(piece) => text.push_str(&piece),
                        _ => break,
                    }
                }
                Some(Block::Code { language, text })
            }
            Event::Start(Tag::Table(_)) => Some(self.table()),
            Event::Start(Tag::HtmlBlock) | Event::Html(_) => {
                self.error(at, "raw HTML is not allowed in a lesson");
                None
            }
            Event::End(TagEnd::HtmlBlock) => None,
            Event::Start(Tag::Heading { .. }) => {
                self.error(at, "a heading cannot stand here");
                None
            }
            // The text of a tight list's item comes without a paragraph round it.
            inline if continues(&inline) => {
                let mut line = Vec::new();
                self.inline(inline, at, &mut line);
                while let Some((event, at)) = self.events.next_if(|(event, _)| continues(event)) {
                    self.inline(event, &at, &mut line);
                }
                Some(Block::Paragraph(line))
            }
            _ => {
                self.error(at, "this kind of Markdown is not used in lessons");
                None
            }
        }
    }

    fn blocks(&mut self, end: TagEnd) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some((event, at)) = self.events.next() {
            if event == Event::End(end) {
                break;
            }
            blocks.extend(self.block(event, &at));
        }
        blocks
    }

    fn table(&mut self) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        let mut row = Vec::new();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::Start(Tag::TableCell) => row.push(self.inlines(TagEnd::TableCell)),
                Event::End(TagEnd::TableHead) => head = std::mem::take(&mut row),
                Event::End(TagEnd::TableRow) => rows.push(std::mem::take(&mut row)),
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        Block::Table { head, rows }
    }

    fn inlines(&mut self, end: TagEnd) -> Vec<Inline> {
        let mut line = Vec::new();
        while let Some((event, at)) = self.events.next() {
            if event == Event::End(end) {
                break;
            }
            self.inline(event, &at, &mut line);
        }
        line
    }

    fn inline(&mut self, event: Event<'a>, at: &Range<usize>, line: &mut Vec<Inline>) {
        match event {
            Event::Text(text) => push_text(line, &text),
            // Chinese lines that are wrapped in the file must not get a space where they are joined; English ones must.
            Event::SoftBreak => {
                let next = matches!(self.events.peek(), Some((Event::Text(text), _)) if text.starts_with(is_wide));
                if !next && !ends_wide(line) {
                    push_text(line, " ");
                }
            }
            Event::HardBreak => line.push(Inline::Break),
            Event::Code(code) => line.push(Inline::Code(code.to_string())),
            Event::Start(Tag::Emphasis) => {
                let inner = self.inlines(TagEnd::Emphasis);
                line.push(Inline::Emphasis(inner));
            }
            Event::Start(Tag::Strong) => {
                let inner = self.inlines(TagEnd::Strong);
                line.push(Inline::Strong(inner));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let inner = self.inlines(TagEnd::Link);
                match Target::parse(&dest_url) {
                    Some(to) => {
                        let link = Link { to, line: self.line(at) };
                        line.push(Inline::Link(link, inner));
                    }
                    None => self.error(at, format!("a link of an unknown kind: {dest_url}")),
                }
            }
            Event::Start(Tag::Image { .. }) => {
                self.inlines(TagEnd::Image);
                self.error(at, "images are not used in lessons: the picture is the lab's");
            }
            Event::InlineHtml(_) | Event::Html(_) => self.error(at, "raw HTML is not allowed in a lesson"),
            _ => self.error(at, "this kind of Markdown is not used in lessons"),
        }
    }
}

/// Whether the text of a tight list's item goes on with this event.
fn continues(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Code(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::InlineHtml(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. })
    )
}

fn depth(level: HeadingLevel) -> usize {
    level as usize
}

/// Closes the open sections deeper than this, putting each into the one above.
fn close(open: &mut Vec<Section>, depth: usize) {
    while open.len() > depth
        && let Some(section) = open.pop()
    {
        match open.last_mut() {
            Some(parent) => parent.sections.push(section),
            None => {
                open.push(section);
                break;
            }
        }
    }
}

fn push_text(line: &mut Vec<Inline>, text: &str) {
    match line.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ => line.push(Inline::Text(text.to_owned())),
    }
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{2014}' | '\u{2018}'..='\u{201d}')
}

fn ends_wide(line: &[Inline]) -> bool {
    match line.last() {
        Some(Inline::Text(text)) => text.ends_with(is_wide),
        Some(Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link(_, inner)) => ends_wide(inner),
        Some(Inline::Code(_) | Inline::Break) | None => false,
    }
}

/// Every link of some lines, depth first.
pub fn links<'b>(line: &'b [Inline], visit: &mut dyn FnMut(&'b Link)) {
    for inline in line {
        match inline {
            Inline::Link(link, inner) => {
                visit(link);
                links(inner, visit);
            }
            Inline::Emphasis(inner) | Inline::Strong(inner) => links(inner, visit),
            Inline::Text(_) | Inline::Code(_) | Inline::Break => {}
        }
    }
}

/// Every link of some blocks.
pub fn links_of_blocks<'b>(blocks: &'b [Block], visit: &mut dyn FnMut(&'b Link)) {
    for block in blocks {
        match block {
            Block::Paragraph(line) => links(line, visit),
            Block::List { items, .. } => items.iter().for_each(|item| links_of_blocks(item, visit)),
            Block::Quote(inner) => links_of_blocks(inner, visit),
            Block::Code { .. } => {}
            Block::Table { head, rows } => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| links(cell, visit));
            }
        }
    }
}

/// Every link of a section and those below.
pub fn links_of_section<'b>(section: &'b Section, visit: &mut dyn FnMut(&'b Link)) {
    links(&section.title, visit);
    links_of_blocks(&section.blocks, visit);
    section.sections.iter().for_each(|below| links_of_section(below, visit));
}

#[cfg(test)]
mod tests;
