//! Steps that may fail: those of a `try`, and those with which `bisect` finds a limit.
//!
//! Owns what becomes of their failures, which become notes. Only the server's doing may be forgiven; a mistake of the
//! script, a broken invariant and the end of the check are not.

use std::rc::Rc;

use serde_json::Value;

use super::super::check::CheckRun;
use super::super::outcome::failure;
use super::execute::{Interrupted, StepContext};
use crate::World;
use crate::report::Failure;
use crate::suite::{BisectSpec, Step, TrySpec};

impl<W: World> CheckRun<W> {
    /// Runs the steps, and others when one of them has failed.
    pub async fn attempt(
        self: &Rc<Self>,
        tried: &TrySpec,
        step: &Step,
        acting: &StepContext<W>,
    ) -> Result<Result<(), Interrupted>, Box<Failure>> {
        let end = self.steps(&tried.steps, acting).await;
        if end != Err(Interrupted::Failed) {
            return Ok(end);
        }
        let Some(failure) = self.forgive(&format!("{}.try", step.path), acting) else { return Ok(end) };
        if let Some(why) = &tried.why {
            self.remember(None, vec![(why.clone(), Value::from(failure.message.clone()))])?;
        }
        if tried.otherwise.is_empty() && tried.why.is_none() {
            let who = failure.client.map(|client| format!("{client}: ")).unwrap_or_default();
            self.remark(format!("{who}{}", failure.message));
        }
        Ok(self.steps(&tried.otherwise, acting).await)
    }

    /// What failed below this path, if that may fail.
    fn forgive(&self, path: &str, acting: &StepContext<W>) -> Option<Failure> {
        if acting.heeds_breaks && self.is_broken() {
            return None;
        }
        self.results.borrow_mut().forgive(path)
    }

    /// Finds the largest number with which the steps hold: the upper end first, since most limits are farther than one looks,
    /// then the lower one, then by halving.
    pub async fn bisect(
        self: &Rc<Self>,
        bisect: &BisectSpec,
        step: &Step,
        acting: &StepContext<W>,
    ) -> Result<Result<(), Interrupted>, Box<Failure>> {
        let mut scope = self.scope(acting.member.as_ref(), acting.round, None);
        let from = bisect.from.get(&mut scope).map_err(failure::script)?.0;
        let to = bisect.to.get(&mut scope).map_err(failure::script)?.0;
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
            self.remember(None, vec![(bisect.name.clone(), Value::from(number))])?;
            match self.steps(&bisect.steps, acting).await {
                Ok(()) => holds = Some(number),
                end @ Err(Interrupted::Failed) => {
                    if self.forgive(&format!("{}.steps", step.path), acting).is_none() {
                        return Ok(end);
                    }
                    fails = Some(number);
                }
                end @ Err(_) => return Ok(end),
            }
            self.run.yield_budget.take(&self.run.world).await;
        };
        self.remember(None, vec![(bisect.name.clone(), Value::from(found))])?;
        Ok(Ok(()))
    }
}
