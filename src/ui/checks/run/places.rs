//! What failed in a run, and where it stands in the list of failures.
//!
//! One rule: a failure stands there once. Of checks whose setup failed in the same way only the first one does.

use crate::engine::report::{ThresholdReport, Verdict, setup_failure};
use crate::model::running::{LiveCheck, LiveRun, Stage};

/// More are not drawn: their checks name them, and the report has them all.
pub(super) const MOST: usize = 30;

/// Where a failure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A step of a check.
    Step(usize, usize),
    /// The limits of a check.
    Limits(usize),
    /// The limits of the whole run.
    RunLimits,
}

pub(super) fn is_broken(it: &ThresholdReport) -> bool {
    it.verdict == Verdict::Fail
}

/// All failures of a run, in its order.
pub(super) fn places(run: &LiveRun) -> Vec<Place> {
    let mut places = Vec::new();
    for (at, check) in run.checks.iter().enumerate() {
        let is_over = matches!(check.stage, Stage::Ended(_));
        if check.stage == Stage::Waiting || (is_over && same_setup(&run.checks, at).is_some()) {
            continue;
        }
        // A pass with a failure in it was forgiven.
        if check.stage != Stage::Ended(Verdict::Pass) && check.stage != Stage::Ended(Verdict::Skipped) {
            let failed = check.steps.iter().enumerate().filter(|(_, step)| step.failure.is_some());
            places.extend(failed.map(|(step, _)| Place::Step(at, step)));
        }
        if check.thresholds.iter().any(is_broken) {
            places.push(Place::Limits(at));
        }
    }
    if run.report.as_ref().is_some_and(|report| report.thresholds.iter().any(is_broken)) {
        places.push(Place::RunLimits);
    }
    places
}

/// Whether the broken limits of a check stand in the list.
pub(super) fn has_limits(places: &[Place], at: usize) -> bool {
    places.iter().take(MOST).any(|place| *place == Place::Limits(at))
}

/// The check before this one whose setup failed in the same way.
pub(super) fn same_setup(checks: &[LiveCheck], at: usize) -> Option<String> {
    let key = |check: &LiveCheck| {
        let mut failed = check.steps.iter().filter_map(|step| Some((&step.path, step.failure.as_ref()?)));
        let (path, failure) = failed.next()?;
        let key = setup_failure(path, failure)?;
        failed.all(|(path, _)| !path.starts_with("steps")).then_some(key)
    };
    let own = key(checks.get(at)?)?;
    let first = checks[..at].iter().find(|check| key(check).as_ref() == Some(&own))?;
    Some(first.name.clone())
}
