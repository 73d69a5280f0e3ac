//! What the server pays, as the system and its own allocator count it. Where nobody counts, nothing is said.

use std::sync::OnceLock;

/// What the program's allocator has given out and not got back, in bytes, if it counts.
static HEAP: OnceLock<fn() -> usize> = OnceLock::new();

/// The program's allocator counts: this is how to ask it.
pub fn count_by(allocated: fn() -> usize) {
    // A second one would be the same program's.
    let _ = HEAP.set(allocated);
}

/// What is allocated now, in bytes. The system's own figure would not do for the difference that a crowd makes: memory
/// that an earlier crowd gave back is kept by the process, and used again without its growing.
pub fn allocated() -> Option<u64> {
    HEAP.get().map(|allocated| allocated() as u64).or_else(resident)
}

/// Memory of this process that is in use, in bytes (`VmRSS` in `/proc/self/status`).
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// CPU time of this process so far, in microseconds (`/proc/self/stat`, in ticks of 10 ms).
pub fn cpu() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything, spaces too.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?) * 10_000)
}

/// Tasks that are alive in this runtime.
pub fn tasks() -> u32 {
    let alive = tokio::runtime::Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
    u32::try_from(alive).unwrap_or(u32::MAX)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn this_process_costs_something() {
        let before = super::cpu().expect("there is /proc");
        assert!(super::resident().is_some_and(|bytes| bytes > 1_000_000));
        let begun = std::time::Instant::now();
        while super::cpu().is_some_and(|now| now < before + 30_000) {
            assert!(begun.elapsed().as_secs() < 10, "three ticks take no ten seconds");
        }
    }
}
