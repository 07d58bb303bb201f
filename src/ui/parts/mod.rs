//! Parts that every view uses: fields, icons, plots, the hold on a worker.
//!
//! They refuse to know a store.

pub(crate) mod chart;
pub(crate) mod fields;
pub(crate) mod icons;
pub(crate) mod link;
pub(crate) mod pace;
pub(crate) mod plot;
pub(crate) mod toast;
