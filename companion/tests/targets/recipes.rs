//! The recipes of the guide: each suite runs as it stands, against the server that its comment names.

use sockscope_companion::{Config, Server as PracticeServer};
use sockscope_engine::suite::{Files, Suite};
use support::feed::TRADING_FEED;

use super::*;

const PAGE: &str = include_str!("../../../docs/guide/recipes.md");

/// The text of each block after a comment that begins like this, and what the comment says behind it.
fn blocks(comment: &str) -> Vec<(String, String)> {
    let begins = format!("<!-- {comment} ");
    let parts = PAGE.split(&begins).skip(1);
    let block = |part: &str| {
        let (said, rest) = part.split_once(" -->\n```").expect("a comment and its block");
        let (_, rest) = rest.split_once('\n').expect("a block");
        let (text, _) = rest.split_once("\n```").expect("a block has an end");
        (said.to_owned(), text.to_owned())
    };
    parts.map(block).collect()
}

/// Runs every recipe for one kind of server.
#[track_caller]
fn check(kind: &str, ws_url: &str, api_url: &str, wanted: usize) {
    let files = Files::of_texts(blocks("file"));
    let recipes: Vec<_> = blocks("recipe").into_iter().filter(|(server, _)| server == kind).collect();
    assert!(recipes.len() >= wanted, "only {} recipes for {kind}", recipes.len());
    for (_, text) in recipes {
        let suite = Suite::parse_with(&text, &files).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let suite = Rc::new(suite);
        let told = (1..=TRIES).find_map(|attempt| {
            let env = [("WS_URL", ws_url), ("API_URL", api_url)];
            let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            let options = Options { env, seed: 7, ..Options::default() };
            let plan = Plan::new(suite.clone(), options, 0).unwrap_or_else(|errors| panic!("{errors:?}"));
            let report = block_on(async {
                let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
                tokio::time::timeout(Duration::from_secs(100), report).await.expect("every wait has a bound")
            });
            // A busy machine proves nothing.
            let is_decided = report.verdict != Verdict::Inconclusive || attempt == TRIES;
            is_decided.then_some(report)
        });
        let report = told.expect("the last attempt counts");
        assert_eq!(report.verdict, Verdict::Pass, "{}: {}", suite.name, story(&report));
    }
}

#[test]
fn the_recipes_for_the_trading_feed_pass() {
    let feed = TRADING_FEED.start(&[]);
    let (ws_url, api_url) = (feed.urls[0].clone(), feed.urls[0].replace("ws://", "http://"));
    check("feed", &ws_url, api_url.trim_end_matches("/v1/feed"), 1);
}

#[test]
fn the_recipes_for_the_practice_server_pass() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let practice = runtime.block_on(PracticeServer::start(Config::default())).expect("a free port");
    check("practice", &practice.urls().ws, &practice.urls().api, 2);
}
