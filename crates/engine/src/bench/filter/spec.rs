//! What a filter says, as plain data.

use serde::{Deserialize, Serialize};

use crate::Instant;

/// How the text of a filter is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilterMode {
    /// The content has this text in it.
    #[default]
    Text,
    /// A regular expression is found in the content.
    Regex,
    /// A JSONPath selects something, such as `$.a.b` or `$.type == "ping"`.
    Path,
}

impl FilterMode {
    /// How a text is read that is being typed, until a person chooses how: one that begins as a path is a path.
    pub fn of_typed(text: &str, now: Self) -> Self {
        let mut signs = text.trim_start().chars();
        let is_path = match (signs.next(), signs.next(), signs.next()) {
            (Some('$'), Some('.'), Some(next)) => {
                next.is_alphabetic() || matches!(next, '_' | '.' | '*' | '[')
            }
            (Some('$'), Some('['), Some(next)) => {
                next.is_ascii_digit() || matches!(next, '\'' | '"' | '?' | '*')
            }
            _ => false,
        };
        match (is_path, now) {
            (true, _) => Self::Path,
            (false, Self::Path) => Self::Text,
            (false, now) => now,
        }
    }
}

/// A filter as it is set in the page; unless set, everything passes.
///
/// What happened to a connection (`life`) is not a message: payload kinds do not cover it, and a bound on the size
/// takes messages only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSpec {
    /// What to look for; empty for anything.
    pub text: String,
    /// How `text` is read.
    pub mode: FilterMode,
    /// Whether `A` and `a` differ; of letters beyond ASCII they always do. Paths always tell them apart.
    pub match_case: bool,
    /// Whether sent messages pass.
    pub sent: bool,
    /// Whether received messages pass.
    pub received: bool,
    /// Whether passes what happened to a connection: connecting, opened, closing, closed, failed.
    pub life: bool,
    /// Whether text messages pass.
    pub texts: bool,
    /// Whether binary messages pass.
    pub binaries: bool,
    /// The connections whose frames pass; empty for all.
    pub connections: Vec<u32>,
    /// Connections whose frames do not pass. Those that are opened later pass.
    pub excluded_connections: Vec<u32>,
    /// The least size of a message in bytes.
    pub least_size: Option<u64>,
    /// The largest size of a message in bytes.
    pub most_size: Option<u64>,
    /// JSONPaths, mostly compared, and texts, which do not begin with `$`: a message for which one of them holds, or that has
    /// one of the texts, does not pass.
    pub excludes: Vec<String>,
    /// The first and the last moment of which frames pass; none for all.
    pub between: Option<(Instant, Instant)>,
}

impl FilterSpec {
    /// What it looks for, in a few words.
    pub fn words(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        if !self.text.trim().is_empty() {
            words.push(self.text.trim().to_owned());
        }
        words.extend(self.excludes.iter().map(|it| format!("not {it}")));
        let kinds = [
            (self.sent, "sent"),
            (self.received, "received"),
            (self.life, "events"),
            (self.texts, "text"),
            (self.binaries, "binary"),
        ];
        words.extend(kinds.iter().filter(|(passes, _)| !passes).map(|(_, name)| format!("no {name}")));
        let sizes = [("at least", self.least_size), ("at most", self.most_size)];
        words.extend(sizes.iter().filter_map(|(bound, size)| size.map(|size| format!("{bound} {size} B"))));
        if !self.connections.is_empty() {
            words.push("some connections".to_owned());
        }
        if !self.excluded_connections.is_empty() {
            words.push("without some connections".to_owned());
        }
        if words.is_empty() {
            words.push("everything".to_owned());
        }
        words.join(", ")
    }

    /// Whether `{{…}}` stands somewhere in it.
    pub fn names_variables(&self) -> bool {
        std::iter::once(&self.text).chain(&self.excludes).any(|text| text.contains("{{"))
    }

    /// The same filter with the values of variables in place of `{{name}}`, each written as its place needs it: as a part of a
    /// JSON text in a path, without a meaning of its own in a regular expression. Other braces stay.
    #[must_use]
    pub fn filled(&self, value: impl Fn(&str) -> Option<String>) -> Self {
        let fill = |text: &str, mode: FilterMode| {
            let (mut filled, mut rest) = (String::new(), text);
            while let Some((before, from)) = rest.split_once("{{") {
                filled.push_str(before);
                let found =
                    from.split_once("}}").and_then(|(name, after)| Some((value(name.trim())?, after)));
                let Some((value, after)) = found else {
                    filled.push_str("{{");
                    rest = from;
                    continue;
                };
                match mode {
                    FilterMode::Text => filled.push_str(&value),
                    FilterMode::Regex => filled.push_str(&regex_lite::escape(&value)),
                    FilterMode::Path => {
                        let quoted = serde_json::Value::from(value).to_string();
                        filled.push_str(&quoted[1..quoted.len() - 1]);
                    }
                }
                rest = after;
            }
            filled + rest
        };
        let exclude = |text: &String| match text.starts_with('$') {
            true => fill(text, FilterMode::Path),
            false => fill(text, FilterMode::Text),
        };
        Self {
            text: fill(&self.text, self.mode),
            excludes: self.excludes.iter().map(exclude).collect(),
            ..self.clone()
        }
    }

    /// What of it means the same at another time: all but the span of this recording.
    pub fn lasting(&self) -> Self {
        Self { between: None, ..self.normal() }
    }

    /// Whether everything passes.
    pub fn takes_all(&self) -> bool {
        self.normal() == Self::default()
    }

    /// The same filter with nothing in it that makes no difference: how an empty text is read.
    pub fn normal(&self) -> Self {
        match self.text.is_empty() {
            true => Self { mode: FilterMode::default(), match_case: false, ..self.clone() },
            false => self.clone(),
        }
    }
}

impl Default for FilterSpec {
    fn default() -> Self {
        Self {
            text: String::new(),
            mode: FilterMode::Text,
            match_case: false,
            sent: true,
            received: true,
            life: true,
            texts: true,
            binaries: true,
            connections: Vec::new(),
            excluded_connections: Vec::new(),
            least_size: None,
            most_size: None,
            excludes: Vec::new(),
            between: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_as_a_path_is_read_as_one() {
        use FilterMode::{Path, Regex, Text};
        for (typed, now, read) in [
            ("$.n == 4321", Text, Path),
            ("$['a b']", Text, Path),
            ("$[0].x", Regex, Path),
            ("$..id", Text, Path),
            ("$.", Text, Text),
            ("$.99 for all", Text, Text),
            ("$", Path, Text),
            ("tick", Path, Text),
            ("a+b", Regex, Regex),
        ] {
            assert_eq!(FilterMode::of_typed(typed, now), read, "{typed}");
        }
    }

    #[test]
    fn a_filter_is_told_in_words() {
        assert_eq!(FilterSpec::default().words(), "everything");
        let spec = FilterSpec {
            text: " $.type == \"tick\" ".to_owned(),
            excludes: vec!["$.n == 1".to_owned()],
            life: false,
            least_size: Some(9),
            connections: vec![1],
            ..FilterSpec::default()
        };
        assert_eq!(
            spec.words(),
            "$.type == \"tick\", not $.n == 1, no events, at least 9 B, some connections"
        );
        let spec = FilterSpec { excluded_connections: vec![2], ..FilterSpec::default() };
        assert_eq!(spec.words(), "without some connections");
    }

    #[test]
    fn the_value_of_a_variable_stands_in_place_of_its_name() {
        let filled = |mode, text: &str| {
            let excludes = vec![text.to_owned(), format!("$.a == \"{text}\"")];
            let spec = FilterSpec { text: text.to_owned(), mode, excludes, ..FilterSpec::default() };
            let filled = spec.filled(|name| (name == "token").then(|| "a.\"b".to_owned()));
            (filled.text, filled.excludes)
        };
        let (text, excludes) = filled(FilterMode::Text, "<{{ token }}>");
        assert_eq!(text, "<a.\"b>");
        assert_eq!(excludes, ["<a.\"b>", r#"$.a == "<a.\"b>""#]);
        assert_eq!(filled(FilterMode::Regex, "^{{token}}$").0, "^a\\.\"b$");
        assert_eq!(filled(FilterMode::Path, r#"$.t == "{{token}}""#).0, r#"$.t == "a.\"b""#);
        for text in ["{{other}}", "{{", "{{token", "a}}", "{{{token}"] {
            assert_eq!(filled(FilterMode::Text, text).0, text, "braces that are not a variable stay");
        }
    }
}
