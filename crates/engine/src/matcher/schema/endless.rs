//! References that lead back to themselves.
//!
//! Owns finding a schema that, for some value, is checked within its own check of that value. Circles through `properties`
//! or `items` are fine, since values end. Dynamic references are left to the bound of the check.

use super::node::{Keyword, Node, NodeId};

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// A node with a reference on a circle, when there is a circle. A stack of its own, because a chain can be as long as the
/// document.
pub(super) fn circle(nodes: &[Node]) -> Option<NodeId> {
    let mut states = vec![State::New; nodes.len()];
    for start in 0..nodes.len() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::Open;
        let mut path = vec![(start, next_of(&nodes[start]))];
        while let Some((node, next)) = path.last_mut() {
            let Some(next) = next.pop() else {
                states[*node] = State::Done;
                path.pop();
                continue;
            };
            match states[next] {
                State::Done => {}
                State::New => {
                    states[next] = State::Open;
                    path.push((next, next_of(&nodes[next])));
                }
                State::Open => {
                    let circle = path.iter().skip_while(|(node, _)| *node != next);
                    // Schemas within each other cannot form a circle, so a reference is on it.
                    return circle.map(|(node, _)| *node).find(|node| has_reference(&nodes[*node]));
                }
            }
        }
    }
    None
}

fn next_of(node: &Node) -> Vec<NodeId> {
    node.keywords.iter().flat_map(Keyword::in_place).collect()
}

fn has_reference(node: &Node) -> bool {
    node.keywords.iter().any(|keyword| matches!(keyword, Keyword::Ref(_) | Keyword::DynamicRef(..)))
}
