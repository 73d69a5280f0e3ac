//! The network's own lifeline, and what waits there.

use std::collections::BTreeSet;

use super::log::{Fate, Log, MS, S, key, poll};
use crate::{
    diagram::{
        fold::fold,
        layout::{DENSITY, Layout, View, ZOOM, layout},
        mark::{Mark, Part, Shape, Tip},
    },
    fault::{Fault, Kind, Overflow},
    wire::{Direction, Fact, Micros, RequestHead, Unit, Witness},
};

const WHO: Option<(u16, Option<u32>)> = Some((1, Some(1)));

fn faults(log: &mut Log, at: Micros, kinds: &[Kind]) {
    let faults = kinds.iter().zip(1..).map(|(kind, id)| Fault::new(id, kind.clone())).collect();
    log.seen(at, Witness::Server, None, None, Fact::Faults { distance_ms: 80, faults });
}

fn paper(log: &Log, width: f32, now: Option<Micros>) -> Layout {
    let expanded = BTreeSet::new();
    let view = View {
        width,
        zoom: ZOOM,
        now,
        folding: true,
        expanded: &expanded,
        selected: Some(key(1)),
        cursor: None,
        density: DENSITY,
    };
    layout(&fold(&log.records, None), &view)
}

fn of(layout: &Layout, part: Part) -> Vec<&Mark> {
    layout.marks.iter().filter(|mark| mark.id.0 == part).collect()
}

/// A request that comes to the tap at 12.002 s, and is let go at the time given, if at all.
fn asked(log: &mut Log, released: Option<Micros>) {
    let target = "/l/abcdefghij/alerts?c=1&n=1".to_owned();
    log.seen(12 * S, Witness::Browser, WHO, None, Fact::Asked { method: "GET".into(), target: target.clone() });
    let head = RequestHead { method: "GET".into(), target, nth: 1, bytes: 500, text: "GET".into() };
    log.unit(12_002 * MS, WHO, 1, Direction::Up, Unit::RequestHead(Box::new(head)), Fate::Waits);
    if let Some(at) = released {
        log.seen(at, Witness::Wire, None, Some(1), Fact::Released { dir: Direction::Up, no: 1 });
    }
}

#[test]
fn it_has_a_lifeline_once_a_fault_on_the_wire_was_in_force() {
    let thin = |kind: Kind, width: f32| {
        let mut log = Log::new(80 * MS);
        faults(&mut log, 11 * S, &[kind]);
        faults(&mut log, 12 * S, &[]);
        log.poll(&poll(1, 13 * S));
        let layout = paper(&log, width, None);
        let middle = layout.paper().middle();
        let life = |mark: &&Mark| matches!(mark.shape, Shape::Life { x, thin: true, .. } if x == middle);
        assert_eq!(layout.columns[0].network, layout.marks.iter().any(|mark| life(&mark)));
        layout.columns[0].network
    };
    assert!(thin(Kind::Stall, 900.0) && thin(Kind::Blackhole, 900.0));
    assert!(thin(Kind::Refuse, 900.0) && thin(Kind::StaleCache { ttl_ms: 100 }, 900.0));
    assert!(!thin(Kind::Stall, 390.0), "there is no room for it");
    assert!(!thin(Kind::latency(500, 0), 900.0), "latency is a longer way, not a place");
    assert!(!thin(Kind::NoId, 900.0), "that is the server's");
}

#[test]
fn what_was_held_stops_halfway_and_goes_on() {
    let mut log = Log::new(80 * MS);
    faults(&mut log, 11 * S, &[Kind::Stall]);
    asked(&mut log, Some(14 * S));
    faults(&mut log, 14 * S, &[]);
    let layout = paper(&log, 900.0, None);
    let (paper, y) = (*layout.paper(), |at: Micros| layout.axis.y(at) as f32);
    let line = |part| match of(&layout, part)[..] {
        [Mark { shape: Shape::Arrow { x0, y0, x1, y1, tip, .. }, .. }] => ([*x0, *y0, *x1, *y1], *tip),
        ref other => panic!("{other:?}"),
    };
    let (came, left) = (y(12_042 * MS), y(13_960 * MS));
    let (first, second) =
        ([paper.browser, y(12 * S), paper.middle(), came], [paper.middle(), left, paper.server, y(14 * S)]);
    assert_eq!((line(Part::Leg), line(Part::Request)), ((first, Tip::Flying), (second, Tip::Landed)));
    let Shape::Bar { x, y0, y1, hatched } = of(&layout, Part::Wait)[0].shape else { panic!("no bar") };
    assert_eq!((x, y0, y1, hatched), (paper.middle(), came, left, true));
    // A pointer finds both halves, and the wire's ticks stand where it saw it come and go.
    let Shape::Hit { lines, .. } = &of(&layout, Part::Hit)[0].shape else { panic!("no hit") };
    assert_eq!(lines[..], [first, second]);
    let mut ticks: Vec<f32> = of(&layout, Part::Witness)
        .iter()
        .map(|mark| match mark.shape {
            Shape::Witness { y, .. } => y,
            _ => panic!("{mark:?}"),
        })
        .collect();
    ticks.sort_by(f32::total_cmp);
    assert_eq!(ticks, [y(12_002 * MS), y(14 * S)]);
}

#[test]
fn what_is_still_held_waits_until_the_present_and_no_longer_than_the_fault() {
    let mut log = Log::new(80 * MS);
    faults(&mut log, 11 * S, &[Kind::Stall]);
    asked(&mut log, None);
    let bar = |log: &Log, now: Micros| {
        let layout = paper(log, 900.0, Some(now));
        let bars: Vec<_> = of(&layout, Part::Wait).iter().map(|mark| layout.axis.at(mark.bottom.into())).collect();
        bars.first().map(|at| (*at + 500) / 1000)
    };
    assert_eq!(bar(&log, 12_020 * MS), None, "it has not come so far");
    assert_eq!(bar(&log, 13 * S), Some(13_000));
    faults(&mut log, 14 * S, &[]);
    assert_eq!(bar(&log, 16 * S), Some(14_000));
}

#[test]
fn what_came_in_time_goes_straight() {
    for (kind, released) in [(Kind::Stall, 12_090 * MS), (Kind::Blackhole, 14 * S)] {
        let mut log = Log::new(80 * MS);
        faults(&mut log, 11 * S, &[kind]);
        asked(&mut log, Some(released));
        let layout = paper(&log, 900.0, None);
        assert!(of(&layout, Part::Wait).is_empty() && of(&layout, Part::Leg).is_empty());
    }
    // And where there is no lifeline, nothing stops at one.
    let mut log = Log::new(80 * MS);
    faults(&mut log, 11 * S, &[Kind::Stall]);
    asked(&mut log, Some(14 * S));
    assert!(of(&paper(&log, 390.0, None), Part::Wait).is_empty());
}

#[test]
fn a_buffer_holds_what_goes_down() {
    let mut log = Log::new(80 * MS);
    faults(&mut log, 11 * S, &[Kind::Buffer { bytes: 4096, flush_ms: None }]);
    asked(&mut log, Some(14 * S));
    assert!(of(&paper(&log, 900.0, None), Part::Wait).is_empty());
}

#[test]
fn whatever_makes_units_wait_is_seen_to() {
    let policy = Overflow::DropOldest;
    let (up, down) = (Direction::Up, Direction::Down);
    let kinds = [
        (Kind::Tail { times: 20 }, true),
        (Kind::Bandwidth { bytes_per_s: 100, burst: 0 }, true),
        (Kind::Loss { streak: 0 }, true),
        (Kind::Slice { bytes: 10, vary: 0, pause_ms: 100 }, true),
        (Kind::SlowConnect { wait_ms: 2000 }, true),
        (Kind::SlowReader { bytes_per_s: 100, policy }, false),
    ];
    for (kind, goes_up) in kinds {
        for only in [None, Some(up), Some(down)] {
            let mut log = Log::new(80 * MS);
            let fault = Fault { direction: only, ..Fault::new(1, kind.clone()) };
            log.seen(11 * S, Witness::Server, None, None, Fact::Faults { distance_ms: 80, faults: vec![fault] });
            asked(&mut log, Some(14 * S));
            let waits = !of(&paper(&log, 900.0, None), Part::Wait).is_empty();
            // A connection is always opened from below, and a reader only reads.
            let expected = goes_up && (only != Some(down) || matches!(kind, Kind::SlowConnect { .. }));
            assert_eq!(waits, expected, "{kind:?} {only:?}");
        }
    }
}
