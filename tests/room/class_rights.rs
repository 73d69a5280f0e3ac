//! What who has no right cannot do: every order of the instructor, guessing, other sites' pages, used links. And where secrets are
//! not.

use std::sync::{Arc, Mutex};

use lifeline::{
    class::{
        ballot::Reveal,
        event::Signal,
        order::{Broken, Face, Order, Phase, Steering, Up, Whom, Wish},
        view::Refusal,
    },
    fault::{Fault, Kind},
    wire::Technique,
};
use tokio_tungstenite::tungstenite;

use crate::{
    classroom::{Class, secret_of},
    support::{Course, ask},
};

fn broken() -> Broken {
    let kind: Kind = serde_json::from_str(r#"{"latency":{"base_ms":100}}"#).unwrap();
    Broken { fault: Fault::new(1, kind), whom: Whom::All }
}

/// Every order there is. The match makes the compiler ask for a new one here.
fn orders() -> Vec<Order> {
    let all = vec![
        Order::Drive,
        Order::Step { step: "a/b".into() },
        Order::Break { faults: vec![broken()] },
        Order::Publish,
        Order::Steer { steering: Steering::Reset },
        Order::Halves { techniques: vec![Technique::ShortPoll, Technique::Sse] },
        Order::Pick { reader: Some(1) },
        Order::Watch { reader: Some(1) },
        Order::Reveal { ballot: "predict/a/b".into(), reveal: Reveal::Reason },
        Order::Hands { ballot: "predict/a/b".into(), counts: vec![("one".into(), 4)] },
        Order::Rename { reader: 1, name: "x".into() },
        Order::Remove { reader: 1 },
        Order::Enter { phase: Phase::After },
        Order::Alone { alone: true },
        Order::Panic,
        Order::Close,
    ];
    for order in &all {
        match order {
            Order::Drive
            | Order::Step { .. }
            | Order::Break { .. }
            | Order::Publish
            | Order::Steer { .. }
            | Order::Halves { .. }
            | Order::Pick { .. }
            | Order::Watch { .. }
            | Order::Reveal { .. }
            | Order::Hands { .. }
            | Order::Rename { .. }
            | Order::Remove { .. }
            | Order::Enter { .. }
            | Order::Alone { .. }
            | Order::Panic
            | Order::Close => {}
        }
    }
    all
}

#[tokio::test]
async fn a_readers_orders_are_refused_and_change_nothing() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let (one, two) = (class.join("Ada").await, class.join("Eve").await);
    let mut desk = class.desk(1).await;
    desk.order(Order::Step { step: "before/this".into() }).await;
    desk.until("the step and two readers", |desk| {
        desk.desk().common.step == "before/this" && desk.desk().readers.len() == 2
    })
    .await;
    let (mut ada, mut eve, mut wall) = (class.reader(&one).await, class.reader(&two).await, class.wall().await);
    desk.until("all", |desk| desk.desk().common.present == 2 && desk.desk().walls == 1).await;
    let before = desk.desk().clone();
    for order in orders() {
        assert_eq!(eve.try_order(order.clone()).await, Err(Refusal::NotYours), "{order:?}");
        assert_eq!(wall.try_order(order.clone()).await, Err(Refusal::NotYours), "{order:?}");
    }
    assert_eq!(wall.try_wish(Wish::Signal { signal: Signal::Done }).await, Err(Refusal::NotYours));
    // Something that does change, so that what came before it would be seen.
    ada.is_stuck().await;
    desk.until("the signal", |desk| desk.desk().readers[0].signal == Signal::Stuck).await;
    let mut after = desk.desk().clone();
    after.readers[0].signal = before.readers[0].signal;
    after.common.now = before.common.now;
    assert_eq!(after, before);
}

#[tokio::test]
async fn faces_need_their_rights() {
    let course = Course::start().await;
    let (class, other) = (Class::open(&course).await, Class::open(&course).await);
    let reader = class.join("").await;
    let theirs = other.join("").await;
    let stolen = format!("desk-{}={}", class.code, other.secret);
    for (face, cookie, token) in [
        (Face::Desk, None, ""),
        (Face::Remote, None, class.secret.as_str()),
        (Face::Desk, Some(other.cookie()), ""),
        (Face::Desk, Some(stolen), reader.token.as_str()),
        (Face::Reader, None, ""),
        (Face::Reader, Some(class.cookie()), ""),
        (Face::Reader, None, theirs.token.as_str()),
        (Face::Reader, None, class.secret.as_str()),
    ] {
        let mut page = class.hello(face, cookie.as_deref(), token, 3).await;
        assert_eq!(page.closed().await, 4403, "{face:?}");
    }
    let mut early = class.try_socket(None, None).await.unwrap();
    early.say(&Up::Beat).await;
    assert_eq!(early.closed().await, 1008);
    // Another class is another cookie's business.
    for (method, rest) in [("DELETE", ""), ("GET", "/report.csv"), ("POST", "/handover")] {
        let head = format!("Cookie: {}\r\n", other.cookie());
        assert_eq!(class.ask(method, rest, &head, "").await.status, 401, "{method} {rest}");
    }
    assert_eq!(class.ask("GET", "", "", "").await.status, 200);
}

#[tokio::test]
async fn guessing_meets_a_limit() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let reader = class.join("").await;
    let mut statuses = Vec::new();
    for _ in 0..100 {
        let code: String = (0..6).map(|_| *fastrand::choice(b"ACDEFGHJKMNPQRTWXY34").unwrap() as char).collect();
        statuses.push(ask(course.site(), "GET", &format!("/api/classes/{code}"), "", "").await.status);
    }
    assert_eq!((statuses[0], statuses[99]), (404, 429));
    assert!((30..60).contains(&statuses.iter().filter(|status| **status == 404).count()));
    // From now on even a right guess is told to nobody.
    let limited = class.ask("GET", "", "", "").await;
    assert_eq!(limited.status, 429);
    assert!(limited.header("retry-after").is_some() && limited.body.contains("wait"));
    assert_eq!(class.hello(Face::Projector, None, "", 1).await.closed().await, 1013);
    assert_eq!(class.try_join("").await.status, 429);
    // But neighbours who have a right are not kept out.
    assert_eq!(class.reader(&reader).await.own().no, 1);
    assert_eq!(class.desk(1).await.desk().readers.len(), 1);
    assert_eq!(class.ask_as_instructor("GET", "/report.csv", "").await.status, 200);
}

#[tokio::test]
async fn guessing_secrets_meets_the_same_limit() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let guess = format!("Cookie: desk-{}={}\r\n", class.code, "a".repeat(32));
    let mut last = 0;
    for _ in 0..60 {
        last = class.ask("GET", "/report.csv", &guess, "").await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(class.ask_as_instructor("GET", "/report.csv", "").await.status, 200);
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let site = course.site();
    let cookie = class.cookie();
    for origin in ["http://evil.example", "null", &format!("http://127.0.0.1:{}", course.running.lab.port())] {
        let head = format!("Origin: {origin}\r\nCookie: {cookie}\r\n");
        assert_eq!(ask(site, "POST", "/api/classes", &head, "{}").await.status, 403);
        for (method, rest, body) in [
            ("POST", "/readers", "{}"),
            ("POST", "/handover", ""),
            ("POST", "/handover/take", r#"{"token":"x"}"#),
            ("DELETE", "", ""),
            ("GET", "/report.csv", ""),
        ] {
            assert_eq!(class.ask(method, rest, &head, body).await.status, 403, "{origin} {method} {rest}");
        }
        match class.try_socket(Some(&cookie), Some(origin)).await {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("a stranger's page got a socket"),
        }
    }
    // No Origin, as with a link or an image; the browser says where it comes from all the same.
    for from in ["cross-site", "same-site"] {
        let head = format!("Sec-Fetch-Site: {from}\r\nCookie: {cookie}\r\n");
        assert_eq!(class.ask("GET", "/report.csv", &head, "").await.status, 403);
    }
    let own = format!("http://{site}");
    assert!(class.try_socket(Some(&cookie), Some(&own)).await.is_ok());
    let head = format!("Origin: {own}\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n");
    assert_eq!(class.ask("GET", "/report.csv", &head, "").await.status, 200);
}

#[tokio::test]
async fn a_link_hands_the_right_over_once() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    assert_eq!(class.ask("POST", "/handover", "", "").await.status, 401);
    let link = class.ask_as_instructor("POST", "/handover", r#"{"locale":"zh"}"#).await;
    assert_eq!(link.status, 200, "{}", link.body);
    let json = link.json();
    let path = json["path"].as_str().unwrap();
    let (page, token) = path.split_once('#').unwrap();
    assert_eq!(page, format!("/zh/class/{}/remote", class.code));
    assert_eq!(json["url"], format!("http://{}{path}", class.site));
    assert!(json["qr"].as_str().unwrap().starts_with("<svg ") && !link.body.contains(&class.secret));

    let take = format!(r#"{{"token":"{token}"}}"#);
    let taken = class.ask("POST", "/handover/take", "", &take).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(secret_of(&taken, &class.code), class.secret);
    let replay = class.ask("POST", "/handover/take", "", &take).await;
    assert_eq!(replay.status, 403);
    assert!(replay.body.contains("used already") && replay.header("set-cookie").is_none());
    let other = Class::open(&course).await;
    let link = class.ask_as_instructor("POST", "/handover", "").await.json();
    let token = link["path"].as_str().unwrap().split_once('#').unwrap().1;
    let elsewhere = other.ask("POST", "/handover/take", "", &format!(r#"{{"token":"{token}"}}"#)).await;
    assert_eq!(elsewhere.status, 403);
}

/// All that this process logs, at the finest level.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// In a process of its own: what is logged is decided for a whole process, and other tests log nothing.
#[test]
fn secrets_are_in_no_answer_no_log_and_no_export() {
    const ALONE: &str = "LIFELINE_TEST_SECRETS";
    if std::env::var_os(ALONE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(search_for_secrets());
    }
    let name = "class_rights::secrets_are_in_no_answer_no_log_and_no_export";
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    let output = again.args(["--exact", name]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn search_for_secrets() {
    let written = Written::default();
    let writer = written.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    tracing::subscriber::set_global_default(log.finish()).unwrap();
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let reader = class.join("Ada").await;
    let lab = course.lab("{}").await;
    let mut page = class.reader(&reader).await;
    page.has(&lab).await;
    let (mut desk, mut wall) = (class.desk(1).await, class.wall().await);
    desk.order(Order::Pick { reader: Some(1) }).await;
    desk.order(Order::Watch { reader: Some(1) }).await;
    wall.until("the picked one", |wall| wall.wall().watch.is_some()).await;
    desk.until("the watched one", |desk| desk.desk().watch.is_some()).await;
    assert_eq!(page.try_order(Order::Panic).await, Err(Refusal::NotYours));
    let link = class.ask_as_instructor("POST", "/handover", "").await;
    let handover = link.json()["path"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let mut answers = vec![link.body.replace(&handover, "")];
    class.hello(Face::Reader, None, "a wrong token", 9).await.closed().await;
    for (method, rest, body) in [
        ("GET", "", ""),
        ("GET", "/qr.svg", ""),
        ("GET", "/report.csv", ""),
        ("POST", "/readers", r#"{"nickname":"B"}"#),
        ("POST", "/handover/take", &*format!(r#"{{"token":"{handover}","more":1}}"#)),
        ("POST", "/handover/take", r#"{"token":"wrong"}"#),
        ("GET", "/nothing", ""),
    ] {
        let answer = class.ask_as_instructor(method, rest, body).await;
        answers.push(answer.head + &answer.body);
    }
    for shown in [&desk.heard, &wall.heard, &page.heard] {
        answers.push(String::from_utf8_lossy(shown).into_owned());
    }
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a class was opened") && log.contains("without the instructor's right"), "{log}");
    answers.push(log);
    for (what, secret) in [
        ("the instructor's secret", &class.secret),
        ("the hand-over token", &handover),
        ("the reader's token", &reader.token),
        ("the lab's secret", &lab.created.secret),
    ] {
        for answer in &answers {
            assert!(!answer.contains(secret.as_str()), "{what} is in {answer}");
        }
    }
}
