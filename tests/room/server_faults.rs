//! The faults of the server's own conduct, on real sockets: what each does, and that it can be taken away while something waits.

use std::time::{Duration, Instant};

use lifeline::{
    fault::{Fault, Goodbye, Kind, Overflow, Scope, Stripped},
    wire::{Fact, Resource, Technique, control::Command},
};

use crate::{
    events::Stream,
    sockets::Raw,
    support::{Course, Lab, Page},
};

async fn force(page: &mut Page, fault: Fault) {
    page.command(Command::Fault { fault }).await;
}

async fn mend(page: &mut Page) {
    page.command(Command::Faults { faults: Vec::new() }).await;
}

async fn lab(course: &Course) -> (Lab, Page) {
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let page = lab.page().await;
    (lab, page)
}

/// How many requests the wire has seen.
async fn asked(page: &mut Page, count: usize) {
    let head = |fact: &Fact| matches!(fact, Fact::Released { dir: lifeline::wire::Direction::Up, .. });
    page.until_count(count, head).await;
}

#[tokio::test]
async fn so_many_requests_fail_and_not_one_more() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    force(&mut page, Fault { count: Some(3), ..Fault::new(1, Kind::status(500)) }).await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(lab.get("poll").await.status);
    }
    assert_eq!(codes, [500, 500, 500, 200, 200, 200]);
    page.until(|seen| matches!(&seen.fact, Fact::Faults { faults, .. } if faults.is_empty())).await;

    // At once, too.
    force(&mut page, Fault { count: Some(5), ..Fault::new(1, Kind::status(500)) }).await;
    let all = futures_util::future::join_all((0..20).map(|_| lab.get("poll"))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 500).count(), 5);
}

#[tokio::test]
async fn a_fault_strikes_only_whom_it_is_for() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    let scope = Scope { technique: Some(Technique::ShortPoll), ..Scope::default() };
    force(&mut page, Fault { scope, ..Fault::new(1, Kind::status(500)) }).await;
    let scope = Scope { resource: Some(Resource::Hold), client: Some(2), ..Scope::default() };
    force(&mut page, Fault { scope, ..Fault::new(2, Kind::status(404)) }).await;
    for (path, status) in [
        ("poll", 500),
        ("board", 500),
        ("hold?wait=0", 200),
        ("hold?wait=0&c=1&n=1", 200),
        ("hold?wait=0&c=2&n=1", 404),
        ("page", 200),
    ] {
        assert_eq!(lab.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_request_that_is_never_answered_is_when_the_fault_goes() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    force(&mut page, Fault { count: Some(1), ..Fault::new(1, Kind::NeverAnswer) }).await;
    let waiting = tokio::spawn({
        let lab = lab.clone();
        async move { lab.get("poll").await }
    });
    page.until(|seen| matches!(seen.fact, Fact::Struck { by: 1 })).await;
    // The fault is spent, and so over: that is why the first one is answered at last.
    assert_eq!(waiting.await.unwrap().status, 200);
    assert_eq!(lab.get("poll").await.status, 200);
    force(&mut page, Fault::new(2, Kind::NeverAnswer)).await;
    let waiting = tokio::spawn({
        let lab = lab.clone();
        async move { lab.get("poll").await }
    });
    page.until(|seen| matches!(seen.fact, Fact::Struck { by: 2 })).await;
    assert!(!waiting.is_finished());
    mend(&mut page).await;
    assert_eq!(waiting.await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_lets_later_ones_go_first() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    force(&mut page, Fault { count: Some(1), ..Fault::new(1, Kind::Reorder { window: 2 }) }).await;
    page.command(Command::Publish).await;
    let first = tokio::spawn({
        let lab = lab.clone();
        async move { lab.get("board").await }
    });
    // Its content is settled before it waits.
    page.until(|seen| matches!(&seen.fact, Fact::Answering { .. })).await;
    page.command(Command::Publish).await;
    assert_eq!(lab.get("board").await.json()["version"], 2);
    assert!(!first.is_finished(), "one has gone first, and two are to");
    assert_eq!(lab.get("board").await.json()["version"], 2);
    assert_eq!(first.await.unwrap().json()["version"], 1, "the oldest comes last");
    page.until(|seen| matches!(seen.fact, Fact::HeldBack { by: 1, .. })).await;
}

#[tokio::test]
async fn an_overloaded_server_works_on_one_after_the_other() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    force(&mut page, Fault::new(1, Kind::Overload { at_once: 2, pause_ms: 100 })).await;
    let began = Instant::now();
    futures_util::future::join_all((0..8).map(|_| lab.get("poll"))).await;
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());

    // What waits goes on at once when the fault is gone.
    force(&mut page, Fault::new(1, Kind::Overload { at_once: 1, pause_ms: 10_000 })).await;
    let began = Instant::now();
    let waiting = tokio::spawn({
        let lab = lab.clone();
        async move { futures_util::future::join_all((0..3).map(|_| lab.get("poll"))).await }
    });
    asked(&mut page, 11).await;
    mend(&mut page).await;
    assert!(waiting.await.unwrap().iter().all(|answer| answer.status == 200));
    assert!(began.elapsed() < Duration::from_secs(9));
}

#[tokio::test]
async fn every_socket_is_closed_with_the_code() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    let mut open = Raw::opened(&lab, "").await;
    let mut stream = Stream::open(&lab, "", "").await;
    stream.until("retry").await;
    force(&mut page, Fault::new(1, Kind::CloseCode { code: Some(4321) })).await;
    assert_eq!(open.frame().await.unwrap().1[..2], 4321u16.to_be_bytes());
    let mut new = Raw::opened(&lab, "").await;
    assert_eq!(new.frame().await.unwrap().1[..2], 4321u16.to_be_bytes(), "new ones, too");
    mend(&mut page).await;
    let mut spared = Raw::opened(&lab, "").await;
    page.command(Command::Publish).await;
    assert!(spared.text().await.contains("\"seq\":1"));
    stream.until("id: 1").await;

    force(&mut page, Fault::new(1, Kind::CloseCode { code: None })).await;
    assert_eq!(spared.frame().await, None, "no close frame: the connection just ends");
}

#[tokio::test]
async fn a_stripped_handshake_is_answered_as_the_fault_says() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    for (answer, status) in [(Stripped::UpgradeRequired, "426"), (Stripped::BadRequest, "400"), (Stripped::Ok, "200")] {
        force(&mut page, Fault::new(1, Kind::StripUpgrade { answer })).await;
        let (_, head) = Raw::open(&lab, "").await;
        assert_eq!(head.split(' ').nth(1), Some(status), "{head}");
    }
    force(&mut page, Fault::new(2, Kind::NoId)).await;
    force(&mut page, Fault::new(1, Kind::StripUpgrade { answer: Stripped::Hang })).await;
    let hanging = tokio::spawn({
        let lab = lab.clone();
        async move { Raw::open(&lab, "").await.1 }
    });
    page.until_count(4, |fact| matches!(fact, Fact::Struck { by: 1 })).await;
    assert!(!hanging.is_finished());
    mend(&mut page).await;
    assert!(hanging.await.unwrap().starts_with("HTTP/1.1 426"));
    Raw::opened(&lab, "").await;
}

#[tokio::test]
async fn a_killed_server_says_nothing() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    let mut socket = Raw::opened(&lab, "").await;
    let kill = Kind::Restart { how: Goodbye::Kill, drain_ms: 0 };
    force(&mut page, Fault::new(1, kill)).await;
    assert_eq!(socket.frame().await, None, "no close frame");
    mend(&mut page).await;
    assert_eq!(lab.get("poll").await.status, 200, "it is back");
}

#[tokio::test]
async fn a_server_that_drains_goes_on_for_the_time_and_then_says_goodbye() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    let mut socket = Raw::opened(&lab, "").await;
    let began = Instant::now();
    force(&mut page, Fault::new(1, Kind::Restart { how: Goodbye::Drain, drain_ms: 400 })).await;
    page.command(Command::Publish).await;
    assert!(socket.text().await.contains("\"seq\":1"), "what is open is still served");
    assert_eq!(socket.frame().await.unwrap().1[..2], 1012u16.to_be_bytes());
    assert!(began.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn in_a_rotation_each_has_its_turn_and_whoever_comes_back_is_served() {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    let mut sockets = Vec::new();
    for client in 1..=6 {
        sockets.push(Raw::opened(&lab, &format!("?c={client}&n=1")).await);
    }
    let began = Instant::now();
    force(&mut page, Fault { seed: 4, ..Fault::new(1, Kind::Restart { how: Goodbye::Rotate, drain_ms: 1_000 }) }).await;
    let ends = futures_util::future::join_all(sockets.iter_mut().map(|socket| async {
        let frame = socket.frame().await.unwrap();
        assert_eq!(frame.1[..2], 1012u16.to_be_bytes());
        began.elapsed()
    }))
    .await;
    let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(*last - *first > Duration::from_millis(200) && *last < Duration::from_secs(3), "{ends:?}");
    let mut back = Raw::opened(&lab, "?c=1&n=2").await;
    page.command(Command::Publish).await;
    assert!(back.text().await.contains("\"seq\":1"), "there is no down time, and its turn is over");
}

/// What comes over a socket whose reader takes 200 bytes a second, while a hundred updates are published at once and nothing is read
/// meanwhile: the numbers, how many the server said were missed, and the code of its close frame.
async fn behind(policy: Overflow) -> (Vec<u64>, u64, Option<u16>) {
    let course = Course::start().await;
    let (lab, mut page) = lab(&course).await;
    force(&mut page, Fault::new(1, Kind::SlowReader { bytes_per_s: 2_000, policy })).await;
    let mut socket = Raw::opened(&lab, "").await;
    // More than the four kilobytes that wait on the way.
    for _ in 0..100 {
        page.command(Command::Publish).await;
    }
    // The policy has struck: then the way is free again.
    page.until(|seen| matches!(seen.fact, Fact::Struck { by: 1 })).await;
    mend(&mut page).await;
    let (mut seqs, mut missed) = (Vec::new(), 0);
    while let Some((first, payload)) = socket.frame().await {
        if first == 0x88 {
            return (seqs, missed, Some(u16::from_be_bytes([payload[0], payload[1]])));
        }
        let json: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        seqs.extend(json["seq"].as_u64());
        missed += json["missed"].as_u64().unwrap_or(0);
        if seqs.last() == Some(&100) {
            break;
        }
    }
    (seqs, missed, None)
}

#[tokio::test]
async fn for_a_slow_reader_the_oldest_is_dropped_and_counted_or_it_is_sent_away() {
    let (seqs, missed, code) = behind(Overflow::DropOldest).await;
    assert_eq!(code, None);
    assert!(missed > 0 && seqs.len() as u64 + missed == 100, "{missed} missed, {} told", seqs.len());
    assert_eq!(seqs.last(), Some(&100), "the newest is told");
    let (_, _, code) = behind(Overflow::Disconnect).await;
    assert_eq!(code, Some(1013));
}
