use serde_json::{Value, json};

use super::*;
use crate::base::random::Random;

fn sampled(seed: u64) -> Metrics {
    let mut random = Random::with_seed(seed);
    let mut metrics = Metrics::default();
    for _ in 0..random.next_u64() % 300 {
        let name = ["rtt", "rtt.intended", "open.queued"][(random.next_u64() % 3) as usize];
        metrics.record(name, Duration::from_nanos(random.next_u64() >> (18 + random.next_u64() % 40)));
    }
    for name in Counters::NAMES {
        *metrics.counters.get_mut(name).unwrap() = random.next_u64() % 10_000;
    }
    metrics.over = Duration::from_nanos(random.next_u64() >> 24);
    metrics
}

/// As a reader of the report's JSON gets them.
fn json_of(metrics: &Metrics) -> Value {
    serde_json::to_value(metrics.to_report()).unwrap()
}

fn read(json: &str, over: Duration) -> Result<Metrics, Vec<MetricsError>> {
    Metrics::from_report(&serde_json::from_str(json).unwrap(), over)
}

#[track_caller]
fn check_err(json: Value, messages: &[&str]) {
    let found = read(&json.to_string(), Duration::ZERO).unwrap_err();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), messages);
}

/// The metrics of two round trips, with this member of `rtt` changed.
fn changed(member: &str, value: Value) -> Value {
    let mut metrics = Metrics::default();
    metrics.record("rtt", Duration::from_millis(5));
    metrics.record("rtt", Duration::from_millis(7));
    let mut json = json_of(&metrics);
    json["rtt"][member] = value;
    json
}

#[test]
fn a_timing_stands_in_microseconds() {
    let mut metrics = Metrics::default();
    metrics.record("rtt", Duration::from_nanos(1_234_567));
    let text = serde_json::to_string(&metrics.to_report()["rtt"]).unwrap();
    let figures = r#"{"unit":"us","count":1,"min":1234.567,"mean":1234.567,"p50":1234.567,"p90":1234.567,"p95":1234.567,"p99":1234.567,"p999":1234.567,"max":1234.567,"stddev":0.0,"histogram":"HISTFAAA"#;
    assert!(text.starts_with(figures), "{text}");
}

#[test]
fn no_figure_has_more_than_three_decimals() {
    for seed in 0..20 {
        for (name, metric) in json_of(&sampled(seed)).as_object().unwrap() {
            for (member, value) in metric.as_object().unwrap() {
                let text = value.to_string();
                let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                assert!(decimals <= 3 || value.is_string(), "{name}.{member} is {text}");
            }
        }
    }
}

#[test]
fn a_counter_has_its_rate() {
    let metrics = Metrics {
        counters: Counters { received: 1000, bytes_sent: 3, ..Counters::default() },
        over: Duration::from_millis(1_500),
        ..Metrics::default()
    };
    let json = json_of(&metrics);
    assert_eq!(json["received"], json!({"unit": "count", "count": 1000, "rate": 666.667}));
    assert_eq!(json["bytes_sent"], json!({"unit": "bytes", "count": 3, "rate": 2.0}));
    assert_eq!(json["sent"], json!({"unit": "count", "count": 0, "rate": 0.0}));
}

#[test]
fn nothing_is_written_of_nothing() {
    let mut metrics = Metrics::default();
    metrics.timing("rtt");
    let json = json_of(&metrics);
    assert_eq!(json["rtt"], json!({"unit": "us", "count": 0}));
    assert_eq!(json["sent"], json!({"unit": "count", "count": 0}));
    assert_eq!(json.as_object().map(|metrics| metrics.len()), Some(Counters::NAMES.len() + 1));
}

#[test]
fn written_and_read_is_the_same() {
    for seed in 0..40 {
        let metrics = sampled(seed);
        let text = json_of(&metrics).to_string();
        let again = read(&text, metrics.over).unwrap();
        assert_eq!(again, metrics);
        assert_eq!(json_of(&again).to_string(), text);
    }
}

#[test]
fn reports_are_merged_as_runs_are() {
    let (mut left, right) = (sampled(1), sampled(2));
    let mut merged = Metrics::from_report(&left.to_report(), left.over).unwrap();
    merged.merge(&Metrics::from_report(&right.to_report(), right.over).unwrap());
    left.merge(&right);
    assert_eq!(merged, left);
}

#[test]
fn a_counter_of_a_later_version_is_skipped() {
    let json =
        json!({"paused": {"unit": "count", "count": 5, "rate": 1}, "sent": {"unit": "count", "count": 2}});
    let counters = Counters { sent: 2, ..Counters::default() };
    assert_eq!(read(&json.to_string(), Duration::ZERO).unwrap().counters, counters);
}

#[test]
fn err_every_mistake_is_reported() {
    check_err(
        json!({"a": {"unit": "ms", "count": 1}, "b": {"unit": "us", "count": 2}, "c": {"unit": "us", "count": 0}}),
        &["a: the unit is us, count or bytes, not \"ms\"", "b: histogram is missing"],
    );
    check_err(changed("histogram", json!("%")), &["rtt: not base64: Invalid symbol 37, offset 0."]);
    check_err(changed("min", Value::Null), &["rtt: min is missing"]);
}

#[test]
fn err_figures_of_another_histogram() {
    check_err(changed("count", json!(3)), &["rtt: count does not fit the histogram"]);
    for (member, value) in [("max", 8000.0), ("min", 1.0), ("min", -1.0), ("max", 1e300)] {
        check_err(changed(member, json!(value)), &["rtt: min or max does not fit the histogram"]);
    }
    assert!(read(&changed("max", json!(7000.123)).to_string(), Duration::ZERO).is_ok());
}
