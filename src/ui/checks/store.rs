//! What the view of checks holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use leptos::prelude::*;

use super::model::{CONFORMANCE, Given, Planned, is_certifiable, standard};
use crate::browser::page;
use crate::engine::conformance::Kind;
use crate::engine::report::{Report, Verdict};
use crate::model::load::LoadForm;
use crate::model::running::{LiveRun, Stage, durations};
use crate::wire::checks::{
    Card, ConnectionRow, Examined, Forms, Mistake, OwnSuite, PastRun, Phase, Restored, RunEvent, Spot,
};

/// A part of the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// What conformance says of a server; of other suites there is none.
    Certificate,
    /// The checks, and what came of them.
    #[default]
    Checks,
    /// The document.
    Edit,
    /// Variables and environments.
    Values,
    /// Earlier runs, and comparing them.
    Earlier,
}

impl Tab {
    pub const ALL: [Self; 5] = [Self::Certificate, Self::Checks, Self::Edit, Self::Values, Self::Earlier];

    pub fn title(self) -> &'static str {
        match self {
            Self::Certificate => "Certificate",
            Self::Checks => "Checks",
            Self::Edit => "Edit",
            Self::Values => "Values",
            Self::Earlier => "Earlier runs",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Checks => "checks",
            Self::Edit => "edit",
            Self::Values => "values",
            Self::Earlier => "earlier",
        }
    }
}

/// A run request that runs or has run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OrderSeen {
    /// How many runs it has.
    pub runs: u32,
    /// How many have begun.
    pub begun: u32,
    /// It goes on.
    pub is_running: bool,
    /// The suites of the runs that have begun.
    pub suites: BTreeSet<String>,
    /// How often each check has passed, of how many times: of all runs, also those that are not held any more.
    pub tally: BTreeMap<String, (u32, u32)>,
    /// Suites that could not run: id, mistakes, reasons.
    pub refused: Vec<(String, Vec<Mistake>, Vec<String>)>,
}

/// A word to the person that goes away by itself, or with a way back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Notice {
    pub words: String,
    pub is_bad: bool,
    /// What can be brought back.
    pub undo: Option<OwnSuite>,
}

/// The head of the page counts all sockets, of both workers.
fn tell_sockets(connections: &[ConnectionRow]) {
    let is_used = |connection: &&ConnectionRow| {
        matches!(connection.phase, Phase::Connecting | Phase::Open | Phase::Closing)
    };
    let used = connections.iter().filter(is_used).count().to_string();
    page::announce_bytes(page::CHECK_SOCKETS, used.as_bytes());
}

const PASSED: Stage = Stage::Ended(Verdict::Pass);

/// Runs of this visit that are held whole.
const MOST_RUNS: usize = 60;

/// All of it. A copy is the same store.
#[derive(Clone, Copy)]
pub(super) struct Store {
    pub clock_step: RwSignal<Duration>,
    pub is_restored: RwSignal<bool>,
    /// Why the worker is missing.
    pub broken: RwSignal<Option<String>>,
    pub library: RwSignal<Vec<Card>>,
    pub search: RwSignal<String>,
    /// Only suites with this tag are listed.
    pub tag: RwSignal<Option<String>>,
    /// Several, to be run together.
    pub ticked: RwSignal<BTreeSet<String>>,
    pub selected: RwSignal<String>,
    /// The document of the selected suite, as it stands in the editor.
    pub text: RwSignal<String>,
    /// Whose document that is: the one of a suite that was just selected is still on its way.
    pub text_of: RwSignal<String>,
    /// A change that is not kept yet, since a person is still typing.
    pub unkept: RwSignal<Option<OwnSuite>>,
    /// The selected suite's document is here.
    pub is_loaded: RwSignal<bool>,
    pub examined: RwSignal<Examined>,
    /// What Run would test.
    pub planned: RwSignal<Planned>,
    /// This browser has no storage for us, so a suite lasts as long as the page.
    pub keeps_nothing: RwSignal<bool>,
    pub tab: RwSignal<Tab>,
    pub forms: RwSignal<Forms>,
    /// What was typed for secrets, by suite and name; it never reaches the disk by itself.
    pub secret_values: RwSignal<BTreeMap<String, BTreeMap<String, String>>>,
    /// What the address of the page gives to a suite.
    pub given: RwSignal<Given>,
    /// Only checks with one of these tags run.
    pub tags: RwSignal<BTreeSet<String>>,
    pub seed: RwSignal<String>,
    pub times: RwSignal<String>,
    pub order: RwSignal<OrderSeen>,
    /// Runs of this visit, the oldest first.
    pub runs: RwSignal<Vec<RwSignal<LiveRun>>>,
    /// The run that is shown, of this visit or an earlier one.
    pub shown: RwSignal<Option<RwSignal<LiveRun>>>,
    pub past: RwSignal<Vec<PastRun>>,
    /// Two runs side by side.
    pub compared: RwSignal<Option<(Box<Report>, Box<Report>)>>,
    /// What goes wrong in the fault proxy now, as the view of faults says; empty for nothing.
    pub faults: RwSignal<String>,
    /// The failure whose frames are shown.
    pub around: RwSignal<Option<(Spot, Vec<crate::wire::checks::Nearby>, u64)>>,
    pub notice: RwSignal<Option<Notice>>,
    /// How long the checks of a suite took the last time, by the suite's name.
    pub known: RwSignal<BTreeMap<String, BTreeMap<String, f64>>>,
    /// The place in the document to show, and how often that was asked.
    pub place: RwSignal<Option<(u32, u32)>>,
    /// What to look at before a recorded suite is used, and which suite that is.
    pub remarks: RwSignal<(String, Vec<String>)>,
    /// The document stands in the editor as it is kept.
    pub is_kept: RwSignal<bool>,
    /// The address of the server to check, as it is typed.
    pub server: RwSignal<String>,
    /// What stands in the form for a load.
    pub load: RwSignal<LoadForm>,
    /// The check whose steps a person wants to see.
    pub wanted: RwSignal<Option<usize>>,
}

impl Store {
    /// Shows a line of the document in the editor.
    pub fn show_line(self, line: u32) {
        self.place.set(Some((line, 1)));
        self.tab.set(Tab::Edit);
    }

    /// Shows a line of another document of the library.
    pub fn show_line_of(self, id: String, line: u32) {
        page::go_to(&format!("#/checks/{id}"));
        self.selected.set(id);
        self.show_line(line);
    }

    pub fn new() -> Self {
        Self {
            clock_step: RwSignal::new(Duration::from_millis(1)),
            is_restored: RwSignal::new(false),
            broken: RwSignal::new(None),
            library: RwSignal::default(),
            search: RwSignal::default(),
            tag: RwSignal::default(),
            ticked: RwSignal::default(),
            selected: RwSignal::default(),
            text: RwSignal::default(),
            text_of: RwSignal::default(),
            unkept: RwSignal::default(),
            is_loaded: RwSignal::new(false),
            examined: RwSignal::default(),
            planned: RwSignal::default(),
            keeps_nothing: RwSignal::default(),
            tab: RwSignal::default(),
            forms: RwSignal::default(),
            secret_values: RwSignal::default(),
            given: RwSignal::default(),
            tags: RwSignal::default(),
            seed: RwSignal::default(),
            times: RwSignal::new("1".to_owned()),
            order: RwSignal::default(),
            runs: RwSignal::default(),
            shown: RwSignal::default(),
            faults: RwSignal::default(),
            past: RwSignal::default(),
            compared: RwSignal::default(),
            around: RwSignal::default(),
            notice: RwSignal::default(),
            known: RwSignal::default(),
            place: RwSignal::default(),
            remarks: RwSignal::default(),
            is_kept: RwSignal::new(true),
            server: RwSignal::default(),
            load: RwSignal::default(),
            wanted: RwSignal::default(),
        }
    }

    /// What was kept is here.
    pub fn restore(&self, restored: Restored) {
        self.library.set(restored.library);
        let mut forms = restored.forms;
        if forms.environments.is_empty() {
            forms.environments.push(standard("default"));
        }
        forms.environment = forms.environment.min(forms.environments.len() - 1);
        // A recording may have brought some before.
        let kept = std::mem::take(&mut forms.secrets);
        self.secret_values.update(|values| {
            for (suite, kept) in kept {
                values.entry(suite).or_insert(kept);
            }
        });
        self.forms.set(forms);
        self.past.set(restored.past);
        self.keeps_nothing.set(restored.trouble.is_some());
        if let Some(trouble) = restored.trouble {
            self.complain(format!("This browser keeps nothing for the next visit: {trouble}"));
        }
        if !restored.unread.is_empty() {
            let words = restored.unread.iter().map(|unread| unread.words("Part of what this browser kept"));
            self.complain(words.collect::<Vec<_>>().join(" "));
        }
        self.is_restored.set(true);
    }

    /// Something happened in a run.
    pub fn apply(&self, live: RunEvent) {
        match live {
            RunEvent::Begun { runs, .. } => {
                self.order.set(OrderSeen { runs, is_running: true, ..OrderSeen::default() });
            }
            RunEvent::Run { run, suite_id, round, .. } => {
                self.order.update(|order| {
                    order.begun += 1;
                    order.suites.insert(suite_id.clone());
                });
                let mut live = LiveRun::new(run, suite_id, round);
                self.faults.with_untracked(|words| live.course.fault(words));
                let live = RwSignal::new(live);
                self.runs.update(|runs| {
                    runs.push(live);
                    if runs.len() > MOST_RUNS {
                        // A run that passed is dropped first: it is missed least.
                        let passed =
                            |run: &RwSignal<LiveRun>| run.with_untracked(|run| run.stage() == PASSED);
                        runs.remove(runs.iter().position(passed).unwrap_or(0));
                    }
                });
                self.around.set(None);
                self.shown.set(Some(live));
            }
            RunEvent::Refused { suite_id, mistakes, reasons } => {
                self.order.update(|order| order.refused.push((suite_id, mistakes, reasons)));
            }
            RunEvent::Progress(progress) => self.current(|run| run.apply(progress)),
            RunEvent::Connections(connections) => {
                tell_sockets(&connections);
                self.current(|run| run.connections = connections);
            }
            RunEvent::Ended { past, report, .. } => {
                tell_sockets(&[]);
                self.order.update(|order| {
                    for check in &report.checks {
                        let (passed, all) = order.tally.entry(check.name.clone()).or_default();
                        *passed += u32::from(check.verdict == Verdict::Pass);
                        *all += 1;
                    }
                });
                self.known.update(|known| drop(known.insert(report.suite.clone(), durations(&report))));
                self.current(|run| run.end(*report));
                if let Some(past) = past {
                    self.past.update(|list| {
                        list.insert(0, past);
                        list.truncate(50);
                    });
                }
            }
            RunEvent::Over => self.order.update(|order| order.is_running = false),
            RunEvent::Trouble(words) => self.complain(words),
        }
    }

    /// What goes wrong in the fault proxy from now on, in words; empty for nothing.
    pub fn hear_of_faults(&self, words: String) {
        if self.order.with_untracked(|order| order.is_running) {
            self.current(|run| run.course.fault(&words));
        }
        self.faults.set(words);
    }

    fn current(&self, change: impl FnOnce(&mut LiveRun)) {
        if let Some(run) = self.runs.with_untracked(|runs| runs.last().copied()) {
            run.update(change);
        }
    }

    /// The card of the selected suite.
    pub fn card(&self) -> Option<Card> {
        let selected = self.selected.get();
        self.library.with(|library| library.iter().find(|card| card.id == selected).cloned())
    }

    /// The run that is shown, when it is one of the selected suite.
    pub fn shown_here(&self) -> Option<RwSignal<LiveRun>> {
        let selected = self.selected.get();
        self.shown.get().filter(|run| run.with(|run| run.suite_id == selected))
    }

    /// Whether the selected suite is one that gives a certificate.
    pub fn is_certifiable(&self) -> bool {
        let is_such = |it: &Examined| it.checks.iter().any(|it| Kind::of(&it.name, &it.tags).is_some());
        self.selected.with(|id| id == CONFORMANCE)
            || (self.is_loaded.get() && self.examined.with(is_such))
            || self.shown_here().is_some_and(|run| run.with(is_certifiable))
    }

    /// The part that is shown.
    pub fn part(&self) -> Tab {
        match self.tab.get() {
            Tab::Certificate if !self.is_certifiable() => Tab::Checks,
            tab => tab,
        }
    }

    pub fn is_running(&self) -> bool {
        self.order.with(|order| order.is_running)
    }

    pub fn say(&self, words: impl Into<String>) {
        self.notice.set(Some(Notice { words: words.into(), is_bad: false, undo: None }));
    }

    pub fn complain(&self, words: impl Into<String>) {
        self.notice.set(Some(Notice { words: words.into(), is_bad: true, undo: None }));
    }
}
