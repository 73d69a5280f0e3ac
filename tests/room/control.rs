//! Control sockets: snapshot and deltas, resuming, epochs, batches, probes, commands.

use lifeline::{
    fault::{Fault, Kind},
    wire::{
        Fact,
        control::{Command, Down, Up},
    },
};

use crate::support::{Course, SOON, saw};

fn published(seq: u64) -> impl Fn(&lifeline::wire::Observation) -> bool {
    move |seen| matches!(seen.fact, Fact::Published { seq: other, .. } if other == seq)
}

#[tokio::test]
async fn a_run_begins_with_itself_and_goes_on_in_deltas() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":30}"#).await;
    let mut page = lab.page().await;
    assert!(page.epoch > 0 && page.epoch < 1 << 53);
    let first = page.until(|_| true).await;
    assert_eq!((first.no, &first.seen.fact), (1, &Fact::Run { distance_ms: 30 }));
    assert!(!page.state.running && page.state.distance_ms == 30);
    page.command(Command::Publish).await;
    page.command(Command::Publish).await;
    let two = page.until(published(2)).await;
    assert_eq!((two.no, two.seen.fact), (3, Fact::Published { seq: 2, by_hand: true }));
    let mut other = lab.resume(2, None).await;
    assert_eq!(other.until(published(2)).await.no, 3, "a second page sees the same");
}

#[tokio::test]
async fn a_page_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    page.command(Command::Publish).await;
    page.until(published(1)).await;
    let cursor = page.cursor();
    drop(page);
    let mut other = lab.resume(2, None).await;
    other.command(Command::Publish).await;
    let mut back = lab.resume(1, Some(cursor)).await;
    assert!(back.records.is_empty(), "no snapshot, so the state comes first");
    assert_eq!(back.until(|_| true).await.no, cursor.no + 1);
    back.until(published(2)).await;
    assert!(back.records.iter().all(|record| record.no > cursor.no));
}

#[tokio::test]
async fn a_page_follows_on_one_socket_at_a_time() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut old = lab.resume(5, None).await;
    let mut new = lab.resume(5, None).await;
    assert_eq!(old.socket.closed().await.0, 4409);
    new.command(Command::Publish).await;
}

#[tokio::test]
async fn a_reset_is_a_new_epoch_and_a_clean_network() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":5}"#).await;
    let mut page = lab.page().await;
    let before = page.cursor();
    page.command(Command::Distance { ms: 500 }).await;
    let kind = Kind::latency(10, 0);
    page.command(Command::Fault { fault: Fault::new(4, kind) }).await;
    page.command(Command::Publish).await;
    page.command(Command::Source { running: true }).await;
    assert_eq!((page.state.distance_ms, page.state.faults.len(), page.state.running), (500, 1, true));
    page.command(Command::Reset).await;
    assert_ne!(page.epoch, before.epoch);
    assert_eq!((page.state.distance_ms, page.state.faults.len(), page.state.running), (5, 0, false));
    assert_eq!(page.until(|_| true).await.no, 1);
    assert_eq!(lab.get("poll").await.json()["cursor"], 0);
    let mut back = lab.resume(1, Some(before)).await;
    assert_eq!(back.epoch, page.epoch, "the old epoch's cursor brings a snapshot");
    back.command(Command::Publish).await;
    assert_eq!(back.until(published(1)).await.seen.fact, Fact::Published { seq: 1, by_hand: true });
}

#[tokio::test]
async fn what_the_browser_saw_is_taken_once() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    let now = page.time().await;
    let seen = vec![saw(now, Fact::Skipped), saw(now, Fact::Picked)];
    for _ in 0..2 {
        page.socket.say(&Up::Observe { first: 1, seen: seen.clone(), dropped: 3 }).await;
        assert_eq!(page.answer().await, Down::Taken { upto: 2 });
    }
    let seen = vec![saw(now, Fact::Picked), saw(now, Fact::Stopped)];
    page.socket.say(&Up::Observe { first: 2, seen, dropped: 3 }).await;
    assert_eq!(page.answer().await, Down::Taken { upto: 3 });
    page.until(|seen| seen.fact == Fact::Stopped).await;
    assert_eq!((page.count(|fact| *fact == Fact::Picked), page.count(|fact| *fact == Fact::Skipped)), (1, 1));
    assert_eq!(page.state.dropped, [3, 0, 0]);
}

#[tokio::test]
async fn a_batch_that_lies_is_refused_as_a_whole() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    let now = page.time().await;
    for wrong in [
        saw(now, Fact::Published { seq: 1, by_hand: true }),
        saw(now + 5_000_000, Fact::Skipped),
        saw(now, Fact::Asked { method: "GET".into(), target: "/".repeat(600) }),
    ] {
        page.socket.say(&Up::Observe { first: 1, seen: vec![saw(now, Fact::Skipped), wrong], dropped: 0 }).await;
        let answer = page.answer().await;
        assert!(matches!(&answer, Down::Refused { id: None, why } if why.contains("observation 2")), "{answer:?}");
    }
    let many = vec![saw(now, Fact::Skipped); 201];
    page.socket.say(&Up::Observe { first: 1, seen: many, dropped: 0 }).await;
    assert!(matches!(page.answer().await, Down::Refused { .. }));
    page.command(Command::Publish).await;
    page.until(published(1)).await;
    assert_eq!(page.count(|fact| *fact == Fact::Skipped), 0);
}

#[tokio::test]
async fn a_probe_is_answered_with_the_time_in_between() {
    let course = Course::start().await;
    let mut page = course.lab("{}").await.page().await;
    let before = lifeline::net::clock::now();
    let at = page.time().await;
    assert!((before..=lifeline::net::clock::now()).contains(&at));
}

#[tokio::test]
async fn commands_out_of_range_change_nothing() {
    let course = Course::start().await;
    let mut page = course.lab("{}").await.page().await;
    let kind = Kind::latency(20_000, 0);
    let fault = Fault::new(1, kind);
    assert!(page.try_command(Command::Distance { ms: 5001 }).await.unwrap_err().contains("5000"));
    assert!(page.try_command(Command::Fault { fault }).await.unwrap_err().contains("base_ms"));
    assert!(page.try_command(Command::Mend { id: 9 }).await.unwrap_err().contains("9"));
    assert_eq!((page.state.distance_ms, page.state.faults.len()), (80, 0));
}

#[tokio::test]
async fn a_source_runs_when_it_is_told_to() {
    let course = Course::start().await;
    let mut page = course.lab(r#"{"source":{"burst":{"size":3,"every_ms":50}}}"#).await.page().await;
    page.command(Command::Source { running: true }).await;
    page.until_count(6, |fact| matches!(fact, Fact::Published { by_hand: false, .. })).await;
    page.command(Command::Source { running: false }).await;
    let count = page.count(|fact| matches!(fact, Fact::Published { .. }));
    page.command(Command::Publish).await;
    page.until(published(count as u64 + 1)).await;
}

#[tokio::test]
async fn two_labs_see_nothing_of_each_other() {
    let course = Course::start().await;
    let (one, other) = (course.lab("{}").await, course.lab("{}").await);
    let (mut first, mut second) = (one.page().await, other.page().await);
    first.command(Command::Publish).await;
    first.until(published(1)).await;
    assert_eq!(other.get("poll").await.json()["cursor"], 0);
    second.command(Command::Publish).await;
    second.until(published(1)).await;
    assert_eq!(second.count(|fact| matches!(fact, Fact::Published { .. })), 1);
}

#[tokio::test]
async fn the_server_ends_within_two_seconds_with_sockets_open() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"faults":[{"id":1,"kind":{"slow_answers":{"min_ms":9000,"max_ms":9000}}}]}"#).await;
    let mut page = lab.page().await;
    let held = tokio::net::TcpStream::connect(lab.at).await.unwrap();
    held.writable().await.unwrap();
    held.try_write(format!("GET /l/{}/poll HTTP/1.1\r\nHost: {}\r\n\r\n", lab.created.lab, lab.at).as_bytes()).unwrap();
    page.until(|seen| matches!(seen.fact, Fact::HeldBack { .. })).await;
    let begun = std::time::Instant::now();
    let (closed, ()) = tokio::join!(page.socket.closed(), course.running.stop());
    assert_eq!(closed.0, 1001);
    assert!(begun.elapsed().as_millis() < 2000 && begun.elapsed() < SOON, "{:?}", begun.elapsed());
}
