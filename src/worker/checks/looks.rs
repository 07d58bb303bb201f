//! What the handshakes of a run met that failed: asked of the companion that serves the page, once for each address.
//!
//! Owns when it is asked: at the moment of the failure, since a server may answer otherwise at the end of the run. One rule:
//! a run never waits for a look before its own end, and one that was stopped waits for none.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::select;

use super::worker::ChecksWorker;
use crate::engine::base::mask::Masker;
use crate::engine::base::notify::Notify;
use crate::engine::explain::companion::Look;
use crate::engine::explain::tell;
use crate::engine::report::Report;
use crate::engine::run::{Progress, Stop};
use crate::engine::{Endpoint, World};

/// Addresses of one run that are looked at.
const MOST: usize = 16;
/// The looks of one run. A clone is another handle.
#[derive(Clone, Default)]
pub(super) struct Looks(Rc<RefCell<Seen>>, Notify);

#[derive(Default)]
struct Seen {
    /// By address; none while one is under way.
    looks: Vec<(Endpoint, Option<Look>)>,
    /// Which of them each failed step is about, by check and step.
    steps: HashMap<(usize, usize), usize>,
}

impl Looks {
    /// Looks where a handshake has failed, if that is what has happened.
    pub fn note<W: World>(&self, worker: &ChecksWorker<W>, progress: &Progress) {
        let Progress::StepEnded { check, step, failure: Some(failure), .. } = progress else { return };
        let Some(endpoint) = &failure.handshake else { return };
        let mut seen = self.0.borrow_mut();
        let known = seen.looks.iter().position(|(known, _)| known == endpoint);
        let at = known.unwrap_or(seen.looks.len());
        if known.is_none() {
            if at == MOST || worker.0.companion.is_blind() {
                return;
            }
            seen.looks.push((endpoint.clone(), None));
            let (looks, endpoint, worker) = (self.clone(), endpoint.clone(), worker.clone());
            (worker.0.spawn.clone())(Box::pin(async move {
                let look = worker.0.companion.look(&worker.0.world, &endpoint).await;
                looks.0.borrow_mut().looks[at].1 = Some(look);
                looks.1.ring();
            }));
        }
        seen.steps.insert((*check, *step), at);
    }

    fn are_over(&self) -> bool {
        self.0.borrow().looks.iter().all(|(_, look)| look.is_some())
    }

    /// Puts what was seen into the failures of a report.
    pub async fn tell(&self, report: &mut Report, masker: &Masker, stop: &Stop) {
        // Each has a bound of its own.
        select(pin!(self.1.when(|| self.are_over().then_some(()))), pin!(stop.asked())).await;
        let seen = self.0.borrow();
        for (&(check, step), &at) in &seen.steps {
            let (endpoint, look) = &seen.looks[at];
            let step = report.checks.get_mut(check).and_then(|check| check.steps.get_mut(step));
            let failure = step.and_then(|step| step.failure.as_mut());
            if let (Some(failure), Some(Look::Saw(probed))) = (failure, look) {
                tell(failure, endpoint, (**probed).clone());
                // What the server said is masked as what it says in a message.
                *failure = failure.clone().masked(masker);
            }
        }
    }
}
