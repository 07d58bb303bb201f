//! What makes suites short in tests.

/// By suite, variable and value. Bounds of time are generous: a busy machine is not a broken server.
pub const SHORT: &[(&str, &str, &str)] = &[
    ("load", "test_duration", "1"),
    ("load", "message_interval", "0.02"),
    ("load", "max_p95", "4s"),
    ("throughput", "test_duration", "1"),
    ("throughput", "max_mean", "2s"),
    ("throughput", "max_p95", "4s"),
    ("throughput", "min_rate", "20/s"),
    ("ladder", "every", "20ms"),
];
