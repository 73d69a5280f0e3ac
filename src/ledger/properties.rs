//! What holds for every run. `PROPTEST_CASES` sets the budget.

use fastrand::Rng;
use proptest::prelude::*;

use super::*;
use crate::wire::{
    Body, Direction, Ending, Frame, RequestHead, ResponseHead, Technique, Unit, Witness,
    observation::{Ask, ClientSettings, Cure, LifeState, News},
};

const FIGURES: [Figure; 58] = [
    Figure::Messages,
    Figure::Reconnects,
    Figure::Sent,
    Figure::BytesPerUpdate,
    Figure::Published,
    Figure::DeliveredByHand,
    Figure::Delivered,
    Figure::Lost,
    Figure::Duplicated,
    Figure::OutOfOrder,
    Figure::Requests,
    Figure::Answers,
    Figure::Empty,
    Figure::EmptyShare,
    Figure::NotModified,
    Figure::Aborted,
    Figure::TurnedBack,
    Figure::Ignored,
    Figure::Skipped,
    Figure::JobsDone,
    Figure::JobResults,
    Figure::HeadUp,
    Figure::HeadDown,
    Figure::Payload,
    Figure::WastedBytes,
    Figure::HeadPerPayload,
    Figure::Bytes,
    Figure::Connections,
    Figure::DelayMean,
    Figure::DelayMedian,
    Figure::DelayP95,
    Figure::DelayMax,
    Figure::PickedEmpty,
    Figure::PickedTurnedBack,
    Figure::Reused,
    Figure::OpenedNew,
    Figure::LoadTime,
    Figure::ServerClosed,
    Figure::Repeated,
    Figure::SaidKeepAlive,
    Figure::SaidClose,
    Figure::PickedSaidClose,
    Figure::PickedReused,
    Figure::OutsideRequests,
    Figure::OutsideDelivered,
    Figure::OutsideLost,
    Figure::CrowdConnected,
    Figure::CrowdHeld,
    Figure::CrowdRequests,
    Figure::CrowdRate,
    Figure::CrowdDelivered,
    Figure::CrowdLost,
    Figure::ServerMemoryPerClient,
    Figure::CrowdCpu,
    Figure::ReconnectPeak,
    Figure::ServerMemory,
    Figure::CpuPerUpdate,
    Figure::CrowdDelay,
];

/// A number below `most`, or, where everything is allowed, now and then an extreme one.
struct Numbers {
    rng: Rng,
    wild: bool,
}

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        if self.wild && self.rng.u8(0..8) == 0 {
            return [0, u64::MAX, u64::MAX - 1, 1 << 40, self.rng.u64(..)][self.rng.usize(0..5)];
        }
        self.rng.u64(0..most)
    }

    fn bytes(&mut self) -> u32 {
        self.below(1000) as u32
    }

    fn unit(&mut self) -> Unit {
        let (bytes, payload, text) = (self.bytes(), self.bytes(), String::new());
        match self.rng.u8(0..6) {
            0 | 1 => {
                let (method, target) = (String::new(), String::new());
                Unit::RequestHead(Box::new(RequestHead { method, target, nth: 1, bytes, text }))
            }
            2 | 3 => {
                let status = [200, 304][self.rng.usize(0..2)];
                Unit::ResponseHead(Box::new(ResponseHead { status, bytes, text, bodiless: false }))
            }
            4 => Unit::Body(Box::new(Body {
                bytes: bytes.saturating_add(payload),
                payload,
                text,
                last: true,
                events: Vec::new(),
            })),
            _ => {
                let payload = payload.min(u32::MAX - 14);
                let (opcode, head) = (1, 6);
                Unit::Frame(Box::new(Frame {
                    fin: true,
                    rsv: 0,
                    opcode,
                    masked: true,
                    head,
                    payload,
                    close: None,
                    text,
                }))
            }
        }
    }

    fn news(&mut self) -> News {
        let seqs = (0..self.rng.usize(0..4)).map(|_| self.below(50)).collect::<Vec<_>>();
        let version = (self.rng.u8(0..4) == 0).then(|| self.below(50));
        let percent = (self.rng.u8(0..4) == 0).then(|| [50, 100][self.rng.usize(0..2)]);
        News { empty: seqs.is_empty() && version.is_none() && percent.is_none(), seqs, version, percent, missed: None }
    }

    fn fact(&mut self, witness: Witness) -> Fact {
        match witness {
            Witness::Server => match self.rng.u8(0..4) {
                0 => Fact::Job { job: 1, percent: [50, 100][self.rng.usize(0..2)] },
                _ => Fact::Published { seq: self.below(50), by_hand: self.rng.bool() },
            },
            Witness::Wire => {
                let dir = [Direction::Up, Direction::Down][self.rng.usize(0..2)];
                Fact::Unit { dir, no: 1, unit: self.unit() }
            }
            Witness::Browser => match self.rng.u8(0..19) {
                0 => {
                    let cure = [Cure::None, Cure::Abort][self.rng.usize(0..2)];
                    let technique = [Technique::ShortPoll, Technique::WebSocket][self.rng.usize(0..2)];
                    let ask = Ask::Updates;
                    Fact::Started { settings: ClientSettings { ask, cure, ..ClientSettings::new(technique) } }
                }
                1 => Fact::Stopped,
                2..5 => Fact::Asked { method: String::new(), target: String::new() },
                5..10 => Fact::Answered { status: 200, bytes: 1, news: self.news() },
                10 => Fact::Ended { how: [Ending::Aborted, Ending::Failed][self.rng.usize(0..2)] },
                11 => Fact::Shown { version: self.below(50) },
                12 => Fact::Ignored { version: 1 },
                13 => Fact::Skipped,
                14 => Fact::Picked,
                15 => Fact::Sent { bytes: 6 },
                16 => Fact::Message { bytes: 6, news: self.news() },
                17 => Fact::Life { state: LifeState::Reconnecting },
                _ => Fact::Visibility { hidden: true },
            },
        }
    }

    fn observation(&mut self, witness: Witness) -> Observation {
        let fact = self.fact(witness);
        let client = (self.rng.u8(0..10) > 0).then(|| self.below(4) as u16);
        let exchange = (self.rng.u8(0..10) > 0).then(|| self.below(60) as u32);
        let at = self.below(100_000) as i64;
        Observation { at, witness, client, exchange, conn: Some(self.below(8) as u32), fact }
    }
}

/// What each witness saw, in the order it was seen. The feed's numbers rise, and so do their times.
fn witnesses(numbers: &mut Numbers, most: usize) -> [Vec<Observation>; 3] {
    let mut all = [Witness::Browser, Witness::Wire, Witness::Server]
        .map(|witness| (0..numbers.rng.usize(0..most)).map(|_| numbers.observation(witness)).collect::<Vec<_>>());
    let (mut last, mut time) = (0, 0);
    for seen in &mut all[2] {
        if let Fact::Published { seq, .. } = &mut seen.fact {
            last += 1 + u64::from(numbers.rng.u8(0..8) == 0);
            time += numbers.rng.i64(0..5000);
            (*seq, seen.at) = (last, time);
        }
    }
    all
}

/// One order of arrival that keeps each witness's own.
fn arrival<'a>(rng: &mut Rng, witnesses: &'a [Vec<Observation>; 3]) -> Vec<&'a Observation> {
    let mut rest = witnesses.each_ref().map(|seen| seen.iter());
    let mut all = Vec::new();
    while rest.iter().any(|rest| rest.len() > 0) {
        // In runs, as batches come.
        let which = rng.usize(0..3);
        let n = 1 << rng.u32(0..7);
        all.extend(rest[which].by_ref().take(n));
    }
    all
}

fn fold(ledger: &mut Ledger, seen: &[&Observation]) {
    seen.iter().for_each(|seen| ledger.apply(seen));
}

fn read(ledger: &Ledger) -> Ledger {
    serde_json::from_str(&serde_json::to_string(ledger).expect("it can be written")).expect("it can be read")
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_ledger(seed: u64) {
        let mut numbers = Numbers { rng: Rng::with_seed(seed), wild: false };
        let witnesses = witnesses(&mut numbers, 200);
        let (mut one, mut other) = (Ledger::default(), Ledger::default());
        fold(&mut one, &arrival(&mut numbers.rng, &witnesses));
        fold(&mut other, &arrival(&mut numbers.rng, &witnesses));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_checkpoint_can_be_continued(seed: u64) {
        let mut numbers = Numbers { rng: Rng::with_seed(seed), wild: seed.is_multiple_of(2) };
        let witnesses = witnesses(&mut numbers, 200);
        let all = arrival(&mut numbers.rng, &witnesses);
        let (head, tail) = all.split_at(numbers.rng.usize(0..=all.len()));
        let (mut whole, mut part) = (Ledger::default(), Ledger::default());
        fold(&mut whole, &all);
        fold(&mut part, head);
        let mut part = read(&part);
        fold(&mut part, tail);
        prop_assert_eq!(&part, &whole);
        prop_assert_eq!(read(&whole), whole);
    }

    #[test]
    fn anything_can_be_told(seed: u64) {
        let mut numbers = Numbers { rng: Rng::with_seed(seed), wild: true };
        let mut ledger = Ledger::default();
        for _ in 0..2000 {
            let witness = [Witness::Browser, Witness::Wire, Witness::Server][numbers.rng.usize(0..3)];
            ledger.apply(&numbers.observation(witness));
        }
        for figure in FIGURES {
            let value = ledger.figure(figure);
            prop_assert!(value.is_none_or(|value| value.is_finite() && value >= 0.0), "{figure:?}: {value:?}");
            for row in ledger.rows() {
                ledger.figure_for(row.client, figure);
            }
        }
        prop_assert!(ledger.rows().len() <= ROWS);
    }
}

/// The longest run, as far as it can be told apart: the checkpoint has stopped growing long before.
#[test]
fn a_long_run_is_bounded() {
    let mut numbers = Numbers { rng: Rng::with_seed(7), wild: false };
    let (mut ledger, mut sizes) = (Ledger::default(), Vec::new());
    for round in 1..=4u32 {
        for n in 0..10_000u32 {
            let witness = [Witness::Browser, Witness::Wire, Witness::Server][numbers.rng.usize(0..3)];
            let mut seen = numbers.observation(witness);
            let step = round * 10_000 + n;
            seen.at = i64::from(step) * 10_000;
            seen.exchange = seen.exchange.map(|_| step / 4);
            seen.client = seen.client.map(|_| (step / 200) as u16);
            match &mut seen.fact {
                Fact::Published { seq, .. } => *seq = u64::from(step),
                Fact::Answered { news, .. } => news.seqs.iter_mut().for_each(|seq| *seq = u64::from(step) - *seq),
                _ => {}
            }
            ledger.apply(&seen);
        }
        sizes.push(serde_json::to_string(&ledger).expect("it can be written").len());
    }
    assert!(sizes[3] < sizes[1] * 11 / 10 && sizes[3] < 400_000, "{sizes:?}");
}
