//! The names above the lifelines: who stands there, and what was declared of the way between them.

use super::{
    draw::{escape, hue},
    quantity::coordinate,
    seats::Column,
    words::Say,
};
use crate::wire::Technique;

/// The narrowest column in which both ends and the technique have their full names, in pixels.
const ROOMY: f32 = 130.0;

/// The narrowest column in which all that was declared stands in one line below the network's name, in pixels.
const WIDE: f32 = 300.0;

/// The names as markup: of one pair of lifelines with what was declared of the distance and the clocks between them, or of
/// each of several.
pub fn names(say: Say, columns: &[Column], port: &str, declared: &[String; 2]) -> String {
    let mut out = String::with_capacity(512);
    let [Column { paper, network, .. }] = columns else {
        columns.iter().enumerate().for_each(|(place, _)| column(&mut out, say, columns, place));
        return out;
    };
    word(&mut out, "pc-name", paper.browser, 20.0, &say("picture.browser", &[]));
    word(&mut out, "pc-sub", paper.browser, 37.0, &say("picture.this_page", &[]));
    word(&mut out, "pc-name", paper.server, 20.0, &say("picture.server", &[]));
    word(&mut out, "pc-sub", paper.server, 37.0, port);
    let [distance, clocks] = declared;
    if *network {
        word(&mut out, "pc-name", paper.middle(), 20.0, &say("picture.network", &[]));
        let both = paper.server - paper.browser >= WIDE && !clocks.is_empty();
        let text = if both { format!("{distance} · {clocks}") } else { distance.clone() };
        word(&mut out, "pc-sub", paper.middle(), 37.0, &text);
        return out;
    }
    word(&mut out, "pc-sub", paper.middle(), 20.0, distance);
    word(&mut out, "pc-sub", paper.middle(), 37.0, clocks);
    out
}

/// The name of one of several columns, and of its ends where there is room.
fn column(out: &mut String, say: Say, columns: &[Column], place: usize) {
    let Column { paper, technique, .. } = columns[place];
    let roomy = paper.server - paper.browser >= ROOMY;
    let key = match (technique, roomy) {
        (Some(Technique::ShortPoll), true) => "picture.seat_short",
        (Some(Technique::ShortPoll), false) => "picture.seat_short_brief",
        (Some(Technique::LongPoll), true) => "picture.seat_long",
        (Some(Technique::LongPoll), false) => "picture.seat_long_brief",
        (Some(Technique::Sse), _) => "picture.seat_sse",
        (Some(Technique::WebSocket), true) => "picture.seat_socket",
        (Some(Technique::WebSocket), false) => "picture.seat_socket_brief",
        (Some(Technique::Request), _) => "picture.seat_request",
        (None, _) => return,
    };
    let mut name = say(key, &[]);
    // Several of one kind are told apart by their places.
    if columns.iter().filter(|other| other.technique == technique).count() > 1 {
        name.push_str(&format!(" {}", place + 1));
    }
    word(out, &format!("pc-name pc-seat {}", hue(technique)), paper.middle(), 20.0, &name);
    if roomy {
        word(out, "pc-sub", paper.browser + 6.0, 37.0, &say("picture.browser", &[]));
        word(out, "pc-sub", paper.server - 6.0, 37.0, &say("picture.server", &[]));
    }
}

fn word(out: &mut String, class: &str, x: f32, y: f32, text: &str) {
    out.push_str("<text class=\"pc-w pc-mid ");
    out.push_str(class);
    out.push_str("\" x=\"");
    coordinate(out, x);
    out.push_str("\" y=\"");
    coordinate(out, y);
    out.push_str("\">");
    escape(out, text);
    out.push_str("</text>");
}
