//! Parts that every view uses: fields, icons, plots.
//!
//! They refuse to know a store.

#[cfg(feature = "page")]
pub(crate) mod fields;
#[cfg(feature = "page")]
pub(crate) mod icons;
#[cfg(feature = "page")]
pub(crate) mod pace;
#[cfg(feature = "page")]
pub(crate) mod plot;
