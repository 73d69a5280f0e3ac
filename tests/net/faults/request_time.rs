//! The maximum request time: 504 before an answer, the end in the middle of one, and nothing between two requests.

use std::time::Duration;

use lifeline::fault::{Fault, Kind, chain::Chain};

use super::{chain, hears, streaming};
use crate::{
    http::UPGRADE,
    stage::{LABS, Stage, distance},
};

fn most(after_ms: u32) -> Kind {
    Kind::MaxRequest { after_ms }
}

#[tokio::test]
async fn a_request_without_an_answer_gets_504_and_the_end() {
    let chain = Chain::new(Duration::from_millis(30), vec![Fault::new(7, most(200))]);
    let mut stage = Stage::open([chain]).await;
    let mut client = stage.client().await;
    client.get(LABS[0], "hang", 5).await;
    assert_eq!(client.answer().await, (504, String::new()));
    assert_eq!(client.rest().await, "");
    stage.dropped().await;
    drop(client);
    let lab = &mut stage.labs[0];
    lab.has("down closed by fin").await;
    let story = ["struck by 7", "down 1: 504", "down 2: fin", "up closed by fin", "down 1 released"];
    let whole = lab.story();
    assert_eq!(whole[3..8], story, "{whole:?}");
    assert_eq!(lab.has("down 1: 504").await.exchange, Some(5), "it answers the request");
    let lasted = lab.at("struck by 7") - lab.at("up 1: GET #1");
    assert!((200.0..260.0).contains(&lasted), "{lasted} ms");
    assert!(lab.at("down 1 released") - lab.at("down 1: 504") >= 30.0, "it travels like any answer");
    stage.close().await;
}

#[tokio::test]
async fn a_stream_ends_in_the_middle() {
    let (mut stage, mut client, feed) = streaming(chain(most(200))).await;
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    assert_eq!(client.rest().await, "");
    stage.dropped().await;
    let lab = &mut stage.labs[0];
    lab.has("down closed by fin").await;
    let lasted = lab.at("struck by 7") - lab.at("up 1: GET #1");
    assert!((200.0..260.0).contains(&lasted), "whatever came meanwhile: {lasted} ms");
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn an_answer_that_has_not_got_through_is_lost_for_a_504() {
    // The head and half of the body are at the tap, and none of it has gone.
    let mut stage = Stage::open([distance(0)]).await;
    let events = stage.feed();
    let mut client = stage.client().await;
    stage.labs[0].force(Chain::new(
        Duration::ZERO,
        vec![
            Fault { direction: Some(lifeline::wire::Direction::Down), ..Fault::new(3, Kind::latency(10_000, 0)) },
            Fault::new(7, most(300)),
        ],
    ));
    client.get(LABS[0], "events", 1).await;
    events.send("one").await.unwrap();
    stage.labs[0].until("down 2: body 11").await;
    stage.labs[0].until("down 2 dropped by 7").await;
    stage.labs[0].force(distance(0));
    assert_eq!(client.answer().await.0, 504);
    assert_eq!(client.rest().await, "");
    drop((client, events));
    stage.close().await;
}

#[tokio::test]
async fn an_upgraded_connection_is_one_long_answer() {
    let mut stage = Stage::open([chain(most(250))]).await;
    let mut client = stage.client().await;
    client.send(UPGRADE).await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 101"));
    assert_eq!(client.rest().await, "");
    let lab = &mut stage.labs[0];
    let lasted = lab.at("struck by 7") - lab.at("up 1: GET #1");
    assert!((250.0..310.0).contains(&lasted), "{lasted} ms");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn it_leaves_an_idle_connection_alone() {
    let stage = Stage::open([chain(most(100))]).await;
    let mut client = stage.client().await;
    for exchange in 1..=3 {
        client.get(LABS[0], "hello", exchange).await;
        assert_eq!(client.answer().await.0, 200);
        client.hears_nothing(200).await;
    }
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn taken_away_in_time_nothing_happens_and_put_there_it_holds_for_what_is_open() {
    let (mut stage, mut client, feed) = streaming(chain(most(250))).await;
    client.hears_nothing(100).await;
    stage.labs[0].force(distance(0));
    client.hears_nothing(250).await;
    feed.send("one").await.unwrap();
    hears(&mut client, "one").await;
    // The stream is older than this already.
    stage.labs[0].force(chain(most(300)));
    assert_eq!(client.rest().await, "");
    stage.labs[0].has("struck by 7").await;
    drop((client, feed));
    stage.close().await;
}
