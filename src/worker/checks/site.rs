//! Where runs take place.

use std::time::Duration;

use crate::engine::report::{EngineKind, Environment};

/// What is known of the place.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Such as `Chrome 156`.
    pub browser: String,
    /// Of the page.
    pub origin: String,
    /// When the clock began, in milliseconds since 1970.
    pub clock_began: f64,
    /// Its smallest step.
    pub clock_step: Duration,
    /// How many sockets the browser allows.
    pub most_sockets: u32,
}

impl Site {
    /// As reports have it.
    pub(super) fn environment(&self, is_hidden: bool) -> Environment {
        Environment {
            engine: EngineKind::Browser,
            browser: self.browser.clone(),
            origin: self.origin.clone(),
            timer_step_us: self.clock_step.as_nanos() as f64 / 1e3,
            loop_lag_p99_ms: 0.0,
            hidden: is_hidden,
            generator: None,
        }
    }
}

/// The browser's name and version, of what it calls itself; the words themselves when they are none that is known.
pub fn browser_name(agent: &str) -> String {
    // Each calls itself by the names of those before it, so the most particular one decides.
    const KNOWN: [(&str, &str); 5] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Version/", "Safari"),
    ];
    let found = KNOWN.iter().find_map(|(mark, name)| {
        let (_, version) = agent.split_once(mark)?;
        let version: String = version.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("{name} {version}"))
    });
    found.unwrap_or_else(|| agent.to_owned())
}

#[cfg(test)]
mod tests {
    use super::browser_name;

    #[test]
    fn a_browser_is_named_by_its_own_mark_and_not_by_those_it_imitates() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        for (agent, expected) in [
            (chrome.to_owned(), "Chrome 156"),
            (format!("{chrome} Edg/156.0.1.2"), "Edge 156"),
            ("Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox 140"),
            ("Mozilla/5.0 AppleWebKit/605.1.15 (KHTML) Version/18.4 Safari/605.1.15".to_owned(), "Safari 18"),
            ("curl".to_owned(), "curl"),
        ] {
            assert_eq!(browser_name(&agent), expected);
        }
    }
}
