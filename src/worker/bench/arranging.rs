//! Taking a set-up that the page gives.
//!
//! Owns what of a set-up can be taken before the second file of the worker is here, and what waits for it. An older set-up never
//! replaces a newer one.

use std::rc::Rc;

use super::connection::Connection;
use super::later::{AGAIN, Later};
use super::masks;
use super::worker::BenchWorker;
use crate::engine::World;
use crate::engine::bench::pairing::PairBy;
use crate::wire;
use crate::wire::bench::{Request, Setup, Variable, Workspace};
use crate::worker::PageWorker;

impl<W: World> BenchWorker<W> {
    /// Takes a set-up now, or when what it asks for has come.
    pub(super) fn arrange(&self, workspace: Box<Workspace>) {
        if self.can_arrange(&workspace) {
            // An older one that waits to be tried again is out of date.
            self.state(|s| s.arrangings += 1);
            self.arrange_now(*workspace, self.0.later.here());
        } else {
            self.arrange_later(workspace);
        }
    }

    /// Whether a set-up can be taken at once: what comes later is here, or it asks for nothing of it.
    fn can_arrange(&self, workspace: &Workspace) -> bool {
        self.0.later.is_quiet() && (self.0.later.here().is_some() || is_simple(workspace))
    }

    /// Takes a new set-up, with what comes later when it is here.
    pub(super) fn arrange_now(&self, mut workspace: Workspace, later: Option<&'static Later<W>>) {
        self.state(|s| {
            s.is_arranged = true;
            workspace.former = std::mem::take(&mut s.workspace.former);
            let profiles = |w: &Workspace| w.connections.iter().map(|it| it.profile.len()).sum::<usize>();
            let has_profiles = profiles(&s.workspace) + profiles(&workspace) > 0;
            if s.workspace.variables != workspace.variables || has_profiles {
                s.names = Rc::new(Variable::names(&workspace.variables));
                Variable::retire(&mut workspace.former, &s.workspace.variables, &workspace.variables);
                s.mask = later.and_then(|later| (later.mask)(&workspace, &s.derived));
                s.list.redraw();
                s.pins.changed = true;
            }
            for setup in &workspace.connections {
                let connection = s.connections.entry(setup.id).or_insert_with(|| Connection::new(setup.id));
                match later {
                    Some(later) => (later.connection)(connection, &mut s.record, setup),
                    None => connection.arrange_simply(setup),
                }
            }
            let is_paired_otherwise = |setup: &Setup| {
                let before = s.workspace.connections.iter().find(|it| it.id == setup.id);
                before.is_some_and(|before| before.pairing != setup.pairing)
            };
            if workspace.connections.iter().any(is_paired_otherwise) {
                s.list.redraw();
            }
            if let Some(later) = later {
                (later.rules)(&mut s.replies, &workspace.rules);
            }
            if s.workspace.budget != workspace.budget {
                s.record.log.set_budget(usize::try_from(workspace.budget).unwrap_or(usize::MAX));
                s.list.redraw();
            }
            s.list.set_lanes(workspace.layout.lanes);
            let highlighted = later.is_some_and(|it| {
                (it.highlights)(&mut s.highlights, &workspace.highlights, &workspace.variables)
            });
            if s.summaries.arrange(&workspace) | highlighted {
                s.list.redraw();
            }
            s.workspace = workspace;
            s.dirty = true;
        });
        self.look_at_addresses();
        self.redraft(|_| {});
        self.keep_soon();
    }

    /// Takes a set-up that the first file alone cannot make ready, and all that is asked meanwhile after it. It is tried again
    /// until the part has come, or another set-up.
    fn arrange_later(&self, workspace: Box<Workspace>) {
        let arranging = self.state(|s| {
            s.arrangings += 1;
            s.is_arranging = true;
            // What is a secret from now on is not shown while the rest of the set-up waits.
            if let Some(mask) = masks::plain(&workspace) {
                s.mask = Some(mask);
                s.list.redraw();
                s.pins.changed = true;
                s.dirty = true;
            }
            s.arrangings
        });
        self.later(move |worker, later| {
            let is_newest = worker.state(|s| {
                let is_newest = s.arrangings == arranging;
                s.is_arranging &= !is_newest;
                is_newest
            });
            if later.is_some() {
                return worker.arrange_now(*workspace, later);
            }
            if is_newest {
                let again = worker.clone();
                (worker.0.spawn)(Box::pin(async move {
                    again.0.world.sleep(AGAIN).await;
                    if again.state(|s| s.arrangings == arranging) {
                        again.receive(&wire::encode(&Request::Arrange(workspace)));
                    }
                }));
            }
        });
    }
}

/// Whether a set-up asks for nothing that comes later: no placeholder outside messages, no secret, no rule, and round trips
/// measured as usual.
fn is_simple(workspace: &Workspace) -> bool {
    let is_plain = |setup: &Setup| {
        let has_placeholder = setup.url.contains("{{") || setup.protocols.contains("{{");
        let is_usual = setup.heartbeat.is_none() && setup.pairing == PairBy::default();
        !has_placeholder
            && is_usual
            && setup.profile.is_empty()
            && setup.on_open.iter().all(|draft| !draft.varies())
    };
    workspace.rules.is_empty()
        && workspace.highlights.is_empty()
        && workspace.secrets().next().is_none()
        && workspace.connections.iter().all(is_plain)
}
