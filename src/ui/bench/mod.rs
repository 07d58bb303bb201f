//! The view of the bench.

pub(crate) mod composer;
pub(crate) mod connect;
pub(crate) mod connections;
pub(crate) mod detail;
pub(crate) mod explanation;
pub(crate) mod export;
pub(crate) mod filter_bar;
pub(crate) mod lanes;
mod latency;
pub(crate) mod left_draft;
pub(crate) mod link;
pub(crate) mod matching;
pub(crate) mod panels;
pub(crate) mod panes;
pub(crate) mod rail;
pub(crate) mod rates;
pub(crate) mod recording;
pub(crate) mod related;
pub(crate) mod row;
pub(crate) mod share;
pub(crate) mod start;
pub(crate) mod store;
pub(crate) mod surroundings;
pub(crate) mod timeline;
pub(crate) mod timeline_head;
pub(crate) mod tree;
pub(crate) mod view;
