//! The worker of the checks: requests of the page come in, updates go out.
//!
//! Owns the library, what is kept, and the answers to questions; [`super::work`] runs requests. One rule: post nothing of a
//! run before the page has drawn what it got. A slow page never grows a queue of posts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::history::{self, History};
use super::library::{Library, examine, mistake};
use super::parts::{self, Reports, Runs};
use super::queue::Queue;
use super::recordings::RunRecordings;
use super::site::Site;
use crate::engine::base::json_words::what_and_where;
use crate::engine::base::storage::{KeyValueStore, StoreError};
use crate::engine::conformance::{Certificate, CertificateFormat};
use crate::engine::explain::companion::Companion;
use crate::engine::relay::Relaying;
use crate::engine::report::{NearMiss, Report, ReportFormat};
use crate::engine::suite::assist;
use crate::engine::suite::shipped::SHIPPED;
use crate::engine::{Instant, World, recorder};
use crate::wire::bench::Unread;
use crate::wire::checks::{Answer, Forms, OwnSuite, Question, Request, Restored, RunEvent, Spot, Update};
use crate::wire::{Checks, Protocol};
use crate::worker::outbox::Outbox;
use crate::worker::part::Part;
use crate::worker::{PageWorker, Spawn};

const FORMS: &str = "forms";
const SUITE: &str = "suite/";
/// Reports of this visit that are at hand without a store.
const AT_HAND: usize = 20;

/// The one owner of runs and suites. A clone is another handle.
pub struct ChecksWorker<W: World>(pub(super) Rc<Inner<W>>);

impl<W: World> Clone for ChecksWorker<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

pub(super) struct Inner<W: World> {
    pub world: W,
    pub site: Site,
    pub spawn: Spawn,
    pub companion: Rc<Companion>,
    outbox: Outbox<Checks>,
    pub store: RefCell<Option<Rc<dyn KeyValueStore>>>,
    /// Why the store is missing, once that is known.
    storeless: RefCell<String>,
    /// Questions to the store from before it was read; none once it was.
    early: RefCell<Option<Vec<(u32, Question)>>>,
    pub history: Rc<RefCell<History>>,
    pub(super) library: RefCell<Library>,
    pub recordings: RefCell<RunRecordings<super::connection_table::Watched<Relaying<W>>>>,
    pub reports: RefCell<Vec<(u64, Rc<Report>)>>,
    pub runs: Part<Runs<W>>,
    pub reporting: Part<Reports<W>>,
    pub queue: Queue,
    pub hidden: Rc<Cell<bool>>,
    /// What has happened since the last update.
    pending: RefCell<Vec<RunEvent>>,
    /// Until when the page would rather draw nothing, and whether a task waits for that moment.
    rests_until: Cell<Instant>,
    waits_for_rest: Cell<bool>,
}

impl<W: World> PageWorker for ChecksWorker<W> {
    fn announce(&self) {
        self.post(&Update::Ready { clock_step: self.0.site.clock_step });
    }

    async fn restore(&self, store: impl KeyValueStore + 'static) {
        let store: Rc<dyn KeyValueStore> = Rc::new(store);
        let mut unread = Vec::new();
        let (forms, trouble) = match self.read(&*store, &mut unread).await {
            Ok(forms) => {
                *self.0.store.borrow_mut() = Some(store.clone());
                (forms, None)
            }
            Err(error) => (Forms::default(), Some(error.to_string())),
        };
        self.tell_restored(forms, trouble, unread);
    }

    fn restore_nothing(&self, trouble: String) {
        self.tell_restored(Forms::default(), Some(trouble), Vec::new());
    }

    fn receive(&self, bytes: &[u8]) {
        // A page of another version finds out when it decodes what we say.
        let Ok(request) = Checks::read_request(bytes) else { return self.announce() };
        match request {
            Request::Question { id, question } => {
                let is_early = needs_store(&question) && self.0.early.borrow().is_some();
                match self.0.early.borrow_mut().as_mut().filter(|_| is_early) {
                    Some(early) => early.push((id, question)),
                    None => self.answer_soon(id, question),
                }
            }
            Request::Run(request) => {
                if self.0.queue.put(*request) {
                    self.begin_work();
                }
            }
            Request::Stop => self.0.queue.stop(),
            Request::Seen(rest) => {
                self.0.outbox.page_has_drawn();
                self.0.rests_until.set(self.0.world.now() + rest);
                self.flush();
            }
            Request::Hidden(is_hidden) => self.0.hidden.set(is_hidden),
        }
    }
}

impl<W: World> ChecksWorker<W> {
    /// A worker in this world that posts its updates through `post`.
    pub fn new(world: W, site: Site, spawn: Spawn, post: impl FnMut(Vec<u8>) + 'static) -> Self {
        let outbox = Outbox::new(post);
        // A page of the checks has nothing to draw before its first run.
        outbox.page_has_drawn();
        let (runs, reporting) = parts::at_start();
        Self(Rc::new(Inner {
            world,
            site,
            spawn,
            companion: Rc::default(),
            outbox,
            store: RefCell::default(),
            storeless: RefCell::default(),
            early: RefCell::new(Some(Vec::new())),
            history: Rc::default(),
            library: RefCell::default(),
            recordings: RefCell::default(),
            reports: RefCell::default(),
            runs,
            reporting,
            queue: Queue::default(),
            hidden: Rc::default(),
            pending: RefCell::default(),
            rests_until: Cell::new(Instant::ORIGIN),
            waits_for_rest: Cell::new(false),
        }))
    }

    fn tell_restored(&self, forms: Forms, trouble: Option<String>, unread: Vec<Unread>) {
        self.0.storeless.borrow_mut().clone_from(trouble.as_ref().unwrap_or(&String::new()));
        let restored = Restored {
            library: self.0.library.borrow_mut().cards(),
            forms,
            past: self.0.history.borrow().list().to_vec(),
            trouble,
            unread,
        };
        self.post(&Update::Restored(Box::new(restored)));
        let early = self.0.early.borrow_mut().take();
        early.into_iter().flatten().for_each(|(id, question)| self.answer_soon(id, question));
    }

    fn answer_soon(&self, id: u32, question: Question) {
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let answer = worker.answer(question).await;
            worker.post(&Update::Answer { id, answer });
        }));
    }

    async fn read(&self, store: &dyn KeyValueStore, unread: &mut Vec<Unread>) -> Result<Forms, StoreError> {
        let (history, lost) = History::restore(store).await?;
        *self.0.history.borrow_mut() = history;
        unread.extend(lost);
        for name in store.names().await?.into_iter().filter(|name| name.starts_with(SUITE)) {
            match own_suite(&name, store.get(&name).await) {
                Ok(suite) => drop(self.0.library.borrow_mut().add(suite)),
                // It stays where it is: nothing is written over a suite that is not listed.
                Err(reason) => unread.push(Unread { reasons: vec![reason], place: name }),
            }
        }
        let reason = match store.get(FORMS).await {
            Ok(None) => return Ok(Forms::default()),
            Ok(Some(text)) => match serde_json::from_str(&text) {
                Ok(forms) => return Ok(forms),
                Err(error) => what_and_where(&error),
            },
            Err(error) => error.to_string(),
        };
        let place = store.set_aside(FORMS).await?.unwrap_or_default();
        unread.push(Unread { reasons: vec![format!("what was typed into Values: {reason}")], place });
        Ok(Forms::default())
    }

    /// What is known from the start.
    pub(super) async fn answer_at_once(&self, question: Question) -> Answer {
        match question {
            Question::Examine { suite, text } => {
                let files = self.0.library.borrow().files(&suite, &text);
                Answer::Examined(examine(&text, &files))
            }
            Question::Text(id) => match self.0.library.borrow().text(&id) {
                Some(text) => Answer::Text(text.to_owned()),
                None => Answer::Failed(format!("suite {id:?} is not in the library")),
            },
            Question::Keep(suite) => self.keep_suite(suite).await,
            Question::Forget(id) => {
                self.0.library.borrow_mut().remove(&id);
                let store = self.0.store.borrow().clone();
                match store {
                    Some(store) => done(store.remove(&format!("{SUITE}{id}")).await, || self.library()),
                    None => self.library_unkept(),
                }
            }
            Question::KeepForms(forms) => {
                let store = self.0.store.borrow().clone();
                let text = serde_json::to_string(&forms).expect("forms have names for keys and no numbers");
                match store {
                    Some(store) => done(store.set(FORMS, text).await, || Answer::Done),
                    None => self.library_unkept(),
                }
            }
            Question::ForgetPast(ids) => {
                let store = self.0.store.borrow().clone();
                let past = || Answer::Past(self.0.history.borrow().list().to_vec());
                match store {
                    Some(store) => done(history::forget(&self.0.history, &*store, &ids).await, past),
                    None => past(),
                }
            }
            Question::Mask { run, texts } => match self.0.recordings.borrow().of(run) {
                None => Answer::Failed(NOT_RECORDED.to_owned()),
                Some(recording) => Answer::Masked(
                    texts.iter().map(|text| recording.masker.mask(text).into_owned()).collect(),
                ),
            },
            _ => Answer::Failed(MISPLACED.to_owned()),
        }
    }

    /// What one asks while a suite is written.
    pub(super) fn answer_while_writing(&self, question: Question) -> Answer {
        match question {
            Question::Complete { text, offset } => {
                let library = self.0.library.borrow();
                let mut read = |path: &str| library.imported(path);
                let files = || library.importable(&text);
                Answer::Suggestions(assist::complete_with(&text, offset, &mut read, &files))
            }
            Question::Explain { text, offset } => {
                let library = self.0.library.borrow();
                let mut read = |path: &str| library.imported(path);
                Answer::Explained(assist::explain_with(&text, offset, &mut read))
            }
            Question::Format(text) => match assist::format(&text) {
                Ok(text) => Answer::Text(text),
                Err(problems) => Answer::Mistakes(problems.iter().map(mistake).collect()),
            },
            Question::Examples => Answer::Examples(assist::examples()),
            Question::Plan(request) => self.planned(&request),
            Question::Find { suite, path } => Answer::Found(self.0.library.borrow().find(&suite, &path)),
            Question::Place { suite, text, offset, example } => {
                let files = self.0.library.borrow().files(&suite, &text);
                match assist::fit(&text, offset, &example, &files) {
                    Ok((at, text)) => Answer::Place { at, text },
                    Err(words) => Answer::Failed(words),
                }
            }
            _ => Answer::Failed(MISPLACED.to_owned()),
        }
    }

    /// What one asks of runs that have ended, and of recordings.
    pub(super) async fn answer_about_runs(&self, question: Question) -> Answer {
        match question {
            Question::Past(id) => match self.report(id).await {
                Ok(report) => Answer::Report(Box::new((*report).clone())),
                Err(words) => Answer::Failed(words),
            },
            Question::TakeReport(text) => self.take_report(&text).await,
            Question::Write { run, form } => self.write(run, &form).await,
            Question::Events { run, form } => match self.0.recordings.borrow().of(run) {
                None => Answer::Failed(NOT_RECORDED.to_owned()),
                Some(recording) => {
                    let mut text = String::new();
                    recording
                        .read(|session| form.write(session, &recording.masker, &mut text))
                        .expect("writing into memory does not fail");
                    file(&recording.suite, form.extension(), form.media_type(), text)
                }
            },
            Question::Broken(run) => match self.0.recordings.borrow().of(run) {
                None => Answer::Failed(NOT_RECORDED.to_owned()),
                Some(recording) => {
                    Answer::Broken(recording.read(|session| session.broken(&recording.masker, MOST_BROKEN)))
                }
            },
            Question::Around(spot) => {
                let around =
                    self.0.recordings.borrow().of(spot.run).and_then(|recording| recording.around(spot));
                match around {
                    Some((frames, dropped)) => Answer::Around { frames, dropped },
                    None => Answer::Failed(NOT_RECORDED.to_owned()),
                }
            }
            Question::Recording(spot) => self.frames_for_bench(spot, None),
            Question::Lanes(spot, wrong) => self.frames_for_bench(spot, Some(&wrong)),
            Question::FromRecording(text) => match recorder::suite_of(&text) {
                Ok(drafted) => {
                    Answer::Drafted { text: drafted.text, remarks: drafted.remarks, secrets: drafted.secrets }
                }
                Err(error) => Answer::Failed(error.to_string()),
            },
            _ => Answer::Failed(MISPLACED.to_owned()),
        }
    }

    fn frames_for_bench(&self, spot: Spot, lanes: Option<&[NearMiss]>) -> Answer {
        let recordings = self.0.recordings.borrow();
        let frames =
            recordings.of(spot.run).and_then(|it| it.for_bench(spot, lanes, self.0.site.clock_began));
        frames.map_or_else(|| Answer::Failed(NOT_RECORDED.to_owned()), Answer::Frames)
    }

    async fn keep_suite(&self, suite: OwnSuite) -> Answer {
        let suite = self.0.library.borrow_mut().add(suite);
        let store = self.0.store.borrow().clone();
        let Some(store) = store else { return self.library_unkept() };
        let text = serde_json::to_string(&suite).expect("a suite has names for keys and no numbers");
        done(store.set(&format!("{SUITE}{}", suite.id), text).await, || self.library())
    }

    fn library(&self) -> Answer {
        Answer::Library(self.0.library.borrow_mut().cards())
    }

    /// The library of this visit, where nothing can be kept.
    fn library_unkept(&self) -> Answer {
        Answer::Unkept {
            library: self.0.library.borrow_mut().cards(),
            why: self.0.storeless.borrow().clone(),
        }
    }

    async fn write(&self, run: u64, form: &str) -> Answer {
        if let Some(form) = CertificateFormat::named(form) {
            return self.certify(run, form).await;
        }
        let Ok(form) = form.parse::<ReportFormat>() else {
            return Answer::Failed(format!("{form:?} is not a report format"));
        };
        match self.report(run).await {
            Ok(report) => {
                let mut text = String::new();
                form.write(&report, &mut text).expect("writing into memory does not fail");
                let extension = match form {
                    ReportFormat::Junit => "junit.xml",
                    ReportFormat::JunitStrict => "junit-strict.xml",
                    other => other.extension(),
                };
                file(&report.suite, extension, form.media_type(), text)
            }
            Err(words) => Answer::Failed(words),
        }
    }

    async fn certify(&self, run: u64, form: CertificateFormat) -> Answer {
        match self.report(run).await.map(|report| Certificate::of(&report)) {
            Ok(Some(certificate)) => {
                let mut text = String::new();
                form.write(&[certificate], &mut text).expect("writing into memory does not fail");
                file("conformance", form.extension(), form.media_type(), text)
            }
            Ok(None) => {
                Answer::Failed("this run has no certificate: its suite is not conformance".to_owned())
            }
            Err(words) => Answer::Failed(words),
        }
    }

    async fn report(&self, run: u64) -> Result<Rc<Report>, String> {
        let at_hand = self.0.reports.borrow().iter().find(|(id, _)| *id == run).map(|(_, it)| it.clone());
        if let Some(report) = at_hand {
            return Ok(report);
        }
        let store = self.0.store.borrow().clone();
        match store {
            Some(store) => history::report(&*store, run).await.map(Rc::new),
            None => Err("this run is no longer kept".to_owned()),
        }
    }

    pub(super) fn keep_at_hand(&self, run: u64, report: Report) {
        let mut reports = self.0.reports.borrow_mut();
        reports.push((run, Rc::new(report)));
        if reports.len() > AT_HAND {
            reports.remove(0);
        }
    }

    /// Tells the page, now or when it has drawn what it got.
    pub(super) fn tell(&self, live: RunEvent) {
        let mut pending = self.0.pending.borrow_mut();
        // The states of connections are sent whole: earlier ones are of no use any more.
        if matches!(live, RunEvent::Connections(_)) {
            pending.retain(|it| !matches!(it, RunEvent::Connections(_)));
        }
        pending.push(live);
    }

    pub(super) fn flush(&self) {
        if !self.0.outbox.has_turn() || self.0.pending.borrow().is_empty() {
            return;
        }
        // The page waits for an end to go on.
        let is_end = |live: &RunEvent| {
            matches!(live, RunEvent::Ended { .. } | RunEvent::Refused { .. } | RunEvent::Over)
        };
        let rest = self.0.rests_until.get().since(self.0.world.now());
        if !rest.is_zero() && !self.0.pending.borrow().iter().any(is_end) {
            return self.flush_after(rest);
        }
        self.0.outbox.take_turn();
        let pending = std::mem::take(&mut *self.0.pending.borrow_mut());
        self.post(&Update::RunEvent(pending));
    }

    fn flush_after(&self, rest: Duration) {
        if self.0.waits_for_rest.replace(true) {
            return;
        }
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            worker.0.world.sleep(rest).await;
            worker.0.waits_for_rest.set(false);
            worker.flush();
        }));
    }

    fn post(&self, update: &Update) {
        self.0.outbox.post(update);
    }
}

/// At most this many abnormal closes are reported, newest first.
const MOST_BROKEN: usize = 1000;

/// No question comes here: `parts.rs` says who answers which.
const MISPLACED: &str = "this question came to the wrong part of the worker";

const NOT_RECORDED: &str =
    "the messages of this run are no longer held: only the latest runs of this visit keep them";

/// Whether an answer before the store was read would be wrong.
fn needs_store(question: &Question) -> bool {
    matches!(
        question,
        Question::Keep(_)
            | Question::KeepForms(_)
            | Question::Forget(_)
            | Question::Past(_)
            | Question::TakeReport(_)
            | Question::ForgetPast(_)
    )
}

fn done(kept: Result<(), StoreError>, answer: impl FnOnce() -> Answer) -> Answer {
    match kept {
        Ok(()) => answer(),
        Err(error) => Answer::Failed(format!("this browser could not keep it: {error}")),
    }
}

/// The name of a file is made of the suite's, without what file systems mind.
fn file(suite: &str, extension: &str, media_type: &str, text: String) -> Answer {
    let stem: String = suite
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(60)
        .collect();
    let stem = if stem.trim_matches(['-', '.']).is_empty() { "sockscope" } else { stem.trim_matches('.') };
    Answer::File { name: format!("{stem}.{extension}"), media_type: media_type.to_owned(), text }
}

/// An own suite as it was kept under a name, or why it is not valid.
fn own_suite(name: &str, kept: Result<Option<String>, StoreError>) -> Result<OwnSuite, String> {
    let text = kept.map_err(|error| format!("a suite: {error}"))?.unwrap_or_default();
    let suite: OwnSuite =
        serde_json::from_str(&text).map_err(|error| format!("a suite: {}", what_and_where(&error)))?;
    let id = name.strip_prefix(SUITE).unwrap_or_default();
    // Else it could stand in for another, such as one that ships.
    if suite.id != id || SHIPPED.iter().any(|(shipped, _)| *shipped == id) {
        return Err(format!("the suite \"{}\": it is kept under an id that is not its own", suite.title));
    }
    Ok(suite)
}
