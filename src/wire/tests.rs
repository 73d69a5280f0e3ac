//! The format: what is written can be read, and it looks as recordings and pages expect.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{from_str, from_value, json, to_string, to_value};

use super::{
    control::{Command, Created, Cursor, Down, LabSpec, LabState, Source, Up},
    crowd::{Crowd, CrowdSpec},
    observation::{Ask, ClientSettings, Cure, LifeState, Missing, News, Reconnect},
    sse::Event,
    *,
};
use crate::{
    fault::{Fault, Kind},
    notice::{self, Notice},
};

/// Writes and reads every one of them.
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(all: &[T]) {
    for one in all {
        let text = to_string(one).expect("it can be written");
        assert_eq!(&from_str::<T>(&text).expect("it can be read"), one, "{text}");
    }
}

fn lab() -> LabId {
    LabId::parse("abcdefgh23").expect("a good name")
}

fn fault() -> Fault {
    let kind = Kind::SlowAnswers { min_ms: 0, max_ms: 3000 };
    Fault { direction: Some(Direction::Down), probability: 0.25, seed: u64::MAX, ..Fault::new(1, kind) }
}

fn units() -> Vec<Unit> {
    let event = Event { id: Some("7".into()), event: None, data: Some(3), retry: Some(10), comment: false };
    vec![
        Unit::RequestHead(Box::new(RequestHead {
            method: "GET".into(),
            target: "/l/abcdefgh23/poll?c=1&n=2".into(),
            nth: 2,
            bytes: 300,
            text: "GET / HTTP/1.1\nHost: \"a\"\n".into(),
        })),
        Unit::ResponseHead(Box::new(ResponseHead { status: 304, bytes: 90, text: "\u{fffd}".into(), bodiless: true })),
        Unit::Body(Box::new(Body { bytes: 9, payload: 4, text: "警".into(), last: false, events: vec![event] })),
        Unit::Frame(Box::new(Frame {
            fin: true,
            rsv: 0,
            opcode: 8,
            masked: true,
            head: 6,
            payload: 2,
            close: Some(1000),
            text: String::new(),
        })),
        Unit::Opaque { bytes: u32::MAX },
        Unit::End { how: Close::Rst },
    ]
}

fn crowd() -> Crowd {
    let (technique, reconnect) = (Technique::LongPoll, Reconnect::ExponentialJitter);
    Crowd {
        spec: CrowdSpec { size: 1000, technique, interval_ms: 1000, reconnect },
        here: true,
        age_ms: 7,
        connected: 999,
        held: 998,
        connections: 1000,
        requests: u64::MAX,
        rate: 3,
        answers: 2,
        empty: 1,
        delivered: 5,
        lost: 6,
        duplicated: 7,
        delay_median: Some(80_500),
        delay_p95: None,
        bytes_up: 8,
        bytes_down: 9,
        tasks: 10,
        memory: Some(11),
        memory_each: None,
        cpu: Some(12),
        cut_ms: Some(13),
        connects: vec![0, 900, 100],
    }
}

fn facts() -> Vec<Fact> {
    let settings = ClientSettings {
        technique: Technique::WebSocket,
        ask: Ask::BoardIfChanged,
        interval_ms: 250,
        cure: Cure::NoOverlap,
        hold_ms: 55_000,
        cursor: false,
        batch: false,
        named: false,
        closing: true,
        resources: 3,
        beat_ms: Some(1000),
        beat_timeout_ms: 500,
        reconnect: Reconnect::Fixed,
        ping_ms: Some(2000),
        pong_timeout_ms: Some(900),
        piece: Some(16),
        binary: true,
        seat: 3,
        ladder: true,
        missing: Missing::Both,
    };
    let news = News { seqs: vec![1, u64::MAX], version: Some(3), percent: Some(100), empty: true, missed: Some(4) };
    let (dir, no, by) = (Direction::Up, 1, 2);
    let mut facts = vec![
        Fact::Started { settings },
        Fact::Stopped,
        Fact::Asked { method: "GET".into(), target: "/l/x".into() },
        Fact::Answered { status: 200, bytes: 7, news: news.clone() },
        Fact::Ended { how: Ending::Aborted },
        Fact::Streaming,
        Fact::Message { bytes: 70, news: news.clone() },
        Fact::Broken,
        Fact::Shown { version: 4 },
        Fact::Ignored { version: 3 },
        Fact::Skipped,
        Fact::Visibility { hidden: true },
        Fact::Clock { offset: -5, error: 2, epoch: 1 },
        Fact::Picked,
        Fact::Opened,
        Fact::Released { dir, no },
        Fact::Dropped { dir, no, by },
        Fact::Closed { dir: Direction::Down, how: Close::Fin, bytes_up: 1, bytes_down: 2 },
        Fact::Published { seq: 9, by_hand: true },
        Fact::Answering { news: News::default() },
        Fact::HeldBack { by, micros: 1_500_000 },
        Fact::Struck { by },
        Fact::Holding { at_most_ms: 20_000 },
        Fact::HoldEnded { how: HoldEnd::Expired, micros: 20_000_100 },
        Fact::Job { job: 1, percent: 40 },
        Fact::Run { distance_ms: 80 },
        Fact::Faults { distance_ms: 0, faults: vec![fault()] },
        Fact::KeepAlive { ms: 2000 },
        Fact::Sent { bytes: 6 },
        Fact::Shut { code: 1006, clean: false },
        Fact::Life { state: LifeState::Suspect },
        Fact::Crowd { crowd: Box::new(crowd()) },
    ];
    facts.extend(units().into_iter().map(|unit| Fact::Unit { dir, no, unit }));
    facts
}

fn records() -> Vec<Record> {
    let seen =
        |fact| Observation { at: -3, witness: Witness::Wire, client: Some(1), exchange: None, conn: Some(4), fact };
    facts().into_iter().zip(1..).map(|(fact, no)| Record { no, seen: seen(fact) }).collect()
}

#[test]
fn observations_and_records() {
    there_and_back(&records());
}

#[test]
fn what_page_and_lab_say() {
    let seen: Vec<_> = records().into_iter().map(|record| record.seen).collect();
    let commands = [
        Command::Publish,
        Command::Source { running: true },
        Command::Distance { ms: 80 },
        Command::Fault { fault: fault() },
        Command::Faults { faults: vec![fault()] },
        Command::Mend { id: 1 },
        Command::Reset,
        Command::Job,
        Command::KeepAlive { ms: 500 },
        Command::Crowd { crowd: None },
        Command::Crowd { crowd: Some(crowd().spec) },
    ];
    let mut up = vec![
        Up::Hello { format: FORMAT, secret: "x".into(), page: u64::MAX, resume: Some(Cursor { epoch: 1, no: 2 }) },
        Up::Probe { id: 1 },
        Up::Observe { first: 1, seen, dropped: 0 },
        Up::Beat,
    ];
    up.extend(commands.into_iter().zip(1..).map(|(command, id)| Up::Command { id, command }));
    there_and_back(&up);

    let lab = LabState {
        distance_ms: 80,
        faults: vec![fault()],
        running: true,
        dropped: [1, 2, 3],
        late: 4,
        keep_alive_ms: 2000,
        notices: vec![Notice { kind: notice::Kind::NoJitter, n: 3, of: 0, time: -5, limit: Micros::MAX }],
        coming: vec![(7_000, Fault { start_ms: Some(5), ..Fault::new(9, Kind::Stall) })],
    };
    there_and_back(&[
        Down::Snapshot { format: FORMAT, epoch: 1, after: 0, ledger: Box::default(), lab: lab.clone() },
        Down::Delta { epoch: 1, records: records() },
        Down::State { lab },
        Down::Probe { id: 1, at: 5 },
        Down::Taken { upto: 7 },
        Down::Done { id: 1 },
        Down::Refused { id: None, why: "no".into() },
        Down::Beat,
    ]);
    let spec = |source| LabSpec { source, ..LabSpec::default() };
    there_and_back(&[
        spec(Source::Button),
        spec(Source::Steady { every_ms: 50 }),
        spec(Source::Random { mean_ms: 5000, seed: Some(u64::MAX) }),
        spec(Source::Burst { size: 3, every_ms: 100 }),
    ]);
    there_and_back(&[Created { lab: self::lab(), secret: "x".into(), origin: "http://localhost:3001".into() }]);
}

#[test]
fn the_form_on_the_wire() {
    let seen = Observation {
        at: 12,
        witness: Witness::Browser,
        client: Some(1),
        exchange: Some(2),
        conn: None,
        fact: Fact::Ended { how: Ending::Failed },
    };
    let form = json!({
        "at": 12, "witness": "browser", "client": 1, "exchange": 2, "conn": null, "fact": {"ended": {"how": "failed"}},
    });
    assert_eq!(to_value(&seen).expect("it can be written"), form);
    assert_eq!(to_value(Fact::Picked).expect("it can be written"), json!("picked"));
    assert_eq!(from_value::<LabSpec>(json!({})).expect("everything has a default"), LabSpec::default());
    assert!(from_value::<LabSpec>(json!({"sauce": "button"})).is_err(), "an unknown field is an error");
    assert!(from_value::<Up>(json!({"probe": {"id": 1, "di": 2}})).is_err());
    assert!(from_value::<Fact>(json!({"exploded": {}})).is_err());
}

#[test]
fn names_of_labs() {
    assert_eq!(to_value(lab()).expect("it can be written"), json!("abcdefgh23"));
    let bad = [
        "",
        "abcdefgh2",
        "abcdefgh234",
        "Abcdefgh23",
        "abcdefgh21",
        "abcdefgh2/",
        "../../../..",
        "abcdefgé2",
        "abcdefgh2\0",
    ];
    for name in bad {
        assert_eq!(LabId::parse(name), None, "{name:?}");
        assert!(from_value::<LabId>(json!(name)).is_err(), "{name:?}");
    }
}
