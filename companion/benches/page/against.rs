//! An older build beside ours: each case runs on both in turns, so that a change is a ratio and not an hour of the day.
//!
//! Owns the pairs. The cases are the same for both builds, each with one pair of its own against the bare page.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stage::{Stage, by_turns};
use support::figures::{Figure, columns, median, shown, spread};

/// What needs no page, or needs another program, says nothing about two builds of the page.
const LEFT_OUT: &[&str] = &["artillery", "log", "engine"];

/// Whether a case can be run on two builds.
pub fn is_meant(case: &str) -> bool {
    !LEFT_OUT.contains(&case)
}

/// What became of a figure.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// What was measured.
    pub name: String,
    /// The unit of both.
    pub unit: &'static str,
    /// The median of the old build.
    pub old: f64,
    /// The median of ours.
    pub new: f64,
    /// The median of the pairs' ratios, new by old.
    pub ratio: f64,
    /// The smallest and the largest of them.
    pub spread: (f64, f64),
    /// The median of the old build's ratios to the baseline, where there is one.
    pub old_to_baseline: Option<f64>,
    /// The same of ours.
    pub new_to_baseline: Option<f64>,
}

/// Runs a case on both builds, as many times as there are pairs.
pub async fn measure(
    pairs: usize,
    new: &Stage,
    old: &Stage,
    case: impl AsyncFn(&Stage) -> Vec<Figure>,
) -> Vec<Change> {
    let mut order = Vec::new();
    let mut found: BTreeMap<String, Vec<(Figure, Figure)>> = BTreeMap::new();
    for pair in 0..pairs {
        let (new, old) = by_turns(pair, async || case(new).await, async || case(old).await).await;
        for figure in new {
            let Some(other) = old.iter().find(|other| other.name == figure.name) else { continue };
            if !found.contains_key(&figure.name) {
                order.push(figure.name.clone());
            }
            found.entry(figure.name.clone()).or_default().push((figure, other.clone()));
        }
    }
    order.iter().map(|name| change(&found[name])).collect()
}

fn change(pairs: &[(Figure, Figure)]) -> Change {
    let middle = |of: &dyn Fn(&(Figure, Figure)) -> f64| median(&pairs.iter().map(of).collect::<Vec<_>>());
    let ratios: Vec<f64> = pairs.iter().map(|(new, old)| new.ours / old.ours).collect();
    let has_baseline = pairs.iter().all(|(new, old)| new.ratio.is_some() && old.ratio.is_some());
    let (first, _) = &pairs[0];
    Change {
        name: first.name.clone(),
        unit: first.unit,
        old: middle(&|(_, old)| old.ours),
        new: middle(&|(new, _)| new.ours),
        ratio: median(&ratios),
        spread: spread(&ratios),
        old_to_baseline: has_baseline.then(|| middle(&|(_, old)| old.ratio.unwrap_or(f64::NAN))),
        new_to_baseline: has_baseline.then(|| middle(&|(new, _)| new.ratio.unwrap_or(f64::NAN))),
    }
}

/// The table as people read it.
pub fn table(changes: &[Change]) -> String {
    let heads = ["case", "old", "new", "new ÷ old", "spread", "old ÷ bare", "new ÷ bare"];
    let mut rows = vec![heads.map(str::to_owned)];
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "–".to_owned(), shown);
    for it in changes {
        let measured = |value: f64| format!("{} {}", shown(value), it.unit).trim_end().to_owned();
        rows.push([
            it.name.clone(),
            measured(it.old),
            measured(it.new),
            ratio(Some(it.ratio)),
            format!("{} … {}", shown(it.spread.0), shown(it.spread.1)),
            ratio(it.old_to_baseline),
            ratio(it.new_to_baseline),
        ]);
    }
    columns(&rows)
}
