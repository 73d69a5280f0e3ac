//! The program's own log, on standard error.

use std::str::FromStr;

use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// What is logged when `RUST_LOG` says nothing.
const DEFAULT: &str = "warn,lifeline=info";

/// Starts the log, with the filter of `RUST_LOG` (`lifeline=debug,warn`).
///
/// # Errors
/// A sentence, if the filter cannot be read.
pub fn start(filter: Option<&str>) -> Result<(), String> {
    let filter = filter.filter(|text| !text.is_empty()).unwrap_or(DEFAULT);
    let targets = Targets::from_str(filter)
        .map_err(|error| format!("RUST_LOG: {error}; a filter looks like lifeline=debug,warn"))?;
    let lines =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // A second call (tests start several servers in one process) keeps the first log.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
    Ok(())
}
