//! How fast Sockscope is, against the least that could do the same, pair by pair in one run and one browser.
//!
//! Run by `cargo xtask bench`, which builds what is measured and says where it is. Ends with 1 when something was lost or did
//! not run; an aim that is not met is printed, and does not fail the command.

mod against;
mod cases;
mod flood;
mod process;
mod site;
mod stage;

use std::time::Instant;

use cases::{crowd, engine, flood as floods, journal, life, lighthouse, peers, redraw, servers, trips};
use stage::Stage;
use support::asked::{self, Asked};
use support::figures::{self, Figure};

/// What is measured, in the order of the documentation.
const CASES: &[&str] = &[
    "round-trips",
    "round-trips-busy",
    "pipelined",
    "flood",
    "journal",
    "ten",
    "artillery",
    "crowd",
    "log",
    "filter",
    "redraw",
    "start",
    "lighthouse",
    "memory",
    "engine",
    "servers",
    "proxy",
    "relay",
];

/// Where the figures are, in the target folder.
const FILE: &str = "bench.json";

async fn measure(case: &str, stage: &Stage) -> Vec<Figure> {
    match case {
        "round-trips" => trips::one_by_one(stage).await,
        "round-trips-busy" => trips::while_busy(stage).await,
        "pipelined" => trips::pipelined(stage).await,
        "flood" => floods::followed(stage).await,
        "journal" => journal::on_and_off(stage).await,
        "ten" => crowd::ten(stage).await,
        "artillery" => peers::artillery(stage).await,
        "crowd" => crowd::hundred_forty_four(stage).await,
        "log" => engine::log(),
        "filter" => floods::filtered(stage).await,
        "redraw" => redraw::of_timeline(stage).await,
        "start" => life::start(stage).await,
        "lighthouse" => lighthouse::judged(stage).await,
        "memory" => life::memory(stage).await,
        "engine" => engine::matches(),
        "servers" => servers::against_node(stage).await,
        "proxy" => servers::through_the_proxy(stage).await,
        "relay" => servers::through_the_relay(stage).await,
        other => panic!("no case is called {other}"),
    }
}

fn main() {
    let Asked { is_quick, cases } = Asked::of(CASES);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    if let Ok(other) = std::env::var("SOCKSCOPE_AGAINST") {
        runtime.block_on(compare(&cases, is_quick, &other));
        return;
    }
    let all = runtime.block_on(async {
        let stage = Stage::set(is_quick).await;
        let mut all = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            let began = Instant::now();
            eprintln!("[{}/{}] {case}", place + 1, cases.len());
            let figures = measure(case, &stage).await;
            eprintln!("{}      {:.0} s", figures::table(&figures), began.elapsed().as_secs_f64());
            all.extend(figures);
            asked::keep(&all, FILE);
        }
        stage.strike().await;
        all
    });
    asked::conclude(&all, FILE);
}

/// Runs the cases on this build and on another one.
async fn compare(chosen: &[&str], is_quick: bool, other: &str) {
    let mut new = Stage::set(is_quick).await;
    let pairs = new.pairs();
    let old = new.beside(other);
    let mut all = Vec::new();
    for case in chosen.iter().filter(|case| against::is_meant(case)) {
        let began = Instant::now();
        eprintln!("{case}");
        let changes =
            against::measure(pairs, &new, &old, async |stage: &Stage| measure(case, stage).await).await;
        eprintln!("{}      {:.0} s", against::table(&changes), began.elapsed().as_secs_f64());
        all.extend(changes);
        asked::keep(&all, "bench-against.json");
    }
    drop(old);
    new.strike().await;
    println!("{}", against::table(&all));
    println!("all of it is in target/bench-against.json");
}
