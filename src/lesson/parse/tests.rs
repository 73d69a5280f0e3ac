//! Markdown as lessons use it, and what they may not use.

use super::*;

fn read(text: &str) -> (Section, Report) {
    let mut report = Report::default();
    let root = parse("en.md", text, Locale::En, &mut report);
    (root, report)
}

fn words(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

#[test]
fn headings_make_a_tree() {
    let (root, report) = read("# A {#a}\nlead\n## B {#b}\nb\n### C {#c}\n1. one\n2. *two* and\n   more\n## D {#d}\n");
    assert!(report.problems.is_empty(), "{report}");
    assert_eq!(root.id, "a");
    assert_eq!(root.blocks, [Block::Paragraph(words("lead"))]);
    assert_eq!(root.sections.iter().map(|s| (s.id.as_str(), s.line)).collect::<Vec<_>>(), [("b", 3), ("d", 9)]);
    let c = &root.sections[0].sections[0];
    assert_eq!(
        c.blocks,
        [Block::List {
            ordered: true,
            items: vec![
                vec![Block::Paragraph(words("one"))],
                vec![Block::Paragraph(vec![Inline::Emphasis(words("two")), Inline::Text(" and more".into())])]
            ]
        }]
    );
}

#[test]
fn links_have_kinds() {
    let (root, report) = read("# A {#a}\n[x](lab:interval) [y](rfc:9112#9.3.2) [z](term:held-request)");
    assert!(report.problems.is_empty(), "{report}");
    let mut seen = Vec::new();
    links_of_section(&root, &mut |link| seen.push(link.to.clone()));
    assert_eq!(
        seen,
        [
            Target::Lab("interval".into()),
            Target::Rfc { number: "9112".into(), section: Some("9.3.2".into()) },
            Target::Term("held-request".into())
        ]
    );
}

#[test]
fn what_a_lesson_may_not_contain_is_reported_with_its_line() {
    for (text, line, what) in [
        ("# A {#a}\n\n<b>x</b>", 3, "raw HTML"),
        ("# A {#a}\n\nx <b>x</b>", 3, "raw HTML"),
        ("# A {#a}\n\n<div>\nx\n</div>\n", 3, "raw HTML"),
        ("# A {#a}\n\n![x](y.png)", 3, "images"),
        ("# A {#a}\n\n[x](http://example.org)", 3, "unknown kind"),
        ("# A {#a}\n\n[x](rfc:nine)", 3, "unknown kind"),
        ("# A {#a}\n\n## B", 3, "needs an id"),
        ("# A {#a}\n### B {#b}", 2, "skips a level"),
        ("# A {#a}\n# B {#b}", 2, "one # heading"),
        ("# A {#a}\n## B {#b}\n## B {#b}", 3, "twice"),
        ("x\n\n# A {#a}", 1, "begins with"),
        ("# A {#a}\n\n---\n", 3, "not used"),
    ] {
        let (_, report) = read(text);
        let found = report.problems.iter().any(|p| p.line == Some(line) && p.what.contains(what));
        assert!(found, "{text:?} gave {report}");
    }
}

#[test]
fn lines_are_joined_as_their_script_wants() {
    let mut report = Report::default();
    let root = parse("zh.md", "# 甲 {#a}\n轮询\n很简单。\nLatin\nwords", Locale::Zh, &mut report);
    assert_eq!(root.blocks, [Block::Paragraph(words("轮询很简单。Latin words"))]);
}

#[test]
fn code_and_tables_are_kept() {
    let (root, report) = read("# A {#a}\n```js\nlet a;\nlet b;\n```\n\n|a|b|\n|-|-|\n|1|2|\n");
    assert!(report.problems.is_empty(), "{report}");
    assert_eq!(root.blocks[0], Block::Code { language: "js".into(), text: "let a;\nlet b;\n".into() });
    assert_eq!(
        root.blocks[1],
        Block::Table { head: vec![words("a"), words("b")], rows: vec![vec![words("1"), words("2")]] }
    );
}
