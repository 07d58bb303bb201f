//! `cargo xtask test`: every check, the cheap ones first. A failing stage stops no later one, except those that need its
//! result.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sockscope_host::programs::Family;

use crate::browser::Browser;
use crate::command_line::Parts;
use crate::firefox::{self, Firefox};
use crate::lints::{self, Lints};
use crate::page::Edition;
use crate::process::{self, Show};
use crate::project::Project;
use crate::screen::{self, Progress};
use crate::serve::{self, Server};
use crate::setup::{self, Toolbox};
use crate::stages::Record;
use crate::tally::{Count, Tally};
use crate::targets::Targets;
use crate::{page, sizes, targets};

/// What makes cargo build the page's library and its tests for a browser.
const PAGE_ON_WASM: [&str; 6] =
    ["--target", "wasm32-unknown-unknown", "-p", "sockscope", "--features", "page"];

/// Every native build is of the same packages with the same features: otherwise each stage would compile the engine, the
/// companion and half of their dependencies once more.
const EVERYTHING: [&str; 3] =
    ["--workspace", "--features", "sockscope-companion/page-tests,sockscope-companion/target-tests"];

/// The tests of the companion that need a browser or the servers of others, each with a stage of its own.
const WITH_OTHERS: [&str; 4] = ["check", "firefox", "page", "targets"];

/// True when nothing failed.
pub fn run(project: &Project, parts: Parts) -> Result<bool> {
    let plan = plan(parts);
    let mut total = plan.len();
    total += if parts.native || parts.web { setup::RUST_STAGES } else { 0 };
    total += if parts.native { lints::STAGES } else { 0 };
    total += if parts.need_browser() { setup::PAGE_STAGES + setup::BROWSER_STAGES } else { 0 };
    total += if parts.page { firefox::STAGES } else { 0 };
    total += if parts.need_other_servers() { targets::STAGES } else { 0 };
    let progress = Progress::of(total);
    let mut bench = Bench {
        project,
        progress,
        record: Record::default(),
        lints: None,
        toolbox: None,
        browser: None,
        firefox: None,
        page: false,
        server: false,
        targets: None,
    };
    bench.set_up(parts);
    for stage in plan {
        if process::interrupted() {
            bail!("interrupted");
        }
        bench.perform(stage);
    }
    if process::interrupted() {
        bail!("interrupted");
    }
    screen::line(&format!("\n{}", bench.record.summary()));
    Ok(bench.record.total().failed == 0)
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

struct Bench<'a> {
    project: &'a Project,
    progress: Progress,
    record: Record,
    lints: Option<Lints>,
    toolbox: Option<Toolbox>,
    browser: Option<Browser>,
    firefox: Option<Firefox>,
    /// `dist` holds a page.
    page: bool,
    /// The server is built.
    server: bool,
    /// What starts the servers of others, where they were asked for.
    targets: Option<Targets>,
}

impl Bench<'_> {
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
                let mut command = project.cargo();
                command
                    .args(["clippy", "--locked", "--all-targets"])
                    .args(EVERYTHING)
                    .args(["--", "-D", "warnings"]);
                record.stage("lints, native", || check(&mut command));
            }
            Stage::LintsWasm => {
                self.progress.stage("lints, wasm (about 1 minute the first time)");
                let mut command = project.cargo();
                command.args(["clippy", "--locked"]).args(PAGE_ON_WASM);
                // Not `--all-targets`: the engine's own tests run natively, in a world that wasm does not have.
                command
                    .args(["--lib", "--bins"])
                    .args(browser_tests(project).into_iter().flat_map(|name| ["--test", name]));
                command.args(["--", "-D", "warnings"]);
                record.stage("lints, wasm", || check(&mut command));
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
                let targets = self.targets.as_ref();
                record.stage("headless", || headless(project, browser, targets));
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

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

/// The tests made for a browser, `tests/web_*.rs`; the others need a native machine.
fn browser_tests(project: &Project) -> Vec<&str> {
    project.tests("sockscope", "web_")
}

/// As `tests`, for what runs beside others: what it says is shown when it has ended.
fn tests_in_one_piece(command: &mut Command) -> Result<Count> {
    let (mut tally, mut lines) = (Tally::default(), Vec::new());
    let status = process::run(command, Show::Discard, |line| {
        tally.read(line);
        lines.push(line.to_owned());
    })?;
    lines.iter().for_each(|line| screen::line(line));
    Ok(tally.finish(status.success()))
}

fn check(command: &mut Command) -> Result<Count> {
    let status = process::run(command, Show::Lines, |_| ())?;
    Ok(Count::one(status.success()))
}

fn tests(command: &mut Command) -> Result<Count> {
    let mut tally = Tally::default();
    let status = process::run(command, Show::Lines, |line| tally.read(line))?;
    Ok(tally.finish(status.success()))
}

/// `cargo test`, built as every native stage is.
fn cargo_test(project: &Project) -> Command {
    let mut command = project.cargo();
    command.args(["test", "--locked", "--no-fail-fast"]).args(EVERYTHING);
    command
}

/// All that needs neither a browser nor the servers of others, examples in documentation included.
fn native(project: &Project) -> Result<Count> {
    let own = project.tests("sockscope", "").into_iter().filter(|name| !name.starts_with("web_"));
    let companions = project.tests("sockscope-companion", "").into_iter();
    let names = own.chain(companions.filter(|name| !WITH_OTHERS.contains(name)));
    let mut command = cargo_test(project);
    command.args(["--lib", "--bins"]).args(names.flat_map(|name| ["--test", name]));
    command.env("SOCKSCOPE_CHURN_SECONDS", "30");
    // Many of them wait for servers: on 2 cores the suites took 210 s with 2 threads and 108 s with 5.
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        command.env("RUST_TEST_THREADS", (2 * cores()).max(4).to_string());
    }
    let mut count = tests(&mut command)?;
    count += tests(cargo_test(project).arg("--doc"))?;
    Ok(count)
}

fn size(project: &Project, toolbox: Option<&Toolbox>) -> Result<Count> {
    let weights = sizes::weigh(&project.dist())?;
    sizes::table(&weights).lines().for_each(screen::note);
    toolbox.into_iter().for_each(sizes::tell_what_is_missing);
    Ok(Count::one(sizes::is_within(&weights)))
}

/// The page's own code under wasm-bindgen's runner, against the real server.
fn in_browser(project: &Project, toolbox: &Toolbox, browser: &Browser) -> Result<Count> {
    let names = browser_tests(project);
    if names.is_empty() {
        bail!("there is no tests/web_*.rs: a run without tests cannot succeed");
    }
    let (log, log_path) = serve::log_file(project)?;
    let arguments = ["--port", "0", "--tls", "--allow-origin", "loopback"].map(str::to_owned);
    let server = Server::start(project, Edition::Release, &arguments, Stdio::from(log))
        .with_context(|| format!("its words are in {}", log_path.display()))?;

    let addresses: Vec<_> = ["ws", "wss", "api", "page"]
        .iter()
        .filter_map(|name| {
            Some((format!("SOCKSCOPE_TEST_{}", name.to_uppercase()), server.url(name)?.to_owned()))
        })
        .collect();
    let capabilities = capabilities(project, browser)?;
    let mut build = project.cargo();
    build
        .args(["test", "--locked", "--no-run"])
        .args(PAGE_ON_WASM)
        .args(names.iter().flat_map(|name| ["--test", name]));
    equip_for_browser(&mut build, &addresses, toolbox, browser, &capabilities);
    if check(&mut build)?.failed > 0 {
        bail!("the tests did not build");
    }
    // A file of tests waits more than it works, for its browser to start and for what it tests.
    let next = AtomicUsize::new(0);
    let work = || -> Result<Count> {
        let mut count = Count::default();
        while let Some(name) = names.get(next.fetch_add(1, Ordering::SeqCst)) {
            let mut command = project.cargo();
            command.args(["test", "--locked"]).args(PAGE_ON_WASM).args(["--test", name]);
            equip_for_browser(&mut command, &addresses, toolbox, browser, &capabilities);
            count += tests_in_one_piece(&mut command)?;
        }
        Ok(count)
    };
    let count = thread::scope(|scope| {
        let jobs = [scope.spawn(work), scope.spawn(work)];
        jobs.into_iter().try_fold(Count::default(), |mut sum, job| {
            sum += job.join().expect("what runs tests does not panic")?;
            Ok::<_, anyhow::Error>(sum)
        })
    })?;
    if count.failed > 0 {
        screen::note(&format!("what the server said is in {}", log_path.display()));
    }
    Ok(count)
}

/// What the build of the tests and the runner of wasm-bindgen read from their environment.
fn equip_for_browser(
    command: &mut Command,
    addresses: &[(String, String)],
    toolbox: &Toolbox,
    browser: &Browser,
    capabilities: &Path,
) {
    toolbox.equip(command);
    // A browser shows no lines of ours, and the runner reads all of it for each file.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    // The tests read these while they are compiled.
    command.envs(addresses.iter().map(|(variable, url)| (variable, url)));
    // The runner prefers any of these to the driver we found.
    for name in ["GECKODRIVER", "SAFARIDRIVER", "CHROMEDRIVER", "MSEDGEDRIVER"] {
        command.env_remove(name).env_remove(format!("{name}_REMOTE"));
    }
    command.env_remove("NO_HEADLESS");
    command.env(browser.family.driver().to_uppercase(), &browser.driver);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities);
    // The runner allows a whole file 20 s, and the driver 5: too little on a busy machine.
    for (name, seconds) in [("WASM_BINDGEN_TEST_TIMEOUT", "180"), ("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")]
    {
        if std::env::var_os(name).is_none() {
            command.env(name, seconds);
        }
    }
}

/// The release page as a user has it, driven from outside; against servers that others have written, too.
fn whole_page(project: &Project, browser: &Browser, targets: &Targets) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "page"]);
    command.env("SOCKSCOPE_BIN", project.server(Edition::Release));
    command.env("CHROMEDRIVER", &browser.driver).env("CHROME", &browser.program);
    targets.equip(&mut command);
    tests(&mut command)
}

/// The command that runs suites, as a job of CI calls it; against servers that others have written where those are set up.
fn headless(project: &Project, browser: &Browser, targets: Option<&Targets>) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "check"]);
    command.env("SOCKSCOPE_BIN", project.server(Edition::Release));
    command.env("CHROMEDRIVER", &browser.driver).env("CHROME", &browser.program);
    match targets {
        Some(targets) => targets.equip(&mut command),
        None => drop(command.args(["--", "--skip", "targets::"])),
    }
    tests(&mut command)
}

/// The release page and the command in the other family of browsers.
fn in_firefox(project: &Project, firefox: &Firefox) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "firefox"]);
    command.env("SOCKSCOPE_BIN", project.server(Edition::Release));
    firefox.equip(&mut command);
    tests(&mut command)
}

/// The suites that ship, run natively against servers that others have written.
fn other_servers(project: &Project, targets: &Targets) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "targets"]);
    targets.equip(&mut command);
    tests(&mut command)
}

/// A copy of `webdriver.json` that names the very browser we checked.
fn capabilities(project: &Project, browser: &Browser) -> Result<PathBuf> {
    let source = project.root.join("webdriver.json");
    let text = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let given: Value = serde_json::from_str(&text).context("webdriver.json is not JSON")?;
    let path = project.scratch()?.join("webdriver.json");
    let named = with_binary(given, browser.family, &browser.program.to_string_lossy());
    fs::write(&path, named.to_string()).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn with_binary(mut given: Value, family: Family, program: &str) -> Value {
    let mut options = given[Family::Chrome.options_name()].take();
    options["binary"] = program.into();
    let mut named = serde_json::Map::new();
    named.insert(family.options_name().into(), options);
    Value::Object(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_we_checked_is_the_one_that_is_driven() {
        let given = serde_json::json!({ "goog:chromeOptions": { "args": ["--headless=new"] } });
        let named = with_binary(given.clone(), Family::Edge, "/opt/edge");
        let expected = serde_json::json!({
            "ms:edgeOptions": { "args": ["--headless=new"], "binary": "/opt/edge" }
        });
        assert_eq!(named, expected);
        assert!(with_binary(given, Family::Chrome, "c")["goog:chromeOptions"]["binary"] == "c");
    }
}
