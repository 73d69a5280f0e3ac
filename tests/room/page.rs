//! The page and its resources over raw sockets: kept connections, closed ones, and HTTP/1.0.

use lifeline::wire::{Close, Direction, Fact, control::Command};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Course, Lab, SOON, raw};

fn target(lab: &Lab, rest: &str) -> String {
    format!("/l/{}/{rest}", lab.created.lab)
}

/// Asks on an open connection, and reads one answer with a length: its head and its body.
async fn exchange(socket: &mut TcpStream, request: &str) -> (String, String) {
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(SOON, socket.read_u8()).await.expect("a head in time").expect("a whole head"));
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    timeout(SOON, socket.read_exact(&mut body)).await.expect("a body in time").expect("a whole body");
    (head, String::from_utf8(body).unwrap())
}

/// Proves that the server ends the connection, in order and without another byte.
async fn is_over(socket: &mut TcpStream) {
    let read = timeout(SOON, socket.read(&mut [0])).await.expect("the end in time");
    assert_eq!(read.expect("an end in order"), 0);
}

#[tokio::test]
async fn a_page_and_its_resources_travel_on_one_connection() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut socket = TcpStream::connect(lab.at).await.unwrap();
    let ask = |rest: String| format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", target(&lab, &rest), lab.at);
    let (head, document) = exchange(&mut socket, &ask("page?c=1&n=1".into())).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("content-type: text/html"), "{head}");
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(!head.contains("connection:"), "keeping it is the default, and needs no word: {head}");
    for (k, kind) in (1..=8).zip(["text/css", "text/javascript"].into_iter().chain(["image/svg+xml"; 6])) {
        assert!(document.contains(&format!("\"page/{k}\"")), "{document}");
        let (head, body) = exchange(&mut socket, &ask(format!("page/{k}?c=1&n={}", k + 1))).await;
        assert!(head.contains(&format!("content-type: {kind}")) && body.len() > 1500, "{head}");
    }
    for wrong in ["page/0", "page/9", "page/256", "page/x"] {
        assert_eq!(lab.get(wrong).await.status, 404, "{wrong}");
    }
    assert_eq!(lab.get("page?close=x").await.status, 400);
}

/// `connections/either-side-can-end-it`.
#[tokio::test]
async fn either_side_can_say_that_this_answer_is_the_last() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    for (rest, line) in [("page/3?close=1", ""), ("page/3", "Connection: close\r\n")] {
        let mut socket = TcpStream::connect(lab.at).await.unwrap();
        let request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n{line}\r\n", target(&lab, rest), lab.at);
        let (head, body) = exchange(&mut socket, &request).await;
        assert!(head.contains("connection: close") && body.ends_with("</svg>"), "{rest}: {head}");
        is_over(&mut socket).await;
    }
    page.until_count(2, |fact| matches!(fact, Fact::Closed { dir: Direction::Down, how: Close::Fin, .. })).await;
}

/// `connections/the-line-towards-1.0`.
#[tokio::test]
async fn http_1_0_closes_unless_both_say_keep_alive() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let plain = format!("GET {} HTTP/1.0\r\nHost: {}\r\n", target(&lab, "page/1"), lab.at);

    let answer = raw(lab.at, format!("{plain}\r\n").as_bytes()).await;
    assert!(answer.status == 200 && answer.body.contains("color"), "{}", answer.head);
    assert_eq!(answer.header("transfer-encoding"), None, "HTTP/1.0 knows no chunks");

    let mut socket = TcpStream::connect(lab.at).await.unwrap();
    for _ in 0..2 {
        let (head, _) = exchange(&mut socket, &format!("{plain}Connection: keep-alive\r\n\r\n")).await;
        assert!(head.contains("connection: keep-alive"), "towards HTTP/1.0 it has to be said: {head}");
    }
    let closing = plain.replace("page/1", "page/1?close=1") + "Connection: keep-alive\r\n\r\n";
    let (head, _) = exchange(&mut socket, &closing).await;
    assert!(head.contains("connection: close"), "one side is enough to end it: {head}");
    is_over(&mut socket).await;
}

#[tokio::test]
async fn the_keep_alive_time_is_a_setting_of_the_lab() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"keep_alive_ms":2000}"#).await;
    let mut page = lab.page().await;
    assert_eq!(page.state.keep_alive_ms, 2000);
    page.command(Command::KeepAlive { ms: 700 }).await;
    assert_eq!(page.state.keep_alive_ms, 700);
    page.until(|seen| seen.fact == Fact::KeepAlive { ms: 700 }).await;
    for wrong in [499, 60_001] {
        let why = page.try_command(Command::KeepAlive { ms: wrong }).await.unwrap_err();
        assert!(why.contains("500 to 60000"), "{why}");
    }
    page.command(Command::Reset).await;
    page.command(Command::Publish).await;
    assert_eq!(page.state.keep_alive_ms, 2000, "a new run begins as the lab was made");
}

#[tokio::test]
async fn a_page_that_leaves_takes_its_idle_connections_along() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let page = lab.page().await;
    let mut socket = TcpStream::connect(lab.at).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", target(&lab, "page"), lab.at);
    exchange(&mut socket, &request).await;
    drop(page);
    is_over(&mut socket).await;
}
