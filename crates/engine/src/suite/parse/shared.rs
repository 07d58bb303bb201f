//! Members that nearly all messages of a suite have, such as `"jsonrpc":"2.0"`.
//!
//! Owns which they are; titles leave them out, so that what differs is seen.

use std::collections::HashMap;

use crate::matcher::excerpt;
use crate::suite::source::{Member, Node, Tree};

/// With fewer messages nothing is common to them.
const FEWEST: usize = 3;
/// A longer member is left to be cut.
const LONGEST: usize = 60;
/// How many messages are looked at.
const MOST: usize = 10_000;

#[derive(Default)]
struct Messages {
    count: usize,
    members: HashMap<String, usize>,
}

/// The members that nine of ten messages that are sent, or nine of ten that are expected, have; as compact JSON.
pub(super) fn members(root: &Node) -> Vec<String> {
    let (mut sent, mut expected) = (Messages::default(), Messages::default());
    walk(root, &mut sent, &mut expected);
    let mut shared: Vec<String> = [sent, expected]
        .into_iter()
        .filter(|messages| messages.count >= FEWEST)
        .flat_map(|messages| {
            let count = messages.count;
            messages.members.into_iter().filter(move |(_, found)| found * 10 >= count * 9)
        })
        .map(|(member, _)| member)
        .collect();
    shared.sort_unstable();
    shared.dedup();
    shared
}

fn walk(node: &Node, sent: &mut Messages, expected: &mut Messages) {
    match &node.tree {
        Tree::Object(members) => {
            for Member { key, value, .. } in members {
                match key.as_str() {
                    "send" => note(value.member("$json").map_or(value, |json| &json.value), sent),
                    "subset" | "equals" => note(value, expected),
                    _ => walk(value, sent, expected),
                }
            }
        }
        Tree::List(items) => items.iter().for_each(|item| walk(item, sent, expected)),
        _ => {}
    }
}

fn note(message: &Node, messages: &mut Messages) {
    let Tree::Object(members) = &message.tree else { return };
    if messages.count == MOST {
        return;
    }
    messages.count += 1;
    for Member { key, value, .. } in members {
        let is_plain = !matches!(value.tree, Tree::Object(_) | Tree::List(_));
        if is_plain && key.len() < LONGEST {
            let member = format!("{}:{}", excerpt(&key.as_str().into()), excerpt(&value.to_value()));
            if member.len() <= LONGEST {
                *messages.members.entry(member).or_default() += 1;
            }
        }
    }
}
