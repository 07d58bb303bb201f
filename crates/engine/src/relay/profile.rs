//! What a connection is opened with that a page cannot send.
//!
//! Owns the form in which it is kept, and what of it is a secret. It refuses to judge values: the relay does, in its own words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::secrets;

/// Begins the text of a profile that says nothing.
const SAYS_NOTHING: char = ' ';

/// What a connection is opened with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Header fields.
    pub headers: Vec<Field>,
    /// The origin; the page's when empty.
    pub origin: String,
    /// The authorization.
    pub authorization: Authorization,
    /// The client's certificate in PEM, and its key.
    pub certificate: String,
    /// The key of that certificate.
    pub key: String,
    /// The authorities that sign the server's certificate, in PEM; those of the machine when empty.
    pub ca: String,
    /// Any certificate of the server is taken.
    pub insecure: bool,
    /// An HTTP proxy on the way; none when empty.
    pub proxy: String,
    /// What was a secret and is not kept: its name, and what is left of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub forgotten: BTreeMap<String, String>,
}

/// A header field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authorization {
    /// It is not said.
    #[default]
    None,
    /// By a name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// By a token.
    Bearer(String),
}

impl Profile {
    /// As it is kept; nothing is kept of one that says nothing.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The same as text; empty when there is nothing of it. One that says nothing, such as an empty row of headers, begins with a
    /// blank, which JSON takes: so it can be distinguished where no profile is read.
    pub fn to_text(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        let text = serde_json::to_string(self).expect("it has names for keys");
        if self.says_nothing() { format!("{SAYS_NOTHING}{text}") } else { text }
    }

    /// Whether what is kept says something, so that the connection goes by relay.
    pub fn is_said(text: &str) -> bool {
        !text.is_empty() && !text.starts_with(SAYS_NOTHING)
    }

    /// Whether the relay would be asked for nothing beside the address. One that has forgotten something must not be opened without.
    fn says_nothing(&self) -> bool {
        self.forgotten.is_empty() && self.to_request("") == Self::default().to_request("")
    }

    /// Changes what is kept.
    pub fn edit(text: &mut String, change: impl FnOnce(&mut Self)) {
        let mut profile = Self::read(text);
        change(&mut profile);
        // What was typed again, or is not wanted any more, is not missing.
        profile.forgotten = profile.missing_texts();
        *text = profile.to_text();
    }

    /// Every text of it that may have placeholders, with the name that it stands under.
    pub fn texts(&mut self) -> Vec<(String, &mut String)> {
        let mut texts: Vec<(String, &mut String)> =
            self.headers.iter_mut().map(|field| (field.name.clone(), &mut field.value)).collect();
        texts.push(("Origin".to_owned(), &mut self.origin));
        match &mut self.authorization {
            Authorization::None => {}
            Authorization::Basic { user, password } => {
                texts.push(("user".to_owned(), user));
                texts.push(("password".to_owned(), password));
            }
            Authorization::Bearer(token) => texts.push(("token".to_owned(), token)),
        }
        texts.push(("certificate".to_owned(), &mut self.certificate));
        texts.push(("private_key".to_owned(), &mut self.key));
        texts.push(("ca".to_owned(), &mut self.ca));
        texts.push(("proxy".to_owned(), &mut self.proxy));
        texts
    }

    /// With every placeholder filled in.
    pub fn filled_in(mut self, fill: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        for (name, text) in self.texts() {
            *text = fill(text).map_err(|wrong| format!("{name}: {wrong}"))?;
        }
        Ok(self)
    }

    /// What was typed into it that looks like a secret: a value that is kept as a variable has a placeholder in its place.
    pub fn typed_secrets(&self) -> Vec<String> {
        let mut copy = self.clone();
        let texts = copy.texts().into_iter();
        texts
            .filter(|(name, text)| is_typed_secret(name, text))
            .map(|(_, text)| std::mem::take(text))
            .collect()
    }

    /// Takes that out, and remembers that it was there.
    pub fn forget_secrets(&mut self) {
        let mut forgotten = Vec::new();
        for (name, text) in self.texts().into_iter().filter(|(name, text)| is_typed_secret(name, text)) {
            *text = match name.as_str() {
                "proxy" => without_user(text),
                _ => String::new(),
            };
            forgotten.push((name, text.clone()));
        }
        self.forgotten.extend(forgotten);
    }

    /// What was forgotten and has not been typed again, in words; none when nothing is missing.
    pub fn missing(&self) -> Option<String> {
        let names: Vec<_> = self
            .missing_texts()
            .into_keys()
            .map(|name| match name.as_str() {
                "private_key" => "the client key".to_owned(),
                "proxy" => "user and password of the HTTP proxy".to_owned(),
                "password" | "token" => format!("the {name}"),
                _ => format!("the header {name}"),
            })
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn missing_texts(&self) -> BTreeMap<String, String> {
        if self.forgotten.is_empty() {
            return BTreeMap::new();
        }
        let mut now = self.clone();
        let now: Vec<_> = now.texts().into_iter().map(|(name, text)| (name, text.clone())).collect();
        let is_missing = |(name, left): &(&String, &String)| {
            now.iter().any(|(other, text)| other == *name && text == *left)
        };
        self.forgotten.iter().filter(is_missing).map(|(name, left)| (name.clone(), left.clone())).collect()
    }

    /// What the relay is asked, for this address.
    pub fn to_request(&self, url: &str) -> Value {
        let named = self.headers.iter().filter(|field| !field.name.trim().is_empty());
        let headers: Vec<_> = named.map(|field| (field.name.trim(), field.value.as_str())).collect();
        let mut request = json!({ "url": url, "headers": headers });
        let mut put = |name: &str, value: Value| {
            drop(request.as_object_mut().map(|it| it.insert(name.to_owned(), value)))
        };
        let given = |text: &str| (!text.trim().is_empty()).then(|| Value::from(text.trim()));
        match &self.authorization {
            Authorization::None => {}
            Authorization::Basic { user, password } if user.is_empty() && password.is_empty() => {}
            Authorization::Basic { user, password } => {
                put("basic", json!({ "user": user, "password": password }))
            }
            Authorization::Bearer(token) if token.trim().is_empty() => {}
            Authorization::Bearer(token) => put("bearer", token.trim().into()),
        }
        for (name, text) in [("origin", &self.origin), ("proxy", &self.proxy)] {
            given(text).into_iter().for_each(|value| put(name, value));
        }
        let mut tls = serde_json::Map::new();
        for (name, text) in [("certificate", &self.certificate), ("key", &self.key), ("ca", &self.ca)] {
            tls.extend(given(text).map(|value| (name.to_owned(), value)));
        }
        if self.insecure {
            tls.insert("insecure".to_owned(), true.into());
        }
        if !tls.is_empty() {
            put("tls", tls.into());
        }
        request
    }
}

/// An address without the user and the password in it.
fn without_user(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

fn is_typed_secret(name: &str, text: &str) -> bool {
    let has_placeholder = text.contains("{{");
    // The certificates themselves are public; the key is not.
    let is_public = matches!(name, "certificate" | "ca" | "Origin" | "user");
    let is_secret = || match name {
        "private_key" | "password" | "token" => true,
        "proxy" => text.contains('@'),
        name => secrets::is_secret_name(name) || !secrets::suspects_named(name, text).is_empty(),
    };
    !text.is_empty() && !has_placeholder && !is_public && is_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn what_says_nothing_is_kept_as_nothing_and_the_rest_comes_back() {
        assert_eq!(Profile::default().to_text(), "");
        assert_eq!(Profile::read(""), Profile::default());
        assert_eq!(Profile::read("not one"), Profile::default());
        let profile = Profile { headers: vec![field("X-Tenant", "7")], insecure: true, ..Profile::default() };
        assert_eq!(Profile::read(&profile.to_text()), profile);
    }

    #[test]
    fn what_is_empty_is_kept_and_needs_no_relay() {
        let empty_row = Profile { headers: vec![Field::default()], ..Profile::default() };
        let untyped = [
            Authorization::Bearer(String::new()),
            Authorization::Basic { user: String::new(), password: String::new() },
        ];
        let untyped = untyped.map(|authorization| Profile { authorization, ..Profile::default() });
        for profile in [&empty_row].into_iter().chain(&untyped) {
            let text = profile.to_text();
            assert!(!Profile::is_said(&text), "{text}");
            assert_eq!(Profile::read(&text), *profile, "what was chosen is still there");
        }
        let said = Profile { headers: vec![Field::default(), field("X-Tenant", "")], ..Profile::default() };
        assert!(Profile::is_said(&said.to_text()));
        assert!(!Profile::is_said(""));
    }

    #[test]
    fn the_relay_is_asked_for_what_is_filled_in_and_for_nothing_else() {
        assert_eq!(
            Profile { headers: vec![field(" ", "x")], ..Profile::default() }.to_request("ws://h/"),
            json!({ "url": "ws://h/", "headers": [] })
        );
        let profile = Profile {
            headers: vec![field("X-Tenant", "7")],
            origin: "https://app.test".to_owned(),
            authorization: Authorization::Bearer("{{token}}".to_owned()),
            certificate: "C".to_owned(),
            key: "K".to_owned(),
            ..Profile::default()
        };
        let filled = profile.filled_in(|text| Ok(text.replace("{{token}}", "abc"))).unwrap();
        assert_eq!(
            filled.to_request("wss://h/"),
            json!({
                "url": "wss://h/", "headers": [["X-Tenant", "7"]], "origin": "https://app.test", "bearer": "abc",
                "tls": { "certificate": "C", "key": "K" }
            })
        );
    }

    #[test]
    fn what_was_typed_as_a_secret_is_forgotten_and_a_placeholder_stays() {
        let mut profile = Profile {
            headers: vec![
                field("X-Tenant", "seven"),
                field("X-Api-Key", "abc"),
                field("Cookie", "{{cookie}}"),
                field("Authorization", "Bearer abcdefgh"),
            ],
            authorization: Authorization::Basic { user: "ann".to_owned(), password: "pw".to_owned() },
            certificate: "public".to_owned(),
            key: "-----BEGIN PRIVATE KEY-----".to_owned(),
            proxy: "http://a:b@localhost:1".to_owned(),
            ..Profile::default()
        };
        assert_eq!(profile.typed_secrets().len(), 5);
        profile.forget_secrets();
        assert_eq!(profile.typed_secrets(), Vec::<String>::new());
        let values: Vec<_> = profile.headers.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(values, ["seven", "", "{{cookie}}", ""]);
        let basic = Authorization::Basic { user: "ann".to_owned(), password: String::new() };
        assert_eq!((profile.authorization, profile.key.as_str()), (basic, ""));
        assert_eq!((profile.certificate.as_str(), profile.proxy.as_str()), ("public", "http://localhost:1"));
    }

    #[test]
    fn what_is_forgotten_is_missing_until_it_is_typed_again() {
        let mut text = Profile {
            authorization: Authorization::Bearer("t0ken".to_owned()),
            headers: vec![field("X-Api-Key", "abc")],
            proxy: "http://u:p@localhost:3128".to_owned(),
            ..Profile::default()
        }
        .to_text();
        assert_eq!(Profile::read(&text).missing(), None);
        Profile::edit(&mut text, Profile::forget_secrets);
        let wanted = "the header X-Api-Key, user and password of the HTTP proxy, the token";
        assert_eq!(Profile::read(&text).missing().as_deref(), Some(wanted));
        Profile::edit(&mut text, |it| it.headers.clear());
        Profile::edit(&mut text, |it| it.proxy = "http://localhost:3129".to_owned());
        assert_eq!(Profile::read(&text).missing().as_deref(), Some("the token"));
        // With nothing else in it, it is not opened without the relay.
        Profile::edit(&mut text, |it| it.proxy.clear());
        assert!(Profile::is_said(&text), "{text}");
        Profile::edit(&mut text, |it| it.authorization = Authorization::Bearer("n".to_owned()));
        assert_eq!(Profile::read(&text).missing(), None);
        Profile::edit(&mut text, |it| it.authorization = Authorization::None);
        assert_eq!(text, "");
    }
}
