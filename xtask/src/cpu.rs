//! How much the programs that were started have worked.

use std::fs;
use std::time::Duration;

/// Linux counts in hundredths of a second for programs, whatever the kernel's own clock is.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of all programs that were started and have ended, and of theirs. None where the system does not say it.
pub fn of_programs() -> Option<Duration> {
    ticks(&fs::read_to_string("/proc/self/stat").ok()?).map(|ticks| TICK.saturating_mul(ticks))
}

/// `cutime` and `cstime` of a line of `/proc/PID/stat`: see proc_pid_stat(5). The name may have spaces and parentheses.
fn ticks(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(13);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_ended_programs_are_read_behind_any_name() {
        let line = "4242 (a ) b) S 1 4242 4242 0 -1 4194560 9 8 7 6 11 12 1300 37 20 0 1 0 99 1024 1";
        assert_eq!(ticks(line), Some(1337));
        assert_eq!(ticks("4242 (cut) S 1"), None);
    }
}
