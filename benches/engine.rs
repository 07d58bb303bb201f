//! How fast the engine is: `cargo bench --bench engine`, figures in `docs/development/benchmarks.md`.
#![allow(missing_docs, reason = "criterion makes a function of each group")]

mod measured;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use measured::{Before, Bench, Known, Pairs};
use serde_json::{Value, json};
use sockscope_engine::Payload;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::matcher::{Matcher, Query, Subject};
use sockscope_engine::metrics::Histogram;
use sockscope_engine::report::{EventFormat, ReportFormat};
use sockscope_engine::suite::Suite;
use sockscope_engine::template::Document;

fn inbox(c: &mut Criterion) {
    let mut group = c.benchmark_group("inbox");
    group.throughput(Throughput::Elements(1));
    let pairs = [("field", Pairs::Field), ("echo", Pairs::Content), ("matcher", Pairs::OneMatcher)];
    for (name, pairs) in pairs {
        for size in [10, 1_000, 100_000] {
            let mut bench = Bench::of(Before::Consumed(size), pairs);
            group.bench_function(format!("{name}/{size} consumed"), |b| b.iter(|| bench.round_trip()));
            let mut bench = Bench::of(Before::Left(size), pairs);
            group.bench_function(format!("{name}/{size} left"), |b| b.iter(|| bench.round_trip()));
        }
    }
    let mut bench = Bench::of(Before::Left(100_000), Pairs::OneMatcher);
    group.bench_function("a bare expect/100000 left", |b| b.iter(|| bench.take_next()));
    let pairs = [
        ("field", Pairs::Field),
        ("echo", Pairs::Content),
        ("matchers of their own", Pairs::OwnMatchers),
        ("one matcher", Pairs::OneMatcher),
    ];
    for (name, pairs) in pairs {
        // A new inbox now and then, as what is left of these arrivals fills it.
        group.bench_function(format!("an arrival/1000 wait by {name}"), |b| {
            b.iter_batched_ref(
                || Bench::of(Before::Waiting(1000, pairs), pairs),
                |bench| (0..1000).for_each(|_| bench.arrival()),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn templates(c: &mut Criterion) {
    let document = Document::parse(&measured::payload()).expect("a good document");
    let mut scope = Known(1);
    c.bench_function("template/five placeholders", |b| {
        b.iter(|| document.expand(&mut scope).expect("values").to_string());
    });
}

fn matchers(c: &mut Criterion) {
    let mut group = c.benchmark_group("matcher");
    group.throughput(Throughput::Elements(1));
    let specs = [
        ("subset, small", measured::small_message(), json!({"subset": {"type": "joined", "room": "blue"}})),
        (
            "subset",
            measured::message(),
            json!({"subset": {"type": "state", "room": {"name": "blue", "open": true}, "id": {"$gte": 1}}}),
        ),
        ("path", measured::message(), json!({"path": "$.room.users[?@.id > 3].name", "matches": "^user"})),
        ("descendants", measured::message(), json!({"path": "$..score", "gte": 0})),
    ];
    for (name, message, spec) in specs {
        let (payload, matcher) = (Payload::Text(message), Matcher::compile(&spec).expect("a good matcher"));
        assert!(matcher.holds(&Subject::new(&payload)));
        group.bench_function(format!("{name}, with reading the JSON"), |b| {
            b.iter(|| matcher.holds(black_box(&Subject::new(&payload))));
        });
        let subject = Subject::new(&payload);
        group.bench_function(name, |b| b.iter(|| matcher.holds(black_box(&subject))));
    }
    for (name, pattern) in
        [("regex, found", "qu[a-z]+ (brown|red) fox"), ("regex, not found", "[a-z]+@[a-z]+[.]com")]
    {
        let payload = Payload::Text(measured::message());
        let matcher = Matcher::compile(&json!({"regex": pattern})).expect("a good matcher");
        group.bench_function(name, |b| b.iter(|| matcher.holds(black_box(&Subject::new(&payload)))));
    }
    let query = Query::parse("$.room.users[2].name").expect("a good path");
    let json: Value = serde_json::from_str(&measured::message()).expect("it is JSON");
    group.bench_function("query/first", |b| b.iter(|| query.first(black_box(&json))));
    group.finish();
}

fn suites(c: &mut Criterion) {
    let text = measured::large_suite(1000);
    let mut group = c.benchmark_group("suite");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse/1000 checks", |b| {
        b.iter(|| Suite::parse(black_box(&text)).expect("a good suite"));
    });
    group.finish();
}

fn runs(c: &mut Criterion) {
    let mut group = c.benchmark_group("run");
    group.sample_size(10).throughput(Throughput::Elements(100_000));
    group.bench_function("100000 echoes", |b| b.iter(|| measured::run_echo(100_000)));
    group.finish();
}

fn reports(c: &mut Criterion) {
    let (report, world) = measured::recorded_echo(50_000);
    let masker = Masker::new(["s3cret-word"]);
    let mut group = c.benchmark_group("report of 100000 events");
    group.sample_size(10);
    for format in EventFormat::ALL {
        group.bench_function(format.name(), |b| {
            b.iter(|| {
                let mut out = String::new();
                world.read(|session| format.write(session, &masker, &mut out)).expect("a string takes all");
                out.len()
            });
        });
    }
    for format in ReportFormat::ALL {
        group.bench_function(format!("its {}", format.name()), |b| {
            b.iter(|| {
                let mut out = String::new();
                format.write(&report, &mut out).expect("a string takes all");
                out.len()
            });
        });
    }
    group.finish();
}

fn histograms(c: &mut Criterion) {
    let mut group = c.benchmark_group("histogram");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("1000 records and a delta", |b| {
        let mut histogram = Histogram::new();
        histogram.take_delta();
        b.iter(|| {
            (0..1000_u64).for_each(|i| histogram.record(Duration::from_micros(900 + i * 7)));
            histogram.take_delta()
        });
    });
    group.finish();
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
}

criterion_group! {
    name = benches;
    config = short();
    targets = inbox, templates, matchers, suites, runs, histograms, reports
}
criterion_main!(benches);
