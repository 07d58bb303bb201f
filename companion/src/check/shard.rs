//! One thread of a run by the native engine: its world, its plan, its report.
//!
//! Owns what the worker of the checks owns in a page: the recording, the looks at refused handshakes, and what leaves without
//! secrets.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Barrier, Mutex, PoisonError};

use sockscope_engine::World;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::explain::Opener;
use sockscope_engine::recording::run_recording::Recorded;
use sockscope_engine::report::{Broken, EngineKind, Environment, EventFormat, Origin, Report};
use sockscope_engine::run::{Options, Plan, PlannedCheck, Progress, Shard, Stop, run};
use sockscope_engine::suite::{Files, Suite};
use sockscope_engine::witness::looks::{Looks, Spawn};
use sockscope_engine::witness::marks::Marks;
use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio_util::sync::CancellationToken;

use super::assignment::{CheckResult, Status};
use super::reasons::{Explained, Source, annotate_lines, annotate_since};
use crate::native::{Effort, NativeWorld, NetOptions, Reason};

/// What a report says in place of a browser's name.
const NAME: &str = "native engine";
/// The clock counts nanoseconds.
const CLOCK_STEP_US: f64 = 0.001;

/// What a thread is to run.
pub struct Task {
    pub text: String,
    pub files: Files,
    pub overrides: Vec<(String, String)>,
    pub env: BTreeMap<String, String>,
    pub told_by: BTreeMap<String, String>,
    pub seed: u64,
    pub tags: Vec<String>,
    pub names: Vec<String>,
    pub shard: Shard,
    pub recordings: Vec<EventFormat>,
    pub net: NetOptions,
    /// The moment that all shards plan with, in milliseconds since 1970.
    pub planned_at: u64,
    /// Bytes of frames that are kept.
    pub budget: usize,
}

/// What a thread tells in the end.
pub struct Ended {
    pub report: Report,
    pub recordings: Vec<String>,
    masks: oneshot::Sender<MaskQuestion>,
}

/// Texts for the thread, which knows the secrets of its run, and where they go without those.
struct MaskQuestion {
    texts: Vec<String>,
    answer: oneshot::Sender<Vec<String>>,
}

impl Ended {
    /// The texts without the secrets that the run knows. The thread ends with this.
    pub async fn told(self, texts: Vec<String>) -> (Report, Vec<String>, Option<Vec<String>>) {
        let (answer, masked) = oneshot::channel();
        let is_asked = self.masks.send(MaskQuestion { texts, answer }).is_ok();
        let masked = if is_asked { masked.await.ok() } else { None };
        (self.report, self.recordings, masked)
    }
}

/// Runs a shard on this thread, and tells of it.
pub fn run_shard(
    task: Task,
    begin: &Barrier,
    status: Arc<Mutex<Status>>,
    cut: CancellationToken,
    tell: oneshot::Sender<Result<Ended, String>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    begin.wait();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(tell.send(Err(error.to_string()))),
    };
    let local = LocalSet::new();
    let (masks, asked) = oneshot::channel::<MaskQuestion>();
    runtime.block_on(local.run_until(async {
        let (report, recordings, masker) = match run_here(task, status, cut).await {
            Ok(told) => told,
            Err(words) => return drop(tell.send(Err(words))),
        };
        let _ = tell.send(Ok(Ended { report, recordings, masks }));
        if let Ok(MaskQuestion { texts, answer }) = asked.await {
            let _ = answer.send(texts.iter().map(|text| masker.mask(text).into_owned()).collect());
        }
    }));
}

async fn run_here(
    task: Task,
    status: Arc<Mutex<Status>>,
    cut: CancellationToken,
) -> Result<(Report, Vec<String>, Masker), String> {
    let suite = Suite::parse_with(&task.text, &task.files).map_err(|problems| said(&problems))?;
    let origin_millis = OffsetDateTime::now_utc().unix_timestamp_nanos() as f64 / 1e6;
    let effort = Effort::begin(task.net.sources.len());
    let world = NativeWorld::new(NetOptions { origin_millis, ..task.net }, task.seed);
    let options = Options {
        overrides: task.overrides,
        env: task.env,
        told_by: task.told_by,
        seed: task.seed,
        tags: task.tags,
        names: task.names,
        origin_millis: origin_millis as u64,
        environment: Environment {
            engine: EngineKind::Native,
            browser: NAME.to_owned(),
            timer_step_us: CLOCK_STEP_US,
            ..Environment::default()
        },
        shard: task.shard,
        ..Options::default()
    };
    let plan = Plan::new(Rc::new(suite), options, task.planned_at).map_err(|errors| said(&errors))?;
    let masker = plan.masker().clone();
    let recorded = Recorded::new(world.clone(), task.budget, Origin::from_millis(origin_millis));
    let stop = Stop::default();
    let stopping = stop.clone();
    spawn_local(async move {
        cut.cancelled().await;
        stopping.stop();
    });
    let spawn: Spawn = Rc::new(|task| drop(spawn_local(task)));
    let looks = Looks::new(world.clone(), Rc::default(), spawn).opened_by(Opener::Native);
    let marks = Rc::new(RefCell::new(Marks::default()));
    let (marking, looking, recording) = (marks.clone(), looks.clone(), recorded.clone());
    let mut planned = Vec::new();
    let began = Rc::new(Cell::new(origin_millis));
    let (beginning, clock) = (began.clone(), world.clone());
    let listener = Box::new(move |progress: Progress| {
        if matches!(progress, Progress::RunStarted { .. }) {
            beginning.set(origin_millis + clock.now().as_nanos() as f64 / 1e6);
        }
        marking.borrow_mut().note(&recording, &progress);
        looking.note(&progress);
        note(&mut status.lock().unwrap_or_else(PoisonError::into_inner), &mut planned, progress);
    });
    // A task of its own: what a socket has is taken before the run is asked again, and its waker stays the same from poll to poll,
    // which that of a runtime's first future need not.
    let running = spawn_local(run(plan, recorded.clone(), stop.clone(), listener));
    let watching = spawn_local(effort.clone().watch());
    let mut report = running.await.map_err(|error| format!("the run broke off: {error}"))?;
    watching.abort();
    report.environment.generator = effort.end();
    // What the engine has seen itself goes first: a look comes later, and may see another state of the server.
    let explained = explained(&world, &masker);
    annotate_since(began.get(), &mut report, &explained, Source::Engine);
    looks.tell(&mut report, &masker, &stop).await;
    marks.borrow().attest(&recorded, &masker, &mut report);
    let recordings = task.recordings.iter().map(|format| {
        let mut text = String::new();
        let written = recorded.read(|transcript| format.write(transcript, &masker, &mut text));
        written.expect("writing into memory does not fail");
        match format {
            EventFormat::JsonLines => annotate_lines(&text, &explained, Source::Engine),
            _ => text,
        }
    });
    let recordings = recordings.collect();
    Ok((report, recordings, masker))
}

fn explained(world: &NativeWorld, masker: &Masker) -> Vec<Explained> {
    let mask = |text: &str| masker.mask(text).into_owned();
    let told = |Reason { broken, words }: Reason| Explained {
        broken: Broken { name: mask(&broken.name), url: mask(&broken.url), ..broken },
        words: mask(&words),
    };
    world.reasons().into_iter().map(told).collect()
}

fn said<E: ToString>(errors: &[E]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// How a run stands after an event.
fn note(status: &mut Status, planned: &mut Vec<PlannedCheck>, progress: Progress) {
    status.live.note(&progress);
    match progress {
        Progress::RunStarted { checks, .. } => {
            status.checks = checks.len() as u64;
            *planned = checks;
        }
        Progress::CheckStarted { check } => {
            status.check = planned.get(check).map(|check| check.name.clone());
            status.step = None;
        }
        Progress::StepStarted { check, step } => {
            let step = planned.get(check).and_then(|check| check.steps.get(step));
            status.step = step.map(|step| step.title.clone());
        }
        Progress::CheckEnded { check, verdict, duration, .. } => {
            let name = planned.get(check).map(|check| check.name.clone()).unwrap_or_default();
            status.results.push(CheckResult { name, verdict, duration_ms: duration });
            status.done = status.results.len() as u64;
        }
        Progress::RunEnded { .. } => (status.check, status.step) = (None, None),
        Progress::StepEnded { .. } | Progress::Tick { .. } => {}
    }
}
