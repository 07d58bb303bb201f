//! What the traffic so far tells about its messages.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::members::{Found, members, name_of, told, value_at};
use super::{Member, Summary, ValueKind};
use crate::base::sort;

/// Messages that are learnt from one by one; after them every [`THEN_ONE_OF`]th.
const ALL_OF_THE_FIRST: u64 = 256;
const THEN_ONE_OF: u64 = 32;
/// Larger messages are neither learnt from nor summed up: reading them would take longer than drawing the rest.
const LARGEST: usize = 64 << 10;
/// Different paths, types, and values that are counted. A member with more values than that varies.
const MOST_PATHS: usize = 256;
const MOST_TYPES: usize = 64;
const MOST_VALUES: usize = 24;
/// At most this many members can be the type, one after the other, as in a protocol that asks by `op` and answers by `type`.
const MOST_TYPE_MEMBERS: usize = 3;
/// Messages of a type that must have come before one of its members counts as the same in all.
const ENOUGH: u64 = 3;

/// Names of members that often hold the type, the likeliest first.
const USUAL: [&str; 14] = [
    "type",
    "event",
    "op",
    "method",
    "action",
    "kind",
    "cmd",
    "command",
    "msg",
    "msgtype",
    "msg_type",
    "eventtype",
    "t",
    "e",
];

/// The kind of a message that holds one of these is an error, in any case of its letters.
pub const ERROR_WORDS: [&str; 5] = ["error", "fail", "exception", "reject", "nack"];

/// What was learnt from the traffic.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    seen: u64,
    learnt: u64,
    paths: BTreeMap<String, Values>,
    /// For each type the values of its members.
    types: BTreeMap<String, Kind>,
    /// The members that hold the type, the first that a message has.
    type_members: Vec<String>,
    /// The member that a person has chosen.
    chosen: Option<String>,
    /// The members that have a column.
    columns: Vec<String>,
}

/// The values that a member had.
#[derive(Clone, Debug, Default)]
struct Values {
    /// Messages that have the member.
    count: u64,
    /// Messages in which it is a short text.
    texts: u64,
    hashes: Vec<u64>,
    is_beyond: bool,
}

#[derive(Clone, Debug, Default)]
struct Kind {
    count: u64,
    members: BTreeMap<String, Values>,
}

impl Values {
    fn learn(&mut self, found: &Found) {
        self.count += 1;
        let is_short = found.value.len() <= 40 && !found.value.is_empty() && !found.value.contains(' ');
        self.texts += u64::from(found.kind == ValueKind::Text && is_short);
        let mut hasher = DefaultHasher::new();
        found.value.hash(&mut hasher);
        let hash = hasher.finish();
        if !self.hashes.contains(&hash) {
            if self.hashes.len() < MOST_VALUES {
                self.hashes.push(hash);
            } else {
                self.is_beyond = true;
            }
        }
    }

    fn varies(&self) -> bool {
        self.hashes.len() > 1
    }
}

impl Traffic {
    /// Looks at a message; says whether rows that were summed up before may look different now.
    pub fn learn(&mut self, text: &[u8]) -> bool {
        self.seen += 1;
        if self.seen > ALL_OF_THE_FIRST && !self.seen.is_multiple_of(THEN_ONE_OF) {
            return false;
        }
        let Some(found) = read(text) else { return false };
        self.learnt += 1;
        for it in &found {
            if let Some(values) = room(&mut self.paths, &it.path, MOST_PATHS) {
                values.learn(it);
            }
        }
        let before = self.type_members.clone();
        // Later the answer hardly changes, and rows that keep changing cannot be read.
        if self.learnt <= ALL_OF_THE_FIRST || self.type_members.is_empty() {
            self.find_type_members();
        }
        // One more member that holds types of other messages changes no type that was known.
        if self.type_members.first() != before.first() {
            self.types.clear();
        }
        let type_name = self.type_of(&found).map(|it| it.value.clone()).unwrap_or_default();
        let Some(kind) = room(&mut self.types, &type_name, MOST_TYPES) else {
            return before != self.type_members;
        };
        kind.count += 1;
        let mut is_news = before != self.type_members || kind.count == ENOUGH;
        for it in &found {
            if let Some(values) = room(&mut kind.members, &it.path, MOST_PATHS) {
                let varied = values.varies();
                values.learn(it);
                is_news |= values.varies() != varied;
            }
        }
        is_news
    }

    /// The member that a person takes for the type; none to find it. Says whether that is another one than before.
    pub fn choose(&mut self, path: Option<String>) -> bool {
        let is_other = self.chosen != path;
        if is_other {
            self.chosen = path;
            self.types.clear();
            self.find_type_members();
        }
        is_other
    }

    /// The members that have a column of their own; says whether those are others than before.
    pub fn set_columns(&mut self, paths: Vec<String>) -> bool {
        let is_other = self.columns != paths;
        self.columns = paths;
        is_other
    }

    /// The members that messages have, those of most messages first.
    pub fn members(&self, most: usize) -> Vec<String> {
        let mut members: Vec<_> = self.paths.iter().map(|(path, values)| (path, values.count)).collect();
        sort::sort_by_key(&mut members, |(_, count)| std::cmp::Reverse(*count));
        members.into_iter().take(most).map(|(path, _)| path.clone()).collect()
    }

    /// The members that hold the type, in the order in which they are tried.
    pub fn type_members(&self) -> &[String] {
        &self.type_members
    }

    /// The members that could hold the type, the likeliest first.
    pub fn candidates(&self) -> Vec<String> {
        let scored = self.paths.iter().filter_map(|(path, values)| Some((path, self.score(path, values)?)));
        let mut candidates: Vec<_> = scored.collect();
        sort::sort_by(&mut candidates, |a, b| b.1.total_cmp(&a.1));
        candidates.into_iter().map(|(path, _)| path.clone()).collect()
    }

    /// All values of a message but its type, whether a row shows them or not; none where a row has no summary.
    pub fn values(&self, text: &[u8]) -> Option<Vec<(ValueKind, String)>> {
        let found = read(text)?;
        let type_path = self.type_of(&found).map(|it| it.path.clone());
        let rest = found.into_iter().filter(|it| Some(&it.path) != type_path.as_ref());
        Some(rest.map(|it| (it.kind, it.value)).collect())
    }

    /// What a row says of a message; none for anything but a JSON object or array, and for a large one.
    pub fn sum_up(&self, text: &[u8]) -> Option<Summary> {
        let found = read(text)?;
        let type_path = self.type_of(&found).map(|it| it.path.clone());
        let type_name = self.type_of(&found).map(|it| it.value.clone());
        let kind = self.types.get(type_name.as_deref().unwrap_or_default());
        let varies = |path: &str| {
            let Some(kind) = kind.filter(|kind| kind.count >= ENOUGH) else { return true };
            // A member that is missing in some of them tells them apart, too.
            kind.members.get(path).is_none_or(|values| values.varies() || values.count < kind.count)
        };
        let is_error = type_name.as_deref().is_some_and(names_an_error) || found.iter().any(is_error_member);
        let is_twice = |name: &str| found.iter().filter(|it| it.name == name).count() > 1;
        // What every message says tells none of them apart. Alone it is better than an empty row.
        let says_nothing = |it: &Found| {
            self.learnt >= ENOUGH
                && self
                    .paths
                    .get(&it.path)
                    .is_some_and(|values| values.count == self.learnt && !values.varies())
        };
        let is_left = |it: &Found| Some(&it.path) != type_path.as_ref() && !self.columns.contains(&it.path);
        let says_more = !self.columns.is_empty() || found.iter().any(|it| is_left(it) && !says_nothing(it));
        let columns = self.columns.iter().filter_map(|path| column(text, &found, path)).collect();
        let members: Vec<Member> = found
            .iter()
            .filter(|it| is_left(it) && !(says_more && says_nothing(it)))
            .map(|it| Member {
                name: if is_twice(&it.name) {
                    it.path.trim_start_matches("$.").to_owned()
                } else {
                    it.name.clone()
                },
                path: it.path.clone(),
                value: it.value.clone(),
                kind: it.kind,
                varies: varies(&it.path),
            })
            .collect();
        // One that ends with the value of another one, as the channel `ticks.AAPL` beside the symbol `AAPL`, says little more.
        let is_echo = |member: &Member| {
            member.kind == ValueKind::Text
                && found
                    .iter()
                    .any(|it| it.kind == ValueKind::Text && ends_with_part(&member.value, &it.value))
        };
        // Asked once each: a sort asks again and again.
        let mut keyed: Vec<_> = members.into_iter().map(|member| (is_echo(&member), member)).collect();
        sort::sort_by_key(&mut keyed, |(is_echo, member)| (!member.varies, *is_echo));
        let members = keyed.into_iter().map(|(_, member)| member).collect();
        Some(Summary { type_name, type_path, is_error, columns, members })
    }

    fn type_of<'a>(&self, found: &'a [Found]) -> Option<&'a Found> {
        self.type_members.iter().find_map(|path| found.iter().find(|it| &it.path == path))
    }

    fn find_type_members(&mut self) {
        self.type_members = match &self.chosen {
            Some(chosen) => vec![chosen.clone()],
            None => {
                let mut found = self.candidates();
                // A member with a usual name is worth more than any that only looks like a type.
                if found.iter().any(|path| usual(path).is_some()) {
                    found.retain(|path| usual(path).is_some());
                }
                found.truncate(MOST_TYPE_MEMBERS);
                found
            }
        };
    }

    fn score(&self, path: &str, values: &Values) -> Option<f64> {
        let usual = usual(path);
        let is_short_text = values.texts * 10 >= values.count * 9;
        let different = values.hashes.len() as f64;
        // A value of its own in each message is an id; few values in many messages are a type.
        let are_few = !values.is_beyond && different <= (values.count as f64 / 2.0).max(1.0);
        if !is_short_text || values.is_beyond || (usual.is_none() && (!are_few || values.count < 4)) {
            return None;
        }
        let share = values.count as f64 / self.learnt.max(1) as f64;
        let depth = path.matches(['.', '[']).count() as f64;
        let is_usual = usual.map_or(0.0, |place| 2.0 - place as f64 / 10.0);
        let tells_apart = if different > 1.0 { 0.5 } else { 0.0 };
        let score = share + is_usual + tells_apart - (depth - 1.0);
        // A member without a usual name has to be in many messages, and to tell them apart.
        (usual.is_some() || (share >= 0.5 && different > 1.0)).then_some(score)
    }
}

/// Which of the usual names a member has.
fn usual(path: &str) -> Option<usize> {
    let name = path.rsplit(['.', '[']).next().unwrap_or_default().trim_end_matches(']').to_ascii_lowercase();
    USUAL.iter().position(|usual| *usual == name)
}

/// The member at a path, which may be deeper than a row looks by itself.
fn column(text: &[u8], found: &[Found], path: &str) -> Option<Member> {
    let (kind, value) = match found.iter().find(|it| it.path == path) {
        Some(found) => (found.kind, found.value.clone()),
        None => told(value_at(std::str::from_utf8(text).ok()?, path)?),
    };
    Some(Member { name: name_of(path), path: path.to_owned(), value, kind, varies: true })
}

/// Whether a value ends with another one as a part of its own.
fn ends_with_part(value: &str, part: &str) -> bool {
    let before = value.strip_suffix(part).and_then(|before| before.chars().next_back());
    part.len() > 1 && before.is_some_and(|c| !c.is_alphanumeric())
}

/// The entry of a name, unless there are too many.
fn room<'m, V: Default>(map: &'m mut BTreeMap<String, V>, name: &str, most: usize) -> Option<&'m mut V> {
    if !map.contains_key(name) {
        if map.len() >= most {
            return None;
        }
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name)
}

fn read(text: &[u8]) -> Option<Vec<Found>> {
    if text.len() > LARGEST {
        return None;
    }
    members(std::str::from_utf8(text).ok()?)
}

fn names_an_error(type_name: &str) -> bool {
    let name = type_name.to_ascii_lowercase();
    ERROR_WORDS.iter().any(|it| name.contains(it))
}

/// `"error": {...}`, as JSON-RPC reports one.
fn is_error_member(found: &Found) -> bool {
    let is_error = found.path == "$.error" || found.path.starts_with("$.error.");
    is_error && !matches!(found.value.as_str(), "null" | "false" | "" | "[]" | "{}")
}

#[cfg(test)]
mod tests;
