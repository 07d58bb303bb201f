//! Verbs: what each of them takes.

use crate::base::close::{CloseReason, ClosingError, SendableCode};
use crate::base::nearest::nearest;
use crate::payload_spec::{PayloadErrorKind, PayloadSpec};
use crate::suite::field::{Field, Size};
use crate::suite::keys::{CLOSE, CLOSE_EXPECT, PONG, REPEAT};
use crate::suite::model::{BisectSpec, CloseSpec, ConnectSpec, PingSpec, Repeat, Step, TrySpec, Verb};
use crate::suite::notes::{Inner, StepNotes};
use crate::suite::source::{Node, Tree};
use crate::suite::title::{Actors, lasting, message, title};
use crate::template::Document;

use super::expectation::Worded;
use super::reader::{Fields, Reader, excerpt};

use super::step::{Done, Steps, timings_of};

/// What a control frame holds at most.
const LONGEST_PING: usize = 125;

impl Reader<'_> {
    pub(super) fn connect(&mut self, fields: &Fields<'_>, verb: &str, notes: &mut StepNotes) -> Done {
        let told = fields.get("expect").and_then(|node| self.connect_expect(node, notes));
        let told = told.unwrap_or(Worded { value: ConnectSpec::default(), words: String::new() });
        let is_connect = verb == "connect";
        let before = self.uses.len();
        let count_node = if is_connect { fields.get("count") } else { None };
        let count: Option<Field<u64>> = count_node.and_then(|node| self.field(node, "10"));
        notes.opens = true;
        notes.count = count.as_ref().zip(count_node).map(|(count, node)| (node.span, count.fixed().copied()));
        let pace_node = if is_connect { fields.get("pace") } else { None };
        let pace = pace_node.and_then(|node| {
            self.field_where(node, "6", |pace: &u64| {
                (*pace == 0).then(|| "with a pace of 0 nothing is ever opened; write 1 or more".to_owned())
            })
        });
        notes.naming.extend(self.uses_since(before));
        let actors = Actors::of(fields.get(verb));
        let many = count_node.map(|node| format!(", {} of them", excerpt(node))).unwrap_or_default();
        let words = format!("{}{many}{}", actors.act(verb), told.words);
        let spec = ConnectSpec { count, pace, ..told.value };
        Some((if is_connect { Verb::Connect(spec) } else { Verb::Reconnect(spec) }, words))
    }

    pub(super) fn ping(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let payload: Option<Field<String>> = fields.get("ping").and_then(|node| {
            self.field_where(node, "\"are you there\"", |text: &String| {
                (text.len() > LONGEST_PING)
                    .then(|| format!("a ping holds at most {LONGEST_PING} bytes, found {}", text.len()))
            })
        });
        let expect = fields.get("expect").and_then(|node| self.fields(node, &PONG, "{\"within\": \"1s\"}"));
        let within = expect.as_ref().and_then(|it| it.get("within"));
        let within = within.and_then(|node| self.field(node, "\"1s\""));
        let metric = expect.as_ref().and_then(|it| it.get("metric")).and_then(|node| self.metric(node));
        notes.timings.push(metric.clone().unwrap_or_else(|| "ping".to_owned()));
        let actors = Actors::of(fields.get("on"));
        let words = format!("{} and {} the pong", actors.act("send a ping"), actors.expect());
        Some((Verb::Ping(PingSpec { payload: payload?, within, metric }), words))
    }

    pub(super) fn send(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let node = fields.get("send")?;
        let payload = self.payload(node);
        let expectation = fields.get("expect").and_then(|node| self.expectation(node, true, notes));
        let actors = Actors::of(fields.get("on"));
        let mut words = format!("{} {}", actors.act("send"), message(node, &self.shared));
        if let Some(told) = &expectation {
            words.push_str(&format!(" and {} {}", actors.expect(), told.words));
        }
        Some((Verb::Send(payload?, expectation.map(|told| Box::new(told.value))), words))
    }

    pub(super) fn payload(&mut self, node: &Node) -> Option<PayloadSpec> {
        let value = node.to_value();
        match PayloadSpec::parse(&value) {
            Ok(payload) => {
                self.note_uses(node, payload.names());
                self.fold_payload(node);
                Some(payload)
            }
            Err(errors) => {
                for error in errors {
                    let found = node.locate(&error.path).node;
                    let key = match &error.kind {
                        PayloadErrorKind::UnknownKey { key, .. }
                        | PayloadErrorKind::UnknownKind { key, .. } => found.member(key),
                        PayloadErrorKind::NotAlone { other, .. } => found.member(other),
                        _ => None,
                    };
                    let at = match (key, &error.kind) {
                        (Some(member), _) => member.key_span,
                        (None, PayloadErrorKind::Template(_)) => self.source.within_text(found, error.at),
                        _ => found.head(),
                    };
                    self.wrong(at, error.to_string());
                }
                None
            }
        }
    }

    /// Notations whose values must be of a kind are tried with the defaults of the variables.
    fn fold_payload(&mut self, node: &Node) {
        for (notation, part, complaint) in [
            ("$bytes", "size", size_complaint as fn(&serde_json::Value) -> Option<String>),
            ("$chars", "size", size_complaint),
        ] {
            let given = node.member(notation).and_then(|member| member.value.member(part));
            if let Some(given) = given.map(|member| &member.value)
                && let Ok(document) = Document::parse(&given.to_value())
                && document.literal().is_none()
            {
                self.fold(given.span, &document, complaint);
            }
        }
    }

    pub(super) fn expect(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let told = self.expectation(fields.get("expect")?, false, notes)?;
        let words = format!("{} {}", Actors::of(fields.get("on")).act("expect"), told.words);
        Some((Verb::Expect(Box::new(told.value)), words))
    }

    pub(super) fn close(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let close = self.fields(fields.get("close")?, &CLOSE, "{\"code\": 1000}")?;
        let code = close.get("code").and_then(|node| self.field_where(node, "1000", code_complaint));
        let raw = close.member("raw").and_then(|member| {
            if close.member("code").is_some() {
                self.wrong(member.key_span, "a close has one code, \"code\" or \"raw\"");
            }
            self.field_where(&member.value, "1002", |code: &u64| {
                (*code > 65_535).then(|| format!("{code} is above 65535, the largest code"))
            })
        });
        let reason = close.get("reason").and_then(|node| {
            self.field_where(node, "\"bye\"", |reason: &String| {
                CloseReason::try_from(reason.as_str()).err().map(|error| error.to_string())
            })
        });
        let expect = fields.get("expect").and_then(|node| {
            let fields = self.fields(node, &CLOSE_EXPECT, "{\"closed\": {\"clean\": true}}")?;
            self.closed(fields.get("closed")?, notes)
        });
        let actors = Actors::of(fields.get("on"));
        let mut words = actors.act("close");
        if let Some(node) = close.get("code").or_else(|| close.get("raw")) {
            words.push_str(&format!(" with {}", excerpt(node)));
        }
        if let Some(told) = &expect {
            words.push_str(&format!(" and {} the connection to end {}", actors.expect(), told.words));
        }
        Some((Verb::Close(CloseSpec { code, raw, reason, expect: expect.map(|told| told.value) }), words))
    }

    pub(super) fn all(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let node = fields.get("all")?;
        let (mut branches, mut inner) = (Vec::new(), Vec::new());
        let nodes =
            self.items(node, "branches", "[{\"wait\": \"1s\"}, [{\"wait\": \"1s\"}, {\"wait\": \"2s\"}]]");
        for (i, branch) in nodes.iter().enumerate() {
            let path = format!("{path}.all[{i}]");
            let (steps, notes) = match &branch.tree {
                Tree::List(_) => self.steps(branch, &path),
                _ => self.step(branch, path).into_iter().unzip(),
            };
            branches.push(steps);
            inner.push(notes);
        }
        let words = format!(
            "{} at once",
            match branches.len() {
                1 => "one branch".to_owned(),
                count => format!("{count} branches"),
            }
        );
        notes.inner = Inner::Branches(inner);
        Some((Verb::All(branches), words))
    }

    pub(super) fn repeat(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let node = fields.get("repeat")?;
        let before = self.uses.len();
        let head = self.fields(node, &REPEAT, "{\"times\": 10}");
        let mut spec = Repeat {
            times: None,
            lasting: None,
            every: None,
            until: None,
            is_open: false,
            steps: Vec::new(),
        };
        let mut words = "repeat".to_owned();
        if let Some(head) = head {
            self.repeat_head(&head, &mut spec);
            let part = |key: &str| {
                head.get(key).map(|node| node.text().map_or_else(|| excerpt(node), str::to_owned))
            };
            words.extend(part("times").map(|times| match times.as_str() {
                "1" => " once".to_owned(),
                times => format!(" {times} times"),
            }));
            words.extend(part("for").map(|time| format!(" for {}", lasting(&time))));
            words.extend(part("every").map(|time| format!(" every {}", lasting(&time))));
        }
        notes.uses.extend(self.uses_since(before));
        if let Some((until, told)) = node.member("until").and_then(|member| self.until(&member.value)) {
            words.push_str(&format!(" until {told}"));
            spec.until = Some(until);
        }
        notes.after.extend(self.uses_since(before));
        let (steps, inner) = self.round(fields, path, &mut words);
        spec.steps = steps;
        if spec.is_open {
            notes.timings.extend(timings_of(&inner).iter().map(|name| format!("{name}.intended")));
        }
        notes.inner = Inner::Rounds(inner);
        Some((Verb::Repeat(spec), words))
    }

    fn repeat_head(&mut self, head: &Fields<'_>, spec: &mut Repeat) {
        spec.times = head.get("times").and_then(|node| self.field(node, "10"));
        spec.lasting = head.get("for").and_then(|node| self.field(node, "\"30s\""));
        spec.every = head.get("every").and_then(|node| self.field(node, "\"100ms\""));
        if head.member("times").is_none() && head.member("for").is_none() && !head.has_unknown() {
            self.wrong(
                head.node.head(),
                "a repeat ends after some rounds or after a while; write \"times\": 10 or \"for\": \"30s\"",
            );
        }
        let no_times = matches!(&spec.times, Some(Field::Fixed(0)));
        let no_time = matches!(&spec.lasting, Some(Field::Fixed(lasting)) if lasting.is_zero());
        for key in [no_times.then_some("times"), no_time.then_some("for")].into_iter().flatten() {
            if let Some(node) = head.get(key) {
                let words = "a repeat without a round checks nothing; to leave it out, write \"if\": false";
                self.wrong(node.span, words);
            }
        }
        let until = head.member("until");
        let Some(schedule) = head.get("schedule") else { return };
        match schedule.text() {
            Some("closed") => {}
            Some("open") => {
                spec.is_open = true;
                if let Some(until) = until {
                    self.wrong(until.key_span, "an open schedule starts rounds before the last one has ended; with \"until\", leave \"schedule\" out");
                }
                if head.member("every").is_none() {
                    self.wrong(schedule.span, "an open schedule starts rounds on the clock; say how often, such as \"every\": \"100ms\"");
                } else if let (Some(Field::Fixed(every)), Some(node)) = (&spec.every, head.get("every"))
                    && every.is_zero()
                {
                    self.wrong(node.span, "an open schedule without a pause starts all rounds at once; write \"every\": \"1ms\" or more");
                }
            }
            _ => {
                let near = schedule.text().and_then(|text| nearest(text, ["open", "closed"]));
                let hint = near.map_or_else(
                    || "write \"open\" or \"closed\"".to_owned(),
                    |near| format!("did you mean {near:?}?"),
                );
                self.wrong(schedule.head(), format!("{} is not a schedule; {hint}", excerpt(schedule)));
            }
        }
    }

    /// One round: its steps, or the one step beside it.
    pub(super) fn round(&mut self, fields: &Fields<'_>, path: &str, words: &mut String) -> Steps {
        let (send, expect) = (fields.member("send"), fields.member("expect"));
        let inline = send.or(expect);
        match (fields.member("steps"), inline) {
            (Some(steps), None) => self.steps(&steps.value, &format!("{path}.steps")),
            (Some(steps), Some(inline)) => {
                let message = format!("{:?} is one round itself; put it into \"steps\"", inline.key);
                self.wrong(inline.key_span, message);
                self.steps(&steps.value, &format!("{path}.steps"))
            }
            (None, Some(inline)) => {
                let before = self.uses.len();
                let mut notes = StepNotes {
                    at: fields.node.head(),
                    needs_client: true,
                    falls_to_only: true,
                    has_seq: true,
                    ..StepNotes::default()
                };
                let done = if send.is_some() {
                    self.send(fields, &mut notes)
                } else {
                    self.expect(fields, &mut notes)
                };
                notes.uses = self.uses_since(before);
                let (verb, inner) = done.unwrap_or((Verb::Mark, String::new()));
                words.push_str(&format!(": {inner}"));
                let step = Step {
                    path: format!("{path}.{}", inline.key),
                    position: self.source.position(inline.key_span),
                    title: title(&inner),
                    // It is one step in the document, and the inner one fails.
                    note: fields.get("note").and_then(Node::text).map(str::to_owned),
                    mark: None,
                    condition: None,
                    exception: None,
                    on: None,
                    verb,
                    origin: self.reuse.origin(),
                };
                (vec![step], vec![notes])
            }
            (None, None) => {
                let what = if fields.node.member("ramp").is_some() { "ramp" } else { "repeat" };
                self.wrong(
                    fields.node.head(),
                    format!("a {what} needs a round; write \"steps\": [{{\"wait\": \"10ms\"}}], or \"send\""),
                );
                Steps::default()
            }
        }
    }

    pub(super) fn set(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let (values, names) = self.values(fields.get("set")?, "{\"room\": \"r-{{uuid}}\"}", notes);
        Some((Verb::Set(values), format!("set {names}")))
    }

    pub(super) fn keep(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let node = fields.get("keep")?;
        let (values, names) = self.values(node, "{\"is_known\": true}", notes);
        let members = node.members().unwrap_or_default();
        notes.keeps.extend(members.iter().map(|member| (member.key_span, member.key.clone())));
        Some((Verb::Keep(values), format!("keep {names}")))
    }

    /// Variables with their new values, and their names in a sentence.
    fn values(
        &mut self,
        node: &Node,
        example: &str,
        notes: &mut StepNotes,
    ) -> (Vec<(String, Document)>, String) {
        let mut values = Vec::new();
        for member in self.named(node, "variable", example) {
            notes.sets.push(member.key.clone());
            values.extend(self.document(&member.value).map(|document| (member.key.clone(), document)));
        }
        let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        (values, names)
    }

    pub(super) fn attempt(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let why = fields.get("why").and_then(|node| self.variable(node, "\"why\""));
        notes.sets.extend(why.clone());
        let mut inner = Vec::new();
        let mut read = |reader: &mut Self, key: &str| match fields.get(key) {
            Some(node) => {
                let (steps, notes) = reader.steps(node, &format!("{path}.{key}"));
                inner.extend(notes);
                steps
            }
            None => Vec::new(),
        };
        let (steps, otherwise) = (read(self, "try"), read(self, "else"));
        notes.inner = Inner::Once(inner);
        let words = match steps.as_slice() {
            [one] => format!("try: {}", one.title),
            several => format!("try {} steps", several.len()),
        };
        Some((Verb::Try(TrySpec { steps, otherwise, why }), words))
    }

    pub(super) fn bisect(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let name = fields.get("bisect").and_then(|node| self.variable(node, "\"size\""));
        notes.sets.extend(name.clone());
        let before = self.uses.len();
        let from: Option<Field<Size>> =
            fields.get("from").and_then(|node| self.field(node, "1024 or \"1KiB\""));
        let to: Option<Field<Size>> =
            fields.get("to").and_then(|node| self.field(node, "1048576 or \"1MiB\""));
        notes.uses.extend(self.uses_since(before));
        if let (Some(Field::Fixed(from)), Some(Field::Fixed(to)), Some(node)) = (&from, &to, fields.get("to"))
            && from.0 >= to.0
        {
            self.wrong(node.span, "\"to\" is the larger number; between these two there is nothing to find");
        }
        let (steps, inner) = match fields.get("steps") {
            Some(node) => self.steps(node, &format!("{path}.steps")),
            None => Steps::default(),
        };
        notes.inner = Inner::Rounds(inner);
        let (name, from, to) = (name?, from?, to?);
        let words = format!("find the largest {name}");
        Some((Verb::Bisect(BisectSpec { name, from, to, steps }), words))
    }

    pub(super) fn measure(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let metric = fields.get("measure").and_then(|node| self.metric(node));
        notes.timings.extend(metric.clone());
        let (steps, inner) = match fields.get("steps") {
            Some(node) => self.steps(node, &format!("{path}.steps")),
            None => Steps::default(),
        };
        notes.inner = Inner::Once(inner);
        let metric = metric?;
        let words = format!("measure {metric}");
        Some((Verb::Measure(metric, steps), words))
    }
}

fn size_complaint(value: &serde_json::Value) -> Option<String> {
    crate::base::unit::size_of(value).err().map(|error| error.to_string())
}

fn code_complaint(code: &u64) -> Option<String> {
    match u16::try_from(*code) {
        Ok(code) => SendableCode::new(code).is_none().then(|| ClosingError::Code(code).to_string()),
        Err(_) => Some(format!("{code} is above 65535, the largest code")),
    }
}
