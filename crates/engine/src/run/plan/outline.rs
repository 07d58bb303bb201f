//! The lines that a check has in its plan and in its report.

use super::super::outcome::step_results::StepResults;
use super::titles::Titles;
use crate::suite::{AnswerRule, Check, Suite};

/// The path of the line that says whether something is left over in a strict check.
pub(crate) const STRICT: &str = "strict";

/// The lines of a check: setup, steps, teardown, one for each invariant and each framing, and one for strictness.
pub(crate) fn results_of(suite: &Suite, check: &Check, titles: &Titles<'_>) -> StepResults {
    let mut results = StepResults::new(suite.setup.iter().chain(&check.steps).chain(&suite.teardown));
    for client in &check.clients {
        client.answers.iter().for_each(|answer| line_of_answer(&mut results, answer));
        if let Some(beat) = &client.heartbeat {
            results.line_of(&beat.path, beat.position.line, &beat.title, beat.origin.as_ref());
        }
    }
    check.answers.iter().chain(&suite.answers).for_each(|answer| line_of_answer(&mut results, answer));
    for invariant in &suite.invariants {
        results.line(&invariant.path, invariant.position.line, &invariant.title, None);
    }
    for client in &check.clients {
        if let Some(framing) = &client.framing {
            let title = format!("{}: whole frames", client.name);
            let (path, line) = (client.framing_path(), framing.position.line);
            results.line_of(&path, line, &title, framing.origin.as_ref());
        }
    }
    if check.strict {
        results.line(STRICT, check.position.line, "nothing is left over", None);
    }
    results.retitle(|title| titles.resolve(title));
    results
}

fn line_of_answer(results: &mut StepResults, answer: &AnswerRule) {
    results.line_of(&answer.path, answer.position.line, &answer.title, answer.origin.as_ref());
}
