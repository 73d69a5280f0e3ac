use super::*;
use crate::{
    class::{
        Code,
        event::{Entry, Event},
    },
    wire::LabId,
};

fn class(events: impl IntoIterator<Item = Event>) -> Class {
    let opened = Event::Opened { code: Code::parse("ACDEFG").unwrap(), key: "k".into(), locale: "zh".into() };
    let joined = |reader| Event::Joined { reader, key: format!("hash-{reader}"), name: Some(format!("R{reader}")) };
    let all = [opened, joined(1), joined(2), joined(3), Event::Step { step: "a/b".into() }].into_iter().chain(events);
    Class::fold(&all.map(|event| Entry { at: 0, event }).collect::<Vec<_>>()).unwrap()
}

fn voted(reader: ReaderNo, option: &str) -> Event {
    Event::Voted { reader, ballot: "predict/a/b".into(), option: option.into() }
}

fn present(reader: ReaderNo, sums: Sums) -> (ReaderNo, Present) {
    let lab = LabId::parse("abcdefghij").unwrap();
    let watch = Watch { reader, name: None, lab, secret: "watch".into() };
    (reader, Present { pages: 1, watch: Some(watch), runs: true, sums })
}

#[test]
fn a_vote_is_hidden_until_it_is_revealed_and_then_in_stages() {
    let measured = Event::Measured { reader: 1, step: "a/b".into(), value: 8.0 };
    let votes = [voted(1, "one"), voted(2, "two"), voted(3, "one"), measured];
    let at = |reveal| {
        let revealed = Event::Revealed { ballot: "predict/a/b".into(), reveal };
        let class = class(votes.clone().into_iter().chain([revealed]));
        let (wall, own) = (wall(&class, &Live::default(), 9), own(&class, &Live::default(), 2, 9).unwrap());
        assert_eq!(wall.ballots, own.ballots, "readers see what the wall shows");
        assert_eq!(own.votes, [("predict/a/b".to_owned(), "two".to_owned())], "and their own vote");
        let desk = desk(&class, &Live::default(), 1, None, 9);
        assert_eq!(desk.ballots[0].counts.len(), 2, "the desk sees it at once");
        wall.ballots[0].clone()
    };
    let hidden = at(Reveal::Hidden);
    assert_eq!((hidden.total, hidden.counts.len(), hidden.measured), (3, 0, None));
    let votes = at(Reveal::Votes);
    assert_eq!((votes.counts, votes.measured), (vec![("one".to_owned(), 2), ("two".to_owned(), 1)], None));
    assert_eq!(at(Reveal::Wire).measured.map(|measured| (measured.labs, measured.median)), Some((1, 8.0)));
}

#[test]
fn sums_are_those_of_labs_and_a_mean_is_weighted() {
    let sums = |delivered, delay| Sums { delivered, requests: 10, delay_ms: delay, ..Sums::default() };
    let readers = [present(1, sums(1, Some(100.0))), present(2, sums(3, Some(20.0))), present(3, sums(0, None))];
    let live = Live { readers: readers.into(), desks: 1, walls: 1 };
    let halves = Event::Halves { techniques: vec![Technique::ShortPoll, Technique::Sse] };
    let parts = wall(&class([halves]), &live, 9).parts;
    let told: Vec<_> = parts.iter().map(|part| (part.technique, part.readers, part.sums.requests)).collect();
    assert_eq!(told, [(None, 3, 30), (Some(Technique::ShortPoll), 2, 20), (Some(Technique::Sse), 1, 10)]);
    assert_eq!(parts[0].sums.delay_ms, Some(40.0));
}

#[test]
fn nobodys_key_is_shown() {
    let class = class([Event::Picked { reader: Some(1) }, Event::Removed { reader: 3 }]);
    let live = Live { readers: [present(1, Sums::default())].into(), ..Live::default() };
    let all =
        format!("{:?}{:?}{:?}", wall(&class, &live, 0), desk(&class, &live, 1, Some(1), 0), own(&class, &live, 1, 0));
    assert!(all.contains("watch") && !all.contains("hash-"));
    assert_eq!(own(&class, &live, 3, 0), None, "who was removed sees nothing");
    assert_eq!(desk(&class, &live, 1, Some(1), 0).watch.unwrap().name.as_deref(), Some("R1"));
}
