use super::*;
use crate::{
    class::{
        Code,
        event::Entry,
        order::{Broken, Phase, Whom},
    },
    fault::{Fault, Kind},
};

fn class(events: impl IntoIterator<Item = Event>) -> Class {
    let opened = Event::Opened { code: Code::parse("ACDEFG").unwrap(), key: "k".into(), locale: "en".into() };
    let joined = |reader| Event::Joined { reader, key: String::new(), name: None };
    let all = [opened, joined(1), joined(2)].into_iter().chain(events);
    Class::fold(&all.map(|event| Entry { at: 0, event }).collect::<Vec<_>>()).unwrap()
}

fn vote(option: &str) -> Wish {
    Wish::Vote { ballot: "predict/a/b".into(), option: option.into() }
}

#[test]
fn what_changes_nothing_is_no_event() {
    let class = class([
        Event::Voted { reader: 1, ballot: "predict/a/b".into(), option: "one".into() },
        Event::Reached { reader: 1, step: "a/b".into() },
        Event::At { reader: 1, step: "a/b".into(), follows: true },
    ]);
    let wishes = [
        vote("two"),
        Wish::Reached { step: "a/b".into() },
        Wish::At { step: "a/b".into(), follows: true },
        Wish::Signal { signal: crate::class::event::Signal::None },
        Wish::Runs { runs: true },
    ];
    for wish in wishes {
        assert_eq!(of_wish(&class, 1, &wish), Ok(Vec::new()), "{wish:?}");
    }
    assert_eq!(of_wish(&class, 2, &vote("two")).unwrap().len(), 1, "another reader's vote counts");
}

#[test]
fn nonsense_is_refused_with_words() {
    let class = class([]);
    let steps = ["", "A/b", "a b", "<b>", "../x", &"a".repeat(200)].map(|step| Wish::Reached { step: step.into() });
    let more = [vote("One!"), Wish::Measured { step: "a/b".into(), value: f64::NAN }];
    for wish in steps.into_iter().chain(more) {
        assert!(matches!(of_wish(&class, 1, &wish), Err(Refusal::Nonsense(_))), "{wish:?}");
    }
    let many = vec![Broken { fault: Fault::new(1, Kind::Blackhole), whom: Whom::All }; 17];
    let hands =
        |option: &str, count| Order::Hands { ballot: "predict/a/b".into(), counts: vec![(option.into(), count)] };
    let orders = [
        Order::Break { faults: many },
        Order::Break { faults: vec![Broken { fault: Fault::new(0, Kind::Blackhole), whom: Whom::All }] },
        Order::Halves { techniques: vec![crate::wire::Technique::Sse] },
        Order::Step { step: String::new() },
        hands("one", 10_001),
        hands("<i>", 1),
    ];
    for order in orders {
        assert!(matches!(of_order(&class, 5, &order), Err(Refusal::Nonsense(_))), "{order:?}");
    }
    for order in [Order::Pick { reader: Some(3) }, Order::Remove { reader: 0 }] {
        assert_eq!(of_order(&class, 5, &order), Err(Refusal::NoReader));
    }
}

#[test]
fn one_page_drives_and_another_takes_the_wheel() {
    let fresh = class([]);
    let step = Order::Step { step: "a/b".into() };
    let events = of_order(&fresh, 5, &step).unwrap();
    assert_eq!(events[0], Event::Drove { page: 5 }, "who orders first drives");
    let driven = class(events);
    assert_eq!(of_order(&driven, 6, &step), Err(Refusal::NotDriving));
    assert_eq!(of_order(&driven, 6, &Order::Watch { reader: Some(1) }), Ok(Vec::new()), "looking needs no wheel");
    assert_eq!(of_order(&driven, 6, &Order::Drive), Ok(vec![Event::Drove { page: 6 }]));
    assert_eq!(of_order(&driven, 5, &Order::Drive), Ok(Vec::new()));
}

#[test]
fn a_closed_class_and_a_removed_reader_do_nothing_more() {
    let over = class([Event::Removed { reader: 2 }, Event::Closed]);
    assert_eq!(of_wish(&over, 1, &vote("one")), Err(Refusal::Closed));
    assert_eq!(of_wish(&over, 2, &vote("one")), Err(Refusal::NoReader));
    assert_eq!(of_order(&over, 5, &Order::Enter { phase: Phase::After }), Err(Refusal::Closed));
    assert_eq!(of_wish(&over, 1, &Wish::Leave).unwrap().len(), 2, "who wants to leave may");
}

#[test]
fn panic_leaves_a_clean_room() {
    let mut class = class([
        Event::Broke { faults: vec![Broken { fault: Fault::new(1, Kind::Blackhole), whom: Whom::All }] },
        Event::Halves { techniques: vec![crate::wire::Technique::Sse, crate::wire::Technique::WebSocket] },
        Event::Picked { reader: Some(1) },
        Event::Steered { steering: Steering::Eyes },
    ]);
    for event in of_order(&class, 5, &Order::Panic).unwrap() {
        class.apply(&Entry { at: 1, event });
    }
    assert!(class.faults.is_empty() && class.halves.is_empty() && class.picked.is_none());
    assert_eq!(class.steering.1, Steering::Free);
}
