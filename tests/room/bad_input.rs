//! Whatever is wrong gets a clear status and message, and the course goes on.

use std::time::Duration;

use futures_util::SinkExt;
use lifeline::{
    room::Limits,
    wire::control::{Command, Down, MAX_UP, Up},
};
use tokio_tungstenite::tungstenite::{
    self, Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{Course, Lab, ask, raw};

#[tokio::test]
async fn a_lab_out_of_range_is_not_made() {
    let course = Course::start().await;
    for (spec, said) in [
        (r#"{"distance_ms":9999}"#, "5000"),
        (r#"{"history":0}"#, "1 to 1000"),
        (r#"{"sauce":"tomato"}"#, "unknown field"),
        ("nonsense", "JSON"),
        ("\u{1F4A5}", "JSON"),
        ("[]", "JSON"),
    ] {
        let answer = course.try_lab(spec).await;
        let why = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && why.contains(said), "{spec}: {why}");
    }
    let answer = course.try_lab(&format!("{{}}{}", " ".repeat(20_000))).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert_eq!(ask(course.site(), "GET", "/api/labs", "", "").await.status, 405);
    assert_eq!(ask(course.site(), "GET", "/api/nothing", "", "").await.status, 404);
    assert_eq!(course.try_lab("{}").await.status, 201);
}

#[tokio::test]
async fn one_address_makes_only_so_many_labs() {
    let course = Course::within(Limits { creations: (2.0, 0.0), ..Limits::default() }).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(course.try_lab("{}").await.status);
    }
    assert_eq!(statuses, [201, 201, 429, 429]);
}

#[tokio::test]
async fn strangers_names_and_pages_are_turned_away() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let path = format!("/l/{}/poll", lab.created.lab);
    let site = format!("http://localhost:{}", course.site().port());

    let rebound = "Host: evil.example:3000\r\n";
    assert_eq!(ask(lab.at, "GET", &path, rebound, "").await.status, 421);
    assert_eq!(ask(lab.site, "POST", "/api/labs", rebound, "{}").await.status, 421);
    let two = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(lab.at, two.as_bytes()).await.status, 400);

    let stranger = "Origin: http://evil.example\r\n";
    let answer = ask(lab.at, "GET", &path, stranger, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    assert_eq!(ask(lab.site, "POST", "/api/labs", stranger, "{}").await.status, 403);
    let refused = lab.try_socket(Some("http://evil.example")).await.err().unwrap();
    assert!(matches!(refused, tungstenite::Error::Http(response) if response.status() == 403));

    let ours = format!("Origin: {site}\r\n");
    let answer = ask(lab.at, "GET", &path, &ours, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(site.as_str())));
    assert_eq!((answer.header("vary"), answer.header("timing-allow-origin")), (Some("Origin"), Some(site.as_str())));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(lab.try_socket(Some(&site)).await.is_ok());

    let preflight =
        format!("{ours}Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: if-none-match\r\n");
    let answer = ask(lab.at, "OPTIONS", &path, &preflight, "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-methods")), (204, Some("GET, POST")));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("if-none-match"));
    assert_eq!(ask(lab.at, "OPTIONS", &path, stranger, "").await.status, 403);
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    for path in ["/l/aaaaaaaaaa/poll", "/l/NOTALAB/poll", "/l/%00%ff/poll", "/l/../poll", "/nothing"] {
        let answer = ask(lab.at, "GET", path, "", "").await;
        assert!(answer.status == 404 && answer.json()["error"].is_string(), "{path}: {}", answer.body);
    }
    let answer = lab.request("DELETE", "poll", "").await;
    assert_eq!(
        (answer.status, answer.header("allow"), answer.json()["error"].is_string()),
        (405, Some("GET,HEAD"), true)
    );
    let long = ask(lab.at, "POST", &format!("/l/{}/job", lab.created.lab), "", &"x".repeat(1025)).await;
    assert_eq!(long.status, 413);
}

#[tokio::test]
async fn a_wrong_secret_learns_no_more_than_a_wrong_lab() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let other = course.lab("{}").await;
    let mut nobodys = lab.clone();
    nobodys.created.lab = "aaaaaaaaaa".to_owned().try_into().unwrap();
    let mut closes = Vec::new();
    for (lab, hello) in [(&lab, other.hello(1, None)), (&nobodys, lab.hello(1, None))] {
        let mut socket = lab.socket().await;
        socket.say(&hello).await;
        closes.push(socket.closed().await);
    }
    assert_eq!(closes[0].0, 4403);
    assert_eq!(closes[0], closes[1]);
}

/// What a fresh socket is closed with after a message.
async fn closed_after(lab: &Lab, message: Message) -> u16 {
    let mut socket = lab.socket().await;
    socket.ws.send(message).await.unwrap();
    socket.closed().await.0
}

#[tokio::test]
async fn messages_that_are_none_end_the_socket_with_their_code() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let frame = |bytes: &'static [u8]| Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true));
    assert_eq!(closed_after(&lab, Message::binary(&b"hello?"[..])).await, 1008);
    assert_eq!(closed_after(&lab, Message::binary(Up::Probe { id: 1 }.encode())).await, 1008);
    assert_eq!(closed_after(&lab, Message::text("hello?")).await, 1003);
    assert_eq!(closed_after(&lab, frame(b"\xff\xfe\xfd")).await, 1007);
    assert_eq!(closed_after(&lab, Message::binary(vec![0; MAX_UP + 1])).await, 1009);
    let reserved = Message::Frame(Frame::message(&b""[..], OpCode::Data(Data::Reserved(3)), true));
    assert_eq!(closed_after(&lab, reserved).await, 1002);
    let newer = Up::Hello { format: 99, secret: lab.created.secret.clone(), page: 1, resume: None };
    assert_eq!(closed_after(&lab, Message::binary(newer.encode())).await, 1008);
}

#[tokio::test]
async fn nonsense_after_the_hello_is_refused_and_the_socket_goes_on() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    let probe = Up::Probe { id: 3 }.encode();
    for nonsense in [
        Vec::new(),
        b"{}".to_vec(),
        vec![0xff; 40],
        probe[..1].to_vec(),
        [&probe[..], &[0]].concat(),
        // A string that says it is longer than the message, and one that is not UTF-8.
        vec![0, 1, 0xff, 0xff, 0x03, b'x'],
        vec![0, 1, 1, 0xff, 1, 0],
        lab.hello(1, None).encode(),
        // As long as a message may be.
        vec![0; MAX_UP],
    ] {
        page.socket.bytes(nonsense.clone()).await;
        let answer = page.answer().await;
        assert!(matches!(answer, Down::Refused { id: None, .. }), "{nonsense:?}: {answer:?}");
    }
    page.socket.bytes(probe).await;
    assert!(matches!(page.answer().await, Down::Probe { id: 3, .. }));
    page.command(Command::Publish).await;
}

#[tokio::test]
async fn who_talks_too_much_is_stopped() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    for _ in 0..400 {
        // The server may have closed in the middle of this.
        if page.socket.ws.feed(Message::binary(Up::Beat.encode())).await.is_err() {
            break;
        }
    }
    let _ = page.socket.ws.flush().await;
    assert_eq!(page.socket.closed().await.0, 1008);
    assert!(lab.page().await.epoch > 0);
}

#[tokio::test]
async fn only_so_many_pages_and_sockets() {
    let course = Course::within(Limits { sockets: 17, ..Limits::default() }).await;
    let lab = course.lab("{}").await;
    let mut pages = Vec::new();
    for number in 0..16 {
        pages.push(lab.resume(number, None).await);
    }
    let mut one_more = lab.socket().await;
    one_more.say(&lab.hello(99, None)).await;
    assert_eq!(one_more.closed().await.0, 1013);
    // The place of the one that was sent away becomes free in a moment.
    let _seventeenth = loop {
        match lab.try_socket(None).await {
            Ok(socket) => break socket,
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 503),
            Err(other) => panic!("{other}"),
        }
    };
    let refused = lab.try_socket(None).await.err().unwrap();
    assert!(matches!(refused, tungstenite::Error::Http(answer) if answer.status() == 503));
}

#[tokio::test]
async fn a_lab_without_a_page_ends() {
    let brief = lifeline::room::lab::Lifetime { unused: Duration::from_secs(60), idle: Duration::from_millis(50) };
    let course = Course::within(Limits { lifetime: brief, ..Limits::default() }).await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let page = lab.page().await;
    assert_eq!(lab.get("poll").await.status, 200);
    let entry = course.running.rooms().find(&lab.created.lab).unwrap();
    drop(page);
    entry.asks.closed().await;
    while course.running.rooms().find(&lab.created.lab).is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(lab.get("poll").await.status, 404);
}
