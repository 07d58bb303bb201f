//! The measuring chain: a delay that the network adds on purpose is what is measured, by the page and by the native engine.
//!
//! The lower bound is strict: an answer cannot be there before it was sent. The upper one leaves room for a timer that counts whole
//! milliseconds and a machine that does other things. A busy moment is tried again, and the best of all tries counts: what
//! measures too much does so each time.

/// Milliseconds that the proxy holds back what the server answers; without any, what is left is the way itself.
pub const INJECTED: [f64; 4] = [0.0, 5.0, 20.0, 100.0];
/// Milliseconds that a timer of the server and a thread that has to be woken may add.
const ROOM: f64 = 3.0;
/// A machine may be busy this many times.
const TRIES: usize = 12;

/// Twenty-five echoes, one after the other.
pub const SUITE: &str = r#"{ "sockscope": 1, "suite": "chain", "vars": { "url": "ws://localhost:9000/ws/echo" },
  "clients": { "a": { "url": "{{url}}" } },
  "checks": [ { "check": "echoes", "steps": [
    { "connect": "a" },
    { "on": "a", "repeat": { "times": 25 }, "send": "n-{{i}}", "expect": { "echo": true } } ] } ] }"#;

/// What was measured for each delay, as the smallest and the middle figure in milliseconds.
#[track_caller]
pub fn judge(measured: &[(f64, f64)]) -> Result<(), String> {
    let (_, way) = measured[0];
    for (&delay, &(min, middle)) in INJECTED.iter().zip(measured).skip(1) {
        // A figure has three digits, and the clock its step.
        let least = delay * 0.999 - 0.1;
        assert!(min >= least, "{delay} ms were added, and {min} ms measured: {measured:?}");
        if middle > delay + way + ROOM || min > delay + ROOM {
            return Err(format!("{delay} ms were added, and {min} to {middle} ms measured: {measured:?}"));
        }
    }
    Ok(())
}

/// Measures until a moment is quiet enough.
pub async fn until_quiet(mut measure: impl AsyncFnMut() -> Vec<(f64, f64)>) {
    let (mut told, mut best) = (Ok(()), [(f64::INFINITY, f64::INFINITY); INJECTED.len()]);
    for _ in 0..TRIES {
        for (best, measured) in best.iter_mut().zip(measure().await) {
            *best = (best.0.min(measured.0), best.1.min(measured.1));
        }
        told = judge(&best);
        if told.is_ok() {
            return;
        }
    }
    panic!("{}", told.expect_err("no try was good"));
}
