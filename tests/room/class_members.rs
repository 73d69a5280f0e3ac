//! Opening, joining, names, removing, and one who drives.

use lifeline::{
    class::{
        order::{Face, Order, Phase, Steering, Wish},
        view::Refusal,
    },
    config::Config,
};

use crate::{
    classroom::Class,
    support::{Course, ask},
};

#[tokio::test]
async fn a_class_is_opened_joined_and_deleted() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let known = class.ask("GET", "", "", "").await;
    assert_eq!(known.status, 200, "{}", known.body);
    let json = known.json();
    assert_eq!((&json["open"], &json["phase"]), (&true.into(), &"lobby".into()));
    assert_eq!(json["join"], format!("http://{}/join/{}", class.site, class.code));
    let typed = format!("/api/classes/{}-{}", &class.code[..3].to_lowercase(), &class.code[3..]);
    assert_eq!(ask(class.site, "GET", &typed, "", "").await.json()["code"], class.code.as_str());
    let qr = class.ask("GET", "/qr.svg", "", "").await;
    assert_eq!(qr.header("content-type"), Some("image/svg+xml"));
    assert!(qr.body.starts_with("<svg "));

    let mut desk = class.desk(1).await;
    assert!(desk.desk().readers.is_empty() && !desk.desk().driven);
    let ada = class.join("Ada").await;
    let anonymous = class.join("").await;
    assert_eq!((ada.no, anonymous.no), (1, 2));
    let mut page = class.reader(&ada).await;
    assert_eq!((page.own().no, page.own().name.as_deref()), (1, Some("Ada")));
    desk.until("both", |desk| desk.desk().readers.len() == 2 && desk.desk().common.present == 1).await;
    let rows = &desk.desk().readers;
    assert!(rows[0].present && !rows[1].present && rows[1].name.is_none());

    // The first who orders drives.
    desk.order(Order::Rename { reader: 2, name: "Grace\u{202e}".into() }).await;
    desk.until("a name", |desk| desk.desk().readers[1].name.as_deref() == Some("Grace")).await;
    assert!(desk.desk().drives);
    page.wish(Wish::Name { name: "Ada L.".into() }).await;
    desk.until("her own name", |desk| desk.desk().readers[0].name.as_deref() == Some("Ada L.")).await;

    // Who is removed goes at once, and does not come back.
    desk.order(Order::Remove { reader: 1 }).await;
    assert_eq!(page.closed().await, 4403);
    desk.until("one less", |desk| desk.desk().readers.len() == 1).await;
    let mut again = class.hello(Face::Reader, None, &ada.token, 5).await;
    assert_eq!(again.closed().await, 4403);
    assert_eq!(desk.try_order(Order::Remove { reader: 1 }).await, Err(Refusal::NoReader));

    // Closed: nobody joins any more. Deleted: nothing is left.
    desk.order(Order::Close).await;
    assert_eq!(class.try_join("late").await.status, 403);
    assert_eq!(class.ask("GET", "", "", "").await.json()["open"], false);
    assert_eq!(class.ask("DELETE", "", "", "").await.status, 401);
    assert_eq!(class.ask_as_instructor("DELETE", "", "").await.status, 204);
    assert_eq!(desk.closed().await, 4403);
    assert_eq!(class.ask("GET", "", "", "").await.status, 404);
    assert_eq!(class.ask_as_instructor("GET", "/report.csv", "").await.status, 401);
}

#[tokio::test]
async fn names_are_cleaned_and_a_flood_of_joins_meets_a_limit() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    for (typed, kept) in [
        ("<script>alert(1)</script>".to_owned(), Some("<script>alert(1)</script".to_owned())),
        ("a".repeat(10_000), Some("a".repeat(24))),
        ("\u{202e}cod.exe\u{202c}".to_owned(), Some("cod.exe".to_owned())),
        ("\u{200b}\u{2066}\n".to_owned(), None),
        ("小".repeat(10_000), Some("小".repeat(24))),
    ] {
        let reader = class.join(&typed).await;
        let page = class.reader(&reader).await;
        assert_eq!(page.own().name, kept, "{}", typed.chars().take(30).collect::<String>());
    }
    let mut joined = 0;
    let refused = loop {
        let answer = class.try_join("").await;
        if answer.status != 201 {
            break answer;
        }
        joined += 1;
        assert!(joined < 1000, "a thousand joins from one address");
    };
    assert_eq!(refused.status, 429);
    assert!(refused.body.contains("too many readers have joined from this address"), "{}", refused.body);
    assert!(refused.header("retry-after").is_some());
    assert!(joined > 300, "a room behind one address gets in: {joined}");
}

#[tokio::test]
async fn what_is_no_such_request_is_said() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    for (method, rest, body, status) in [
        ("POST", "/readers", "[]", 400),
        ("POST", "/readers", r#"{"nickname":5}"#, 400),
        ("POST", "/readers", r#"{"token":"abc"}"#, 400),
        ("POST", "/handover/take", "{}", 400),
        ("GET", "/nothing", "", 404),
        ("GET", "/socket", "", 400),
    ] {
        let answer = class.ask(method, rest, "", body).await;
        assert_eq!(answer.status, status, "{method} {rest} {body}: {}", answer.body);
        assert!(answer.json()["error"].is_string());
    }
    let long = format!(r#"{{"nickname":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(class.ask("POST", "/readers", "", &long).await.status, 413);
    assert_eq!(ask(course.site(), "POST", "/api/classes", "", r#"{"locale":"xx"}"#).await.status, 400);
}

#[tokio::test]
async fn two_desks_have_one_wheel() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let (mut one, mut two) = (class.desk(1).await, class.desk(2).await);
    one.order(Order::Step { step: "short-polling/first".into() }).await;
    assert_eq!(two.try_order(Order::Publish).await, Err(Refusal::NotDriving));
    assert_eq!(two.try_order(Order::Step { step: "other/step".into() }).await, Err(Refusal::NotDriving));
    two.until("who drives", |two| two.desk().driven && two.desk().desks == 2).await;
    assert!(!two.desk().drives && two.desk().common.step == "short-polling/first");
    // Watching needs no wheel.
    two.order(Order::Watch { reader: None }).await;
    two.order(Order::Drive).await;
    two.until("the wheel", |two| two.desk().drives).await;
    one.until("its loss", |one| one.desk().driven && !one.desk().drives).await;
    assert_eq!(one.try_order(Order::Enter { phase: Phase::After }).await, Err(Refusal::NotDriving));
    two.order(Order::Steer { steering: Steering::Eyes }).await;
    one.until("eyes", |one| one.desk().common.steering == (1, Steering::Eyes)).await;
    // A desk that comes back takes its own place.
    let again = class.desk(2).await;
    assert!(again.desk().drives);
    assert_eq!(two.closed().await, 4409);
}

#[tokio::test]
async fn only_who_knows_the_key_opens_a_class() {
    let key = Some("open sesame".parse().unwrap());
    let course = Course::told(Config { instructor_key: key, ..Config::default() }).await;
    for body in ["", r#"{"key":"sesame"}"#, r#"{"key":""}"#] {
        let answer = ask(course.site(), "POST", "/api/classes", "", body).await;
        assert_eq!(answer.status, 403);
        assert!(!answer.body.contains("sesame") && answer.header("set-cookie").is_none());
    }
    let answer = ask(course.site(), "POST", "/api/classes", "", r#"{"key":"open sesame","locale":"zh"}"#).await;
    assert_eq!(answer.status, 201);
    for _ in 0..100 {
        ask(course.site(), "POST", "/api/classes", "", r#"{"key":"a guess"}"#).await;
    }
    let answer = ask(course.site(), "POST", "/api/classes", "", r#"{"key":"open sesame"}"#).await;
    assert_eq!(answer.status, 429);
}
