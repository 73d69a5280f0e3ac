//! The fold and the story: facts in any order, and what they mean together.

use proptest::prelude::*;

use super::log::{self, MS, S, Stage, empty, key, list, poll};
use crate::{
    diagram::{
        fold::{ExchangeKey, Scene, fold},
        narrate::{Sentence, latest, narrate},
        told::{Board, Brought, Told},
    },
    fault::{Death, Fault, Kind},
    wire::{
        Body, Close, Direction, Ending, Fact, Frame, HoldEnd, Micros, Observation, Record, RequestHead, ResponseHead,
        Technique, Unit, Witness,
        observation::{Ask, ClientSettings, LifeState, News},
        sse,
    },
};

fn told(scene: &Scene, no: u32) -> &Told {
    scene.story().get(key(no)).expect("the log tells of it")
}

#[test]
fn an_exchange_has_its_witnesses_and_its_price() {
    let mut log = log::Log::new(80 * MS);
    let back = log.poll(&poll(1, 11 * S).shows(3));
    let scene = fold(&log.records, None);
    let told = told(&scene, 1);
    let t = told.main_try().unwrap();
    assert_eq!((told.asked, told.answered), (Some(11 * S), Some(back)));
    assert_eq!((t.up_seen, t.up_released), (Some(11 * S + 2 * MS), Some(11 * S + 82 * MS)));
    assert_eq!((t.down_seen, t.down_whole), (t.down_whole, Some(11 * S + 82_500)));
    assert_eq!(t.down_released, Some(11 * S + 162_500));
    assert_eq!((t.conn, t.nth, told.status), (1, 1, Some(200)));
    assert_eq!((told.bytes.head_up, told.bytes.head_down, told.bytes.payload, told.bytes.framing), (612, 184, 29, 0));
    assert_eq!(told.brought, Brought::List(3));
    assert_eq!(told.shown, Some((back + 200, 3, Board::On)));
    assert_eq!(scene.start(), 10 * S);
    assert_eq!(scene.clock_error(11 * S), Some(400));
    assert!(!told.notable());
}

#[test]
fn an_old_answer_turns_the_board_back() {
    let scene = fold(&log::lesson().records, None);
    assert_eq!(told(&scene, 11).turned_back(), Some(4));
    assert!(told(&scene, 11).out_of_order);
    assert!(!told(&scene, 12).out_of_order && told(&scene, 12).turned_back().is_none());
    let held = told(&scene, 11).held.unwrap();
    assert_eq!((held.until.unwrap() - held.from, held.planned, held.by), (1450 * MS, 1450 * MS, 1));
    assert_eq!(told(&scene, 13).ended.map(|end| end.1), Some(Ending::Aborted));
    assert!(told(&scene, 15).ignored.is_some());
    assert!(told(&scene, 16).tries[0].up_dropped.is_some());
    assert!(told(&scene, 17).tries[0].down_dropped.is_some());
    assert_eq!(told(&scene, 18).brought, Brought::Updates { first: 5, last: 7, count: 3 });
    assert!(told(&scene, 19).finish().is_none());
    assert_eq!(told(&scene, 20).tries[0].up_released, None);
}

#[test]
fn a_request_sent_again_shows_both_times() {
    let mut log = log::Log::new(0);
    log.poll(&poll(1, 11 * S).upto(Stage::Released));
    log.seen(
        11 * S + 5 * MS,
        Witness::Wire,
        None,
        Some(1),
        Fact::Closed { dir: Direction::Down, how: Close::Rst, bytes_up: 612, bytes_down: 0 },
    );
    let mut again = poll(1, 11 * S + 10 * MS).conn(2);
    again.unasked = true;
    log.poll(&again);
    let scene = fold(&log.records, None);
    let told = told(&scene, 1);
    assert_eq!(told.tries.iter().map(|t| t.conn).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(told.tries[0].cut, Some((11 * S + 5 * MS, Close::Rst)));
    assert_eq!(told.tries[1].cut, None);
    assert_eq!(told.main_try().unwrap().conn, 2);
    assert!(told.notable() && !told.plain());
}

#[test]
fn requests_without_numbers_pair_in_order() {
    let mut log = log::Log::new(0);
    let mut unit = |at: Micros, dir, no, unit| {
        log.seen(at, Witness::Wire, None, Some(7), Fact::Unit { dir, no, unit });
        log.seen(at, Witness::Wire, None, Some(7), Fact::Released { dir, no });
    };
    let up = |nth| {
        Unit::RequestHead(Box::new(RequestHead {
            method: "GET".into(),
            target: "/l/abcdefghij/poll".into(),
            nth,
            bytes: 90,
            text: String::new(),
        }))
    };
    let down = |status, bodiless| {
        Unit::ResponseHead(Box::new(ResponseHead { status, bytes: 60, text: String::new(), bodiless }))
    };
    // Two requests at once, the answers in their order, with an interim answer between (RFC 9110 §15.2).
    unit(11 * S, Direction::Up, 1, up(1));
    unit(11 * S + 1, Direction::Up, 2, up(2));
    unit(12 * S, Direction::Down, 1, down(200, true));
    unit(13 * S, Direction::Down, 2, down(103, true));
    unit(14 * S, Direction::Down, 3, down(404, true));
    let scene = fold(&log.records, None);
    let get = |nth| scene.story().get(ExchangeKey::Loose { conn: 7, nth }).unwrap();
    assert_eq!((get(1).status, get(1).finish()), (Some(200), Some(12 * S)));
    assert_eq!((get(2).status, get(2).finish()), (Some(404), Some(14 * S)));
    assert_eq!((get(1).bytes.head_down, get(2).bytes.head_down), (60, 120), "an interim head goes with the final one");
    assert_eq!(get(2).bytes.head_up, 90);
}

#[test]
fn keys_read_back_what_they_wrote() {
    for key in [key(14), ExchangeKey::Loose { conn: 3, nth: 2 }] {
        assert_eq!(ExchangeKey::parse(&key.id()), Some(key));
    }
    for wrong in ["", "c", "c1", "x1-2", "c1-", "c-1", "c99999-1", "ü1-2"] {
        assert_eq!(ExchangeKey::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn the_run_in_sentences() {
    let scene = fold(&log::lesson().records, None);
    let said = narrate(&scene);
    assert_eq!(said[0], Sentence::Start(80));
    assert_eq!(said[1], Sentence::Empties(9, 9 * 825));
    assert!(said.contains(&Sentence::Back(4, 3, 11)));
    assert!(said.contains(&Sentence::Ended(13, Ending::Aborted)));
    assert!(said.contains(&Sentence::Ignored(15)));
    assert!(said.contains(&Sentence::Swallowed(16)) && said.contains(&Sentence::Swallowed(17)));
    assert_eq!(said.last(), Some(&Sentence::UnderWay(20)));
    let heard = latest(&scene);
    assert!(matches!(heard, Some(Sentence::News(18, ..))), "{heard:?}");
    assert_eq!(latest(&Scene::default()), None);
    assert_eq!(narrate(&Scene::default()), []);
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut scene = Scene::default();
    let asked = |no: u64| Record {
        no,
        seen: Observation {
            at: 0,
            witness: Witness::Browser,
            client: Some(1),
            exchange: Some(no as u32),
            conn: None,
            fact: Fact::Asked { method: "GET".into(), target: "/".into() },
        },
    };
    for no in 1..=crate::diagram::fold::EXCHANGES as u64 + 5 {
        scene.apply(&asked(no));
    }
    assert_eq!(scene.exchanges().len(), crate::diagram::fold::EXCHANGES);
    assert_eq!(scene.left_out(), 5);
}

#[test]
fn going_back_in_time_is_folding_less() {
    let mut records = log::lesson().records;
    let until = 21 * S + 200 * MS;
    let early = fold(&records, Some(until));
    assert!(early.end() <= until);
    assert!(early.story().get(key(12)).is_some_and(|told| told.shown.is_none()));
    records.retain(|record| record.seen.at <= until);
    assert_eq!(early, fold(&records, None));
}

/// Any fact, with small numbers, so that they meet.
pub fn fact() -> impl Strategy<Value = Fact> {
    let dir = prop_oneof![Just(Direction::Up), Just(Direction::Down)];
    let news = (any::<bool>(), proptest::option::of(0u64..9), prop::collection::vec(0u64..9, 0..3))
        .prop_map(|(empty, version, seqs)| News { empty, version, seqs, percent: None, missed: None });
    let unit = prop_oneof![
        (1u32..4).prop_map(|nth| Unit::RequestHead(Box::new(RequestHead {
            method: "GET".into(),
            target: "/".into(),
            nth,
            bytes: 100,
            text: "GET".into()
        }))),
        (prop_oneof![Just(101u16), Just(103), Just(200), Just(304), Just(503)], any::<bool>()).prop_map(
            |(status, bodiless)| {
                Unit::ResponseHead(Box::new(ResponseHead { status, bytes: 50, text: "HTTP".into(), bodiless }))
            }
        ),
        any::<bool>().prop_map(|last| Unit::Body(Box::new(crate::wire::Body {
            bytes: 20,
            payload: 15,
            text: "{}".into(),
            last,
            events: vec![]
        }))),
        (0u64..9).prop_map(|id| Unit::Body(Box::new(Body {
            bytes: 40,
            payload: 34,
            text: String::new(),
            last: false,
            events: vec![sse::Event { id: Some(id.to_string()), data: Some(20), ..sse::Event::default() }],
        }))),
        (any::<bool>(), prop_oneof![Just(0u8), Just(1), Just(2), Just(8), Just(9), Just(10)], 0u64..9).prop_map(
            |(fin, opcode, seq)| Unit::Frame(Box::new(Frame {
                fin,
                rsv: 0,
                opcode,
                masked: true,
                head: 6,
                payload: 11,
                close: (opcode == 8).then_some(1000),
                text: format!("{{\"seq\":{seq},"),
            }))
        ),
        Just(Unit::Opaque { bytes: 9 }),
        Just(Unit::End { how: Close::Rst }),
    ];
    let settings = super::log::settings(Ask::Board, 1000);
    prop_oneof![
        Just(Fact::Asked { method: "GET".into(), target: "/".into() }),
        news.clone().prop_map(|news| Fact::Answered { status: 200, bytes: 20, news }),
        prop_oneof![Just(Ending::Aborted), Just(Ending::Failed)].prop_map(|how| Fact::Ended { how }),
        (0u64..9).prop_map(|version| Fact::Shown { version }),
        (0u64..9).prop_map(|version| Fact::Ignored { version }),
        Just(Fact::Skipped),
        Just(Fact::Streaming),
        Just(Fact::Sent { bytes: 6 }),
        any::<bool>().prop_map(|clean| Fact::Shut { code: 1000, clean }),
        prop_oneof![Just(LifeState::Open), Just(LifeState::Suspect), Just(LifeState::Dead)]
            .prop_map(|state| Fact::Life { state }),
        Just(Fact::Broken),
        news.clone().prop_map(|news| Fact::Message { bytes: 70, news }),
        Just(Fact::Holding { at_most_ms: 20_000 }),
        prop_oneof![Just(HoldEnd::News), Just(HoldEnd::Expired), Just(HoldEnd::Freed)]
            .prop_map(|how| Fact::HoldEnded { how, micros: 7 }),
        any::<bool>().prop_map(|hidden| Fact::Visibility { hidden }),
        (0i64..9000).prop_map(|error| Fact::Clock { offset: 0, error, epoch: 1 }),
        Just(Fact::Picked),
        Just(Fact::Opened),
        (dir.clone(), 1u32..6, unit).prop_map(|(dir, no, unit)| Fact::Unit { dir, no, unit }),
        (dir.clone(), 1u32..6).prop_map(|(dir, no)| Fact::Released { dir, no }),
        (dir.clone(), 1u32..6).prop_map(|(dir, no)| Fact::Dropped { dir, no, by: 1 }),
        dir.prop_map(|dir| Fact::Closed { dir, how: Close::Fin, bytes_up: 1, bytes_down: 1 }),
        (0u64..9).prop_map(|seq| Fact::Published { seq, by_hand: false }),
        news.prop_map(|news| Fact::Answering { news }),
        (0i64..3_000_000).prop_map(|micros| Fact::HeldBack { by: 1, micros }),
        (0u8..=100).prop_map(|percent| Fact::Job { job: 1, percent }),
        (0u32..500).prop_map(|distance_ms| Fact::Run { distance_ms }),
        (0u32..500, faults()).prop_map(|(distance_ms, faults)| Fact::Faults { distance_ms, faults }),
        (1u32..4).prop_map(|by| Fact::Struck { by }),
        Just(Fact::Started { settings }),
        Just(Fact::Started {
            settings: ClientSettings {
                beat_ms: Some(1000),
                ping_ms: Some(1000),
                pong_timeout_ms: Some(1500),
                ..ClientSettings::new(Technique::WebSocket)
            }
        }),
        Just(Fact::Stopped),
    ]
}

/// Any faults that the picture tells apart.
fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let kind = prop_oneof![
        Just(Kind::Blackhole),
        Just(Kind::Stall),
        Just(Kind::Buffer { bytes: 100, flush_ms: None }),
        Just(Kind::IdleKiller { after_ms: 100, how: Death::Silent }),
        Just(Kind::latency(100, 0)),
    ];
    prop::collection::vec((1u32..4, kind).prop_map(|(id, kind)| Fault::new(id, kind)), 0..3)
}

/// Any log.
pub fn records(most: usize) -> impl Strategy<Value = Vec<Record>> {
    let who = (proptest::option::of(1u16..3), proptest::option::of(1u32..12), proptest::option::of(1u32..4));
    let witness = prop_oneof![Just(Witness::Browser), Just(Witness::Wire), Just(Witness::Server)];
    prop::collection::vec((0i64..20_000_000, who, (witness, fact())), 0..most).prop_map(|mut seen| {
        // A unit is named for good.
        let mut units = std::collections::BTreeSet::new();
        seen.retain(|(_, (_, _, conn), (_, fact))| match fact {
            Fact::Unit { dir, no, .. } => units.insert((*conn, *dir, *no)),
            _ => true,
        });
        let numbered = seen.into_iter().zip(1u64..);
        numbered
            .map(|((at, (client, exchange, conn), (witness, fact)), no)| Record {
                no,
                seen: Observation { at, witness, client, exchange, conn, fact },
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_order_of_arrival_gives_the_same_scene(records in records(120), seed in any::<u64>()) {
        let straight = fold(&records, None);
        let mut mixed = records.clone();
        let mut dice = fastrand::Rng::with_seed(seed);
        dice.shuffle(&mut mixed);
        let mixed = fold(&mixed, None);
        prop_assert_eq!(&straight, &mixed);
        let (a, b) = (straight.story(), mixed.story());
        prop_assert_eq!(format!("{:?}", a), format!("{:?}", b));
    }

    #[test]
    fn the_lesson_in_any_order_is_the_lesson(seed in any::<u64>()) {
        let records = log::lesson().records;
        let mut mixed = records.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut mixed);
        prop_assert_eq!(fold(&records, None), fold(&mixed, None));
    }
}

#[test]
fn a_plain_poll_is_plain_and_one_with_a_story_is_not() {
    let mut log = log::Log::new(0);
    log.poll(&poll(1, 11 * S));
    log.poll(&poll(2, 12 * S).news(list(4)));
    log.poll(&poll(3, 13 * S).news(empty()).held(5 * MS));
    let mut failed = poll(4, 14 * S);
    failed.status = 503;
    log.poll(&failed);
    let scene = fold(&log.records, None);
    let plain: Vec<bool> = (1..=4).map(|no| told(&scene, no).plain()).collect();
    assert_eq!(plain, [true, false, false, false]);
}
