//! Which rows stand out.
//!
//! Owns the rules of a person, made ready. It is asked only of rows that go to the page, so that its cost is bounded by the
//! screen and not by the traffic.

use crate::engine::Frame;
use crate::engine::bench::filter::Filter;
use crate::wire::bench::{Highlight, MOST_HIGHLIGHTS, Variable};

/// A larger message is not read for a rule: rows are made while the sockets wait.
const LARGEST: usize = 256 << 10;

/// The rules.
#[derive(Default)]
pub(super) struct Highlights {
    rules: Vec<Highlight>,
    /// In the same order; none where a rule cannot be read.
    filters: Vec<Option<Filter>>,
}

impl Highlights {
    /// Takes the rules, with the values of the variables that they name; says whether they are others than before.
    pub fn arrange(&mut self, rules: &[Highlight], variables: &[Variable]) -> bool {
        let mut rules = rules.to_vec();
        for rule in rules.iter_mut().filter(|rule| rule.spec.names_variables()) {
            rule.spec = rule.spec.filled(|name| Variable::value_of(variables, name));
        }
        if self.rules == rules {
            return false;
        }
        self.filters =
            rules.iter().take(MOST_HIGHLIGHTS).map(|rule| Filter::compile(&rule.spec).ok()).collect();
        self.rules = rules;
        true
    }

    /// The place of the first rule that takes a frame.
    pub fn of(&self, frame: &Frame<'_>) -> Option<u8> {
        let takes = |filter: &Filter| {
            (frame.bytes.len() <= LARGEST || !filter.reads_contents()) && filter.takes(frame)
        };
        let at = self.filters.iter().position(|filter| filter.as_ref().is_some_and(takes))?;
        u8::try_from(at).ok()
    }
}
