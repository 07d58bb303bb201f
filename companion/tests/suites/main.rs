//! The suites that ship, over real sockets against the real practice server: they pass, and each of their checks goes red when
//! the server breaks what it is about.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use sockscope_companion::native::NativeWorld;
use sockscope_companion::{Config, Server};
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Stop, run};
use sockscope_engine::suite::shipped::SHIPPED;
use support::block_on;
use support::broken::{Broken, Fault};
use support::faults::FAULTS;
use support::shipped::{red, story, suite};
use support::short::SHORT;

/// Rows of the table at a time: they mostly wait.
const AT_ONCE: usize = 12;

/// Runs of which one has to be conclusive.
const TRIES: usize = 4;

/// What makes suites short that only run here, beside [`SHORT`].
const OVERRIDES: &[(&str, &str, &str)] = &[
    ("soak", "test_duration", "1"),
    ("soak", "message_interval", "0.05"),
    ("stress", "unread_messages", "8"),
];

/// The variables that suites share, and their defaults.
const SHARED: &[(&str, &str)] = &[
    ("ws_url", "{{env.WS_URL ?? ws://localhost:9000/ws}}"),
    ("api_url", "{{env.API_URL ?? http://localhost:9000/api}}"),
    ("num_clients", "{{env.NUM_CLIENTS ?? 5}}"),
    ("test_duration", "{{env.TEST_DURATION ?? 5}}"),
    ("message_interval", "{{env.MESSAGE_INTERVAL ?? 0.5}}"),
];

/// Runs a suite until something is learned of the server. A machine that is busy with other things makes a run
/// inconclusive, which says so and proves nothing in either direction.
fn decide(name: &str, fault: Option<Fault>) -> Report {
    let mut report = run_suite(name, fault, SHORT.iter().chain(OVERRIDES));
    for _ in 1..TRIES {
        if report.checks.iter().all(|check| check.verdict != Verdict::Inconclusive) {
            break;
        }
        report = run_suite(name, fault, SHORT.iter().chain(OVERRIDES));
    }
    report
}

/// Runs a suite against a practice server behind a proxy with this fault.
fn run_suite<'a>(
    name: &str,
    fault: Option<Fault>,
    overrides: impl IntoIterator<Item = &'a (&'a str, &'a str, &'a str)>,
) -> Report {
    // The top of the ladder has both ends of three sockets open for each of its connections, in several rows at a time.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    block_on(async {
        let practice = Server::start(Config::default()).await.expect("a free port");
        let broken = Broken::start(&practice.urls().http, fault).await;
        let bound_to = |(suite, variable, value): &(&str, &str, &str)| {
            (*suite == name).then(|| ((*variable).to_owned(), (*value).to_owned()))
        };
        let options = Options {
            env: [
                ("WS_URL".to_owned(), broken.ws_url.clone()),
                ("API_URL".to_owned(), broken.api_url.clone()),
                // The network that fails on purpose does so properly, whatever is wrong with the server behind it.
                ("PROXY_URL".to_owned(), format!("{}/proxy", practice.urls().ws)),
                ("TOXICS_URL".to_owned(), format!("{}/proxy/toxics", practice.urls().api)),
            ]
            .into(),
            overrides: overrides.into_iter().filter_map(bound_to).collect(),
            seed: 7,
            ..Options::default()
        };
        let plan = Plan::new(Rc::new(suite(name)), options, 0).unwrap_or_else(|errors| panic!("{errors:?}"));
        let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
        tokio::time::timeout(Duration::from_secs(100), report).await.expect("every wait has a bound")
    })
}

fn passes(name: &str) {
    let report = decide(name, None);
    assert_eq!(report.verdict, Verdict::Pass, "{}", story(&report));
}

/// Each fault of the suite turns exactly its check red.
fn can_fail(name: &str) {
    let rows: Vec<_> = FAULTS.iter().filter(|(suite, ..)| *suite == name).collect();
    assert!(!rows.is_empty(), "{name} has no row in the table");
    let (rows, wrong) = (Mutex::new(rows), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let row = rows.lock().expect("no thread has panicked").pop();
                    let Some((_, check, fault)) = row else { break };
                    let report = decide(name, Some(*fault));
                    if red(&report) != BTreeSet::from([((*check).to_owned(), "fail")]) {
                        let words = format!(
                            "{check:?} and nothing else was to fail under {fault:?}:\n{}",
                            story(&report)
                        );
                        wrong.lock().expect("no thread has panicked").push(words);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread has panicked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! shipped {
    ($($module:ident $name:literal)*) => {
        $(mod $module {
            #[test]
            fn it_passes() {
                super::passes($name);
            }

            #[test]
            fn each_of_its_checks_can_fail() {
                super::can_fail($name);
            }
        })*

        /// All that are tested here.
        const TESTED: &[&str] = &[$($name),*];
    };
}

shipped! {
    first_contact "first-contact"
    integration "integration"
    events "events"
    load "load"
    fragments "fragments"
    rooms "rooms"
    agent "agent"
    ladder "ladder"
    throughput "throughput"
    soak "soak"
    chaos "chaos"
    stress "stress"
    auth_and_limits "auth-and-limits"
    subprotocols "subprotocols"
}

/// Answers every request for toxics with success, and has none.
const NO_TOXICS: Fault = Fault::Answer { path: "/api/health", with: "", status: 201, body: "{}" };

/// Those that have their faults in the address, or none.
const WITHOUT_TOXICS: &[&str] = &[
    "a late answer is not mistaken for another one",
    "50 users at once, each with a run of its own",
    "144 users at once, each with a run of its own",
    "50 reconnect, a few at a time",
    "144 reconnect, a few at a time",
    "50 reconnect at once",
    "50 in one room hear each other",
];

#[test]
fn no_check_passes_by_a_fault_that_did_not_happen() {
    for name in ["chaos", "stress"] {
        let overrides = [(name, "within", "3s"), (name, "toxics_url", "{{env.API_URL}}/health")];
        let report = run_suite(name, Some(NO_TOXICS), &overrides);
        let wanted = checks(name).into_iter().filter(|check| !WITHOUT_TOXICS.contains(&check.as_str()));
        let failed: BTreeSet<_> = red(&report).into_iter().map(|(check, _)| check).collect();
        assert_eq!(failed, wanted.collect::<BTreeSet<_>>(), "{}", story(&report));
    }
}

#[test]
fn every_shipped_suite_is_tested_here() {
    let shipped: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
    // Its servers are of another kind, and stand in `tests/conformance`.
    assert_eq!(shipped, [TESTED, &["conformance"]].concat());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../suites");
    let files = std::fs::read_dir(folder).expect("the folder of the suites");
    let names = files.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let found: BTreeSet<_> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    assert_eq!(found, shipped.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
}

/// The checks of a suite by their names, those of rows with their values.
fn checks(name: &str) -> Vec<String> {
    let plan =
        Plan::new(Rc::new(suite(name)), Options::default(), 0).unwrap_or_else(|errors| panic!("{errors:?}"));
    plan.checks().into_iter().map(|check| check.name).collect()
}

#[test]
fn every_shipped_check_has_a_fault_that_turns_it_red() {
    for name in TESTED {
        let shipped = checks(name);
        let unique: BTreeSet<_> = shipped.iter().collect();
        assert_eq!(unique.len(), shipped.len(), "{name} has two checks of one name");
        let red: BTreeSet<_> =
            FAULTS.iter().filter(|(suite, ..)| suite == name).map(|(_, red, _)| *red).collect();
        assert_eq!(red, shipped.iter().map(String::as_str).collect(), "{name}: the table beside the checks");
    }
}

#[test]
fn the_guide_names_every_suite_check_and_variable() {
    let guide = include_str!("../../../docs/reference/suites.md");
    for name in TESTED {
        let heading = format!("## {name}\n");
        let section = guide.split(&heading).nth(1).unwrap_or_else(|| panic!("no section {name}"));
        let section = section.split("\n## ").next().unwrap_or_default();
        let suite = suite(name);
        for check in &suite.checks {
            let line =
                format!("| {} | {} | ", check.written_name, check.about.as_deref().unwrap_or_default());
            assert!(section.contains(&line), "{name}: no line {line}");
        }
        let is_shared = |variable: &str| SHARED.iter().any(|(shared, _)| *shared == variable);
        for variable in suite.vars.keys().filter(|it| !is_shared(it)) {
            assert!(section.contains(&format!("`{variable}`")), "{name}: no word about {variable}");
        }
    }
}

#[test]
fn the_shared_variables_have_the_same_defaults_everywhere() {
    for name in TESTED {
        let suite = suite(name);
        assert_eq!(suite.name, *name, "a suite is called like its file");
        assert!(suite.about.is_some(), "{name} says what it is about");
        assert_eq!(suite.vars.get("ws_url").and_then(|it| it.as_str()), Some(SHARED[0].1), "{name}");
        for (variable, default) in SHARED {
            if let Some(written) = suite.vars.get(*variable) {
                assert_eq!(written.as_str(), Some(*default), "{name}: {variable}");
            }
        }
        for check in &suite.checks {
            assert!(check.about.is_some(), "{name}: {} says what it is about", check.written_name);
        }
    }
}
