//! Long polling.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lifeline::{
    ledger::{Figure, Ledger},
    wire::{
        Technique,
        control::{Command, LabSpec, Source},
        observation::ClientSettings,
    },
};

use crate::{
    random,
    support::{Page, server},
    value,
};

fn client(hold_ms: u32) -> ClientSettings {
    ClientSettings { hold_ms, ..ClientSettings::new(Technique::LongPoll) }
}

fn at_least(figure: Figure, least: f64) -> impl Fn(&Ledger) -> bool {
    move |ledger| ledger.figure(figure) >= Some(least)
}

/// `long-polling/idle-requests` and `long-polling/expiry`: while there is no news, one request for each hold, and each
/// is answered when its time is up, with nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_news_a_request_lasts_as_long_as_its_hold() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 10, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let start = Instant::now();
    page.poll(1, client(400), at_least(Figure::Answers, 8.0)).await;
    let ledger = page.until("8 answers", at_least(Figure::Answers, 8.0)).await;
    let elapsed = start.elapsed().as_secs_f64();
    assert_eq!(value(&ledger, Figure::EmptyShare), 100.0);
    let hold = value(&ledger, Figure::HoldMean);
    assert!((400.0..460.0).contains(&hold), "held {hold} ms");
    assert!(value(&ledger, Figure::Requests) <= elapsed / 0.4 + 1.0, "{ledger:?} in {elapsed} s");
    server.stop().await;
}

/// `long-polling/median-delay`: an update is on its way as soon as there is one, so that half of them take hardly longer
/// than the distance.
#[tokio::test(flavor = "multi_thread")]
async fn the_median_delay_is_close_to_one_transit() {
    let server = server().await;
    let spec = LabSpec { source: random(400, 5), distance_ms: 20, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    page.poll(1, client(20_000), at_least(Figure::Delivered, 25.0)).await;
    let ledger = page.until("25 updates", at_least(Figure::Delivered, 25.0)).await;
    let median = value(&ledger, Figure::DelayMedian);
    assert!((20.0..32.0).contains(&median), "median delay {median} ms at a distance of 20 ms");
    assert_eq!(value(&ledger, Figure::Lost), 0.0);
    assert!(value(&ledger, Figure::Requests) <= 27.0, "about one request an update");
    server.stop().await;
}

/// One update ends the hold, two come before the next hold begins, and one more after that.
async fn between_two_holds(cursor: bool) -> Ledger {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 200, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let running = tokio::spawn({
        let page = Arc::clone(&page);
        async move { page.poll(1, ClientSettings { cursor, ..client(20_000) }, |_| false).await }
    });
    page.until("a hold", at_least(Figure::Held, 1.0)).await;
    page.command(Command::Publish).await;
    page.until("the first update", at_least(Figure::Published, 1.0)).await;
    page.command(Command::Publish).await;
    page.command(Command::Publish).await;
    page.until("the next hold", at_least(Figure::Held, 2.0)).await;
    page.command(Command::Publish).await;
    let all = if cursor { 4.0 } else { 2.0 };
    let ledger = page.until("the last update", at_least(Figure::Delivered, all)).await;
    running.abort();
    server.stop().await;
    ledger
}

/// `long-polling/lost-without-cursor`: what is published between two holds is never told.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_cursor_what_comes_between_two_holds_is_lost() {
    let ledger = between_two_holds(false).await;
    assert_eq!((value(&ledger, Figure::Delivered), value(&ledger, Figure::Lost)), (2.0, 2.0));
}

/// `long-polling/none-lost-with-cursor`.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_cursor_nothing_is_lost() {
    let ledger = between_two_holds(true).await;
    assert_eq!((value(&ledger, Figure::Delivered), value(&ledger, Figure::Lost)), (4.0, 0.0));
}

/// `long-polling/freed`: a client that leaves frees its request within a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_frees_its_request() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 20, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let running = tokio::spawn({
        let page = Arc::clone(&page);
        async move { page.poll(1, client(50_000), |_| false).await }
    });
    page.until("a hold", at_least(Figure::Held, 1.0)).await;
    let left = Instant::now();
    running.abort();
    let ledger = page.until("the request is let go", at_least(Figure::Freed, 1.0)).await;
    assert!(left.elapsed() < Duration::from_secs(1), "after {:?}", left.elapsed());
    assert_eq!(value(&ledger, Figure::Answers), 0.0);
    server.stop().await;
}

/// `long-polling/batch`: a burst of five is one answer, or five, one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_one_answer_or_five() {
    for (batch, answers) in [(true, 2.0), (false, 10.0)] {
        let server = server().await;
        let source = Source::Burst { size: 5, every_ms: 900 };
        let page = Arc::new(Page::open(&server, &LabSpec { source, distance_ms: 20, ..LabSpec::default() }).await);
        page.poll(1, ClientSettings { batch, ..client(20_000) }, at_least(Figure::Delivered, 10.0)).await;
        let ledger = page.until("two bursts", at_least(Figure::Delivered, 10.0)).await;
        assert_eq!(value(&ledger, Figure::Answers), answers, "batch: {batch}");
        assert_eq!(value(&ledger, Figure::Lost), 0.0);
        server.stop().await;
    }
}
