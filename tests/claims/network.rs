//! The claims of lesson 7: each patient as the lesson has it, sick and cured. The labs and clients are the lesson's own.

use std::{path::Path, sync::Arc};

use lifeline::{
    fault::{Fault, Kind},
    ledger::{Check, Figure, Ledger},
    lesson::{load::Shelf, manifest::Step},
    wire::{
        Technique,
        control::{Command, LabSpec, Source},
        observation::{Ask, ClientSettings, Reconnect},
    },
};
use tokio::task::JoinSet;

use crate::{
    support::{Page, server},
    value,
};

fn step(id: &str) -> Step {
    let shelf = Shelf::folder(Path::new("lessons")).expect("the lessons are good");
    let library = shelf.library();
    let lesson = library.lesson("network").expect("the lesson is there");
    lesson.manifest.step.iter().find(|step| step.id == id).expect("the step is there").clone()
}

/// A client that runs until the set is dropped.
fn run(page: &Arc<Page>, settings: &ClientSettings) -> JoinSet<()> {
    let mut crew = JoinSet::new();
    let (page, settings) = (Arc::clone(page), settings.clone());
    crew.spawn(async move {
        match settings.technique {
            Technique::Sse => page.follow(1, settings).await,
            Technique::WebSocket => page.live(1, settings).await,
            _ => page.poll(1, settings, |_| false).await,
        }
    });
    crew
}

fn figure(ledger: &Ledger, figure: Figure) -> f64 {
    ledger.figure(figure).unwrap_or_default()
}

/// How many updates were published and not delivered so far.
fn behind(ledger: &Ledger) -> f64 {
    figure(ledger, Figure::Published) - figure(ledger, Figure::Delivered)
}

/// Runs the step's client until the ledger shows what is wanted, and gives it.
async fn until(step: &Step, client: &ClientSettings, what: &str, shows: impl Fn(&Ledger) -> bool) -> Ledger {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &step.lab).await);
    let crew = run(&page, client);
    let ledger = page.until(what, shows).await;
    drop(crew);
    server.stop().await;
    ledger
}

/// Runs the step's client, cured, until the step's goal is reached.
async fn cured(step: &Step, client: &ClientSettings) {
    until(step, client, "the goal", |ledger| step.goal.iter().all(|check| ledger.holds(check))).await;
}

/// `network/field-guide`: on a line that carries 300 bytes a second, who asks waits far longer than who listens.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_thin_line_those_who_ask_suffer() {
    let server = server().await;
    let spec = LabSpec { source: Source::Steady { every_ms: 1000 }, ..LabSpec::default() };
    let mut delays = Vec::new();
    for technique in [Technique::ShortPoll, Technique::WebSocket] {
        let page = Arc::new(Page::open(&server, &spec).await);
        let crew = run(&page, &ClientSettings::new(technique));
        page.until("the first update", |ledger| figure(ledger, Figure::Delivered) >= 1.0).await;
        let kind = Kind::Bandwidth { bytes_per_s: 300, burst: 0 };
        page.command(Command::Fault { fault: Fault::new(1, kind) }).await;
        let ledger = page.until("five more", |ledger| figure(ledger, Figure::Delivered) >= 6.0).await;
        delays.push(value(&ledger, Figure::DelayMax));
        drop(crew);
    }
    println!("longest delay on a thin line: polls {:.0} ms, a socket {:.0} ms", delays[0], delays[1]);
    assert!(delays[0] > 2.0 * delays[1] && delays[0] > 1500.0, "{delays:?}");
    server.stop().await;
}

/// `network/patient-a`: a hold that is longer than an intermediary's limit ends with 504, and the next news is late.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_to_end_before_the_limit_does() {
    let step = step("patient-a");
    let sick = until(&step, &step.client, "an update", |ledger| figure(ledger, Figure::Delivered) >= 1.0).await;
    assert!(value(&sick, Figure::DelayMax) > 1000.0, "{}", value(&sick, Figure::DelayMax));
    cured(&step, &ClientSettings { hold_ms: 2000, ..step.client.clone() }).await;
}

/// `network/patient-b`: a list whose address stays the same comes from the cache, and one whose address is new does not.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_new_is_in_no_cache() {
    let step = step("patient-b");
    let sick = until(&step, &step.client, "six updates", |ledger| figure(ledger, Figure::Delivered) >= 6.0).await;
    assert!(value(&sick, Figure::DelayMax) > 3000.0, "{}", value(&sick, Figure::DelayMax));
    cured(&step, &ClientSettings { ask: Ask::Board, ..step.client.clone() }).await;
}

/// `network/patient-c`: a stream comes in lumps through a proxy that buffers, and answers that end come at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_is_passed_on() {
    let step = step("patient-c");
    let sick = until(&step, &step.client, "six updates", |ledger| figure(ledger, Figure::Delivered) >= 6.0).await;
    assert!(value(&sick, Figure::DelayMean) > 2000.0, "{}", value(&sick, Figure::DelayMean));
    cured(&step, &ClientSettings { technique: Technique::LongPoll, ..step.client.clone() }).await;
}

/// `network/patient-d`: a socket on which nothing moves is forgotten without a word, and beats keep it in mind.
#[tokio::test(flavor = "multi_thread")]
async fn a_beat_keeps_a_connection_in_mind() {
    let step = step("patient-d");
    let sick = until(&step, &step.client, "two updates that do not come", |ledger| behind(ledger) >= 2.0).await;
    assert!(value(&sick, Figure::Delivered) >= 1.0, "it began well");
    assert_eq!(value(&sick, Figure::Reconnects), 0.0, "nobody noticed");
    cured(&step, &ClientSettings { beat_ms: Some(1000), ..step.client.clone() }).await;
}

/// `network/patient-e`: who never comes back after a restart hears nothing more, and who does has lost nothing.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_somebody_has_to_come_back() {
    let step = step("patient-e");
    let sick = until(&step, &step.client, "four updates that do not come", |ledger| behind(ledger) >= 4.0).await;
    assert!(value(&sick, Figure::Delivered) >= 3.0, "it began well");
    cured(&step, &ClientSettings { reconnect: Reconnect::ExponentialJitter, ..step.client.clone() }).await;
}

/// `network/patient-f`: a handshake is answered like an ordinary request, and a stream works on the same way.
#[tokio::test(flavor = "multi_thread")]
async fn where_no_upgrade_gets_through_a_stream_does() {
    let step = step("patient-f");
    let server = server().await;
    let page = Arc::new(Page::open(&server, &step.lab).await);
    assert_eq!(page.handshake(1).await, 200);
    server.stop().await;
    cured(&step, &ClientSettings { technique: Technique::Sse, ..step.client.clone() }).await;
}

/// `network/patient-g`: what is sent faster than it is read is late, later and then lost; with fewer bytes it is in time.
#[tokio::test(flavor = "multi_thread")]
async fn fewer_bytes_are_read_in_time() {
    let step = step("patient-g");
    let check = Check { at_least: Some(3000.0), ..Check::about(Figure::DelayMax) };
    until(&step, &step.client, "updates that are late", |ledger| ledger.holds(&check)).await;
    cured(&step, &ClientSettings { binary: true, ..step.client.clone() }).await;
}
