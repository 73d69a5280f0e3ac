//! Which way for which task: seven answers in, a way with its reasons out. Pure; the words are in `choose.toml`.
//!
//! The rules are those of the notes (simple push: SSE; much both ways, or binary: WebSocket; old browsers: polling), made
//! precise where they leave something open, in an order: who cannot be reached otherwise decides first, then what has to be
//! carried, then how soon.

use serde::Deserialize;

use crate::wire::Technique;

/// A way for news to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Way {
    Short,
    Long,
    Sse,
    Socket,
}

impl Way {
    /// All of them, in the order of the course.
    pub const ALL: [Way; 4] = [Way::Short, Way::Long, Way::Sse, Way::Socket];

    /// The technique that it is.
    pub fn technique(self) -> Technique {
        match self {
            Way::Short => Technique::ShortPoll,
            Way::Long => Technique::LongPoll,
            Way::Sse => Technique::Sse,
            Way::Socket => Technique::WebSocket,
        }
    }

    /// What it is called in the keys of the words.
    pub fn name(self) -> &'static str {
        match self {
            Way::Short => "short",
            Way::Long => "long",
            Way::Sse => "sse",
            Way::Socket => "socket",
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Speaks {
    #[default]
    Down,
    Both,
}

/// How many updates there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// A few a minute.
    #[default]
    Rare,
    /// A few a second.
    Some,
    /// Dozens a second.
    Many,
}

/// How late an update may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delay {
    /// A minute.
    Minute,
    /// A few seconds.
    Seconds,
    /// Not at all.
    #[default]
    Now,
}

/// What is carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Payload {
    #[default]
    Text,
    Binary,
}

/// What stands on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// Nothing that is not ours.
    #[default]
    Own,
    /// Intermediaries that nobody knows.
    Unknown,
    /// One that collects answers, or lets no upgrade pass.
    Hostile,
}

/// Whether very old browsers are to be served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Old {
    #[default]
    No,
    Yes,
}

/// What may be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Nothing.
    #[default]
    Nothing,
    /// All but the newest state.
    Newest,
}

/// A task, as the seven answers describe it. What is not answered is as in the simplest case: news for a modern browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Task {
    pub direction: Speaks,
    pub rate: Rate,
    pub delay: Delay,
    pub payload: Payload,
    pub way: Between,
    pub old: Old,
    pub loss: Loss,
}

/// What to take, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The way to take.
    pub best: Way,
    /// Ways that would do as well.
    pub also: Vec<Way>,
    /// Why, as keys of the words.
    pub why: Vec<&'static str>,
}

impl Advice {
    /// The ways that are not for this.
    pub fn not(&self) -> impl Iterator<Item = Way> {
        Way::ALL.into_iter().filter(|way| *way != self.best && !self.also.contains(way))
    }
}

/// Gives advice.
pub fn advise(task: Task) -> Advice {
    let both = task.direction == Speaks::Both;
    let binary = task.payload == Payload::Binary;
    // What only a socket carries well.
    let socket_task = binary || both && task.rate != Rate::Rare;
    let (best, mut also, mut why) = if task.old == Old::Yes {
        (Way::Long, vec![Way::Short], vec!["why_old_long", "why_old_ladder"])
    } else if task.way == Between::Hostile && socket_task {
        (Way::Socket, vec![Way::Long], vec!["why_hostile_socket_tls"])
    } else if task.way == Between::Hostile {
        (Way::Long, vec![Way::Socket], vec!["why_hostile_long"])
    } else if task.delay == Delay::Minute && !both && !binary {
        (Way::Short, vec![Way::Long, Way::Sse], vec!["why_minute_short"])
    } else if socket_task {
        (Way::Socket, vec![], vec![])
    } else if both {
        (Way::Sse, vec![Way::Socket], vec!["why_both_sse_post"])
    } else {
        (Way::Sse, vec![], vec!["why_down_sse"])
    };
    if best == Way::Socket {
        why.extend(binary.then_some("why_binary_socket"));
        why.extend(both.then_some("why_both_socket"));
        why.extend((task.rate == Rate::Many).then_some("why_many_socket"));
    }
    if best == Way::Sse && task.rate == Rate::Many && !also.contains(&Way::Socket) {
        also.push(Way::Socket);
        why.push("why_many_socket");
    }
    if best == Way::Short && task.rate == Rate::Rare {
        why.push("why_rare_short");
    }
    match task.delay {
        Delay::Now if matches!(best, Way::Sse | Way::Socket) => why.push("why_now_push"),
        Delay::Seconds if best == Way::Sse && task.rate != Rate::Many => why.push("why_seconds_long"),
        _ => {}
    }
    // A held request brings news as soon, at the price of a request for each.
    if best == Way::Sse && task.rate != Rate::Many {
        also.push(Way::Long);
    }
    if task.way == Between::Unknown && best == Way::Sse {
        why.push("why_unknown_sse");
    }
    why.push(if task.loss == Loss::Nothing { "why_nothing_cursor" } else { "why_newest_drop" });
    also.sort();
    also.dedup();
    Advice { best, also, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Task> {
        let mut tasks = Vec::new();
        for direction in [Speaks::Down, Speaks::Both] {
            for rate in [Rate::Rare, Rate::Some, Rate::Many] {
                for delay in [Delay::Minute, Delay::Seconds, Delay::Now] {
                    for payload in [Payload::Text, Payload::Binary] {
                        for way in [Between::Own, Between::Unknown, Between::Hostile] {
                            for old in [Old::No, Old::Yes] {
                                for loss in [Loss::Nothing, Loss::Newest] {
                                    tasks.push(Task { direction, rate, delay, payload, way, old, loss });
                                }
                            }
                        }
                    }
                }
            }
        }
        tasks.into_iter()
    }

    #[test]
    fn every_task_has_one_way_with_reasons_and_each_way_has_its_tasks() {
        for task in all() {
            let advice = advise(task);
            assert!(!advice.also.contains(&advice.best), "{task:?}: {advice:?}");
            assert!(advice.why.len() >= 2, "{task:?}: {advice:?}");
            let unique: std::collections::BTreeSet<_> = advice.why.iter().collect();
            assert_eq!(unique.len(), advice.why.len(), "{task:?}: {advice:?}");
        }
        for way in Way::ALL {
            assert!(all().any(|task| advise(task).best == way), "{way:?}");
        }
    }

    #[test]
    fn the_three_rules_of_the_notes_hold() {
        assert_eq!(advise(Task::default()).best, Way::Sse);
        let much_both_ways = Task { direction: Speaks::Both, rate: Rate::Many, ..Task::default() };
        let binary = Task { payload: Payload::Binary, ..Task::default() };
        assert_eq!([advise(much_both_ways).best, advise(binary).best], [Way::Socket; 2]);
        for task in all().filter(|task| task.old == Old::Yes) {
            assert!(matches!(advise(task).best, Way::Long | Way::Short), "{task:?}");
        }
    }

    #[test]
    fn a_held_request_is_named_where_it_would_do() {
        assert_eq!(advise(Task::default()).also, [Way::Long]);
        assert_eq!(advise(Task { rate: Rate::Many, ..Task::default() }).also, [Way::Socket]);
    }

    #[test]
    fn nothing_that_needs_an_open_stream_is_sent_through_what_collects_it() {
        for task in all().filter(|task| task.way == Between::Hostile) {
            let advice = advise(task);
            assert!(advice.best != Way::Sse && !advice.also.contains(&Way::Sse), "{task:?}");
        }
    }
}
