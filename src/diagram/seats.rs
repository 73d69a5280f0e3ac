//! Who sits where: clients that run side by side have a column of the picture each, on one axis of time.
//!
//! A client that is started again sits where the one before it sat. Where nobody sits beside anybody, the picture is one
//! wide column.

use super::{
    fold::{Event, ExchangeKey, Scene},
    layout::Paper,
};
use crate::wire::{ClientNo, Technique, observation::SEATS};

/// Room right of the last column, for the numbers of updates, in pixels.
const RIGHT: f32 = 66.0;

/// The same where there is little room.
const RIGHT_NARROW: f32 = 52.0;

/// The columns of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seats {
    /// Every client's column.
    of: Vec<(ClientNo, u8)>,
    /// The technique of the latest client in each column; nothing in an empty one.
    techniques: Vec<Option<Technique>>,
}

impl Seats {
    /// The seats of all clients of a run.
    pub fn of(scene: &Scene) -> Self {
        let mut seats = Self::default();
        for event in scene.events() {
            let Event::Started(client, settings) = &event.what else { continue };
            let seat = settings.seat.min(SEATS as u8 - 1);
            seats.of.push((*client, seat));
            if seats.techniques.len() <= usize::from(seat) {
                seats.techniques.resize(usize::from(seat) + 1, None);
            }
            seats.techniques[usize::from(seat)] = Some(settings.technique);
        }
        seats
    }

    /// The column of a client. What has no client, as a reader's own `curl`, is in the first.
    pub fn seat(&self, client: ClientNo) -> u8 {
        self.of.iter().rev().find(|(other, _)| *other == client).map_or(0, |(_, seat)| *seat)
    }

    /// The column of an exchange.
    pub fn seat_of(&self, key: ExchangeKey) -> u8 {
        match key {
            ExchangeKey::Client { client, .. } => self.seat(client),
            ExchangeKey::Loose { .. } => 0,
        }
    }

    /// The columns on paper of this width, from the left.
    pub fn columns(&self, width: f32) -> Vec<Column> {
        let whole = Paper::new(width);
        let count = self.techniques.len();
        if count < 2 {
            let technique = self.techniques.first().copied().flatten();
            return vec![Column { paper: whole, technique, network: false }];
        }
        let gutter = if whole.narrow { 28.0 } else { 40.0 };
        let left = gutter + 12.0;
        let right = if whole.narrow { RIGHT_NARROW } else { RIGHT };
        let each = (whole.width - left - right) / count as f32;
        let inset = (each * 0.1).min(22.0);
        let column = |(place, technique): (usize, &Option<Technique>)| {
            let x = left + each * place as f32;
            let paper = Paper {
                width: whole.width,
                gutter,
                browser: x + inset,
                server: x + each - inset,
                narrow: true,
                beside: [false, place + 1 == count],
            };
            Column { paper, technique: *technique, network: false }
        };
        self.techniques.iter().enumerate().map(column).collect()
    }
}

/// One column of the picture: two lifelines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Where its lifelines stand.
    pub paper: Paper,
    /// The technique of its client.
    pub technique: Option<Technique>,
    /// Whether the network has a lifeline of its own, halfway between.
    pub network: bool,
}
