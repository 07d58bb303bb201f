//! How long to wait and how much to do at which time.

use std::time::Duration;

use super::Step;
use crate::suite::field::{Field, Rate};

/// How long a wait is.
#[derive(Clone, Debug)]
pub enum Pause {
    /// The same each time.
    Constant(Field<Duration>),
    /// Equally likely between these two.
    Uniform {
        /// The shortest.
        from: Field<Duration>,
        /// The longest.
        to: Field<Duration>,
    },
    /// Around a mean, as much above as below; what would be below zero is zero.
    Normal {
        /// The mean.
        mean: Field<Duration>,
        /// The standard deviation.
        deviation: Field<Duration>,
    },
    /// The time between events that do not know of each other.
    Exponential {
        /// The mean.
        mean: Field<Duration>,
    },
    /// Mostly short and sometimes long, as people are.
    Lognormal {
        /// The mean.
        mean: Field<Duration>,
        /// The standard deviation.
        deviation: Field<Duration>,
    },
}

/// Load that changes over time.
#[derive(Clone, Debug)]
pub struct Ramp {
    /// One after the other.
    pub stages: Vec<Stage>,
    /// What the stages change.
    pub load: RampLoad,
    /// Whether rounds and sessions begin at random moments, as those of people who do not know of each other.
    pub is_random: bool,
    /// One round.
    pub steps: Vec<Step>,
}

impl Ramp {
    /// Whether it opens the connections itself.
    pub fn opens(&self) -> bool {
        self.load != RampLoad::Rate
    }
}

/// What the stages of a ramp change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RampLoad {
    /// How many clients are connected, each with one round after the other.
    Clients,
    /// How many rounds begin each second, on clients that are connected already.
    Rate,
    /// Both: how many are connected, and how many rounds begin on them.
    ClientsAndRate,
    /// How many sessions begin each second: a connection opens, runs a round and closes.
    Sessions,
}

/// A part of a ramp.
#[derive(Clone, Debug)]
pub struct Stage {
    /// How long it takes.
    pub lasting: Field<Duration>,
    /// How many clients are connected at its end.
    pub clients: Option<Field<u64>>,
    /// How many rounds or sessions begin each second at its end.
    pub rate: Option<Field<Rate>>,
}
