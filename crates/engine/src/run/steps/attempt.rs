//! Steps that may fail: those of a `try`, and those with which `bisect` finds a limit.
//!
//! Owns what becomes of their failures, which become notes. Only the server's doing may be forgiven; a mistake of the
//! script, a broken invariant and the end of the check are not.

use serde_json::Value;

use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::super::outcome::interrupted::Interrupted;
use crate::World;
use crate::report::Failure;
use crate::suite::{BisectSpec, Step, TrySpec};

/// Runs the steps, and others when one of them has failed.
pub(super) async fn attempt<W: World>(
    context: &StepContext<'_, W>,
    tried: &TrySpec,
    step: &Step,
) -> Result<Result<(), Interrupted>, Box<Failure>> {
    let end = context.steps(&tried.steps).await;
    if end != Err(Interrupted::Failed) {
        return Ok(end);
    }
    let Some(failure) = forgive(context, &format!("{}.try", step.path)) else { return Ok(end) };
    if let Some(why) = &tried.why {
        context.check.remember(None, vec![(why.clone(), Value::from(failure.message.clone()))])?;
    }
    if tried.otherwise.is_empty() && tried.why.is_none() {
        let who = failure.client.map(|client| format!("{client}: ")).unwrap_or_default();
        context.check.results.remark(format!("{who}{}", failure.message));
    }
    Ok(context.steps(&tried.otherwise).await)
}

/// What failed below this path, if that may fail.
fn forgive<W: World>(context: &StepContext<'_, W>, path: &str) -> Option<Failure> {
    if context.heeds_breaks && context.check.is_broken() {
        return None;
    }
    context.check.results.steps.borrow_mut().forgive(path)
}

/// Finds the largest number with which the steps hold: the upper end first, since most limits are farther than one looks,
/// then the lower one, then by halving.
pub(super) async fn bisect<W: World>(
    context: &StepContext<'_, W>,
    bisect: &BisectSpec,
    step: &Step,
) -> Result<Result<(), Interrupted>, Box<Failure>> {
    let from = bisect.from.get(&mut context.scope()).map_err(failure::script)?.0;
    let to = bisect.to.get(&mut context.scope()).map_err(failure::script)?.0;
    if from >= to {
        return Err(failure::script(format!("between {from} and {to} there is nothing to find")));
    }
    let (mut holds, mut fails) = (None, None);
    let found = loop {
        let number = match (holds, fails) {
            (Some(holds), None) => break holds,
            (None, None) => to,
            (None, Some(fails)) if fails == from => break 0,
            (None, Some(_)) => from,
            (Some(holds), Some(fails)) if fails - holds <= 1 => break holds,
            (Some(holds), Some(fails)) => holds + (fails - holds) / 2,
        };
        context.check.remember(None, vec![(bisect.name.clone(), Value::from(number))])?;
        match context.steps(&bisect.steps).await {
            Ok(()) => holds = Some(number),
            end @ Err(Interrupted::Failed) => {
                if forgive(context, &format!("{}.steps", step.path)).is_none() {
                    return Ok(end);
                }
                fails = Some(number);
            }
            end @ Err(_) => return Ok(end),
        }
        context.run().yield_budget.take(context.world()).await;
    };
    context.check.remember(None, vec![(bisect.name.clone(), Value::from(found))])?;
    Ok(Ok(()))
}
