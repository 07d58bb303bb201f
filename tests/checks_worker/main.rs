//! The worker of the checks, in virtual time: what the page asks and what it hears.

mod bad_input;
mod early;
mod heard;
mod imports;
mod kept;
mod load_form;
mod page;
mod planned;
mod relayed;
mod requests;
mod saved;
mod target;
mod titles;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use page::{FLAKY, PASSING, Page, with_page};
use sockscope::wire::bench;
use sockscope::wire::checks::{
    Answer, OwnSuite, Phase, Question, Request, RunEvent, RunRequest, Spot, SuiteRequest,
};
use sockscope::wire::decode;
use sockscope_engine::report::{EventFormat, Failure, Report, Verdict, read_json};
use sockscope_engine::run::{Progress, Shard};
use sockscope_engine::{HttpResponse, World};

/// The number of the run that was told of.
fn run_of(told: &[RunEvent]) -> u64 {
    let run = told.iter().find_map(|it| match it {
        RunEvent::Run { run, .. } => Some(*run),
        _ => None,
    });
    run.expect("a run has begun")
}

fn run_request(text: &str) -> RunRequest {
    let suite = SuiteRequest { id: "own-1".into(), text: text.into(), ..SuiteRequest::default() };
    RunRequest { suites: vec![suite], seed: Some(7), times: 1, ..RunRequest::default() }
}
