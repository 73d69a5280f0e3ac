//! Short polling.

use std::sync::Arc;

use lifeline::{
    fault::{Fault, Kind},
    ledger::{Figure, Ledger},
    wire::{
        Technique,
        control::LabSpec,
        observation::{Ask, ClientSettings, Cure},
    },
};

use crate::{
    random,
    support::{Page, server},
    value,
};

fn settings(ask: Ask, interval_ms: u32, cure: Cure) -> ClientSettings {
    ClientSettings { ask, interval_ms, cure, ..ClientSettings::new(Technique::ShortPoll) }
}

/// `short-polling/share-of-empty`: polls five times as often as there is news, at random: at least 70% are empty.
#[tokio::test(flavor = "multi_thread")]
async fn most_answers_are_empty() {
    let server = server().await;
    let spec = LabSpec { source: random(500, 3), distance_ms: 0, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    page.poll(1, settings(Ask::Updates, 100, Cure::None), |ledger| ledger.figure(Figure::Answers) >= Some(200.0)).await;
    let ledger = page.until("200 answers", |ledger| ledger.figure(Figure::Answers) >= Some(200.0)).await;
    let share = value(&ledger, Figure::EmptyShare);
    assert!((70.0..95.0).contains(&share), "{share}% empty");
    assert_eq!(ledger.figure(Figure::Lost), Some(0.0), "with a cursor nothing is lost");
    server.stop().await;
}

/// `short-polling/mean-delay`: within 15% of half the interval, over at least 200 updates at random phases.
#[tokio::test(flavor = "multi_thread")]
async fn the_mean_delay_is_half_the_interval() {
    let server = server().await;
    let spec = LabSpec { source: random(50, 11), distance_ms: 0, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let enough = |ledger: &Ledger| ledger.figure(Figure::Delivered) >= Some(220.0);
    page.poll(1, settings(Ask::Updates, 400, Cure::None), enough).await;
    let ledger = page.until("220 updates", enough).await;
    let mean = value(&ledger, Figure::DelayMean);
    assert!((170.0..230.0).contains(&mean), "mean delay {mean} ms at an interval of 400 ms");
    server.stop().await;
}

/// Polls a board whose answers are held back at random, with one cure, and returns the ledger.
async fn board_with(cure: Cure) -> Ledger {
    let server = server().await;
    let slow = Kind::SlowAnswers { min_ms: 0, max_ms: 250 };
    let fault = Fault { probability: 0.5, seed: 7, ..Fault::new(1, slow) };
    let spec = LabSpec { source: random(100, 5), distance_ms: 8, faults: vec![fault], ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let enough = |ledger: &Ledger| ledger.figure(Figure::Answers) >= Some(60.0);
    page.poll(1, settings(Ask::Board, 100, cure), enough).await;
    let ledger = page.until("60 answers", enough).await;
    server.stop().await;
    ledger
}

/// `short-polling/stale-overwrite`: without a cure an old answer overwrites a newer one.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_answer_wins() {
    let ledger = board_with(Cure::None).await;
    assert!(value(&ledger, Figure::TurnedBack) >= 1.0, "{ledger:?}");
    assert!(value(&ledger, Figure::OutOfOrder) >= 1.0, "{ledger:?}");
}

/// `short-polling/cure-sequence`.
#[tokio::test(flavor = "multi_thread")]
async fn checking_the_number_cures_it() {
    let ledger = board_with(Cure::Sequence).await;
    assert_eq!(value(&ledger, Figure::TurnedBack), 0.0);
    assert!(value(&ledger, Figure::Ignored) >= 1.0, "the cure was at work");
}

/// `short-polling/cure-abort`.
#[tokio::test(flavor = "multi_thread")]
async fn aborting_the_older_cures_it() {
    let ledger = board_with(Cure::Abort).await;
    assert_eq!(value(&ledger, Figure::TurnedBack), 0.0);
    assert!(value(&ledger, Figure::Aborted) >= 1.0, "the cure was at work");
}

/// `short-polling/cure-no-overlap`.
#[tokio::test(flavor = "multi_thread")]
async fn never_overlapping_cures_it() {
    let ledger = board_with(Cure::NoOverlap).await;
    assert_eq!(value(&ledger, Figure::TurnedBack), 0.0);
    assert_eq!(value(&ledger, Figure::OutOfOrder), 0.0);
    assert!(value(&ledger, Figure::Skipped) >= 1.0, "the cure was at work");
}

/// `short-polling/job-once`: however often the page asks, the result arrives once.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_s_result_arrives_once() {
    let server = server().await;
    let spec = LabSpec { job_ms: 600, distance_ms: 8, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let mut requests = Vec::new();
    for (client, interval_ms) in [(1, 100), (2, 250)] {
        page.poll(client, settings(Ask::Job, interval_ms, Cure::None), |_| false).await;
        let jobs = f64::from(client);
        let ledger = page.until("the job's result", |ledger| ledger.figure(Figure::JobsDone) >= Some(jobs)).await;
        assert_eq!(value(&ledger, Figure::JobResults), jobs, "each result arrived once");
        requests.push(value(&ledger, Figure::Requests));
    }
    let (often, seldom) = (requests[0], requests[1] - requests[0]);
    assert!(seldom < often, "asking less often costs less: {often} against {seldom} requests");
    server.stop().await;
}

/// `short-polling/not-modified`: an unchanged list is answered by a head alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_list_is_not_sent_again() {
    let server = server().await;
    let spec = LabSpec { distance_ms: 8, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let enough = |ledger: &Ledger| ledger.figure(Figure::NotModified) >= Some(5.0);
    page.poll(1, settings(Ask::BoardIfChanged, 100, Cure::None), enough).await;
    page.until("five 304s", enough).await;
    server.stop().await;
}
