//! Several faults at once or one after the other: a list with times, which is a script, and what makes no sense in one.

use serde_json::Value;

use super::{Fault, Kind};

/// How many faults a lab may have in force at once.
pub const MAX_ACTIVE: usize = 16;

/// How many faults a list may have.
pub const MAX_SCRIPT: usize = 64;

/// Reads a list as the API and links have it: whoever has no `id` gets its place in the list, from 1.
///
/// # Errors
/// If it is no list of faults. It is not [checked](check).
pub fn read(mut list: Value) -> serde_json::Result<Vec<Fault>> {
    for (fault, id) in list.as_array_mut().into_iter().flatten().zip(1u32..) {
        if let Some(fields) = fault.as_object_mut() {
            fields.entry("id").or_insert(id.into());
        }
    }
    serde_json::from_value(list)
}

/// Checks each fault of a list, and whether they can stand together.
///
/// # Errors
/// A sentence that names the fault or the two that contradict each other, and the allowed range.
pub fn check(faults: &[Fault]) -> Result<(), String> {
    if faults.len() > MAX_SCRIPT {
        return Err(format!("a list has at most {MAX_SCRIPT} faults, not {}", faults.len()));
    }
    for (place, one) in faults.iter().enumerate() {
        one.check().map_err(|why| format!("fault {}: {why}", one.id))?;
        for other in &faults[..place] {
            if other.id == one.id {
                return Err(format!("two faults have the id {}", one.id));
            }
            if overlap(one, other)
                && let Some(why) = contradiction(one, other)
            {
                let (a, b) = (other.id, one.id);
                return Err(format!(
                    "faults {a} and {b} contradict each other: {why}; take one away, or part them by scope or time"
                ));
            }
        }
        // Whoever is in force at some time was so when the last of them began.
        let begins = one.start_ms.unwrap_or(0);
        let at_once = faults.iter().filter(|other| in_force(other, begins)).count();
        if at_once > MAX_ACTIVE {
            return Err(format!("a lab has at most {MAX_ACTIVE} faults at once, not {at_once}"));
        }
    }
    Ok(())
}

/// When a fault begins and ends, in milliseconds.
fn span(fault: &Fault) -> (u32, u32) {
    let from = fault.start_ms.unwrap_or(0);
    (from, fault.duration_ms.map_or(u32::MAX, |ms| from.saturating_add(ms)))
}

fn in_force(fault: &Fault, at: u32) -> bool {
    let (from, to) = span(fault);
    (from..to).contains(&at)
}

fn overlap(one: &Fault, other: &Fault) -> bool {
    let ((from, to), (other_from, other_to)) = (span(one), span(other));
    from < other_to && other_from < to
}

/// Why two faults that are in force at once make no sense together, if they don't.
fn contradiction(one: &Fault, other: &Fault) -> Option<&'static str> {
    let sure = |fault: &Fault| fault.probability >= 1.0 && fault.count.is_none();
    // Where one is for some traffic only, or strikes only sometimes, the other has something left to do.
    if one.scope != other.scope || one.direction != other.direction || !sure(one) || !sure(other) {
        return None;
    }
    let answers = |fault: &Fault| matches!(fault.kind, Kind::Status { .. } | Kind::NeverAnswer);
    let stops = |fault: &Fault| matches!(fault.kind, Kind::Stall | Kind::Blackhole);
    let connects = |fault: &Fault| matches!(fault.kind, Kind::Refuse | Kind::SlowConnect { .. });
    let pages = |fault: &Fault| matches!(fault.kind, Kind::Hidden | Kind::Frozen | Kind::Offline | Kind::Asleep);
    if answers(one) && answers(other) {
        return Some("both decide what a request is answered");
    }
    if stops(one) && stops(other) {
        return Some("both stop everything, and one keeps it while the other loses it");
    }
    if connects(one) && connects(other) {
        return Some("both decide what becomes of a new connection");
    }
    if pages(one) && pages(other) {
        return Some("a page is in one state at a time");
    }
    // Several latencies add up, and several prey can be swallowed; two of most other kinds are one that changes its mind.
    let alone =
        !matches!(one.kind, Kind::Latency { .. } | Kind::SlowAnswers { .. } | Kind::Swallow { .. } | Kind::Tail { .. });
    (alone && one.kind.name() == other.kind.name()).then_some("they are of the same kind")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::{Prey, Scope},
        wire::Technique,
    };

    fn timed(id: u32, kind: Kind, start: u32, lasts: Option<u32>) -> Fault {
        Fault { start_ms: Some(start), duration_ms: lasts, ..Fault::new(id, kind) }
    }

    #[test]
    fn a_script_is_a_list_with_times() {
        let train = [
            Fault::new(1, Kind::latency(100, 50)),
            timed(2, Kind::Blackhole, 2_000, Some(5_000)),
            timed(3, Kind::Stall, 7_000, Some(1_000)),
            timed(4, Kind::Blackhole, 9_000, None),
        ];
        assert_eq!(check(&train), Ok(()));
    }

    #[test]
    fn what_cannot_be_together_is_told_apart_by_time_or_scope() {
        let hole = Fault::new(1, Kind::Blackhole);
        let refused = |list: &[Fault]| check(list).expect_err("it contradicts");
        assert!(refused(&[hole.clone(), Fault::new(2, Kind::Stall)]).contains("faults 1 and 2 contradict"));
        assert!(refused(&[Fault::new(4, Kind::status(503)), Fault::new(7, Kind::NeverAnswer)]).contains("4 and 7"));
        assert!(refused(&[Fault::new(1, Kind::Hidden), Fault::new(2, Kind::Asleep)]).contains("one state"));
        assert!(
            refused(&[Fault::new(1, Kind::Retry { ms: 1 }), Fault::new(2, Kind::Retry { ms: 2 })])
                .contains("same kind")
        );

        let scope = Scope { technique: Some(Technique::Sse), ..Scope::default() };
        assert_eq!(check(&[hole.clone(), Fault { scope, ..Fault::new(2, Kind::Stall) }]), Ok(()));
        assert_eq!(check(&[Fault { duration_ms: Some(1_000), ..hole }, timed(2, Kind::Stall, 1_000, None)]), Ok(()));
        let half = Fault { probability: 0.5, ..Fault::new(1, Kind::status(500)) };
        assert_eq!(check(&[half, Fault::new(2, Kind::status(503))]), Ok(()));
        let both = [Prey::Pings, Prey::Pongs].map(|what| Kind::Swallow { what });
        assert_eq!(check(&[Fault::new(1, both[0].clone()), Fault::new(2, both[1].clone())]), Ok(()));
    }

    #[test]
    fn a_list_has_an_end_and_so_has_what_is_in_force_at_once() {
        let many = |n: u32| (1..=n).map(|id| Fault::new(id, Kind::latency(1, 0))).collect::<Vec<_>>();
        assert_eq!(check(&many(16)), Ok(()));
        assert!(check(&many(17)).unwrap_err().contains("at most 16 faults at once, not 17"));
        assert!(check(&many(10_000)).unwrap_err().contains("at most 64 faults, not 10000"));
        // One after the other there may be more.
        let row = (1..=64).map(|id| timed(id, Kind::latency(1, 0), id * 1_000, Some(1_000))).collect::<Vec<_>>();
        assert_eq!(check(&row), Ok(()));
        let twice = [Fault::new(1, Kind::Refuse), Fault::new(1, Kind::Stall)];
        assert!(check(&twice).unwrap_err().contains("two faults have the id 1"));
        assert!(check(&[Fault::new(9, Kind::latency(10_001, 0))]).unwrap_err().starts_with("fault 9: base_ms: 10001"));
    }
}
