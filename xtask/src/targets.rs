//! What the servers in `tests/servers` need: Python and Node, and the packages of both in folders of the cache.
//!
//! All versions stand here and all of them are exact. Their hash is in the name of the folder, so another version means another
//! folder, and one that is there needs no network.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use sockscope_host::programs::{executable, which};

use crate::cache::Cache;
use crate::screen::{self, Progress};
use crate::tool::printed_version;
use crate::{debian, fingerprint, process, version};

/// How many stages the set-up announces.
pub const STAGES: usize = 2;

/// What is imported, then what that needs: pip would choose the latest of what is not named.
const OF_PYTHON: &[&str] = &[
    "websockets==17.4",
    "aiohttp==3.14.5",
    "uvicorn==0.54.0",
    "starlette==1.10.0",
    "wsproto==1.3.2",
    "pytest==9.2.0",
    "pytest_asyncio==1.5.0",
    "httpx==0.28.1",
    "prometheus_client==0.26.0",
    "aiohappyeyeballs==2.7.1",
    "aiosignal==1.4.0",
    "anyio==4.16.0",
    "attrs==26.1.0",
    "certifi==2026.10.19.post1",
    "click==8.5.1",
    "frozenlist==1.8.0",
    "h11==0.16.0",
    "httpcore==1.0.9",
    "idna==3.20",
    "iniconfig==2.3.1",
    "multidict==7.2.1",
    "packaging==26.4",
    "pluggy==1.7.0",
    "propcache==0.5.4",
    "pygments==2.21.0",
    "typing_extensions==4.16.0",
    "yarl==1.25.1",
];

/// How many stages the set-up of the peers announces.
pub const PEER_STAGES: usize = 3;

/// What people drive WebSockets with today. It needs hundreds of others, whose versions it chooses itself.
const PEERS: &[&str] = &["artillery@2.0.34"];

/// The same in Python: what is imported, then what that needs.
const PYTHON_PEERS: &[&str] = &[
    "locust==2.47.0",
    "websocket-client==1.9.2",
    "bidict==0.24.1",
    "blinker==1.9.0",
    "brotli==1.2.1",
    "certifi==2026.10.19.post1",
    "charset-normalizer==3.5.3",
    "click==8.5.1",
    "ConfigArgParse==1.9.0",
    "Flask==3.1.3",
    "flask-cors==6.0.5",
    "Flask-Login==0.6.3",
    "gevent==26.9.0",
    "geventhttpclient==2.6.1",
    "greenlet==3.5.6",
    "h11==0.16.0",
    "idna==3.20",
    "iniconfig==2.3.1",
    "itsdangerous==2.2.0",
    "Jinja2==3.1.6",
    "MarkupSafe==3.0.4",
    "msgpack==1.2.4",
    "packaging==26.4",
    "pluggy==1.7.0",
    "psutil==7.2.2",
    "Pygments==2.21.0",
    "pytest==9.2.0",
    "python-engineio==4.15.1",
    "python-socketio==5.18.1",
    "pyzmq==27.3.0",
    "requests==2.34.2",
    "simple-websocket==1.1.0",
    "typing_extensions==4.16.0",
    "urllib3==2.8.0",
    "Werkzeug==3.1.9",
    "wsproto==1.3.2",
    "zope.event==6.2",
    "zope.interface==8.7",
];

/// What judges how a page loads.
const JUDGE: &[&str] = &["lighthouse@12.8.2"];

/// They need no others.
const OF_NODE: &[&str] = &["ws@8.23.0", "lossless-json@4.3.3", "graphql@16.11.0", "graphql-ws@6.4.2"];

/// The least that the packages take.
const LEAST_PYTHON: (u32, u32) = (3, 11);
const LEAST_NODE: u32 = 18;

/// What starts the servers.
pub struct Targets {
    python: PathBuf,
    node: PathBuf,
    node_modules: PathBuf,
}

impl Targets {
    /// Lets the tests find all of it.
    pub fn equip(&self, command: &mut Command) {
        command.env("SOCKSCOPE_PYTHON", &self.python);
        command.env("SOCKSCOPE_NODE", &self.node).env("SOCKSCOPE_NODE_MODULES", &self.node_modules);
    }
}

/// Both languages with their packages.
pub fn set_up(progress: &mut Progress) -> Result<Targets> {
    let cache = Cache::open()?;
    // Every package here is imported by the name that it has in the registry.
    let names: Vec<&str> = OF_PYTHON.iter().map(|pin| name_of(pin)).collect();
    let python = python_with(&cache, progress, "python-servers", (OF_PYTHON, 4), &names)?;
    let (node, node_modules) = node_with(&cache, progress, "node-servers", OF_NODE)?;
    Ok(Targets { python, node, node_modules })
}

/// Node and Python with what the benchmarks compare us with, and where their programs are.
pub fn set_up_peers(progress: &mut Progress) -> Result<Peers> {
    let cache = Cache::open()?;
    let (_, of_peers) = node_with(&cache, progress, "node-peers", PEERS)?;
    let (_, of_judge) = node_with(&cache, progress, "node-lighthouse", JUDGE)?;
    let locust = python_with(&cache, progress, "python-peers", (PYTHON_PEERS, 2), &["locust", "websocket"])?;
    Ok(Peers {
        locust,
        artillery: of_peers.join("artillery/bin/run"),
        lighthouse: of_judge.join("lighthouse/cli/index.js"),
    })
}

/// Programs of Node and Python that the benchmarks call.
pub struct Peers {
    locust: PathBuf,
    artillery: PathBuf,
    lighthouse: PathBuf,
}

impl Peers {
    /// Lets the benchmarks find them.
    pub fn equip(&self, command: &mut Command) {
        command.env("SOCKSCOPE_ARTILLERY", &self.artillery).env("SOCKSCOPE_LIGHTHOUSE", &self.lighthouse);
        command.env("SOCKSCOPE_LOCUST", &self.locust);
    }
}

/// The interpreter of a virtual environment with these packages, the first of which are named to the user. They are there when
/// these modules are.
fn python_with(
    cache: &Cache,
    progress: &mut Progress,
    what: &str,
    (pins, shown): (&[&str], usize),
    modules: &[&str],
) -> Result<PathBuf> {
    let title = format!("Python's {}", list(&pins[..shown]));
    let name = folder_name(what, pins)?;
    let place = cache.place(&name);
    if has_python_packages(&place, modules) {
        progress.stage(&format!("{title}: there"));
        return Ok(python_of(&place));
    }
    let started = Instant::now();
    progress.stage(&format!("installing {title}…"));
    let base = python_or_install()?;
    cache.fill(
        &name,
        |place| has_python_packages(place, modules),
        |fresh| {
            screen::note("fetching them from PyPI (about 10 seconds)…");
            install_packages(&base, fresh, pins)
        },
    )?;
    screen::note(&format!("done in {}", screen::seconds(started.elapsed())));
    Ok(python_of(&place))
}

/// A Python that makes virtual environments, from Debian where there is none.
pub fn python_or_install() -> Result<PathBuf> {
    if let Some(found) = python() {
        return Ok(found);
    }
    debian::install(&["python3", "python3-venv"], "about half a minute");
    python().with_context(|| {
        let (major, minor) = LEAST_PYTHON;
        format!(
            "the tests need Python {major}.{minor} or later with its modules venv and ensurepip (Debian: python3, \
             python3-venv); put it on PATH as python3"
        )
    })
}

/// A virtual environment with these packages, in an empty folder.
pub fn install_packages(python: &Path, fresh: &Path, pins: &[&str]) -> Result<()> {
    // Links to the interpreter, and not its path, are in it; so it may be moved, and its scripts are not used.
    process::succeed(Command::new(python).args(["-m", "venv"]).arg(fresh))?;
    let mut pip = Command::new(python_of(fresh));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    // What has to be compiled takes minutes and a compiler: better to say that there is none for this machine.
    process::succeed(pip.arg("--only-binary=:all:").args(pins))
}

/// The interpreter of a virtual environment.
pub fn python_of(place: &Path) -> PathBuf {
    place.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(executable("python"))
}

/// Also false when the system's Python has become another version, which looks for packages elsewhere.
fn has_python_packages(place: &Path, modules: &[&str]) -> bool {
    const FIND: &str = "import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))";
    process::output(Command::new(python_of(place)).args(["-c", FIND]).args(modules)).is_some()
}

/// A Python that is new enough and can make virtual environments, which Debian's alone cannot.
fn python() -> Option<PathBuf> {
    // Debian's own, where another one hides it that does not do.
    let debians = PathBuf::from("/usr/bin/python3");
    let candidates = ["python3", "python"].into_iter().filter_map(which).chain([debians]);
    candidates.into_iter().find(|program| {
        let probe = "import venv, ensurepip";
        printed_version(program).is_some_and(|it| is_new_enough(&it))
            && process::output(Command::new(program).args(["-c", probe])).is_some()
    })
}

fn is_new_enough(python: &str) -> bool {
    let mut numbers = python.split('.').map(|it| it.parse::<u32>().ok());
    let found = numbers.next().flatten().zip(numbers.next().flatten());
    found.is_some_and(|found| found >= LEAST_PYTHON)
}

/// Node, and the folder of these packages.
pub fn node_with(
    cache: &Cache,
    progress: &mut Progress,
    what: &str,
    pins: &[&str],
) -> Result<(PathBuf, PathBuf)> {
    let title = format!("Node's {}", list(pins));
    let name = folder_name(what, pins)?;
    let place = cache.place(&name);
    let node_modules = place.join("node_modules");
    let there = node();
    if let Some(node) = &there
        && has_node_packages(&place, pins)
    {
        progress.stage(&format!("{title}: there"));
        return Ok((node.clone(), node_modules));
    }
    let started = Instant::now();
    progress.stage(&format!("installing {title}…"));
    let missing: Vec<_> = [("nodejs", there.is_none()), ("npm", which("npm").is_none())]
        .into_iter()
        .filter_map(|(package, is_missing)| is_missing.then_some(package))
        .collect();
    if !missing.is_empty() {
        debian::install(&missing, "about 1 minute");
    }
    let (Some(node), Some(npm)) = (node(), which("npm")) else {
        bail!("{title} needs Node {LEAST_NODE} or later with npm (nodejs.org); put both on PATH");
    };
    cache.fill(
        &name,
        |place| has_node_packages(place, pins),
        |fresh| {
            screen::note("fetching them from npm's registry (seconds, of Artillery a minute and 460 MB)…");
            let file = fresh.join("package.json");
            std::fs::write(&file, "{ \"private\": true }\n")
                .with_context(|| format!("cannot write {}", file.display()))?;
            let mut command = Command::new(&npm);
            command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
            process::succeed(command.args(pins).current_dir(fresh))
        },
    )?;
    screen::note(&format!("done in {}", screen::seconds(started.elapsed())));
    Ok((node, node_modules))
}

fn node() -> Option<PathBuf> {
    let program = which("node")?;
    let found = printed_version(&program)?;
    version::major(&found).is_some_and(|major| major >= LEAST_NODE).then_some(program)
}

fn has_node_packages(place: &Path, pins: &[&str]) -> bool {
    pins.iter().all(|pin| place.join("node_modules").join(name_of(pin)).join("package.json").is_file())
}

/// The package of a pin: what comes before `==` or `@`.
fn name_of(pin: &str) -> &str {
    pin.split(['=', '@']).next().unwrap_or(pin)
}

/// Pins in words, such as `ws 8.23.0`.
fn list(pins: &[&str]) -> String {
    let words: Vec<_> = pins.iter().map(|pin| pin.replace("==", " ").replace('@', " ")).collect();
    words.join(", ")
}

/// The folder in the cache for just these versions.
fn folder_name(what: &str, pins: &[&str]) -> Result<String> {
    let words: Vec<_> = pins.iter().map(|&pin| pin.to_owned()).collect();
    Ok(format!("{what}-{}", fingerprint::of(Path::new(""), &[], &words)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(python: &str, expected: bool) {
        assert_eq!(is_new_enough(python), expected, "{python}");
    }

    #[test]
    fn an_old_python_is_not_taken() {
        check("3.11.2", true);
        check("3.14.0rc1", true);
        check("4.0", true);
        check("3.9.18", false);
        check("2.7.18", false);
        check("3", false);
    }

    #[test]
    fn every_version_is_exact() {
        for pin in OF_PYTHON.iter().chain(PYTHON_PEERS) {
            assert!(pin.split_once("==").is_some_and(|(_, version)| !version.contains('*')), "{pin}");
        }
        for pin in OF_NODE.iter().chain(PEERS).chain(JUDGE) {
            let (_, version) = pin.split_once('@').unwrap();
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{pin}");
        }
    }

    #[test]
    fn another_version_is_another_folder() {
        assert_eq!(folder_name("a", &["ws@1.0.0"]).unwrap(), folder_name("a", &["ws@1.0.0"]).unwrap());
        assert_ne!(folder_name("a", &["ws@1.0.0"]).unwrap(), folder_name("a", &["ws@1.0.1"]).unwrap());
    }

    #[test]
    fn a_pin_is_said_in_words() {
        assert_eq!(list(&["aiohttp==3.14.5", "ws@8.23.0"]), "aiohttp 3.14.5, ws 8.23.0");
        assert_eq!(
            (name_of("aiohttp==3.14.5"), name_of("lossless-json@4.3.3")),
            ("aiohttp", "lossless-json")
        );
    }

    #[test]
    fn an_empty_folder_has_no_packages() {
        let scratch = crate::cache::tests::Scratch::new("targets");
        assert!(!has_python_packages(&scratch.0, &["aiohttp"]) && !has_node_packages(&scratch.0, OF_NODE));
    }
}
