//! Requests that are held, and streams.

use std::collections::BTreeSet;

use super::log::{Fate, Log, MS, S};
use crate::{
    diagram::{
        ExchangeKey, fold,
        layout::{DENSITY, View, ZOOM, layout},
        mark::{Part, Shape},
        told::{Hold, Told},
    },
    wire::{
        Body, Direction, Fact, HoldEnd, Micros, RequestHead, ResponseHead, Unit, Witness, observation::News, sse::Event,
    },
};

fn update(seq: u64) -> fold::Topic {
    fold::Topic::Update(Some(seq))
}

const WHO: Option<(u16, Option<u32>)> = Some((1, Some(1)));
const KEY: ExchangeKey = ExchangeKey::Client { client: 1, exchange: 1 };

fn asked(log: &mut Log, at: Micros) {
    let target = "/l/abcdefghij/events?c=1&n=1".to_owned();
    log.seen(at, Witness::Browser, WHO, None, Fact::Asked { method: "GET".into(), target: target.clone() });
    let head = RequestHead { method: "GET".into(), target, nth: 1, bytes: 500, text: "GET".into() };
    log.unit(at + MS, WHO, 1, Direction::Up, Unit::RequestHead(Box::new(head)), Fate::Released);
}

fn event(log: &mut Log, at: Micros, seq: u64, fate: Fate) {
    let events = vec![Event { id: Some(seq.to_string()), data: Some(60), ..Event::default() }];
    let body = Body { bytes: 90, payload: 84, text: format!("id: {seq}\n"), last: false, events };
    log.unit(at, WHO, 1, Direction::Down, Unit::Body(Box::new(body)), fate);
}

fn got(log: &mut Log, at: Micros, seq: u64) {
    let news = News { seqs: vec![seq], ..News::default() };
    log.seen(at, Witness::Browser, WHO, None, Fact::Message { bytes: 60, news });
}

fn view(now: Micros, expanded: &BTreeSet<ExchangeKey>) -> View<'_> {
    View {
        width: 900.0,
        zoom: ZOOM,
        now: Some(now),
        folding: true,
        expanded,
        selected: None,
        cursor: None,
        density: DENSITY,
    }
}

fn told(log: &Log) -> Told {
    fold(&log.records, None).story().get(KEY).expect("it is told").clone()
}

/// A stream of three updates, of which a fault swallows the second.
fn stream() -> Log {
    let mut log = Log::new(80 * MS);
    asked(&mut log, 11 * S);
    let text = "HTTP/1.1 200 OK\nContent-Type: text/event-stream".into();
    let head = ResponseHead { status: 200, bytes: 200, text, bodiless: false };
    log.unit(11 * S + 90 * MS, WHO, 1, Direction::Down, Unit::ResponseHead(Box::new(head)), Fate::Released);
    log.seen(11 * S + 175 * MS, Witness::Browser, WHO, None, Fact::Streaming);
    for (seq, fate) in [(1, Fate::Released), (2, Fate::Dropped), (3, Fate::Released)] {
        event(&mut log, (11 + seq) * S, seq as u64, fate);
    }
    for seq in [1, 3] {
        got(&mut log, (11 + seq) * S + 85 * MS, seq as u64);
    }
    log
}

#[test]
fn messages_are_paired_by_their_update_and_not_by_their_place() {
    let told = told(&stream());
    assert!(told.stream && told.finish().is_none());
    let seen: Vec<_> = told.messages.iter().map(|m| (m.topic, m.dropped.is_some(), m.got.map(|at| at / S))).collect();
    assert_eq!(seen, [(update(1), false, Some(12)), (update(2), true, None), (update(3), false, Some(14))]);
}

#[test]
fn a_message_that_the_wire_did_not_tell_of_has_one_witness() {
    let mut log = stream();
    got(&mut log, 15 * S, 9);
    let told = told(&log);
    let last = told.messages.last().unwrap();
    assert_eq!((last.topic, last.seen, last.got), (update(9), None, Some(15 * S)));
}

#[test]
fn a_stream_that_broke_off_is_not_to_be_missed() {
    let mut log = stream();
    assert_eq!(told(&log).broken, 0);
    log.seen(15 * S, Witness::Browser, WHO, None, Fact::Broken);
    let told = told(&log);
    assert!(told.broken == 1 && told.notable());
}

#[test]
fn a_stream_is_a_bar_and_an_arrow_for_each_message() {
    let log = stream();
    let expanded = BTreeSet::new();
    let scene = fold(&log.records, None);
    let paper = layout(&scene, &view(16 * S, &expanded));
    let count = |part| paper.marks.iter().filter(|mark| mark.id.0 == part).count();
    assert_eq!((count(Part::Message), count(Part::Open), count(Part::Answer)), (3, 1, 1));
    assert_eq!(count(Part::Cross), 1, "where the second was swallowed");
    let ids: BTreeSet<_> = paper.marks.iter().map(|mark| mark.id).collect();
    assert_eq!(ids.len(), paper.marks.len(), "every mark has a name of its own");
}

#[test]
fn a_hold_is_a_bar_until_it_is_over() {
    let mut log = Log::new(80 * MS);
    asked(&mut log, 11 * S);
    log.seen(11 * S + 82 * MS, Witness::Server, WHO, None, Fact::Holding { at_most_ms: 20_000 });
    assert_eq!(told(&log).hold, Some(Hold { from: 11 * S + 82 * MS, until: None }));
    let expanded = BTreeSet::new();
    let until = |log: &Log, now| {
        let scene = fold(&log.records, None);
        let paper = layout(&scene, &view(now, &expanded));
        let bar = paper.marks.iter().find(|mark| mark.id.0 == Part::Hold).expect("a bar").shape.clone();
        let Shape::Bar { y1, .. } = bar else { panic!("{bar:?}") };
        (y1 - paper.axis.y(now) as f32).abs()
    };
    assert!(until(&log, 13 * S) < 1.0, "it grows with the present");
    let ended = Fact::HoldEnded { how: HoldEnd::Freed, micros: 2 * S };
    log.seen(13 * S + 82 * MS, Witness::Server, WHO, None, ended);
    assert_eq!(told(&log).hold.and_then(|hold| hold.until), Some((13 * S + 82 * MS, HoldEnd::Freed)));
    assert!(until(&log, 15 * S) > 10.0, "and stays when it is over");
}
