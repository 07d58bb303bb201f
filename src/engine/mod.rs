//! The pure layer.
