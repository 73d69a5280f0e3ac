//! A frame bit by bit: the fields of its head (RFC 6455 §5.2), each with its bits and what they mean.

use leptos::{prelude::*, tachys::view::keyed::keyed};

use super::{
    draw::escape,
    fold::{Exchange, Piece, Scene},
    frames::carried,
    quantity::{bytes, moment, number},
    words::frame as name,
};
use crate::{
    i18n::{t, tf},
    wire::{ConnNo, Direction, Frame, Micros, UnitNo},
};

/// How many frames are shown: the latest.
const FRAMES: usize = 12;

/// A frame as text.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameSheet {
    id: (Direction, ConnNo, UnitNo),
    title: String,
    /// Name, bits, meaning.
    rows: Vec<[String; 3]>,
    payload: String,
}

/// The latest frames of an exchange, the newest first.
pub fn latest(scene: &Scene, facts: &Exchange) -> Vec<FrameSheet> {
    let mut list: Vec<(Micros, (Direction, ConnNo, UnitNo), &Frame)> = Vec::new();
    for (dir, units) in [(Direction::Up, &facts.ups), (Direction::Down, &facts.downs)] {
        let frames = units.iter().rev().filter_map(|(conn, no)| {
            let seen = scene.unit_seen(*conn, dir, *no)?.seen.as_ref()?;
            match &seen.what {
                Piece::Frame(frame) => Some((seen.at, (dir, *conn, *no), &**frame)),
                _ => None,
            }
        });
        list.extend(frames.take(FRAMES));
    }
    list.sort_by_key(|frame| std::cmp::Reverse(frame.0));
    list.truncate(FRAMES);
    list.into_iter().map(|(at, id, frame)| FrameSheet::of(at - scene.start(), id, frame)).collect()
}

impl FrameSheet {
    fn of(at: Micros, id: (Direction, ConnNo, UnitNo), frame: &Frame) -> Self {
        let arrow = if id.0 == Direction::Up { "↑" } else { "↓" };
        let size = bytes(u64::from(frame.head) + u64::from(frame.payload));
        let title = format!("{arrow} {} · {} · {size}", moment(at), name(tf, carried(frame)));
        Self { id, title, rows: rows(frame), payload: frame.text.clone() }
    }

    /// As markup: a view of this would be many times as long when it is compiled, and a page downloads it.
    fn html(&self) -> String {
        let mut html = String::from("<summary>");
        escape(&mut html, &self.title);
        html.push_str("</summary><table>");
        for [name, bits, meaning] in &self.rows {
            html.push_str("<tr><th scope=\"row\">");
            escape(&mut html, name);
            html.push_str("</th><td><code>");
            escape(&mut html, bits);
            html.push_str("</code></td><td>");
            escape(&mut html, meaning);
            html.push_str("</td></tr>");
        }
        html.push_str("</table>");
        if !self.payload.is_empty() {
            html.push_str("<pre>");
            escape(&mut html, &self.payload);
            html.push_str("</pre>");
        }
        html
    }
}

/// The fields of a frame's head.
fn rows(frame: &Frame) -> Vec<[String; 3]> {
    let row = |name: &str, bits: String, meaning: String| [name.to_owned(), bits, meaning];
    let bit = |set: bool| if set { "1" } else { "0" }.to_owned();
    let fin = if frame.fin { "picture.bits_fin" } else { "picture.bits_more" };
    let rsv = if frame.rsv == 0 { "picture.bits_rsv" } else { "picture.bits_extension" };
    let opcode = match frame.opcode {
        0 => "picture.bits_continuation",
        1 => "picture.bits_text",
        2 => "picture.bits_binary",
        8 => "picture.bits_close",
        9 => "picture.bits_ping",
        10 => "picture.bits_pong",
        _ => "picture.bits_reserved",
    };
    let mask = if frame.masked { "picture.bits_masked" } else { "picture.bits_bare" };
    // What the head has besides its first two bytes and the key is the longer form of the length.
    let further = frame.head.saturating_sub(if frame.masked { 6 } else { 2 });
    let n = number(u64::from(frame.payload));
    let (short, length) = match further {
        0 => (frame.payload, "picture.bits_length"),
        2 => (126, "picture.bits_length_16"),
        _ => (127, "picture.bits_length_64"),
    };
    let mut rows = vec![
        row("FIN", bit(frame.fin), t(fin)),
        row("RSV1–3", bits(frame.rsv.into(), 3), t(rsv)),
        row("opcode", bits(frame.opcode.into(), 4), t(opcode)),
        row("MASK", bit(frame.masked), t(mask)),
        row("Payload len", bits(short.into(), 7), tf(length, &[("n", &n)])),
    ];
    if further > 0 {
        let length = octets(u64::from(frame.payload), further);
        rows.push(row("Extended payload length", length, tf("picture.bits_bytes", &[("n", &n)])));
    }
    if frame.masked {
        rows.push(row("Masking-key", "32".to_owned(), t("picture.bits_key")));
    }
    if let Some(code) = frame.close {
        rows.push(row("Status code", octets(u64::from(code), 2), code.to_string()));
    }
    rows
}

/// The lowest bits of a number.
fn bits(number: u64, width: u32) -> String {
    (0..width).rev().map(|place| if number >> place & 1 == 1 { '1' } else { '0' }).collect()
}

/// A number in so many bytes, bit by bit.
fn octets(number: u64, count: u8) -> String {
    let octets = (0..u32::from(count)).rev().map(|place| bits(number >> (8 * place), 8));
    octets.collect::<Vec<_>>().join(" ")
}

/// The frames, each to be opened. One that is open stays so while others come.
pub fn view(frames: Vec<FrameSheet>) -> impl IntoView {
    let none = frames.is_empty();
    let sheets = keyed(
        frames,
        |frame| frame.id,
        |_, frame| (|_| (), view! { <details class="pc-frame" inner_html=frame.html()></details> }),
    );
    view! {
        <h5 hidden=none>{t("picture.frames")}</h5>
        {sheets}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_the_head_is_told() {
        let mut frame = Frame {
            fin: true,
            rsv: 0,
            opcode: 1,
            masked: true,
            head: 8,
            payload: 258,
            close: None,
            text: String::new(),
        };
        let told = |frame: &Frame| rows(frame).into_iter().map(|row| row[1].clone()).collect::<Vec<_>>();
        assert_eq!(told(&frame), ["1", "000", "0001", "1", "1111110", "00000001 00000010", "32"]);
        (frame.masked, frame.head, frame.payload) = (false, 10, 65_536);
        assert_eq!(told(&frame)[4..], ["1111111", &octets(65_536, 8)]);
        (frame.head, frame.payload, frame.opcode, frame.close) = (2, 2, 8, Some(1000));
        assert_eq!(told(&frame), ["1", "000", "1000", "0", "0000010", "00000011 11101000"]);
        // FIN, RSV, opcode, MASK and length are the first two bytes, whatever follows.
        assert_eq!(told(&frame)[..5].concat().len(), 16);
    }
}
