//! Parts that every view uses: fields, icons, plots.
//!
//! They refuse to know a store.

pub(crate) mod fields;
pub(crate) mod icons;
pub(crate) mod pace;
pub(crate) mod plot;
