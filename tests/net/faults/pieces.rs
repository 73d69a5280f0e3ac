//! Slices: pieces with writes and reads of their own.

use std::time::Duration;

use lifeline::{
    fault::{Fault, Kind, chain::Chain},
    wire::{Direction, Fact},
};
use tokio::io::AsyncReadExt;

use super::{chain, hears, streaming};
use crate::{
    http::UPGRADE,
    stage::{LABS, SOON, Stage, distance},
};

fn slice(bytes: u32, vary: u32, pause_ms: u32) -> Kind {
    Kind::Slice { bytes, vary, pause_ms }
}

#[tokio::test]
async fn an_event_arrives_in_pieces_with_pauses_between() {
    let (mut stage, mut client, feed) = streaming(distance(0)).await;
    stage.labs[0].force(chain(slice(4, 0, 60)));
    feed.send("one").await.unwrap();
    // 16 bytes on the wire.
    let mut pieces = Vec::new();
    let mut buffer = [0; 64];
    for _ in 0..4 {
        let n = tokio::time::timeout(SOON, client.stream.read(&mut buffer)).await.unwrap().unwrap();
        pieces.push(String::from_utf8(buffer[..n].to_vec()).unwrap());
    }
    assert_eq!(pieces, ["B\r\nd", "ata:", " one", "\n\n\r\n"]);
    let lab = &mut stage.labs[0];
    lab.has("down 2 released").await;
    let took = lab.at("down 2 released") - lab.at("down 2: body 11");
    assert!((180.0..260.0).contains(&took), "it is let go with its last piece: {took} ms");
    // Units that are not under way together are cut each for itself, and one behind the other.
    for event in ["two", "three"] {
        feed.send(event).await.unwrap();
    }
    for event in ["two", "three"] {
        hears(&mut client, event).await;
    }
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn the_rest_of_a_unit_goes_at_once_when_it_is_taken_away() {
    let (stage, mut client, feed) = streaming(distance(0)).await;
    stage.labs[0].force(chain(slice(4, 0, 10_000)));
    feed.send("one").await.unwrap();
    assert_eq!(client.exactly(4).await, "B\r\nd");
    client.hears_nothing(80).await;
    // Shorter pauses hold at once, too.
    stage.labs[0].force(chain(slice(4, 0, 1)));
    assert_eq!(client.exactly(4).await, "ata:");
    stage.labs[0].force(chain(slice(4, 0, 10_000)));
    feed.send("two").await.unwrap();
    stage.labs[0].force(distance(0));
    assert_eq!(client.until("\n\n\r\n").await, " one\n\n\r\n");
    hears(&mut client, "two").await;
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn what_has_begun_to_go_is_not_struck_in_the_middle() {
    let (mut stage, mut client, feed) = streaming(distance(0)).await;
    stage.labs[0].force(chain(slice(4, 0, 10_000)));
    feed.send("one").await.unwrap();
    assert_eq!(client.exactly(4).await, "B\r\nd");
    // A stall holds the rest, and a hole would tear the framing.
    stage.labs[0].force(chain(Kind::Stall));
    client.hears_nothing(80).await;
    stage.labs[0].force(chain(Kind::Blackhole));
    assert_eq!(client.until("\n\n\r\n").await, "ata: one\n\n\r\n");
    feed.send("two").await.unwrap();
    stage.labs[0].until("down 3 dropped by 7").await;
    stage.labs[0].force(distance(0));
    drop((client, feed));
    stage.close().await;
}

#[tokio::test]
async fn a_request_comes_in_reads_of_its_own() {
    let fault = Fault { direction: Some(Direction::Up), ..Fault::new(7, slice(1000, 0, 20)) };
    let mut stage = Stage::open([Chain::new(Duration::ZERO, vec![fault])]).await;
    let mut client = stage.client().await;
    let body = "x".repeat(8_000);
    client.send(format!("POST /l/labaaaaaaa/echo HTTP/1.1\r\nHost: lab\r\nContent-Length: 8000\r\n\r\n{body}")).await;
    assert_eq!(client.answer().await, (200, body));
    let lab = &mut stage.labs[0];
    lab.story();
    // However the body came to the tap, each of its units took a pause for each thousand bytes but the first.
    let (mut pauses, mut took) = (0, 0.0);
    for seen in &lab.log {
        if let Fact::Unit { dir: Direction::Up, no, unit } = &seen.fact {
            pauses += unit.bytes().div_ceil(1000) - 1;
            let left = Fact::Released { dir: Direction::Up, no: *no };
            took = lab.log.iter().find(|seen| seen.fact == left).map_or(took, |left| (left.at - lab.log[1].at) as f64);
        }
    }
    assert!(pauses >= 7 && took / 1000.0 >= f64::from(pauses) * 20.0, "{pauses} pauses in {took} µs");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_frame_is_cut_like_anything_else() {
    let mut stage = Stage::open([distance(0)]).await;
    let mut client = stage.client().await;
    client.send(UPGRADE).await;
    client.until("\r\n\r\n").await;
    let fault = Fault { direction: Some(Direction::Down), ..Fault::new(7, slice(3, 50, 5)) };
    stage.labs[0].force(Chain::new(Duration::ZERO, vec![fault]));
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    client.send(hello).await;
    let mut echo = [0; 11];
    tokio::time::timeout(SOON, client.stream.read_exact(&mut echo)).await.unwrap().unwrap();
    assert_eq!(echo, hello);
    let lab = &mut stage.labs[0];
    lab.has("down 2: frame 1 5").await;
    lab.has("down 2 released").await;
    assert!(lab.at("down 2 released") - lab.at("down 2: frame 1 5") >= 10.0, "three pieces at least");
    drop(client);
    stage.close().await;
}

#[tokio::test]
async fn a_share_of_units_is_cut() {
    let fault = Fault { probability: 0.5, seed: 1, ..Fault::new(7, slice(4, 0, 30)) };
    let (mut stage, mut client, feed) = streaming(Chain::new(Duration::ZERO, vec![fault])).await;
    for _ in 0..20 {
        feed.send("one").await.unwrap();
        hears(&mut client, "one").await;
    }
    let lab = &mut stage.labs[0];
    lab.has("down 21 released").await;
    let waits = (2..=21).map(|no| lab.at(&format!("down {no} released")) - lab.at_unit(no)).collect::<Vec<_>>();
    let cut = waits.iter().filter(|ms| **ms >= 90.0).count();
    assert!((4..=16).contains(&cut), "{cut} of 20");
    client.get(LABS[0], "hello", 2).await;
    drop((client, feed));
    stage.close().await;
}
