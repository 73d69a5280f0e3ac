//! How much of its time a beat or a ping has taken.

use std::collections::BTreeSet;

use super::log::{Fate, Log, MS, S};
use super::sockets::{KEY, WHO, frame, got, open};
use crate::{
    diagram::{
        countdown::{Countdown, countdowns},
        fold::fold,
        layout::{DENSITY, View, ZOOM, layout},
        mark::{Shape, Wait},
    },
    wire::{
        Direction, Ending, Fact, Micros, Technique, Witness,
        observation::{ClientSettings, LifeState},
    },
};

const ME: Option<(u16, Option<u32>)> = Some((1, None));

fn socket() -> Log {
    let mut log = open();
    let settings = ClientSettings {
        beat_ms: Some(1000),
        beat_timeout_ms: 600,
        ping_ms: Some(1000),
        pong_timeout_ms: Some(1500),
        ..ClientSettings::new(Technique::WebSocket)
    };
    log.seen(10_500 * MS, Witness::Browser, ME, None, Fact::Started { settings });
    log
}

fn beat(log: &mut Log, at: Micros, text: &str, fate: Fate) {
    log.seen(at, Witness::Browser, WHO, None, Fact::Sent { bytes: 6 });
    frame(log, at + MS, Direction::Up, (1, true, text), fate);
}

fn returns(log: &mut Log, at: Micros, text: &str) {
    frame(log, at - 81 * MS, Direction::Down, (1, true, text), Fate::Released);
    got(log, at, None);
}

fn life(log: &mut Log, at: Micros, state: LifeState) {
    log.seen(at, Witness::Browser, ME, None, Fact::Life { state });
}

fn told(log: &Log, end: usize) -> Vec<Countdown> {
    let scene = fold(&log.records, None);
    countdowns(scene.story().get(KEY).expect("it is told"), end)
}

#[test]
fn a_beat_counts_down_until_the_same_beat_returns() {
    let mut log = socket();
    beat(&mut log, 12 * S, "beat 1", Fate::Released);
    let due = 12_600 * MS;
    assert_eq!(told(&log, 0), [Countdown { from: 12 * S, due, until: None, wait: Wait::Calm }]);
    // The return of another one is no answer.
    returns(&mut log, 12_100 * MS, "beat 9");
    assert_eq!(told(&log, 0)[0].until, None);
    returns(&mut log, 12_170 * MS, "beat 1");
    let until = Some(12_170 * MS);
    assert_eq!(told(&log, 0), [Countdown { from: 12 * S, due, until, wait: Wait::Calm }]);
}

#[test]
fn it_has_run_out_when_the_client_says_so() {
    let mut log = socket();
    beat(&mut log, 12 * S, "beat 1", Fate::Released);
    life(&mut log, 12_300 * MS, LifeState::Suspect);
    returns(&mut log, 12_400 * MS, "beat 1");
    life(&mut log, 12_400 * MS, LifeState::Open);
    beat(&mut log, 13 * S, "beat 2", Fate::Dropped);
    let waits = |log: &Log| told(log, 0).iter().map(|one| one.wait).collect::<Vec<_>>();
    assert_eq!(waits(&log), [Wait::Suspect, Wait::Calm]);
    life(&mut log, 13_300 * MS, LifeState::Suspect);
    assert_eq!(waits(&log), [Wait::Suspect, Wait::Suspect]);
    life(&mut log, 13_601 * MS, LifeState::Dead);
    log.seen(13_601 * MS, Witness::Browser, WHO, None, Fact::Ended { how: Ending::Aborted });
    assert_eq!(waits(&log), [Wait::Suspect, Wait::RanOut]);
    assert_eq!(told(&log, 0)[1].until, Some(13_601 * MS));
}

#[test]
fn a_socket_that_closes_meanwhile_is_no_beat_that_ran_out() {
    let mut log = socket();
    beat(&mut log, 12 * S, "beat 1", Fate::Released);
    log.seen(12_200 * MS, Witness::Browser, WHO, None, Fact::Shut { code: 1006, clean: false });
    life(&mut log, 12_200 * MS, LifeState::Dead);
    let until = Some(12_200 * MS);
    assert_eq!(told(&log, 0), [Countdown { from: 12 * S, due: 12_600 * MS, until, wait: Wait::Calm }]);
}

#[test]
fn a_pong_answers_the_pings_before_its_own() {
    let mut log = socket();
    for (at, no) in [(12, "1"), (13, "2")] {
        frame(&mut log, at * S, Direction::Down, (9, true, no), Fate::Released);
    }
    let spans = |log: &Log| told(log, 1).iter().map(|one| (one.from, one.until, one.wait)).collect::<Vec<_>>();
    assert_eq!(spans(&log), [(12 * S, None, Wait::Calm)], "the first is what counts");
    frame(&mut log, 13_090 * MS, Direction::Up, (10, true, "2"), Fate::Released);
    // The server can read it 80 ms later. The second had waited beside the first.
    assert_eq!(spans(&log), [(12 * S, Some(13_170 * MS), Wait::Calm)]);
    frame(&mut log, 14 * S, Direction::Down, (9, true, "3"), Fate::Dropped);
    log.seen(15_500 * MS, Witness::Server, WHO, None, Fact::Life { state: LifeState::Dead });
    assert_eq!(spans(&log)[1], (14 * S, Some(15_500 * MS), Wait::RanOut));
}

#[test]
fn what_has_no_limit_has_no_countdown() {
    let mut log = open();
    let settings = ClientSettings { ping_ms: Some(1000), ..ClientSettings::new(Technique::WebSocket) };
    log.seen(10_500 * MS, Witness::Browser, ME, None, Fact::Started { settings });
    frame(&mut log, 12 * S, Direction::Down, (9, true, "1"), Fate::Released);
    beat(&mut log, 12 * S, "beat 1", Fate::Released);
    assert_eq!((told(&log, 0), told(&log, 1)), (vec![], vec![]));
}

#[test]
fn a_bar_shows_the_share_that_has_run() {
    let mut log = socket();
    beat(&mut log, 12 * S, "beat 1", Fate::Dropped);
    frame(&mut log, 12 * S, Direction::Down, (9, true, "1"), Fate::Released);
    frame(&mut log, 12_090 * MS, Direction::Up, (10, true, "1"), Fate::Released);
    let expanded = BTreeSet::new();
    let bars = |now: Micros| {
        let view = View {
            width: 900.0,
            zoom: ZOOM,
            now: Some(now),
            folding: true,
            expanded: &expanded,
            selected: None,
            cursor: None,
            density: DENSITY,
        };
        let layout = layout(&fold(&log.records, None), &view);
        let at = |y: f32| (layout.axis.at(f64::from(y)) as f64 / 1e4).round() / 100.0;
        let (browser, server) = (layout.paper().browser, layout.paper().server);
        let mut bars: Vec<_> = layout.marks.iter().collect();
        bars.sort_by_key(|bar| bar.id);
        let bar = |shape: &Shape| match *shape {
            Shape::Countdown { x, y0, run, y1, .. } => Some((x < browser, x > server, at(y0), at(run), at(y1))),
            _ => None,
        };
        bars.iter().filter_map(|mark| bar(&mark.shape)).collect::<Vec<_>>()
    };
    // What was answered keeps what it took; what waits shows all that it has.
    let ping = (false, true, 12.0, 12.17, 12.17);
    assert_eq!(bars(12_300 * MS), [(true, false, 12.0, 12.3, 12.6), ping]);
    assert_eq!(bars(15 * S), [(true, false, 12.0, 12.6, 12.6), ping], "and no more than that");
}
