//! Votes: the first holds, and nothing is shown before it is revealed.

use lifeline::class::{
    ballot::Reveal,
    order::{Order, Wish},
    view::Shown,
};

use crate::{classroom::Class, support::Course};

const BALLOT: &str = "predict/a/b";

fn hidden(ballots: &[Shown]) -> bool {
    ballots.iter().all(|shown| shown.counts.is_empty() && shown.hands.is_empty() && shown.measured.is_none())
}

#[tokio::test]
async fn votes_are_hidden_until_they_are_revealed() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let (mut desk, mut wall) = (class.desk(1).await, class.wall().await);
    desk.order(Order::Step { step: "a/b".into() }).await;
    let mut readers = Vec::new();
    for (nth, option) in ["one", "two", "two"].into_iter().enumerate() {
        let reader = class.join("").await;
        let mut page = class.reader(&reader).await;
        let vote = |option: &str| Wish::Vote { ballot: BALLOT.into(), option: option.into() };
        page.wish(vote(option)).await;
        // The first holds; to say something else is no error, and changes nothing.
        page.wish(vote("three")).await;
        page.wish(Wish::Measured { step: "a/b".into(), value: nth as f64 }).await;
        readers.push(page);
    }
    desk.order(Order::Hands { ballot: BALLOT.into(), counts: vec![("one".into(), 5)] }).await;
    let total = |ballots: &[Shown]| ballots.first().map_or(0, |shown| shown.total);
    wall.until("eight votes", |wall| total(&wall.wall().ballots) == 8).await;
    assert!(hidden(&wall.wall().ballots));
    for page in &mut readers {
        page.until("eight votes", |page| total(&page.own().ballots) == 8).await;
        assert!(hidden(&page.own().ballots));
    }
    assert_eq!(readers[0].own().votes, [(BALLOT.to_owned(), "one".to_owned())]);
    // Not in any bytes that they were sent, either.
    assert!([&wall.heard, &readers[0].heard].iter().all(|heard| !heard.windows(5).any(|bytes| bytes == b"three")));
    assert!(!readers[0].heard.windows(3).any(|bytes| bytes == b"two"), "the others' options");

    let counts = [("one".to_owned(), 6), ("two".to_owned(), 2)];
    desk.until("the counts", |desk| desk.desk().ballots.first().is_some_and(|shown| shown.counts == counts)).await;
    desk.order(Order::Reveal { ballot: BALLOT.into(), reveal: Reveal::Votes }).await;
    wall.until("the counts", |wall| wall.wall().ballots[0].counts == counts).await;
    assert!(wall.wall().ballots[0].measured.is_none());
    readers[1].until("the counts", |page| page.own().ballots[0].counts == counts).await;
    desk.order(Order::Reveal { ballot: BALLOT.into(), reveal: Reveal::Wire }).await;
    wall.until("the measure", |wall| wall.wall().ballots[0].measured.is_some_and(|all| all.labs == 3)).await;
}
