//! What the parts of a suite refer to, with places, for the checks that need the whole of it.
//!
//! The model holds what the runner needs; a name that is written in it has lost its place in the text. These notes are made
//! beside it and thrown away when the suite has been read.

use std::rc::Rc;

use serde_json::Value;

use super::model::Target;
use super::origin::Origin;
use super::source::Span;
use crate::metrics::Threshold;
use crate::template::{Document, Name};

/// A placeholder that refers to something.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) at: Span,
    pub(super) name: Name,
    pub(super) form: UseForm,
}

/// How something is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UseForm {
    /// `{{state}}`
    Placeholder,
    /// `"var": "state"`
    Var,
    /// The same where is asked whether it has a value: one that comes further down counts.
    Asked,
}

impl UseForm {
    /// The name as it is to be written in its place.
    pub(super) fn written(self, name: &str) -> String {
        match self {
            Self::Placeholder => format!("{{{{{name}}}}}"),
            Self::Var | Self::Asked => format!("{name:?}"),
        }
    }
}

/// A client that is named.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) at: Span,
    /// None while it is a placeholder.
    pub(super) target: Option<Target>,
}

/// A step.
#[derive(Debug, Default)]
pub(super) struct StepNotes {
    /// Where to point for what is wrong with the whole.
    pub(super) at: Span,
    pub(super) on: Option<Vec<Named>>,
    /// Whether it needs a client that acts.
    pub(super) needs_client: bool,
    /// Whether it takes the members of one group.
    pub(super) needs_group: bool,
    /// Whether the only client acts where none is named.
    pub(super) falls_to_only: bool,
    /// Whether its messages, or those before it, are numbered.
    pub(super) has_seq: bool,
    /// The `count` of a connect.
    pub(super) count: Option<(Span, Option<u64>)>,
    /// Placeholders in what is decided before its own clients act: who they are, how long it waits.
    pub(super) naming: Vec<Use>,
    /// What decides whether it runs.
    pub(super) deciding: Vec<Use>,
    /// Variables that are looked at after its inner steps.
    pub(super) after: Vec<Use>,
    /// All other placeholders, those of inner steps aside.
    pub(super) uses: Vec<Use>,
    pub(super) mark: Option<String>,
    pub(super) since: Option<(Span, String)>,
    pub(super) captures: Vec<String>,
    pub(super) sets: Vec<String>,
    /// Variables whose new values stay for the checks that follow.
    pub(super) keeps: Vec<(Span, String)>,
    /// The timings of which it takes samples.
    pub(super) timings: Vec<String>,
    /// Whether connections are opened, so that the addresses of clients are needed.
    pub(super) opens: bool,
    pub(super) inner: Inner,
}

/// The steps in a step.
#[derive(Debug, Default)]
pub(super) enum Inner {
    #[default]
    None,
    /// Once, one after the other.
    Once(Vec<StepNotes>),
    /// Again and again, one after the other.
    Rounds(Vec<StepNotes>),
    /// At once.
    Branches(Vec<Vec<StepNotes>>),
    /// Those of a definition, which know its parameters and no others.
    Used(Vec<StepNotes>, Vec<String>, Rc<Origin>),
}

impl Inner {
    /// Each list of steps in it.
    pub(super) fn lists(&self) -> impl Iterator<Item = &Vec<StepNotes>> {
        match self {
            Self::None => std::slice::Iter::default(),
            Self::Once(steps) | Self::Rounds(steps) | Self::Used(steps, ..) => {
                std::slice::from_ref(steps).iter()
            }
            Self::Branches(branches) => branches.iter(),
        }
    }
}

/// A client, or what a check changes of one.
#[derive(Debug)]
pub(super) struct ClientNotes {
    pub(super) name: String,
    pub(super) uses: Vec<Use>,
    /// None when it is not a group; without a number while that is a placeholder.
    pub(super) count: Option<Option<u64>>,
    /// Whether a page opens it by relay.
    pub(super) is_relayed: bool,
    /// Placeholders of its answers and of its heartbeat.
    pub(super) standing: StandingUses,
    /// What each of its members knows from its row.
    pub(super) columns: Vec<String>,
    /// Whether its rows could not be read, so that any name may be a column.
    pub(super) has_unread_rows: bool,
}

/// Placeholders of answers and heartbeats, those aside that mean the message that came.
#[derive(Clone, Debug, Default)]
pub(super) struct StandingUses {
    /// In what is decided when the connection opens.
    pub(super) opening: Vec<Use>,
    /// In what is sent, whose messages are numbered.
    pub(super) sending: Vec<Use>,
}

impl StandingUses {
    pub(super) fn extend(&mut self, other: &Self) {
        self.opening.extend_from_slice(&other.opening);
        self.sending.extend_from_slice(&other.sending);
    }
}

/// A check.
#[derive(Debug)]
pub(super) struct CheckNotes {
    /// Placeholders in its name, its timeout and its thresholds, which know variables only.
    pub(super) uses: Vec<Use>,
    /// Placeholders in its rows.
    pub(super) row_uses: Vec<Use>,
    /// The names that its rows give values to.
    pub(super) columns: Vec<String>,
    /// Whether rows of it or of its clients could not be read, so that any name may be a column.
    pub(super) has_unread_rows: bool,
    /// All clients in it.
    pub(super) clients: Vec<ClientNotes>,
    pub(super) standing: StandingUses,
    pub(super) steps: Vec<StepNotes>,
    pub(super) bounds: Vec<BoundNotes>,
}

/// A threshold.
#[derive(Debug)]
pub(super) struct BoundNotes {
    pub(super) at: Span,
    /// None when it does not read.
    pub(super) threshold: Option<Threshold>,
}

/// A suite.
#[derive(Default)]
pub(super) struct SuiteNotes {
    /// Placeholders outside of checks and steps, which know variables only.
    pub(super) uses: Vec<Use>,
    pub(super) vars: Vec<String>,
    /// Whom invariants name.
    pub(super) invariants: Vec<Named>,
    pub(super) standing: StandingUses,
    pub(super) setup: Vec<StepNotes>,
    pub(super) teardown: Vec<StepNotes>,
    pub(super) checks: Vec<CheckNotes>,
    pub(super) bounds: Vec<BoundNotes>,
    pub(super) folds: Vec<Fold>,
}

/// Why a value is not allowed somewhere; none when it can.
pub(super) type Complaint = Box<dyn Fn(&Value) -> Option<String>>;

/// A value with placeholders that is tried with the defaults of the variables.
pub(super) struct Fold {
    pub(super) at: Span,
    pub(super) document: Document,
    pub(super) complaint: Complaint,
}
