//! The claims of the lesson on WebSocket.

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    fault::{Fault, Kind},
    ledger::{Figure, Ledger},
    wire::{
        ClientNo, Fact, Technique, Unit, Witness,
        control::{Command, LabSpec, Source},
        observation::ClientSettings,
    },
};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

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

/// The code that the server saw, once it tells.
async fn server_saw(page: &Page, client: ClientNo) -> (u16, bool) {
    let shut = |seen: &lifeline::wire::Observation| match seen.fact {
        Fact::Shut { code, clean } if seen.client == Some(client) && seen.witness == Witness::Server => {
            Some((code, clean))
        }
        _ => None,
    };
    let ends = page.ends("the server's end", |ends| ends.iter().any(|seen| shut(seen).is_some())).await;
    ends.iter().find_map(shut).expect("it was waited for")
}

/// `websocket/close-codes`: the code of the close frame that came, at each end; 1006 where none came, 1005 where it had
/// none, and neither of those is ever on the wire.
#[tokio::test(flavor = "multi_thread")]
async fn each_end_sees_the_code_that_came() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 20, ..LabSpec::default() };
    let page = Page::open(&server, &spec).await;
    let code_of = |message: Option<Result<Message, _>>| match message {
        Some(Ok(Message::Close(frame))) => frame.map_or(1005, |frame| u16::from(frame.code)),
        other => panic!("no close frame: {other:?}"),
    };
    for (client, sent, wanted) in [(1, Some(4000u16), 4000), (2, None, 1005)] {
        let mut socket = page.open_socket(client).await;
        let frame = sent.map(|code| CloseFrame { code: code.into(), reason: "".into() });
        socket.send(Message::Close(frame)).await.expect("it is sent");
        assert_eq!(code_of(socket.next().await), wanted, "the server's answer has the same");
        assert_eq!(server_saw(&page, client).await, (wanted, true));
    }
    drop(page.open_socket(3).await);
    assert_eq!(server_saw(&page, 3).await, (1006, false), "it went without a word");
    let mut socket = page.open_socket(4).await;
    page.command(Command::Reset).await;
    assert_eq!(code_of(socket.next().await), 1001, "the server goes away");
    while let Some(Ok(_)) = socket.next().await {}
    assert_eq!(server_saw(&page, 4).await, (1001, true), "and sees it come back");
    let ends = page.ends("all close frames", |ends| {
        let frames = ends.iter().filter(|seen| matches!(seen.fact, Fact::Unit { .. }));
        frames.count() >= 6
    });
    for seen in ends.await {
        if let Fact::Unit { unit: Unit::Frame(frame), .. } = seen.fact {
            assert!(matches!(frame.close, None | Some(4000 | 1001)), "{frame:?}");
        }
    }
    server.stop().await;
}

/// `websocket/both-ways`: what goes up does not hold up what comes down.
#[tokio::test(flavor = "multi_thread")]
async fn both_sides_speak_at_once() {
    let server = server().await;
    let spec = LabSpec { source: Source::Steady { every_ms: 150 }, distance_ms: 200, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let settings = ClientSettings { beat_ms: Some(100), ..ClientSettings::new(Technique::WebSocket) };
    let running = tokio::spawn({
        let page = Arc::clone(&page);
        async move { page.live(1, settings).await }
    });
    page.until("three beats", at_least(Figure::Sent, 3.0)).await;
    let ledger = page.until("ten updates", at_least(Figure::Delivered, 10.0)).await;
    let median = value(&ledger, Figure::DelayMedian);
    assert!((200.0..230.0).contains(&median), "median delay {median} ms at a distance of 200 ms");
    running.abort();
    server.stop().await;
}

/// `websocket/binary`: an update of eleven bytes in a frame of thirteen.
#[tokio::test(flavor = "multi_thread")]
async fn a_binary_update_is_thirteen_bytes_on_the_wire() {
    let server = server().await;
    let spec = LabSpec { source: Source::Steady { every_ms: 50 }, distance_ms: 0, ..LabSpec::default() };
    let page = Arc::new(Page::open(&server, &spec).await);
    let settings = ClientSettings { binary: true, ..ClientSettings::new(Technique::WebSocket) };
    let running = tokio::spawn({
        let page = Arc::clone(&page);
        async move { page.live(1, settings).await }
    });
    page.until("five updates", at_least(Figure::Delivered, 5.0)).await;
    page.command(Command::Source { running: false }).await;
    let all = |ledger: &Ledger| ledger.figure(Figure::Delivered) == ledger.figure(Figure::Published);
    let ledger = page.until("all of them", all).await;
    assert_eq!(value(&ledger, Figure::BytesPerUpdate), 13.0);
    running.abort();
    server.stop().await;
}

/// A piece of a stroke: from (0, 1) to (2, 3).
const PIECE: &str = "\u{2}\0\0\0\u{1}\0\u{2}\0\u{3}";

/// `websocket/pad-relay`: what one page draws reaches the other as it was, and does not come back; no request is needed.
#[tokio::test(flavor = "multi_thread")]
async fn a_stroke_goes_to_the_others_as_it_is() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 20, ..LabSpec::default() };
    let page = Page::open(&server, &spec).await;
    let (mut one, mut other) = (page.open_socket(1).await, page.open_socket(2).await);
    one.send(Message::binary(PIECE.as_bytes().to_vec())).await.expect("it is sent");
    let came = other.next().await.expect("it comes").expect("in order");
    assert_eq!(came.into_data(), PIECE.as_bytes());
    // What comes back to who drew is the other's alone.
    other.send(Message::text("beat 1")).await.expect("it is sent");
    other.send(Message::binary(vec![2, 9])).await.expect("it is sent");
    assert_eq!(one.next().await.expect("it comes").expect("in order").into_data(), vec![2, 9]);
    let ledger = page.until("both handshakes", at_least(Figure::Requests, 2.0)).await;
    assert_eq!(value(&ledger, Figure::Requests), 2.0);
    server.stop().await;
}

/// `websocket/pad-post`: with an event stream the same piece needs a request of its own, and comes down as Base64.
#[tokio::test(flavor = "multi_thread")]
async fn over_a_stream_each_piece_of_a_stroke_is_a_request() {
    let server = server().await;
    let spec = LabSpec { source: Source::Button, distance_ms: 20, ..LabSpec::default() };
    let page = Page::open(&server, &spec).await;
    let (mut own, mut others) = (page.overhear(1), page.overhear(2));
    let greeted =
        |said: Option<(String, String)>| said.is_some_and(|(event, data)| event.is_empty() && data.contains('2'));
    while !greeted(own.recv().await) {}
    for n in 2..5 {
        assert_eq!(page.post_stroke(1, n, PIECE).await, 204);
    }
    let mut strokes = Vec::new();
    while strokes.len() < 3 {
        let (event, data) = others.recv().await.expect("the stream goes on");
        strokes.extend((event == "stroke").then_some(data));
    }
    assert_eq!(strokes, ["AgAAAAEAAgAD"; 3]);
    assert_eq!(page.post_stroke(1, 5, "nonsense").await, 400);
    assert_eq!(page.post_stroke(1, 6, &format!("\u{2}{}", "x".repeat(4096))).await, 413);
    // Who drew hears the other's strokes, and none of its own.
    assert_eq!(page.post_stroke(2, 2, PIECE).await, 204);
    while let Some((event, _)) = own.recv().await {
        if event == "stroke" {
            break;
        }
    }
    assert!(own.try_recv().is_err());
    let ledger = page.until("all requests", at_least(Figure::Requests, 8.0)).await;
    assert_eq!(value(&ledger, Figure::Requests), 8.0, "two streams, and a request for each piece");
    server.stop().await;
}

/// `choosing/ladder-intermediary`: where the wish for an upgrade is stripped, the handshake is answered with 426, and ordinary
/// requests are answered as ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_stripped_handshake_is_no_handshake() {
    let server = server().await;
    let page = Page::open(&server, &LabSpec::default()).await;
    let mut stream = page.overhear(9);
    page.command(Command::Fault { fault: Fault::new(1, Kind::strip_upgrade()) }).await;
    let mut status = page.handshake(1).await;
    // The command is on its way on another connection.
    for client in 2..50 {
        if status == 426 {
            break;
        }
        status = page.handshake(client).await;
    }
    assert_eq!(status, 426);
    assert!(stream.recv().await.is_some(), "a stream is opened as ever");
    page.command(Command::Mend { id: 1 }).await;
    for client in 50..100 {
        status = page.handshake(client).await;
        if status == 101 {
            break;
        }
    }
    assert_eq!(status, 101, "as before, once it is mended");
    server.stop().await;
}
