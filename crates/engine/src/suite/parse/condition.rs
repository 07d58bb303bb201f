//! What a variable must be: in `if`, `unless`, `assert` and `until`.

use serde_json::{Map, Value};

use super::reader::{Fields, Reader, excerpt};
use crate::base::words::cut;
use crate::matcher::Matcher;
use crate::suite::keys::{COMPARISON, UNTIL};
use crate::suite::model::{Comparison, Until};
use crate::suite::notes::UseForm;
use crate::suite::source::{Node, to_map};
use crate::template::Template;

const EXAMPLE: &str = "{\"var\": \"state\", \"eq\": \"done\"}";

impl Reader<'_> {
    /// `{"var": "state", "eq": "done"}`, and what it says.
    pub(super) fn comparison(&mut self, node: &Node) -> Option<(Comparison, String)> {
        let fields = self.fields(node, &COMPARISON, EXAMPLE)?;
        let name = fields.get("var")?;
        self.compared(&fields, name, node)
    }

    /// What ends a repeat: the same, or a matcher on what a round got.
    pub(super) fn until(&mut self, node: &Node) -> Option<(Until, String)> {
        let fields = self.fields(node, &UNTIL, "{\"subset\": {\"state\": \"done\"}}")?;
        if let Some(name) = fields.get("var") {
            let (comparison, words) = self.compared(&fields, name, node)?;
            return Some((Until::Variable(Box::new(comparison)), words));
        }
        let spec = to_map(fields.matcher());
        if spec.is_empty() {
            if !fields.has_unknown() {
                let message = format!("this ends at nothing in particular; write {EXAMPLE} or a matcher");
                self.wrong(node.head(), message);
            }
            return None;
        }
        let (matcher, words) = self.matcher_of(node, Value::Object(spec), false)?;
        Some((Until::Got(matcher), words))
    }

    fn compared(&mut self, fields: &Fields<'_>, var: &Node, node: &Node) -> Option<(Comparison, String)> {
        let name = self.variable_name(var)?;
        let mut spec: Map<String, Value> = to_map(fields.matcher());
        if spec.is_empty() {
            if !fields.has_unknown() {
                let message = format!("this says nothing of {}; write \"eq\": 5 beside it", cut(&name, 60));
                self.wrong(node.head(), message);
            }
            return None;
        }
        // Operators without a path are about the value itself.
        let is_operator = |name: &String| Matcher::value_operators().any(|known| known == name);
        if !spec.contains_key("path") && spec.keys().any(is_operator) {
            spec.insert("path".to_owned(), "$".into());
        }
        // Who asks whether it exists may ask too early.
        let if_missing = match spec.get("exists") {
            Some(Value::Bool(wanted)) if spec.get("path").is_some_and(|path| path == "$") => {
                Some(!wanted && spec.len() == 2)
            }
            _ => None,
        };
        let before = self.uses.len();
        let value = self.document_of(var, &Value::String(format!("{{{{{name}}}}}")))?;
        let form = if if_missing.is_some() { UseForm::Asked } else { UseForm::Var };
        self.uses[before..].iter_mut().for_each(|used| used.form = form);
        let (matcher, _) = self.matcher_of(node, Value::Object(spec), false)?;
        let words = match matcher.fixed() {
            Some(matcher) => matcher.expected_of_value(),
            None => excerpt(node),
        };
        let words = match if_missing {
            Some(true) => format!("{name} has no value"),
            Some(false) if words == "there: true" => format!("{name} has a value"),
            _ => format!("{name} is {words}"),
        };
        Some((Comparison { name, value, matcher, if_missing }, words))
    }

    /// The name of something that has a value.
    fn variable_name(&mut self, node: &Node) -> Option<String> {
        let text = self.plain(node, "\"state\"")?;
        let bare = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
        let is_name = |text: &str| {
            !text.is_empty()
                && !text.contains(|c: char| c.is_whitespace() || "{}".contains(c))
                && Template::parse(&format!("{{{{{text}}}}}"))
                    .is_ok_and(|template| !template.names().is_empty())
        };
        if is_name(&text) {
            return Some(text);
        }
        let shown = cut(&text, 60);
        self.wrong(
            node.span,
            match is_name(bare) {
                true => format!("\"var\" names a variable without braces; write {bare:?}"),
                false => format!("{shown:?} is not the name of a variable; write \"state\", or \"bob.sid\" for what bob has captured"),
            },
        );
        None
    }
}
