//! The detection stopwatch.

use std::collections::BTreeSet;

use super::log::{Log, MS, S};
use super::sockets::{WHO, open};
use crate::{
    diagram::{
        fold::fold,
        layout::{DENSITY, Layout, View, ZOOM, layout},
        mark::{Label, Part, Shape},
    },
    fault::{Death, Fault, Kind},
    wire::{
        Ending, Fact, Micros, Technique, Witness,
        observation::{ClientSettings, LifeState},
    },
};

const ME: Option<(u16, Option<u32>)> = Some((1, None));

fn faults(log: &mut Log, at: Micros, faults: Vec<Fault>) {
    log.seen(at, Witness::Server, None, None, Fact::Faults { distance_ms: 80, faults });
}

fn hole() -> Vec<Fault> {
    vec![Fault::new(1, Kind::Blackhole)]
}

/// A socket that opens at 11 s, with a client that has begun.
fn socket() -> Log {
    let mut log = open();
    let settings = ClientSettings::new(Technique::WebSocket);
    log.seen(10_500 * MS, Witness::Browser, ME, None, Fact::Started { settings });
    log
}

/// The browser gives its socket up.
fn gives_up(log: &mut Log, at: Micros) {
    log.seen(at, Witness::Browser, ME, None, Fact::Life { state: LifeState::Dead });
    log.seen(at, Witness::Browser, WHO, None, Fact::Ended { how: Ending::Aborted });
}

/// End, from, until, in the order of ends.
fn bands(log: &Log) -> Vec<(usize, Micros, Option<Micros>)> {
    let scene = fold(&log.records, None);
    scene.story().unnoticed.iter().map(|one| (one.end, one.from, one.until)).collect()
}

fn paper(log: &Log, width: f32, now: Option<Micros>) -> Layout {
    let expanded = BTreeSet::new();
    let view = View {
        width,
        zoom: ZOOM,
        now,
        folding: true,
        expanded: &expanded,
        selected: None,
        cursor: None,
        density: DENSITY,
    };
    layout(&fold(&log.records, None), &view)
}

#[test]
fn each_end_has_a_band_until_it_knows() {
    let mut log = socket();
    faults(&mut log, 12 * S, hole());
    assert_eq!(bands(&log), [(0, 12 * S, None), (1, 12 * S, None)]);
    gives_up(&mut log, 14 * S);
    assert_eq!(bands(&log), [(0, 12 * S, Some(14 * S)), (1, 12 * S, None)]);
    log.seen(15 * S, Witness::Server, WHO, None, Fact::Life { state: LifeState::Dead });
    assert_eq!(bands(&log), [(0, 12 * S, Some(14 * S)), (1, 12 * S, Some(15 * S))]);
    // What becomes of the fault later is no news to either.
    faults(&mut log, 17 * S, vec![]);
    assert_eq!(bands(&log), [(0, 12 * S, Some(14 * S)), (1, 12 * S, Some(15 * S))]);
}

#[test]
fn a_network_that_comes_back_ends_what_nobody_noticed() {
    let mut log = socket();
    faults(&mut log, 12 * S, hole());
    // Another fault beside it is no other death.
    faults(&mut log, 13 * S, vec![hole().remove(0), Fault::new(2, Kind::NoId)]);
    faults(&mut log, 14 * S, vec![]);
    gives_up(&mut log, 16 * S);
    assert_eq!(bands(&log), [(0, 12 * S, Some(14 * S)), (1, 12 * S, Some(14 * S))]);
    faults(&mut log, 17 * S, hole());
    assert_eq!(bands(&log).len(), 3, "the browser has nothing open any more, the server has: {:?}", bands(&log));
}

#[test]
fn faults_that_speak_and_requests_have_no_bands() {
    let mut log = socket();
    faults(&mut log, 12 * S, vec![Fault::new(1, Kind::Stall), Fault::new(2, Kind::latency(9, 0))]);
    assert_eq!(bands(&log), []);
    let mut log = super::log::lesson();
    faults(&mut log, 12 * S, hole());
    assert_eq!(bands(&log), [], "who waits for an answer knows that it has not come");
}

#[test]
fn an_idle_killer_that_says_nothing_strikes_one_connection() {
    let silent = |how| vec![Fault::new(3, Kind::IdleKiller { after_ms: 500, how })];
    for (how, conn, count) in [(Death::Silent, 1, 2), (Death::Fin, 1, 0), (Death::Silent, 7, 0)] {
        let mut log = socket();
        faults(&mut log, 11_500 * MS, silent(how));
        log.seen(12 * S, Witness::Wire, WHO, Some(conn), Fact::Struck { by: 3 });
        assert_eq!(bands(&log).len(), count, "{how:?} on connection {conn}");
    }
    let mut log = socket();
    faults(&mut log, 11_500 * MS, silent(Death::Silent));
    log.seen(12 * S, Witness::Wire, WHO, Some(1), Fact::Struck { by: 3 });
    gives_up(&mut log, 13 * S);
    faults(&mut log, 15 * S, vec![]);
    assert_eq!(bands(&log), [(0, 12 * S, Some(13 * S)), (1, 12 * S, Some(15 * S))]);
}

#[test]
fn a_client_that_was_stopped_waits_for_nothing() {
    let mut log = socket();
    faults(&mut log, 12 * S, hole());
    log.seen(13 * S, Witness::Browser, ME, None, Fact::Stopped);
    assert_eq!(bands(&log), [(0, 12 * S, Some(13 * S)), (1, 12 * S, None)]);
}

#[test]
fn a_band_lies_on_the_lifeline_of_its_end_and_grows_with_the_present() {
    let mut log = socket();
    faults(&mut log, 12 * S, hole());
    gives_up(&mut log, 14 * S);
    let shown = |width: f32, now: Micros| {
        let layout = paper(&log, width, Some(now));
        let band = |x: f32| {
            let pieces = layout.marks.iter().filter_map(|mark| match mark.shape {
                Shape::Unnoticed { x: at, y0, y1 } if at == x => Some((y0, y1)),
                _ => None,
            });
            pieces.fold((f32::MAX, f32::MIN), |all, piece| (all.0.min(piece.0), all.1.max(piece.1)))
        };
        let y = |at| layout.axis.y(at) as f32;
        let (browser, server) = (band(layout.paper().browser), band(layout.paper().server));
        assert_eq!((browser, server), ((y(12 * S), y(14 * S)), (y(12 * S), y(now))), "at {width}");
        let said = layout.marks.iter().filter_map(|mark| match mark.shape {
            Shape::Words { label: Label::Unnoticed(micros), .. } => Some(micros / MS),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    for width in [900.0, 390.0] {
        assert_eq!(shown(width, 15 * S), [2000, 3000]);
        assert_eq!(shown(width, 16 * S), [2000, 4000]);
    }
    assert!(Part::Unnoticed < Part::Request && Part::Unnoticed < Part::Hold, "it lies behind what it befell");
}

#[test]
fn an_end_that_opens_while_it_is_dark_counts_from_then() {
    let mut log = socket();
    faults(&mut log, 11_100 * MS, hole());
    // The server's answer had been seen at 11.090 s, and the browser said that it had it at 11.175 s.
    assert_eq!(bands(&log), [(0, 11_175 * MS, None), (1, 11_100 * MS, None)]);
}
