//! The search for a capacity, in every form that people and machines read.

use serde_json::Value;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{
    CapacityReport, GeneratorReport, Millis, Report, ReportFormat, TrialReport, Verdict, read_json,
};

use super::fixture::passed;
use super::rendered;

fn searched() -> Report {
    let generator =
        GeneratorReport { busy_peak: 0.97, busy_mean: 0.5, ports_used: Some(310), ports: Some(28_232) };
    let trial = |value: u64, verdict: Verdict| TrialReport {
        value,
        verdict,
        first: (verdict == Verdict::Fail).then(|| "rtt.p95 < 10ms, measured 31 ms at hunter2".to_owned()),
        limits: match verdict {
            Verdict::Fail => vec!["a thread of it was busy for 97% of a second".to_owned()],
            _ => Vec::new(),
        },
        duration_ms: Millis(1_250.0),
        loop_lag_p99_ms: 2.5,
        generator: Some(generator),
    };
    let mut report = passed();
    report.verdict = Verdict::Inconclusive;
    report.environment.generator = Some(generator);
    report.capacity = Some(CapacityReport {
        variable: "num_clients".to_owned(),
        from: 100,
        to: 1000,
        held: Some(100),
        broke: Some(200),
        first: Some("rtt.p95 < 10ms, measured 31 ms at hunter2".to_owned()),
        verdict: Verdict::Inconclusive,
        sentence: "num_clients = 100 held; at num_clients = 200 the generator was the limit & hunter2"
            .to_owned(),
        trials: vec![trial(100, Verdict::Pass), trial(200, Verdict::Fail)],
    });
    report
}

#[test]
fn json_gives_back_what_was_found() {
    let report = searched();
    let text = rendered(&report, ReportFormat::Json);
    assert_eq!(read_json(&text).expect("a report"), report);
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["capacity"]["trials"][1]["generator"]["busy_peak"], 0.97);
    // A report of a run that searched nothing is as it was.
    assert!(!rendered(&passed(), ReportFormat::Json).contains("capacity"));
}

#[test]
fn html_has_a_table_of_the_runs() {
    let html = rendered(&searched(), ReportFormat::Html);
    for part in [
        "Capacity: num_clients",
        "the generator was the limit &amp; hunter2",
        "97",
        "310",
        "busy for 97% of a second",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn junit_has_a_case_that_is_an_error_where_nothing_is_proved() {
    let xml = rendered(&searched(), ReportFormat::Junit);
    let case = xml.find("the capacity in num_clients").expect("a case");
    let rest: String = xml[case..].chars().take(600).collect();
    assert!(rest.contains("<error type=\"inconclusive\"") || rest.contains("inconclusive:"), "{rest}");
    assert!(xml.contains("num_clients = 200: fail: rtt.p95 &lt; 10ms"), "{xml}");
}

#[test]
fn a_secret_is_in_none_of_it() {
    let masker = Masker::of_values(&[Value::from("hunter2")]);
    let report = searched().masked(&masker);
    for format in ReportFormat::ALL {
        assert!(!rendered(&report, format).contains("hunter2"), "{format:?}");
    }
}
