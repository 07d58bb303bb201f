//! Reports and recordings of real runs, in virtual time: what the runner fills in is what the forms expect.

use std::rc::Rc;

use serde_json::Value;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::recording::run_recording::Recorded;
use sockscope_engine::report::{EventFormat, Origin, Report, ReportFormat, Verdict, read_json};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::sim::Sim;
use sockscope_engine::suite::Suite;

use crate::{exported, junit, rendered};
use support::simulated::{BEGAN, Faults, world};

const ROOMS: &str = include_str!("../golden/suite-valid/rooms.json");

fn run_recorded(text: &str, faults: Faults) -> (Report, Recorded<Sim>) {
    let sim = world(7, faults);
    let recorded = Recorded::new(sim.clone(), 1 << 20, Origin::from_millis(BEGAN as f64));
    let text = text.replace("ws://localhost:9000/ws", "ws://sim/ws");
    let suite = Suite::parse(&text).expect("a suite that reads");
    let options = Options { seed: 7, origin_millis: BEGAN, ..Options::default() };
    let plan = Plan::new(Rc::new(suite), options, BEGAN).expect("a plan");
    let report = sim.run(run(plan, recorded.clone(), Stop::default(), Box::new(|_| {})));
    sim.settle();
    (report.expect("every wait has a bound"), recorded)
}

fn check_forms(report: &Report, recorded: &Recorded<Sim>) {
    junit::check_both_styles(report);
    assert!(read_json(&rendered(report, ReportFormat::Json)).expect("a report") == *report);
    assert!(rendered(report, ReportFormat::Html).ends_with("</html>\n"));
    recorded.read(|session| {
        let masker = Masker::default();
        let lines = exported(session, EventFormat::JsonLines, &masker);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len() as u64, session.log.total());
        let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count() as u64;
        assert_eq!((count("sent"), count("received")), (report.totals.sent, report.totals.received));
        let har: Value = serde_json::from_str(&exported(session, EventFormat::Har, &masker)).expect("JSON");
        let entries = har["log"]["entries"].as_array().expect("entries");
        assert_eq!(entries.len() as u64, count("connecting"));
        let messages: usize =
            entries.iter().filter_map(|entry| entry["_webSocketMessages"].as_array()).map(Vec::len).sum();
        assert_eq!(messages as u64, report.totals.sent + report.totals.received);
    });
}

#[test]
fn a_run_that_passes_is_green_in_every_form() {
    let (report, recorded) = run_recorded(ROOMS, Faults::default());
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.checks);
    check_forms(&report, &recorded);
}

#[test]
fn a_run_that_fails_is_red_in_every_form() {
    let (report, recorded) = run_recorded(ROOMS, Faults { leaks: true, ..Faults::default() });
    assert_eq!(report.verdict, Verdict::Fail);
    check_forms(&report, &recorded);
    let (report, recorded) = run_recorded(ROOMS, Faults { refuses: true, ..Faults::default() });
    assert_eq!(report.verdict, Verdict::Fail);
    check_forms(&report, &recorded);
}
