use std::time::{Duration, SystemTime};

use super::{
    read::read,
    write::{Saved, date, write},
    *,
};
use crate::wire::{Fact, Micros, Observation, Technique, Witness, control::LabState, observation::ClientSettings};

fn record(no: u64, at: Micros, fact: Fact) -> Record {
    Record { no, seen: Observation { at, witness: Witness::Server, client: Some(1), exchange: None, conn: None, fact } }
}

fn saved() -> Saved {
    let settings = ClientSettings::new(Technique::ShortPoll);
    let asked = || Fact::Asked { method: "GET".into(), target: "/l/abcdefgh23/poll?c=1&n=1".into() };
    let facts = [Fact::Run { distance_ms: 80 }, Fact::Started { settings }, asked(), asked(), asked()];
    let records = (1..).zip(facts).map(|(no, fact)| record(no, 1000 * no as Micros, fact)).collect();
    let state = LabState { dropped: [1, 2, 3], late: 4, ..LabState::default() };
    Saved { lab: LabSpec::default(), state, ledger: Ledger::default(), before: 0, records }
}

fn text() -> String {
    write(&saved(), Some("short-polling/mostly-empty".into()), SystemTime::UNIX_EPOCH).unwrap()
}

/// The file with one line replaced.
fn with(line: usize, by: &str) -> String {
    let text = text();
    let lines: Vec<&str> = text.lines().enumerate().map(|(at, old)| if at + 1 == line { by } else { old }).collect();
    lines.join("\n")
}

#[test]
fn what_is_written_can_be_read() {
    let opened = read(&text()).unwrap();
    assert_eq!(opened.records, saved().records);
    assert_eq!(opened.footer, Footer { records: 5, dropped: [1, 2, 3], late: 4, before: 0 });
    let Header { step, saved, version, ledger, .. } = opened.header;
    assert_eq!((step.as_deref(), version, ledger), (Some("short-polling/mostly-empty"), VERSION, None));
    assert_eq!(saved, "1970-01-01T00:00:00Z");
    assert_eq!(opened.notices.len(), 1, "polls that overlap");
    let edited = format!("\u{feff}{}\r\n\n", text().replace('\n', "\r\n"));
    assert_eq!(read(&edited).unwrap().records.len(), 5, "an editor's line ends");
}

#[test]
fn a_log_without_its_beginning_brings_the_sums_of_it() {
    let mut ledger = Ledger::default();
    saved().records.iter().for_each(|record| ledger.apply(&record.seen));
    let long = Saved { before: 5, ledger: ledger.clone(), ..saved() };
    let opened = read(&write(&long, None, SystemTime::UNIX_EPOCH).unwrap()).unwrap();
    assert_eq!(opened.header.ledger.as_deref(), Some(&ledger));
    assert_eq!(opened.footer.before, 5);
}

#[test]
fn what_is_no_recording_says_why() {
    let line = |line| move |trouble: &Trouble| matches!(trouble, Trouble::Line { line: at, .. } if *at == line);
    let newer = text().replacen(&format!("\"version\":{VERSION}"), "\"version\":99", 1);
    let older = text().replacen(&format!("\"version\":{VERSION}"), "\"version\":3", 1);
    assert_eq!(read(&newer), Err(Trouble::Version { version: 99 }));
    assert_eq!(read(&older), Err(Trouble::Version { version: 3 }));
    for not_ours in ["", "\n\n", "hello", "{}", "[1,2]", r#"{"format":"har","version":4}"#] {
        assert_eq!(read(not_ours), Err(Trouble::NotOurs), "{not_ours:?}");
    }
    let lab = with(1, &text().lines().next().unwrap().replace("\"distance_ms\":80", "\"distance_ms\":-80"));
    assert!(line(1)(&read(&lab).unwrap_err()), "a header that is wrong in itself");
    for bad in ["", "{", "{}", r#"{"no":3,"seen":{"at":1,"witness":"moon","fact":"stopped"}}"#] {
        assert!(line(4)(&read(&with(4, bad)).unwrap_err()), "{bad:?}");
    }
    let stopped = |no: u64, at: Micros| serde_json::to_string(&record(no, at, Fact::Stopped)).unwrap();
    assert!(line(4)(&read(&with(4, &stopped(2, 5))).unwrap_err()), "the numbers go back");
    for far in [Micros::MAX, Micros::MIN, SPAN_AND_MORE, -SPAN_AND_MORE] {
        assert!(line(4)(&read(&with(4, &stopped(3, far))).unwrap_err()), "{far}");
    }
    let settings = ClientSettings { interval_ms: 0, ..ClientSettings::new(Technique::ShortPoll) };
    let started = serde_json::to_string(&record(2, 5, Fact::Started { settings })).unwrap();
    assert!(line(3)(&read(&with(3, &started)).unwrap_err()));
}

const SPAN_AND_MORE: Micros = 86_400_000_000 + 2_000_000;

#[test]
fn a_file_that_was_cut_short_is_not_taken_for_whole() {
    let text = text();
    let whole: Vec<&str> = text.lines().collect();
    for kept in 1..whole.len() {
        let cut = whole[..kept].join("\n");
        assert_eq!(read(&cut), Err(Trouble::CutShort { lines: kept as u64 }), "{kept} lines");
        let half = format!("{cut}\n{}", &whole[kept][..whole[kept].len() / 2]);
        assert_eq!(read(&half), Err(Trouble::CutShort { lines: kept as u64 + 1 }), "{kept} lines and a half");
    }
    // A line that is missing in the middle.
    let less: Vec<&str> = whole.iter().enumerate().filter(|(at, _)| *at != 4).map(|(_, line)| *line).collect();
    assert_eq!(read(&less.join("\n")), Err(Trouble::CutShort { lines: 6 }));
}

#[test]
fn a_file_has_an_end() {
    assert_eq!(read(&" ".repeat(20_000_001)), Err(Trouble::TooLong { bytes: 20_000_001 }));
    let records = (1..=MAX_RECORDS as u64 + 1).map(|no| record(no, 5, Fact::Stopped)).collect();
    let long = write(&Saved { records, ..saved() }, None, SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(read(&long), Err(Trouble::TooMany));
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (seconds, said) in [
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_735_689_599, "2024-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ] {
        assert_eq!(date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), said);
    }
}
