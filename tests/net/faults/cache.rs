//! A stale cache: polls that see the past.

use std::time::Duration;

use lifeline::fault::{Fault, Kind, Scope, chain::Chain};

use super::chain;
use crate::stage::{Client, LABS, Stage, distance};

fn cache(ttl_ms: u32) -> Kind {
    Kind::StaleCache { ttl_ms }
}

/// Asks for the server's count of how often it was asked, and says what comes, with its age.
async fn count(client: &mut Client, address: &str, n: u32) -> (String, Option<u64>) {
    client
        .send(format!(
            "GET /l/{}/count{address} HTTP/1.1\r\nHost: lab\r\nAccept: text/plain;c=1;n={n}\r\n\r\n",
            LABS[0]
        ))
        .await;
    let head = client.until("\r\n\r\n").await;
    let field = |name: &str| head.lines().find_map(|line| line.to_lowercase().strip_prefix(name)?.trim().parse().ok());
    let length = field("content-length:").expect("a length");
    (client.exactly(length as usize).await, field("age:"))
}

#[tokio::test]
async fn an_answer_is_given_again_until_it_is_too_old() {
    let mut stage = Stage::open([chain(cache(1_300))]).await;
    let (mut one, mut two) = (stage.client().await, stage.client().await);
    assert_eq!(count(&mut one, "", 1).await, ("1".to_owned(), None));
    assert_eq!(count(&mut one, "", 2).await, ("1".to_owned(), Some(0)), "the same connection");
    assert_eq!(count(&mut two, "", 3).await, ("1".to_owned(), Some(0)), "another one");
    assert_eq!(count(&mut two, "?n=4", 4).await.0, "2", "another address");
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(count(&mut two, "", 5).await, ("1".to_owned(), Some(1)));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(count(&mut one, "", 6).await, ("3".to_owned(), None), "too old");
    // The picture: the request never arrives, and the answer belongs to it.
    let lab = &mut stage.labs[0];
    let dropped = lab.has("up 2 dropped by 7").await.clone();
    assert_eq!(dropped.exchange, Some(2));
    assert_eq!(lab.has("down 3: 200").await.exchange, Some(2));
    drop((one, two));
    stage.close().await;
}

#[tokio::test]
async fn what_is_kept_is_forgotten_with_the_fault() {
    let stage = Stage::open([chain(cache(60_000))]).await;
    let mut client = stage.client().await;
    assert_eq!(count(&mut client, "", 1).await.0, "1");
    assert_eq!(count(&mut client, "", 2).await.0, "1");
    stage.labs[0].force(distance(0));
    stage.labs[0].force(chain(cache(60_000)));
    assert_eq!(count(&mut client, "", 3).await, ("2".to_owned(), None));
    assert_eq!(count(&mut client, "", 4).await.0, "2");
    stage.labs[0].force(distance(0));
    assert_eq!(count(&mut client, "", 5).await.0, "3");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn only_whole_answers_to_a_get_are_kept_and_only_so_large() {
    let stage = Stage::open([chain(cache(60_000))]).await;
    let mut client = stage.client().await;
    for _ in 0..2 {
        // Not found, a body, another method, and one that is too large for it.
        client.get(LABS[0], "nothing", 1).await;
        assert_eq!(client.answer().await.0, 404);
        client.send(format!("POST /l/{}/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 2\r\n\r\nhi", LABS[0])).await;
        assert_eq!(client.answer().await, (200, "hi".to_owned()));
        client.send(format!("HEAD /l/{}/hello HTTP/1.1\r\nHost: lab\r\n\r\n", LABS[0])).await;
        assert!(!client.until("\r\n\r\n").await.contains("age:"));
        for (bytes, aged) in [(65_537, false), (65_536, true)] {
            client.get(LABS[0], &format!("big/{bytes}"), 1).await;
            let first = client.until("\r\n\r\n").await;
            client.exactly(bytes).await;
            client.get(LABS[0], &format!("big/{bytes}"), 1).await;
            let second = client.until("\r\n\r\n").await;
            client.exactly(bytes).await;
            assert_eq!(second.contains("age: 0"), aged, "{bytes}");
            let plain = second.replace("age: 0\r\n", "");
            assert!(first.replace("age: 0\r\n", "") == plain, "it says the same otherwise");
        }
    }
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_held_request_is_still_waited_for_after_answers_from_the_cache() {
    let fault = Fault::new(7, cache(60_000));
    let limits = lifeline::net::accept::Limits {
        head_time: Duration::from_millis(150),
        idle_time: Duration::from_millis(200),
        ..lifeline::net::accept::Limits::default()
    };
    let stage = Stage::with(limits, [Chain::new(Duration::ZERO, vec![fault])]).await;
    let mut client = stage.client().await;
    for n in 1..=3 {
        assert_eq!(count(&mut client, "", n).await.0, "1");
    }
    client.get(LABS[0], "hang", 9).await;
    client.hears_nothing(500).await;
    drop(client);
    stage.dropped().await;
    stage.close().await;
}

#[tokio::test]
async fn it_is_for_whom_it_is_meant() {
    let scope = Scope { client: Some(2), ..Scope::default() };
    let stage = Stage::open([Chain::new(Duration::ZERO, vec![Fault { scope, ..Fault::new(7, cache(60_000)) }])]).await;
    let mut client = stage.client().await;
    for n in 1..=2 {
        assert_eq!(count(&mut client, "", n).await, (n.to_string(), None), "client 1 is spared");
    }
    drop(client);
    stage.close().await;
}
