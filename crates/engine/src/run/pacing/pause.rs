//! How long a wait is that a distribution decides.
//!
//! Owns the arithmetic. The same numbers give the same waits; who draws them decides that a client has the same waits in every run
//! of one seed, whatever the others do.

use std::f64::consts::TAU;
use std::time::Duration;

use crate::base::random::Random;

/// A distribution with its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spread {
    Constant(Duration),
    Uniform { from: Duration, to: Duration },
    Normal { mean: Duration, deviation: Duration },
    Exponential { mean: Duration },
    Lognormal { mean: Duration, deviation: Duration },
}

/// No wait is longer: a check has its timeout, and this keeps the arithmetic within bounds.
const LONGEST: f64 = 1e9;

impl Spread {
    /// One wait.
    pub fn draw(self, random: &mut Random) -> Duration {
        let seconds = match self {
            Self::Constant(lasting) => return lasting,
            Self::Uniform { from, to } => {
                from.as_secs_f64() + to.saturating_sub(from).as_secs_f64() * (1.0 - unit(random))
            }
            Self::Normal { mean, deviation } => mean.as_secs_f64() + deviation.as_secs_f64() * normal(random),
            Self::Exponential { mean } => mean.as_secs_f64() * exponential(random),
            Self::Lognormal { mean, deviation } => lognormal(mean, deviation, random),
        };
        Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
    }
}

/// The parameters are those of the waits; the normal distribution below has its own.
fn lognormal(mean: Duration, deviation: Duration, random: &mut Random) -> f64 {
    let (mean, deviation) = (mean.as_secs_f64(), deviation.as_secs_f64());
    if mean <= 0.0 {
        return 0.0;
    }
    let variance = (deviation / mean).powi(2).ln_1p();
    (mean.ln() - variance / 2.0 + variance.sqrt() * normal(random)).exp()
}

/// Above 0 and at most 1.
fn unit(random: &mut Random) -> f64 {
    ((random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64
}

/// With mean 1.
pub(crate) fn exponential(random: &mut Random) -> f64 {
    -unit(random).ln()
}

/// With mean 0 and deviation 1, by Box and Muller.
fn normal(random: &mut Random) -> f64 {
    (-2.0 * unit(random).ln()).sqrt() * (TAU * unit(random)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEAN: Duration = Duration::from_secs(2);

    /// Mean, deviation and median in milliseconds of many draws.
    fn figures(spread: Spread) -> (u128, u128, u128) {
        const DRAWS: u32 = 200_000;
        let mut random = Random::with_seed(7);
        let mut draws: Vec<f64> = (0..DRAWS).map(|_| spread.draw(&mut random).as_secs_f64()).collect();
        draws.sort_by(f64::total_cmp);
        let mean = draws.iter().sum::<f64>() / f64::from(DRAWS);
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / f64::from(DRAWS);
        let millis = |seconds: f64| Duration::from_secs_f64(seconds).as_millis();
        (millis(mean), millis(variance.sqrt()), millis(draws[draws.len() / 2]))
    }

    #[track_caller]
    fn check(spread: Spread, expected: (u128, u128, u128)) {
        let (mean, deviation, median) = figures(spread);
        for (found, expected) in [(mean, expected.0), (deviation, expected.1), (median, expected.2)] {
            assert!(found.abs_diff(expected) <= 5 + expected / 50, "{found} {expected} {spread:?}");
        }
    }

    #[test]
    fn each_distribution_has_the_mean_the_deviation_and_the_median_that_it_says() {
        check(Spread::Constant(MEAN), (2000, 0, 2000));
        check(
            Spread::Uniform { from: Duration::from_secs(1), to: Duration::from_secs(3) },
            (2000, 577, 2000),
        );
        check(Spread::Normal { mean: MEAN, deviation: Duration::from_millis(300) }, (2000, 300, 2000));
        check(Spread::Exponential { mean: MEAN }, (2000, 2000, 1386));
        check(Spread::Lognormal { mean: MEAN, deviation: MEAN }, (2000, 2000, 1414));
    }

    #[test]
    fn no_wait_is_below_zero_or_without_end() {
        let wide = Spread::Normal { mean: Duration::from_millis(1), deviation: MEAN };
        let mut random = Random::with_seed(1);
        assert!((0..1000).any(|_| wide.draw(&mut random).is_zero()));
        let none = Spread::Lognormal { mean: Duration::ZERO, deviation: MEAN };
        assert_eq!(none.draw(&mut random), Duration::ZERO);
        let endless = Spread::Exponential { mean: Duration::MAX };
        assert!(endless.draw(&mut random) <= Duration::from_secs(1_000_000_000));
    }
}
