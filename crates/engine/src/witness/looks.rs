//! What the handshakes of a run met that failed: asked of the companion, once for each address.
//!
//! Owns when it is asked: at the moment of the failure, since a server may answer otherwise at the end of the run. One rule:
//! a run never waits for a look before its own end, and one that was stopped waits for none.

use std::cell::RefCell;
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::select;

use crate::base::mask::Masker;
use crate::base::notify::Notify;
use crate::base::world::LocalFuture;
use crate::explain::companion::{Companion, Look};
use crate::explain::{Opener, Probed, tell, tell_handshake};
use crate::report::Report;
use crate::run::{Progress, Stop};
use crate::{Endpoint, World};

/// Addresses of one run that are looked at.
const MOST: usize = 16;

/// Starts a task.
pub type Spawn = Rc<dyn Fn(LocalFuture<()>)>;

/// The looks of one run.
pub struct Looks<W: World> {
    world: W,
    companion: Rc<Companion>,
    spawn: Spawn,
    known: Known,
    opener: Opener,
    seen: Rc<RefCell<Seen>>,
    notify: Notify,
}

/// What is known without a look of a handshake that failed.
pub type Known = Rc<dyn Fn(&Endpoint) -> Option<Probed>>;

impl<W: World> Clone for Looks<W> {
    fn clone(&self) -> Self {
        Self {
            world: self.world.clone(),
            companion: self.companion.clone(),
            spawn: self.spawn.clone(),
            known: self.known.clone(),
            opener: self.opener,
            seen: self.seen.clone(),
            notify: self.notify.clone(),
        }
    }
}

#[derive(Default)]
struct Seen {
    /// By address; none while one is under way.
    looks: Vec<(Endpoint, Option<Look>)>,
    /// Which of them each failed step is about, by check and step.
    steps: HashMap<(usize, usize), usize>,
}

impl<W: World> Looks<W> {
    /// No look yet. `world` reaches the companion, `spawn` starts what looks.
    pub fn new(world: W, companion: Rc<Companion>, spawn: Spawn) -> Self {
        let known: Known = Rc::new(|_| None);
        let (opener, seen, notify) = (Opener::Page, Rc::default(), Notify::default());
        Self { world, companion, spawn, known, opener, seen, notify }
    }

    /// The same, where the world knows by itself what a handshake by relay has met.
    #[must_use]
    pub fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
    }

    /// The same, of connections that no page has opened.
    #[must_use]
    pub fn opened_by(self, opener: Opener) -> Self {
        Self { opener, ..self }
    }

    /// Looks where a handshake has failed, if that is what has happened.
    pub fn note(&self, progress: &Progress) {
        let Progress::StepEnded { check, step, failure: Some(failure), .. } = progress else { return };
        let Some(endpoint) = &failure.handshake else { return };
        let mut seen = self.seen.borrow_mut();
        let known = seen.looks.iter().position(|(known, _)| known == endpoint);
        let at = known.unwrap_or(seen.looks.len());
        // A look cannot say what such a handshake says.
        if known.is_none() && endpoint.needs_relay() {
            let Some(probed) = (self.known)(endpoint).filter(|_| at < MOST) else { return };
            seen.looks.push((endpoint.clone(), Some(Look::Saw(Box::new(probed)))));
        } else if known.is_none() {
            if at == MOST || self.companion.is_blind() {
                return;
            }
            seen.looks.push((endpoint.clone(), None));
            let (looks, endpoint) = (self.clone(), endpoint.clone());
            (self.spawn)(Box::pin(async move {
                let look = looks.companion.look(&looks.world, &endpoint).await;
                looks.seen.borrow_mut().looks[at].1 = Some(look);
                looks.notify.ring();
            }));
        }
        seen.steps.insert((*check, *step), at);
    }

    fn are_over(&self) -> bool {
        self.seen.borrow().looks.iter().all(|(_, look)| look.is_some())
    }

    /// Puts what was seen into the failures of a report.
    pub async fn tell(&self, report: &mut Report, masker: &Masker, stop: &Stop) {
        // Each has a bound of its own.
        select(pin!(self.notify.when(|| self.are_over().then_some(()))), pin!(stop.asked())).await;
        let seen = self.seen.borrow();
        for (&(check, step), &at) in &seen.steps {
            let (endpoint, look) = &seen.looks[at];
            let step = report.checks.get_mut(check).and_then(|check| check.steps.get_mut(step));
            let failure = step.and_then(|step| step.failure.as_mut());
            if let (Some(failure), Some(Look::Saw(probed))) = (failure, look) {
                match endpoint.needs_relay() {
                    true => tell_handshake(failure, endpoint, probed),
                    false => tell(failure, endpoint, (**probed).clone(), self.opener),
                }
                // What the server said is masked as what it says in a message.
                *failure = failure.clone().masked(masker);
            }
        }
    }
}
