//! Connections as bands.

use std::collections::BTreeSet;

use super::log::{Log, MS, S, poll};
use crate::{
    diagram::{
        fold,
        layout::{Layout, View, ZOOM, layout},
        mark::{Label, Part, Shape},
    },
    wire::{Close, Direction, Fact, Micros, Technique, Witness, observation::ClientSettings},
};

fn paper(log: &Log, width: f32) -> Layout {
    let expanded = BTreeSet::new();
    let (now, selected, cursor) = (None, None, None);
    layout(
        &fold(&log.records, None),
        &View { width, zoom: ZOOM, now, folding: true, expanded: &expanded, selected, cursor, density: 40 },
    )
}

fn started(log: &mut Log, technique: Technique) {
    let fact = Fact::Started { settings: ClientSettings::new(technique) };
    log.seen(11 * S, Witness::Browser, Some((1, None)), None, fact);
}

fn opened(log: &mut Log, at: Micros, conn: u32) {
    log.seen(at, Witness::Wire, None, Some(conn), Fact::Opened);
}

fn closed(log: &mut Log, at: Micros, conn: u32, dir: Direction) {
    let fact = Fact::Closed { dir, how: Close::Fin, bytes_up: 1, bytes_down: 1 };
    log.seen(at, Witness::Wire, None, Some(conn), fact);
}

/// Two requests on connection 1, one on connection 2; then the server ends the first, the browser the second.
fn two(technique: Technique) -> Log {
    let mut log = Log::new(80 * MS);
    started(&mut log, technique);
    for (no, conn, at) in [(1, 1, 11 * S), (2, 2, 11 * S + MS), (3, 1, 12 * S)] {
        opened(&mut log, at, conn);
        log.poll(&poll(no, at).conn(conn));
    }
    closed(&mut log, 14 * S, 1, Direction::Down);
    closed(&mut log, 14 * S + 100 * MS, 1, Direction::Up);
    closed(&mut log, 15 * S, 2, Direction::Up);
    log
}

/// Place, upper and lower edge, and whether it carries a request, of each piece of a connection's band.
fn bands(layout: &Layout, conn: u32) -> Vec<(f32, f32, f32, bool)> {
    let pieces = layout.marks.iter().filter(|mark| mark.id.0 == Part::Band && mark.id.2 == conn);
    let mut pieces: Vec<_> = pieces
        .map(|mark| match mark.shape {
            Shape::Band { x, y0, y1, carries, .. } => (x, y0, y1, carries),
            _ => panic!("{mark:?}"),
        })
        .collect();
    pieces.sort_by_key(|piece| piece.3);
    pieces
}

fn labels(layout: &Layout) -> Vec<Label> {
    let words = layout.marks.iter().filter_map(|mark| match &mark.shape {
        Shape::Words { label, .. } => Some(*label),
        _ => None,
    });
    words.collect()
}

#[test]
fn each_connection_has_a_band_from_its_beginning_to_its_end() {
    let layout = paper(&two(Technique::Request), 900.0);
    let y = |at: Micros| layout.axis.y(at) as f32;
    let (first, second) = (bands(&layout, 1), bands(&layout, 2));
    let carries = |pieces: &[(f32, f32, f32, bool)]| pieces.iter().map(|piece| piece.3).collect::<Vec<_>>();
    assert_eq!((carries(&first), carries(&second)), (vec![false, true, true], vec![false, true]));
    assert_eq!((first[0].1, first[0].2), (y(11 * S), y(14 * S)), "until the first of its ends");
    assert_eq!((second[0].1, second[0].2), (y(11 * S + MS), y(15 * S)));
    assert!(first[1].1 >= y(11 * S) && first[1].2 < y(12 * S), "it carries a request for a while only");
    assert!(first[0].0 != second[0].0 && first[0].0 > layout.paper().server);

    let request = |no: u32| {
        let mark = layout.marks.iter().find(|mark| mark.id.0 == Part::Request && mark.id.3 == no << 5).unwrap();
        let Shape::Arrow { x1, .. } = mark.shape else { panic!("{mark:?}") };
        x1
    };
    assert_eq!([request(1), request(2), request(3)], [first[0].0, second[0].0, first[0].0]);
}

#[test]
fn it_is_said_which_connection_is_new_and_who_ends_one() {
    let said = labels(&paper(&two(Technique::Request), 900.0));
    for label in [
        Label::Visit(1),
        Label::OnConnection(1, 1),
        Label::OnConnection(1, 2),
        Label::ServerCloses(1, 1),
        Label::BrowserCloses(1, 2),
    ] {
        assert!(said.contains(&label), "{label:?} is missing from {said:?}");
    }
}

#[test]
fn where_connections_are_not_the_subject_there_are_no_bands() {
    let layout = paper(&two(Technique::ShortPoll), 900.0);
    assert!(bands(&layout, 1).is_empty());
    assert!(!labels(&layout).iter().any(|label| matches!(label, Label::ServerCloses(..) | Label::OnConnection(..))));
}

#[test]
fn a_dozen_stand_side_by_side_on_a_telephone() {
    let mut log = Log::new(0);
    started(&mut log, Technique::Request);
    for conn in 1..=13 {
        opened(&mut log, 11 * S, conn);
        log.poll(&poll(conn, 11 * S).conn(conn));
    }
    let layout = paper(&log, 390.0);
    let mut places: Vec<f32> = (1..=13).filter_map(|conn| Some(bands(&layout, conn).first()?.0)).collect();
    assert_eq!(places.len(), 12, "the thirteenth has no room");
    places.dedup();
    assert_eq!(places.len(), 12);
    assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 5.0), "{places:?}");
    assert!(places.iter().all(|x| *x > layout.paper().server && *x < 388.0), "{places:?}");
}
