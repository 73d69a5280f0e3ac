//! Whole pictures as SVG, on the same road as the page: `PICTURE_OUT=folder cargo test --features ssr sheet` also writes
//! them as pages, to be looked at.

use std::{collections::BTreeSet, fmt::Write as _};

use super::log::{self, S};
use crate::diagram::{
    draw::draw,
    fold::{Scene, fold},
    layout::{DENSITY, Layout, View, ZOOM, layout},
    words::Say,
};
use crate::wire::Micros;

/// Looks words up in the English file, as the page does.
pub fn english(key: &str, values: &[(&str, &str)]) -> String {
    look_up(include_str!("../../../lessons/locale/en/picture.toml"), key, values)
}

/// The same in Chinese.
pub fn chinese(key: &str, values: &[(&str, &str)]) -> String {
    look_up(include_str!("../../../lessons/locale/zh/picture.toml"), key, values)
}

fn look_up(file: &str, key: &str, values: &[(&str, &str)]) -> String {
    let key = key.strip_prefix("picture.").unwrap_or_else(|| panic!("{key} is not a key of the picture"));
    let line = file.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
    let mut text = line.unwrap_or_else(|| panic!("no words for {key}")).to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    assert!(!text.contains('{'), "{key} has a value left: {text}");
    text
}

/// A view of a scene with the usual settings.
pub fn sheet(scene: &Scene, width: f32, now: Option<Micros>) -> Layout {
    layout(
        scene,
        &View {
            width,
            zoom: ZOOM,
            now,
            folding: true,
            expanded: &BTreeSet::new(),
            selected: None,
            cursor: None,
            density: DENSITY,
        },
    )
}

fn svg(layout: &Layout, say: Say) -> String {
    let mut out = String::new();
    let (width, height) = (layout.paper().width, layout.height);
    let narrow = if layout.paper().narrow { " pc-narrow" } else { "" };
    write!(out, "<svg class=\"pc-paper{narrow}\" width=\"{width}\" height=\"{height}\">").unwrap();
    out.push_str(crate::diagram::draw::DEFS);
    let mut marks = layout.visible(f32::MIN, f32::MAX);
    marks.sort_by_key(|mark| mark.id);
    for mark in marks {
        out.push_str(&draw(mark, layout.paper(), say).svg());
    }
    out.push_str("</svg>");
    out
}

#[test]
fn a_sheet_shows_the_story_in_both_languages() {
    let log = log::lesson();
    let scene = fold(&log.records, None);
    let now = 10 * S + 18_180_000;
    let mut pages: Vec<(&str, String)> = Vec::new();
    for (name, say, words) in [
        ("wide", english as Say, ["nothing new", "goes back to 3", "shows update 4", "8 empty polls"]),
        ("wide-zh", chinese as Say, ["没有新内容", "退回到更新 3", "显示更新 4", "8 次空轮询"]),
    ] {
        let svg = svg(&sheet(&scene, 680.0, Some(now)), say);
        for words in words {
            assert!(svg.contains(words), "{words} is missing");
        }
        assert!(!svg.contains("style="), "the page's policy forbids style attributes");
        pages.push((name, svg));
    }
    let mut selected = BTreeSet::new();
    selected.insert(log::key(1));
    let view = View {
        width: 680.0,
        zoom: ZOOM,
        now: Some(now),
        folding: true,
        expanded: &selected,
        selected: Some(log::key(11)),
        cursor: Some(log::key(12)),
        density: DENSITY,
    };
    pages.push(("selected", svg(&layout(&scene, &view), english)));
    pages.push(("narrow", svg(&sheet(&scene, 358.0, Some(now)), english)));
    let dense = View { zoom: 12.0, expanded: &BTreeSet::new(), selected: None, cursor: None, ..view };
    pages.push(("dense", svg(&layout(&scene, &dense), english)));
    let close = View { zoom: 600.0, ..dense };
    pages.push(("close", svg(&layout(&scene, &close), english)));
    let many = fold(&log::long(60).records, None);
    pages.push(("many", svg(&sheet(&many, 900.0, None), english)));

    if let Ok(folder) = std::env::var("PICTURE_OUT") {
        for (name, svg) in pages {
            let page = format!(
                "<!doctype html><meta charset=utf-8><link rel=stylesheet href=tokens.css><link rel=stylesheet \
                 href=diagram.css><body class=\"pc-t-short\"><script>if(location.hash==='#dark')document.documentElement\
                 .dataset.theme='dark'</script>{svg}"
            );
            std::fs::write(format!("{folder}/{name}.html"), page).unwrap();
        }
    }
}

/// Every key that the sources name is in both files, and the files have no other.
#[test]
fn the_words_are_those_that_are_used() {
    let mut used = BTreeSet::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/diagram")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for piece in source.split("\"picture.").skip(1) {
            used.insert(piece.split('"').next().unwrap().to_owned());
        }
    }
    for file in [
        include_str!("../../../lessons/locale/en/picture.toml"),
        include_str!("../../../lessons/locale/zh/picture.toml"),
    ] {
        let keys: BTreeSet<String> =
            file.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect();
        assert_eq!(used.difference(&keys).collect::<Vec<_>>(), Vec::<&String>::new(), "missing");
        assert_eq!(keys.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "never used");
    }
}

/// What the server sends is the frame of the picture, with nothing that needs a browser and no `style`.
#[test]
fn the_server_renders_the_frame() {
    use leptos::prelude::*;

    use crate::{
        diagram::{Reel, details::Details, table::Table, view::Picture},
        wire::Technique,
    };
    let html = Owner::new().with(|| {
        let reel = Reel::new();
        reel.push(&log::lesson().records);
        let selected = RwSignal::new(Some(log::key(11)));
        let now = Callback::new(|()| 0);
        view! {
            <Picture reel selected technique=Technique::ShortPoll live=true now port="3001" />
            <Details reel selected named=Signal::from(true) />
            <Table reel selected />
        }
        .to_html()
    });
    // No words are set up here, so keys stand for themselves.
    for part in ["picture.browser", "aria-live=\"polite\"", "x-c1-12", "pc-sheet", "<caption>", "section-9.3.2"] {
        assert!(html.contains(part), "{part} is missing");
    }
    assert!(!html.contains("style="), "the page's policy forbids style attributes");
}
