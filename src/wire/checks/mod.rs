//! What the checks and their worker say to each other.
//!
//! Owns the suites as a list, the request of a run, and the events of a run. These messages carry reports, which leave out fields
//! that have nothing to say, so they cross as JSON: see [`encode_json`](super::encode_json).

mod answer;
mod forms;
mod library;
mod past;
mod question;
mod request;
mod update;

pub use answer::{Answer, Nearby};
pub use forms::{Environment, Forms, Value};
pub use library::{Card, Examined, Mistake, OwnSuite};
pub use past::{PastRun, Restored};
pub use question::{Question, Spot};
pub use request::{Request, RunRequest, SuiteRequest};
pub use update::{ConnectionRow, Phase, RunEvent, Update};
