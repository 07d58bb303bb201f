//! The record of a test run: one row per stage, and the last line that sums them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::tally::Count;
use crate::{cpu, screen};

struct Row {
    name: &'static str,
    count: Count,
    /// Absent for a stage that could not start.
    time: Option<Duration>,
    /// How many cores its programs kept busy, where the system says so: a stage that mostly waits could run beside another.
    cores: Option<f64>,
}

#[derive(Default)]
pub struct Record {
    rows: Vec<Row>,
}

impl Record {
    /// Runs one stage. An error is printed and counts as a failure; it ends nothing but the stage.
    pub fn stage(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) -> bool {
        let (started, worked) = (Instant::now(), cpu::of_programs());
        let count = counted(name, work());
        let time = started.elapsed();
        let cores = cpu::of_programs().zip(worked).map(|(now, before)| {
            now.saturating_sub(before).as_secs_f64() / time.as_secs_f64().max(f64::EPSILON)
        });
        self.rows.push(Row { name, count, time: Some(time), cores });
        count.failed == 0
    }

    /// A stage that ran beside others.
    pub fn note(&mut self, name: &'static str, outcome: Result<Count>, time: Duration) -> bool {
        let count = counted(name, outcome);
        self.rows.push(Row { name, count, time: Some(time), cores: None });
        count.failed == 0
    }

    /// A stage that cannot start because an earlier one failed. It counts as failed, since it was not run.
    pub fn skip(&mut self, name: &'static str, reason: &str) {
        screen::note(&format!("not run: {reason}"));
        self.rows.push(Row { name, count: Count::one(false), time: None, cores: None });
    }

    pub fn total(&self) -> Count {
        let mut total = Count::default();
        self.rows.iter().for_each(|row| total += row.count);
        total
    }

    /// The table, and `N passed, N failed` as its last line.
    pub fn summary(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for Row { name, count, time, cores } in &self.rows {
            let verdict = match (time, count.failed) {
                (None, _) => "not run",
                (_, 0) => "ok",
                _ => "FAILED",
            };
            let time = time.map(screen::seconds).unwrap_or_default();
            let busy = cores.map(|it| format!("  {it:.1} cores")).unwrap_or_default();
            let Count { passed, failed } = count;
            text += &format!(
                "{name:width$}  {verdict:7}  {passed:>5} passed  {failed:>3} failed  {time:>7}{busy}\n"
            );
        }
        let Count { passed, failed } = self.total();
        text + &format!("\n{passed} passed, {failed} failed")
    }
}

/// An error is printed and counts as a failure.
fn counted(name: &str, outcome: Result<Count>) -> Count {
    outcome.unwrap_or_else(|error| {
        screen::line(&format!("{name}: {error:#}"));
        Count::one(false)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_sums_every_stage() {
        let mut record = Record::default();
        assert!(record.stage("format", || Ok(Count::one(true))));
        assert!(!record.stage("tests", || Ok(Count { passed: 40, failed: 2 })));
        assert!(!record.stage("page", || anyhow::bail!("no compiler")));
        record.skip("browser", "there is no page");
        assert_eq!(record.summary().lines().last(), Some("41 passed, 4 failed"));
        assert!(record.summary().starts_with("format   ok           1 passed    0 failed    0.0 s"));
    }
}
