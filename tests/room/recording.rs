//! A run is saved as a file by who has the lab's secret, and told of notices.

use lifeline::{
    recording::read::read,
    wire::{
        FORMAT, Fact, Technique, Witness,
        control::{Command, Down, Up},
        observation::ClientSettings,
    },
};

use crate::support::{Answer, Course, Lab, ask, saw};

/// Asks for a recording; `more` goes before the other headers.
async fn save(lab: &Lab, query: &str, more: &str) -> Answer {
    ask(lab.site, "GET", &format!("/api/labs/{}/recording{query}", lab.created.lab), more, "").await
}

fn bearer(lab: &Lab) -> String {
    format!("Authorization: Bearer {}\r\n", lab.created.secret)
}

#[tokio::test]
async fn a_run_is_saved_with_all_that_its_page_was_told() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"history":7}"#).await;
    let mut page = lab.page().await;
    page.command(Command::Publish).await;
    assert_eq!(lab.request("GET", "poll?cursor=0", "Cookie: chocolate\r\n").await.status, 200);
    page.until(|seen| matches!(seen.fact, Fact::Closed { .. })).await;
    let answer = save(&lab, "?step=short-polling/the-job", &bearer(&lab)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/jsonl")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let opened = read(&answer.body).unwrap();
    assert_eq!((opened.header.version, opened.header.lab.history), (FORMAT, 7));
    assert_eq!(opened.header.step.as_deref(), Some("short-polling/the-job"));
    assert!(opened.records.starts_with(&page.records) && page.records.len() > 5, "{}", page.records.len());
    assert!(!answer.body.contains(&lab.created.secret) && !answer.body.contains("chocolate"));
}

#[tokio::test]
async fn nobody_else_gets_it() {
    let course = Course::start().await;
    let (lab, other) = (course.lab("{}").await, course.lab("{}").await);
    let right = bearer(&lab);
    assert_eq!(save(&lab, "", &right).await.status, 200);
    for wrong in ["", "Authorization: Bearer x\r\n", "Authorization: Basic eDp5\r\n", bearer(&other).as_str()] {
        let answer = save(&lab, "", wrong).await;
        assert_eq!(answer.status, 401, "{wrong}: {}", answer.body);
        assert!(!answer.body.contains("records"), "{wrong}");
    }
    let query = format!("?secret={}", lab.created.secret);
    assert_eq!(save(&lab, &query, "").await.status, 401, "never in the URL");
    let mut nowhere = lab.clone();
    nowhere.created.lab = lifeline::wire::LabId::parse("aaaaaaaaaa").unwrap();
    assert_eq!(save(&nowhere, "", &right).await.status, 401);
    let stranger = format!("{right}Origin: http://evil.example\r\n");
    assert_eq!(save(&lab, "", &stranger).await.status, 403);
    for step in ["../etc", "a%20b", "A", &"a".repeat(300)] {
        assert_eq!(save(&lab, &format!("?step={step}"), &right).await.status, 400, "{step}");
    }
}

#[tokio::test]
async fn what_is_noticed_is_told_with_the_settings() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    let at = page.time().await;
    let asked = || Fact::Asked { method: "GET".into(), target: "/".into() };
    let settings = ClientSettings::new(Technique::ShortPoll);
    let facts = [Fact::Started { settings }, asked(), asked(), asked()];
    let seen = (0..).zip(facts).map(|(n, fact)| {
        let mut seen = saw(at, fact);
        (seen.witness, seen.client, seen.exchange) = (Witness::Browser, Some(1), Some(n));
        seen
    });
    page.socket.say(&Up::Observe { first: 1, seen: seen.collect(), dropped: 0 }).await;
    assert_eq!(page.answer().await, Down::Taken { upto: 4 });
    // The next command's answer comes after all that is known by then.
    page.command(Command::Publish).await;
    let told: Vec<_> = page.state.notices.iter().map(|notice| (notice.kind.key(), notice.n, notice.of)).collect();
    assert_eq!(told, [("notice.overlap", 2, 3)]);
    page.command(Command::Reset).await;
    assert_eq!(page.state.notices, [], "another run");
}
