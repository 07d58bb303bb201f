//! The suites that ship with the page and with the command.
//!
//! Owns their names and their order. They are files of the project, so that users can read them in place.

macro_rules! shipped {
    ($($name:literal)*) => {
        /// Each with its name and its document, in the order in which a new user meets them.
        pub const SHIPPED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../../suites/", $name, ".json")))),*];
    };
}

shipped! {
    "first-contact"
    "integration"
    "events"
    "load"
    "fragments"
    "rooms"
    "agent"
    "ladder"
    "throughput"
    "soak"
    "chaos"
    "stress"
    "auth-and-limits"
    "subprotocols"
    "conformance"
}
