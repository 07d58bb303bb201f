//! What can be wrong with a placeholder, in words.

use super::WORDS;
use crate::base::nearest::nearest;
use crate::template::function::FUNCTIONS;

/// What is wrong with a placeholder, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct TemplateError {
    /// JSON path of the string, `$` when it stands alone.
    pub path: String,
    /// Byte offset of the placeholder in the string.
    pub at: usize,
    /// What is wrong.
    pub kind: TemplateErrorKind,
}

/// What can be wrong with a placeholder before any value is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateErrorKind {
    /// No `}}`.
    #[error(
        "a placeholder begins here and has no end; close it with }}}}, or write \\{{{{ for the two braces themselves"
    )]
    Unclosed,
    /// `{{upper {{name}}}}`
    #[error(
        "a placeholder stands in another one; inside of one a name has no braces, such as {{{{upper name}}}}"
    )]
    Nested,
    /// A quotation mark without its partner.
    #[error("a quoted word in this placeholder has no end")]
    UnclosedQuote,
    /// Nothing between the braces.
    #[error("an empty placeholder; name a variable, or write \\{{{{ for the two braces themselves")]
    Empty,
    /// Not a name.
    #[error("{written:?} is not a valid name; {rule}", written = .0, rule = name_rule(.0))]
    NotAName(String),
    /// A call of something that does not exist.
    #[error("no function is called {name:?}{}", near_or_all(.nearest))]
    UnknownWord {
        /// What was written.
        name: String,
        /// The nearest word that takes something.
        nearest: Option<String>,
    },
    /// `{{n + 1}}` or `{{n == 6}}`.
    #[error(
        "a placeholder has no operators; write a name alone, such as {{{{n}}}}, or a function, such as {{{{add n 1}}}}, \
         {{{{sub n 1}}}} or {{{{mul n 2}}}}"
    )]
    Arithmetic,
    /// `{{now+5}}`.
    #[error("{0:?} is not a time from now; write {{{{now+5s}}}}, {{{{now-500ms}}}} or {{{{iso+1h}}}}")]
    Moment(String),
    /// `{{name ?? 5}}`.
    #[error(
        "only the environment takes a default after ??: write {{{{env.NAME ?? 5}}}}, or give {0:?} its first value in \"vars\""
    )]
    DefaultOfVariable(String),
    /// A word with too much or too little after it.
    #[error("{word} is written as {usage}")]
    Usage {
        /// Such as `random`.
        word: &'static str,
        /// Such as `{{random 1 100}}`.
        usage: &'static str,
    },
    /// `{{random 100 1}}`.
    #[error("{low} is above {high}; write {{{{random {high} {low}}}}}")]
    EmptyRange {
        /// The first number.
        low: i64,
        /// The second number.
        high: i64,
    },
    /// A name that the suite does not define.
    #[error("no variable is called {name:?}{}", did_you_mean(.nearest))]
    UnknownVariable {
        /// What was written.
        name: String,
        /// The nearest variable or word.
        nearest: Option<String>,
    },
    /// A document that is nested too deeply to walk.
    #[error("nested deeper than {0} levels")]
    TooDeep(usize),
}

pub(in crate::template) fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// What a placeholder may begin with and have something after it, or make a value of.
pub(super) fn callable() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.into_iter().chain(["env", "iso", "now", "pick", "random", "uuid"])
}

fn near_or_all(nearest: &Option<String>) -> String {
    let all = || format!("; the functions are {}", callable().collect::<Vec<_>>().join(", "));
    if nearest.is_some() { did_you_mean(nearest) } else { all() }
}

impl TemplateErrorKind {
    /// The complaint about a variable that is not among `known`.
    pub fn unknown_variable<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let nearest = nearest(name, known.into_iter().chain(WORDS)).map(str::to_owned);
        Self::UnknownVariable { name: name.to_owned(), nearest }
    }
}

/// What a name is, or how what was written is meant.
fn name_rule(written: &str) -> String {
    match written.split_once('(') {
        Some(("", _)) => {
            "a function takes names and values alone; give the inner result a name with \"set\" first"
                .to_owned()
        }
        Some((function, rest)) if FUNCTIONS.contains(&function) => {
            let inner = rest.trim_end_matches(')').replace(',', " ");
            format!("a function is written without brackets: {{{{{function} {}}}}}", inner.trim())
        }
        _ => "a name is a letter or _, then letters, digits, _ and -".to_owned(),
    }
}
