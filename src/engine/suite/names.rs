//! placeholder
use super::model::Suite;
use super::notes::SuiteNotes;
use super::problem::Problems;
use super::source::Source;

pub(super) fn check(_: &Suite, _: &SuiteNotes, _: &Source<'_>, _: &mut Problems) {}
