//! The suites: those that ship and one's own.
//!
//! Owns what is listed of each. It refuses to run any. A suite that cannot be read is listed all the same: nothing that
//! a person wrote is lost because it has a mistake.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::engine::Payload;
use crate::engine::base::payload::visible;
use crate::engine::base::words::{count, cut};
use crate::engine::run::{Options, Plan};
use crate::engine::suite::assist::outline_with;
use crate::engine::suite::shipped::SHIPPED;
use crate::engine::suite::{FileKind, Files, Position, Problem, Suite, path_from};
use crate::wire::checks::{Card, Examined, Mistake, OwnSuite};

/// All suites.
#[derive(Default)]
pub(super) struct Library {
    own: BTreeMap<String, Own>,
    /// Of those that ship: reading them all takes a while, and they never change.
    shipped: Vec<Card>,
}

struct Own {
    suite: OwnSuite,
    card: Card,
    /// What its document calls itself, or called itself when that could be read.
    name: String,
}

impl Library {
    /// Takes a suite in, and says how it is kept. One without a title keeps the one that it has; a title that is the name in the
    /// document follows that name.
    pub fn add(&mut self, mut suite: OwnSuite) -> OwnSuite {
        let before = self.own.remove(&suite.id);
        let (before, was) = before.map(|it| (it.suite, it.name)).unwrap_or_default();
        let title = before.title;
        if suite.file.is_empty() {
            suite.file = before.file;
        }
        let files = self.files_from(&suite.file, &suite.text);
        let said = examine(&suite.text, &files).name;
        let name = if said.trim().is_empty() { was.clone() } else { said };
        if suite.title.is_empty() {
            let follows = title.is_empty() || is_title_of(&title, &was);
            suite.title = if follows && name != was { self.free_title(&name) } else { title };
        }
        let card =
            Card { file: suite.file.clone(), ..card(&suite.id, &suite.title, &suite.text, &files, false) };
        self.own.insert(suite.id.clone(), Own { suite: suite.clone(), card, name });
        self.look_again();
        suite
    }

    /// The name, with a number behind it when another suite has it.
    fn free_title(&self, name: &str) -> String {
        let name = if name.is_empty() { "suite" } else { name };
        let is_taken = |title: &String| {
            SHIPPED.iter().any(|(shipped, _)| shipped == title)
                || self.own.values().any(|it| it.suite.title == *title)
        };
        let numbered = (2..).map(|number| format!("{name} {number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|it| !is_taken(it)).expect("numbers never end")
    }

    pub fn remove(&mut self, id: &str) {
        self.own.remove(id);
        self.look_again();
    }

    /// What a suite imports, found among the others.
    pub fn files(&self, suite: &str, text: &str) -> Files {
        self.files_from(self.file_of(suite), text)
    }

    fn files_from(&self, from: &str, text: &str) -> Files {
        Files::gather(text, &mut |path, kind| self.named(from, path, kind))
    }

    fn file_of(&self, suite: &str) -> &str {
        self.own.get(suite).map_or("", |it| it.suite.file.as_str())
    }

    /// The suite that an import names.
    pub fn imported(&self, path: &str) -> Option<String> {
        self.found("", path).map(|it| it.suite.text.clone())
    }

    /// The id of the suite that another one imports by this path.
    pub fn find(&self, suite: &str, path: &str) -> Option<String> {
        self.found(self.file_of(suite), path).map(|it| it.suite.id.clone())
    }

    /// Names by which a suite may import the others: their files, seen from its own, or their titles with an ending, as the command
    /// wants it.
    pub fn importable(&self, text: &str) -> Vec<String> {
        let from = self.own.values().find(|it| it.suite.text == text).map_or("", |it| it.suite.file.as_str());
        let others = self.own.values().filter(|it| it.suite.text != text);
        let mut names: Vec<String> = others.filter_map(|it| name_for_others(&it.suite, from)).collect();
        names.sort();
        names
    }

    fn named(&self, from: &str, path: &str, kind: FileKind) -> Result<Payload, String> {
        let instead = match kind {
            FileKind::Import => None,
            FileKind::Rows => Some(", or write the rows into it"),
            FileKind::Body => Some(""),
        };
        if let Some(instead) = instead {
            return Err(format!("the page reads no files; run the suite with sockscope check{instead}"));
        }
        self.found(from, path).map(|it| Payload::Text(it.suite.text.clone())).ok_or_else(|| {
            let mut names: Vec<String> =
                self.own.values().filter_map(|it| name_for_others(&it.suite, from)).collect();
            names.sort();
            let has = match names.len().checked_sub(MOST_NAMES) {
                None | Some(0) if names.is_empty() => "none of your own".to_owned(),
                None | Some(0) => names.iter().map(|name| cut(name, 60)).collect::<Vec<_>>().join(", "),
                Some(more) => {
                    let first: Vec<_> = names[..MOST_NAMES].iter().map(|name| cut(name, 60)).collect();
                    format!("{} and {} more", first.join(", "), count(more as u64))
                }
            };
            let stem = stem_of(file_name_of(path));
            format!("the library has no such file; it has {has}. Import the file, or give a suite the name {stem:?}")
        })
    }

    /// The suite that a path means in a suite of this file: the file there; else one whose path ends alike, the more the better
    /// and the newer the better; else a suite of this name.
    fn found(&self, from: &str, path: &str) -> Option<&Own> {
        let whole = path_from(from, path).ok();
        let with_file = || self.own.values().filter(|it| !it.suite.file.is_empty());
        let exact = with_file().rfind(|it| Some(&it.suite.file) == whole.as_ref());
        let alike = || {
            let others = with_file().filter(|it| it.suite.file != from);
            others.max_by_key(|it| alike(&it.suite.file, path)).filter(|it| alike(&it.suite.file, path) > 0)
        };
        let file = file_name_of(path);
        let is_it = |it: &&Own, name: &str| it.suite.title == name || it.name == name;
        let titled = || {
            let names = [path, file, stem_of(file)];
            names.iter().find_map(|name| self.own.values().find(|it| is_it(it, name)))
        };
        exact.or_else(alike).or_else(titled)
    }

    /// What an import says may have changed, and with it the suites that import it.
    fn look_again(&mut self) {
        let importing: Vec<String> = self
            .own
            .iter()
            .filter(|(_, it)| it.suite.text.contains("\"import\""))
            .map(|(id, _)| id.clone())
            .collect();
        for id in importing {
            let Some(suite) = self.own.get(&id).map(|it| it.suite.clone()) else { continue };
            let files = self.files_from(&suite.file, &suite.text);
            let card = Card { file: suite.file, ..card(&id, &suite.title, &suite.text, &files, false) };
            if let Some(own) = self.own.get_mut(&id) {
                own.card = card;
            }
        }
    }

    pub fn text(&self, id: &str) -> Option<&str> {
        let shipped = || SHIPPED.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
        self.own.get(id).map(|it| it.suite.text.as_str()).or_else(shipped)
    }

    /// Those that ship, in their order, then one's own by title.
    pub fn cards(&mut self) -> Vec<Card> {
        if self.shipped.is_empty() {
            self.shipped =
                SHIPPED.iter().map(|(name, text)| card(name, name, text, &Files::default(), true)).collect();
        }
        let mut own: Vec<_> = self.own.values().map(|it| it.card.clone()).collect();
        own.sort_by(|a, b| a.title.cmp(&b.title));
        self.shipped.iter().cloned().chain(own).collect()
    }
}

/// How many names stand in a message at most.
const MOST_NAMES: usize = 8;

fn file_name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem_of(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// How many parts at the end of two paths are the same.
fn alike(one: &str, other: &str) -> usize {
    one.rsplit('/').zip(other.rsplit('/')).take_while(|(one, other)| one == other).count()
}

/// By what a suite in this file may import another one; none when that has neither a file nor a title that can be a path.
fn name_for_others(suite: &OwnSuite, from: &str) -> Option<String> {
    if suite.file.is_empty() {
        let can_be = !suite.title.is_empty() && !suite.title.contains(['/', '\\']);
        return can_be.then(|| format!("{}.json", suite.title));
    }
    if suite.file == from {
        return None;
    }
    let (mut from, mut file) = (from, suite.file.as_str());
    while let (Some((folder, rest)), Some((same, behind))) = (from.split_once('/'), file.split_once('/'))
        && folder == same
    {
        (from, file) = (rest, behind);
    }
    Some("../".repeat(from.matches('/').count()) + file)
}

/// Whether a title is the name, or the name with a number behind it.
fn is_title_of(title: &str, name: &str) -> bool {
    let rest = title.strip_prefix(name).map(|rest| rest.strip_prefix(' ').unwrap_or(rest));
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The name in a document that cannot be read as a whole.
fn said_name(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("\"suite\"")?;
    let (name, _) = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split_once('"')?;
    (!name.trim().is_empty() && !name.contains(['\n', '\\'])).then(|| name.to_owned())
}

/// A title is longer than this by mistake or by malice; a list of megabytes takes seconds to draw.
const LONGEST_TITLE: usize = 120;

fn card(id: &str, title: &str, text: &str, files: &Files, is_shipped: bool) -> Card {
    let examined = examine(text, files);
    let mut tags: Vec<String> = Vec::new();
    for tag in examined.checks.iter().flat_map(|check| &check.tags) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    Card {
        id: id.to_owned(),
        title: title.chars().take(LONGEST_TITLE).map(visible).collect(),
        about: examined.about,
        tags,
        checks: rows_of(text, files).unwrap_or(examined.checks.len()),
        is_shipped,
        problems: examined.mistakes.len(),
        file: String::new(),
    }
}

/// How many checks would run, one for each row, where that is known without typed values.
fn rows_of(text: &str, files: &Files) -> Option<usize> {
    // What the page fills in itself; which server it is makes no rows.
    let env = ["WS_URL", "API_URL", "PROXY_URL", "TOXICS_URL"]
        .map(|name| (name.to_owned(), "ws://localhost".to_owned()));
    let options = Options { env: env.into(), ..Options::default() };
    Plan::new(Rc::new(Suite::parse_with(text, files).ok()?), options, 0).ok().map(|plan| plan.count())
}

/// What is in a text.
pub(super) fn examine(text: &str, files: &Files) -> Examined {
    match outline_with(text, files) {
        Ok(outline) => Examined {
            name: outline.name,
            about: outline.about,
            variables: outline.vars,
            checks: outline.checks,
            mistakes: Vec::new(),
        },
        Err(problems) => Examined {
            name: said_name(text).unwrap_or_default(),
            mistakes: problems.iter().map(mistake).collect(),
            ..Examined::default()
        },
    }
}

pub(super) fn mistake(problem: &Problem) -> Mistake {
    // Of an import the page shows where it is imported.
    let (from, to, message) = match &problem.file {
        Some(file) => {
            let message = format!("{}:{}:{}: {}", file.name, problem.line, problem.column, problem.message);
            (file.from, file.to, message)
        }
        None => {
            let from = Position { line: problem.line, column: problem.column };
            (from, problem.end, problem.message.clone())
        }
    };
    Mistake { line: from.line, column: from.column, end_line: to.line, end_column: to.column, message }
}
