//! How long a wait is, and the numbers that a ramp draws.
//!
//! Owns who draws from which sequence: each client has one of its own, made of the seed and of the names of check and client. So the same seed
//! gives each client the same waits, in whichever shard it is and whatever the others do.

use std::time::Duration;

use super::super::context::step::StepContext;
use super::super::outcome::failure;
use super::super::pacing::pause::Spread;
use crate::World;
use crate::base::random::Random;
use crate::report::Failure;
use crate::suite::{Field, Pause, Step};

/// How long this wait is.
pub(super) fn pause<W: World>(
    context: &StepContext<'_, W>,
    pause: &Pause,
    step: &Step,
) -> Result<Duration, Box<Failure>> {
    let spread = match read(context, pause)? {
        Spread::Constant(lasting) => return Ok(lasting),
        spread => spread,
    };
    let (name, draws) = match &context.member {
        Some(member) => (member.name.as_str(), &member.draws),
        None => ("", &context.check.draws),
    };
    draws.set(draws.get() + 1);
    Ok(spread.draw(&mut sequence(context, step, name, draws.get())))
}

/// The numbers that belong to a step, a client and how often it has drawn before.
pub(super) fn sequence<W: World>(
    context: &StepContext<'_, W>,
    step: &Step,
    client: &str,
    draws: u64,
) -> Random {
    let plan = &context.run().plan;
    let check = plan.checks[context.check.number].name.as_str();
    let hash = |seed: u64, text: &str| xxhash_rust::xxh64::xxh64(text.as_bytes(), seed);
    let seed = [check, step.path.as_str(), client].into_iter().fold(plan.options.seed, hash);
    Random::with_seed(hash(seed, &draws.to_string()))
}

fn read<W: World>(context: &StepContext<'_, W>, pause: &Pause) -> Result<Spread, Box<Failure>> {
    let get = |field: &Field<Duration>| field.get(&mut context.scope()).map_err(failure::script);
    Ok(match pause {
        Pause::Constant(lasting) => Spread::Constant(get(lasting)?),
        Pause::Uniform { from, to } => {
            let (from, to) = (get(from)?, get(to)?);
            if to < from {
                return Err(failure::script("of a uniform wait, \"to\" is the longer one"));
            }
            Spread::Uniform { from, to }
        }
        Pause::Normal { mean, deviation } => Spread::Normal { mean: get(mean)?, deviation: get(deviation)? },
        Pause::Exponential { mean } => Spread::Exponential { mean: get(mean)? },
        Pause::Lognormal { mean, deviation } => {
            Spread::Lognormal { mean: get(mean)?, deviation: get(deviation)? }
        }
    })
}
