//! The text of a suite as a tree in which every value knows its place.
//!
//! Owns JSON with comments and trailing commas, and where in the text a value, a key or a character of a string stands.
//! It refuses to know what a suite is. Numbers are never rounded. Size, depth and number of values are bounded before
//! the first value is made, since the text may be hostile.

mod beside;
mod lines;
mod locate;
mod syntax;
mod tree;

pub(super) use beside::{Mistakes, bring};
pub(super) use syntax::read;
pub(super) use tree::{Member, Node, Source, Span, Tree, to_map};
