//! Clients side by side: each in a column of its own, on one axis.

use std::collections::BTreeSet;

use super::log::{Log, MS, Poll, S, list, poll, settings};
use crate::{
    diagram::{
        ExchangeKey, fold,
        layout::{DENSITY, Layout, View, ZOOM, layout},
        mark::{Part, Shape},
    },
    wire::{
        Fact, Technique, Witness,
        observation::{Ask, ClientSettings},
    },
};

/// Two clients that poll: the first in the left column, one more that took its place, the other in the right column.
fn log() -> Log {
    let mut log = Log::default();
    for (client, seat) in [(1, 0), (2, 1), (3, 0)] {
        let settings = ClientSettings { seat, ..settings(Ask::Updates, 1000) };
        log.seen(0, Witness::Browser, Some((client, None)), None, Fact::Started { settings });
    }
    for (client, at) in [(1, S), (2, 2 * S), (3, 3 * S)] {
        log.poll(&Poll { client, conn: client.into(), ..poll(1, at).news(list(1)) });
    }
    log
}

fn laid(log: &Log, width: f32) -> Layout {
    let expanded = BTreeSet::new();
    let view = View {
        width,
        zoom: ZOOM,
        now: None,
        folding: true,
        expanded: &expanded,
        selected: None,
        cursor: None,
        density: DENSITY,
    };
    layout(&fold(&log.records, None), &view)
}

fn ends(layout: &Layout, client: u16) -> Vec<(f32, f32)> {
    let key = Some(ExchangeKey::Client { client, exchange: 1 });
    let arrows =
        layout.marks.iter().filter(|mark| mark.key == key && [Part::Request, Part::Answer].contains(&mark.id.0));
    arrows
        .filter_map(|mark| match mark.shape {
            Shape::Arrow { x0, x1, .. } => Some((x0.min(x1), x0.max(x1))),
            _ => None,
        })
        .collect()
}

#[test]
fn each_client_is_drawn_between_the_lifelines_of_its_own_column() {
    for width in [360.0, 640.0, 1100.0] {
        let layout = laid(&log(), width);
        assert_eq!(layout.columns.len(), 2);
        assert!(layout.columns[0].paper.server < layout.columns[1].paper.browser, "the columns lie apart");
        assert!(layout.columns[1].paper.server < width);
        for (client, seat) in [(1, 0), (2, 1), (3, 0)] {
            let paper = layout.columns[seat].paper;
            let ends = ends(&layout, client);
            assert_eq!(ends.len(), 2, "a request and an answer of {client} at {width}");
            assert!(ends.iter().all(|(x0, x1)| *x0 >= paper.browser && *x1 <= paper.server), "{client}: {ends:?}");
        }
    }
}

#[test]
fn the_columns_share_one_axis_and_no_mark_is_there_twice() {
    let mut log = log();
    log.seen(1500 * MS, Witness::Server, None, None, Fact::Published { seq: 7, by_hand: true });
    let layout = laid(&log, 900.0);
    let dots: Vec<_> = layout.marks.iter().filter(|mark| mark.id.0 == Part::Update).collect();
    assert_eq!(dots.len(), 2, "an update is published for every column");
    assert_eq!(dots[0].top, dots[1].top);
    let ids: BTreeSet<_> = layout.marks.iter().map(|mark| mark.id).collect();
    assert_eq!(ids.len(), layout.marks.len());
    let ticks = layout.marks.iter().filter(|mark| mark.id.0 == Part::Tick);
    assert!(ticks.map(|tick| tick.top as i32).collect::<BTreeSet<_>>().len() > 1);
    let lives = layout.marks.iter().filter(|mark| mark.id.0 == Part::Life && mark.top == 0.0).count();
    assert_eq!(lives, 4);
}

#[test]
fn columns_have_the_techniques_of_their_clients() {
    let mut log = log();
    let settings = ClientSettings { seat: 1, ..ClientSettings::new(Technique::Sse) };
    log.seen(4 * S, Witness::Browser, Some((4, None)), None, Fact::Started { settings });
    let techniques: Vec<_> = laid(&log, 900.0).columns.iter().map(|column| column.technique).collect();
    assert_eq!(techniques, [Some(Technique::ShortPoll), Some(Technique::Sse)]);
}
