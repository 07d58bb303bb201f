//! What a check has come to know: its variables and its marks.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::outcome::failure;
use crate::Instant;
use crate::report::Failure;

/// A moment that has a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub at: Instant,
    /// Its place among the messages of the check.
    pub order: u64,
}

/// Variables and marks of one check.
pub(crate) struct Values {
    /// From its row, from `set`, and captured without a client.
    variables: RefCell<Map<String, Value>>,
    marks: RefCell<HashMap<String, Mark>>,
}

impl Values {
    pub fn new(variables: Map<String, Value>) -> Self {
        Self { variables: RefCell::new(variables), marks: RefCell::default() }
    }

    pub fn variable(&self, name: &str) -> Option<Value> {
        self.variables.borrow().get(name).cloned()
    }

    pub fn set(&self, name: String, value: Value) {
        self.variables.borrow_mut().insert(name, value);
    }

    pub fn mark(&self, name: &str) -> Result<Mark, Box<Failure>> {
        let mark = self.marks.borrow().get(name).copied();
        mark.ok_or_else(|| failure::script(format!("the mark {name:?} has not been set")))
    }

    pub fn set_mark(&self, name: &str, mark: Mark) {
        self.marks.borrow_mut().insert(name.to_owned(), mark);
    }
}
