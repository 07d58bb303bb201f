//! What holds whatever the bytes are: each function fails loudly when it does not.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use serde_json::{Map, Value, json};
use sockscope_engine::World;
use sockscope_engine::matcher::{Matcher, Query, Subject};
use sockscope_engine::report::{Failure, Report, ReportFormat, Verdict, read_json};
use sockscope_engine::run::{Options, Plan, PlannedCheck, Progress, Stop, run};
use sockscope_engine::suite::{Problem, Suite};
use sockscope_engine::template::{Scope, Template, resolve_variables};

use super::choices::Choices;
use super::grammar;
use super::server::{self, Manners};

/// Reading anything takes milliseconds; what takes this long does not end, on however busy a machine.
const SOON: Duration = Duration::from_secs(60);

/// Reads a text as a suite: it ends soon, and each mistake has a place in the text.
pub fn suite_parse(text: &str) -> Result<Suite, Vec<Problem>> {
    let began = Instant::now();
    let read = Suite::parse_with(text, &grammar::files());
    assert!(began.elapsed() < SOON, "{:?} for {} bytes", began.elapsed(), text.len());
    if let Err(problems) = &read {
        assert!(!problems.is_empty(), "refused without a word");
        // A byte order mark at the very beginning is not part of the first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.split('\n').collect();
        let files = grammar::files();
        for problem in problems {
            let place = |lines: &[&str]| {
                is_within(lines, problem.line, problem.column, problem);
                is_within(lines, problem.end.line, problem.end.column, problem);
            };
            match &problem.file {
                None => place(&lines),
                // Of an imported file, with its place there and that of the import.
                Some(file) => {
                    let (_, text) = files.texts().find(|(name, _)| *name == file.name).expect("it is known");
                    place(&text.split('\n').collect::<Vec<_>>());
                    is_within(&lines, file.from.line, file.from.column, problem);
                    is_within(&lines, file.to.line, file.to.column, problem);
                }
            }
            let (from, to) = ((problem.line, problem.column), (problem.end.line, problem.end.column));
            assert!(from <= to, "{problem} ends before it begins: {from:?} to {to:?}");
            assert!(problem.path.starts_with('$'), "{problem}");
        }
    }
    read
}

#[track_caller]
fn is_within(lines: &[&str], line: u32, column: u32, problem: &Problem) {
    let found = lines.get((line as usize).wrapping_sub(1));
    let length = found.unwrap_or_else(|| panic!("{problem}: of {} lines", lines.len())).chars().count();
    assert!(column >= 1 && column as usize <= length + 1, "{problem}: of {length} characters");
}

/// Reads a text as a template and as variables, and fills it in.
pub fn template(text: &str) {
    let began = Instant::now();
    if let Ok(template) = Template::parse(text) {
        let value = template.expand(&mut Known);
        if let (Ok(value), Some(literal)) = (&value, template.literal()) {
            assert_eq!(value, literal);
        }
    }
    let variables: Map<String, Value> =
        [("n".to_owned(), json!(text)), ("m".to_owned(), json!({"a": text, "b": "{{n}}"}))]
            .into_iter()
            .collect();
    let _ = resolve_variables(&variables, &[("n".to_owned(), text.to_owned())], &mut Known);
    assert!(began.elapsed() < SOON, "{:?} for {text:?}", began.elapsed());
}

/// A scope that knows a little of everything.
struct Known;

impl Scope for Known {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        (name.len() == 1).then(|| Cow::Owned(json!({"name": name})))
    }
    fn capture(&self, _: &str, name: &str) -> Option<Cow<'_, Value>> {
        Some(Cow::Owned(json!(name)))
    }
    fn env(&self, name: &str) -> Option<&str> {
        (name.len() > 2).then_some("1")
    }
    fn client(&self) -> Option<&str> {
        Some("a[0]")
    }
    fn index(&self) -> Option<u64> {
        Some(u64::MAX)
    }
    fn seq(&self) -> Option<u64> {
        Some(0)
    }
    fn now_millis(&self) -> u64 {
        u64::MAX
    }
    fn random(&mut self) -> u64 {
        u64::MAX
    }
}

/// Compiles a matcher and looks at a message: `check` and `holds` agree, and the difference takes few words.
pub fn matcher_message(spec: &[u8], message: &[u8]) {
    let began = Instant::now();
    if let Ok(text) = std::str::from_utf8(spec)
        && let Ok(query) = Query::parse(text)
        && let Ok(json) = serde_json::from_slice::<Value>(message)
    {
        query.first(&json);
    }
    if let Ok(spec) = serde_json::from_slice::<Value>(spec)
        && let Ok(matcher) = Matcher::compile(&spec)
    {
        let payload = match std::str::from_utf8(message) {
            Ok(text) => text.into(),
            Err(_) => sockscope_engine::Payload::Binary(message.to_vec()),
        };
        for subject in [Subject::new(&payload), Subject::answering(&payload, &payload)] {
            match matcher.check(&subject) {
                Ok(()) => assert!(matcher.holds(&subject)),
                Err(mismatch) => {
                    assert!(!matcher.holds(&subject));
                    assert!(!mismatch.differences.is_empty(), "{spec} refuses without a reason");
                    assert!(mismatch.to_string().len() < 100_000, "{spec}");
                }
            }
        }
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

/// How a run is broken off, if it is.
#[derive(Clone, Copy)]
enum Cut {
    Never,
    /// A caller asks it to stop.
    Stopped(Duration),
    /// The caller that waits for it goes away.
    Dropped(Duration),
}

impl Cut {
    fn of(byte: u8) -> Self {
        let after = Duration::from_micros(u64::from(byte % 32) * 7700);
        match byte {
            0..192 => Self::Never,
            192..224 => Self::Stopped(after),
            _ => Self::Dropped(after),
        }
    }
}

/// What came of a suite that was made of bytes.
pub enum Made {
    /// It does not read, or its values do not work out.
    Refused,
    /// It ran.
    Ran(Box<Report>),
    /// It was dropped before its end.
    Dropped,
}

/// Runs a suite of bytes against a server of bytes, twice. It ends in time, with every socket closed and a verdict that its
/// steps bear out, both times in the same way.
pub fn run_suite(bytes: &[u8]) -> Made {
    // The server first: a longer suite must not change it.
    let (manners, suite) = bytes.split_at(bytes.len().min(64));
    let text = grammar::suite(&Choices::of(suite)).to_string();
    run_text(manners, &text)
}

/// The same with a suite that is given.
pub fn run_text(manners: &[u8], text: &str) -> Made {
    let Ok(suite) = suite_parse(text) else { return Made::Refused };
    let suite = Rc::new(suite);
    let cut = manners.get(63).map_or(Cut::Never, |byte| Cut::of(*byte));
    let options = || Options { seed: 7, origin_millis: 1_795_230_000_000, ..Options::default() };
    let plan = || Plan::new(suite.clone(), options(), 1_795_230_000_000);
    if plan().is_err() {
        return Made::Refused;
    }
    let run_once = || run_plan(plan().expect("it could be planned"), manners, cut, text);
    let first = run_once();
    let written = first.as_ref().map(|report| serde_json::to_string(report).expect("a report is JSON"));
    let again = run_once().map(|report| serde_json::to_string(&report).expect("a report is JSON"));
    assert_eq!(written, again, "{text}");
    let Some(report) = first else { return Made::Dropped };
    is_honest(&report, text);
    let written = written.unwrap_or_default();
    assert!(!written.contains("s3cret-word"), "the secret is written: {text}\n{written}");
    Made::Ran(Box::new(report))
}

/// The report of a hostile run, with the bytes in its texts too, is written in every form without a panic. JSON reads back as
/// the same, and nothing of it becomes markup.
pub fn report_forms(bytes: &[u8]) {
    let Made::Ran(mut report) = run_suite(bytes) else { return };
    let text = String::from_utf8_lossy(bytes).into_owned();
    report.suite.clone_from(&text);
    for check in &mut report.checks {
        check.name += &text;
        for failure in check.steps.iter_mut().filter_map(|step| step.failure.as_mut()) {
            failure.message += &text;
        }
    }
    for form in ReportFormat::ALL {
        let mut written = String::new();
        form.write(&report, &mut written).expect("a string takes everything");
        match form {
            ReportFormat::Json => {
                let back = read_json(&written).expect("what was written reads");
                assert_eq!(back.checks.len(), report.checks.len());
                assert_eq!(back.suite, report.suite);
            }
            ReportFormat::Html => assert!(!written.contains("<script"), "{text:?} became markup"),
            ReportFormat::Junit | ReportFormat::JunitStrict => {
                assert!(!written.contains('\0') && written.ends_with("</testsuites>\n"), "{text:?}");
            }
        }
    }
}

/// None when it was dropped before its end.
fn run_plan(plan: Plan, manners: &[u8], cut: Cut, text: &str) -> Option<Report> {
    let sim = server::world(Manners::of(&Choices::of(manners)));
    let (checks, stop) = (plan.checks().len() as u64, Stop::default());
    let heard: Rc<RefCell<Heard>> = Rc::default();
    let listener = heard.clone();
    let hear = Box::new(move |progress| listener.borrow_mut().hear(progress));
    let running = run(plan, sim.clone(), stop.clone(), hear);
    let world = sim.clone();
    let mut bound = Duration::from_secs(checks * grammar::CHECK_SECONDS);
    let report = match cut {
        Cut::Never => sim.run(async { Some(running.await) }),
        Cut::Stopped(after) => {
            // Teardown has five seconds after a stop, and closing its two.
            bound = bound.min(after + Duration::from_secs(5 + 2));
            sim.spawn(Box::pin(async move {
                world.sleep(after).await;
                stop.stop();
            }));
            sim.run(async { Some(running.await) })
        }
        Cut::Dropped(after) => sim.run(async move {
            let end = select(Box::pin(running), world.sleep(after)).await;
            if let Either::Left((report, _)) = end { Some(report) } else { None }
        }),
    };
    let report = report.unwrap_or_else(|stalled| panic!("{stalled}: {text}"));
    let took = Duration::from_nanos(sim.now().as_nanos());
    assert!(took <= bound + Duration::from_millis(1), "{took:?} of virtual time: {text}");
    sim.settle();
    assert_eq!(sim.open_connections(), 0, "sockets are left: {text}");
    if let Some(report) = &report {
        heard.borrow().is_as_in(report, text);
    }
    report
}

/// All that a listener knows who only hears the events.
#[derive(Default)]
struct Heard {
    /// Of each check its verdict and its steps, each with whether it runs and how it ended.
    checks: Vec<(Option<Verdict>, Vec<HeardStep>)>,
    verdict: Option<Verdict>,
}

#[derive(Clone, Default)]
struct HeardStep {
    is_running: bool,
    verdict: Option<Verdict>,
    failure: Option<Failure>,
}

impl Heard {
    fn hear(&mut self, progress: Progress) {
        match progress {
            Progress::RunStarted { checks, .. } => {
                let steps = |check: &PlannedCheck| vec![HeardStep::default(); check.steps.len()];
                self.checks = checks.iter().map(|check| (None, steps(check))).collect();
            }
            Progress::StepStarted { check, step } => self.checks[check].1[step].is_running = true,
            Progress::StepEnded { check, step, verdict, failure, .. } => {
                // A report leaves the address of the handshake out.
                let failure = failure.map(|failure| Failure { handshake: None, ..*failure });
                self.checks[check].1[step] = HeardStep { is_running: false, verdict: Some(verdict), failure };
            }
            Progress::CheckEnded { check, verdict, .. } => self.checks[check].0 = Some(verdict),
            Progress::RunEnded { verdict } => self.verdict = Some(verdict),
            Progress::CheckStarted { .. } | Progress::Tick { .. } => {}
        }
    }

    fn is_as_in(&self, report: &Report, text: &str) {
        assert_eq!((self.verdict, self.checks.len()), (Some(report.verdict), report.checks.len()), "{text}");
        for ((verdict, steps), check) in self.checks.iter().zip(&report.checks) {
            assert_eq!((*verdict, steps.len()), (Some(check.verdict), check.steps.len()), "{text}");
            for (heard, step) in steps.iter().zip(&check.steps) {
                assert!(!heard.is_running, "{} has no end: {text}", step.path);
                assert_eq!(heard.verdict, Some(step.verdict), "{}: {text}", step.path);
                assert_eq!(heard.failure, step.failure, "{}: {text}", step.path);
            }
        }
    }
}

fn is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Error | Verdict::Inconclusive)
}

fn is_honest(report: &Report, text: &str) {
    for check in &report.checks {
        let broken = check.steps.iter().any(|step| is_bad(step.verdict));
        let missed = check.thresholds.iter().any(|threshold| is_bad(threshold.verdict));
        assert_ne!(check.verdict, Verdict::Skipped, "{text}");
        match check.verdict {
            Verdict::Pass => assert!(!broken && !missed, "{} passed: {text}", check.name),
            _ => {
                assert!(broken || missed || !check.reasons.is_empty(), "{} has no reason: {text}", check.name)
            }
        }
        for step in &check.steps {
            assert!(step.failure.is_none() || is_bad(step.verdict), "{}: {text}", step.path);
            assert!(step.failed_runs <= step.runs.max(1), "{}: {text}", step.path);
        }
    }
    let bad = report.checks.iter().any(|check| check.verdict != Verdict::Pass);
    let missed = report.thresholds.iter().any(|threshold| is_bad(threshold.verdict));
    assert_eq!(report.verdict == Verdict::Pass, !bad && !missed, "{:?}: {text}", report.verdict);
    assert!(report.totals.matched <= report.totals.expected, "{text}");
}
