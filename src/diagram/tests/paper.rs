//! Axis, folding and layout.

use std::{collections::BTreeSet, time::Instant};

use proptest::prelude::*;

use super::{
    fold::records,
    log::{self, Log, MS, S, key, poll},
    sheet::english,
};
use crate::{
    diagram::{
        axis::{Axis, Fold},
        draw::{Tag, draw},
        fold::{ExchangeKey, Scene, fold},
        layout::{DENSITY, Layout, View, ZOOM, layout},
        mark::{Label, Line, Mark, Part, Shape, Tip},
        narrate::narrate,
    },
    wire::{Micros, observation::Ask},
};

fn lay(scene: &Scene, now: Option<Micros>, change: impl FnOnce(&mut View<'_>)) -> Layout {
    let expanded = BTreeSet::new();
    let mut view = View {
        width: 680.0,
        zoom: ZOOM,
        now,
        folding: true,
        expanded: &expanded,
        selected: None,
        cursor: None,
        density: DENSITY,
    };
    change(&mut view);
    layout(scene, &view)
}

fn shapes(layout: &Layout, part: Part, key: ExchangeKey) -> Vec<&Shape> {
    let of = |mark: &&Mark| mark.id.0 == part && mark.key == Some(key);
    layout.marks.iter().filter(of).map(|mark| &mark.shape).collect()
}

fn pills(layout: &Layout) -> Vec<(u32, bool)> {
    let pills = layout.marks.iter().filter_map(|mark| match mark.shape {
        Shape::Pill { label: Label::EmptyPolls(count, _) | Label::FoldAgain(count), open, .. } => Some((count, open)),
        _ => None,
    });
    pills.collect()
}

/// A run of empty polls, one a second.
fn idle(count: u32) -> Log {
    let mut log = Log::new(80 * MS);
    for no in 1..=count {
        log.poll(&poll(no, 10 * S + Micros::from(no) * S));
    }
    log
}

fn folds() -> impl Strategy<Value = Vec<Fold>> {
    prop::collection::vec((0i64..60_000_000, 1i64..20_000_000, 1.0f64..80.0), 0..6).prop_map(|mut list| {
        list.sort_by_key(|fold| fold.0);
        list.into_iter().map(|(from, long, height)| Fold { from, to: from + long, height }).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_axis_goes_one_way_and_reads_back(
        folds in folds(), zoom in 2.0f64..4000.0, a in -5_000_000i64..90_000_000, b in -5_000_000i64..90_000_000,
    ) {
        let axis = Axis::new(0, 70_000_000, 22.0, zoom, &folds);
        prop_assert_eq!(axis.at(axis.y(a)), a);
        if a < b {
            prop_assert!(axis.y(a) < axis.y(b));
        }
        let stretches = axis.stretches();
        prop_assert!(stretches.windows(2).all(|two| two[0].to == two[1].from && two[0].bottom == two[1].top));
        for (at, y) in axis.ticks(0, 60.0) {
            prop_assert!(stretches.iter().any(|s| !s.folded && s.from <= at && at <= s.to));
            prop_assert!((axis.y(at) - y).abs() < 1e-6);
        }
    }

    #[test]
    fn no_log_breaks_the_picture(
        records in records(150), zoom in 2.0f64..6000.0, width in 0.0f32..2000.0, now in proptest::option::of(0i64..60_000_000),
        selected in 1u32..12, folding in any::<bool>(),
    ) {
        let scene = fold(&records, None);
        let expanded = BTreeSet::new();
        let view = View {
            width, zoom, now, folding, expanded: &expanded, selected: Some(key(selected)), cursor: Some(key(3)), density: 28,
        };
        let layout = layout(&scene, &view);
        prop_assert!(layout.marks.windows(2).all(|two| two[0].top <= two[1].top));
        for mark in &layout.marks {
            prop_assert!(mark.top.is_finite() && mark.bottom.is_finite() && mark.top <= mark.bottom, "{:?}", mark);
            let node = draw(mark, layout.paper(), english);
            prop_assert!(!node.body.contains("NaN") && !node.svg().contains("style="));
        }
        // An id is a key in the document, so no two marks share one.
        let mut ids: Vec<_> = layout.marks.iter().map(|mark| mark.id).collect();
        ids.sort_unstable();
        prop_assert!(ids.windows(2).all(|two| two[0] != two[1]), "{:?}", ids.windows(2).find(|two| two[0] == two[1]));
        narrate(&scene);
    }

    #[test]
    fn a_window_holds_exactly_what_reaches_into_it(top in -500.0f32..20_000.0, height in 1.0f32..3000.0) {
        let scene = fold(&log::long(200).records, None);
        let layout = lay(&scene, None, |_| ());
        let mut seen: Vec<_> = layout.visible(top, top + height).iter().map(|mark| mark.id).collect();
        seen.sort_unstable();
        let reaches = |mark: &&Mark| mark.bottom >= top && mark.top <= top + height;
        let mut all: Vec<_> = layout.marks.iter().filter(reaches).map(|mark| mark.id).collect();
        all.sort_unstable();
        prop_assert_eq!(seen, all);
    }
}

#[test]
fn ten_thousand_observations_keep_to_four_hundred_elements() {
    let records = log::long(1300).records;
    assert!(records.len() >= 10_000, "{}", records.len());
    let began = Instant::now();
    let scene = fold(&records, None);
    scene.story();
    let folded = began.elapsed();
    let began = Instant::now();
    let layout = lay(&scene, None, |_| ());
    let laid = began.elapsed();
    for zoom in [0.5, 2.0, 12.0, 40.0, ZOOM, 600.0, 4000.0] {
        for folding in [true, false] {
            let layout = lay(&scene, None, |view| (view.zoom, view.folding) = (zoom, folding));
            let mut most = 0;
            let mut top = 0.0;
            while top < layout.height.min(200_000.0) {
                let nodes = layout.visible(top - 150.0, top + 900.0 + 250.0).iter().map(|mark| mark.nodes()).sum();
                most = most.max(nodes);
                top += 450.0;
            }
            assert!(most <= 400, "{most} elements at zoom {zoom}, folding {folding}");
        }
    }
    let began = Instant::now();
    let windows: usize = (0..100).map(|i| layout.visible(i as f32 * 300.0, i as f32 * 300.0 + 1300.0).len()).sum();
    println!(
        "{} records: fold {folded:?}, layout {laid:?} ({} marks), a window {:?} ({} marks)",
        records.len(),
        layout.marks.len(),
        began.elapsed() / 100,
        windows / 100,
    );
}

#[test]
fn empty_polls_are_folded_but_for_the_newest_of_a_live_run() {
    let scene = fold(&idle(20).records, None);
    assert_eq!(pills(&lay(&scene, None, |_| ())), [(20, false)]);
    let live = lay(&scene, Some(scene.end()), |_| ());
    assert_eq!(pills(&live), [(17, false)]);
    let open: Vec<u32> = (1..=20).filter(|no| !shapes(&live, Part::Hit, key(*no)).is_empty()).collect();
    assert_eq!(open, [18, 19, 20]);
    assert_eq!(pills(&lay(&fold(&idle(4).records, None), None, |_| ())), [], "a few are not a run");
    assert_eq!(pills(&lay(&scene, None, |view| view.folding = false)), []);
}

#[test]
fn a_run_keeps_its_height_as_it_grows() {
    let height = |count| {
        let scene = fold(&idle(count).records, None);
        lay(&scene, Some(scene.end()), |_| ()).height
    };
    assert!((height(20) - height(60)).abs() < 0.5, "{} {}", height(20), height(60));
}

#[test]
fn a_run_opens_and_folds_again() {
    let scene = fold(&idle(20).records, None);
    let expanded = BTreeSet::from([key(1)]);
    let open = layout(
        &scene,
        &View {
            width: 680.0,
            zoom: ZOOM,
            now: None,
            folding: true,
            expanded: &expanded,
            selected: Some(key(9)),
            cursor: None,
            density: DENSITY,
        },
    );
    assert_eq!(pills(&open), [(20, true)], "what is selected does not split a run that is open");
    assert!((1..=20).all(|no| !shapes(&open, Part::Hit, key(no)).is_empty()));
}

#[test]
fn what_is_looked_at_is_never_folded() {
    let scene = fold(&idle(20).records, None);
    let selected = lay(&scene, None, |view| view.selected = Some(key(9)));
    assert_eq!(pills(&selected), [(8, false), (11, false)]);
    assert!(!shapes(&selected, Part::Hit, key(9)).is_empty());
    let both = lay(&scene, None, |view| (view.selected, view.cursor) = (Some(key(9)), Some(key(12))));
    assert_eq!(pills(&both), [(8, false), (8, false)], "two in a row are too few");
}

#[test]
fn nothing_that_happened_is_folded_away() {
    let mut log = idle(20);
    log.publish(10 * S + 10_500 * MS, 1);
    let scene = fold(&log.records, None);
    assert_eq!(pills(&lay(&scene, None, |_| ())), [(10, false), (10, false)]);
    let scene = fold(&log::lesson().records, None);
    let lesson = lay(&scene, None, |_| ());
    for no in 9..=20 {
        assert!(no < 10 || !shapes(&lesson, Part::Hit, key(no)).is_empty(), "{no}");
    }
}

#[test]
fn a_long_silence_is_torn_out_of_the_axis() {
    let mut log = Log::new(80 * MS);
    log.poll(&poll(1, 11 * S));
    log.poll(&poll(2, 71 * S));
    let scene = fold(&log.records, None);
    let layout = lay(&scene, None, |_| ());
    assert!(layout.height < 600.0, "{}", layout.height);
    let silence = layout.marks.iter().find_map(|mark| match mark.shape {
        Shape::Words { label: Label::Idle(micros), .. } => Some(micros),
        _ => None,
    });
    assert!(silence.is_some_and(|micros| micros > 55 * S), "{silence:?}");
    assert!(lay(&scene, None, |view| view.folding = false).height > 5000.0);
    // Between polls that are folded there is no silence to be folded too.
    let scene = fold(&idle(20).records, None);
    let layout = lay(&scene, None, |view| view.zoom = 900.0);
    let tears = layout.marks.iter().filter(|mark| matches!(mark.shape, Shape::Break { .. })).count();
    assert_eq!(tears, 2, "the run, and the second before it");
}

#[test]
fn arrows_lean_by_the_distance_and_grow_while_they_fly() {
    let mut log = Log::new(80 * MS);
    log.start(10 * S, 1000, Ask::Board);
    log.poll(&poll(1, 11 * S).upto(log::Stage::Seen));
    let scene = fold(&log.records, None);
    let tip = |now: Micros| {
        let layout = lay(&scene, Some(now), |_| ());
        let Shape::Arrow { y0, x1, y1, tip, .. } = *shapes(&layout, Part::Request, key(1))[0] else {
            panic!("not an arrow")
        };
        (x1, y1 - y0, tip, layout.moving)
    };
    let (near, soon, later) = (tip(11 * S + 10 * MS), tip(11 * S + 40 * MS), tip(11 * S + 79 * MS));
    assert!(near.0 < soon.0 && soon.0 < later.0, "it comes nearer");
    assert!(near.1 < soon.1 && soon.1 < later.1, "and time goes on");
    assert!(near.3 && later.2 == Tip::Flying);
    let stuck = tip(15 * S);
    assert!(!stuck.3, "an arrow that waits does not move");
    let server = crate::diagram::layout::Paper::new(680.0).server;
    assert!(stuck.0 < server - 20.0, "and never lands without its second witness");

    let mut log = Log::new(80 * MS);
    log.poll(&poll(1, 11 * S));
    let layout = lay(&fold(&log.records, None), None, |_| ());
    let Shape::Arrow { y0, x1, y1, line, tip, .. } = *shapes(&layout, Part::Request, key(1))[0] else { panic!() };
    assert_eq!((x1, line, tip), (server, Line::Request, Tip::Landed));
    assert!((y1 - y0 - 0.082 * ZOOM as f32).abs() < 0.01);
    let Shape::Arrow { line, .. } = *shapes(&layout, Part::Answer, key(1))[0] else { panic!() };
    assert_eq!(line, Line::Empty);
}

#[test]
fn an_arrow_never_goes_back_in_time() {
    let mut log = Log::new(0);
    log.poll(&poll(1, 11 * S));
    // The browser's clock is a little ahead: it seems to have asked after the server could read.
    for record in &mut log.records {
        if let crate::wire::Fact::Asked { .. } = record.seen.fact {
            record.seen.at += 3 * MS;
        }
    }
    let layout = lay(&fold(&log.records, None), None, |view| view.zoom = 4000.0);
    let Shape::Arrow { y0, y1, .. } = *shapes(&layout, Part::Request, key(1))[0] else { panic!() };
    assert_eq!(y0, y1, "level");
    let said = layout.marks.iter().any(|mark| matches!(mark.shape, Shape::Words { label: Label::Level, .. }));
    assert!(said, "and it says so");
}

#[test]
fn an_arrow_without_its_second_witness_says_why() {
    let labels = |layout: &Layout, key| -> Vec<Label> {
        let label = |shape: &Shape| match shape {
            Shape::Words { label, .. } => Some(*label),
            _ => None,
        };
        shapes(layout, Part::MidLabel, key).into_iter().filter_map(label).collect()
    };
    let mut log = Log::new(80 * MS);
    let mut gone = poll(1, 11 * S).upto(log::Stage::Asked);
    gone.abort = Some(20 * MS);
    log.poll(&gone);
    let mut lost = poll(2, 12 * S);
    lost.lost_down = true;
    log.poll(&lost);
    let mut late = poll(3, 13 * S);
    late.abort = Some(100 * MS);
    log.poll(&late);
    let layout = lay(&fold(&log.records, None), None, |_| ());
    assert_eq!(labels(&layout, key(1)), [Label::NeverOnWire]);
    assert_eq!(labels(&layout, key(2)), [Label::Swallowed]);
    assert_eq!(labels(&layout, key(3)), [Label::NobodyWaits]);
    let tip = |part, key| match *shapes(&layout, part, key)[0] {
        Shape::Arrow { tip, .. } => tip,
        _ => panic!("not an arrow"),
    };
    assert_eq!(tip(Part::Request, key(1)), Tip::Open);
    assert_eq!(tip(Part::Answer, key(2)), Tip::Open);
    assert_eq!(tip(Part::Answer, key(3)), Tip::Open);
    assert_eq!(tip(Part::Request, key(3)), Tip::Landed);
}

#[test]
fn labels_keep_apart() {
    let scene = fold(&log::lesson().records, None);
    for (width, zoom) in [(680.0, ZOOM), (680.0, 30.0), (358.0, ZOOM), (358.0, 20.0)] {
        let layout = lay(&scene, None, |view| (view.width, view.zoom) = (width, zoom));
        let beside = [Part::LeftLabel, Part::RightLabel];
        for part in beside {
            let mut rows: Vec<f32> = layout
                .marks
                .iter()
                .filter(|mark| mark.id.0 == part)
                .filter_map(|mark| match mark.shape {
                    Shape::Words { y, .. } => Some(y),
                    _ => None,
                })
                .collect();
            rows.sort_by(f32::total_cmp);
            assert!(rows.windows(2).all(|two| two[1] - two[0] >= 14.9), "{part:?} at {width}, {zoom}: {rows:?}");
        }
    }
}

#[test]
fn what_can_be_used_has_a_name() {
    let scene = fold(&log::lesson().records, None);
    let layout = lay(&scene, None, |_| ());
    let nodes: Vec<_> = layout.marks.iter().map(|mark| draw(mark, layout.paper(), english)).collect();
    let mut used = 0;
    for node in nodes.iter().filter(|node| matches!(node.tag, Tag::Hit | Tag::Button)) {
        assert!(!node.name.is_empty() && ExchangeKey::parse(&node.key).is_some());
        used += 1;
    }
    assert_eq!(used, 13, "twelve exchanges and one pill");
}
