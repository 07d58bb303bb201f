//! A link through the proxy: where it leads, and the address that one connects to.
//!
//! Pure. One rule: what stands in `to` is encoded, since a `&` of the target would end it. Braces stay, so that a placeholder
//! of the bench is still one.

use crate::engine::base::percent::decoded;
use crate::engine::bench::typed_address::complete;

/// A link as it is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultyLink {
    /// The target.
    pub to: String,
    /// Which toxics are its own; those without a key when empty.
    pub key: String,
    /// What all chances follow from, as typed; 1 when empty.
    pub seed: String,
    /// Accept any certificate of the target.
    pub is_insecure: bool,
}

const PATH: &str = "/ws/proxy?";
/// Bytes of a key that the proxy takes.
const LONGEST_KEY: usize = 128;

impl FaultyLink {
    /// The address to connect to, at the server with this one.
    pub fn address(&self, server: &str) -> String {
        let mut address = format!("{server}{PATH}to={}", encoded(&self.target(server)));
        if !self.key.is_empty() {
            address += &format!("&key={}", encoded(&self.key));
        }
        if !matches!(self.seed.trim(), "" | "1") {
            address += &format!("&seed={}", encoded(self.seed.trim()));
        }
        if self.is_insecure && self.is_tls() {
            address += "&insecure=true";
        }
        address
    }

    /// The target as the proxy gets it. What a person leaves out of an address is added as on the bench; one that has
    /// placeholders stays as it was typed.
    pub fn target(&self, server: &str) -> String {
        let typed = self.to.trim();
        let completed = if typed.contains("{{") { None } else { complete(typed, server).ok() };
        completed.map_or_else(|| typed.to_owned(), |endpoint| endpoint.url().to_owned())
    }

    /// Whether the target is spoken to under TLS.
    pub fn is_tls(&self) -> bool {
        self.target("").starts_with("wss:")
    }

    /// The link that an address leads through; none when it leads past the proxy.
    pub fn of_address(address: &str) -> Option<Self> {
        let (_, query) = address.split_once(PATH)?;
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| decoded(value)).unwrap_or_default()
        };
        let is_insecure = matches!(value("insecure").as_str(), "1" | "true");
        Some(Self { to: value("to"), key: value("key"), seed: value("seed"), is_insecure })
            .filter(|link| !link.to.is_empty())
    }

    /// What is wrong with the seed.
    pub fn wrong_seed(&self) -> Option<&'static str> {
        let typed = self.seed.trim();
        (!typed.is_empty() && typed.parse::<u64>().is_err()).then_some("The seed is a whole number from 0.")
    }

    /// What is wrong with the key.
    pub fn wrong_key(&self) -> Option<&'static str> {
        (self.key.len() > LONGEST_KEY).then_some("The key is longer than 128 bytes.")
    }
}

/// A text as a value of a query.
pub fn encoded(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '&' | '#' | '+' | '"' | ' ' => value += &format!("%{:02X}", c as u32),
            c => value.push(c),
        }
    }
    value
}

/// What the proxy says of a link, without names of its query, which a person who looks at the form never sees.
pub fn in_page_words(words: &str) -> String {
    let accepts = "\u{201c}Accept any certificate of the target\u{201d} accepts it";
    words.replace("insecure=true takes any certificate", accepts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "ws://localhost:9000";

    #[track_caller]
    fn check(to: &str, key: &str, seed: &str, query: &str) {
        let link = FaultyLink { to: to.into(), key: key.into(), seed: seed.into(), is_insecure: true };
        let address = link.address(SERVER);
        assert_eq!(address, format!("ws://localhost:9000/ws/proxy?{query}"));
        let back = FaultyLink::of_address(&address).expect("an address of the proxy");
        assert_eq!((back.to.as_str(), back.key.as_str()), (to.trim(), key));
        assert_eq!(back.is_insecure, link.is_tls());
        assert_eq!(back.address(SERVER), address);
    }

    #[test]
    fn a_line_leads_to_its_target_and_is_read_back() {
        check("ws://localhost:3000/chat", "", "", "to=ws://localhost:3000/chat");
        check("ws://localhost:3000/chat", "alice", "7", "to=ws://localhost:3000/chat&key=alice&seed=7");
        check(" ws://h/?a=1&b=50%25#x ", "", "1", "to=ws://h/?a=1%26b=50%2525%23x");
        check("wss://h/", "a b+ö", "", "to=wss://h/&key=a%20b%2Bö&insecure=true");
    }

    #[test]
    fn a_placeholder_stays_one() {
        check("ws://h/?user={{name}}&x={{uuid}}", "", "", "to=ws://h/?user={{name}}%26x={{uuid}}");
    }

    #[test]
    fn an_address_past_the_proxy_is_not_a_line() {
        for address in
            ["", "ws://localhost:9000/ws", "ws://localhost:9000/ws/proxy?", "ws://h/ws/proxy?key=a&latency=5"]
        {
            assert_eq!(FaultyLink::of_address(address), None, "{address}");
        }
    }

    #[test]
    fn half_an_escape_is_taken_as_it_is() {
        for (value, text) in [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%C3%B6", "ö"), ("a+b", "a b")] {
            assert_eq!(decoded(value), text);
        }
    }

    #[test]
    fn what_the_proxy_would_refuse_is_said() {
        let link = |key: &str, seed: &str| FaultyLink {
            key: key.into(),
            seed: seed.into(),
            ..FaultyLink::default()
        };
        for (seed, is_wrong) in [("", false), (" 7 ", false), ("-1", true), ("x", true), ("1.5", true)] {
            assert_eq!(link("", seed).wrong_seed().is_some(), is_wrong, "{seed}");
        }
        assert!(link(&"x".repeat(129), "").wrong_key().is_some());
        assert!(link(&"x".repeat(128), "").wrong_key().is_none());
    }

    #[test]
    fn what_the_proxy_says_names_the_form_and_not_its_query() {
        assert_eq!(
            in_page_words("no TLS with h:1: bad certificate; insecure=true takes any certificate"),
            "no TLS with h:1: bad certificate; \u{201c}Accept any certificate of the target\u{201d} accepts it"
        );
    }

    #[test]
    fn a_target_without_a_scheme_is_completed_as_on_the_bench() {
        for (typed, target) in [
            ("localhost:8082/v1/feed", "ws://localhost:8082/v1/feed"),
            (":8082", "ws://localhost:8082"),
            ("/ws/echo", "ws://localhost:9000/ws/echo"),
            ("feed.example/v1", "wss://feed.example/v1"),
            ("https://feed.example/v1", "wss://feed.example/v1"),
            ("{{host}}/v1", "{{host}}/v1"),
            ("", ""),
        ] {
            let link = FaultyLink { to: typed.to_owned(), ..FaultyLink::default() };
            assert_eq!(link.target(SERVER), target, "{typed}");
            assert_eq!(link.address(SERVER), format!("{SERVER}/ws/proxy?to={target}"), "{typed}");
        }
    }
}
