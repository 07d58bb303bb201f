//! Everything the page knows, as plain data in signals.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use super::super::later;
use super::front::{Dialog, FirstRecording, Toast};
use super::outside::Outside;
use super::sessions::Sessions;
use crate::engine::bench::draft::{Draft, DraftError, Form};
use crate::engine::bench::filter::FilterSpec;
use crate::engine::bench::placeholders::MessageScope;
use crate::engine::explain::Faults;
use crate::model::saved_filters;
use crate::wire::bench::{
    Address, Column, ConnectionId, ConnectionState, Detail, DraftSeen, Highlight, Inspect, JournalSetup,
    Layout, ListState, Phase, Pin, Plot, Pulse, Ready, Repeat, RepeatSeen, Rows, Rule, RuleSeen, SavedFilter,
    SavedMessage, Setup, Totals, TypeMembers, Variable, Workspace,
};

/// What new connections are called, in this order, as in every text on protocols.
const NAMES: [&str; 12] =
    ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "olivia"];
/// Addresses and messages that are remembered, beside favourites.
const MOST_REMEMBERED: usize = 50;
/// Colours in the style sheet.
pub(crate) const COLORS: u8 = 8;

/// A connection as the page keeps it: how it is set up, and what the worker says of it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Connection {
    pub id: ConnectionId,
    pub setup: RwSignal<Setup>,
    pub state: RwSignal<Option<ConnectionState>>,
}

impl Connection {
    /// Where it is in its life; closed before its first handshake.
    pub fn phase(self) -> Phase {
        self.state.with(|state| state.as_ref().map(|s| s.phase)).unwrap_or_default()
    }

    /// What people call it.
    pub fn name(self) -> String {
        self.setup.with(|setup| setup.name.clone())
    }
}

/// The page's knowledge. A copy is the same store.
#[derive(Clone, Copy)]
pub(crate) struct Store {
    /// The highest number of a connection of the bench: a number is of one connection, also when that one is gone.
    highest: StoredValue<u32>,
    /// Owns the signals of connections: those that a button makes would end with the button.
    owner: StoredValue<Owner>,
    pub ready: RwSignal<Option<Ready>>,
    /// What was kept has been read, so the set-up may be shown and kept.
    pub is_restored: RwSignal<bool>,
    pub connections: RwSignal<Vec<Connection>>,
    pub selected: RwSignal<ConnectionId>,
    pub names: RwSignal<BTreeMap<ConnectionId, (String, u8)>>,
    pub draft: RwSignal<Draft>,
    pub draft_seen: RwSignal<DraftSeen>,
    /// What keeps the draft from being sent, judged here: the worker's word may be about an older text.
    pub mistake: Memo<Option<DraftError>>,
    /// A draft that was not sent, and why.
    pub refused: RwSignal<Option<(Draft, String)>>,
    /// Whether keys of one letter do something.
    pub one_letter_keys: RwSignal<bool>,
    /// Where messages go: to the selected connection when empty.
    pub targets: RwSignal<Vec<ConnectionId>>,
    pub repeat: RwSignal<Repeat>,
    pub repeat_seen: RwSignal<RepeatSeen>,
    pub messages: RwSignal<Vec<SavedMessage>>,
    pub variables: RwSignal<Vec<Variable>>,
    pub rules: RwSignal<Vec<Rule>>,
    pub rules_seen: RwSignal<Vec<RuleSeen>>,
    pub addresses: RwSignal<Vec<Address>>,
    pub sent: RwSignal<Vec<Draft>>,
    pub layout: RwSignal<Layout>,
    pub budget: RwSignal<u64>,
    /// Frames are not kept.
    pub journal_off: RwSignal<bool>,
    /// Bytes of all kept sessions.
    pub journal_budget: RwSignal<u64>,
    /// The timeline shows an earlier session, and not this one.
    pub is_reading: RwSignal<bool>,
    /// Kept sessions; none before what knows them is downloaded.
    pub sessions: RwSignal<Option<Sessions>>,
    /// The folder on the disk and recordings that are followed; none before what knows them is downloaded.
    pub outside: RwSignal<Option<Outside>>,
    pub totals: RwSignal<Totals>,
    pub list: RwSignal<ListState>,
    pub rows: RwSignal<Rows>,
    /// Where the type of a message is found.
    pub type_members: RwSignal<TypeMembers>,
    /// The member that a person takes for the type; empty to find it.
    pub type_member: RwSignal<String>,
    /// The members that have a column.
    pub columns: RwSignal<Vec<Column>>,
    /// Saved filters.
    pub filters: RwSignal<Vec<SavedFilter>>,
    /// Which rows stand out.
    pub highlights: RwSignal<Vec<Highlight>>,
    pub filter: RwSignal<FilterSpec>,
    /// Frames that do not pass are hidden, and not only left unmarked.
    pub filter_hides: RwSignal<bool>,
    /// The frame that is selected in the timeline.
    pub chosen: RwSignal<Option<u64>>,
    pub inspect: RwSignal<Option<Inspect>>,
    pub detail: RwSignal<Option<Detail>>,
    pub pins: RwSignal<Vec<Pin>>,
    pub plot: RwSignal<Option<Plot>>,
    pub plot_all: RwSignal<bool>,
    pub dialog: RwSignal<Option<Dialog>>,
    pub toast: RwSignal<Option<Toast>>,
    /// Messages there were when frames were last exported.
    pub exported: RwSignal<u64>,
    /// A recording that another one of the same conversation is compared with.
    pub first_recording: RwSignal<Option<FirstRecording>>,
    /// The frame that the timeline shows next, and whether it opens too.
    pub go_to: RwSignal<Option<(u64, bool)>>,
    pub pulse: RwSignal<Pulse>,
    /// What is on in the fault proxy, as the view of faults said last; none before it has.
    pub toxics: RwSignal<Option<Faults>>,
    /// The worker has ended; what is drawn is history.
    pub broken: RwSignal<bool>,
}

impl Store {
    /// A page that knows nothing yet.
    pub fn new() -> Self {
        let (draft, variables) = (RwSignal::<Draft>::default(), RwSignal::<Vec<Variable>>::default());
        Self {
            highest: StoredValue::default(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            ready: RwSignal::default(),
            is_restored: RwSignal::default(),
            connections: RwSignal::default(),
            selected: RwSignal::default(),
            names: RwSignal::default(),
            draft,
            // Until it can be judged here, the worker judges it when it is sent.
            mistake: Memo::new(move |_| {
                let later = later::here()?;
                draft.with(|draft| variables.with(|all| (later.mistake)(draft, all)))
            }),
            refused: RwSignal::default(),
            one_letter_keys: RwSignal::new(super::super::shell::keys::are_kept_on()),
            draft_seen: RwSignal::default(),
            targets: RwSignal::default(),
            repeat: RwSignal::default(),
            repeat_seen: RwSignal::default(),
            messages: RwSignal::default(),
            variables,
            rules: RwSignal::default(),
            rules_seen: RwSignal::default(),
            addresses: RwSignal::default(),
            sent: RwSignal::default(),
            layout: RwSignal::default(),
            budget: RwSignal::new(Workspace::BUDGET),
            journal_off: RwSignal::default(),
            journal_budget: RwSignal::new(JournalSetup::BUDGET),
            is_reading: RwSignal::default(),
            sessions: RwSignal::default(),
            outside: RwSignal::default(),
            totals: RwSignal::default(),
            list: RwSignal::default(),
            rows: RwSignal::default(),
            type_members: RwSignal::default(),
            type_member: RwSignal::default(),
            columns: RwSignal::default(),
            filters: RwSignal::default(),
            highlights: RwSignal::default(),
            filter: RwSignal::default(),
            filter_hides: RwSignal::new(true),
            chosen: RwSignal::default(),
            inspect: RwSignal::default(),
            detail: RwSignal::default(),
            pins: RwSignal::default(),
            plot: RwSignal::default(),
            plot_all: RwSignal::default(),
            dialog: RwSignal::default(),
            toast: RwSignal::default(),
            exported: RwSignal::default(),
            first_recording: RwSignal::default(),
            go_to: RwSignal::default(),
            pulse: RwSignal::default(),
            toxics: RwSignal::default(),
            broken: RwSignal::default(),
        }
    }

    /// Takes what was kept; on a first visit there is one connection, not opened, to `own`.
    pub fn restore(&self, kept: Option<Workspace>, own: String) {
        match kept {
            Some(kept) => self.set_up(kept),
            None => self.draft.set(Draft { text: "hello".to_owned(), ..Draft::default() }),
        }
        if self.connections.with_untracked(Vec::is_empty) {
            self.add(own);
        }
        self.is_restored.set(true);
    }

    /// Puts another set-up in place of this one.
    pub fn set_up(&self, kept: Workspace) {
        let mut kept = kept;
        // Bytes of a file do not survive a reload.
        if kept.draft.form == Form::File {
            kept.draft = Draft::default();
        }
        self.connections.set(kept.connections.into_iter().map(|setup| self.connection(setup)).collect());
        let is_known = self.connections.with_untracked(|all| all.iter().any(|c| c.id == kept.selected));
        let first = self.connections.with_untracked(|all| all.first().map(|c| c.id)).unwrap_or_default();
        self.selected.set(if is_known { kept.selected } else { first });
        self.targets.set(Vec::new());
        self.messages.set(kept.messages);
        self.variables.set(kept.variables);
        self.rules.set(kept.rules);
        if !kept.addresses.is_empty() {
            self.addresses.set(kept.addresses);
        }
        self.sent.set(kept.sent);
        self.draft.set(kept.draft);
        self.repeat.set(kept.repeat);
        self.budget.set(kept.budget);
        self.journal_off.set(kept.journal.is_off);
        self.journal_budget.set(kept.journal.budget);
        // The frames of a check are not kept.
        if kept.layout.lanes_of_check {
            (kept.layout.lanes, kept.layout.lanes_of_check) = (false, false);
        }
        self.layout.set(kept.layout);
        self.type_member.set(kept.type_member);
        self.columns.set(kept.columns);
        saved_filters::tell_apart(&mut kept.filters);
        self.filters.set(kept.filters);
        self.highlights.set(kept.highlights);
    }

    /// The set-up as the worker should act by it and keep it.
    pub fn workspace(&self) -> Workspace {
        Workspace {
            connections: self.connections.with(|all| all.iter().map(|c| c.setup.get()).collect()),
            selected: self.selected.get(),
            messages: self.messages.get(),
            variables: self.variables.get(),
            former: Vec::new(),
            rules: self.rules.get(),
            addresses: self.addresses.get(),
            sent: self.sent.get(),
            draft: Draft::default(),
            repeat: self.repeat.get(),
            budget: self.budget.get(),
            layout: self.layout.get(),
            type_member: self.type_member.get(),
            columns: self.columns.get(),
            filters: self.filters.get(),
            highlights: self.highlights.get(),
            journal: JournalSetup { is_off: self.journal_off.get(), budget: self.journal_budget.get() },
        }
    }

    /// Makes something that lives as long as the page, whatever button asks for it.
    pub fn make<T>(&self, make: impl FnOnce() -> T) -> T {
        self.owner.get_value().with(make)
    }

    /// A connection that is set up like this, not on the list.
    pub fn connection(&self, setup: Setup) -> Connection {
        let id = setup.id;
        self.highest.update_value(|highest| *highest = id.0.max(*highest));
        self.names.update(|names| drop(names.insert(id, (setup.name.clone(), setup.color))));
        self.make(|| Connection { id, setup: RwSignal::new(setup), state: RwSignal::default() })
    }

    /// Adds a connection and selects it.
    pub fn add(&self, url: String) -> Connection {
        self.add_like(Setup { url, ..Setup::default() })
    }

    /// Adds a connection that is set up like another one, with a name and a number of its own, and selects it.
    pub fn add_like(&self, setup: Setup) -> Connection {
        let all = self.connections.get_untracked();
        let id = ConnectionId(self.highest() + 1);
        let taken: Vec<String> = all.iter().map(|c| c.setup.with_untracked(|s| s.name.clone())).collect();
        let connection = self.connection(Setup {
            id,
            name: free_name(&taken),
            color: ((id.0 - 1) % u32::from(COLORS)) as u8,
            ..setup
        });
        self.connections.update(|all| all.push(connection));
        self.selected.set(connection.id);
        connection
    }

    /// The highest number that a connection of the bench has or had.
    pub fn highest(&self) -> u32 {
        self.highest.get_value()
    }

    /// An unused name, as near to this one as can be.
    pub fn free_name_like(&self, name: &str) -> String {
        let all = self.connections.get_untracked();
        let is_free = |name: &String| all.iter().all(|c| c.setup.with_untracked(|s| s.name != *name));
        let numbered = (2..).map(|n| format!("{name}{n}"));
        std::iter::once(name.to_owned()).chain(numbered).find(is_free).expect("names never end")
    }

    /// Takes a connection off the list; its name stays for the frames that it left. The last one stays.
    pub fn remove(&self, id: ConnectionId) {
        self.connections.update(|all| {
            if all.len() > 1 {
                all.retain(|c| c.id != id);
            }
        });
        self.targets.update(|targets| targets.retain(|target| *target != id));
        let first = self.connections.with_untracked(|all| {
            (!all.iter().any(|c| c.id == self.selected.get_untracked()))
                .then(|| all.first().map(|c| c.id))
                .flatten()
        });
        if let Some(first) = first {
            self.selected.set(first);
        }
    }

    /// Puts a connection that was removed back to its place, not opened. It has a new number: the old one is of its frames.
    pub fn put_back(&self, at: usize, setup: Setup) {
        let (name, color) = (setup.name.clone(), setup.color);
        let connection = self.add_like(setup);
        self.rename(connection, name);
        self.recolor(connection, color);
        self.connections.update(|all| {
            if let Some(last) = all.pop() {
                all.insert(at.min(all.len()), last);
            }
        });
    }

    /// Gives a connection another name.
    pub fn rename(&self, connection: Connection, name: String) {
        self.names.update(|names| {
            if let Some((known, _)) = names.get_mut(&connection.id) {
                known.clone_from(&name);
            }
        });
        connection.setup.update(|setup| setup.name = name);
    }

    /// Gives a connection another colour.
    pub fn recolor(&self, connection: Connection, color: u8) {
        self.names.update(|names| {
            if let Some((_, known)) = names.get_mut(&connection.id) {
                *known = color;
            }
        });
        connection.setup.update(|setup| setup.color = color);
    }

    /// The selected connection.
    pub fn current(&self) -> Option<Connection> {
        let id = self.selected.get();
        self.connections.with(|all| all.iter().copied().find(|c| c.id == id))
    }

    /// Where a message goes.
    pub fn send_to(&self) -> Vec<ConnectionId> {
        let targets = self.targets.get();
        if targets.is_empty() { vec![self.selected.get()] } else { targets }
    }

    /// Whether all connections that a message goes to are open.
    pub fn can_send(&self) -> bool {
        let to = self.send_to();
        // What is shown is over, or has nothing to do with the present connections.
        !self.is_reading.get()
            && self
                .connections
                .with(|all| to.iter().all(|id| all.iter().any(|c| c.id == *id && c.phase() == Phase::Open)))
    }

    /// Remembers an address.
    pub fn remember_address(&self, url: String, protocols: String) {
        self.addresses.update(|all| {
            let known = all.iter().position(|it| it.url == url && it.protocols == protocols);
            let known = known.map(|at| all.remove(at));
            all.insert(0, known.unwrap_or(Address { url, protocols, is_favourite: false }));
            let mut others = 0;
            all.retain(|it| {
                others += usize::from(!it.is_favourite);
                it.is_favourite || others <= MOST_REMEMBERED
            });
        });
    }

    /// Remembers a message that was sent.
    pub fn remember_message(&self, draft: &Draft) {
        if draft.form == Form::File || draft.text.len() > 64 << 10 {
            return;
        }
        self.sent.update(|all| {
            all.retain(|known| known != draft);
            all.insert(0, draft.clone());
            all.truncate(MOST_REMEMBERED);
        });
    }

    /// The step of the worker's clock; a millisecond until it is known, so that no digit is made up.
    pub fn clock_step(&self) -> Duration {
        self.ready.with(|ready| ready.as_ref().map_or(Duration::from_millis(1), |r| r.clock_step))
    }
}

/// What keeps a message from being built. It depends on the text and the variables, and not on the moment.
pub(crate) fn mistake(draft: &Draft, variables: &[Variable]) -> Option<DraftError> {
    if draft.form == Form::File {
        let message = || "no file is attached; choose one".to_owned();
        return draft.is_empty().then(|| DraftError { at: None, message: message() });
    }
    let names = Variable::names(variables);
    draft.build(None, &mut MessageScope::trial(&names, "client")).err()
}

/// The first name that no connection has.
fn free_name(taken: &[String]) -> String {
    let mut round = 1;
    loop {
        for name in NAMES {
            let name = if round == 1 { name.to_owned() } else { format!("{name}{round}") };
            if !taken.contains(&name) {
                return name;
            }
        }
        round += 1;
    }
}
