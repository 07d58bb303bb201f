//! The view of checks: the library, the editor, the forms, the run as it happens, and what came of it.
//!
//! Owns what a person sees of suites. It is a program with a worker of its own, loaded when the view is first opened: testing
//! by hand does not pay for it. It refuses to run anything; it asks its worker.

mod address;
mod around;
mod back;
mod certificate;
mod compare;
mod editor;
mod entry;
mod folder;
mod forms;
mod given;
mod head;
mod library;
mod link;
mod listing;
mod load;
mod model;
mod on_disk;
mod order;
mod past;
mod run;
mod script;
mod server;
mod store;
mod target;
mod view;

pub use entry::{MountedChecks, mount_in, view};
pub use script::{broken, certified, events, mask, run, status, stop};
