//! How each stage of `cargo xtask test` is called: its command, its environment, and how its results are counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sockscope_host::programs::Family;

use crate::browser::Browser;
use crate::firefox::Firefox;
use crate::grid::Grid;
use crate::page::Edition;
use crate::process::{self, Show};
use crate::project::Project;
use crate::serve::{self, Server};
use crate::setup::Toolbox;
use crate::tally::{Count, Tally};
use crate::targets::Targets;
use crate::{screen, sizes};

/// What makes cargo build the page's library and its tests for a browser.
const PAGE_ON_WASM: [&str; 6] =
    ["--target", "wasm32-unknown-unknown", "-p", "sockscope", "--features", "page"];

/// Every native build is of the same packages with the same features: otherwise each stage would compile the engine, the
/// companion and half of their dependencies once more.
const EVERYTHING: [&str; 3] =
    ["--workspace", "--features", "sockscope-companion/page-tests,sockscope-companion/target-tests"];

/// The tests of the companion that need a browser or the servers of others, each with a stage of its own.
const WITH_OTHERS: [&str; 4] = ["check", "firefox", "page", "targets"];

/// How many tests run at once, where a person has not said it.
fn at_once(command: &mut Command, count: usize) {
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        command.env("RUST_TEST_THREADS", count.max(2).to_string());
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

pub fn check(command: &mut Command) -> Result<Count> {
    let status = process::run(command, Show::Lines, |_| ())?;
    Ok(Count::one(status.success()))
}

fn tests(command: &mut Command) -> Result<Count> {
    let mut tally = Tally::default();
    let status = process::run(command, Show::Lines, |line| tally.read(line))?;
    Ok(tally.finish(status.success()))
}

pub fn lints_native(project: &Project) -> Result<Count> {
    let mut command = project.cargo();
    command.args(["clippy", "--locked", "--all-targets"]).args(EVERYTHING).args(["--", "-D", "warnings"]);
    check(&mut command)
}

pub fn lints_wasm(project: &Project) -> Result<Count> {
    let mut command = project.cargo();
    command.args(["clippy", "--locked"]).args(PAGE_ON_WASM);
    // Not `--all-targets`: the engine's own tests run natively, in a world that wasm does not have.
    command
        .args(["--lib", "--bins"])
        .args(browser_tests(project).into_iter().flat_map(|name| ["--test", name]));
    command.args(["--", "-D", "warnings"]);
    check(&mut command)
}

/// `cargo test`, built as every native stage is.
fn cargo_test(project: &Project) -> Command {
    let mut command = project.cargo();
    command.args(["test", "--locked", "--no-fail-fast"]).args(EVERYTHING);
    command
}

/// All that needs neither a browser nor the servers of others, examples in documentation included.
pub fn native(project: &Project) -> Result<Count> {
    let own = project.tests("sockscope", "").into_iter().filter(|name| !name.starts_with("web_"));
    let companions = project.tests("sockscope-companion", "").into_iter();
    let names = own.chain(companions.filter(|name| !WITH_OTHERS.contains(name)));
    let mut command = cargo_test(project);
    command.args(["--lib", "--bins"]).args(names.flat_map(|name| ["--test", name]));
    command.env("SOCKSCOPE_CHURN_SECONDS", "30");
    // Many of them wait for servers: on 2 cores the suites took 210 s with 2 threads and 108 s with 5.
    at_once(&mut command, 2 * cores());
    let mut count = tests(&mut command)?;
    count += tests(cargo_test(project).arg("--doc"))?;
    Ok(count)
}

pub fn size(project: &Project, toolbox: Option<&Toolbox>) -> Result<Count> {
    let weights = sizes::weigh(&project.dist())?;
    sizes::table(&weights).lines().for_each(screen::note);
    toolbox.into_iter().for_each(sizes::tell_what_is_missing);
    Ok(Count::one(sizes::is_within(&weights)))
}

/// The page's own code under wasm-bindgen's runner, against the real server.
pub fn in_browser(project: &Project, toolbox: &Toolbox, browser: &Browser) -> Result<Count> {
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
pub fn whole_page(project: &Project, browser: &Browser, targets: &Targets) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "page"]);
    command.env("SOCKSCOPE_BIN", project.server(Edition::Release));
    command.env("CHROMEDRIVER", &browser.driver).env("CHROME", &browser.program);
    targets.equip(&mut command);
    // Each has a browser, which works while the page starts and then mostly waits.
    at_once(&mut command, cores() + 1);
    tests(&mut command)
}

/// The command that runs suites, as a job of CI calls it; against servers that others have written, and on a Selenium Grid, where
/// those are set up.
pub fn headless(
    project: &Project,
    browser: &Browser,
    targets: Option<&Targets>,
    grid: Option<&Grid>,
) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "check"]);
    command.env("SOCKSCOPE_BIN", project.server(Edition::Release));
    command.env("CHROMEDRIVER", &browser.driver).env("CHROME", &browser.program);
    // Six at once took as long as four, and answers came late.
    at_once(&mut command, 2 * cores());
    if let Some(grid) = grid {
        grid.equip(&mut command);
    }
    match targets {
        Some(targets) => targets.equip(&mut command),
        None => drop(command.args(["--", "--skip", "targets::"])),
    }
    tests(&mut command)
}

/// The release page and the command in the other family of browsers.
pub fn in_firefox(project: &Project, firefox: &Firefox) -> Result<Count> {
    let mut command = cargo_test(project);
    command.args(["--test", "firefox"]);
    command.env("SOCKSCOPE_BIN", project.server(Edition::Release));
    firefox.equip(&mut command);
    tests(&mut command)
}

/// The suites that ship, run natively against servers that others have written.
pub fn other_servers(project: &Project, targets: &Targets) -> Result<Count> {
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
