//! WebSockets: frames, what they belong to, and how they are drawn.

use std::collections::BTreeSet;

use super::log::{Fate, Log, MS, S};
use crate::{
    diagram::{
        ExchangeKey, fold,
        layout::{DENSITY, View, ZOOM, layout},
        mark::{Label, Line, Outcome, Part, Shape, Tip},
        narrate::{Sentence, narrate},
        told::{Carried, Told},
    },
    wire::{
        Direction, Fact, Frame, Micros, RequestHead, ResponseHead, Unit, Witness,
        observation::{LifeState, News},
    },
};

pub const WHO: Option<(u16, Option<u32>)> = Some((1, Some(1)));
pub const KEY: ExchangeKey = ExchangeKey::Client { client: 1, exchange: 1 };

pub fn frame(log: &mut Log, at: Micros, dir: Direction, (opcode, fin, text): (u8, bool, &str), fate: Fate) {
    let masked = dir == Direction::Up;
    let close = (opcode == 8).then_some(1000);
    let frame = Frame {
        fin,
        rsv: 0,
        opcode,
        masked,
        head: if masked { 6 } else { 2 },
        payload: text.len() as u32,
        close,
        text: text.to_owned(),
    };
    log.unit(at, WHO, 1, dir, Unit::Frame(Box::new(frame)), fate);
}

pub fn got(log: &mut Log, at: Micros, seq: Option<u64>) {
    let news = News { seqs: seq.into_iter().collect(), empty: seq.is_none(), ..News::default() };
    log.seen(at, Witness::Browser, WHO, None, Fact::Message { bytes: 40, news });
}

/// A socket that opens at 11 s.
pub fn open() -> Log {
    let mut log = Log::new(80 * MS);
    let target = "/l/abcdefghij/socket?c=1&n=1".to_owned();
    log.seen(11 * S, Witness::Browser, WHO, None, Fact::Asked { method: "GET".into(), target: target.clone() });
    let head = RequestHead { method: "GET".into(), target, nth: 1, bytes: 500, text: "GET".into() };
    log.unit(11 * S + MS, WHO, 1, Direction::Up, Unit::RequestHead(Box::new(head)), Fate::Released);
    let text = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket".into();
    let head = ResponseHead { status: 101, bytes: 200, text, bodiless: true };
    log.unit(11 * S + 90 * MS, WHO, 1, Direction::Down, Unit::ResponseHead(Box::new(head)), Fate::Released);
    log.seen(11 * S + 175 * MS, Witness::Browser, WHO, None, Fact::Streaming);
    log
}

/// An update, a beat that goes and returns, a ping and its pong.
fn conversation() -> Log {
    let mut log = open();
    frame(&mut log, 12 * S, Direction::Down, (1, true, "{\"seq\":1,\"district\":2}"), Fate::Released);
    got(&mut log, 12 * S + 85 * MS, Some(1));
    log.seen(13 * S, Witness::Browser, WHO, None, Fact::Sent { bytes: 6 });
    frame(&mut log, 13 * S + MS, Direction::Up, (1, true, "beat 1"), Fate::Released);
    frame(&mut log, 13 * S + 90 * MS, Direction::Down, (1, true, "beat 1"), Fate::Released);
    got(&mut log, 13 * S + 175 * MS, None);
    frame(&mut log, 14 * S, Direction::Down, (9, true, "1"), Fate::Released);
    frame(&mut log, 14 * S + 90 * MS, Direction::Up, (10, true, "1"), Fate::Released);
    log
}

fn told(log: &Log) -> Told {
    fold(&log.records, None).story().get(KEY).expect("it is told").clone()
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

#[test]
fn frames_are_paired_with_what_the_page_sent_and_got() {
    let told = told(&conversation());
    assert!(told.stream && told.status == Some(101) && told.finish().is_none());
    let told: Vec<_> = told.messages.iter().map(|m| (m.what, m.up, m.seq, m.sent.is_some(), m.got.is_some())).collect();
    assert_eq!(
        told,
        [
            (Carried::Text, false, Some(1), false, true),
            (Carried::Beat, true, None, true, false),
            (Carried::Beat, false, None, false, true),
            (Carried::Ping, false, None, false, false),
            (Carried::Pong, true, None, false, false),
        ]
    );
}

#[test]
fn what_is_removed_does_not_shift_what_follows() {
    let mut log = open();
    for (at, seq, fate) in [(12, 1, Fate::Released), (13, 2, Fate::Dropped), (14, 3, Fate::Released)] {
        frame(&mut log, at * S, Direction::Down, (2, true, "\u{1}"), fate);
        if seq != 2 {
            got(&mut log, at * S + 85 * MS, Some(seq));
        }
    }
    let seqs: Vec<_> =
        told(&log).messages.iter().map(|m| (m.seq, m.dropped.is_some(), m.got.map(|at| at / S))).collect();
    assert_eq!(seqs, [(Some(1), false, Some(12)), (None, true, None), (Some(3), false, Some(14))]);
}

#[test]
fn a_message_in_pieces_is_whole_with_its_last_frame() {
    let mut log = open();
    frame(&mut log, 12 * S, Direction::Down, (1, false, "{\"se"), Fate::Released);
    frame(&mut log, 12 * S + MS, Direction::Down, (9, true, "1"), Fate::Released);
    frame(&mut log, 12 * S + 2 * MS, Direction::Down, (0, false, "q\":4"), Fate::Released);
    frame(&mut log, 12 * S + 3 * MS, Direction::Down, (0, true, "2,\"x\""), Fate::Released);
    got(&mut log, 12 * S + 90 * MS, Some(42));
    let told: Vec<_> = told(&log).messages.iter().map(|m| (m.what, m.seq, m.got.is_some())).collect();
    let part = (Carried::Part, None, false);
    assert_eq!(told, [part, (Carried::Ping, None, false), part, (Carried::Text, Some(42), true)]);
}

#[test]
fn every_frame_is_an_arrow_in_its_direction_and_control_frames_are_thin() {
    let log = conversation();
    let expanded = BTreeSet::new();
    let scene = fold(&log.records, None);
    let paper = layout(&scene, &view(16 * S, &expanded));
    let arrows: Vec<_> = paper
        .marks
        .iter()
        .filter(|mark| mark.id.0 == Part::Message)
        .map(|mark| match mark.shape {
            Shape::Arrow { x0, x1, line, tip, .. } => (x0 < x1, line, tip),
            ref other => panic!("{other:?}"),
        })
        .collect();
    let mut wanted = vec![
        (false, Line::Answer, Tip::Landed),
        (true, Line::Request, Tip::Landed),
        (false, Line::Request, Tip::Landed),
        // Nobody but the wire saw the ping land; the pong landed at the server.
        (false, Line::Control, Tip::Open),
        (true, Line::Control, Tip::Landed),
    ];
    assert_eq!(arrows, std::mem::take(&mut wanted));
    assert!(paper.marks.iter().any(|mark| mark.id.0 == Part::Open), "the socket is open");
    let ids: BTreeSet<_> = paper.marks.iter().map(|mark| mark.id).collect();
    assert_eq!(ids.len(), paper.marks.len(), "every mark has a name of its own");
}

#[test]
fn each_end_has_its_own_code() {
    let mut log = conversation();
    frame(&mut log, 15 * S, Direction::Up, (8, true, ""), Fate::Released);
    frame(&mut log, 15 * S + 90 * MS, Direction::Down, (8, true, ""), Fate::Released);
    log.seen(15 * S + 91 * MS, Witness::Server, WHO, None, Fact::Shut { code: 1000, clean: true });
    log.seen(15 * S + 180 * MS, Witness::Browser, WHO, None, Fact::Shut { code: 1000, clean: true });
    let closed = told(&log);
    assert_eq!((Outcome::of(&closed), closed.finish()), (Outcome::Shut(1000), Some(15 * S + 180 * MS)));
    assert!(!closed.notable(), "it ended in order");
    let close = closed.messages.last().unwrap();
    assert_eq!((close.what, close.got), (Carried::Close(1000), Some(15 * S + 180 * MS)), "the close event tells of it");
    assert!(narrate(&fold(&log.records, None)).contains(&Sentence::Shut(1, 1000)));

    let mut log = conversation();
    log.seen(15 * S, Witness::Browser, WHO, None, Fact::Shut { code: 1006, clean: false });
    log.seen(15 * S, Witness::Server, WHO, None, Fact::Shut { code: 1001, clean: true });
    let closed = told(&log);
    assert!(closed.notable() && closed.shut.map(|shut| shut.map(|shut| shut.1)) == [Some(1006), Some(1001)]);
}

#[test]
fn states_stand_beside_the_line_of_who_judges() {
    let mut log = conversation();
    let who = Some((1, None));
    log.seen(14 * S, Witness::Browser, who, None, Fact::Life { state: LifeState::Suspect });
    log.seen(15 * S, Witness::Server, who, None, Fact::Life { state: LifeState::Dead });
    let expanded = BTreeSet::new();
    let scene = fold(&log.records, None);
    let paper = layout(&scene, &view(16 * S, &expanded));
    let place = |state| {
        let mark = paper.marks.iter().find_map(|mark| match mark.shape {
            Shape::Words { x, label: Label::Life(found), .. } if found == state => Some(x),
            _ => None,
        });
        mark.expect("it is written")
    };
    assert!(place(LifeState::Suspect) < paper.paper().browser && place(LifeState::Dead) > paper.paper().server);
}
