//! From a path to its place, and back.
//!
//! The parts of the engine that read one value each name their mistakes by a JSON path from the value's own root. They do
//! not all write a path alike, so no path is read here: the tree is walked and each child's name compared as it is written.

use super::tree::{Node, Span, Tree};
use crate::base::words::cut;

/// How much of a name matchers show.
const LONGEST_NAME: usize = 80;

/// What a path led to.
pub(in crate::suite) struct Located<'n> {
    pub(in crate::suite) node: &'n Node,
    /// The key under which it stands, when it is a member.
    pub(in crate::suite) key: Option<Span>,
}

impl Node {
    /// What `path` names; of a path that leads out of the tree the last that is in it.
    pub(in crate::suite) fn locate(&self, path: &str) -> Located<'_> {
        let mut here = Located { node: self, key: None };
        let mut rest = path.strip_prefix('$').unwrap_or(path);
        'deeper: while !rest.is_empty() {
            match &here.node.tree {
                Tree::Object(members) => {
                    for member in members {
                        if let Some(after) = after_key(rest, &member.key) {
                            here = Located { node: &member.value, key: Some(member.key_span) };
                            rest = after;
                            continue 'deeper;
                        }
                    }
                }
                Tree::List(items) => {
                    let index = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
                    let found = index.and_then(|(index, after)| Some((index.parse::<usize>().ok()?, after)));
                    if let Some((item, after)) = found.and_then(|(i, after)| Some((items.get(i)?, after))) {
                        here = Located { node: item, key: None };
                        rest = after;
                        continue 'deeper;
                    }
                }
                _ => {}
            }
            break;
        }
        here
    }
}

/// What follows in a path after this name in any of its spellings.
fn after_key<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let ends = |rest: &&str| rest.is_empty() || rest.starts_with(['.', '[']);
    if let Some(rest) = path.strip_prefix('.') {
        return rest.strip_prefix(key).filter(ends);
    }
    let rest = path.strip_prefix("['")?;
    let escaped = key.replace('\\', "\\\\").replace('\'', "\\'");
    let shown = key.chars().take(LONGEST_NAME).collect::<String>().escape_debug().to_string();
    [escaped, shown].iter().find_map(|name| rest.strip_prefix(name.as_str())?.strip_prefix("']").filter(ends))
}

/// The path of the innermost value, or of the key, that these bytes belong to.
pub(super) fn path_to(root: &Node, at: Span) -> String {
    let mut path = "$".to_owned();
    let mut here = root;
    loop {
        // Children stand in the order of the text, so the last that begins before it is the only candidate.
        here = match &here.tree {
            Tree::Object(members) => {
                let before = members.partition_point(|member| member.key_span.start <= at.start);
                let Some(member) = before.checked_sub(1).map(|last| &members[last]) else { return path };
                if at.end > member.value.span.end.max(member.key_span.end) || at == here.span {
                    return path;
                }
                path.push_str(&shown(&member.key));
                &member.value
            }
            Tree::List(items) => {
                let before = items.partition_point(|item| item.span.start <= at.start);
                let Some(last) = before.checked_sub(1).filter(|last| at.end <= items[*last].span.end) else {
                    return path;
                };
                path.push_str(&format!("[{last}]"));
                &items[last]
            }
            _ => return path,
        };
    }
}

/// A key as one part of a path.
fn shown(key: &str) -> String {
    let is_plain = key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        && key.starts_with(|c: char| !c.is_numeric());
    let key = cut(key, LONGEST_NAME);
    if is_plain { format!(".{key}") } else { format!("['{}']", key.escape_debug()) }
}

/// Where in the notation of a string the byte `at` of its value is written.
pub(super) fn raw_offset(raw: &str, at: usize) -> usize {
    let (mut value, mut written) = (0, 0);
    while value < at
        && let Some(c) = raw[written..].chars().next()
    {
        let (takes, gives) = match (c, raw.as_bytes().get(written + 1)) {
            ('\\', Some(b'u')) => {
                let digits = raw.get(written + 2..written + 6).unwrap_or_default();
                match u32::from_str_radix(digits, 16).unwrap_or_default() {
                    0xD800..0xDC00 => (12, 4),
                    code => (6, char::from_u32(code).map_or(1, char::len_utf8)),
                }
            }
            ('\\', _) => (2, 1),
            (plain, _) => (plain.len_utf8(), plain.len_utf8()),
        };
        (value, written) = (value + gives, (written + takes).min(raw.len()));
    }
    written
}
