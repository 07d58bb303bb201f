//! `cargo xtask test`: every check, the cheap ones first. A failing stage stops no later one, except those that need its
//! result.

use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::browser::Browser;
use crate::command_line::Parts;
use crate::firefox::{self, Firefox};
use crate::grid::{self, Grid};
use crate::lints::{self, Lints};
use crate::page::{self, Edition};
use crate::process;
use crate::project::Project;
use crate::screen::{self, Progress};
use crate::serve;
use crate::setup::{self, Toolbox};
use crate::stages::Record;
use crate::tally::Count;
use crate::targets::{self, Targets};
use crate::test_commands::{
    check, headless, in_browser, in_firefox, lints_native, lints_wasm, native, other_servers, size,
    whole_page,
};

/// True when nothing failed.
pub fn run(project: &Project, parts: Parts) -> Result<bool> {
    let plan = plan(parts);
    let mut total = plan.len();
    total += if parts.native || parts.web { setup::RUST_STAGES } else { 0 };
    total += if parts.native { lints::STAGES } else { 0 };
    total += if parts.need_browser() { setup::PAGE_STAGES + setup::BROWSER_STAGES } else { 0 };
    total += if parts.page { firefox::STAGES + grid::STAGES } else { 0 };
    total += if parts.need_other_servers() { targets::STAGES } else { 0 };
    let progress = Progress::of(total);
    let builds_beside = parts.native && parts.need_browser();
    let record = thread::scope(|scope| {
        let mut bench = Bench {
            project,
            progress,
            record: Record::default(),
            lints: None,
            toolbox: None,
            browser: None,
            firefox: None,
            grid: None,
            page: false,
            server: false,
            targets: None,
            builds: None,
            has_built: false,
        };
        bench.set_up(parts);
        for stage in plan {
            if process::interrupted() {
                bail!("interrupted");
            }
            // The native tests mostly wait for servers, and leave a core to the compiler.
            if builds_beside && stage == Stage::Native {
                let toolbox = bench.toolbox.clone();
                bench.builds = toolbox.map(|toolbox| scope.spawn(move || build(project, &toolbox)));
            }
            bench.perform(stage);
        }
        Ok(bench.record)
    })?;
    if process::interrupted() {
        bail!("interrupted");
    }
    screen::line(&format!("\n{}", record.summary()));
    Ok(record.total().failed == 0)
}

/// What became of the page and the server, when they were built beside the native tests.
struct Built {
    page: (Result<()>, Duration),
    /// Absent without a page: the server has it inside.
    server: Option<(Result<()>, Duration)>,
    /// What was said.
    lines: Vec<String>,
}

fn build(project: &Project, toolbox: &Toolbox) -> Built {
    fn timed(work: impl FnOnce() -> Result<()>) -> (Result<()>, Duration) {
        let started = Instant::now();
        (work(), started.elapsed())
    }
    let ((page, server), lines) = screen::beside(|| {
        let page = timed(|| page::build(project, toolbox, Edition::Release));
        let server = page.0.is_ok().then(|| timed(|| serve::build(project, Edition::Release)));
        (page, server)
    });
    Built { page, server, lines }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Format,
    Spelling,
    Dependencies,
    LintsNative,
    LintsWasm,
    Native,
    Targets,
    Page,
    Size,
    Server,
    InBrowser,
    WholePage,
    Headless,
    InFirefox,
}

fn plan(parts: Parts) -> Vec<Stage> {
    use Stage::*;
    let all = [
        (Format, parts.native),
        (Spelling, parts.native),
        (Dependencies, parts.native),
        (LintsNative, parts.native),
        (LintsWasm, parts.web),
        (Native, parts.native),
        (Targets, parts.targets),
        (Page, parts.need_browser()),
        (Size, parts.need_browser()),
        (Server, parts.need_browser()),
        (InBrowser, parts.web),
        (WholePage, parts.page),
        (Headless, parts.page),
        (InFirefox, parts.page),
    ];
    all.into_iter().filter(|(_, wanted)| *wanted).map(|(stage, _)| stage).collect()
}

struct Bench<'scope, 'a> {
    project: &'a Project,
    progress: Progress,
    record: Record,
    lints: Option<Lints>,
    toolbox: Option<Toolbox>,
    browser: Option<Browser>,
    firefox: Option<Firefox>,
    /// Absent also where this machine has no Java: then its test says so and is left out.
    grid: Option<Grid>,
    /// `dist` holds a page.
    page: bool,
    /// The server is built.
    server: bool,
    /// What starts the servers of others, where they were asked for.
    targets: Option<Targets>,
    /// Page and server, while they are built beside the native tests.
    builds: Option<ScopedJoinHandle<'scope, Built>>,
    has_built: bool,
}

impl Bench<'_, '_> {
    /// Only a failed set-up has a row of its own: what is there is not a result.
    fn set_up(&mut self, parts: Parts) {
        if parts.native || parts.web {
            let outcome = setup::rust_components(&mut self.progress);
            self.tell_failure("set-up of Rust", outcome);
        }
        if !parts.need_browser() {
            return self.set_up_others(parts);
        }
        let compiled = setup::beside_compiling(self.project, || self.set_up_others(parts));
        let outcome = compiled.and_then(|()| setup::page_tools(self.project, &mut self.progress));
        self.toolbox = self.tell_failure("set-up of tools", outcome);
    }

    fn set_up_others(&mut self, parts: Parts) {
        if parts.native {
            let outcome = lints::set_up(&mut self.progress);
            self.lints = self.tell_failure("set-up of lints", outcome);
        }
        if parts.need_browser() {
            let outcome = setup::browser(&mut self.progress);
            self.browser = self.tell_failure("set-up of browser", outcome);
        }
        if parts.page {
            let outcome = firefox::set_up(&mut self.progress);
            self.firefox = self.tell_failure("set-up of Firefox", outcome);
            let outcome = grid::set_up(&mut self.progress);
            self.grid = self.tell_failure("set-up of a Selenium Grid", outcome).flatten();
        }
        if parts.need_other_servers() {
            let outcome = targets::set_up(&mut self.progress);
            self.targets = self.tell_failure("set-up of Python and Node", outcome);
        }
    }

    fn tell_failure<T>(&mut self, name: &'static str, outcome: Result<T>) -> Option<T> {
        outcome.map_err(|error| self.record.stage(name, || Err(error))).ok()
    }

    fn perform(&mut self, stage: Stage) {
        let (project, record) = (self.project, &mut self.record);
        match stage {
            Stage::Format => {
                self.progress.stage("format");
                record.stage("format", || check(project.cargo().args(["fmt", "--all", "--check"])));
            }
            Stage::Spelling => {
                self.progress.stage("spelling");
                let Some(lints) = &self.lints else {
                    return record.skip("spelling", "its tool is missing");
                };
                record.stage("spelling", || check(&mut lints.spelling(project)));
            }
            Stage::Dependencies => {
                self.progress.stage("licences and sources of the dependencies");
                let Some(lints) = &self.lints else {
                    return record.skip("dependencies", "its tool is missing");
                };
                record.stage("dependencies", || check(&mut lints.dependencies(project)));
            }
            Stage::LintsNative => {
                self.progress.stage("lints, native (about 1 minute the first time)");
                record.stage("lints, native", || lints_native(project));
            }
            Stage::LintsWasm => {
                self.progress.stage("lints, wasm (about 1 minute the first time)");
                record.stage("lints, wasm", || lints_wasm(project));
            }
            Stage::Native => {
                self.progress.stage("native tests (about 4 minutes the first time)");
                record.stage("native", || native(project));
            }
            Stage::Targets => {
                self.progress
                    .stage("the suites against servers in Python and Node (about 1 minute the first time)");
                let Some(targets) = &self.targets else {
                    return record.skip("other servers", "Python, Node or their packages are missing");
                };
                record.stage("other servers", || other_servers(project, targets));
            }
            Stage::Page if self.builds.is_some() => {
                self.progress.stage("the page and the server in release, begun beside the native tests");
                let Some(builds) = self.builds.take() else { return };
                let built = builds.join().expect("what builds does not panic");
                built.lines.iter().for_each(|line| screen::line(line));
                let one = |outcome: Result<()>| outcome.map(|()| Count::one(true));
                let (page, time) = built.page;
                self.page = record.note("page", one(page), time);
                self.server = match built.server {
                    Some((server, time)) => record.note("server", one(server), time),
                    None => {
                        record.skip("server", "there is no page");
                        false
                    }
                };
                self.has_built = true;
            }
            Stage::Page => {
                self.progress.stage("the page in release (about 3 minutes the first time)");
                let Some(toolbox) = &self.toolbox else {
                    return record.skip("page", "its tools are missing");
                };
                self.page = record.stage("page", || {
                    page::build(project, toolbox, Edition::Release).map(|()| Count::one(true))
                });
            }
            Stage::Size => {
                self.progress.stage("size of the page");
                if !self.page {
                    return record.skip("size", "there is no page");
                }
                record.stage("size", || size(project, self.toolbox.as_ref()));
            }
            Stage::Server if self.has_built => {
                self.progress.stage("the server in release: built with the page")
            }
            Stage::Server => {
                self.progress.stage("the server in release (about 2 minutes the first time)");
                self.server = record
                    .stage("server", || serve::build(project, Edition::Release).map(|()| Count::one(true)));
            }
            Stage::InBrowser => {
                self.progress.stage("tests in a headless browser (about 2 minutes the first time)");
                let (Some(toolbox), Some(browser)) = (&self.toolbox, &self.browser) else {
                    return record.skip("in the browser", "the browser or the tools are missing");
                };
                // The page's own tests take its worker from there.
                if !(self.server && self.page) {
                    return record.skip("in the browser", "there is no page or no server");
                }
                record.stage("in the browser", || in_browser(project, toolbox, browser));
            }
            Stage::WholePage => {
                self.progress.stage("tests of the whole page in a headless browser (about 1 minute)");
                let Some(browser) = &self.browser else {
                    return record.skip("whole page", "there is no browser");
                };
                if !(self.server && self.page) {
                    return record.skip("whole page", "there is no page or no server");
                }
                let Some(targets) = &self.targets else {
                    return record.skip("whole page", "Node or its packages are missing");
                };
                record.stage("whole page", || whole_page(project, browser, targets));
            }
            Stage::Headless => {
                self.progress.stage("tests of `sockscope check` with headless browsers (about 8 minutes)");
                let Some(browser) = &self.browser else {
                    return record.skip("headless", "there is no browser");
                };
                if !(self.server && self.page) {
                    return record.skip("headless", "there is no page or no server");
                }
                let (targets, grid) = (self.targets.as_ref(), self.grid.as_ref());
                record.stage("headless", || headless(project, browser, targets, grid));
            }
            Stage::InFirefox => {
                self.progress.stage("the page and `sockscope check` in headless Firefox (about 1 minute)");
                let Some(firefox) = &self.firefox else {
                    return record.skip("in Firefox", "Firefox or geckodriver is missing");
                };
                if !(self.server && self.page) {
                    return record.skip("in Firefox", "there is no page or no server");
                }
                record.stage("in Firefox", || in_firefox(project, firefox));
            }
        }
    }
}
