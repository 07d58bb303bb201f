//! The names of latencies by relay, which are quantities of their own.

/// How such a name ends, before [`INTENDED`].
const RELAY: &str = ".relay";
/// How the name of a latency ends that counts from when something was due.
const INTENDED: &str = ".intended";

/// The name of the same latency by relay: `rtt.relay` of `rtt`, `rtt.relay.intended` of `rtt.intended`.
pub fn relayed(name: &str) -> String {
    match name.strip_suffix(INTENDED) {
        Some(base) => format!("{base}{RELAY}{INTENDED}"),
        None => format!("{name}{RELAY}"),
    }
}

/// Whether this is the name of a latency by relay.
pub fn is_relayed(name: &str) -> bool {
    name.strip_suffix(INTENDED).unwrap_or(name).ends_with(RELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_by_relay_keeps_what_it_counts_from() {
        for (name, by_relay) in [
            ("rtt", "rtt.relay"),
            ("rtt.intended", "rtt.relay.intended"),
            ("setup.rtt", "setup.rtt.relay"),
            ("open.intended", "open.relay.intended"),
        ] {
            assert_eq!(relayed(name), by_relay);
            assert_eq!((is_relayed(name), is_relayed(by_relay)), (false, true));
        }
    }
}
