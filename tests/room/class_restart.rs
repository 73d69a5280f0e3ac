//! A server that starts again on the same file: everything is there. And files that are not as they should be.

use lifeline::{
    class::{
        event::Signal,
        order::{Broken, Face, Order, Whom, Wish},
    },
    fault::{Fault, Kind},
    store::{Store, sqlite::Sqlite},
};

use crate::{
    classroom::{Class, Folder},
    serving::program,
    support::{Course, ask},
};

/// One fault of every kind would be better still; these have each form that a kind's fields can have.
fn faults() -> Vec<Broken> {
    let kinds = [r#"{"latency":{"base_ms":100}}"#, r#"{"slow_answers":{"min_ms":5,"max_ms":9}}"#, r#"{"loss":{}}"#];
    let known = kinds.iter().filter_map(|kind| serde_json::from_str::<Kind>(kind).ok());
    (1..)
        .zip(known)
        .map(|(id, kind)| Broken {
            fault: Fault { probability: 0.25, ..Fault::new(id, kind) },
            whom: Whom::Share { percent: 40 },
        })
        .collect()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = Folder::new();
    let course = folder.course().await;
    let class = Class::open(&course).await;
    let (ada, eve) = (class.join("Ada").await, class.join("Eve").await);
    let mut desk = class.desk(5).await;
    desk.order(Order::Step { step: "a/b".into() }).await;
    desk.order(Order::Break { faults: faults() }).await;
    let mut page = class.reader(&ada).await;
    page.wish(Wish::Vote { ballot: "predict/a/b".into(), option: "one".into() }).await;
    page.wish(Wish::Measured { step: "a/b".into(), value: 0.1 + 0.2 }).await;
    page.wish(Wish::Reached { step: "a/b".into() }).await;
    page.is_stuck().await;
    desk.order(Order::Remove { reader: eve.no }).await;
    desk.until("all of it", |desk| {
        let desk = desk.desk();
        desk.readers.len() == 1 && desk.readers[0].signal == Signal::Stuck && desk.ballots.len() == 1
    })
    .await;
    let before = desk.desk().clone();
    let link = class.ask_as_instructor("POST", "/handover", "").await.json();
    course.running.stop().await;
    assert_eq!(desk.closed().await, 1001);

    let course = folder.course().await;
    let class = class.at(&course);
    let mut desk = class.desk(5).await;
    let mut after = desk.desk().clone();
    // Ada is not back yet.
    after.common.present = before.common.present;
    after.readers[0].present = true;
    after.common.now = before.common.now;
    assert_eq!(after, before);
    let page = class.reader(&ada).await;
    assert_eq!((page.own().no, page.own().name.as_deref()), (ada.no, Some("Ada")));
    assert_eq!(page.own().votes, [("predict/a/b".to_owned(), "one".to_owned())]);
    desk.until("Ada", |desk| desk.desk().common.present == 1).await;
    assert_eq!(class.hello(Face::Reader, None, &eve.token, 6).await.closed().await, 4403);
    desk.order(Order::Step { step: "a/c".into() }).await;
    // Links are in no log.
    let token = link["path"].as_str().unwrap().split_once('#').unwrap().1;
    let taken = class.ask("POST", "/handover/take", "", &format!(r#"{{"token":"{token}"}}"#)).await;
    assert_eq!(taken.status, 403);
    // The next reader is nobody's number again.
    assert_eq!(class.join("").await.no, 3);

    // Deleted is deleted.
    assert_eq!(class.ask_as_instructor("DELETE", "", "").await.status, 204);
    course.running.stop().await;
    let course = folder.course().await;
    assert_eq!(class.at(&course).ask("GET", "", "", "").await.status, 404);
    course.running.stop().await;
    let bytes = std::fs::read(folder.file()).unwrap();
    assert!(!bytes.windows(3).any(|bytes| bytes == b"Ada"), "a deleted reader's name is still in the file");
}

#[tokio::test]
async fn a_class_whose_log_is_torn_is_left_alone_and_the_others_go_on() {
    let folder = Folder::new();
    let course = folder.course().await;
    let (torn, whole) = (Class::open(&course).await, Class::open(&course).await);
    for class in [&torn, &whole] {
        class.join("Ada").await;
        class.join("Eve").await;
    }
    course.running.stop().await;
    let hand = rusqlite::Connection::open(folder.file()).unwrap();
    let log = format!("class/{}", torn.code);
    assert_eq!(hand.execute("DELETE FROM event WHERE log = ?1 AND no = 2", [&log]).unwrap(), 1);
    drop(hand);

    let course = folder.course().await;
    let answer = torn.at(&course).ask("GET", "", "", "").await;
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("cannot be read"), "{}", answer.body);
    assert_eq!(torn.at(&course).try_join("").await.status, 500);
    assert_eq!(whole.at(&course).desk(1).await.desk().readers.len(), 2);
    course.running.stop().await;
    let store = Sqlite::open(&folder.file()).unwrap();
    assert!(store.logs().await.unwrap().contains(&log));
}

#[tokio::test]
async fn the_log_holds_digests_and_no_secrets() {
    let folder = Folder::new();
    let course = folder.course().await;
    let class = Class::open(&course).await;
    let reader = class.join("Ada").await;
    course.running.stop().await;
    let bytes = std::fs::read(folder.file()).unwrap();
    for secret in [&class.secret, &reader.token] {
        assert!(!bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
    }
}

#[test]
fn a_data_file_that_cannot_be_used_ends_the_program_with_one_line() {
    let folder = Folder::new();
    let file = folder.file();
    std::fs::write(&file, "Dear diary, this is no database of anybody's.").unwrap();
    let path = file.to_str().unwrap();
    let free = ["--site", "127.0.0.1:0", "--lab", "127.0.0.1:0"];
    for (data, said) in [(path, "is no database"), ("/nowhere/at/all.db", "cannot use"), ("/", "cannot use")] {
        let output = program(&[&["serve", "--data", data], &free[..]].concat()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said) && text.contains(data) && text.lines().count() == 1, "{text}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"Dear diary, this is no database of anybody's.");
}

#[tokio::test]
async fn a_course_without_a_file_keeps_nothing() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let codes = ask(course.site(), "GET", &format!("/api/classes/{}", class.code), "", "").await;
    assert_eq!(codes.status, 200);
    course.running.stop().await;
    let course = Course::start().await;
    assert_eq!(class.at(&course).ask("GET", "", "", "").await.status, 404);
}
