//! Blocks to HTML.

use std::{cell::RefCell, collections::BTreeSet};

use super::{
    load::Library,
    parse::{Block, Inline, Link, Target},
};
use crate::{
    app::page::Page,
    i18n::{Locale, tf},
};

/// What may not begin a line.
const CLOSING: &[char] =
    &['，', '。', '、', '；', '：', '？', '！', '）', '》', '”', '’', ',', '.', ';', ':', '?', '!', ')'];

/// What may not end a line.
const OPENING: &[char] = &['（', '《', '“', '‘', '('];

/// Writes the blocks of one page, and keeps in mind which terms of the glossary it used.
#[derive(Debug)]
pub struct Renderer<'a> {
    library: &'a Library,
    locale: Locale,
    /// Whether a term opens beside the text, or leads to its place in the glossary; and a control of the lab is led to.
    popovers: bool,
    terms: RefCell<BTreeSet<String>>,
}

impl<'a> Renderer<'a> {
    /// For a page on which terms open beside the text.
    pub fn new(library: &'a Library, locale: Locale) -> Self {
        Self { library, locale, popovers: true, terms: RefCell::default() }
    }

    /// For the glossary itself, for paper, and for the faces of a class.
    pub fn plain(library: &'a Library, locale: Locale) -> Self {
        Self { popovers: false, ..Self::new(library, locale) }
    }

    /// The blocks, one after the other.
    pub fn blocks(&self, blocks: &[Block]) -> String {
        let mut out = String::new();
        blocks.iter().for_each(|block| self.block(block, &mut out));
        out
    }

    /// The pieces of a line.
    pub fn line(&self, line: &[Inline]) -> String {
        let mut out = String::new();
        self.inlines(line, &mut out);
        out
    }

    /// A list item or an option: a lone paragraph stands without its `<p>`.
    pub fn item(&self, blocks: &[Block]) -> String {
        match blocks {
            [Block::Paragraph(line)] => self.line(line),
            more => self.blocks(more),
        }
    }

    fn block(&self, block: &Block, out: &mut String) {
        match block {
            Block::Paragraph(line) => {
                out.push_str("<p>");
                self.inlines(line, out);
                out.push_str("</p>");
            }
            Block::List { ordered, items } => {
                let tag = if *ordered { "ol" } else { "ul" };
                open(out, tag);
                for item in items {
                    open(out, "li");
                    out.push_str(&self.item(item));
                    close(out, "li");
                }
                close(out, tag);
            }
            Block::Quote(inner) => {
                open(out, "blockquote");
                inner.iter().for_each(|block| self.block(block, out));
                close(out, "blockquote");
            }
            Block::Code { text, .. } => {
                // What can be scrolled must be reachable with the keyboard.
                out.push_str("<pre tabindex=\"0\"><code>");
                escape(text, out);
                out.push_str("</code></pre>");
            }
            Block::Table { head, rows } => {
                out.push_str("<div class=\"table\" tabindex=\"0\"><table><thead>");
                self.row(head, "th", out);
                out.push_str("</thead><tbody>");
                rows.iter().for_each(|row| self.row(row, "td", out));
                out.push_str("</tbody></table></div>");
            }
        }
    }

    fn row(&self, cells: &[Vec<Inline>], tag: &str, out: &mut String) {
        open(out, "tr");
        for cell in cells {
            open(out, tag);
            self.inlines(cell, out);
            close(out, tag);
        }
        close(out, "tr");
    }

    fn inlines(&self, line: &[Inline], out: &mut String) {
        for (at, inline) in line.iter().enumerate() {
            let (before, after) = neighbours(line, at);
            match inline {
                Inline::Text(text) => {
                    // What clings to a term is written with it.
                    let text = if before.is_some_and(|it| self.is_button(it)) {
                        text.trim_start_matches(CLOSING)
                    } else {
                        text
                    };
                    let text =
                        if after.is_some_and(|it| self.is_button(it)) { text.trim_end_matches(OPENING) } else { text };
                    escape(text, out);
                }
                Inline::Code(code) => {
                    open(out, "code");
                    escape(code, out);
                    close(out, "code");
                }
                Inline::Emphasis(inner) => self.wrapped("em", inner, out),
                Inline::Strong(inner) => self.wrapped("strong", inner, out),
                Inline::Break => out.push_str("<br>"),
                Inline::Link(link, inner) if self.is_button(inline) => {
                    // To the browser a button is a box, and at a box every line may break. Here none may.
                    let opening =
                        before.map_or("", |it| words(it)).rsplit(|c| !OPENING.contains(&c)).next().unwrap_or("");
                    let closing =
                        after.map_or("", |it| words(it)).split(|c| !CLOSING.contains(&c)).next().unwrap_or("");
                    start(out, "span", &[("class", "kept")]);
                    escape(opening, out);
                    self.link(link, inner, out);
                    escape(closing, out);
                    close(out, "span");
                }
                Inline::Link(link, inner) => self.link(link, inner, out),
            }
        }
    }

    /// Whether it becomes a button: a term that opens beside the text.
    fn is_button(&self, inline: &Inline) -> bool {
        self.popovers && matches!(inline, Inline::Link(Link { to: Target::Term(_), .. }, _))
    }

    fn wrapped(&self, tag: &str, inner: &[Inline], out: &mut String) {
        open(out, tag);
        self.inlines(inner, out);
        close(out, tag);
    }

    fn link(&self, link: &Link, inner: &[Inline], out: &mut String) {
        match &link.to {
            // Where nothing opens beside the text, there is no lab either.
            Target::Lab(_) if !self.popovers => self.inlines(inner, out),
            // The lab listens for a click on these; without it they lead to the control by its id.
            Target::Lab(control) => {
                start(out, "a", &[("class", "flash"), ("href", &format!("#lab-{control}")), ("data-flash", control)]);
                self.inlines(inner, out);
                close(out, "a");
            }
            Target::Term(id) if self.popovers => {
                self.terms.borrow_mut().insert(id.clone());
                let target = format!("term-{id}");
                start(out, "button", &[("type", "button"), ("class", "term"), ("popovertarget", &target)]);
                self.inlines(inner, out);
                close(out, "button");
            }
            Target::Term(id) => {
                let href = format!("{}#{id}", Page::Glossary.path(self.locale));
                self.anchor("term", &href, inner, out);
            }
            Target::Step(name) => {
                let (lesson, step) = name.split_once('/').unwrap_or((name, ""));
                let page = Page::Step { lesson: lesson.to_owned(), step: step.to_owned() };
                self.anchor("link", &page.path(self.locale), inner, out);
            }
            Target::Rfc { number, section } => {
                let href = match section {
                    Some(section) => format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{section}"),
                    None => format!("https://www.rfc-editor.org/rfc/rfc{number}"),
                };
                self.anchor("standard", &href, inner, out);
                // A paragraph is named where the words do not name it.
                if !plain(inner).contains(number.as_str()) {
                    let section = section.as_deref().map(|section| format!(" §{section}")).unwrap_or_default();
                    out.push_str("<span class=\"cited\">RFC ");
                    escape(&format!("{number}{section}"), out);
                    out.push_str("</span>");
                }
            }
            Target::Whatwg(place) => {
                self.anchor("standard", &format!("https://html.spec.whatwg.org/#{place}"), inner, out);
            }
            Target::Web(url) => self.anchor("link", url, inner, out),
            // The linter knows this page only.
            Target::Page(page) => {
                // The linter knows no others.
                let page = match page.as_str() {
                    "faults" => Page::Faults,
                    "lab" => Page::Lab,
                    _ => Page::Choose,
                };
                self.anchor("link", &page.path(self.locale), inner, out);
            }
            Target::Note(note) => {
                let title = tf("page.note_line", &[("line", note)]);
                let href = format!("{}#{note}", Page::Notes.path(self.locale));
                start(out, "a", &[("class", "noted"), ("href", &href), ("title", &title)]);
                self.inlines(inner, out);
                close(out, "a");
            }
        }
    }

    fn anchor(&self, class: &str, href: &str, inner: &[Inline], out: &mut String) {
        start(out, "a", &[("class", class), ("href", href)]);
        self.inlines(inner, out);
        close(out, "a");
    }

    /// The entries of the glossary that the page used so far, and those that they use in turn: each a popover that its
    /// terms open without any script.
    pub fn popovers(&self) -> String {
        let mut out = String::new();
        let mut done = BTreeSet::new();
        loop {
            let next = self.terms.borrow().iter().find(|id| !done.contains(*id)).cloned();
            let Some(id) = next else { break };
            let term = self.library.glossary.find(&id);
            if let Some((term, entry)) = term.and_then(|term| Some((term, term.entry(self.locale)?))) {
                let target = format!("term-{id}");
                start(&mut out, "div", &[("popover", "auto"), ("class", "entry"), ("id", &target)]);
                out.push_str("<p class=\"entry-name\"><dfn>");
                escape(&entry.name, &mut out);
                out.push_str("</dfn>");
                for (locale, other) in term.entries.iter().filter(|(locale, _)| **locale != self.locale) {
                    start(&mut out, "span", &[("lang", locale.tag())]);
                    escape(&other.name, &mut out);
                    close(&mut out, "span");
                }
                close(&mut out, "p");
                out.push_str(&self.blocks(&entry.text));
                close(&mut out, "div");
            }
            done.insert(id);
        }
        out
    }
}

/// What stands before and after a piece of a line.
fn neighbours(line: &[Inline], at: usize) -> (Option<&Inline>, Option<&Inline>) {
    (at.checked_sub(1).and_then(|before| line.get(before)), line.get(at + 1))
}

/// The words of a piece that is nothing but words.
fn words(inline: &Inline) -> &str {
    if let Inline::Text(text) = inline { text } else { "" }
}

/// The words of a line without any mark-up, for titles.
pub fn plain(line: &[Inline]) -> String {
    let mut out = String::new();
    for inline in line {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link(_, inner) => out.push_str(&plain(inner)),
            Inline::Break => out.push(' '),
        }
    }
    out
}

/// Text as it may stand in HTML, in an attribute too.
pub fn escape(text: &str, out: &mut String) {
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

fn start(out: &mut String, tag: &str, attributes: &[(&str, &str)]) {
    out.push('<');
    out.push_str(tag);
    for (name, value) in attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, out);
        out.push('"');
    }
    out.push('>');
}

fn open(out: &mut String, tag: &str) {
    start(out, tag, &[]);
}

fn close(out: &mut String, tag: &str) {
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::{glossary::Glossary, parse, problem::Report};

    fn html(text: &str) -> (String, String) {
        let mut report = Report::default();
        let glossary = "[[term]]\nid = \"a\"\nen = { name = \"a\", text = \"see [b](term:b)\" }\nzh = { name = \"甲\", text = \"x\" }\n\
                        [[term]]\nid = \"b\"\nen = { name = \"b\", text = \"<&\" }\nzh = { name = \"乙\", text = \"x\" }\n";
        let library = Library { glossary: Glossary::parse(glossary, &mut report), ..Library::default() };
        let blocks = parse::fragment("x.md", text, Locale::En, &mut report);
        assert!(report.problems.is_empty(), "{report}");
        let renderer = Renderer::new(&library, Locale::En);
        (renderer.blocks(&blocks), renderer.popovers())
    }

    #[test]
    fn blocks_become_html_and_text_cannot_break_out() {
        let (out, _) = html("a *b* `c<d` \"q\" & r\n\n1. x\n2. **y**\n\n> z\n\n```\n</code>\n```");
        assert_eq!(
            out,
            "<p>a <em>b</em> <code>c&lt;d</code> “q” &amp; r</p><ol><li>x</li><li><strong>y</strong></li></ol>\
             <blockquote><p>z</p></blockquote><pre tabindex=\"0\"><code>&lt;/code&gt;\n</code></pre>"
        );
    }

    #[test]
    fn a_term_opens_its_entry_and_brings_the_entries_it_uses() {
        let (out, popovers) = html("[A](term:a)");
        assert_eq!(
            out,
            "<p><span class=\"kept\"><button type=\"button\" class=\"term\" popovertarget=\"term-a\">A</button></span></p>"
        );
        assert!(popovers.contains("id=\"term-a\"") && popovers.contains("id=\"term-b\""), "{popovers}");
        assert!(popovers.contains("<span lang=\"zh-Hans\">甲</span>") && popovers.contains("&lt;&amp;"), "{popovers}");
    }

    #[test]
    fn no_line_begins_or_ends_with_a_mark_that_clings_to_a_term() {
        let (out, _) = html("x（[A](term:a)、[B](term:b)），“[A](term:a)” y, [B](term:b)");
        let parts: Vec<_> = out.split("<span class=\"kept\">").map(|part| part.split_once("</span>")).collect();
        let bare = |part: &str| {
            part.split('<').filter_map(|tag| tag.split_once('>').or(Some(("", tag)))).map(|tag| tag.1).collect()
        };
        let kept: Vec<String> = parts[1..].iter().map(|part| bare(part.unwrap().0)).collect();
        let rest: Vec<_> = parts[1..].iter().map(|part| part.unwrap().1).collect();
        assert_eq!(kept, ["（A、", "B），", "“A”", "B"], "{out}");
        assert_eq!(rest, ["", "", " y, ", "</p>"], "{out}");
    }

    #[test]
    fn a_standard_is_cited_once() {
        let (out, _) = html("[order](rfc:9112#9.3.2), [RFC 9112 §9.3](rfc:9112#9.3)");
        assert_eq!(out.matches("RFC 9112").count(), 2, "{out}");
        assert!(out.contains("href=\"https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2\""), "{out}");
    }

    #[test]
    fn a_quotation_mark_cannot_leave_an_attribute() {
        let (out, _) = html("[x](<https://example.org/\"onclick=\"x>)");
        assert!(out.contains("href=\"https://example.org/&quot;onclick=&quot;x\""), "{out}");
    }
}
