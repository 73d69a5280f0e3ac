//! What may be asked of a lab: every number in its range, every list with an end.

use crate::{
    fault::{MAX_DISTANCE_MS, script},
    wire::control::{LabSpec, Source},
};

/// Checks how a lab is to be made.
///
/// # Errors
/// A sentence that names the field and its range.
pub fn check(spec: &LabSpec) -> Result<(), String> {
    source(&spec.source)?;
    distance(spec.distance_ms)?;
    within("history", spec.history, 1, 1_000)?;
    within("job_ms", spec.job_ms, 100, 60_000)?;
    within("comment_ms", spec.comment_ms, 100, 60_000)?;
    keep_alive(spec.keep_alive_ms)?;
    script::check(&spec.faults)
}

/// Checks a distance.
///
/// # Errors
/// A sentence that names the range.
pub fn distance(ms: u32) -> Result<(), String> {
    within("distance_ms", ms, 0, MAX_DISTANCE_MS)
}

/// Checks a keep-alive time.
///
/// # Errors
/// A sentence that names the range.
pub fn keep_alive(ms: u32) -> Result<(), String> {
    within("keep_alive_ms", ms, 500, 60_000)
}

fn source(source: &Source) -> Result<(), String> {
    let gap = |name, ms| within(name, ms, 50, 600_000);
    match *source {
        Source::Button => Ok(()),
        Source::Steady { every_ms } => gap("every_ms", every_ms),
        Source::Random { mean_ms, .. } => gap("mean_ms", mean_ms),
        Source::Burst { size, every_ms } => {
            within("size", size, 1, 100)?;
            gap("every_ms", every_ms)
        }
    }
}

fn within(name: &str, value: u32, least: u32, most: u32) -> Result<(), String> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("{name} is a whole number from {least} to {most}, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(json: &str) -> Result<(), String> {
        let spec: LabSpec = serde_json::from_str(json).map_err(|error| error.to_string())?;
        check(&spec)
    }

    #[test]
    fn what_is_in_range_is_taken() {
        for good in [
            "{}",
            r#"{"source":"button","distance_ms":0,"history":1,"job_ms":100}"#,
            r#"{"source":{"random":{"mean_ms":5000}},"history":1000}"#,
            r#"{"keep_alive_ms":500,"handshake":true}"#,
            r#"{"source":{"burst":{"size":100,"every_ms":50}},"distance_ms":5000}"#,
            r#"{"faults":[{"id":1,"kind":{"slow_answers":{"max_ms":3000}}},{"id":2,"kind":{"latency":{"base_ms":1}}}]}"#,
        ] {
            assert_eq!(spec(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_is_not_is_refused_with_the_range() {
        for (bad, said) in [
            (r#"{"distance_ms":5001}"#, "0 to 5000"),
            (r#"{"distance_ms":-1}"#, "expected u32"),
            (r#"{"history":0}"#, "1 to 1000"),
            (r#"{"job_ms":99}"#, "100 to 60000"),
            (r#"{"comment_ms":60001}"#, "100 to 60000"),
            (r#"{"keep_alive_ms":499}"#, "500 to 60000"),
            (r#"{"keep_alive_ms":60001}"#, "500 to 60000"),
            (r#"{"source":{"steady":{"every_ms":49}}}"#, "50 to 600000"),
            (r#"{"source":{"random":{"mean_ms":600001}}}"#, "50 to 600000"),
            (r#"{"source":{"burst":{"size":101,"every_ms":50}}}"#, "1 to 100"),
            (r#"{"sauce":1}"#, "unknown field"),
            (r#"{"faults":[{"id":0,"kind":{"latency":{"base_ms":1}}}]}"#, "at least 1"),
            (r#"{"faults":[{"id":1,"kind":{"latency":{"base_ms":10001}}}]}"#, "0 to 10000"),
            (r#"{"faults":[{"id":1,"probability":1.5,"kind":{"latency":{"base_ms":1}}}]}"#, "0 to 1"),
            (r#"{"faults":[{"id":1,"kind":{"slow_answers":{"min_ms":5,"max_ms":4}}}]}"#, "above max_ms"),
            (
                r#"{"faults":[{"id":1,"kind":{"latency":{"base_ms":1}}},{"id":1,"kind":{"latency":{"base_ms":1}}}]}"#,
                "two faults",
            ),
        ] {
            let why = spec(bad).unwrap_err();
            assert!(why.contains(said), "{bad}: {why}");
        }
        let many = (1..=17).map(|id| format!(r#"{{"id":{id},"kind":{{"latency":{{"base_ms":1}}}}}}"#));
        let many = many.collect::<Vec<_>>().join(",");
        assert!(spec(&format!(r#"{{"faults":[{many}]}}"#)).unwrap_err().contains("at most 16"));
    }
}
