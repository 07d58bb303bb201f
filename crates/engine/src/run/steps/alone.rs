//! Steps that need no connection: waiting, variables, notes.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::super::connections::member::Member;
use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::pause::pause;
use crate::World;
use crate::report::Failure;
use crate::suite::{Field, Pause, Step, UseSpec};
use crate::template::Document;

/// Waits.
pub(super) async fn wait<W: World>(
    context: &StepContext<'_, W>,
    wait: &Pause,
    step: &Step,
) -> Result<(), Box<Failure>> {
    let (run, world) = (context.run(), context.world());
    let until = world.now() + pause(context, wait, step)?;
    while world.now() < until {
        world.sleep(until - world.now()).await;
        run.yield_budget.turned(world.now());
    }
    Ok(())
}

/// Sets variables of the check; `keeps` them for the checks that follow, too.
pub(super) fn set<W: World>(
    context: &StepContext<'_, W>,
    values: &[(String, Document)],
    member: Option<&Rc<Member<W>>>,
    keeps: bool,
) -> Result<(), Box<Failure>> {
    for (name, document) in values {
        let seq = member.map(|member| member.seq.get());
        let value = document.expand(&mut context.scope_of(member, seq)).map_err(failure::script)?;
        if keeps {
            context.run().kept.borrow_mut().insert(name.clone(), value.clone());
        }
        context.check.remember(None, vec![(name.clone(), value)])?;
    }
    Ok(())
}

/// The values of the parameters of a definition, each read once where it is used.
pub(super) fn arguments<W: World>(
    context: &StepContext<'_, W>,
    used: &UseSpec,
) -> Result<Rc<Map<String, Value>>, Box<Failure>> {
    let mut values = Map::new();
    for (name, document) in &used.arguments {
        let value = document.expand(&mut context.scope()).map_err(failure::script)?;
        context.run().learn(name, &value)?;
        values.insert(name.clone(), value);
    }
    Ok(Rc::new(values))
}

/// Says something of the check.
pub(super) fn remark<W: World>(
    context: &StepContext<'_, W>,
    text: &Field<String>,
) -> Result<(), Box<Failure>> {
    context.check.results.remark(self::text(context, text)?);
    Ok(())
}

/// The check is not applicable.
pub(super) fn skip<W: World>(
    context: &StepContext<'_, W>,
    reason: &Field<String>,
) -> Result<(), Box<Failure>> {
    context.check.results.skip(text(context, reason)?);
    Ok(())
}

fn text<W: World>(context: &StepContext<'_, W>, text: &Field<String>) -> Result<String, Box<Failure>> {
    text.get(&mut context.scope()).map_err(failure::script)
}
