//! What must come, and what must not.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::reader::{Fields, Reader, by_path, excerpt};
use crate::matcher::Matcher;
use crate::suite::field::{Field, StatusSet};
use crate::suite::keys::{CLOSED, CONNECT_EXPECT, EXPECT, HTTP_EXPECT, ITEM, SILENCE};
use crate::suite::model::{
    Capture, ClosedSpec, ConnectSpec, Correlate, Expectation, HttpExpectation, Order, Silence,
};
use crate::suite::notes::StepNotes;
use crate::suite::source::{Node, Span, Tree, to_map};
use crate::suite::title::without;

const EXAMPLE: &str = "{\"subset\": {\"type\": \"joined\"}}";

/// A matcher and what it wants, in a few words.
pub(super) type Read = (Field<Rc<Matcher>>, String);

/// What is read, and what the title says of it.
pub(super) struct Worded<T> {
    pub(super) value: T,
    pub(super) words: String,
}

impl Reader<'_> {
    /// A matcher in an object of its own.
    pub(super) fn matcher(&mut self, node: &Node, takes_echo: bool) -> Option<Read> {
        self.matcher_of(node, node.to_value(), takes_echo)
    }

    /// A matcher that was made from a node.
    pub(super) fn matcher_of(&mut self, node: &Node, spec: Value, takes_echo: bool) -> Option<Read> {
        let document = self.document_of(node, &spec)?;
        let spec = document.literal().cloned().unwrap_or(spec);
        let matcher = self.matcher_mistakes(node, &spec)?;
        if !takes_echo && matcher.wants_echo() {
            let at = echo_in(node).unwrap_or(node.head());
            self.wrong(at, "\"echo\" works only in the expect of a send; nothing is sent here");
            return None;
        }
        let words = without(&matcher.expected(), &self.shared);
        if document.literal().is_some() {
            return Some((Field::Fixed(Rc::new(matcher)), words));
        }
        self.fold(node.head(), &document, |value| {
            let mistakes = Matcher::compile(value).err()?;
            Some(mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        });
        Some((Field::Open(document), words))
    }

    /// The matcher keys among others; none when there are none.
    fn matcher_beside(&mut self, fields: &Fields<'_>, takes_echo: bool) -> Option<Read> {
        let spec: Map<String, Value> = to_map(fields.matcher());
        if spec.is_empty() {
            return None;
        }
        self.matcher_of(fields.node, Value::Object(spec), takes_echo)
    }

    /// A text that must be equal, or a matcher.
    fn text_or_matcher(&mut self, node: &Node) -> Option<Read> {
        match &node.tree {
            Tree::Text(text) => self.matcher_of(node, json!({ "text": text }), false),
            Tree::Object(_) => self.matcher(node, false),
            _ => {
                self.mistyped(node, "a string or a matcher", "\"bye\" or {\"regex\": \"^b\"}");
                None
            }
        }
    }

    fn captures(&mut self, node: Option<&Node>, notes: &mut StepNotes) -> Vec<Capture> {
        let Some(node) = node else { return Vec::new() };
        let mut captures = Vec::new();
        for member in self.named(node, "capture", "{\"sid\": \"$.session\"}") {
            notes.captures.push(member.key.clone());
            if let Some(path) = self.captured(&member.value, notes) {
                captures.push(Capture { name: member.key.clone(), path });
            }
        }
        captures
    }

    /// Names and where their values are in the facts about a connection, which no message brought.
    fn captured_facts(&mut self, node: Option<&Node>, notes: &mut StepNotes) -> Vec<Capture> {
        let mut captures = Vec::new();
        let Some(node) = node else { return captures };
        for member in self.named(node, "capture", "{\"code\": \"$.code\"}") {
            notes.captures.push(member.key.clone());
            let path = self.query(&member.value);
            captures.extend(path.map(|path| Capture { name: member.key.clone(), path: by_path(path) }));
        }
        captures
    }

    /// An expectation of messages.
    pub(super) fn expectation(
        &mut self,
        node: &Node,
        follows_send: bool,
        notes: &mut StepNotes,
    ) -> Option<Worded<Expectation>> {
        let fields = self.fields(node, &EXPECT, EXAMPLE)?;
        let matcher = self.matcher_beside(&fields, follows_send);
        let has_matcher = fields.matcher().next().is_some();
        let order = self.order(&fields, follows_send, notes);
        let since = fields.member("since").and_then(|member| {
            let mark = self.label(&member.value, "a mark", "\"said\"")?;
            notes.since = Some((member.value.span, mark.clone()));
            Some(mark)
        });
        let times: Option<Field<u64>> = fields.get("times").and_then(|node| self.field(node, "3"));
        let check = fields.get("check").and_then(|node| self.matcher(node, follows_send));
        let (is_order, is_whole) = (
            fields.member("any_order").or(fields.member("in_order")),
            has_matcher
                || ["check", "capture", "times"].iter().any(|key| fields.member(key).is_some())
                || fields.get("correlate").is_some_and(|node| !matches!(node.tree, Tree::Bool(false))),
        );
        if let Some(order) = is_order {
            let beside = ["check", "capture", "times"].into_iter().find_map(|key| fields.member(key));
            let beside = fields.matcher().next().or(beside);
            if let Some(beside) = beside {
                let message = format!(
                    "{:?} belongs into the items of {:?}, each of which is one message",
                    beside.key, order.key
                );
                self.wrong(beside.key_span, message);
            }
        } else if !is_whole && !fields.has_unknown() {
            let message = "this expects nothing in particular; write {\"any\": true} for any message";
            self.wrong(node.head(), message);
        }
        if times.as_ref().and_then(Field::fixed) == Some(&0)
            && let Some(useless) = ["check", "capture", "metric"].iter().find_map(|key| fields.member(key))
        {
            let message =
                format!("with \"times\": 0 no message comes, so there is nothing for {:?}", useless.key);
            self.wrong(useless.key_span, message);
        }
        let metric = fields.get("metric").and_then(|node| self.metric(node));
        let expectation = Expectation {
            since,
            times,
            check: check.map(|(check, _)| check),
            capture: self.captures(fields.get("capture"), notes),
            within: fields.get("within").and_then(|node| self.field(node, "\"500ms\"")),
            correlate: fields.get("correlate").and_then(|node| self.correlate(node)),
            metric,
            order: None,
            matcher: None,
        };
        if is_order.is_none() && (follows_send || expectation.since.is_some() || expectation.metric.is_some())
        {
            notes.timings.push(expectation.metric.clone().unwrap_or_else(|| "rtt".to_owned()));
        }
        let words = match (&matcher, &order) {
            (_, Some(order)) => order.words.clone(),
            (Some((_, words)), None) => words.clone(),
            (None, None) => match &expectation.correlate {
                Some(Correlate::By(Field::Fixed(path))) => {
                    format!("the message with the same {}", member(path.words()))
                }
                Some(Correlate::By(Field::Open(_))) => "the message with the same value".to_owned(),
                Some(Correlate::Off) | None => "any message".to_owned(),
            },
        };
        let words = match &expectation.times {
            Some(Field::Fixed(0)) => format!("no {words}"),
            Some(Field::Fixed(times)) => format!("{times} times {words}"),
            _ => words,
        };
        let order = order.map(|order| order.value);
        let matcher = matcher.map(|(matcher, _)| matcher);
        Some(Worded { value: Expectation { matcher, order, ..expectation }, words })
    }

    fn order(
        &mut self,
        fields: &Fields<'_>,
        takes_echo: bool,
        notes: &mut StepNotes,
    ) -> Option<Worded<Order>> {
        let (any, strict) = (fields.member("any_order"), fields.member("in_order"));
        if let (Some(_), Some(second)) = (any, strict) {
            self.wrong(second.key_span, "\"in_order\" and \"any_order\" exclude each other");
        }
        let member = any.or(strict)?;
        let has_since = fields.member("since").is_some();
        let example = "[{\"text\": \"a\"}, {\"text\": \"b\"}]";
        let nodes = self.items(&member.value, "expectations", example);
        let (mut items, mut words) = (Vec::new(), Vec::new());
        for node in nodes {
            let Some(fields) = self.fields(node, &ITEM, EXAMPLE) else { continue };
            let matcher = self.matcher_beside(&fields, takes_echo);
            let is_said = fields.matcher().next().is_some()
                || ["check", "capture", "times"].iter().any(|key| fields.member(key).is_some());
            if !is_said && !fields.has_unknown() {
                self.wrong(
                    node.head(),
                    "this expects nothing in particular; write {\"any\": true} for any message",
                );
            }
            let times: Option<Field<u64>> = fields.get("times").and_then(|node| self.field(node, "3"));
            if let (Some(Field::Fixed(0)), Some(node)) = (&times, fields.get("times")) {
                self.wrong(node.span, "0 places are none; leave this one out, or use \"silence\"");
            }
            let metric = fields.get("metric").and_then(|node| self.metric(node));
            // Without a name it is a sample only where there is a moment to count from.
            if takes_echo || has_since || metric.is_some() {
                notes.timings.push(metric.clone().unwrap_or_else(|| "rtt".to_owned()));
            }
            words.push(matcher.as_ref().map_or_else(|| "any message".to_owned(), |(_, words)| words.clone()));
            items.push(Expectation {
                matcher: matcher.map(|(matcher, _)| matcher),
                times,
                check: fields
                    .get("check")
                    .and_then(|node| self.matcher(node, takes_echo))
                    .map(|(check, _)| check),
                capture: self.captures(fields.get("capture"), notes),
                metric,
                ..Expectation::default()
            });
        }
        let is_strict = any.is_none();
        let words = if is_strict {
            format!("in this order {}", words.join(", then "))
        } else {
            format!("in any order {}", words.join(" and "))
        };
        Some(Worded { value: Order { is_strict, items }, words })
    }

    /// Nothing must come.
    pub(super) fn silence(&mut self, node: &Node, notes: &mut StepNotes) -> Option<Worded<Silence>> {
        let fields = self.fields(node, &SILENCE, "{\"for\": \"1s\"}")?;
        let lasting = fields.get("for").and_then(|node| self.field(node, "\"1s\""));
        let matching = fields.get("matching").and_then(|node| self.matcher(node, false));
        let since = fields.member("since").and_then(|member| {
            let mark = self.label(&member.value, "a mark", "\"said\"")?;
            notes.since = Some((member.value.span, mark.clone()));
            Some(mark)
        });
        let what = matching.as_ref().map(|(_, words)| format!("nothing matching {words}"));
        let length = fields.get("for").map(|node| node.text().map_or_else(|| excerpt(node), str::to_owned));
        let words =
            format!("{} for {}", what.unwrap_or_else(|| "nothing".to_owned()), length.unwrap_or_default());
        let matching = matching.map(|(matching, _)| matching);
        Some(Worded { value: Silence { lasting: lasting?, matching, since }, words })
    }

    /// What an end must look like.
    pub(super) fn closed(&mut self, node: &Node, notes: &mut StepNotes) -> Option<Worded<ClosedSpec>> {
        let fields = self.fields(node, &CLOSED, "{\"code\": 1000}")?;
        let codes = fields.get("code").and_then(|node| {
            self.field_where(node, "1000 or [1000, 1001]", |codes: &StatusSet| {
                let code = codes.outside(&(1000..=4999))?;
                Some(format!("{code} is not a close code; close codes are 1000 to 4999"))
            })
        });
        let clean = fields.member("clean").and_then(|member| self.field(&member.value, "true"));
        if let (Some(Field::Fixed(codes)), Some(Field::Fixed(true)), Some(node)) =
            (&codes, &clean, fields.get("code"))
            && codes.is_only(1006)
        {
            let message =
                "1006 means that no close frame came, which is never clean; leave one of the two out";
            self.wrong(node.head(), message);
        }
        let reason = fields.get("reason").and_then(|node| self.text_or_matcher(node));
        let mut words = Vec::new();
        match &codes {
            Some(Field::Fixed(codes)) => words.push(format!("with {codes}")),
            Some(Field::Open(_)) => {
                words.extend(fields.get("code").map(|node| format!("with {}", excerpt(node))))
            }
            None => {}
        }
        match &clean {
            Some(Field::Fixed(true)) => words.push("cleanly".to_owned()),
            Some(Field::Fixed(false)) => words.push("uncleanly".to_owned()),
            _ => {}
        }
        words.extend(reason.as_ref().map(|(_, words)| format!("for {words}")));
        let value = ClosedSpec {
            codes,
            reason: reason.map(|(reason, _)| reason),
            clean,
            capture: self.captured_facts(fields.get("capture"), notes),
            within: fields.get("within").and_then(|node| self.field(node, "\"500ms\"")),
        };
        Some(Worded { value, words: words.join(" ") })
    }

    /// How a handshake must end.
    pub(super) fn connect_expect(
        &mut self,
        node: &Node,
        notes: &mut StepNotes,
    ) -> Option<Worded<ConnectSpec>> {
        let fields = self.fields(node, &CONNECT_EXPECT, "{\"protocol\": \"echo.v2\"}")?;
        let protocol = fields.get("protocol").and_then(|node| self.text_or_matcher(node));
        let extensions = fields.get("extensions").and_then(|node| self.text_or_matcher(node));
        let status = fields.get("status").and_then(|node| {
            self.field_where(node, "401 or [401, 403]", |status: &StatusSet| {
                let code = status.outside(&(100..=599))?;
                Some(format!("{code} is not a status; those are 100 to 599"))
            })
        });
        let headers = self.expected_headers(fields.get("headers"));
        let refused: Option<Field<bool>> = fields.get("refused").and_then(|node| self.field(node, "true"));
        let met = ["protocol", "extensions", "capture"].into_iter().find_map(|key| fields.member(key));
        if let (Some(Field::Fixed(true)), Some(member)) = (&refused, met) {
            let message = match member.key.as_str() {
                "protocol" => "a refused handshake chooses no subprotocol, so this can never be met",
                _ => "a refused handshake agrees on nothing, so this can never be met",
            };
            self.wrong(member.key_span, message);
        }
        let words = match (&refused, &protocol) {
            (Some(Field::Fixed(true)), _) => ", which must be refused".to_owned(),
            (_, Some((_, words))) => format!(" and gets a subprotocol: {words}"),
            _ => String::new(),
        };
        let value = ConnectSpec {
            protocol: protocol.map(|(protocol, _)| protocol),
            extensions: extensions.map(|(extensions, _)| extensions),
            capture: self.captured_facts(fields.get("capture"), notes),
            status,
            headers,
            refused,
            within: fields.get("within").and_then(|node| self.field(node, "\"1s\"")),
            ..ConnectSpec::default()
        };
        Some(Worded { value, words })
    }

    /// Header fields with what each must be.
    fn expected_headers(&mut self, node: Option<&Node>) -> Vec<(String, Field<Rc<Matcher>>)> {
        let Some(node) = node else { return Vec::new() };
        let mut headers = Vec::new();
        for member in self.named(node, "header field", "{\"server\": {\"contains\": \"nginx\"}}") {
            headers.extend(
                self.text_or_matcher(&member.value).map(|(matcher, _)| (member.key.clone(), matcher)),
            );
        }
        headers
    }

    /// What an HTTP call must bring back.
    pub(super) fn http_expect(
        &mut self,
        node: &Node,
        notes: &mut StepNotes,
    ) -> Option<Worded<HttpExpectation>> {
        let fields = self.fields(node, &HTTP_EXPECT, "{\"status\": 200}")?;
        let status = fields.get("status").and_then(|node| {
            self.field_where(node, "200 or [200, 202]", |status: &StatusSet| {
                let code = status.outside(&(200..=599))?;
                Some(format!("{code} is not a status that a call can end with; those are 200 to 599"))
            })
        });
        let matcher = self.matcher_beside(&fields, false);
        let mut words: Vec<String> = Vec::new();
        words.extend(fields.get("status").map(|node| match &status {
            Some(Field::Fixed(status)) => status.to_string(),
            _ => excerpt(node),
        }));
        words.extend(matcher.as_ref().map(|(_, words)| words.clone()));
        let url = fields.get("url").and_then(|node| self.text_or_matcher(node));
        words.extend(url.as_ref().map(|(_, words)| format!("an address like {words}")));
        let redirected: Option<Field<bool>> =
            fields.get("redirected").and_then(|node| self.field(node, "true"));
        words.extend(match &redirected {
            Some(Field::Fixed(false)) => Some("no redirect".to_owned()),
            Some(_) => Some("a redirect".to_owned()),
            None => None,
        });
        let until = fields.get("until").and_then(|node| self.matcher(node, false));
        let every = fields.member("every").and_then(|member| {
            if fields.member("until").is_none() {
                self.wrong(
                    member.key_span,
                    "\"every\" says how often to call \"until\" something holds; add \"until\"",
                );
            }
            self.field_where(&member.value, "\"500ms\"", |every: &Duration| {
                every
                    .is_zero()
                    .then(|| "calls without a pause are too many; write \"every\": \"100ms\"".to_owned())
            })
        });
        let value = HttpExpectation {
            status,
            url: url.map(|(url, _)| url),
            redirected,
            matcher: matcher.map(|(matcher, _)| matcher),
            capture: self.captures(fields.get("capture"), notes),
            within: fields.get("within").and_then(|node| self.field(node, "\"1s\"")),
            metric: fields.get("metric").and_then(|node| self.metric(node)),
            until: until.as_ref().map(|(until, _)| until.clone()),
            every,
        };
        let mut words = vec![words.join(" and ")];
        words.extend(until.map(|(_, words)| format!("until {words}")));
        Some(Worded { value, words: words.join(" ").trim_start().to_owned() })
    }
}

/// Where `echo` is asked for.
fn echo_in(node: &Node) -> Option<Span> {
    match &node.tree {
        Tree::Object(members) => members.iter().find_map(|member| match member.key.as_str() {
            "echo" => Some(member.key_span),
            "not" | "all_of" | "any_of" => echo_in(&member.value),
            _ => None,
        }),
        Tree::List(items) => items.iter().find_map(echo_in),
        _ => None,
    }
}

/// A path as people say it: a member of the top by its name alone.
fn member(path: &str) -> &str {
    path.strip_prefix("$.").filter(|name| !name.contains(['.', '['])).unwrap_or(path)
}
