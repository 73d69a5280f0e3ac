//! The claims of lesson 6. Times are a fifth of the lesson's.

use std::{sync::Arc, time::Duration};

use lifeline::{
    fault::{Fault, Kind, Prey},
    ledger::{Check, Figure, Ledger},
    wire::{
        Direction, Technique,
        control::{Command, LabSpec, Source},
        observation::{ClientSettings, Reconnect},
    },
};
use tokio::task::JoinHandle;

use crate::{
    support::{Page, server},
    value,
};

const BEAT: u32 = 200;
const TIMEOUT: u32 = 200;

fn client() -> ClientSettings {
    ClientSettings {
        beat_ms: Some(BEAT),
        beat_timeout_ms: TIMEOUT,
        reconnect: Reconnect::Fixed,
        ..ClientSettings::new(Technique::WebSocket)
    }
}

fn at_least(figure: Figure, least: f64) -> impl Fn(&Ledger) -> bool {
    let check = Check { at_least: Some(least), ..Check::about(figure) };
    move |ledger| ledger.holds(&check)
}

fn quiet(distance_ms: u32) -> LabSpec {
    LabSpec { source: Source::Button, distance_ms, ..LabSpec::default() }
}

fn run(page: &Arc<Page>, settings: ClientSettings) -> JoinHandle<()> {
    let page = Arc::clone(page);
    tokio::spawn(async move { page.live(1, settings).await })
}

fn hole(direction: Option<Direction>) -> Command {
    Command::Fault { fault: Fault { direction, ..Fault::new(1, Kind::Blackhole) } }
}

/// Publishes one and waits for it: the way is open.
async fn proves_open(page: &Page, update: f64) {
    page.command(Command::Publish).await;
    page.until("an update", at_least(Figure::Delivered, update)).await;
}

/// `heartbeats/detection`: a dead path is noticed within interval and timeout, in 20 of 20 trials, each broken at another
/// moment of the interval.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_path_is_noticed_within_interval_and_timeout() {
    let server = server().await;
    let mut trials = tokio::task::JoinSet::new();
    for trial in 0..20 {
        let page = Arc::new(Page::open(&server, &quiet(10)).await);
        trials.spawn(async move {
            let running = run(&page, client());
            proves_open(&page, 1.0).await;
            // Not a wait for something to happen: the moment of the interval that this trial is about.
            tokio::time::sleep(Duration::from_millis(trial * u64::from(BEAT) / 20)).await;
            page.command(hole(None)).await;
            let ledger = page.until("somebody notices", |ledger| ledger.figure(Figure::NoticedByPage).is_some()).await;
            running.abort();
            value(&ledger, Figure::NoticedByPage)
        });
    }
    let noticed = trials.join_all().await;
    let most = f64::from(BEAT + TIMEOUT + 100);
    assert!(noticed.len() == 20 && noticed.iter().all(|ms| *ms <= most), "{noticed:?} ms, at most {most}");
    assert!(noticed.iter().any(|ms| *ms > f64::from(TIMEOUT)), "the interval counts, too: {noticed:?} ms");
    server.stop().await;
}

/// `heartbeats/zombie`: without a beat the same silence goes unnoticed.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_beat_nobody_notices() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &quiet(10)).await);
    let running = run(&page, ClientSettings { beat_ms: None, ..client() });
    proves_open(&page, 1.0).await;
    page.command(hole(None)).await;
    page.command(Command::Publish).await;
    page.until("it is published", at_least(Figure::Published, 2.0)).await;
    // Nothing is awaited: that nothing happens for three times as long is the claim.
    tokio::time::sleep(Duration::from_millis(3 * u64::from(BEAT + TIMEOUT))).await;
    let ledger = page.until("the ledger", |_| true).await;
    assert_eq!(ledger.figure(Figure::NoticedByPage), None);
    assert_eq!((value(&ledger, Figure::Reconnects), value(&ledger, Figure::Delivered)), (0.0, 1.0));
    running.abort();
    server.stop().await;
}

/// `heartbeats/both-ends`: each end learns by its own question, and by that alone.
#[tokio::test(flavor = "multi_thread")]
async fn each_end_notices_by_its_own_question() {
    let asks = ClientSettings { ping_ms: Some(BEAT), pong_timeout_ms: Some(TIMEOUT), ..client() };
    for (settings, page_knows, server_knows) in
        [(client(), true, false), (ClientSettings { beat_ms: None, ..asks.clone() }, false, true), (asks, true, true)]
    {
        let server = server().await;
        let page = Arc::new(Page::open(&server, &quiet(10)).await);
        let running = run(&page, settings);
        proves_open(&page, 1.0).await;
        page.command(hole(None)).await;
        let knows = move |ledger: &Ledger| {
            let seen = |figure| ledger.figure(figure).is_some();
            (!page_knows || seen(Figure::NoticedByPage)) && (!server_knows || seen(Figure::NoticedByServer))
        };
        page.until("whoever asks knows", knows).await;
        tokio::time::sleep(Duration::from_millis(2 * u64::from(BEAT + TIMEOUT))).await;
        let ledger = page.until("the ledger", |_| true).await;
        assert_eq!(ledger.figure(Figure::NoticedByPage).is_some(), page_knows);
        assert_eq!(ledger.figure(Figure::NoticedByServer).is_some(), server_knows);
        running.abort();
        server.stop().await;
    }
}

/// `heartbeats/cycle`, and `websocket/reconnect`: dead, waiting, back, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_dies_comes_back_with_everything() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &quiet(10)).await);
    let running = run(&page, client());
    proves_open(&page, 1.0).await;
    page.command(hole(None)).await;
    page.until("it is noticed", |ledger| ledger.figure(Figure::NoticedByPage).is_some()).await;
    page.command(Command::Publish).await;
    page.command(Command::Publish).await;
    page.command(Command::Mend { id: 1 }).await;
    let ledger = page.until("both are there", at_least(Figure::Recovered, 2.0)).await;
    assert_eq!((value(&ledger, Figure::Delivered), value(&ledger, Figure::Lost)), (3.0, 0.0));
    running.abort();
    server.stop().await;
}

/// `heartbeats/three-questions`: what is swallowed decides who takes whom for dead.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_what_was_swallowed_takes_the_other_for_dead() {
    let asks = ClientSettings { ping_ms: Some(BEAT), pong_timeout_ms: Some(TIMEOUT), ..client() };
    for what in [Prey::Pings, Prey::Pongs, Prey::Beats] {
        let server = server().await;
        let page = Arc::new(Page::open(&server, &quiet(10)).await);
        let running = run(&page, asks.clone());
        proves_open(&page, 1.0).await;
        page.command(Command::Fault { fault: Fault::new(1, Kind::Swallow { what }) }).await;
        let ledger = page.until("the socket is given up", at_least(Figure::Reconnects, 1.0)).await;
        // The server drops a socket without a word, so the page's client sees an end; by its own beat it judges itself.
        assert_eq!(value(&ledger, Figure::Lost), 0.0, "{what:?}");
        running.abort();
        server.stop().await;
    }
}

/// `heartbeats/false-alarm`: a path that is slow, and alive, is taken for dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_path_is_taken_for_a_dead_one() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &quiet(10)).await);
    let running = run(&page, client());
    proves_open(&page, 1.0).await;
    let slow = Kind::latency(TIMEOUT / 2 + 20, 0);
    page.command(Command::Fault { fault: Fault::new(1, slow) }).await;
    page.until("a false alarm", at_least(Figure::Reconnects, 1.0)).await;
    page.command(Command::Publish).await;
    let ledger = page.until("it arrives all the same", at_least(Figure::Delivered, 2.0)).await;
    assert_eq!(value(&ledger, Figure::Lost), 0.0);
    running.abort();
    server.stop().await;
}
