//! The claims of the lesson on WebSocket.

use lifeline::{
    ledger::{Figure, Ledger},
    wire::{
        Technique,
        control::{LabSpec, Source},
        observation::ClientSettings,
    },
};
use std::sync::Arc;

use super::{
    support::{Page, server},
    value,
};

fn at_least(figure: Figure, count: f64) -> impl Fn(&Ledger) -> bool {
    move |ledger| ledger.figure(figure).is_some_and(|value| value >= count)
}

/// What an update costs on the wire, both ways, when a technique has brought so many, one every 500 ms.
async fn price(technique: Technique, count: f64) -> f64 {
    let server = server().await;
    let spec = LabSpec { source: Source::Steady { every_ms: 500 }, distance_ms: 0, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let settings = ClientSettings { interval_ms: 250, ..ClientSettings::new(technique) };
    let enough = at_least(Figure::Delivered, count);
    match technique {
        Technique::Sse | Technique::WebSocket => page.listen(1, settings, enough).await,
        _ => page.poll(1, settings, enough).await,
    }
    let ledger = page.until("the updates", at_least(Figure::Delivered, count)).await;
    server.stop().await;
    value(&ledger, Figure::BytesPerUpdate)
}

/// `websocket/marginal-bytes`: once it is set up, an update costs less from one technique to the next. These clients send the
/// shortest heads that there are; a browser's are longer, and its polls dearer.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_costs_less_from_one_technique_to_the_next() {
    let (short, long, sse, websocket) = tokio::join!(
        price(Technique::ShortPoll, 8.0),
        price(Technique::LongPoll, 8.0),
        price(Technique::Sse, 8.0),
        price(Technique::WebSocket, 8.0),
    );
    println!("bytes an update: {short:.0} > {long:.0} > {sse:.0} > {websocket:.0}");
    assert!(short > long && long > sse && sse > websocket, "{short} {long} {sse} {websocket}");
    // JSON of a good 40 bytes, and a head of 2 (RFC 6455 §5.2).
    assert!((40.0..55.0).contains(&websocket), "{websocket}");
    assert!(sse < 120.0 && long > 250.0, "{sse} {long}");
}
