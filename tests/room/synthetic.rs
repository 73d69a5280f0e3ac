//! Crowds: a thousand clients in a process of their own, on one lab of this server.

use std::{
    net::SocketAddr,
    process::Command as Process,
    time::{Duration, Instant},
};

use lifeline::{
    config::Config,
    fault::{Fault, Kind},
    wire::{
        Close, Fact, Technique, Witness,
        control::Command,
        crowd::{Crowd, CrowdSpec},
        observation::Reconnect,
    },
};
use tokio::time::timeout;

use crate::{
    serving::{Serving, soon},
    support::{Course, Lab, Page, ask},
};

/// A lab with an update ten times a second, as long as its source runs.
const TEN_A_SECOND: &str = r#"{"distance_ms":0,"source":{"steady":{"every_ms":100}}}"#;

fn spec(size: u32, technique: Technique) -> CrowdSpec {
    CrowdSpec { size, technique, interval_ms: 1000, reconnect: Reconnect::ExponentialJitter }
}

fn call(crowd: CrowdSpec) -> Command {
    Command::Crowd { crowd: Some(crowd) }
}

/// Reads until a record of the crowd is like this.
async fn until(page: &mut Page, wanted: impl Fn(&Crowd) -> bool) -> Crowd {
    let last = |page: &Page| {
        page.records.iter().rev().find_map(|record| match &record.seen.fact {
            Fact::Crowd { crowd } => Some((**crowd).clone()),
            _ => None,
        })
    };
    let found = async {
        loop {
            if let Some(crowd) = last(page).filter(|crowd| wanted(crowd)) {
                return crowd;
            }
            let count = page.records.len();
            page.until_count(count + 1, |_| true).await;
        }
    };
    match timeout(Duration::from_secs(30), found).await {
        Ok(crowd) => crowd,
        Err(_) => panic!("it never came to that: {:?}", last(page)),
    }
}

/// What a thousand get of three seconds with ten updates each.
async fn everything_reaches_all(technique: Technique) {
    const SIZE: u32 = 1000;
    let course = Course::start().await;
    let lab = course.lab(TEN_A_SECOND).await;
    let mut page = lab.page().await;
    page.command(call(spec(SIZE, technique))).await;
    let crowd = until(&mut page, |crowd| crowd.connected == SIZE && crowd.held == SIZE).await;
    assert_eq!((crowd.connections, crowd.delivered), (SIZE, 0));

    page.command(Command::Source { running: true }).await;
    page.until_count(30, |fact| matches!(fact, Fact::Published { .. })).await;
    page.command(Command::Source { running: false }).await;
    let published = page.count(|fact| matches!(fact, Fact::Published { .. })) as u64;
    let all = published * u64::from(SIZE);
    let crowd = until(&mut page, |crowd| crowd.delivered >= all).await;
    println!("{technique:?}: {crowd:?}");
    assert_eq!((crowd.delivered, crowd.lost, crowd.duplicated), (all, 0, 0));
    assert_eq!((crowd.connected, crowd.requests, crowd.answers), (SIZE, SIZE.into(), SIZE.into()));
    assert!(crowd.delay_median.unwrap() <= crowd.delay_p95.unwrap());
    assert!(crowd.tasks >= SIZE && crowd.memory.unwrap() > 1_000_000 && crowd.cpu.unwrap() > 0);
    assert!(crowd.bytes_down > 20 * all && crowd.bytes_up > 50 * u64::from(SIZE));

    // What they did is summed up: the log belongs to the reader.
    assert_eq!(page.records.iter().filter(|record| record.seen.witness == Witness::Wire).count(), 0);
    assert!(page.records.len() < 200, "{}", page.records.len());
    assert_eq!(page.state.dropped, [0, 0, 0]);
    let own = lab.get("poll?c=1&n=1").await;
    assert_eq!(own.status, 200);
    page.until(|seen| matches!(seen.fact, Fact::Closed { .. })).await;

    page.command(Command::Crowd { crowd: None }).await;
    let gone = until(&mut page, |crowd| !crowd.here).await;
    assert_eq!((gone.connected, gone.held, gone.delivered), (0, 0, all));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_update_reaches_a_thousand_streams() {
    everything_reaches_all(Technique::Sse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_update_reaches_a_thousand_sockets() {
    everything_reaches_all(Technique::WebSocket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_bring_everything_too() {
    for technique in [Technique::ShortPoll, Technique::LongPoll] {
        let course = Course::start().await;
        let lab = course.lab(r#"{"distance_ms":20}"#).await;
        let mut page = lab.page().await;
        let quick = CrowdSpec { interval_ms: 200, ..spec(100, technique) };
        page.command(call(quick)).await;
        until(&mut page, |crowd| crowd.connected == 100).await;
        for _ in 0..5 {
            page.command(Command::Publish).await;
        }
        let crowd = until(&mut page, |crowd| crowd.delivered == 500).await;
        assert_eq!((crowd.lost, crowd.duplicated), (0, 0), "{technique:?}");
        assert!(crowd.delay_median.unwrap() >= 20_000, "the distance is theirs, too: {crowd:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_strikes_them_all_and_they_come_back() {
    for technique in [Technique::Sse, Technique::WebSocket, Technique::LongPoll] {
        let course = Course::start().await;
        let lab = course.lab(TEN_A_SECOND).await;
        let mut page = lab.page().await;
        page.command(call(spec(200, technique))).await;
        until(&mut page, |crowd| crowd.held == 200).await;
        page.command(Command::Source { running: true }).await;
        let cut = Fault { duration_ms: Some(300), ..Fault::new(5, Kind::cut(Close::Rst)) };
        page.command(Command::Fault { fault: cut }).await;
        let back = until(&mut page, |crowd| crowd.connected == 200 && crowd.connects.iter().sum::<u32>() >= 200).await;
        assert!(back.cut_ms.is_some() && back.peak().is_some_and(|peak| peak > 0), "{back:?}");
        page.command(Command::Source { running: false }).await;
        let all = 200 * page.count(|fact| matches!(fact, Fact::Published { .. })) as u64;
        let crowd = until(&mut page, |crowd| crowd.delivered >= all).await;
        assert_eq!((crowd.delivered, crowd.lost, crowd.duplicated), (all, 0, 0), "{technique:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    let course = Course::told(Config { crowd: 50, ..Config::default() }).await;
    let lab = course.lab(r#"{"distance_ms":0}"#).await;
    let mut page = lab.page().await;
    let good = spec(30, Technique::Sse);
    for (bad, said) in [
        (CrowdSpec { size: 0, ..good }, "from 1 to 1000"),
        (CrowdSpec { size: 1001, ..good }, "from 1 to 1000"),
        (CrowdSpec { interval_ms: 99, ..good }, "from 100 to 60000"),
        (CrowdSpec { technique: Technique::Request, ..good }, "plain request"),
        (CrowdSpec { size: 51, ..good }, "at most 50"),
    ] {
        let why = page.try_command(call(bad)).await.unwrap_err();
        assert!(why.contains(said), "{why}");
    }
    page.command(call(good)).await;
    until(&mut page, |crowd| crowd.connected == 30).await;

    // The limit is for all labs together; a crowd that goes makes room.
    let other = course.lab(r#"{"distance_ms":0}"#).await;
    let mut elsewhere = other.page().await;
    let why = elsewhere.try_command(call(spec(21, Technique::Sse))).await.unwrap_err();
    assert!(why.contains("at most 50 clients, and 30 are here"), "{why}");
    elsewhere.command(call(spec(20, Technique::Sse))).await;
    // One in place of another; a new run is one without a crowd.
    page.command(call(spec(10, Technique::WebSocket))).await;
    until(&mut page, |crowd| crowd.connected == 10 && crowd.spec.technique == Technique::WebSocket).await;
    page.command(Command::Reset).await;
    elsewhere.command(call(spec(50, Technique::Sse))).await;

    let none = Course::told(Config { crowd: 0, ..Config::default() }).await;
    let why = none.lab("{}").await.page().await.try_command(call(spec(1, Technique::Sse))).await.unwrap_err();
    assert!(why.contains("no crowds"), "{why}");
}

/// The processes that a process has started.
fn children(of: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>()).collect()
}

/// Whether a process is over, reaped or not.
fn is_over(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

async fn over(pid: u32) {
    let begun = Instant::now();
    while !is_over(pid) {
        assert!(begun.elapsed() < Duration::from_secs(5), "{pid} is there still");
        tokio::task::yield_now().await;
    }
}

/// A page of a new lab of a server in a process of its own, with a crowd, whose process comes with it.
async fn with_crowd(server: &Serving) -> (Page, u32) {
    let [site, at] = [server.site, server.lab].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let answer = ask(site, "POST", "/api/labs", "Content-Type: application/json\r\n", r#"{"distance_ms":0}"#).await;
    let lab = Lab { site, at, created: serde_json::from_str(&answer.body).unwrap() };
    let mut page = lab.page().await;
    page.command(call(spec(300, Technique::Sse))).await;
    until(&mut page, |crowd| crowd.connected == 300).await;
    let [child] = children(server.child.id())[..] else { panic!("one crowd, one process") };
    (page, child)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_ends_with_its_lab_and_with_its_server() {
    let mut server = Serving::start();
    let (mut page, child) = with_crowd(&server).await;
    let crowd = until(&mut page, |crowd| crowd.memory_each.is_some()).await;
    let each = crowd.memory_each.unwrap();
    assert!((1_000..40_000).contains(&each), "{each} bytes for each stream");
    page.command(Command::Reset).await;
    over(child).await;

    // Ctrl-C ends both in time.
    let (_page, child) = with_crowd(&server).await;
    let begun = Instant::now();
    assert!(Process::new("kill").args(["-INT", &server.child.id().to_string()]).status().unwrap().success());
    let status = soon(move || server.child.wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    over(child).await;

    // And if the server has no time to end anything.
    let mut server = Serving::start();
    let (_page, child) = with_crowd(&server).await;
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    over(child).await;
}

#[test]
fn called_by_hand_a_crowd_says_who_calls_it() {
    let output = soon(|| crate::serving::program(&["crowd"]).output().unwrap());
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("called by the server"), "{text}");
}
