//! What a search for a capacity has shown, and what a run took of its machine, in words.

use crate::engine::report::{GeneratorReport, TrialReport, trial_figures};
use crate::model::format;

/// The heads of the columns of [`cells`].
pub const COLUMNS: [&str; 7] =
    ["value", "verdict", "took", "lag", "busiest second", "ports", "what broke first"];

/// One run of a search, as the columns have it.
pub fn cells(trial: &TrialReport) -> [String; 7] {
    let why: Vec<&str> = trial.first.iter().chain(&trial.limits).map(String::as_str).collect();
    let [took, lag, busiest, ports] = trial_figures(trial);
    let (value, verdict) = (format::count(trial.value), trial.verdict.name().to_owned());
    [value, verdict, took, lag, busiest, ports, why.join("; ")]
}

/// Such as `generator busy 67 % of the time, 88 % in its busiest second, 10,497 of 28,232 ports`.
pub fn generator(it: &GeneratorReport) -> String {
    let percent = |share: f64| format::percent(share * 100.0);
    let ports = match (it.ports_used, it.ports) {
        (Some(used), Some(all)) => format!(", {} of {} ports", format::count(used), format::count(all)),
        _ => String::new(),
    };
    let (mean, peak) = (percent(it.busy_mean), percent(it.busy_peak));
    format!("generator busy {mean} of the time, {peak} in its busiest second{ports}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::report::{Millis, Verdict};

    #[test]
    fn a_trial_has_a_cell_in_each_column_and_says_why() {
        let generator =
            GeneratorReport { busy_peak: 0.97, busy_mean: 0.5, ports_used: Some(1200), ports: Some(28_232) };
        let mut trial = TrialReport {
            value: 2000,
            verdict: Verdict::Inconclusive,
            first: Some("rtt.p99 was 300 ms".to_owned()),
            limits: vec!["its thread was busy".to_owned()],
            duration_ms: Millis(1500.0),
            loop_lag_p99_ms: 2.5,
            generator: Some(generator),
        };
        let told = cells(&trial);
        assert_eq!(told[1], "inconclusive");
        assert!(told[4].contains("97") && told[5].starts_with('1'), "{told:?}");
        assert_eq!(told[6], "rtt.p99 was 300 ms; its thread was busy");
        trial.generator = None;
        assert_eq!(cells(&trial)[4..6], ["–", "–"]);
        let words = super::generator(&generator);
        assert!(words.contains("50") && words.contains("97") && words.ends_with("ports"), "{words}");
        assert!(!super::generator(&GeneratorReport { ports: None, ..generator }).contains("ports"));
    }
}
