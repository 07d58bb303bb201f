//! The recipes of `docs/guide/recipes-binary.md` pass against a real server, and each of its faults turns one red.

use std::rc::Rc;
use std::time::Duration;

use sockscope_companion::native::NativeWorld;
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::Suite;
use support::block_on;
use support::servers::{Language, Target};
use support::shipped::{red, story};

const PAGE: &str = include_str!("../../../docs/guide/recipes-binary.md");

pub const PROTOCOLS: Target =
    Target { name: "protocols", language: Language::Node, file: "protocols_server.mjs", arguments: &[] };

/// The suite behind a comment of the page.
fn recipe(name: &str) -> &'static str {
    let sign = format!("<!-- recipe: {name} -->\n```json\n");
    let from = PAGE.find(&sign).unwrap_or_else(|| panic!("no recipe is called {name}")) + sign.len();
    let length = PAGE[from..].find("\n```").expect("a block has an end");
    &PAGE[from..from + length]
}

/// Runs a recipe against a server of its own, with this fault or none.
fn run_recipe(name: &str, fault: &str) -> Report {
    let server = PROTOCOLS.start(&["--fault".into(), fault.into()]);
    let suite = Suite::parse(recipe(name)).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
    let suite = Rc::new(suite);
    block_on(async {
        for nth in 1.. {
            let env = [("WS_URL".to_owned(), server.urls[0].clone())].into();
            let options = Options { env, seed: 7, ..Options::default() };
            let plan = Plan::new(suite.clone(), options, 0).unwrap_or_else(|errors| panic!("{errors:?}"));
            let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
            let report =
                tokio::time::timeout(Duration::from_secs(100), report).await.expect("every wait has a bound");
            // A machine that stood still says nothing of the server.
            if report.verdict != Verdict::Inconclusive || nth == super::TRIES {
                return report;
            }
        }
        unreachable!("the last try returns")
    })
}

#[track_caller]
fn check(name: &str, faults: &[(&str, &str)]) {
    let report = run_recipe(name, "");
    assert_eq!(report.verdict, Verdict::Pass, "{}", story(&report));
    for (fault, check) in faults {
        let report = run_recipe(name, fault);
        let red = red(&report);
        assert!(red.iter().any(|(name, _)| name == check), "{fault}: {red:?}\n{}", story(&report));
    }
}

#[test]
fn the_recipe_of_a_binary_protocol_finds_what_is_wrong() {
    check(
        "frames",
        &[
            ("garble", "what is stored comes back"),
            ("id", "what is stored comes back"),
            ("length", "what is stored comes back"),
            ("seq", "another client hears of each change, in order"),
        ],
    );
}

#[test]
fn the_recipe_of_json_rpc_finds_what_is_wrong() {
    check(
        "rpc",
        &[
            ("sum", "a call gets its result"),
            ("swap", "a call gets its result"),
            ("answers", "a notification gets no answer"),
            ("endless", "a job is done in the end"),
        ],
    );
}
