//! Short and long connections.

use std::{sync::Arc, time::Duration};

use lifeline::{
    ledger::{Check, Figure, Ledger},
    wire::{
        Fact, Technique,
        control::{Command, LabSpec},
        observation::ClientSettings,
    },
};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

use crate::{
    support::{Page, server},
    value,
};

fn spec(keep_alive_ms: u32, distance_ms: u32) -> LabSpec {
    LabSpec { keep_alive_ms, distance_ms, handshake: true, ..LabSpec::default() }
}

fn visitor(closing: bool, resources: u32) -> ClientSettings {
    ClientSettings { closing, resources, ..ClientSettings::new(Technique::Request) }
}

fn reached(figure: Figure, least: f64) -> impl Fn(&Ledger) -> bool {
    move |ledger| ledger.figure(figure) >= Some(least)
}

/// A figure over the visits of one kind.
fn of(ledger: &Ledger, figure: Figure, closing: bool) -> f64 {
    let check = Check { closing: Some(closing), ..Check::about(figure) };
    ledger.figure_of(&check).expect("it is defined")
}

/// `connections/nine-when-closed`, `connections/at-most-six-when-kept` and `connections/handshake-round-trip`: the same
/// nine answers over nine connections, over six, and over none that is new, each time sooner.
#[tokio::test(flavor = "multi_thread")]
async fn nine_resources_take_nine_connections_or_six() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &spec(60_000, 40)).await);
    let pool = page.pool(6);
    let mut times = Vec::new();
    for (client, closing) in [(1, true), (2, false), (3, false)] {
        page.visit(&pool, client, visitor(closing, 8)).await;
        let answers = 9.0 * f64::from(client);
        let ledger = page.until("a whole page", |ledger| ledger.figure(Figure::Answers) == Some(answers)).await;
        let ledger = if closing { page.until("nine ends", reached(Figure::SaidClose, 9.0)).await } else { ledger };
        times.push(page.until("it is over", |l| l.figure_for(client, Figure::LoadTime).is_some()).await);
        assert_eq!(of(&ledger, Figure::Connections, true), 9.0);
        assert_eq!(of(&ledger, Figure::Reused, true), 0.0);
    }
    let [first, second, third] = [0, 1, 2].map(|i| value(&times[i], Figure::LoadTime));
    let last = &times[2];
    assert_eq!((of(last, Figure::OpenedNew, false), of(last, Figure::Reused, false)), (6.0, 12.0));
    assert_eq!(value(last, Figure::SaidKeepAlive), 0.0, "nobody has to say it");
    // Three handshakes one after the other, two, none; each is a round trip of 80 ms.
    assert!(first >= 480.0 && second >= 320.0 && third >= 240.0, "{first} {second} {third}");
    assert!(first > second + 40.0 && second > third + 40.0, "{first} {second} {third}");
    server.stop().await;
}

/// `connections/reuse-after-1-s` and `connections/none-after-3-s`: a keep-alive time of two seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_used_again_after_one_second_and_not_after_three() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &spec(2000, 40)).await);
    let pool = page.pool(6);
    page.visit(&pool, 1, visitor(false, 0)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    page.visit(&pool, 2, visitor(false, 0)).await;
    let ledger = page.until("a second answer", reached(Figure::Reused, 1.0)).await;
    assert_eq!((value(&ledger, Figure::OpenedNew), value(&ledger, Figure::ServerClosed)), (1.0, 0.0));
    tokio::time::sleep(Duration::from_secs(3)).await;
    page.visit(&pool, 3, visitor(false, 0)).await;
    let ledger = page.until("a third answer", reached(Figure::OpenedNew, 2.0)).await;
    assert_eq!((value(&ledger, Figure::Reused), value(&ledger, Figure::ServerClosed)), (1.0, 1.0));
    server.stop().await;
}

/// `connections/open-while-nothing-travels`: after a plain request, under a held request and under a stream, the same
/// connections are there a second later.
#[tokio::test(flavor = "multi_thread")]
async fn three_connections_stay_open_while_nothing_travels() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &spec(60_000, 20)).await);
    let pool = page.pool(6);
    page.visit(&pool, 1, visitor(false, 0)).await;
    let (held, stream) = (page.pool(1), page.pool(1));
    let holding = tokio::spawn({
        let target = page.path("hold?c=2&n=1");
        async move { held.get(&target).await }
    });
    let mut events = stream.open(&page.path("events?cursor=0&c=3&n=1")).await.expect("the lab answers");
    page.until("three connections", reached(Figure::Connections, 3.0)).await;
    page.until("a hold", reached(Figure::Held, 1.0)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    page.command(Command::Publish).await;
    assert_eq!(holding.await.expect("no panic").expect("an answer").0, 200);
    assert!(until(&mut events, "event: alert").await.contains("200 OK"));
    page.visit(&pool, 4, visitor(false, 0)).await;
    let ledger = page.until("a second visit", reached(Figure::Reused, 1.0)).await;
    assert_eq!((value(&ledger, Figure::Connections), value(&ledger, Figure::ServerClosed)), (3.0, 0.0));
    server.stop().await;
}

/// `connections/a-request-meets-the-end`: what is sent while the end of its connection is still on its way is never
/// answered there, and counts as repeated when it is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_meet_the_end_of_its_connection() {
    let server = server().await;
    let page = Arc::new(Page::open(&server, &spec(500, 400)).await);
    let pool = page.pool(6);
    page.visit(&pool, 1, visitor(false, 0)).await;
    // The server has decided after 500 ms, the client learns of it after 900 ms.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let target = page.path("page?c=2&n=1");
    page.told(2, 1, Fact::Asked { method: "GET".to_owned(), target: target.clone() }).await;
    let end = pool.get(&target).await.expect_err("nobody answers there");
    assert_eq!(end.kind(), std::io::ErrorKind::UnexpectedEof, "{end}");
    assert_eq!(pool.get(&target).await.expect("a new connection").0, 200);
    let ledger = page.until("both tries", reached(Figure::Repeated, 1.0)).await;
    assert_eq!((value(&ledger, Figure::OpenedNew), value(&ledger, Figure::Reused)), (2.0, 1.0));
    server.stop().await;
}

/// Reads up to a text, and gives all that came.
async fn until(socket: &mut TcpStream, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let byte = timeout(Duration::from_secs(5), socket.read_u8()).await.expect("in time").expect("it is open");
        read.push(char::from(byte));
    }
    read
}
