//! What is wrong with a step as a whole: who acts, what it keeps, which mark it names.

use super::super::{MOST_NEAR, no_clients, several, there_are};
use super::Walk;
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::suite::model::Target;
use crate::suite::notes::{Named, StepNotes};
use crate::suite::source::Span;

impl Walk<'_, '_> {
    /// A ramp takes the members of one group as it needs them.
    pub(super) fn check_group(&mut self, step: &StepNotes) {
        let on = step.on.as_deref().unwrap_or_default();
        let message = match on {
            [Named { target: None, .. }] => return,
            [Named { target: Some(Target::Client(name)), .. }] => match self.clients.get(name.as_str()) {
                Some(None) => format!(
                    "{name} is a single client, and a ramp takes the members of a group; give it a \"count\""
                ),
                // A client that is not known is reported as such.
                Some(Some(_)) | None => return,
            },
            _ => {
                let group =
                    self.clients.iter().filter(|(_, count)| count.is_some()).map(|(name, _)| *name).min();
                format!("a ramp takes the members of one group; write \"on\": {:?}", group.unwrap_or("crowd"))
            }
        };
        self.problems.add(on.first().map_or(step.at, |named| named.at), message);
    }

    pub(super) fn no_client_acts(&mut self, step: &StepNotes) {
        let message = match self.names().as_slice() {
            [] => no_clients(),
            [group] => {
                format!("this step does not say who acts; write \"on\": {group:?} for all of the group")
            }
            names => format!(
                "this step does not say who acts; add \"on\": one of {}, a list, or \"*\"",
                several(names)
            ),
        };
        self.problems.add(step.at, message);
    }

    pub(super) fn never_kept(&mut self, at: Span, name: &str) {
        let shown = cut(name, 60);
        let hint = match nearest(name, self.variables.iter().copied().take(MOST_NEAR)) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "give it a first value in \"vars\", which those checks see that run before this one"
                .to_owned(),
        };
        self.problems.add(
            at,
            format!("no variable of the suite is called {shown:?}, and only those are kept; {hint}"),
        );
    }

    pub(super) fn check_mark(&mut self, at: Span, mark: &str) {
        if self.known.marks.contains(mark) {
            return;
        }
        let shown = cut(mark, 60);
        let message = if self.at_last.marks.contains(mark) {
            format!("the mark {shown:?} is set only further down")
        } else {
            let mut marks: Vec<&str> = self.at_last.marks.iter().copied().collect();
            marks.sort_unstable();
            match nearest(mark, marks.iter().copied()) {
                Some(near) => format!("no step sets the mark {shown:?}; did you mean {near:?}?"),
                None if marks.is_empty() => {
                    format!(
                        "no step sets the mark {shown:?}; write \"mark\": {shown:?} in the step where it begins"
                    )
                }
                None => format!("no step sets the mark {shown:?}; {}", there_are(&marks)),
            }
        };
        self.problems.add(at, message);
    }
}
