//! What many clients cost, and what they do when they all come back: the crowds of long polling and of heartbeats.

use lifeline::{
    fault::{Fault, Kind},
    ledger::{Check, Figure, Ledger},
    wire::{
        Close, Technique,
        control::{Command, LabSpec, Source},
        crowd::{Crowd, CrowdSpec},
        observation::Reconnect,
    },
};

use crate::support::{Page, server};

fn spec(size: u32, technique: Technique, reconnect: Reconnect) -> CrowdSpec {
    CrowdSpec { size, technique, interval_ms: 150, reconnect }
}

fn latest(ledger: &Ledger) -> Option<&Crowd> {
    ledger.crowds().latest(None, None)
}

/// A crowd that is called, until its latest record is like this.
async fn crowd(page: &Page, spec: CrowdSpec, what: &str, wanted: impl Fn(&Crowd) -> bool) -> Crowd {
    page.command(Command::Crowd { crowd: Some(spec) }).await;
    let is = |ledger: &Ledger| latest(ledger).is_some_and(|crowd| crowd.spec == spec && crowd.here && wanted(crowd));
    let ledger = page.until(what, is).await;
    latest(&ledger).expect("it was there just now").clone()
}

/// `long-polling/what-holding-costs`: a server that is polled long holds a request for every client, all the time, and is
/// asked seldom; one that is polled short holds none, and is asked all the time. In shrunk time: a poll each 150 ms, an
/// update each second.
#[tokio::test(flavor = "multi_thread")]
async fn holding_costs_a_held_request_for_each_client_and_saves_requests() {
    let server = server().await;
    let lab = LabSpec { source: Source::Steady { every_ms: 1000 }, distance_ms: 10, ..LabSpec::default() };
    let page = Page::open(&server, &lab).await;
    for size in [1, 100, 300] {
        let all = u64::from(size);
        let way = Reconnect::default();
        let [short, long] = [Technique::ShortPoll, Technique::LongPoll].map(|technique| spec(size, technique, way));
        // What a client has once all have come, it may have been given as the first thing.
        let enough = |crowd: &Crowd| crowd.connected == size && crowd.delivered >= 2 * all;
        let short = crowd(&page, short, "two updates by short polls", enough).await;
        let long = crowd(&page, long, "two updates by long polls", |crowd| enough(crowd) && crowd.held == size).await;
        assert_eq!((short.held, short.lost, long.lost), (0, 0, 0), "{size}");
        let a_second = |crowd: &Crowd| crowd.requests as f64 * 1000.0 / f64::from(crowd.age_ms);
        let (often, seldom) = (a_second(&short), a_second(&long));
        assert!(often > 3.0 * seldom, "{size}: {often:.1} requests a second, {seldom:.1} of long polls");
        assert!(short.empty > 2 * short.delivered && long.empty == 0, "{short:?}, {long:?}");
        let check = Check {
            at_least: Some(f64::from(size)),
            technique: Some(Technique::LongPoll),
            ..Check::about(Figure::CrowdHeld)
        };
        page.until("the goal of the step", |ledger| ledger.holds(&check)).await;
    }
    server.stop().await;
}

/// `heartbeats/the-herd`: clients that were cut off together and come back after the same time come back together;
/// chance spreads them out.
#[tokio::test(flavor = "multi_thread")]
async fn chance_spreads_those_who_come_back() {
    const SIZE: u32 = 400;
    let server = server().await;
    let lab = LabSpec { source: Source::Button, distance_ms: 10, ..LabSpec::default() };
    let page = Page::open(&server, &lab).await;
    let ways = [Reconnect::Immediately, Reconnect::Fixed, Reconnect::Exponential, Reconnect::ExponentialJitter];
    let mut peaks = Vec::new();
    for way in ways {
        let asked = spec(SIZE, Technique::WebSocket, way);
        crowd(&page, asked, "all connected", |crowd| crowd.connected == SIZE && crowd.connections == SIZE).await;
        let cut = Fault { duration_ms: Some(100), ..Fault::new(1, Kind::cut(Close::Rst)) };
        page.command(Command::Fault { fault: cut }).await;
        let back = |ledger: &Ledger| {
            latest(ledger).is_some_and(|crowd| {
                crowd.cut_ms.is_some_and(|ms| ms > 1500)
                    && crowd.connected == SIZE
                    && crowd.connects.iter().sum::<u32>() >= SIZE
            })
        };
        let ledger = page.until("all back", back).await;
        let check = Check { reconnect: Some(way), ..Check::about(Figure::ReconnectPeak) };
        let peak = ledger.figure_of(&check).expect("they were cut");
        println!("{way:?}: {peak} a second, {:?}", latest(&ledger).map(|crowd| &crowd.connects));
        peaks.push(peak);
        // What one cut brought must not be taken for the next.
        page.command(Command::Crowd { crowd: None }).await;
        page.until("all gone", |ledger| latest(ledger).is_some_and(|crowd| !crowd.here)).await;
    }
    let [immediately, fixed, exponential, jitter] = peaks[..] else { panic!("four ways") };
    for herd in [immediately, fixed, exponential] {
        assert!(3.0 * jitter <= herd, "{jitter} a second by chance, {herd} without: {peaks:?}");
    }
    server.stop().await;
}
