//! Tests of the chain.

use super::*;
use crate::wire::{Close, UnitNo};

fn latency(id: FaultId, base_ms: u32, jitter_ms: u32) -> Fault {
    Fault { seed: 7, ..Fault::new(id, Kind::latency(base_ms, jitter_ms)) }
}

fn slow(id: FaultId, min_ms: u32, max_ms: u32) -> Fault {
    Fault { seed: 7, ..Fault::new(id, Kind::SlowAnswers { min_ms, max_ms }) }
}

fn meta(unit: &Unit, dir: Direction, conn: ConnNo, no: UnitNo) -> Meta<'_> {
    Meta::new(dir, conn, no, None, unit)
}

const PIECE: Unit = Unit::Opaque { bytes: 1 };
const FIN: Unit = Unit::End { how: Close::Fin };

#[test]
fn an_empty_chain_passes() {
    assert!(Chain::default().decide(meta(&PIECE, Direction::Up, 1, 1)).is_pass());
}

#[test]
fn delays_add_up_both_ways_and_for_the_ends() {
    let chain = Chain::new(Duration::from_millis(80), vec![latency(1, 20, 0), latency(2, 5, 0)]);
    for dir in [Direction::Up, Direction::Down] {
        for unit in [&PIECE, &FIN] {
            let decision = chain.decide(meta(unit, dir, 1, 1));
            assert_eq!(decision, Decision { delay: Duration::from_millis(105), ..Decision::default() });
        }
    }
}

#[test]
fn a_handshake_is_a_round_trip_before_the_first_request() {
    let chain = Chain { handshake: true, ..Chain::new(Duration::from_millis(80), Vec::new()) };
    let delay = |dir, no| chain.decide(meta(&PIECE, dir, 1, no)).delay.as_millis();
    assert_eq!([delay(Direction::Up, 1), delay(Direction::Up, 2), delay(Direction::Down, 1)], [240, 80, 80]);
}

#[test]
fn a_direction_spares_the_other() {
    let mut fault = latency(1, 20, 0);
    fault.direction = Some(Direction::Down);
    let chain = Chain::new(Duration::ZERO, vec![fault]);
    assert!(chain.decide(meta(&PIECE, Direction::Up, 1, 1)).is_pass());
    assert_eq!(chain.decide(meta(&PIECE, Direction::Down, 1, 1)).delay, Duration::from_millis(20));
}

#[test]
fn the_first_stronger_verdict_wins_and_still_travels() {
    let chain = Chain {
        script: Some(Script::new(|_| Verdict::Drop(9))),
        ..Chain::new(Duration::from_millis(80), vec![latency(1, 20, 0)])
    };
    let decision = chain.decide(meta(&PIECE, Direction::Up, 1, 1));
    let expected = Decision { delay: Duration::from_millis(100), verdict: Verdict::Drop(9), ..Decision::default() };
    assert_eq!(decision, expected);

    let mut decision = Decision::default();
    decision.add(Verdict::Hold(1));
    decision.add(Verdict::Drop(2));
    assert_eq!(decision.verdict, Verdict::Hold(1));
}

#[test]
fn jitter_is_uniform_bounded_and_repeatable() {
    let chain = Chain::new(Duration::ZERO, vec![latency(1, 10, 40)]);
    let delays: Vec<u128> = (1..=4000)
        .map(|no| chain.decide(meta(&PIECE, Direction::Down, 3, no)).delay.as_micros())
        .inspect(|micros| assert!((10_000..=50_000).contains(micros)))
        .collect();
    let again: Vec<u128> =
        (1..=4000).map(|no| chain.decide(meta(&PIECE, Direction::Down, 3, no)).delay.as_micros()).collect();
    assert_eq!(delays, again);
    // The mean of 4,000 draws has a standard error of 183 µs; a seed that misses by five of them is a bug.
    let mean = delays.iter().sum::<u128>() / 4000;
    assert!((29_100..=30_900).contains(&mean), "{mean}");
    for quarter in 0..4u128 {
        let low = 10_000 + quarter * 10_000;
        let share = delays.iter().filter(|d| (low..low + 10_000).contains(*d)).count();
        assert!((850..=1150).contains(&share), "quarter {quarter}: {share}");
    }
}

#[test]
fn probability_is_the_share_struck_and_the_seed_decides_which() {
    let mut fault = latency(1, 10, 0);
    fault.probability = 0.25;
    let struck = |seed| {
        let chain = Chain::new(Duration::ZERO, vec![Fault { seed, ..fault.clone() }]);
        (1..=4000).filter(|&no| !chain.decide(meta(&PIECE, Direction::Up, 1, no)).is_pass()).collect::<Vec<_>>()
    };
    let first = struck(1);
    assert!((880..=1120).contains(&first.len()), "{}", first.len());
    assert_eq!(first, struck(1));
    assert_ne!(first, struck(2));
}

#[test]
fn both_directions_and_all_connections_draw_apart() {
    let chain = Chain::new(Duration::ZERO, vec![latency(1, 0, 10_000)]);
    let of = |dir, conn| (1..50).map(|no| chain.decide(meta(&PIECE, dir, conn, no)).delay).collect::<Vec<_>>();
    assert_ne!(of(Direction::Up, 1), of(Direction::Down, 1));
    assert_ne!(of(Direction::Up, 1), of(Direction::Up, 2));
}

#[test]
fn slow_answers_act_on_conduct_alone() {
    let chain = Chain::new(Duration::ZERO, vec![latency(1, 10, 0), slow(2, 100, 300)]);
    assert_eq!(chain.decide(meta(&PIECE, Direction::Down, 1, 1)).delay, Duration::from_millis(10));
    let mut seen = std::collections::BTreeSet::new();
    for exchange in 1..=200 {
        let conduct = chain.conduct(Some(1), Some(exchange), None);
        let (by, wait) = conduct.wait.expect("its probability is 1");
        assert_eq!(by, 2);
        assert!((100..=300).contains(&wait.as_millis()), "{wait:?}");
        assert_eq!(chain.conduct(Some(1), Some(exchange), None), conduct);
        seen.insert(wait);
    }
    assert!(seen.len() > 150, "the waits of 200 exchanges should differ: {}", seen.len());
    assert_eq!(Chain::default().conduct(None, None, None), Conduct::default());
}

#[test]
fn bad_parameters_are_named() {
    let cases = [
        (Fault { id: 0, ..latency(1, 1, 1) }, "id: 0"),
        (Fault { probability: 1.5, ..latency(1, 1, 1) }, "probability: 1.5 is outside 0 to 1"),
        (Fault { probability: f64::NAN, ..latency(1, 1, 1) }, "probability: NaN"),
        (latency(1, 10_001, 0), "base_ms: 10001 is outside 0 to 10000"),
        (latency(1, 0, 10_001), "jitter_ms: 10001 is outside 0 to 10000"),
        (slow(1, 0, 10_001), "max_ms: 10001 is outside 0 to 10000"),
        (slow(1, 5, 4), "min_ms: 5 is above max_ms, 4"),
        (Fault { direction: Some(Direction::Up), ..slow(1, 1, 2) }, "direction:"),
    ];
    for (fault, message) in cases {
        let error = fault.check().expect_err(message);
        assert!(error.starts_with(message), "{error}");
    }
    assert_eq!(latency(1, 10_000, 10_000).check(), Ok(()));
    assert_eq!(slow(1, 10_000, 10_000).check(), Ok(()));
}
