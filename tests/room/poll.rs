//! Short polling over raw sockets: cursors, the board, validators, jobs, and the one hook.

use lifeline::wire::{Fact, Unit, Witness, control::Command};
use serde_json::Value;

use crate::support::{Course, Page};

fn seqs(body: &Value) -> Vec<u64> {
    body["updates"].as_array().unwrap().iter().map(|update| update["seq"].as_u64().unwrap()).collect()
}

async fn publish(page: &mut Page, count: usize) {
    for _ in 0..count {
        page.command(Command::Publish).await;
    }
}

#[tokio::test]
async fn a_poll_brings_what_follows_its_cursor() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"history":3}"#).await;
    let mut page = lab.page().await;
    assert_eq!(lab.get("poll?c=1&n=1").await.body, r#"{"cursor":0,"updates":[]}"#);
    publish(&mut page, 5).await;
    let answer = lab.get("poll?c=1&n=2&cursor=3").await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!((seqs(&answer.json()), &answer.json()["cursor"]), (vec![4, 5], &5.into()));
    let update = &answer.json()["updates"][0];
    assert!((1..=12).contains(&update["district"].as_u64().unwrap()), "{update}");
    assert!((1..=4).contains(&update["level"].as_u64().unwrap()) && update["cases"].is_u64(), "{update}");
    assert_eq!(seqs(&lab.get("poll").await.json()), [3, 4, 5], "without a cursor: what is kept");
    let late = lab.get("poll?cursor=1").await.json();
    assert_eq!((seqs(&late), &late["missed"]), (vec![3, 4, 5], &1.into()));
    let ahead = lab.get("poll?cursor=6").await;
    assert!(ahead.status == 400 && ahead.json()["error"].as_str().unwrap().contains("number 5"), "{}", ahead.body);
    assert_eq!(lab.get("poll?cursor=x").await.status, 400);
}

#[tokio::test]
async fn the_handler_is_a_witness_of_who_asked_and_what_it_answered() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    publish(&mut page, 1).await;
    lab.get("poll?c=7&n=14").await;
    let seen = page.until(|seen| seen.exchange == Some(14) && matches!(seen.fact, Fact::Answering { .. })).await.seen;
    assert_eq!((seen.client, seen.witness), (Some(7), Witness::Server));
    assert!(matches!(&seen.fact, Fact::Answering { news } if news.seqs == [1] && !news.empty));
    lab.request("GET", "board/cached", "Accept: application/json;c=7;n=15\r\n").await;
    let seen = page.until(|seen| seen.exchange == Some(15) && matches!(seen.fact, Fact::Answering { .. })).await.seen;
    assert!(matches!(&seen.fact, Fact::Answering { news } if news.version == Some(1)));
}

#[tokio::test]
async fn a_readers_own_curl_appears_without_a_client() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    assert!(lab.get("").await.body.contains("/poll"));
    let curl =
        |seen: &lifeline::wire::Observation| matches!(seen.fact, Fact::Answering { .. }) && seen.client.is_none();
    let seen = page.until(curl).await.seen;
    assert_eq!((seen.client, seen.exchange), (None, None));
}

#[tokio::test]
async fn the_board_is_asked_whole_or_only_if_it_changed() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    publish(&mut page, 4).await;
    let whole = lab.get("board?c=1&n=1").await;
    assert_eq!((&whole.json()["version"], whole.header("cache-control")), (&4.into(), Some("no-store")));
    assert!(!whole.json()["alerts"].as_array().unwrap().is_empty());

    let cached = lab.get("board/cached").await;
    assert_eq!((&cached.body, cached.header("cache-control")), (&whole.body, Some("no-cache")));
    let tag = cached.header("etag").unwrap().to_owned();
    for condition in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let answer = lab.request("GET", "board/cached", &format!("If-None-Match: {condition}\r\n")).await;
        assert_eq!((answer.status, answer.body.as_str(), answer.header("etag")), (304, "", Some(tag.as_str())));
    }
    publish(&mut page, 1).await;
    let changed = lab.request("GET", "board/cached", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((changed.status, &changed.json()["version"]), (200, &5.into()));

    page.command(Command::Reset).await;
    publish(&mut page, 4).await;
    let anew = lab.request("GET", "board/cached", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!(anew.status, 200, "version 4 of another run is another board");
}

#[tokio::test]
async fn an_answer_that_tells_nothing_new_is_empty() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    for n in 1..=2 {
        lab.get(&format!("board?c=1&n={n}")).await;
    }
    lab.get("poll?c=1&n=3").await;
    page.until_count(3, |fact| matches!(fact, Fact::Answering { .. })).await;
    let empty = page.records.iter().filter_map(|record| match &record.seen.fact {
        Fact::Answering { news } => Some(news.empty),
        _ => None,
    });
    assert_eq!(empty.collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test]
async fn a_job_is_started_and_asked_for_until_it_is_done() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"job_ms":100}"#).await;
    let mut page = lab.page().await;
    let started = lab.request("POST", "job?c=1&n=1", "").await;
    assert_eq!((started.status, started.body.as_str()), (202, r#"{"job":1}"#));
    let again = lab.request("POST", "job?c=1&n=1", "").await;
    assert_eq!(again.body, r#"{"job":1}"#, "a request that the browser sent again starts nothing");
    page.until(|seen| matches!(seen.fact, Fact::Job { job: 1, percent: 100 })).await;
    let done = lab.get("job?job=1&c=1&n=2").await.json();
    assert_eq!((&done["percent"], done["result"].is_object()), (&100.into(), true));
    assert_eq!(page.count(|fact| matches!(fact, Fact::Job { percent: 0, .. })), 1);
    assert_eq!((lab.get("job?job=2").await.status, lab.get("job").await.status), (404, 400));
}

#[tokio::test]
async fn only_eight_jobs_at_once() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"job_ms":60000}"#).await;
    for n in 1..=8 {
        assert_eq!(lab.request("POST", &format!("job?c=1&n={n}"), "").await.status, 202);
    }
    let refused = lab.request("POST", "job?c=1&n=9", "").await;
    assert!(refused.status == 429 && refused.body.contains("8 jobs"), "{}", refused.body);
    let asked = lab.get("job?job=8&c=1&n=10").await.json();
    assert!(asked["percent"].as_u64().unwrap() < 100 && asked.get("result").is_none(), "{asked}");
}

const SLOW: &str = r#"{"distance_ms":0,"faults":[{"id":3,"kind":{"slow_answers":{"max_ms":1500}},"seed":5}]}"#;

#[tokio::test]
async fn slow_answers_overtake_each_other_and_bring_back_the_past() {
    let course = Course::start().await;
    let lab = course.lab(SLOW).await;
    let mut page = lab.page().await;
    let mut polls = tokio::task::JoinSet::new();
    for n in 1..=12 {
        publish(&mut page, 1).await;
        let lab = lab.clone();
        polls.spawn(async move { (n, lab.get(&format!("board?c=1&n={n}")).await.json()["version"].as_u64().unwrap()) });
        // The next update is published only when this answer is decided.
        page.until(|seen| seen.exchange == Some(n) && matches!(seen.fact, Fact::Answering { .. })).await;
    }
    let mut arrived = Vec::new();
    while let Some(answer) = polls.join_next().await {
        arrived.push(answer.unwrap());
    }
    assert!(arrived.iter().all(|(n, version)| u64::from(*n) == *version), "decided before the wait: {arrived:?}");
    assert!(arrived.windows(2).any(|pair| pair[1].1 < pair[0].1), "the board goes back in time: {arrived:?}");
    page.until_count(12, |fact| matches!(fact, Fact::HeldBack { by: 3, .. })).await;
}

#[tokio::test]
async fn a_fault_that_is_taken_away_holds_nothing_back_any_longer() {
    let course = Course::start().await;
    let lab =
        course.lab(r#"{"distance_ms":0,"faults":[{"id":3,"kind":{"slow_answers":{"min_ms":9000,"max_ms":9000}}}]}"#);
    let lab = lab.await;
    let mut page = lab.page().await;
    let begun = std::time::Instant::now();
    let mend = async {
        page.until(|seen| matches!(seen.fact, Fact::HeldBack { by: 3, micros: 9_000_000 })).await;
        page.command(Command::Mend { id: 3 }).await;
    };
    let (answer, ()) = tokio::join!(lab.get("poll?c=1&n=1"), mend);
    assert_eq!(answer.status, 200);
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn two_witnesses_see_one_exchange() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":20}"#).await;
    let mut page = lab.page().await;
    lab.get("poll?c=2&n=9").await;
    let head = |seen: &lifeline::wire::Observation, wanted: fn(&Unit) -> bool| {
        seen.witness == Witness::Wire && matches!(&seen.fact, Fact::Unit { unit, .. } if wanted(unit))
    };
    let asked = page.until(|seen| head(seen, |unit| matches!(unit, Unit::RequestHead(_)))).await.seen;
    let answering = page.until(|seen| matches!(seen.fact, Fact::Answering { .. })).await.seen;
    let answered = page.until(|seen| head(seen, |unit| matches!(unit, Unit::ResponseHead(_)))).await.seen;
    for seen in [&asked, &answering, &answered] {
        assert_eq!((seen.client, seen.exchange), (Some(2), Some(9)), "{seen:?}");
    }
    assert!(asked.at + 20_000 <= answering.at && answering.at <= answered.at, "the distance lies between");
    page.until(|seen| matches!(seen.fact, Fact::Closed { .. })).await;
}
