//! The faults' addresses: what `curl` can do, and what it is told when it asks for nonsense.

use lifeline::{
    fault::Kind,
    wire::{Fact, control::Command},
};
use serde_json::{Value, json};

use crate::support::{Answer, Course, Lab, ask};

async fn api(lab: &Lab, method: &str, rest: &str, body: &str) -> Answer {
    let head = format!("Authorization: Bearer {}\r\n", lab.created.secret);
    ask(lab.site, method, &format!("/api/labs/{}/{rest}", lab.created.lab), &head, body).await
}

async fn faults(lab: &Lab) -> Value {
    let answer = api(lab, "GET", "faults", "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn every_kind_is_told_with_its_ranges() {
    let course = Course::start().await;
    let told = ask(course.site(), "GET", "/api/faults", "", "").await.json();
    let kinds = told["kinds"].as_array().unwrap();
    assert_eq!(kinds.len(), 36);
    let latency = kinds.iter().find(|kind| kind["name"] == "latency").unwrap();
    let field = json!({ "name": "base_ms", "form": "number", "least": 0, "most": 10_000, "optional": false });
    assert_eq!(latency["fields"][0], field);
    // What it gives as an example can be sent as it is.
    let lab = course.lab("{}").await;
    for kind in kinds {
        let answer = api(&lab, "POST", "faults", &kind["example"].to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let id = &answer.json()["id"];
        let gone = api(&lab, "DELETE", &format!("faults/{id}"), "").await;
        assert_eq!((gone.status, &gone.json()["faults"]), (200, &json!([])), "{kind}");
    }
    assert_eq!(told["profiles"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn a_fault_is_added_changed_and_taken_away() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    let added = api(&lab, "POST", "faults", r#"{"kind":{"status":{"code":503,"retry_after_s":7}}}"#).await;
    assert_eq!((added.status, added.json()["id"].as_u64()), (201, Some(1)), "{}", added.body);
    let answer = lab.get("poll").await;
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("7")));

    api(&lab, "PUT", "faults/1", r#"{"kind":{"status":{"code":404}}}"#).await;
    assert_eq!(lab.get("poll").await.status, 404);
    assert_eq!(api(&lab, "DELETE", "faults/1", "").await.json()["faults"], json!([]));
    assert_eq!(lab.get("poll").await.status, 200);
    // The page that follows the lab saw each change.
    page.until_count(3, |fact| matches!(fact, Fact::Faults { .. })).await;
}

#[tokio::test]
async fn a_list_with_times_is_a_script_that_plays() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    let script = r#"[
        {"kind":"no_id"},
        {"kind":"stall","start_ms":150,"duration_ms":150},
        {"kind":{"retry":{"ms":5}},"start_ms":60000}
    ]"#;
    let told = api(&lab, "PUT", "faults", script).await.json();
    assert_eq!((told["faults"][0]["kind"].as_str(), told["coming"].as_array().unwrap().len()), (Some("no_id"), 2));
    let at = |faults: &[lifeline::fault::Fault]| faults.iter().map(|fault| fault.kind.clone()).collect::<Vec<_>>();
    page.until(|seen| matches!(&seen.fact, Fact::Faults { faults, .. } if at(faults) == [Kind::NoId, Kind::Stall]))
        .await;
    let count = page.count(|fact| matches!(fact, Fact::Faults { .. }));
    page.until_count(count + 1, |fact| matches!(fact, Fact::Faults { .. })).await;
    let last = page.records.iter().rev().find_map(|record| match &record.seen.fact {
        Fact::Faults { faults, .. } => Some(at(faults)),
        _ => None,
    });
    assert_eq!(last, Some(vec![Kind::NoId]), "the standstill is over by itself");
    let left = faults(&lab).await;
    let ms = left["coming"][0]["start_ms"].as_u64().unwrap();
    assert!((50_000..60_000).contains(&ms), "{ms}");
    assert_eq!(api(&lab, "DELETE", "faults", "").await.json(), json!({"distance_ms":0,"faults":[],"coming":[]}));
}

#[tokio::test]
async fn a_lab_s_own_script_waits_for_run_and_takes_nobody_s_number() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0,"faults":[{"id":1,"kind":"stall","start_ms":60000}]}"#).await;
    let mut page = lab.page().await;
    assert_eq!(faults(&lab).await["coming"], json!([]));
    assert_eq!(api(&lab, "POST", "faults", r#"{"kind":"no_id"}"#).await.json()["id"], 1);
    page.command(Command::Source { running: true }).await;
    let told = faults(&lab).await;
    assert_eq!((told["faults"][0]["id"].as_u64(), told["coming"][0]["id"].as_u64()), (Some(1), Some(2)));
}

#[tokio::test]
async fn a_profile_is_a_network_that_people_know() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let train = api(&lab, "PUT", "profile/train_tunnel", "").await.json();
    assert_eq!((train["faults"].as_array().unwrap().len(), train["coming"].as_array().unwrap().len()), (1, 2));
    let answer = api(&lab, "PUT", "profile/5g", "").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("dial_up, edge"), "{}", answer.body);
    assert_eq!(faults(&lab).await["coming"].as_array().unwrap().len(), 2, "nothing changed");
}

#[tokio::test]
async fn a_lab_can_be_driven_from_a_terminal_alone() {
    let course = Course::start().await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    assert_eq!(api(&lab, "POST", "publish", "").await.status, 204);
    assert_eq!(lab.get("poll").await.json()["cursor"], 1);
    assert_eq!(api(&lab, "POST", "reset", "").await.status, 204);
    assert_eq!(lab.get("poll").await.json()["cursor"], 0);
}

#[tokio::test]
async fn nonsense_is_told_with_the_allowed_range_and_changes_nothing() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    api(&lab, "POST", "faults", r#"{"kind":"blackhole"}"#).await;
    let before = faults(&lab).await;
    let many = format!("[{}]", vec![r#"{"kind":"no_id"}"#; 2_000].join(","));
    for (method, rest, body, said) in [
        ("POST", "faults", "{", "not JSON"),
        ("POST", "faults", "7", "this is no fault"),
        ("POST", "faults", r#"{"kind":"gremlins"}"#, "unknown variant `gremlins`, expected one of `latency`"),
        ("POST", "faults", r#"{"kind":{"latency":{"base_ms":10001}}}"#, "base_ms: 10001 is outside 0 to 10000"),
        ("POST", "faults", r#"{"kind":{"close_code":{"code":1006}}}"#, "never travels"),
        ("POST", "faults", r#"{"kind":{"clock_drift":{"ppm":500001}}}"#, "ppm: 500001 is outside -500000 to 500000"),
        ("POST", "faults", r#"{"kind":"no_id","direction":"up"}"#, "direction"),
        ("POST", "faults", r#"{"kind":"stall","count":2}"#, "count"),
        ("POST", "faults", r#"{"kind":"stall","start_ms":600001}"#, "start_ms: 600001 is outside 0 to 600000"),
        ("POST", "faults", r#"{"kind":"stall"}"#, "faults 1 and 2 contradict each other"),
        ("PUT", "faults", many.as_str(), "at most 64 faults, not 2000"),
        ("PUT", "faults", r#"[{"kind":"hidden"},{"kind":"asleep"}]"#, "one state at a time"),
        ("PUT", "faults", r#"{"kind":"no_id"}"#, "this is no fault"),
        ("PUT", "faults/x", r#"{"kind":"no_id"}"#, "whole number"),
        ("PUT", "faults/0", r#"{"kind":"no_id"}"#, "distance"),
    ] {
        let answer = api(&lab, method, rest, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(answer.json()["error"].as_str().unwrap().contains(said), "{said}: {}", answer.body);
    }
    let long = format!("[{}]", vec![r#"{"kind":"no_id"}"#; 10_000].join(","));
    assert_eq!(api(&lab, "PUT", "faults", &long).await.status, 413);
    assert_eq!(api(&lab, "DELETE", "faults/9", "").await.status, 404);
    assert_eq!(api(&lab, "PATCH", "faults/1", "").await.status, 405);
    assert_eq!(faults(&lab).await, before);
}

#[tokio::test]
async fn another_s_lab_is_out_of_reach() {
    let course = Course::start().await;
    let (mine, other) = (course.lab("{}").await, course.lab("{}").await);
    let head = format!("Authorization: Bearer {}\r\n", mine.created.secret);
    let path = format!("/api/labs/{}/faults", other.created.lab);
    for head in [head.as_str(), "", "Authorization: Basic eDp5\r\n"] {
        let answer = ask(course.site(), "POST", &path, head, r#"{"kind":"blackhole"}"#).await;
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
    let stranger = format!("{head}Origin: http://evil.example\r\n");
    let own = format!("/api/labs/{}/faults", mine.created.lab);
    assert_eq!(ask(course.site(), "POST", &own, &stranger, r#"{"kind":"blackhole"}"#).await.status, 403);
    assert_eq!(faults(&other).await["faults"], json!([]));
    assert_eq!(faults(&mine).await["faults"], json!([]));
}
