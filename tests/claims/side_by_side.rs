//! The claims of the lessons in which clients of all techniques run side by side: the first, and the race.

use std::sync::Arc;

use lifeline::{
    fault::{Fault, Kind},
    ledger::{Check, Figure, Ledger},
    net::clock,
    wire::{
        Close, Fact, Observation, Technique,
        control::{Command, LabSpec, Source},
        observation::ClientSettings,
    },
};
use tokio::task::JoinSet;

use crate::support::{Page, server};

const ALL: [Technique; 4] = [Technique::ShortPoll, Technique::LongPoll, Technique::Sse, Technique::WebSocket];

/// Starts a client of each technique on one feed; they run until the set is dropped.
fn start(page: &Arc<Page>, techniques: &[Technique], like: &ClientSettings) -> JoinSet<()> {
    let mut crew = JoinSet::new();
    for (seat, technique) in techniques.iter().enumerate() {
        let settings = ClientSettings { technique: *technique, seat: seat as u8, ..like.clone() };
        let (page, client) = (Arc::clone(page), seat as u16 + 1);
        crew.spawn(async move {
            match settings.technique {
                Technique::Sse => page.follow(client, settings).await,
                Technique::WebSocket => page.live(client, settings).await,
                _ => page.poll(client, settings, |_| false).await,
            }
        });
    }
    crew
}

fn of(ledger: &Ledger, technique: Technique, figure: Figure) -> f64 {
    let check = Check { technique: Some(technique), ..Check::about(figure) };
    ledger.figure_of(&check).unwrap_or_default()
}

fn each(figure: Figure, least: f64) -> impl Fn(&Ledger) -> bool {
    move |ledger| ALL.iter().all(|technique| of(ledger, *technique, figure) >= least)
}

fn at_work(ledger: &Ledger) -> bool {
    each(Figure::Requests, 1.0)(ledger) && of(ledger, Technique::LongPoll, Figure::Held) >= 1.0
}

/// `race/delays`, `race/nothing-lost`, `race/bytes`: an update every 5 s on average, a poll each second, for a minute, at a
/// distance of 80 ms.
#[tokio::test(flavor = "multi_thread")]
async fn for_a_minute_all_four_hear_the_same_news_at_different_prices() {
    let server = server().await;
    let spec =
        LabSpec { source: Source::Random { mean_ms: 5000, seed: Some(7) }, distance_ms: 80, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let crew = start(&page, &ALL, &ClientSettings::new(Technique::ShortPoll));
    let began = clock::now();
    page.command(Command::Source { running: true }).await;
    // Time is measured by the polls: one a second.
    page.until("a minute", |ledger| of(ledger, Technique::ShortPoll, Figure::Requests) >= 60.0).await;
    page.command(Command::Source { running: false }).await;
    let published = |ledger: &Ledger| ledger.figure(Figure::Published).unwrap_or_default();
    let ledger = page.until("the last", |ledger| each(Figure::Delivered, published(ledger))(ledger)).await;
    drop(crew);
    let figures = |figure| ALL.map(|technique| of(&ledger, technique, figure));
    let (delays, bytes) = (figures(Figure::DelayMedian), figures(Figure::BytesPerUpdate));
    println!(
        "{} updates in {} s: median delays {delays:.0?} ms, bytes an update {bytes:.0?}, requests {:.0?}",
        published(&ledger),
        (clock::now() - began) / 1_000_000,
        figures(Figure::Requests)
    );
    assert!(published(&ledger) >= 6.0);
    assert_eq!(figures(Figure::Lost), [0.0; 4]);
    assert_eq!(figures(Figure::Duplicated), [0.0; 4]);
    assert!(bytes.is_sorted_by(|more, less| more > less), "{bytes:?}");
    let [short, quick @ ..] = delays;
    let (least, most) = quick.iter().fold((f64::MAX, 0.0), |(a, b): (f64, f64), d| (a.min(*d), b.max(*d)));
    assert!(most - least <= 20.0 && least >= 80.0 && most < 110.0, "{quick:?}");
    // Half an interval more, give or take what a dozen samples are worth.
    assert!((250.0..800.0).contains(&(short - least)), "{short} against {least}");
    server.stop().await;
}

/// `four-ways/who-waits`, `four-ways/each-delivers`, `four-ways/browser-first`: what is published reaches all four; the page
/// that asks by the clock has it last; and nothing came from the server before it was asked.
#[tokio::test(flavor = "multi_thread")]
async fn one_update_reaches_all_four_and_every_browser_spoke_first() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 200, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let crew = start(&page, &ALL, &ClientSettings { interval_ms: 3000, ..ClientSettings::new(Technique::ShortPoll) });
    page.until("all at work", at_work).await;
    for round in 1..=3 {
        page.command(Command::Publish).await;
        let quick = |ledger: &Ledger| {
            ALL[1..].iter().all(|technique| of(ledger, *technique, Figure::Delivered) >= f64::from(round))
        };
        page.until("the quick ones", quick).await;
        page.until("the slow one", each(Figure::Delivered, f64::from(round))).await;
    }
    let ledger = page.until("three", each(Figure::DeliveredByHand, 3.0)).await;
    drop(crew);
    let delays = ALL.map(|technique| of(&ledger, technique, Figure::DelayMax));
    println!("longest delays {delays:.0?} ms");
    assert!(delays[1..].iter().all(|delay| *delay < delays[0]), "{delays:?}");
    for technique in ALL {
        assert!(of(&ledger, technique, Figure::Requests) >= 1.0, "{technique:?} asked");
    }
    server.stop().await;
}

/// `race/two-in-a-row`: by long polling the second of two updates waits for the next request.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_updates_waits_for_the_next_request() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 250, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let crew = start(&page, &ALL[1..], &ClientSettings::new(Technique::LongPoll));
    let three = |figure, least: f64| move |ledger: &Ledger| ALL[1..].iter().all(|t| of(ledger, *t, figure) >= least);
    page.until("a hold", |ledger| of(ledger, Technique::LongPoll, Figure::Held) >= 1.0).await;
    page.until("all at work", three(Figure::Requests, 1.0)).await;
    page.command(Command::Publish).await;
    page.until("the first is published", |ledger| ledger.figure(Figure::Published) >= Some(1.0)).await;
    page.command(Command::Publish).await;
    let ledger = page.until("both", three(Figure::Delivered, 2.0)).await;
    drop(crew);
    let delays = ALL.map(|technique| of(&ledger, technique, Figure::DelayMax));
    println!("longest delays {:.0?} ms", &delays[1..]);
    // Its answer is on its way, the next request, and that one's answer: three transits, less the time between the two.
    assert!((650.0..850.0).contains(&delays[1]), "{delays:?}");
    assert!(delays[2..].iter().all(|delay| (250.0..330.0).contains(delay)), "{delays:?}");
    server.stop().await;
}

/// `race/silence`: while nothing happens, the clock asks, a hold is renewed now and then, a stream has a comment, and a socket
/// is silent.
#[tokio::test(flavor = "multi_thread")]
async fn silence_has_its_price_too() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 10, comment_ms: 1000, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let like = ClientSettings { interval_ms: 200, hold_ms: 1000, ..ClientSettings::new(Technique::ShortPoll) };
    let crew = start(&page, &ALL, &like);
    let before = page.until("all at work", at_work).await;
    let ledger = page.until("silence", |ledger| of(ledger, Technique::LongPoll, Figure::Held) >= 4.0).await;
    drop(crew);
    let paid = ALL.map(|t| of(&ledger, t, Figure::Bytes) - of(&before, t, Figure::Bytes));
    let requests = ALL.map(|t| of(&ledger, t, Figure::Requests));
    println!("bytes of some silence {paid:.0?}, requests {requests:.0?}");
    assert!(paid[0] > paid[1] && paid[1] > paid[2] && paid[2] > paid[3], "{paid:?}");
    assert!(paid[3] < 200.0, "a socket pays nothing: {paid:?}");
    assert_eq!(&requests[2..], [1.0, 1.0]);
    server.stop().await;
}

/// Runs all four, breaks their lab, publishes two updates while it is broken, as `broken` tells, and mends it. The ledger when
/// all have both, of which none may have lost any.
async fn through(kind: Kind, broken: impl AsyncFn(&Page)) -> Ledger {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 20, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let crew = start(&page, &ALL, &ClientSettings { interval_ms: 500, ..ClientSettings::new(Technique::ShortPoll) });
    page.until("all at work", at_work).await;
    page.command(Command::Fault { fault: Fault::new(1, kind) }).await;
    broken(&page).await;
    page.command(Command::Publish).await;
    page.command(Command::Publish).await;
    page.until("both are published", |ledger| ledger.figure(Figure::Published) >= Some(2.0)).await;
    page.command(Command::Mend { id: 1 }).await;
    let ledger = page.until("all of it", each(Figure::Delivered, 2.0)).await;
    drop(crew);
    for technique in ALL {
        assert_eq!(of(&ledger, technique, Figure::Lost), 0.0, "{technique:?}");
    }
    server.stop().await;
    ledger
}

fn came_back(technique: Technique) -> impl Fn(&Ledger) -> bool {
    move |ledger| of(ledger, technique, Figure::Reconnects) >= 1.0
}

/// `race/after-a-cut`: with a cursor all four have in the end what was published while they were cut off.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_cut_all_four_have_everything() {
    let ledger = through(Kind::cut(Close::Fin), async |page| {
        page.until("the stream is broken", came_back(Technique::Sse)).await;
        page.until("the socket is broken", came_back(Technique::WebSocket)).await;
    })
    .await;
    assert_eq!(ALL[2..].iter().map(|t| of(&ledger, *t, Figure::Recovered)).collect::<Vec<_>>(), [2.0, 2.0]);
}

/// A restart, as a lab sees it: sockets are told 1012 (service restart), streams end in order and come back by themselves, held
/// requests are answered; and with a cursor nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_says_goodbye_and_loses_nothing_of_those_who_come_back() {
    let goodbye = |seen: &Observation| matches!(seen.fact, Fact::Shut { code: 1012, clean: true });
    through(Kind::restart(), async |page| {
        page.ends("the goodbye", |ends| ends.iter().any(goodbye)).await;
        page.until("the stream has ended", came_back(Technique::Sse)).await;
    })
    .await;
}
