//! The connections of a check: their sockets, what has come on them, and the rules that their messages must keep.

pub(super) mod invariant;
pub(super) mod member;
