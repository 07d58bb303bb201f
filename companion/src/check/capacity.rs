//! `--capacity NAME=FROM..TO`: the highest load that holds.
//!
//! Owns the runs of the search, each with another value of the variable. It refuses to choose the values and to judge the runs:
//! [`CapacitySearch`] does. The report of the whole is that of the run with the highest load that held.

use std::str::FromStr;

use sockscope_engine::run::CapacitySearch;

use super::assignment::Done;
use super::screen::Screen;
use super::{Bench, Chosen};

/// What is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The variable of the suite that is raised.
    pub name: String,
    /// The least value.
    pub from: u64,
    /// The highest value.
    pub to: u64,
}

/// What is wrong with `--capacity`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It has another form.
    #[error("write NAME=FROM..TO, such as num_clients=10..1000")]
    Form,
    /// Nothing lies between the ends.
    #[error("{0} is not below {1}; write the smaller number first")]
    Order(u64, u64),
    /// A load of nothing holds always.
    #[error("a load of 0 proves nothing; begin with 1 or more")]
    Zero,
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let (name, ends) = text.split_once('=').ok_or(RangeError::Form)?;
        let (from, to) = ends.split_once("..").ok_or(RangeError::Form)?;
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| RangeError::Form);
        let (name, from, to) = (name.trim().to_owned(), number(from)?, number(to)?);
        match (from, name.is_empty()) {
            (_, true) => Err(RangeError::Form),
            (0, _) => Err(RangeError::Zero),
            _ if from >= to => Err(RangeError::Order(from, to)),
            _ => Ok(Self { name, from, to }),
        }
    }
}

/// A share of what held, written as `5%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within(pub f64);

/// What is wrong with `--capacity-within`.
#[derive(Debug, thiserror::Error)]
#[error("write a percentage from 0% to 100%, such as 5%")]
pub struct WithinError;

impl FromStr for Within {
    type Err = WithinError;

    fn from_str(text: &str) -> Result<Self, WithinError> {
        let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        number
            .filter(|number| (0.0..=100.0).contains(number))
            .map(|number| Self(number / 100.0))
            .ok_or(WithinError)
    }
}

impl Bench<'_> {
    /// Runs the suite with higher and higher values until it breaks, and then with those between.
    pub(super) async fn capacity(
        &mut self,
        chosen: &Chosen<'_>,
        with_tls: bool,
        seed: u64,
        screen: &mut Screen,
        (range, within): (&Range, Within),
    ) -> Done {
        let mut search = CapacitySearch::new(&range.name, range.from, range.to, within.0);
        let (mut best, mut first): (Option<Done>, Option<Done>) = (None, None);
        while let Some(value) = search.next() {
            let done = self.one(chosen, with_tls, None, seed, screen, Some((&range.name, value))).await;
            search.tell(value, &done.report);
            screen.trial(search.last());
            let is_lost = done.trouble.is_some();
            if search.held() == Some(value) {
                best = Some(done);
            } else if is_lost || first.is_none() {
                first = Some(done);
            }
            if is_lost || self.stop.is_cancelled() {
                break;
            }
        }
        let is_stopped = self.stop.is_cancelled();
        let found = search.report(is_stopped);
        // A run whose environment was lost says so, whatever held before.
        let lost = first.take_if(|done| done.trouble.is_some());
        let mut done = lost.or(best).or(first).expect("the first value is always tried");
        if done.trouble.is_none() {
            done.report.verdict = found.verdict;
        }
        let sentence = chosen.masker.mask(&found.sentence).into_owned();
        done.report.reasons.insert(0, sentence);
        screen.capacity(&found);
        done.report.capacity = Some(found);
        done.report = done.report.masked(&chosen.masker);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_shares_are_read_or_refused() {
        let range = |text: &str| text.parse::<Range>();
        assert_eq!(range("n=1..20"), Ok(Range { name: "n".to_owned(), from: 1, to: 20 }));
        assert_eq!(range("n=1-20"), Err(RangeError::Form));
        assert_eq!(range("=1..20"), Err(RangeError::Form));
        assert_eq!(range("n=0..20"), Err(RangeError::Zero));
        assert_eq!(range("n=20..20"), Err(RangeError::Order(20, 20)));
        assert_eq!("5%".parse::<Within>().ok(), Some(Within(0.05)));
        assert!(["5", "101%", "-1%", "x%"].iter().all(|text| text.parse::<Within>().is_err()));
    }
}
