//! The view of faults: the proxy in front of one's own server, and what goes wrong in it, switched while connections live.
//!
//! Owns what a person sees of the proxy. The server says which toxics are on. The view asks its API and keeps nothing of its
//! own about it, so a suite or a command line may switch the same toxics. Their words, bounds and presets are in
//! [`crate::model::faults`]. It is drawn by the program of the checks, and only where it is looked at.

mod api;
mod controls;
mod entry;
mod link_form;
mod probe;
mod store;
mod switching;
mod trips_plot;
mod view;

pub use entry::{MountedFaults, mount_in, view};
