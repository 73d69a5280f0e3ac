//! Duplicates: what an open stream or socket brings comes twice.

use lifeline::fault::Kind;
use tokio::io::AsyncReadExt;

use super::{chain, hears, streaming};
use crate::{
    http::UPGRADE,
    stage::{LABS, SOON, distance},
};

fn twice(reconnected: bool) -> Kind {
    Kind::Duplicate { reconnected }
}

#[tokio::test]
async fn an_event_comes_twice_and_nothing_else_does() {
    let (stage, mut client, feed) = streaming(chain(twice(false))).await;
    for event in ["one", "two"] {
        feed.send(event).await.unwrap();
        hears(&mut client, event).await;
        hears(&mut client, event).await;
    }
    stage.labs[0].force(distance(0));
    feed.send("six").await.unwrap();
    hears(&mut client, "six").await;
    stage.labs[0].force(chain(twice(false)));
    drop(feed);
    assert_eq!(client.until("\r\n\r\n").await, "0\r\n\r\n", "an end comes once");
    client.get(LABS[0], "hello", 2).await;
    assert_eq!(client.answer().await, (200, "hello".to_owned()));
    client.finish().await;
    assert_eq!(client.rest().await, "", "nor does what has a length");
    stage.close().await;
}

#[tokio::test]
async fn a_message_comes_twice_and_a_ping_once() {
    let stage = crate::stage::Stage::open([chain(twice(false))]).await;
    let mut client = stage.client().await;
    client.send(UPGRADE).await;
    client.until("\r\n\r\n").await;
    // An echo of bytes: a text, a ping, and the first part of a message that is cut in two.
    let (text, ping, part): (&[u8], &[u8], &[u8]) = (b"\x81\x82\0\0\0\0hi", b"\x89\x81\0\0\0\0?", b"\x01\x81\0\0\0\0a");
    client.send([text, ping, part].concat()).await;
    let expected = [text, text, ping, part].concat();
    let mut got = vec![0; expected.len()];
    tokio::time::timeout(SOON, client.stream.read_exact(&mut got)).await.unwrap().unwrap();
    assert_eq!(got, expected);
    client.hears_nothing(50).await;
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn only_who_comes_back_hears_it_twice() {
    let (stage, mut first, feed) = streaming(chain(twice(true))).await;
    feed.send("one").await.unwrap();
    hears(&mut first, "one").await;
    feed.send("two").await.unwrap();
    hears(&mut first, "two").await;
    drop((first, feed));
    let feed = stage.feed();
    let mut again = stage.client().await;
    again.get(LABS[0], "events", 2).await;
    again.until("\r\n\r\n").await;
    feed.send("six").await.unwrap();
    hears(&mut again, "six").await;
    hears(&mut again, "six").await;
    // Another client comes for the first time.
    let other_feed = stage.feed();
    let mut other = stage.client().await;
    other.send(format!("GET /l/{}/events?c=2&n=1 HTTP/1.1\r\nHost: lab\r\n\r\n", LABS[0])).await;
    other.until("\r\n\r\n").await;
    for event in ["one", "two"] {
        other_feed.send(event).await.unwrap();
        hears(&mut other, event).await;
    }
    drop((again, feed, other, other_feed));
    stage.close().await;
}
