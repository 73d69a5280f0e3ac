//! The claims of lesson 4.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lifeline::{
    fault::{Death, Fault, Kind},
    ledger::{Check, Figure, Ledger},
    wire::{
        Close, Technique,
        control::{Command, LabSpec, Source},
        observation::ClientSettings,
    },
};
use tokio::task::JoinHandle;

use crate::{
    random,
    support::{Page, server},
    value,
};

fn client() -> ClientSettings {
    ClientSettings::new(Technique::Sse)
}

fn at_least(figure: Figure, least: f64) -> impl Fn(&Ledger) -> bool {
    let check = Check { at_least: Some(least), ..Check::about(figure) };
    move |ledger| ledger.holds(&check)
}

fn listen(page: &Arc<Page>, settings: ClientSettings) -> JoinHandle<()> {
    let page = Arc::clone(page);
    tokio::spawn(async move { page.follow(1, settings).await })
}

fn cut(ms: u32) -> Command {
    let kind = Kind::cut(Close::Fin);
    Command::Fault { fault: Fault { duration_ms: Some(ms), ..Fault::new(90, kind) } }
}

async fn publish(page: &Page, count: usize) {
    for _ in 0..count {
        page.command(Command::Publish).await;
    }
}

/// `server-sent-events/one-request` and `server-sent-events/median-delay`: however many updates there are, the page asked
/// once, and each takes one transit.
#[tokio::test(flavor = "multi_thread")]
async fn one_request_brings_all_updates_each_after_one_transit() {
    let server = server().await;
    let spec = LabSpec { source: random(100, 3), distance_ms: 20, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let running = listen(&page, client());
    let ledger = page.until("25 updates", at_least(Figure::Delivered, 25.0)).await;
    assert_eq!(value(&ledger, Figure::Requests), 1.0);
    assert_eq!(value(&ledger, Figure::Lost), 0.0);
    let median = value(&ledger, Figure::DelayMedian);
    assert!((20.0..32.0).contains(&median), "median delay {median} ms at a distance of 20 ms");
    running.abort();
    server.stop().await;
}

/// `server-sent-events/names`: a page that listens to `message` alone hears no event that has a name.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_a_name_is_heard_by_its_name_alone() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 0, job_ms: 200, ..LabSpec::default() };
    for named in [false, true] {
        let page = Arc::new(Page::open(&server, &spec).await);
        let running = listen(&page, ClientSettings { named, ..client() });
        // The nameless notice that the stream is open.
        page.until("the notice", at_least(Figure::Messages, 1.0)).await;
        publish(&page, 2).await;
        page.command(Command::Job).await;
        if named {
            let ledger = page.until("the job's result", at_least(Figure::JobsDone, 1.0)).await;
            assert_eq!(value(&ledger, Figure::Delivered), 2.0);
        } else {
            // Another stream opens: a nameless notice after all that has a name.
            page.until("both updates", at_least(Figure::Published, 2.0)).await;
            let second = tokio::spawn({
                let page = Arc::clone(&page);
                async move { page.follow(2, ClientSettings { named, ..client() }).await }
            });
            let ledger = page.until("the notices", at_least(Figure::Messages, 3.0)).await;
            assert_eq!(value(&ledger, Figure::Delivered), 0.0);
            assert_eq!(value(&ledger, Figure::JobResults), 0.0);
            second.abort();
        }
        running.abort();
    }
    server.stop().await;
}

/// A stream that is cut for 300 ms, in which three updates are published; then one more.
async fn outage(spec: LabSpec, settings: ClientSettings) -> Ledger {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 0, ..spec };
    let page = Arc::new(Page::open(&server, &spec).await);
    let running = listen(&page, settings);
    page.until("the stream", at_least(Figure::Messages, 1.0)).await;
    publish(&page, 1).await;
    page.until("the first update", at_least(Figure::Delivered, 1.0)).await;
    page.command(cut(300)).await;
    page.until("the break", at_least(Figure::Reconnects, 1.0)).await;
    let broke = Instant::now();
    publish(&page, 3).await;
    page.until("all are published", at_least(Figure::Published, 4.0)).await;
    page.until("the stream is back", at_least(Figure::Connections, 2.0)).await;
    let away = broke.elapsed();
    assert!(away > Duration::from_millis(800), "it came back after {away:?}, sooner than it was asked to");
    assert!(away < Duration::from_millis(1500), "it came back after {away:?}");
    // A notice of the new stream: what it resumes with has come before.
    page.until("the stream speaks", at_least(Figure::Messages, 3.0)).await;
    publish(&page, 1).await;
    let ledger = page.until("the last update", |ledger| {
        ledger.figure(Figure::DelayMax).is_some() && {
            let highest = Check { at_least: Some(5.0), ..Check::about(Figure::Published) };
            ledger.holds(&highest)
                && ledger.figure(Figure::Delivered) >= Some(2.0)
                && ledger.figure(Figure::Delivered).unwrap_or(0.0) + ledger.figure(Figure::Lost).unwrap_or(0.0) >= 5.0
        }
    });
    let ledger = ledger.await;
    running.abort();
    server.stop().await;
    ledger
}

/// `server-sent-events/resume` and `server-sent-events/retry`: with ids and enough history nothing is lost, and the client
/// comes back after the time that `retry` says.
#[tokio::test(flavor = "multi_thread")]
async fn with_ids_nothing_is_lost() {
    let ledger = outage(LabSpec::default(), client()).await;
    let seen = (value(&ledger, Figure::Delivered), value(&ledger, Figure::Lost), value(&ledger, Figure::Recovered));
    assert_eq!(seen, (5.0, 0.0, 3.0));
}

/// `server-sent-events/no-ids`: without ids exactly the gap is lost.
#[tokio::test(flavor = "multi_thread")]
async fn without_ids_exactly_the_gap_is_lost() {
    let spec = LabSpec { faults: vec![Fault::new(1, Kind::NoId)], ..LabSpec::default() };
    let ledger = outage(spec, ClientSettings { cursor: false, ..client() }).await;
    let seen = (value(&ledger, Figure::Delivered), value(&ledger, Figure::Lost), value(&ledger, Figure::Recovered));
    assert_eq!(seen, (2.0, 3.0, 0.0));
}

/// `server-sent-events/short-history`: what the server has forgotten is lost, and it says how much.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_history_that_is_too_short_the_rest_is_lost() {
    let spec = LabSpec { faults: vec![Fault::new(1, Kind::ShortHistory { keep: 2 })], ..LabSpec::default() };
    let ledger = outage(spec, client()).await;
    let seen = (value(&ledger, Figure::Delivered), value(&ledger, Figure::Lost), value(&ledger, Figure::Recovered));
    assert_eq!(seen, (4.0, 1.0, 2.0));
}

/// `server-sent-events/ends`: a 204, another status or another type ends it for good.
#[tokio::test(flavor = "multi_thread")]
async fn some_answers_end_it_for_good() {
    for kind in [Kind::status(204), Kind::status(500), Kind::WrongType] {
        let server = server().await;
        let spec = LabSpec { source: Source::Button, distance_ms: 0, ..LabSpec::default() };
        let page = Arc::new(Page::open(&server, &spec).await);
        let running = listen(&page, client());
        page.until("the stream", at_least(Figure::Messages, 1.0)).await;
        page.command(Command::Fault { fault: Fault::new(1, kind) }).await;
        page.command(cut(100)).await;
        let ledger = page.until("the end", at_least(Figure::Failed, 1.0)).await;
        assert_eq!(value(&ledger, Figure::Reconnects), 1.0);
        running.await.expect("a source that failed comes back no more");
        server.stop().await;
    }
}

/// `server-sent-events/comments`: what stands on the way ends a silent stream, and spares one with comments.
#[tokio::test(flavor = "multi_thread")]
async fn comments_keep_an_idle_stream_alive() {
    let server = server().await;
    let killer = Fault::new(1, Kind::IdleKiller { after_ms: 300, how: Death::Fin });
    let faults = vec![killer, Fault::new(2, Kind::NoComments), Fault::new(3, Kind::Retry { ms: 50 })];
    let spec = LabSpec { source: Source::Button, distance_ms: 0, comment_ms: 100, faults, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let running = listen(&page, client());
    page.until("two breaks", at_least(Figure::Reconnects, 2.0)).await;
    page.command(Command::Mend { id: 2 }).await;
    let ledger = page.until("a stream of 1.2 s", at_least(Figure::LongestStream, 1200.0)).await;
    assert!(value(&ledger, Figure::Reconnects) <= 3.0);
    running.abort();
    server.stop().await;
}
