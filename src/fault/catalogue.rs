//! The catalogue: every kind once, as it stands when nothing is said, with its parameters and their ranges. The panel's forms, the
//! field guide and the API's own description are made from it.

use serde::Serialize;
use serde_json::Value;

use super::{Death, Fault, Kind, Overflow, Place, Prey, Shape};
use crate::wire::{Close, Technique};

/// A kind of fault.
#[derive(Clone, Debug)]
pub struct Entry {
    /// An example: the kind with the parameters that the panel begins with.
    pub kind: Kind,
    /// The share it strikes to begin with, 0 to 1.
    pub probability: f64,
    /// The key that switches it in the free lab.
    pub key: char,
    /// The technique that shows it best.
    pub shows: Technique,
    /// Whether it is something between the two ends that does it, rather than the way itself.
    pub between: bool,
    /// Its parameters, in order.
    pub fields: Vec<Field>,
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    #[serde(flatten)]
    pub form: Form,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "form")]
pub enum Form {
    /// A whole number.
    Number {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
        /// Whether it may be absent.
        optional: bool,
    },
    /// One of these words.
    Choice {
        /// The words.
        of: &'static [&'static str],
    },
    /// Yes or no.
    Switch,
}

fn number(name: &'static str, least: i64, most: i64) -> Field {
    Field { name, form: Form::Number { least, most, optional: false } }
}

fn optional(name: &'static str, least: i64, most: i64) -> Field {
    Field { name, form: Form::Number { least, most, optional: true } }
}

fn choice(name: &'static str, of: &'static [&'static str]) -> Field {
    Field { name, form: Form::Choice { of } }
}

impl Entry {
    fn new<const N: usize>(key: char, kind: Kind, shows: Technique, fields: [Field; N]) -> Self {
        let between = matches!(
            kind,
            Kind::IdleKiller { .. }
                | Kind::Buffer { .. }
                | Kind::Swallow { .. }
                | Kind::MaxRequest { .. }
                | Kind::StaleCache { .. }
                | Kind::StripUpgrade { .. }
                | Kind::Duplicate { .. }
        );
        Self { kind, probability: 1.0, key, shows, between, fields: fields.into() }
    }

    fn share(self, probability: f64) -> Self {
        Self { probability, ..self }
    }

    /// The fault as the panel begins with it.
    pub fn example(&self, id: u32) -> Fault {
        Fault { probability: self.probability, seed: 1, ..Fault::new(id, self.kind.clone()) }
    }

    /// A parameter's value in the example; nothing where it is absent.
    pub fn value(&self, field: &Field) -> Option<Value> {
        let kind = serde_json::to_value(&self.kind).ok()?;
        kind.get(self.kind.name())?.get(field.name).filter(|value| !value.is_null()).cloned()
    }

    /// What the API says of it.
    pub fn describe(&self) -> Value {
        let place = match self.kind.place() {
            Place::Wire => "wire",
            Place::Server => "server",
            Place::Client => "client",
        };
        serde_json::json!({
            "name": self.kind.name(),
            "place": place,
            "fields": self.fields,
            "counts": self.kind.counts(),
            "example": { "kind": self.kind, "probability": self.probability },
        })
    }
}

const HOW: &[&str] = &["fin", "rst"];

/// Every kind, in the order in which they are shown.
pub fn all() -> Vec<Entry> {
    use Technique::{LongPoll, ShortPoll, Sse, WebSocket};
    vec![
        Entry::new(
            '1',
            Kind::Latency { base_ms: 200, jitter_ms: 400, shape: Shape::Uniform },
            ShortPoll,
            [
                number("base_ms", 0, 10_000),
                number("jitter_ms", 0, 10_000),
                choice("shape", &["uniform", "normal", "pareto"]),
            ],
        ),
        Entry::new('2', Kind::Stall, Sse, []),
        Entry::new('3', Kind::Blackhole, WebSocket, []),
        Entry::new(
            '4',
            Kind::cut(Close::Rst),
            Sse,
            [
                choice("how", HOW),
                number("after_ms", 0, 60_000),
                optional("after_bytes", 1, 1_000_000),
                optional("every", 2, 100),
            ],
        ),
        Entry::new(
            '5',
            Kind::Bandwidth { bytes_per_s: 500, burst: 0 },
            ShortPoll,
            [number("bytes_per_s", 100, 10_000_000), number("burst", 0, 1_000_000)],
        ),
        Entry::new('6', Kind::Loss { streak: 30 }, Sse, [number("streak", 0, 95)]).share(0.2),
        Entry::new('t', Kind::Tail { times: 10 }, WebSocket, [number("times", 2, 100)]).share(0.05),
        Entry::new(
            'l',
            Kind::Slice { bytes: 20, vary: 50, pause_ms: 50 },
            Sse,
            [number("bytes", 1, 65_536), number("vary", 0, 100), number("pause_ms", 0, 10_000)],
        ),
        Entry::new('k', Kind::SlowConnect { wait_ms: 2_000 }, ShortPoll, [number("wait_ms", 100, 60_000)]),
        Entry::new('r', Kind::Refuse, WebSocket, []),
        Entry::new('g', Kind::SlowClose { ms: 3_000 }, WebSocket, [number("ms", 100, 60_000)]),
        Entry::new(
            'i',
            Kind::IdleKiller { after_ms: 3_000, how: Death::Silent },
            WebSocket,
            [number("after_ms", 100, 120_000), choice("how", &["fin", "rst", "silent"])],
        ),
        Entry::new(
            'b',
            Kind::Buffer { bytes: 2_000, flush_ms: None },
            Sse,
            [number("bytes", 1, 262_144), optional("flush_ms", 100, 60_000)],
        ),
        Entry::new('m', Kind::MaxRequest { after_ms: 4_000 }, Sse, [number("after_ms", 100, 120_000)]),
        Entry::new(
            'u',
            Kind::strip_upgrade(),
            WebSocket,
            [choice("answer", &["upgrade_required", "bad_request", "ok", "hang"])],
        ),
        Entry::new('c', Kind::StaleCache { ttl_ms: 5_000 }, ShortPoll, [number("ttl_ms", 100, 60_000)]),
        Entry::new(
            'w',
            Kind::Swallow { what: Prey::Pongs },
            WebSocket,
            [choice("what", &["pings", "pongs", "beats", "comments"])],
        ),
        Entry::new(
            'd',
            Kind::Duplicate { reconnected: false },
            Sse,
            [Field { name: "reconnected", form: Form::Switch }],
        ),
        Entry::new(
            '7',
            Kind::SlowAnswers { min_ms: 0, max_ms: 3_000 },
            ShortPoll,
            [number("min_ms", 0, 10_000), number("max_ms", 0, 10_000)],
        )
        .share(0.5),
        Entry::new('8', Kind::status(503), ShortPoll, [number("code", 204, 599), optional("retry_after_s", 0, 600)]),
        Entry::new('n', Kind::NeverAnswer, ShortPoll, []).share(0.5),
        Entry::new('o', Kind::Reorder { window: 2 }, ShortPoll, [number("window", 1, 16)]).share(0.3),
        Entry::new(
            'v',
            Kind::Overload { at_once: 1, pause_ms: 1_500 },
            ShortPoll,
            [number("at_once", 1, 100), number("pause_ms", 0, 10_000)],
        ),
        Entry::new(
            '9',
            Kind::restart(),
            WebSocket,
            [choice("how", &["drain", "kill", "rotate"]), number("drain_ms", 0, 60_000)],
        ),
        Entry::new('x', Kind::CloseCode { code: Some(1011) }, WebSocket, [optional("code", 1_000, 4_999)]),
        Entry::new('h', Kind::ShortHistory { keep: 3 }, LongPoll, [number("keep", 0, 1_000)]),
        Entry::new('j', Kind::NoId, Sse, []),
        Entry::new('y', Kind::Retry { ms: 5_000 }, Sse, [number("ms", 0, 60_000)]),
        Entry::new('q', Kind::NoComments, Sse, []),
        Entry::new('z', Kind::WrongType, Sse, []),
        Entry::new('e', Kind::Hidden, ShortPoll, []),
        Entry::new('f', Kind::Frozen, Sse, []),
        Entry::new(',', Kind::Offline, Sse, []),
        Entry::new('s', Kind::Asleep, WebSocket, []),
        Entry::new(
            'a',
            Kind::SlowReader { bytes_per_s: 200, policy: Overflow::DropOldest },
            Sse,
            [number("bytes_per_s", 100, 1_000_000), choice("policy", &["drop_oldest", "disconnect"])],
        ),
        Entry::new(
            '.',
            Kind::ClockDrift { ahead_ms: 0, ppm: 100_000 },
            WebSocket,
            [number("ahead_ms", -600_000, 600_000), number("ppm", -500_000, 500_000)],
        ),
    ]
}

/// The entry of a kind, by its name.
pub fn find(name: &str) -> Option<Entry> {
    all().into_iter().find(|entry| entry.kind.name() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn with(entry: &Entry, name: &str, value: Value) -> Result<(), String> {
        let mut kind = serde_json::to_value(&entry.kind).unwrap();
        kind[entry.kind.name()][name] = value;
        let kind: Kind = serde_json::from_value(kind).map_err(|error| error.to_string())?;
        Fault::new(1, kind).check()
    }

    #[test]
    fn every_kind_is_there_once_and_every_key_too() {
        let entries = all();
        let names: BTreeSet<_> = entries.iter().map(|entry| entry.kind.name()).collect();
        let keys: BTreeSet<_> = entries.iter().map(|entry| entry.key).collect();
        assert_eq!((names.len(), keys.len()), (entries.len(), entries.len()));
        // A name that serde does not know is answered with all that it knows.
        let error = serde_json::from_str::<Kind>("\"nonsense\"").unwrap_err().to_string();
        let known = error.split('`').skip(3).step_by(2).count();
        assert_eq!(known, entries.len(), "{error}");
        assert!(!keys.contains(&'0') && !keys.contains(&'?'), "these two have a meaning of their own");
        for entry in &entries {
            assert_eq!(entry.example(1).check(), Ok(()), "{:?}", entry.kind);
            assert!(error.contains(&format!("`{}`", entry.kind.name())));
        }
    }

    #[test]
    fn the_ranges_are_those_that_are_checked() {
        for entry in all() {
            for field in &entry.fields {
                let name = field.name;
                match field.form {
                    Form::Number { least, most, .. } => {
                        // Where two parameters or two ranges belong together, the ends of one range are not for every value of
                        // the other.
                        let free = !matches!(name, "min_ms" | "max_ms" | "code");
                        for (value, good) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
                            let outcome = with(&entry, name, value.into());
                            if free || !good {
                                assert_eq!(outcome.is_ok(), good, "{} {name} {value}: {outcome:?}", entry.kind.name());
                            }
                        }
                    }
                    Form::Choice { of } => {
                        for word in of {
                            assert_eq!(with(&entry, name, (*word).into()), Ok(()), "{name} {word}");
                        }
                        let error = with(&entry, name, "nonsense".into()).unwrap_err();
                        assert_eq!(error.split('`').skip(3).step_by(2).count(), of.len(), "{error}");
                    }
                    Form::Switch => assert_eq!(with(&entry, name, true.into()), Ok(())),
                }
            }
            // And there is no parameter without a field.
            let kind = serde_json::to_value(&entry.kind).unwrap();
            let parameters = kind.get(entry.kind.name()).and_then(Value::as_object).map_or(0, |all| all.len());
            assert_eq!(parameters, entry.fields.len(), "{}", entry.kind.name());
        }
    }
}
