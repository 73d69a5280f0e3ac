//! The report of a class, as comma-separated values (RFC 4180): one line for each reader, and one for each option of each
//! vote.

use std::fmt::Write;

use super::{Class, event::Sums, show::sum};

/// The report. Times are milliseconds since 1970 (UTC); a spreadsheet shows text as text.
pub fn csv(class: &Class) -> String {
    let mut out = String::new();
    line(
        &mut out,
        [
            "reader",
            "name",
            "joined",
            "left",
            "step",
            "steps_reached",
            "votes",
            "published",
            "delivered",
            "lost",
            "requests",
            "empty",
            "bytes",
            "reconnects",
            "delay_ms",
        ]
        .map(str::to_owned),
    );
    for (no, reader) in &class.readers {
        let votes = class.ballots.values().filter(|ballot| ballot.votes.contains_key(no)).count();
        let sums = sum(&reader.counted.values().collect::<Vec<_>>());
        let name = reader.name.as_deref().unwrap_or_default();
        let Sums { published, delivered, lost, requests, empty, bytes, reconnects, delay_ms, .. } = sums;
        let delay = delay_ms.map(|ms| format!("{ms:.1}")).unwrap_or_default();
        let numbers = [published, delivered, lost, requests, empty, bytes, reconnects].map(|number| number.to_string());
        let left = if reader.removed { "yes" } else { "no" };
        let first = [no.to_string(), text(name), reader.joined.to_string(), left.into(), text(&reader.step)];
        let counts = [reader.reached.len().to_string(), votes.to_string()];
        line(&mut out, first.into_iter().chain(counts).chain(numbers).chain([delay]));
    }
    out.push_str("\r\n");
    line(&mut out, ["vote", "option", "votes", "hands"].map(str::to_owned));
    for (name, ballot) in &class.ballots {
        for (option, total) in ballot.counts() {
            let hands = ballot.hands.get(&option).copied().unwrap_or_default();
            line(&mut out, [text(name), text(&option), (total - hands).to_string(), hands.to_string()]);
        }
    }
    out.push_str("\r\n");
    line(&mut out, ["reached", "readers"].map(str::to_owned));
    let mut steps: Vec<&str> = class.readers.values().flat_map(|reader| &reader.reached).map(String::as_str).collect();
    steps.sort_unstable();
    for run in steps.chunk_by(|a, b| a == b) {
        line(&mut out, [text(run[0]), run.len().to_string()]);
    }
    out
}

fn line(out: &mut String, fields: impl IntoIterator<Item = String>) {
    for (nth, field) in fields.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(out, "{}{field}", if nth > 0 { "," } else { "" });
    }
    out.push_str("\r\n");
}

/// A text in quotation marks. What a spreadsheet would take for a formula gets an apostrophe in front.
fn text(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{
        Code,
        event::{Counted, Entry, Event},
    };

    #[test]
    fn a_report_is_one_table_after_the_other_and_runs_no_formula() {
        let code = Code::parse("ACDEFG").unwrap();
        let events = [
            Event::Opened { code, key: "k".into(), locale: "en".into() },
            Event::Joined { reader: 1, key: "secret-hash".into(), name: Some("=HYPERLINK(\"x\")".into()) },
            Event::Joined { reader: 2, key: String::new(), name: None },
            Event::Reached { reader: 1, step: "a/b".into() },
            Event::Voted { reader: 2, ballot: "predict/a/b".into(), option: "one".into() },
            Event::Hands { ballot: "predict/a/b".into(), counts: vec![("one".into(), 4)] },
            Event::Counted {
                sums: vec![Counted {
                    reader: 1,
                    step: "a/b".into(),
                    sums: Sums { delivered: 3, requests: 9, ..Sums::default() },
                }],
            },
        ];
        let log: Vec<Entry> =
            events.into_iter().enumerate().map(|(at, event)| Entry { at: at as u64, event }).collect();
        let csv = csv(&Class::fold(&log).unwrap());
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[1], "1,\"'=HYPERLINK(\"\"x\"\")\",1,no,\"\",1,0,0,3,0,9,0,0,0,");
        assert_eq!(lines[5], "\"predict/a/b\",\"one\",1,4");
        assert_eq!(lines[8], "\"a/b\",1");
        assert!(!csv.contains("secret-hash"));
    }
}
