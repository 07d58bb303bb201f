//! What a link may carry of a set-up, and what a link brings.
//!
//! Owns the list of parts with what makes each a suspect, and the set-up without what is left out. The values of secret variables are
//! replaced first, in every field, so nothing that comes after can bring them back. A link comes from a stranger: what it brings is
//! bounded before anything looks at it.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use super::storage;
use crate::engine::base::mask::Masker;
use crate::engine::base::words;
use crate::engine::bench::draft::Draft;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::bench::pairing::PairBy;
use crate::engine::bench::share::{self, ShareError};
use crate::engine::relay::Profile;
use crate::engine::secrets::{self, Known, Suspect, Why};
use crate::wire::bench::{ConnectionId, Listed, Offered, Part, Setup, Workspace};

/// A shorter value of a suspect stands in other places by accident.
const TELLING: usize = 8;
/// At most this many values of suspects are looked for in other places.
const MOST_VALUES: usize = 200;
/// A content is shown up to here.
const LONGEST_SHOWN: usize = 100;
/// At most this many places of one part are listed.
const MOST_TOLD: usize = 5;

/// The most of each kind that a link may bring: far more than a person sets up, and what the page draws at once.
const MOST_CONNECTIONS: usize = 255;
const MOST_ITEMS: usize = 1000;
/// At most this many omissions are listed.
const MOST_LEFT_OUT: usize = 100;
/// The memory limits that a link may set.
const BUDGETS: std::ops::RangeInclusive<u64> = 1 << 20..=1 << 30;
/// No time of a set-up is longer, or it would never pass.
const LONGEST_TIME: Duration = Duration::from_secs(24 * 3600);

/// A place that looks like a secret.
struct Suspicion {
    /// Where, within a sentence.
    place: String,
    /// A sentence without its full stop.
    words: String,
}

impl Suspicion {
    /// A sentence that names no place stands as it is.
    fn of_words(words: String) -> Self {
        let mut letters = words.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        Self { place: first.into_iter().chain(letters).collect(), words }
    }
}

/// A set-up that may be shared, once the parts have been chosen.
pub(super) struct Sharing {
    /// Without history and without any value of a secret variable.
    workspace: Workspace,
    /// What looks like a secret somewhere; it is one wherever it stands.
    values: Masker,
    /// The secret variables whose value stays here, by name.
    secrets: Vec<String>,
}

impl Sharing {
    pub fn of(workspace: &Workspace) -> Self {
        let mut workspace = storage::without_history(workspace);
        without_profiles(&mut workspace);
        let known = workspace.known_secrets(1);
        // Those that are gone come last.
        let own = workspace.variables.iter().filter(|it| it.is_secret && !it.value.trim().is_empty());
        let secrets = known.names().take(own.count()).collect();
        for variable in workspace.variables.iter_mut().filter(|it| it.is_secret) {
            variable.value.clear();
        }
        take_out(&known, &mut workspace);
        take_out_of_names(&known, &mut workspace);
        let mut sharing = Self { workspace, values: Masker::default(), secrets };
        sharing.values = sharing.telling_values();
        sharing
    }

    fn telling_values(&self) -> Masker {
        let mut values = Vec::new();
        for (part, _) in self.parts() {
            let found = self.texts(part).into_iter().flat_map(|(name, text)| suspects(&name, &text));
            values.extend(found.map(|it| it.value).filter(|value| value.len() >= TELLING));
            if values.len() > MOST_VALUES {
                break;
            }
        }
        values.truncate(MOST_VALUES);
        Masker::new(values)
    }

    /// The parts with what each is called, in the order of the page.
    fn parts(&self) -> Vec<(Part, String)> {
        let w = &self.workspace;
        let mut parts = Vec::new();
        for setup in &w.connections {
            parts.push((Part::Connection(setup.id), setup.name.clone()));
            parts.push((Part::Address(setup.id), format!("secrets in the address of {}", setup.name)));
        }
        for setup in &w.connections {
            let of = |(nth, _)| (Part::OnOpen(setup.id, nth as u32), setup.name.clone());
            parts.extend(setup.on_open.iter().enumerate().map(of));
        }
        let beats = w.connections.iter().filter(|setup| setup.heartbeat.is_some());
        parts.extend(beats.map(|setup| (Part::Heartbeat(setup.id), setup.name.clone())));
        let messages = w.messages.iter().enumerate();
        parts.extend(messages.map(|(nth, it)| (Part::Message(nth as u32), it.name.clone())));
        let rules = w.rules.iter().enumerate();
        parts.extend(rules.map(|(nth, it)| (Part::Rule(nth as u32), it.name.clone())));
        let variables = w.variables.iter().enumerate();
        parts.extend(variables.map(|(nth, it)| (Part::Variable(nth as u32), it.name.clone())));
        let filters = w.filters.iter().enumerate();
        parts.extend(filters.map(|(nth, it)| (Part::Filter(nth as u32), it.name.clone())));
        let highlights = w.highlights.iter().enumerate();
        parts.extend(highlights.map(|(nth, it)| (Part::Highlight(nth as u32), it.spec.words())));
        if !w.draft.is_empty() {
            parts.push((Part::Draft, "the composer".to_owned()));
        }
        parts.push((Part::Settings, "repeat, memory limit and layout".to_owned()));
        parts
    }

    fn setup(&self, id: ConnectionId) -> Option<&Setup> {
        self.workspace.connections.iter().find(|setup| setup.id == id)
    }

    /// The texts of a part, each with the name it stands under, if it has one.
    fn texts(&self, part: Part) -> Vec<(String, String)> {
        let w = &self.workspace;
        let draft = |draft: &Draft| vec![(String::new(), readable(draft))];
        let texts = match part {
            Part::Connection(_) | Part::Settings => None,
            Part::Address(id) => self
                .setup(id)
                .map(|it| vec![(String::new(), it.url.clone()), (String::new(), it.protocols.clone())]),
            Part::OnOpen(id, nth) => self.setup(id).and_then(|it| it.on_open.get(nth as usize)).map(draft),
            Part::Heartbeat(id) => self.setup(id).and_then(|it| it.heartbeat.as_ref()).map(|it| {
                let mut texts = draft(&it.message);
                texts.extend(it.reply.iter().map(|reply| (String::new(), reply.text.clone())));
                texts
            }),
            Part::Message(nth) => {
                w.messages.get(nth as usize).map(|it| vec![(it.name.clone(), readable(&it.draft))])
            }
            Part::Rule(nth) => w.rules.get(nth as usize).map(|it| {
                let mut texts = draft(&it.reply);
                texts.push((String::new(), it.when.text.clone()));
                texts
            }),
            Part::Variable(nth) => {
                w.variables.get(nth as usize).map(|it| vec![(it.name.clone(), it.value.clone())])
            }
            Part::Filter(nth) => w.filters.get(nth as usize).map(|it| texts_of(&it.spec)),
            Part::Highlight(nth) => w.highlights.get(nth as usize).map(|it| texts_of(&it.spec)),
            Part::Draft => Some(draft(&w.draft)),
        };
        texts.unwrap_or_default()
    }

    /// The parts as the dialog shows them.
    pub fn list(&self) -> Vec<Listed> {
        self.parts().into_iter().filter_map(|(part, name)| self.listed(part, name)).collect()
    }

    /// What looks like a secret in a part, the same sentence once.
    fn suspicions(&self, part: Part, texts: &[(String, String)]) -> Vec<Suspicion> {
        let mut suspicions = Vec::new();
        let mut has_other = false;
        for (name, text) in texts {
            // The name of a saved message says nothing of the form of its content.
            let name = if matches!(part, Part::Variable(_)) { name } else { "" };
            let found = suspects(name, text);
            let clean = |text: &str| self.clean(text).into_owned();
            suspicions.extend(
                found.iter().map(|it| Suspicion { place: clean(&it.place), words: clean(&it.words()) }),
            );
            let without = secrets::without(text, &found);
            has_other |= self.values.mask(&without) != without;
        }
        if has_other {
            let words = "It has a value that looks like a secret in another part";
            suspicions.push(Suspicion::of_words(words.to_owned()));
        }
        suspicions.dedup_by(|one, other| one.words == other.words);
        if suspicions.len() > MOST_TOLD {
            let more = suspicions.len() - MOST_TOLD;
            suspicions.truncate(MOST_TOLD);
            suspicions.push(Suspicion::of_words(format!(
                "Likely secrets in {}",
                crate::engine::base::words::counted(more as u64, "more place")
            )));
        }
        suspicions
    }

    fn listed(&self, part: Part, name: String) -> Option<Listed> {
        let texts = self.texts(part);
        let suspicions = self.suspicions(part, &texts);
        // What is in the address is a part of its own only when there is something to decide.
        if matches!(part, Part::Address(_)) && suspicions.is_empty() {
            return None;
        }
        let content = match part {
            Part::Connection(id) => self.setup(id).map(|it| self.clean_address(&it.url)).unwrap_or_default(),
            Part::Address(_) | Part::Settings => String::new(),
            Part::Variable(nth)
                if self.workspace.variables.get(nth as usize).is_some_and(|it| it.is_secret) =>
            {
                "secret: only its name is shared".to_owned()
            }
            _ => texts.first().map(|(name, text)| self.clean_named(name, text, part)).unwrap_or_default(),
        };
        let is_ticked = suspicions.is_empty() && part != Part::Draft;
        Some(Listed {
            part,
            name: if name.is_empty() { "without a name".to_owned() } else { self.clean(&name).into_owned() },
            content: cut(&content),
            suspicions: suspicions.into_iter().map(|it| it.words).collect(),
            is_ticked,
        })
    }

    fn clean_named(&self, name: &str, text: &str, part: Part) -> String {
        let name = if matches!(part, Part::Variable(_)) { name } else { "" };
        self.values.mask(&secrets::without(text, &suspects(name, text))).into_owned()
    }

    /// The text without anything that looks like a secret.
    fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let clean = secrets::without(text, &secrets::suspects(text)).into_owned();
        Cow::Owned(self.values.mask(&clean).into_owned())
    }

    /// An address that a person can complete: what looks like a secret is gone, its name stays.
    fn clean_address(&self, url: &str) -> String {
        let mut clean = String::new();
        let mut done = 0;
        for suspect in secrets::suspects(url) {
            clean.push_str(&url[done..suspect.span.start]);
            done = suspect.span.end;
            done += usize::from(suspect.why == Why::UserInfo && url[done..].starts_with('@'));
        }
        clean.push_str(&url[done..]);
        self.values.mask(&clean).into_owned()
    }

    /// The link that carries these parts, and what it leaves out, in words.
    pub fn link(&self, parts: &[Part]) -> (String, Vec<String>) {
        let all = self.list();
        let carries = |part: Part| parts.contains(&part);
        let mut left_out: Vec<String> =
            self.secrets.iter().map(|name| format!("the value of the variable {name}")).collect();
        let lost = all
            .iter()
            .filter(|it| !carries(it.part) && it.part.needs().is_none_or(|id| carries(Part::Connection(id))));
        left_out.extend(lost.map(|it| self.told(it)));
        let mut shared = self.workspace.clone().keep_only(parts);
        for setup in &mut shared.connections {
            setup.name = self.clean(&setup.name).into_owned();
            if !carries(Part::Address(setup.id)) {
                setup.url = self.clean_address(&setup.url);
                setup.protocols = self.clean(&setup.protocols).into_owned();
            }
            if let PairBy::Field { sent, received } = &mut setup.pairing {
                *sent = self.clean(sent).into_owned();
                *received = self.clean(received).into_owned();
            }
        }
        for message in &mut shared.messages {
            message.name = self.clean(&message.name).into_owned();
            message.folder = self.clean(&message.folder).into_owned();
        }
        shared.rules.iter_mut().for_each(|rule| rule.name = self.clean(&rule.name).into_owned());
        shared.filters.iter_mut().for_each(|it| it.name = self.clean(&it.name).into_owned());
        shared.variables.iter_mut().for_each(|it| it.name = self.clean(&it.name).into_owned());
        let mut packed = serde_json::to_value(&shared).unwrap_or_default();
        if let Value::Object(members) = &mut packed {
            members.insert(LEFT_OUT.to_owned(), left_out.clone().into());
        }
        (share::pack(&packed), left_out)
    }

    /// A part that a link leaves out, in words.
    fn told(&self, listed: &Listed) -> String {
        let name = &listed.name;
        match listed.part {
            Part::Connection(_) => format!("the connection {name}"),
            Part::Address(_) => {
                let suspicions = self.suspicions(listed.part, &self.texts(listed.part));
                let places: Vec<_> = suspicions.into_iter().map(|it| it.place).collect();
                format!("{name} ({})", places.join(", "))
            }
            Part::OnOpen(..) => format!("a message that {name} sends on opening"),
            Part::Heartbeat(_) => format!("the heartbeat of {name}"),
            Part::Message(_) => format!("the saved message {name}"),
            Part::Rule(_) => format!("the auto-reply {name}"),
            Part::Variable(_) => format!("the variable {name}"),
            Part::Filter(_) => format!("the saved filter {name}"),
            Part::Highlight(_) => format!("the highlight of {name}"),
            Part::Draft => "the draft".to_owned(),
            Part::Settings => "the settings".to_owned(),
        }
    }
}

/// The name under which a link tells what it leaves out. A set-up has no member of this name, so older pages read over it.
const LEFT_OUT: &str = "left_out";

fn suspects(name: &str, text: &str) -> Vec<Suspect> {
    if name.is_empty() { secrets::suspects(text) } else { secrets::suspects_named(name, text) }
}

fn texts_of(spec: &FilterSpec) -> Vec<(String, String)> {
    std::iter::once(&spec.text).chain(&spec.excludes).map(|text| (String::new(), text.clone())).collect()
}

fn cut(text: &str) -> String {
    words::cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), LONGEST_SHOWN)
}

/// A draft as text: what its digits say, where it is written in digits.
fn readable(draft: &Draft) -> String {
    match draft.written_bytes() {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => draft.text.clone(),
    }
}

/// Takes the values of secret variables out of all that is kept. A value of fewer than four characters stands in many a text by
/// accident, and what is kept comes back as the person's own.
pub(super) fn take_out_secrets(workspace: &mut Workspace) {
    take_out(&workspace.known_secrets(Known::SHORT), workspace);
    forget_typed_secrets(workspace);
    workspace.variables.iter_mut().filter(|it| it.is_secret).for_each(|it| it.value.clear());
}

/// What a connection is opened with by the relay goes into no link.
fn without_profiles(workspace: &mut Workspace) {
    workspace.connections.iter_mut().for_each(|setup| setup.profile.clear());
}

/// What was typed as a secret into the headers of a connection is not kept.
fn forget_typed_secrets(workspace: &mut Workspace) {
    for setup in workspace.connections.iter_mut().filter(|setup| !setup.profile.is_empty()) {
        Profile::edit(&mut setup.profile, Profile::forget_secrets);
    }
}

fn take_out(known: &Known, workspace: &mut Workspace) {
    if known.is_empty() {
        return;
    }
    for setup in &mut workspace.connections {
        known.template(&mut setup.url);
        known.template(&mut setup.protocols);
        if !setup.profile.is_empty() {
            Profile::edit(&mut setup.profile, |profile| {
                profile.texts().into_iter().for_each(|(_, text)| known.template(text));
            });
        }
        setup.on_open.iter_mut().for_each(|draft| known.draft(draft));
        if let Some(heartbeat) = &mut setup.heartbeat {
            known.draft(&mut heartbeat.message);
            heartbeat.reply.iter_mut().for_each(|reply| known.text(&mut reply.text));
        }
    }
    workspace.messages.iter_mut().for_each(|message| known.draft(&mut message.draft));
    let open = workspace.variables.iter_mut().filter(|it| !it.is_secret);
    open.for_each(|variable| known.text(&mut variable.value));
    for rule in &mut workspace.rules {
        known.text(&mut rule.when.text);
        known.draft(&mut rule.reply);
    }
    let filters = workspace.filters.iter_mut().map(|it| &mut it.spec);
    for spec in filters.chain(workspace.highlights.iter_mut().map(|it| &mut it.spec)) {
        // A filter fills in what the names stand for.
        known.template(&mut spec.text);
        spec.excludes.iter_mut().for_each(|text| known.template(text));
    }
    for address in &mut workspace.addresses {
        known.template(&mut address.url);
        known.template(&mut address.protocols);
    }
    workspace.sent.iter_mut().for_each(|draft| known.draft(draft));
    known.draft(&mut workspace.draft);
}

/// What people call things; they write values there by mistake only.
fn take_out_of_names(known: &Known, workspace: &mut Workspace) {
    for setup in &mut workspace.connections {
        known.text(&mut setup.name);
        if let PairBy::Field { sent, received } = &mut setup.pairing {
            known.text(sent);
            known.text(received);
        }
    }
    for message in &mut workspace.messages {
        known.text(&mut message.name);
        known.text(&mut message.folder);
    }
    workspace.variables.iter_mut().for_each(|variable| known.text(&mut variable.name));
    workspace.rules.iter_mut().for_each(|rule| known.text(&mut rule.name));
    workspace.filters.iter_mut().for_each(|filter| known.text(&mut filter.name));
}

/// What a link brings, in bounds.
pub(super) fn open(fragment: &str) -> Result<Offered, ShareError> {
    let mut packed: Value = share::unpack(fragment)?;
    let left_out = packed.as_object_mut().and_then(|members| members.remove(LEFT_OUT));
    let left_out: Vec<String> = left_out.and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default();
    let workspace: Workspace = share::of_json(packed)?;
    let workspace = bounded(workspace)?;
    let values = Masker::default();
    let brought = Sharing { workspace, values, secrets: Vec::new() };
    let parts = brought.list().into_iter().filter(|it| !matches!(it.part, Part::Address(_)));
    // Its maker has decided what it carries, so all of it is offered.
    let parts = parts.map(|it| Listed { is_ticked: true, ..it }).collect();
    let left_out = left_out.iter().take(MOST_LEFT_OUT).map(|words| cut(words)).collect();
    Ok(Offered { workspace: brought.workspace, parts, left_out })
}

fn bounded(mut workspace: Workspace) -> Result<Workspace, ShareError> {
    let on_open = workspace.connections.iter().map(|setup| setup.on_open.len()).sum::<usize>();
    for (what, count, most) in [
        ("connections", workspace.connections.len(), MOST_CONNECTIONS),
        ("messages sent on opening", on_open, MOST_ITEMS),
        ("saved messages", workspace.messages.len(), MOST_ITEMS),
        ("auto-replies", workspace.rules.len(), MOST_ITEMS),
        ("variables", workspace.variables.len(), MOST_ITEMS),
        ("columns", workspace.columns.len(), MOST_ITEMS),
        ("saved filters", workspace.filters.len(), MOST_ITEMS),
        ("highlights", workspace.highlights.len(), MOST_ITEMS),
    ] {
        if count > most {
            return Err(ShareError::TooMany { what, count, most });
        }
    }
    // What a page cannot send would be sent in the name of who opens the link.
    without_profiles(&mut workspace);
    // What a person has typed and where they have been are theirs; no link brings any.
    workspace = storage::without_history(&workspace);
    // Numbers of connections are names here: each must have its own.
    let mut known = std::collections::HashSet::new();
    if workspace.connections.iter().any(|setup| setup.id.is_of_check() || !known.insert(setup.id)) {
        return Err(ShareError::OtherContent("two connections have the same id".to_owned()));
    }
    let bound = |time: &mut Duration| *time = (*time).min(LONGEST_TIME);
    for setup in &mut workspace.connections {
        if let Some(heartbeat) = &mut setup.heartbeat {
            bound(&mut heartbeat.every);
            bound(&mut heartbeat.within);
        }
        if let Some(reconnect) = &mut setup.reconnect {
            bound(&mut reconnect.first);
            bound(&mut reconnect.most);
        }
    }
    workspace.rules.iter_mut().for_each(|rule| bound(&mut rule.after));
    bound(&mut workspace.repeat.every);
    workspace.repeat.lasts.iter_mut().for_each(bound);
    workspace.budget = workspace.budget.clamp(*BUDGETS.start(), *BUDGETS.end());
    Ok(workspace)
}

#[cfg(test)]
mod tests;
