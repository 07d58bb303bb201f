//! The way through one check: setup, steps, teardown, in the order in which they run.

mod complaints;

use std::collections::HashSet;
use std::rc::Rc;

use super::known::Known;
use super::{Clients, MOST_NEAR, complaint, several};
use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::suite::model::Target;
use crate::suite::notes::{CheckNotes, Inner, Named, StandingUses, StepNotes, SuiteNotes, Use, UseForm};
use crate::suite::origin::used_in;
use crate::suite::problem::Problems;
use crate::template::{Name, TemplateErrorKind};

/// How many steps, and clients in them, are looked at for all checks together. Setup and teardown are walked for each check, so a hostile suite
/// could ask for the square of its size; what is beyond is found when the suite runs.
pub(super) const MOST_VISITS: usize = 2_000_000;

/// The clients that act in a step.
#[derive(Clone, Debug)]
enum Actors<'n> {
    NoClient,
    /// In the order of names.
    These(Rc<[&'n str]>),
    /// A placeholder says who.
    SomeClient,
}

/// What is around a step.
#[derive(Clone)]
struct Around<'n> {
    acting: Actors<'n>,
    is_repeated: bool,
}

pub(super) struct Walk<'n, 'p> {
    clients: Clients<'n>,
    /// The only client, when it is not a group: it acts where a step names none.
    only: Option<&'n str>,
    everybody: Rc<[&'n str]>,
    variables: &'p HashSet<&'n str>,
    known: Known<'n>,
    /// What is known at the end, to tell what comes too late from what never comes.
    at_last: Known<'n>,
    opened: HashSet<&'n str>,
    /// Those of the definition whose steps are looked at.
    parameters: &'n [String],
    notes: &'n CheckNotes,
    problems: &'p mut Problems,
    visits: usize,
}

impl<'n, 'p> Walk<'n, 'p> {
    pub(super) fn new(
        notes: &'n CheckNotes,
        variables: &'p HashSet<&'n str>,
        problems: &'p mut Problems,
        visits: usize,
    ) -> Self {
        let clients: Clients<'n> =
            notes.clients.iter().map(|client| (client.name.as_str(), client.count)).collect();
        let only = match notes.clients.as_slice() {
            [one] if one.count.is_none() => Some(one.name.as_str()),
            _ => None,
        };
        let mut everybody: Vec<&str> = clients.keys().copied().collect();
        everybody.sort_unstable();
        let (known, at_last, opened) = Default::default();
        Self {
            clients,
            only,
            everybody: everybody.into(),
            variables,
            known,
            at_last,
            opened,
            parameters: &[],
            notes,
            problems,
            visits,
        }
    }

    pub(super) fn visits_left(&self) -> usize {
        self.visits
    }

    pub(super) fn check(&mut self, suite: &'n SuiteNotes, check: &'n CheckNotes) {
        let around = Around { acting: Actors::NoClient, is_repeated: false };
        let parts = [&suite.setup, &check.steps, &suite.teardown];
        self.know_rows();
        for steps in parts {
            self.foresee(steps, &around);
        }
        self.at_last = std::mem::take(&mut self.known);
        self.know_rows();
        for steps in parts {
            self.steps(steps, &around);
        }
        self.standing(&suite.standing, &Actors::SomeClient);
        self.standing(&check.standing, &Actors::SomeClient);
        for client in &check.clients {
            self.standing(&client.standing, &Actors::These([client.name.as_str()].into()));
        }
    }

    /// Answers and heartbeats run beside all steps, so whatever any of these has defined in the end may be there.
    fn standing(&mut self, uses: &StandingUses, acting: &Actors<'n>) {
        for (uses, has_seq) in [(&uses.opening, false), (&uses.sending, true)] {
            uses.iter().for_each(|used| self.check_use(used, acting, false, has_seq));
        }
    }

    /// What members know from their rows, they know from the start.
    fn know_rows(&mut self) {
        let notes = self.notes;
        for client in &notes.clients {
            client.columns.iter().for_each(|name| self.known.capture(&client.name, name));
        }
    }

    fn steps(&mut self, steps: &'n [StepNotes], around: &Around<'n>) {
        for step in steps {
            let Some(left) = self.visits.checked_sub(1) else { return };
            self.visits = left;
            self.step(step, around);
        }
    }

    fn step(&mut self, step: &'n StepNotes, around: &Around<'n>) {
        for named in step.on.iter().flatten() {
            if let Some(message) = named.target.as_ref().and_then(|target| complaint(target, &self.clients)) {
                self.problems.add(named.at, message);
            }
        }
        let is_name = |named: &Named| !matches!(named.target, Some(Target::All | Target::Member(..)));
        if let Some((at, _)) = &step.count
            && !step.on.iter().flatten().all(is_name)
        {
            self.problems.add(*at, "\"count\" goes with the name of a group, such as \"connect\": \"crowd\"");
        }
        let acting = self.acting(step, around);
        if step.needs_client && matches!(acting, Actors::NoClient) {
            self.no_client_acts(step);
        }
        if step.needs_group {
            self.check_group(step);
        }
        self.known.marks.extend(step.mark.as_deref());
        if let Some((at, mark)) = &step.since {
            self.check_mark(*at, mark);
        }
        for (at, name) in &step.keeps {
            if !self.variables.contains(name.as_str()) {
                self.never_kept(*at, name);
            }
        }
        for used in &step.naming {
            self.check_use(used, &around.acting, around.is_repeated, false);
        }
        if !step.deciding.is_empty() {
            let decider = self.decider(step, around);
            for used in &step.deciding {
                self.check_use(used, &decider, around.is_repeated, false);
            }
        }
        for used in &step.uses {
            self.check_use(used, &acting, around.is_repeated, step.has_seq);
        }
        if step.opens {
            self.check_opening(step, &acting);
        }
        let acts = match step.needs_group && step.on.is_none() {
            // That no group is named is reported already.
            true => Actors::SomeClient,
            false => self.inherited(step, around),
        };
        let within = Around { acting: acts, is_repeated: around.is_repeated };
        if !matches!(step.inner, Inner::None) {
            // What a block sets itself, its steps can see.
            self.known.sets.extend(step.sets.iter().map(String::as_str));
        }
        match &step.inner {
            Inner::None => {}
            Inner::Once(steps) => self.steps(steps, &within),
            Inner::Used(steps, parameters, origin) => {
                let around = std::mem::replace(&mut self.parameters, parameters);
                let used = self.problems.within(used_in(&origin.used));
                self.steps(steps, &within);
                self.problems.within(used);
                self.parameters = around;
            }
            Inner::Rounds(steps) => {
                let within = Around { is_repeated: true, ..within };
                self.foresee(steps, &within);
                self.steps(steps, &within);
            }
            Inner::Branches(branches) => {
                branches.iter().for_each(|steps| self.foresee(steps, &within));
                branches.iter().for_each(|steps| self.steps(steps, &within));
            }
        }
        for used in &step.after {
            let acting = self.or_only(&self.inherited(step, around));
            self.check_use(used, &acting, true, false);
        }
        self.define(step, &acting);
    }

    /// Whose captures decide whether a step runs: those of who acts around it, or else of the only one that it names.
    fn decider(&self, step: &'n StepNotes, around: &Around<'n>) -> Actors<'n> {
        let single = match step.on.as_deref() {
            Some([Named { target: None, .. }]) => Some(Actors::SomeClient),
            Some([Named { target: Some(Target::Member(..)), .. }]) => Some(self.inherited(step, around)),
            Some([Named { target: Some(Target::Client(name)), .. }]) => {
                let is_single = self.clients.get(name.as_str()).is_none_or(Option::is_none);
                is_single.then(|| self.inherited(step, around))
            }
            _ => None,
        };
        match (&around.acting, single) {
            (Actors::NoClient, Some(single)) => single,
            (acting, _) => self.or_only(acting),
        }
    }

    /// Those who act, or the only client.
    fn or_only(&self, acting: &Actors<'n>) -> Actors<'n> {
        match (acting, self.only) {
            (Actors::NoClient, Some(only)) => Actors::These([only].into()),
            (acting, _) => acting.clone(),
        }
    }

    /// What these steps will have defined when they are through.
    fn foresee(&mut self, steps: &'n [StepNotes], around: &Around<'n>) {
        for step in steps {
            let Some(left) = self.visits.checked_sub(1) else { return };
            self.visits = left;
            self.known.marks.extend(step.mark.as_deref());
            let acting = self.acting(step, around);
            self.define(step, &acting);
            let within = Around { acting: self.inherited(step, around), is_repeated: around.is_repeated };
            step.inner.lists().for_each(|steps| self.foresee(steps, &within));
        }
    }

    fn define(&mut self, step: &'n StepNotes, acting: &Actors<'n>) {
        self.known.sets.extend(step.sets.iter().map(String::as_str));
        let owners = match acting {
            Actors::NoClient => {
                self.known.sets.extend(step.captures.iter().map(String::as_str));
                return;
            }
            Actors::These(clients) => clients,
            Actors::SomeClient => &self.everybody,
        };
        let cost = owners.len().saturating_mul(step.captures.len());
        self.visits = self.visits.saturating_sub(cost);
        for name in &step.captures {
            for client in owners.iter() {
                self.known.capture(client, name);
            }
        }
    }

    /// The clients that a step names, or those of the step around it.
    fn inherited(&self, step: &'n StepNotes, around: &Around<'n>) -> Actors<'n> {
        let Some(on) = &step.on else { return around.acting.clone() };
        let mut clients = Vec::new();
        for Named { target, .. } in on {
            match target {
                None => return Actors::SomeClient,
                Some(Target::All) if self.everybody.is_empty() => return Actors::SomeClient,
                Some(Target::All) => return Actors::These(self.everybody.clone()),
                Some(Target::Client(name) | Target::Member(name, _)) => {
                    clients.extend(self.clients.get_key_value(name.as_str()).map(|(name, _)| *name));
                }
            }
        }
        clients.sort_unstable();
        clients.dedup();
        // Those who are unknown are reported; what they would have done is not.
        if clients.is_empty() { Actors::SomeClient } else { Actors::These(clients.into()) }
    }

    fn acting(&self, step: &'n StepNotes, around: &Around<'n>) -> Actors<'n> {
        match (self.inherited(step, around), self.only) {
            (Actors::NoClient, Some(only)) if step.falls_to_only => Actors::These([only].into()),
            (acting, _) => acting,
        }
    }

    fn names(&self) -> Vec<&'n str> {
        self.notes.clients.iter().map(|client| client.name.as_str()).collect()
    }

    /// The addresses of those who are opened, each once, and how many of a group.
    fn check_opening(&mut self, step: &'n StepNotes, acting: &Actors<'n>) {
        let notes = self.notes;
        for client in &notes.clients {
            let name = client.name.as_str();
            let is_meant = match acting {
                // They are sorted.
                Actors::These(clients) => clients.binary_search(&name).is_ok(),
                Actors::SomeClient => true,
                Actors::NoClient => false,
            };
            if !is_meant {
                continue;
            }
            if let (Some((at, wanted)), Actors::These(_)) = (&step.count, acting) {
                match (client.count, wanted) {
                    (None, _) => {
                        let message = format!("{name} is a single client, not a group; leave \"count\" out");
                        self.problems.add(*at, message);
                    }
                    (Some(Some(count)), Some(wanted)) if *wanted > count => {
                        self.problems
                            .add(*at, format!("{name} has {count} members, so {wanted} cannot be opened"));
                    }
                    _ => {}
                }
            }
            if !self.opened.insert(name) {
                continue;
            }
            // An address may hold what was captured long before a reconnect, so the order is not looked at.
            let known = std::mem::replace(&mut self.known, self.at_last.clone());
            let parameters = std::mem::take(&mut self.parameters);
            for used in &client.uses {
                self.check_use(used, &Actors::These([name].into()), true, false);
            }
            (self.known, self.parameters) = (known, parameters);
        }
    }

    fn check_use(&mut self, used: &Use, acting: &Actors<'n>, is_repeated: bool, has_seq: bool) {
        if let Actors::These(clients) = acting {
            self.visits = self.visits.saturating_sub(clients.len() / 8);
        }
        if self.problems.is_full() || self.visits == 0 {
            return;
        }
        let message = match &used.name {
            Name::Env(_) => None,
            Name::Variable(name) => self.check_variable(name, used.form, acting),
            Name::Capture { client, name } => self.check_capture(client, name, used.form),
            Name::Client if !matches!(acting, Actors::NoClient) => None,
            Name::Seq if has_seq && !matches!(acting, Actors::NoClient) => None,
            Name::Client => {
                Some("{{client}} has no value here, because no client acts; add \"on\"".to_owned())
            }
            Name::Seq if has_seq => {
                Some("{{seq}} has no value here, because no client acts; add \"on\"".to_owned())
            }
            Name::Seq => Some("{{seq}} has no value here, because no message is made".to_owned()),
            Name::Index => match acting {
                Actors::SomeClient => None,
                Actors::NoClient => {
                    Some("{{index}} has no value here, because no client acts; add \"on\"".to_owned())
                }
                Actors::These(clients) => {
                    let single =
                        clients.iter().find(|name| self.clients.get(*name).is_some_and(Option::is_none));
                    single.map(|name| {
                        format!("{{{{index}}}} has no value here, because {name} is not a member of a group")
                    })
                }
            },
            Name::Iteration if is_repeated => None,
            Name::Iteration => Some("{{i}} has no value here, because no repeat is around it".to_owned()),
        };
        if let Some(message) = message {
            self.problems.add(used.at, message);
        }
    }

    /// Whether a client has captured it by now, or will have where that is what is asked.
    fn has_captured(&self, client: &str, name: &str, form: UseForm) -> bool {
        self.known.has_captured(client, name)
            || form == UseForm::Asked && self.at_last.has_captured(client, name)
    }

    fn check_variable(&self, name: &str, form: UseForm, acting: &Actors<'n>) -> Option<String> {
        let is_parameter = self.parameters.iter().any(|parameter| parameter == name);
        let is_asked = form == UseForm::Asked;
        let is_set = self.known.sets.contains(name) || is_asked && self.at_last.sets.contains(name);
        if self.notes.has_unread_rows || is_parameter || self.variables.contains(name) || is_set {
            return None;
        }
        let has_captured = |client: &&&str| self.has_captured(client, name, form);
        let is_captured = || self.known.is_captured(name) || is_asked && self.at_last.is_captured(name);
        let without = match acting {
            Actors::SomeClient if is_captured() => return None,
            Actors::These(clients) => match clients.iter().find(|client| !has_captured(client)) {
                None => return None,
                Some(without) => format!("{without} has not captured {name}"),
            },
            _ => "no client acts here".to_owned(),
        };
        let owners = if is_asked { self.at_last.owners(name) } else { self.known.owners(name) };
        let shown = cut(name, 60);
        let write = |owner: &str| match self.clients.get(owner) {
            Some(Some(_)) => form.written(&format!("{owner}[0].{shown}")),
            _ => form.written(&format!("{owner}.{shown}")),
        };
        if let [owner, ..] = owners.as_slice() {
            return Some(format!(
                "{without}; it is captured by {}; write {}",
                several(&owners),
                write(owner)
            ));
        }
        if self.at_last.sets.contains(name) {
            return Some(format!("{} has no value yet; it gets one further down", form.written(&shown)));
        }
        match self.at_last.owners(name).as_slice() {
            [] => {
                let known: Vec<&str> = self.variables.iter().copied().chain(self.at_last.names()).collect();
                let parameters = self.parameters.iter().map(String::as_str);
                let known = parameters.chain(known).take(MOST_NEAR);
                Some(TemplateErrorKind::unknown_variable(&shown, known).to_string())
            }
            owners => Some(format!(
                "{} has no value yet; {} captures it further down",
                form.written(&shown),
                several(owners)
            )),
        }
    }

    /// `{{bob.sid}}`.
    fn check_capture(&self, client: &str, name: &str, form: UseForm) -> Option<String> {
        let (base, member) = match client.split_once('[') {
            Some((base, member)) => (base, member.trim_end_matches(']').parse().ok()),
            None => (client, None),
        };
        let target = match member {
            Some(member) => Target::Member(base.to_owned(), member),
            None => Target::Client(base.to_owned()),
        };
        if let Some(message) = complaint(&target, &self.clients) {
            let of_answers = "{{message.…}} has a value in the \"send\" of an answer only";
            return Some(match nearest(base, ["message"]) {
                Some(_) if base == "message" => of_answers.to_owned(),
                Some(_) => {
                    format!("{message}; in an answer, {{{{message.{name}}}}} is of the message that came")
                }
                None => message,
            });
        }
        if self.notes.has_unread_rows {
            return None;
        }
        let shown = cut(name, 60);
        if member.is_none() && self.clients.get(base).is_some_and(Option::is_some) {
            let first = form.written(&format!("{base}[0].{shown}"));
            return Some(format!("{base} is a group; say whose {shown}, such as {first}"));
        }
        if self.has_captured(base, name, form) {
            return None;
        }
        if self.at_last.has_captured(base, name) {
            return Some(format!("{client} captures {shown} only further down"));
        }
        if self.variables.contains(name) || self.at_last.sets.contains(name) {
            return Some(format!(
                "{shown} is a variable and nothing that {client} captures; write {}",
                form.written(&shown)
            ));
        }
        let mut captures: Vec<&str> = self.at_last.captures_of(base).collect();
        captures.sort_unstable();
        Some(match nearest(name, captures) {
            Some(near) => format!("{client} never captures {shown:?}; did you mean {near:?}?"),
            None => match self.at_last.owners(name).first() {
                Some(owner) => format!("{client} never captures {shown:?}; {owner} does"),
                None => format!(
                    "{client} never captures {shown:?}; add \"capture\": {{{shown:?}: \"$.{shown}\"}} to a step of {base}"
                ),
            },
        })
    }
}
