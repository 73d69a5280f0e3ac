use super::*;
use crate::{class::ballot::Reveal, fault::Kind};

fn log(events: impl IntoIterator<Item = Event>) -> Vec<Entry> {
    let opened = Event::Opened { code: Code::parse("ACDEFG").unwrap(), key: "k".into(), locale: "en".into() };
    let all = std::iter::once(opened).chain(events).enumerate();
    all.map(|(at, event)| Entry { at: at as Moment, event }).collect()
}

fn joined(reader: ReaderNo) -> Event {
    Event::Joined { reader, key: String::new(), name: None }
}

fn broken(whom: Whom) -> Event {
    Event::Broke { faults: vec![Broken { fault: Fault::new(1, Kind::Blackhole), whom }] }
}

#[test]
fn a_log_without_an_opening_is_no_class() {
    assert_eq!(Class::fold(&[]), None);
    assert_eq!(Class::fold(&[Entry { at: 0, event: Event::Closed }]), None);
}

#[test]
fn events_survive_the_store() {
    let entry = Entry { at: 5, event: Event::Revealed { ballot: "predict/a/b".into(), reveal: Reveal::Wire } };
    let text = serde_json::to_string(&entry).unwrap();
    assert_eq!(text, r#"{"at":5,"event":"revealed","ballot":"predict/a/b","reveal":"wire"}"#);
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    let fault = Entry { at: 5, event: broken(Whom::Share { percent: 30 }) };
    let text = serde_json::to_string(&fault).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), fault);
}

#[test]
fn the_first_vote_holds_and_strangers_have_none() {
    let vote = |reader, option: &str| Event::Voted { reader, ballot: "predict/a/b".into(), option: option.into() };
    let class = Class::fold(&log([joined(1), vote(1, "one"), vote(1, "two"), vote(9, "two")])).unwrap();
    assert_eq!(class.ballots["predict/a/b"].counts(), [("one".to_owned(), 1)].into());
}

#[test]
fn a_new_step_takes_back_what_was_said_of_the_old_one() {
    let stuck = Event::Signal { reader: 1, signal: Signal::Stuck };
    let class = Class::fold(&log([joined(1), stuck, Event::Step { step: "a/b".into() }])).unwrap();
    assert_eq!(class.readers[&1].signal, Signal::None);
    assert_eq!(class.walk, [(3, "a/b".to_owned())]);
}

#[test]
fn a_fault_is_for_whom_it_says_and_stays_with_them() {
    let struck = |whom, uses: fn(ReaderNo) -> Option<Technique>| {
        let class = Class::fold(&log((1..=200).map(joined).chain([broken(whom)]))).unwrap();
        (1..=200).filter(|reader| !class.faults_of(*reader, uses).is_empty()).collect::<Vec<_>>()
    };
    let nothing = |_| None;
    assert_eq!(struck(Whom::All, nothing).len(), 200);
    assert_eq!(struck(Whom::One { reader: 7 }, nothing), [7]);
    assert_eq!(struck(Whom::Some { count: 12 }, nothing).len(), 12);
    assert_eq!(struck(Whom::Some { count: 12 }, nothing), struck(Whom::Some { count: 12 }, nothing));
    let share = struck(Whom::Share { percent: 30 }, nothing).len();
    assert!((40..=80).contains(&share), "30 % of 200 are {share}");
    let uses = |reader| Some(if reader % 2 == 0 { Technique::Sse } else { Technique::ShortPoll });
    let sse = struck(Whom::Technique { technique: Technique::Sse }, uses);
    assert!(sse.len() == 100 && sse.iter().all(|reader| reader % 2 == 0));
}

#[test]
fn halves_are_taken_in_turns() {
    let techniques = vec![Technique::ShortPoll, Technique::Sse];
    let class = Class::fold(&log([Event::Halves { techniques }])).unwrap();
    assert_eq!(
        [1, 2, 3].map(|reader| class.half_of(reader)),
        [Technique::ShortPoll, Technique::Sse, Technique::ShortPoll].map(Some)
    );
    assert_eq!(Class::fold(&log([])).unwrap().half_of(1), None);
}

#[test]
fn nothing_grows_without_end() {
    let mut class = Class::fold(&log((1..=2000).map(joined))).unwrap();
    assert_eq!(class.readers.len(), READERS);
    for nth in 0..2000 {
        let (step, ballot) = (format!("a/{nth}"), format!("predict/a/{nth}"));
        let events = [
            Event::Step { step: step.clone() },
            Event::Reached { reader: 1, step: step.clone() },
            Event::Measured { reader: 1, step, value: 1.0 },
            Event::Voted { reader: 1, ballot, option: "one".into() },
        ];
        events.into_iter().for_each(|event| class.apply(&Entry { at: 0, event }));
    }
    let reader = &class.readers[&1];
    let sizes = [class.walk.len(), class.ballots.len(), reader.reached.len(), reader.measured.len()];
    assert_eq!(sizes, [WALK, BALLOTS, STEPS, STEPS]);
}
