//! What will run: which checks, with which values, against which addresses.

pub(super) mod addresses;
pub(super) mod needs;
pub(super) mod options;
pub(super) mod outline;
pub(super) mod planning;
pub(super) mod scope;
pub(super) mod split;
pub(super) mod titles;
