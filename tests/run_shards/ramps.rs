//! Ramps in shards: the same load as in one, split.

use super::*;

/// The totals of a ramp that runs whole, and in shards that are merged.
#[track_caller]
fn check(count: u64, before: &Value, ramp: &Value, steps: &Value, of: u32) -> (Report, Report) {
    let mut all = before.as_array().cloned().unwrap_or_default();
    all.push(json!({"on": "crowd", "ramp": ramp, "steps": steps}));
    let suite = crowd(count, "/ws/echo", &Value::from(all));
    let whole = shards_of(&suite, 1).remove(0);
    let shards = shards_of(&suite, of);
    let merged = merged(shards);
    assert_eq!(
        (whole.verdict, merged.verdict),
        (Verdict::Pass, Verdict::Pass),
        "{:?}",
        merged.checks[0].steps
    );
    assert_eq!(whole.totals, merged.totals, "{of}");
    for name in ["opened", "sent", "matched", "unstarted"] {
        assert_eq!(whole.metrics[name].count, merged.metrics[name].count, "{name} in {of}");
    }
    (whole, merged)
}

fn round() -> Value {
    json!([{"send": "{{client}} {{i}}", "expect": {"echo": true}}])
}

#[test]
fn a_rate_is_of_all_shards_together() {
    let ramp = json!({"stages": [{"for": "1s", "rate": "40/s"}, {"for": "1s"}]});
    for of in [2, 3, 5] {
        let (whole, merged) = check(4, &json!([{"connect": "crowd"}]), &ramp, &round(), of);
        assert_eq!(whole.totals.sent, 60);
        assert_eq!(whole.metrics["rtt.intended"].count, merged.metrics["rtt.intended"].count);
    }
}

#[test]
fn sessions_are_dealt_over_the_shards() {
    for arrivals in ["even", "random"] {
        let ramp =
            json!({"stages": [{"for": "0s", "sessions": "30/s"}, {"for": "1s"}], "arrivals": arrivals});
        for of in [2, 3, 7] {
            let (whole, merged) = check(20, &json!([]), &ramp, &round(), of);
            assert_eq!(whole.metrics["session"].count, merged.metrics["session"].count);
        }
    }
}

#[test]
fn clients_come_and_go_in_whichever_shard_they_are() {
    let ramp = json!({"stages": [{"for": "1s", "clients": 6}, {"for": "1s"}, {"for": "1s", "clients": 0}]});
    let steps = json!([
        {"send": "x", "expect": {"echo": true}},
        {"wait": {"uniform": {"from": "20ms", "to": "120ms"}}},
    ]);
    for of in [2, 4] {
        // Each client draws waits of its own, so that its rounds are the same in every split.
        check(6, &json!([]), &ramp, &steps, of);
    }
    let both = json!({"stages": [{"for": "1s", "clients": 6, "rate": "60/s"}, {"for": "1s"}]});
    check(6, &json!([]), &both, &round(), 3);
}
