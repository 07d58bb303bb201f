//! A run that is split over several browsers, and its reports merged into one.

pub(super) mod merge;
pub(super) mod shard;
