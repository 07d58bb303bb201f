//! Drawing in turns: each part in a task of its own, so that a slow machine takes clicks in between.
//!
//! Owns the order. It refuses to know what is drawn, or when the first part may begin.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

/// Parts that wait, the first one first. A clone is the same.
#[derive(Clone, Default)]
pub(super) struct Turns(Rc<Waiting>);

#[derive(Default)]
struct Waiting {
    parts: RefCell<VecDeque<ArcRwSignal<bool>>>,
    is_over: ArcRwSignal<bool>,
}

impl Turns {
    /// A part that waits. True when its turn has come.
    pub fn wait(&self) -> ArcRwSignal<bool> {
        let turn = ArcRwSignal::new(false);
        self.0.parts.borrow_mut().push_back(turn.clone());
        turn
    }

    /// A part that is drawn when its turn has come.
    pub fn part(&self, draw: impl Fn() -> AnyView + Send + 'static) -> AnyView {
        let turn = self.wait();
        (move || turn.get().then(&draw)).into_any()
    }

    /// Lets the first part that waits be drawn, and each that follows in a task of its own.
    pub fn begin(&self) {
        let Some(turn) = self.0.parts.borrow_mut().pop_front() else { return self.0.is_over.set(true) };
        turn.set(true);
        let turns = self.clone();
        set_timeout(move || turns.begin(), Duration::ZERO);
    }

    /// Whether all parts are drawn.
    pub fn is_over(&self) -> ArcRwSignal<bool> {
        self.0.is_over.clone()
    }
}
