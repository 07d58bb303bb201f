//! The document: everything around the steps.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::client::{Written, merge};
use super::reader::{Reader, excerpt};
use super::step::Steps;
use super::unknown::is_misspelt;
use crate::base::words::cut;
use crate::metrics::{Part, Threshold, ThresholdError};
use crate::suite::field::Field;
use crate::suite::keys::{CHECK, DEFAULTS, INVARIANT, SUITE};
use crate::suite::model::{Bound, Check, Defaults, Invariant, Rule, Suite};
use crate::suite::notes::{BoundNotes, CheckNotes, ClientNotes, StandingUses, SuiteNotes};
use crate::suite::source::{Member, Node, Span, Tree, to_map};
use crate::suite::title::{message, title};

/// The version of the format that is read here.
const VERSION: u64 = 1;

/// How many clients all checks may have together, those of the suite counted for each check.
const MOST_CLIENTS: usize = 100_000;

/// Reads one threshold or one requirement.
type ReadBound = fn(&str, &Value) -> Result<Threshold, Vec<ThresholdError>>;

impl<'t> Reader<'t> {
    /// The whole; none when it is not an object.
    pub(super) fn suite(&mut self, node: &'t Node) -> Option<(Suite, SuiteNotes)> {
        let fields = self.fields(node, &SUITE, "{\"sockscope\": 1, \"suite\": \"rooms\", \"checks\": []}")?;
        // Names of a misspelt part are known to its writer.
        self.is_open |=
            ["clients", "vars", "define", "import"].iter().any(|key| is_misspelt(node, &SUITE, key));
        if let Some(version) = fields.get("sockscope") {
            self.version(version);
        }
        if let Some(schema) = fields.get("$schema") {
            self.plain(schema, "the address of a JSON Schema");
        }
        let mut notes = SuiteNotes::default();
        let name = fields.get("suite").and_then(|node| self.name(node, "a suite", "\"rooms\""));
        let about = fields.get("about").and_then(|node| self.plain(node, "a sentence in quotation marks"));
        if let Some(node) = fields.get("import") {
            let nodes = self.items(node, "files", "[\"common.jsonc\"]");
            nodes.iter().for_each(|node| drop(self.label(node, "an import", "\"common.jsonc\"")));
        }
        let imported = self.imported();
        let all =
            |key: &'static str| imported.iter().filter_map(move |it| it.get(key)).chain(fields.get(key));
        let vars = self.vars(all("vars"), &mut notes);
        let secrets: Vec<String> = all("secrets").flat_map(|node| self.secrets(node, &vars)).collect();
        self.reuse.secrets.clone_from(&secrets);
        let defaults = self.defaults(fields.get("defaults"));
        all("define").for_each(|node| self.definitions(node));
        let clients = self.all_clients(all("clients"));
        let ignore = all("ignore").flat_map(|node| {
            let nodes = self.items(node, "matchers", "[{\"subset\": {\"type\": \"heartbeat\"}}]");
            nodes.iter().filter_map(|node| Some(self.matcher(node, false)?.0)).collect::<Vec<_>>()
        });
        let ignore: Vec<_> = ignore.collect();
        let (mut answers, mut standing) = (Vec::new(), StandingUses::default());
        for node in all("answers") {
            let (found, uses) = self.answers(Some(node), "answers", answers.len(), "");
            answers.extend(found);
            standing.extend(&uses);
        }
        notes.standing = standing;
        let invariants = self.invariants(fields.get("invariants"), &mut notes);
        let (thresholds, bounds) = self.bounds(fields.get("thresholds"), Threshold::parse);
        let (require, _) = self.bounds(fields.get("require"), Threshold::parse_requirement);
        notes.bounds = bounds;
        notes.uses = self.uses_since(0);
        let (setup, setup_notes) =
            fields.get("setup").map(|node| self.steps(node, "setup")).unwrap_or_default();
        let (teardown, teardown_notes) =
            fields.get("teardown").map(|node| self.steps(node, "teardown")).unwrap_or_default();
        (notes.setup, notes.teardown) = (setup_notes, teardown_notes);
        let checks = fields.get("checks").map(|node| self.checks(node, &clients, &mut notes));
        self.unused_definitions();
        notes.folds = std::mem::take(&mut self.folds);
        let suite = Suite {
            name: name.unwrap_or_default(),
            about,
            vars,
            secrets,
            defaults,
            ignore,
            answers,
            invariants,
            setup,
            teardown,
            checks: checks.unwrap_or_default(),
            thresholds,
            require,
        };
        Some((suite, notes))
    }

    pub(super) fn version(&mut self, node: &Node) {
        if let Tree::Number(number) = &node.tree
            && crate::base::number::compare(number, &VERSION.into()).is_eq()
        {
            return;
        }
        let message = match &node.tree {
            Tree::Number(number) => {
                format!(
                    "version {} of the format is unknown here; this build reads version 1",
                    cut(&number.to_string(), 20)
                )
            }
            _ => format!("the version of the format is the number 1, not {}", excerpt(node)),
        };
        self.wrong(node.head(), message);
    }

    fn name(&mut self, node: &Node, what: &str, example: &str) -> Option<String> {
        let name = self.plain(node, example)?;
        if name.trim().is_empty() {
            self.wrong(node.span, format!("{what} needs a name; write {example}"));
        }
        Some(name)
    }

    /// Mistakes in the values are found when all are known.
    fn vars<'n>(
        &mut self,
        nodes: impl Iterator<Item = &'n Node>,
        notes: &mut SuiteNotes,
    ) -> Map<String, Value> {
        let (mut vars, mut places) = (Map::new(), HashMap::new());
        for node in nodes {
            let Some(members) = node.members() else {
                self.mistyped(node, "an object of variables by name", "{\"room\": \"r-{{uuid}}\"}");
                self.is_open = true;
                continue;
            };
            self.check_clashes("variable", members, &mut places);
            notes.vars.extend(members.iter().map(|member| member.key.clone()));
            vars.extend(to_map(members));
        }
        vars
    }

    fn secrets(&mut self, node: &Node, vars: &Map<String, Value>) -> Vec<String> {
        let mut secrets = Vec::new();
        for node in self.items(node, "variables", "[\"token\"]") {
            let Some(name) = self.label(node, "a variable", "\"token\"") else { continue };
            if !vars.contains_key(&name) && !self.is_open {
                let near = crate::base::nearest::nearest(&name, vars.keys().map(String::as_str));
                let shown = cut(&name, 60);
                let hint = match near {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!(
                        "add it: \"vars\": {{{shown:?}: \"\"}}; what a step captures or sets under this name is then \
                         masked too"
                    ),
                };
                self.wrong(node.span, format!("no variable is called {shown:?}; {hint}"));
            }
            secrets.push(name);
        }
        secrets
    }

    fn defaults(&mut self, node: Option<&Node>) -> Defaults {
        let mut defaults = Defaults {
            within: Field::Fixed(Duration::from_secs(2)),
            correlate: None,
            connect_gap: None,
            close_within: Field::Fixed(Duration::from_secs(2)),
            cookies: None,
        };
        let Some(fields) = node.and_then(|node| self.fields(node, &DEFAULTS, "{\"within\": \"2s\"}")) else {
            return defaults;
        };
        for (key, field, example) in [
            ("within", &mut defaults.within, "\"2s\""),
            ("close_within", &mut defaults.close_within, "\"2s\""),
        ] {
            if let Some(given) = fields.get(key).and_then(|node| self.field(node, example)) {
                *field = given;
            }
        }
        defaults.connect_gap = fields.get("connect_gap").and_then(|node| self.field(node, "\"20ms\""));
        defaults.cookies = fields.get("cookies").and_then(|node| self.field(node, "true"));
        defaults.correlate = fields.get("correlate").and_then(|node| self.correlate(node));
        defaults
    }

    fn invariants(&mut self, node: Option<&Node>, notes: &mut SuiteNotes) -> Vec<Invariant> {
        let Some(node) = node else { return Vec::new() };
        let example = "{\"on\": \"*\", \"increasing\": \"$.seq\"}";
        let nodes = self.items(node, "invariants", &format!("[{example}]"));
        let mut invariants = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            let Some(fields) = self.fields(node, &INVARIANT, example) else { continue };
            let on = fields.get("on").and_then(|node| self.targets(node));
            let (on, named) = on.unzip();
            notes.invariants.extend(named.into_iter().flatten());
            let kinds = ["increasing", "unique", "schema", "max_gap"];
            let given: Vec<_> = kinds.iter().filter_map(|key| fields.member(key)).collect();
            let is_misspelt =
                node.members().unwrap_or_default().iter().any(|member| !INVARIANT.has(&member.key));
            if given.is_empty() && is_misspelt {
                continue;
            }
            let [member] = given.as_slice() else {
                let at = given.get(1).map_or(node.head(), |second| second.key_span);
                let message = "an invariant says one thing: increasing, unique, schema or max_gap";
                self.wrong(at, message);
                continue;
            };
            let value = &member.value;
            let rule = match member.key.as_str() {
                "increasing" => self.picked(value).map(Rule::Increasing),
                "unique" => self.picked(value).map(Rule::Unique),
                "max_gap" => self.field(value, "\"30s\"").map(Rule::MaxGap),
                _ => self.schema(value).map(Rule::Schema),
            };
            let who = fields.get("on").map_or_else(|| "everyone".to_owned(), |node| message(node, &[]));
            let words = format!(
                "{}: {} {}",
                who.trim_matches('"'),
                member.key,
                message(value, &[]).trim_matches('"')
            );
            invariants.extend(rule.map(|rule| Invariant {
                path: format!("invariants[{i}]"),
                position: self.source.position(node.span),
                title: title(&words),
                on,
                rule,
            }));
        }
        invariants
    }

    /// A JSON Schema as the matcher that asks for it.
    fn schema(&mut self, node: &Node) -> Option<Field<std::rc::Rc<crate::matcher::Matcher>>> {
        let spec = json!({ "schema": node.to_value() });
        let document = self.document_of(node, &spec)?;
        let spec = document.literal().cloned().unwrap_or(spec);
        let matcher = match crate::matcher::Matcher::compile(&spec) {
            Ok(matcher) => matcher,
            Err(mistakes) => {
                for mistake in mistakes {
                    let path = mistake.at.strip_prefix("$.schema").map(|rest| format!("${rest}"));
                    let at = node.locate(path.as_deref().unwrap_or("$")).node.head();
                    self.wrong(at, mistake.kind.to_string());
                }
                return None;
            }
        };
        Some(match document.literal() {
            Some(_) => Field::Fixed(std::rc::Rc::new(matcher)),
            None => Field::Open(document),
        })
    }

    /// Thresholds or requirements.
    fn bounds(&mut self, node: Option<&Node>, read: ReadBound) -> (Vec<Bound>, Vec<BoundNotes>) {
        let Some(node) = node else { return Default::default() };
        let Some(members) = node.members() else {
            self.mistyped(node, "an object of metrics and bounds", "{\"rtt.p95\": \"< 10ms\"}");
            return Default::default();
        };
        members.iter().filter_map(|member| self.bound(member, read)).unzip()
    }

    fn bound(&mut self, member: &Member, read: ReadBound) -> Option<(Bound, BoundNotes)> {
        let key = member.key.clone();
        let document = self.document(&member.value)?;
        let bound = match document.literal() {
            Some(value) => Field::Fixed(value.clone()),
            None => Field::Open(document.clone()),
        };
        let threshold = match bound.fixed() {
            Some(value) => match read(&key, value) {
                Ok(threshold) => Some(threshold),
                Err(errors) => {
                    for error in errors {
                        let at = match error.part {
                            Part::Key => member.key_span,
                            Part::Value => self.source.within_text(&member.value, error.at),
                        };
                        self.wrong(at, error.kind.to_string());
                    }
                    None
                }
            },
            None => {
                // What is compared is known already; a bound that suits any figure shows whether it reads.
                let tries = ["> 0", "> 0ms", "> 0%", "> 0/s"].map(|bound| read(&key, &bound.into()));
                let mut errors = Vec::new();
                let found = tries.into_iter().find_map(|tried| tried.map_err(|error| errors = error).ok());
                if found.is_none() {
                    let of_key = errors.into_iter().filter(|error| error.part == Part::Key);
                    of_key.for_each(|error| self.wrong(member.key_span, error.kind.to_string()));
                }
                self.fold(member.value.head(), &document, move |value| {
                    let errors = read(&key, value).err()?;
                    errors.iter().find(|error| error.part == Part::Value).map(ToString::to_string)
                });
                found
            }
        };
        let bound =
            Bound { metric: member.key.clone(), bound, position: self.source.position(member.key_span) };
        Some((bound, BoundNotes { at: member.key_span, threshold }))
    }

    fn checks(&mut self, node: &Node, clients: &[Written], notes: &mut SuiteNotes) -> Vec<Check> {
        let nodes =
            self.items(node, "checks", "[{\"check\": \"one\", \"steps\": [{\"connect\": \"alice\"}]}]");
        let mut names: HashMap<(String, bool), Span> = HashMap::new();
        let mut checks = Vec::new();
        let mut clients_of_all: usize = 0;
        for node in nodes {
            // Each check has its own copy of the clients.
            clients_of_all += clients.len();
            if clients_of_all > MOST_CLIENTS {
                let message = format!(
                    "all checks together have more than {MOST_CLIENTS} clients; make it several suites, or a group"
                );
                self.wrong(node.head(), message);
                break;
            }
            let Some((check, check_notes)) = self.check(node, clients) else { continue };
            if let (Field::Fixed(name), Some(at)) = (&check.name, node.member("check"))
                && let Some(first) = names.insert((name.clone(), check.each.is_some()), at.value.span)
            {
                let line = self.source.position(first).line;
                let message = format!("another check is called {:?} too, in line {line}", cut(name, 60));
                self.wrong(at.value.span, message);
            }
            checks.push(check);
            notes.checks.push(check_notes);
        }
        checks
    }

    fn check(&mut self, node: &Node, clients: &[Written]) -> Option<(Check, CheckNotes)> {
        let example = "{\"check\": \"one\", \"steps\": [{\"connect\": \"alice\"}]}";
        let fields = self.fields(node, &CHECK, example)?;
        let before = self.uses.len();
        let name: Option<Field<String>> =
            fields.get("check").and_then(|node| self.field(node, "\"bob hears alice\""));
        if let (Some(Field::Fixed(name)), Some(node)) = (&name, fields.get("check"))
            && name.trim().is_empty()
        {
            self.wrong(node.span, "a check needs a name; write \"bob hears alice\"");
        }
        let about = fields.get("about").and_then(|node| self.plain(node, "a sentence in quotation marks"));
        let tags = fields.get("tags").map(|node| {
            let nodes = self.items(node, "tags", "[\"smoke\"]");
            nodes.iter().filter_map(|node| self.label(node, "a tag", "\"smoke\"")).collect()
        });
        let timeout: Option<Field<Duration>> = fields.get("timeout").and_then(|node| {
            self.field_where(node, "\"30s\"", |timeout: &Duration| {
                let message = "a check cannot end in no time; write \"30s\" or leave it out";
                timeout.is_zero().then(|| message.to_owned())
            })
        });
        let strict = fields.get("strict").and_then(|node| self.flag(node)).unwrap_or_default();
        let (thresholds, bounds) = self.bounds(fields.get("thresholds"), Threshold::parse);
        let uses = self.uses_since(before);
        let mut reason = |key: &str, example: &str| {
            let node = fields.get(key)?;
            let reason = node.text().filter(|reason| !reason.trim().is_empty());
            if reason.is_none() {
                self.mistyped(node, "the reason as a string", example);
            }
            reason.map(str::to_owned)
        };
        let skip = reason("skip", "\"waits for ABC-12\"");
        let only = reason("only", "\"in the works\"");
        let each = fields.get("each").and_then(|node| self.each(node));
        let row_uses = self.uses_since(before);
        let own = fields.get("clients").map(|node| self.clients(node, clients));
        let (clients, client_notes) = merge(clients, own.unwrap_or_default());
        let (answers, standing) = self.answers(fields.get("answers"), "check.answers", 0, "");
        let (steps, step_notes): Steps =
            fields.get("steps").map(|node| self.steps(node, "steps")).unwrap_or_default();
        let is_unread = |client: &ClientNotes| client.has_unread_rows;
        let notes = CheckNotes {
            uses,
            row_uses,
            has_unread_rows: each.is_none() && fields.member("each").is_some()
                || client_notes.iter().any(is_unread),
            columns: each.as_ref().map(|each| each.names.clone()).unwrap_or_default(),
            clients: client_notes,
            standing,
            steps: step_notes,
            bounds,
        };
        let check = Check {
            name: name.unwrap_or_else(|| Field::Fixed(String::new())),
            written_name: fields.get("check").and_then(|node| node.text()).unwrap_or_default().to_owned(),
            about,
            tags: tags.unwrap_or_default(),
            timeout,
            strict,
            skip,
            only,
            each,
            clients,
            answers,
            steps,
            thresholds,
            position: self.source.position(node.span),
        };
        Some((check, notes))
    }
}
