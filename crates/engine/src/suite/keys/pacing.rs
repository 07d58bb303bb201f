//! The keys of waits and ramps.

use super::key::{Shape, Table, key, needed};

pub(in crate::suite) static PAUSE: Table = Table {
    noun: "a wait",
    takes_matcher: false,
    keys: &[
        key(
            "uniform",
            Shape::Object(&UNIFORM),
            "Equally likely between two durations.",
            "{ \"from\": \"1s\", \"to\": \"3s\" }",
        ),
        key(
            "normal",
            Shape::Object(&NORMAL),
            "Around a mean, as often above as below. What would be below zero is zero.",
            "{ \"mean\": \"2s\", \"deviation\": \"500ms\" }",
        ),
        key(
            "exponential",
            Shape::Object(&EXPONENTIAL),
            "The time between independent events.",
            "{ \"mean\": \"2s\" }",
        ),
        key(
            "lognormal",
            Shape::Object(&LOGNORMAL),
            "Mostly short, and sometimes much longer, as the think time of people is.",
            "{ \"mean\": \"2s\", \"deviation\": \"2s\" }",
        ),
    ],
};

pub(in crate::suite) static UNIFORM: Table = Table {
    noun: "a uniform wait",
    takes_matcher: false,
    keys: &[
        needed("from", Shape::Duration, "The shortest.", "\"1s\""),
        needed("to", Shape::Duration, "The longest.", "\"3s\""),
    ],
};

pub(in crate::suite) static NORMAL: Table = Table {
    noun: "a normal wait",
    takes_matcher: false,
    keys: &[
        needed("mean", Shape::Duration, "The mean.", "\"2s\""),
        needed("deviation", Shape::Duration, "The standard deviation.", "\"500ms\""),
    ],
};

pub(in crate::suite) static EXPONENTIAL: Table = Table {
    noun: "an exponential wait",
    takes_matcher: false,
    keys: &[needed("mean", Shape::Duration, "The mean.", "\"2s\"")],
};

pub(in crate::suite) static LOGNORMAL: Table = Table {
    noun: "a lognormal wait",
    takes_matcher: false,
    keys: &[
        needed("mean", Shape::Duration, "The mean of the waits.", "\"2s\""),
        needed("deviation", Shape::Duration, "The standard deviation of the waits.", "\"2s\""),
    ],
};

static STAGES: Shape = Shape::Object(&STAGE);

pub(in crate::suite) static RAMP: Table = Table {
    noun: "a ramp",
    takes_matcher: false,
    keys: &[
        needed(
            "stages",
            Shape::List(&STAGES),
            "One after the other. The load goes in a straight line to what a stage says, from 0 on; without a word it stays.",
            "[{ \"for\": \"10s\", \"sessions\": \"20/s\" }, { \"for\": \"1m\" }]",
        ),
        key(
            "arrivals",
            Shape::Arrivals,
            "`even` begins rounds and sessions at equal distances; `random` begins them as independent users do, at the same rate.",
            "\"random\"",
        ),
    ],
};

pub(in crate::suite) static STAGE: Table = Table {
    noun: "a stage",
    takes_matcher: false,
    keys: &[
        needed("for", Shape::Duration, "How long it takes; `0s` is a jump.", "\"10s\""),
        key(
            "clients",
            Shape::Count,
            "How many members of the group are connected at its end. Without a `rate`, each runs one round after the other.",
            "100",
        ),
        key(
            "rate",
            Shape::Rate,
            "How many rounds begin each second at its end, all clients together, whether or not earlier ones have ended.",
            "\"50/s\"",
        ),
        key(
            "sessions",
            Shape::Rate,
            "How many sessions begin each second at its end. Each opens a connection, runs one round and closes. It stands alone.",
            "\"20/s\"",
        ),
    ],
};
