//! Waiting for a condition, with a bound.
//!
//! Owns the waiting tasks. An answer that is present when the bound passes still counts; a later one does not.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use futures_util::future::{Either, select};

use crate::{Instant, World};

/// Wakes all waiting tasks.
#[derive(Clone, Default)]
pub struct Notify(Rc<RefCell<Vec<Waker>>>);

impl Notify {
    /// Something has changed.
    pub fn ring(&self) {
        let waiting = std::mem::take(&mut *self.0.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Wakes this one at the next ring.
    pub fn listen(&self, waker: &Waker) {
        let mut waiting = self.0.borrow_mut();
        if !waiting.iter().any(|known| known.will_wake(waker)) {
            waiting.push(waker.clone());
        }
    }

    /// Waits until `probe` answers.
    pub async fn when<T>(&self, mut probe: impl FnMut() -> Option<T>) -> T {
        std::future::poll_fn(|cx| match probe() {
            Some(answer) => Poll::Ready(answer),
            None => {
                self.listen(cx.waker());
                Poll::Pending
            }
        })
        .await
    }

    /// The answer of `probe`; none when there was none by `deadline`.
    pub async fn until<W: World, T>(
        &self,
        world: &W,
        deadline: Instant,
        mut probe: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        let passed = world.pass(deadline);
        let answered = Box::pin(self.when(&mut probe));
        match select(answered, passed).await {
            Either::Left((answer, _)) => return Some(answer),
            Either::Right(_) => {}
        }
        probe()
    }
}
