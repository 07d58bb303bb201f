//! What the user asked for. Knows the words of the command line and nothing of the work behind them.

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::page::Edition;

/// The text of `--help`.
pub const HELP: &str = "\
Sets up, builds, runs and tests Sockscope. Needs Rust; with Node (or curl) the page gets smaller.

Usage: cargo xtask <command> [options]

Commands:
  run     Build the page and the server, start the server, print its address
  test    Check formatting and lints, run every test, end with `N passed, N failed`
  bench   Measure against bare JavaScript, Artillery and Node, and print a table
  pictures
          Take the pictures of the README and the one of a shared link, from the page itself
  build   Only build the page and the server: target/release/sockscope, with the page inside
  setup   Only install what the others need (they do so themselves)

cargo xtask run [--quick] [--open] [--port N] [-- arguments of `sockscope serve`]
  --quick    Build for a look at a change: seconds instead of minutes, but a large page and a slow server
  --open     Open the page in the default browser
  --port N   Listen on port N, or fail if it is taken (default: the first free one from 9000)

cargo xtask build [--quick]
  --quick    As for `run`: dist, and target/debug/sockscope, which reads dist when it is asked for a file

cargo xtask test [--native] [--web] [--page] [--targets]
  --native   Formatting, lints and tests that need no browser
  --web      Lints for wasm, the release page and its size, the tests inside a headless browser
  --page     The release page and its size, the tests of the whole page in a headless browser
  --targets  The suites that ship against servers in Python and Node
  Without any of them: everything.

cargo xtask bench [--quick] [--against REV] [CASE…]
  --quick    Measure a fifth of everything, to see that it runs
  --against REV
             Build that revision too and measure both in turns; the table says new by old
  CASE       Measure only these, such as `round-trips`; a wrong name lists them all

cargo xtask pictures [--quick]
  --quick    Take them of a quick page, which looks the same

Environment:
  SOCKSCOPE_TOOLS   Folder for wasm-bindgen, wasm-opt, esbuild and the packages of the servers
                    in Python and Node (default: sockscope/tools in the user's cache)
  CHROME            The Chrome, Chromium or Edge to test with
  CHROMEDRIVER      The ChromeDriver (or EdgeDriver) of the same major version
  CARGO_TARGET_DIR  The folder for what is built, as in cargo
";

/// One call of `cargo xtask`.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    Help,
    Setup,
    Build(Edition),
    Run(RunOptions),
    Test(Parts),
    Bench(BenchOptions),
    Pictures(Edition),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct BenchOptions {
    pub quick: bool,
    /// A revision that git knows, to be measured beside this one.
    pub against: Option<String>,
    /// Names of cases; all when empty.
    pub cases: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    pub edition: Edition,
    pub open: bool,
    /// Absent: the first free port from 9000.
    pub port: Option<u16>,
    /// Handed to `sockscope serve` as they are.
    pub serve_arguments: Vec<String>,
}

/// Which parts of the tests to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    pub native: bool,
    pub web: bool,
    pub page: bool,
    /// Servers that others have written.
    pub targets: bool,
}

impl Parts {
    pub const ALL: Self = Self { native: true, web: true, page: true, targets: true };
    pub const NONE: Self = Self { native: false, web: false, page: false, targets: false };

    pub fn need_browser(self) -> bool {
        self.web || self.page
    }

    /// Whether a server in Python or Node is started: the tests of the whole page point it at some.
    pub fn need_other_servers(self) -> bool {
        self.targets || self.page
    }
}

pub fn parse(mut parser: lexopt::Parser) -> Result<Request> {
    let command = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Request::Help),
        Some(Value(command)) => command.string()?,
        Some(other) => bail!("{}; see `cargo xtask --help`", other.unexpected()),
    };
    match command.as_str() {
        "help" => Ok(Request::Help),
        "run" => parse_run(&mut parser),
        "test" => parse_test(&mut parser),
        "bench" => parse_bench(&mut parser),
        "setup" => alone(&mut parser, Request::Setup, &command),
        "build" => parse_edition(&mut parser, Request::Build),
        "pictures" => parse_edition(&mut parser, Request::Pictures),
        other => bail!("unknown command {other:?}; there are run, test, bench, pictures, build and setup"),
    }
}

/// A command without options.
fn alone(parser: &mut lexopt::Parser, request: Request, name: &str) -> Result<Request> {
    match parser.next()? {
        None => Ok(request),
        Some(Short('h') | Long("help")) => Ok(Request::Help),
        Some(other) => bail!("{}; `{name}` takes no options", other.unexpected()),
    }
}

/// What is made in an edition and takes no other option.
fn parse_edition(parser: &mut lexopt::Parser, request: fn(Edition) -> Request) -> Result<Request> {
    let mut edition = Edition::Release;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Request::Help),
            Long("quick") => edition = Edition::Quick,
            other => bail!("{}; there is --quick", other.unexpected()),
        }
    }
    Ok(request(edition))
}

fn parse_run(parser: &mut lexopt::Parser) -> Result<Request> {
    let mut options = RunOptions::default();
    loop {
        // What follows a lone `--` belongs to the server, options and all.
        if let Some(rest) = parser.try_raw_args()
            && rest.peek().is_some_and(|argument| argument == "--")
        {
            options.serve_arguments = rest.skip(1).map(|a| a.string()).collect::<Result<_, _>>()?;
            return Ok(Request::Run(options));
        }
        match parser.next()? {
            None => return Ok(Request::Run(options)),
            Some(Short('h') | Long("help")) => return Ok(Request::Help),
            Some(Long("quick")) => options.edition = Edition::Quick,
            Some(Long("open")) => options.open = true,
            Some(Long("port")) => {
                options.port = Some(parser.value()?.parse().context("--port wants a number up to 65535")?);
            }
            Some(other) => bail!("{}; arguments of the server go after `--`", other.unexpected()),
        }
    }
}

fn parse_test(parser: &mut lexopt::Parser) -> Result<Request> {
    let mut parts = Parts::NONE;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Request::Help),
            Long("native") => parts.native = true,
            Long("web") => parts.web = true,
            Long("page") => parts.page = true,
            Long("targets") => parts.targets = true,
            other => bail!("{}; there are --native, --web, --page and --targets", other.unexpected()),
        }
    }
    Ok(Request::Test(if parts == Parts::NONE { Parts::ALL } else { parts }))
}

fn parse_bench(parser: &mut lexopt::Parser) -> Result<Request> {
    let mut options = BenchOptions::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Request::Help),
            Long("quick") => options.quick = true,
            Long("against") => options.against = Some(parser.value()?.string()?),
            Value(case) => options.cases.push(case.string()?),
            other => bail!("{}; there are --quick, --against, and names of cases", other.unexpected()),
        }
    }
    Ok(Request::Bench(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: Request) {
        assert_eq!(parse(lexopt::Parser::from_args(words)).unwrap(), expected);
    }

    #[test]
    fn what_follows_two_dashes_goes_to_the_server() {
        let serve_arguments = vec!["--tls".into(), "--port=1".into(), "--".into(), "x".into()];
        check(
            &["run", "--open", "--port", "81", "--", "--tls", "--port=1", "--", "x"],
            Request::Run(RunOptions {
                edition: Edition::Release,
                open: true,
                port: Some(81),
                serve_arguments,
            }),
        );
    }

    #[test]
    fn a_test_without_parts_is_all_of_it() {
        check(&["test"], Request::Test(Parts::ALL));
        check(&["test", "--web"], Request::Test(Parts { web: true, ..Parts::NONE }));
        check(&["test", "--targets"], Request::Test(Parts { targets: true, ..Parts::NONE }));
    }

    #[test]
    fn a_benchmark_takes_names_of_cases() {
        check(&["bench"], Request::Bench(BenchOptions::default()));
        let cases = vec!["start".to_owned(), "log".to_owned()];
        check(
            &["bench", "start", "--quick", "log"],
            Request::Bench(BenchOptions { quick: true, cases, ..BenchOptions::default() }),
        );
        let against = Some("main".to_owned());
        check(
            &["bench", "--against", "main"],
            Request::Bench(BenchOptions { against, ..BenchOptions::default() }),
        );
    }

    #[test]
    fn a_quick_page_is_asked_for_by_name() {
        check(&["build"], Request::Build(Edition::Release));
        check(&["build", "--quick"], Request::Build(Edition::Quick));
        check(&["pictures", "--quick"], Request::Pictures(Edition::Quick));
        check(
            &["run", "--quick"],
            Request::Run(RunOptions { edition: Edition::Quick, ..RunOptions::default() }),
        );
    }

    #[test]
    fn help_is_found_anywhere() {
        check(&[], Request::Help);
        check(&["run", "--open", "-h"], Request::Help);
        check(&["setup", "--help"], Request::Help);
    }

    #[test]
    fn err_an_unknown_word_is_named() {
        let error = parse(lexopt::Parser::from_args(["walk"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown command \"walk\"; there are run, test, bench, pictures, build and setup"
        );
        assert!(parse(lexopt::Parser::from_args(["run", "--port", "70000"])).is_err());
    }
}
