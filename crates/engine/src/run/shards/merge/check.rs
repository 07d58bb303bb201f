//! One check from the same check of several shards.
//!
//! Owns which checks of the shards are the same, and how their steps merge. The verdict is the worst of all shards, and
//! thresholds are checked only where all of them pass.

use std::collections::{HashMap, HashSet};

use super::super::super::outcome::causes::Failures;
use super::super::super::outcome::judge::{allows_less, clock_step, leave_out};
use super::super::super::outcome::leftovers::MOST_LEFTOVERS;
use super::super::super::outcome::unmet;
use super::figures::{add_figures, harness, judge_lines, longest, sum};
use super::united::{Part, gravest, named, reasons};
use crate::report::{CheckReport, Environment, Failure, Report, Standing, StepReport, Verdict};

/// The same check in the shards that have run it, for each check in the order of the suite.
pub(super) fn rows<'a>(parts: &[Part<'a, Report>]) -> Vec<Vec<Part<'a, CheckReport>>> {
    let mut rows: Vec<Vec<Part<'a, CheckReport>>> = Vec::new();
    for (shard, report) in parts {
        // Every shard runs its checks in the same order, so that of several of one name the next one is meant.
        let mut next = 0;
        for check in &report.checks {
            let known = rows[next..].iter().position(|row| is_same(row[0].1, check));
            match known {
                Some(found) => {
                    next += found;
                    rows[next].push((*shard, check));
                }
                None => rows.insert(next, vec![(*shard, check)]),
            }
            next += 1;
        }
    }
    rows
}

/// Two checks may have one name; then their steps stand at different places of the text.
fn is_same(one: &CheckReport, other: &CheckReport) -> bool {
    let lines = |step: &StepReport| step.line;
    one.name == other.name && one.steps.iter().map(lines).eq(other.steps.iter().map(lines))
}

/// One check of what the shards say of it. What cannot be read of their figures is added to `unread`.
pub(super) fn merge(
    row: &[Part<'_, CheckReport>],
    environment: &Environment,
    unread: &mut Vec<String>,
) -> CheckReport {
    let model = row[0].1;
    let clock_step = clock_step(environment);
    let all = || row.iter().map(|(_, check)| *check);
    let metrics =
        add_figures(row.iter().map(|(shard, check)| (*shard, &check.metrics, check.duration_ms)), unread);
    let harness = harness(all().map(|check| check.harness), false, clock_step);
    let of_all: Vec<_> = row.iter().map(|(shard, check)| (*shard, check.thresholds.as_slice())).collect();
    let (mut lines, known) = judge_lines(&of_all, &metrics, environment);
    let of_steps = all().fold(Verdict::Skipped, |worst, check| worst.and(check.verdict));
    if of_steps == Verdict::Skipped {
        lines.iter_mut().for_each(|(line, _)| leave_out(line));
    }
    // What failed in a shard has been excused there, or not.
    let (verdict, reason) = match of_steps {
        Verdict::Pass => harness.settle(of_steps, Failures::default(), &lines),
        _ => (of_steps, None),
    };
    let mut all_steps = steps(row);
    settle_missing(&mut all_steps, allows_less(lines.iter().map(|(line, _)| line)), verdict != Verdict::Pass);
    let mut all_reasons =
        reasons(&row.iter().map(|(shard, check)| (*shard, &check.reasons)).collect::<Vec<_>>());
    all_reasons.extend(reason);
    let mut leftovers: Vec<_> = all().flat_map(|check| &check.leftovers).collect();
    leftovers.sort_by(|one, other| one.at_ms.0.total_cmp(&other.at_ms.0));
    let cut = leftovers.len().saturating_sub(MOST_LEFTOVERS) as u64;
    CheckReport {
        name: model.name.clone(),
        about: model.about.clone(),
        tags: model.tags.clone(),
        verdict,
        reasons: all_reasons,
        offset_ms: all()
            .map(|check| check.offset_ms)
            .fold(model.offset_ms, |least, one| if one < least { one } else { least }),
        duration_ms: longest(all().map(|check| check.duration_ms)),
        metrics: metrics.to_report(),
        thresholds: lines.into_iter().map(|(line, _)| line).chain(known).collect(),
        steps: all_steps,
        leftovers: leftovers.into_iter().take(MOST_LEFTOVERS).cloned().collect(),
        leftovers_omitted: sum(all().map(|check| check.leftovers_omitted).chain([cut])),
        close_code: all().find_map(|check| check.close_code),
        harness: None,
    }
}

/// The steps of all shards by their paths, in the order of the suite.
fn steps(row: &[Part<'_, CheckReport>]) -> Vec<StepReport> {
    let mut by_path: HashMap<&str, Vec<Part<'_, StepReport>>> = HashMap::new();
    for (shard, check) in row {
        for step in &check.steps {
            by_path.entry(&step.path).or_default().push((*shard, step));
        }
    }
    let model = row[0].1.steps.iter();
    model.filter_map(|step| by_path.remove(step.path.as_str())).map(|parts| step_of(&parts)).collect()
}

fn step_of(parts: &[Part<'_, StepReport>]) -> StepReport {
    let model = parts[0].1;
    let all = || parts.iter().map(|(_, step)| *step);
    let failed = parts.iter().copied().filter(|(_, step)| step.failure.is_some());
    let worst = gravest(failed, |step| step.verdict);
    let failure = worst.and_then(|(shard, step)| {
        let failure = step.failure.clone()?;
        let message = named(shard, parts.len(), &failure.message);
        Some(Failure { message, ..failure })
    });
    StepReport {
        path: model.path.clone(),
        line: model.line,
        file: model.file.clone(),
        used_at: model.used_at.clone(),
        title: model.title.clone(),
        note: model.note.clone(),
        verdict: all().fold(model.verdict, |worst, step| worst.and(step.verdict)),
        duration_ms: longest(all().map(|step| step.duration_ms)),
        on: everybody(all().flat_map(|step| &step.on)),
        runs: sum(all().map(|step| step.runs)),
        failed_runs: sum(all().map(|step| step.failed_runs)),
        failed_clients: sum(all().map(|step| step.failed_clients)),
        forgiven: all().find_map(|step| step.forgiven.clone()),
        failure,
        unmet: unmet::unite(all().filter_map(|step| step.unmet.as_ref())),
        standing: all().filter_map(|step| step.standing).reduce(|one, other| Standing {
            matched: one.matched + other.matched,
            sent: one.sent + other.sent,
        }),
        around: worst.map(|(_, step)| step.around.clone()).unwrap_or_default(),
    }
}

/// Thresholds have been judged on the figures of all shards: what is missing is a failure of its step, or not.
fn settle_missing(steps: &mut [StepReport], is_bound_broken: bool, has_failed: bool) {
    let mut failed = Vec::new();
    for step in steps.iter_mut() {
        let Some(unmet) = step.unmet.as_mut().filter(|unmet| unmet.borne && unmet.first.is_some()) else {
            continue;
        };
        // A shard could not know what the others have: where nothing came in one of them, something may have in another.
        let own = if step.verdict == Verdict::Skipped { Verdict::Pass } else { step.verdict };
        step.verdict = unmet::verdict(own, unmet.expected, unmet.met, is_bound_broken, has_failed);
        if step.verdict == Verdict::Fail && step.failure.is_none() {
            step.failure = unmet.first.take().map(|first| *first);
            failed.push(step.path.clone());
        }
    }
    for step in steps.iter_mut().filter(|step| step.verdict == Verdict::Pass) {
        let is_around =
            |path: &String| path.strip_prefix(&step.path).is_some_and(|rest| rest.starts_with('.'));
        if failed.iter().any(is_around) {
            step.verdict = Verdict::Fail;
        }
    }
}

/// All clients, each once; the members of a group by their indices, as a run that is not split has them.
fn everybody<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut known = HashSet::new();
    let mut groups: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for name in names.filter(|name| known.insert(name.as_str())) {
        let (group, index) = member(name);
        let place = groups.iter().position(|known| *known == group).unwrap_or_else(|| {
            groups.push(group);
            groups.len() - 1
        });
        found.push((place, index, name));
    }
    found.sort();
    found.into_iter().map(|(_, _, name)| name.clone()).collect()
}

/// `crowd[7]` is the member 7 of `crowd`; a client without members comes first.
fn member(name: &str) -> (&str, Option<u64>) {
    let parts = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match parts.and_then(|(group, index)| Some((group, index.parse().ok()?))) {
        Some((group, index)) => (group, Some(index)),
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_the_order_of_their_indices() {
        let names = ["alice", "crowd[0]", "crowd[10]", "crowd[2]", "alice", "bob", "crowd[9]", "crowd[1]"];
        let names: Vec<String> = names.map(str::to_owned).into();
        let expected = ["alice", "crowd[0]", "crowd[1]", "crowd[2]", "crowd[9]", "crowd[10]", "bob"];
        assert_eq!(everybody(names.iter()), expected);
    }
}
