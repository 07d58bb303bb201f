//! `sockscope check --watch`: the browser stays open, and what has changed runs again.
//!
//! Owns what has to run again. A suite that does not read says its mistakes, and nothing else happens
//! until it is saved again. Only a text that differs is a change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sockscope_engine::base::words::counted;
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::suite::{Changes, Files, changes};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::assignment::Done;
use super::listener::{Listener, Wake};
use super::run::Pool;
use super::screen::Screen;
use super::started::Started;
use super::target::Ports;
use super::values::Server;
use super::{Bench, Document, Job, Outcome, choose, draw, outcome};
use crate::causes::causes;
use crate::suites::{self, Named};

/// How many checks are named that have not passed before.
const MOST_NAMED: usize = 8;

/// What is known of a suite.
#[derive(Default)]
struct Known {
    text: String,
    /// The files that it names.
    files: Files,
    /// How its checks ended last.
    verdicts: BTreeMap<String, Verdict>,
    /// Whether its run ended well beside that: its thresholds hold, the browser lived.
    is_well: bool,
}

/// What of a suite runs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Selected {
    All,
    Only(Vec<String>),
}

/// Runs the suites, and again what changes, until the command is stopped.
pub(super) async fn watch(job: &Job, stop: &CancellationToken) -> Outcome {
    let mut screen = Screen::new(job.files.use_standard_output(), job.is_quiet, job.is_plain);
    let listener = match Listener::of(&job.suites) {
        Ok(listener) => listener,
        Err(words) => {
            screen.trouble(&words);
            return Outcome::Invalid;
        }
    };
    let mut ports = match job.start.as_ref().map(Ports::take).transpose() {
        Ok(ports) => ports,
        Err(error) => {
            screen.trouble(&causes(&error));
            return Outcome::Environment;
        }
    };
    if let Err(error) = job.files.prepare() {
        screen.trouble(&causes(&error));
        return Outcome::Environment;
    }
    let mut all = Watching {
        job,
        stop,
        started: None,
        pool: Pool::keeping(),
        known: BTreeMap::new(),
        done: Vec::new(),
        broken: None,
        listener,
    };
    let mut wake = Wake::Asked;
    let ended = loop {
        match all.round(wake, &mut ports, &mut screen).await {
            Ok(()) => {}
            Err(ended) => break ended,
        }
        if stop.is_cancelled() {
            break Outcome::Inconclusive;
        }
        match all.listener.next(stop).await {
            Some(next) => wake = next,
            None => break all.state(),
        }
    };
    all.end().await;
    ended
}

/// Everything that stays from round to round.
struct Watching<'a> {
    job: &'a Job,
    stop: &'a CancellationToken,
    started: Option<Started>,
    pool: Pool,
    /// By where they come from.
    known: BTreeMap<String, Known>,
    /// The last run of each suite.
    done: Vec<(String, Done)>,
    /// What was there when a suite did not read last; none while all of them do.
    broken: Option<Seen>,
    listener: Listener,
}

impl Watching<'_> {
    /// Looks at the suites and runs what has to.
    async fn round(
        &mut self,
        wake: Wake,
        ports: &mut Option<Ports>,
        screen: &mut Screen,
    ) -> Result<(), Outcome> {
        let names = self.job.suites.clone();
        let read = spawn_blocking(move || suites::read_all(&names)).await.expect("reading does not panic");
        let seen = Seen::of(&read);
        if wake == Wake::Files && !has_changed(&seen, &self.known, self.broken.as_ref()) {
            return Ok(());
        }
        let is_first = self.known.is_empty() && self.broken.is_none();
        if !is_first {
            screen.clear();
        }
        self.look_beside(&seen.texts);
        let seed = self.job.seed.unwrap_or_else(draw);
        let documents = match suites::parse_all(read) {
            Ok(found) => Document::all(found),
            Err(wrong) => return self.wrong(&wrong, &seen, screen),
        };
        let unknown = self.job.values.unknown(documents.iter().map(|it| &*it.suite));
        if !unknown.is_empty() {
            return self.wrong(&unknown, &seen, screen);
        }
        let texts = &seen.texts;
        self.broken = None;
        let wanted = documents.iter().filter_map(|it| Some((it, self.wanted(it, wake)?)));
        let wanted: Vec<_> = wanted.collect();
        let of_target = self.started.as_ref().and_then(|it| it.target.as_ref()).map(|it| it.ports());
        let plain = of_target.or(ports.as_ref()).map(|ports| Server { ports, with_tls: false });
        let chosen = match choose(self.job, &documents, plain, seed) {
            Ok(chosen) => chosen,
            Err(wrong) => return self.wrong(&wrong, &seen, screen),
        };
        if self.started.is_none() {
            self.started = Some(Started::start(self.job, ports.take(), &chosen, screen, self.stop).await?);
        }
        drop(chosen);
        let began = Instant::now();
        let mut ran = Vec::new();
        for (document, wanted) in &wanted {
            if self.stop.is_cancelled() {
                break;
            }
            self.run(document, wanted, seed, screen, &mut ran).await;
        }
        // What is there to be imported runs nothing, and is known all the same.
        for origin in texts.keys().filter(|origin| !documents.iter().any(|it| it.origin == **origin)) {
            self.known.entry(origin.clone()).or_default();
        }
        self.forget(texts);
        let (written, errors) = self.write();
        let of_round = self.done.iter().filter(|(origin, _)| ran.contains(origin));
        let reports: Vec<&Report> = of_round.map(|(_, done)| &done.report).collect();
        if reports.is_empty() {
            screen.note("no check has changed");
        } else {
            screen.summary(&reports, began.elapsed(), &written);
        }
        errors.iter().for_each(|error| screen.trouble(error));
        self.tell_rest(&ran, screen);
        if !self.stop.is_cancelled() {
            screen.note("watching for changes; Enter runs everything again, Ctrl+C ends");
        }
        Ok(())
    }

    /// Watches what suites name, too, which may lie elsewhere.
    fn look_beside(&mut self, texts: &Texts) {
        for (origin, (_, files)) in texts {
            let folder = Path::new(origin).parent().unwrap_or(Path::new("."));
            files.names().for_each(|name| self.listener.add_folder_of(&folder.join(name)));
        }
    }

    /// Something does not read: it is said, and remembered, so that nothing happens until it changes.
    fn wrong(&mut self, wrong: &[String], seen: &Seen, screen: &mut Screen) -> Result<(), Outcome> {
        wrong.iter().for_each(|line| screen.trouble(line));
        self.broken = Some(seen.clone());
        screen.note("waiting for the next change; Ctrl+C ends");
        Ok(())
    }

    /// What of a suite has to run; none when that is nothing.
    fn wanted(&self, document: &Document, wake: Wake) -> Option<Selected> {
        let known = self.known.get(&document.origin).filter(|_| wake == Wake::Files);
        let Some(known) = known else { return Some(Selected::All) };
        let suite = &document.suite;
        let is_whole = !suite.thresholds.is_empty() || !self.job.names.is_empty() || !known.is_well;
        match changes(&known.text, &document.text) {
            // What a file brings may be anywhere in the suite.
            _ if known.files != document.files => Some(Selected::All),
            Changes::Nothing if known.text == document.text => None,
            Changes::Checks(_) | Changes::Whole if is_whole => Some(Selected::All),
            Changes::Whole => Some(Selected::All),
            // What one check keeps for the others may be written in a file beside the suite.
            Changes::Checks(_) if document.files.texts().any(|(_, text)| text.contains("\"keep\"")) => {
                Some(Selected::All)
            }
            change => {
                let mut names = match change {
                    Changes::Checks(names) => names,
                    _ => Vec::new(),
                };
                let failed = known.verdicts.iter().filter(|(_, verdict)| !is_good(**verdict));
                names.extend(failed.map(|(name, _)| name.clone()));
                (!names.is_empty()).then_some(Selected::Only(names))
            }
        }
    }

    async fn run(
        &mut self,
        document: &Document,
        wanted: &Selected,
        seed: u64,
        screen: &mut Screen,
        ran: &mut Vec<String>,
    ) {
        let Some(started) = &mut self.started else { return };
        let mut job = self.job.clone();
        if let Selected::Only(names) = wanted {
            job.names.clone_from(names);
        }
        let documents = std::slice::from_ref(document);
        let plain = started.target.as_ref().map(|it| Server { ports: it.ports(), with_tls: false });
        let chosen = match choose(&job, documents, plain, seed) {
            Ok(chosen) => chosen,
            // Such as a failed check that is gone: then the whole of it runs.
            Err(_) => {
                job.names.clone_from(&self.job.names);
                match choose(&job, documents, plain, seed) {
                    Ok(chosen) => chosen,
                    Err(_) => return,
                }
            }
        };
        let mut bench = Bench {
            job: &job,
            page: &started.page,
            runner: &started.runner,
            target: started.target.take(),
            stop: self.stop,
            pool: std::mem::take(&mut self.pool),
        };
        let done = bench.all(&chosen, seed, screen).await;
        started.target = bench.target.take();
        self.pool = std::mem::take(&mut bench.pool);
        drop(bench);
        let known = self.known.entry(document.origin.clone()).or_default();
        known.text.clone_from(&document.text);
        known.files.clone_from(&document.files);
        known.is_well = done.iter().all(|done| {
            let holds = done.report.thresholds.iter().all(|one| is_good(one.verdict));
            done.trouble.is_none() && holds
        });
        if *wanted == Selected::All || job.names.len() == self.job.names.len() {
            known.verdicts.clear();
        }
        let names = |suite: &Document| -> BTreeSet<String> {
            let checks = &suite.suite.checks;
            checks.iter().map(|check| check.written_name.clone()).collect()
        };
        // Rows have names of their own, so only what can be told is taken away.
        let there = names(document);
        let has_rows = document.suite.checks.iter().any(|check| check.each.is_some());
        known.verdicts.retain(|name, _| has_rows || there.contains(name));
        for check in done.iter().flat_map(|done| &done.report.checks) {
            known.verdicts.insert(check.name.clone(), check.verdict);
        }
        self.done.retain(|(origin, _)| *origin != document.origin);
        self.done.extend(done.into_iter().map(|done| (document.origin.clone(), done)));
        ran.push(document.origin.clone());
    }

    /// Suites that are no longer there.
    fn forget(&mut self, texts: &Texts) {
        self.known.retain(|origin, _| texts.contains_key(origin));
        self.done.retain(|(origin, _)| texts.contains_key(origin));
        for (origin, (text, files)) in texts {
            if let Some(known) = self.known.get_mut(origin) {
                known.text.clone_from(text);
                known.files.clone_from(files);
            }
        }
    }

    fn write(&mut self) -> (Vec<PathBuf>, Vec<String>) {
        let (origins, done): (Vec<_>, Vec<_>) = std::mem::take(&mut self.done).into_iter().unzip();
        let (written, errors) = self.job.files.write(&done);
        self.done = origins.into_iter().zip(done).collect();
        (written, errors.iter().map(|error| causes(error)).collect())
    }

    /// Checks that did not pass before and did not run again.
    fn tell_rest(&self, ran: &[String], screen: &mut Screen) {
        let others = self.known.iter().filter(|(origin, _)| !ran.contains(origin));
        let bad = |known: &'_ Known| -> Vec<String> {
            known
                .verdicts
                .iter()
                .filter(|(_, verdict)| !is_good(**verdict))
                .map(|(name, _)| name.clone())
                .collect()
        };
        let rest: Vec<_> = others
            .flat_map(|(origin, known)| bad(known).into_iter().map(move |name| (origin, name)))
            .collect();
        for (origin, name) in rest.iter().take(MOST_NAMED) {
            screen.note(&format!("still not passed: {name} ({origin})"));
        }
        if rest.len() > MOST_NAMED {
            let more = counted((rest.len() - MOST_NAMED) as u64, "more check");
            screen.note(&format!("{more} did not pass before"));
        }
    }

    /// How everything stands, for the exit code.
    fn state(&self) -> Outcome {
        if self.broken.is_some() {
            return Outcome::Invalid;
        }
        let verdicts = self.known.values().flat_map(|known| known.verdicts.values());
        let worst = verdicts.fold(Verdict::Pass, |worst, verdict| worst.and(*verdict));
        // A part of a suite was run last, so what failed before it counts beside it.
        match worst {
            Verdict::Fail | Verdict::Error => Outcome::Failed,
            worst => {
                let last =
                    self.done.iter().map(|(_, done)| outcome::of(std::slice::from_ref(done), false, false));
                last.chain((worst == Verdict::Inconclusive).then_some(Outcome::Inconclusive))
                    .reduce(graver)
                    .unwrap_or(Outcome::Inconclusive)
            }
        }
    }

    async fn end(mut self) {
        self.pool.close().await;
        if let Some(started) = self.started {
            started.end().await;
        }
    }
}

fn graver(one: Outcome, other: Outcome) -> Outcome {
    let weight = |outcome: &Outcome| match outcome {
        Outcome::Passed => 0,
        Outcome::Inconclusive => 1,
        Outcome::Environment => 2,
        Outcome::Failed => 3,
        Outcome::Invalid => 4,
    };
    std::cmp::max_by_key(one, other, weight)
}

fn is_good(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Skipped)
}

/// Texts by where they come from, each with the files that it names.
type Texts = BTreeMap<String, (String, Files)>;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    texts: Texts,
    /// Why there is nothing where an argument names something.
    missing: Vec<String>,
}

impl Seen {
    fn of(read: &[Named]) -> Self {
        let all = read.iter().filter_map(|named| named.as_ref().ok()).flatten();
        let texts = all.map(|it| (it.origin.clone(), (it.text.clone(), it.files.clone()))).collect();
        Self { texts, missing: read.iter().filter_map(|named| named.as_ref().err().cloned()).collect() }
    }
}

/// Whether something differs from what is known, or from what did not read. Events come for other files in a folder, too,
/// such as the one that this command's output goes into.
fn has_changed(seen: &Seen, known: &BTreeMap<String, Known>, broken: Option<&Seen>) -> bool {
    if let Some(broken) = broken {
        return broken != seen;
    }
    let is_known = |(origin, (text, files)): (&String, &(String, Files))| {
        known.get(origin).is_some_and(|known| known.text == *text && known.files == *files)
    };
    !seen.missing.is_empty() || seen.texts.len() != known.len() || !seen.texts.iter().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Seen {
        let texts = [("s.json".to_owned(), (text.to_owned(), Files::default()))];
        Seen { texts: texts.into(), missing: Vec::new() }
    }

    #[test]
    fn a_mistake_is_news_once_and_again_when_a_file_changes() {
        let known = |text: &str| {
            BTreeMap::from([("s.json".to_owned(), Known { text: text.to_owned(), ..Known::default() })])
        };
        let (good, bad) = (seen("good"), seen("bad"));
        assert!(has_changed(&bad, &known("good"), None));
        assert!(!has_changed(&bad, &known("good"), Some(&bad)), "another file in the folder has changed");
        assert!(has_changed(&seen("worse"), &known("good"), Some(&bad)));
        assert!(has_changed(&good, &known("good"), Some(&bad)), "what ran before is there again");
        assert!(!has_changed(&good, &known("good"), None));
        let gone = Seen { missing: vec!["s.json: there is no such file".to_owned()], ..Seen::default() };
        assert!(has_changed(&gone, &known("good"), None));
        assert!(!has_changed(&gone, &known("good"), Some(&gone)));
        assert!(has_changed(&good, &BTreeMap::new(), Some(&gone)));
    }
}
