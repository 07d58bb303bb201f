//! The names whose values are secrets.
//!
//! Owns the lists. Names are split into words, so that `X-Api-Key`, `apiKey` and `API_KEY` are one name, and `monkey`
//! contains no key.

/// Where a name is. A query says `code` of a login, a message says it of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum In {
    /// In running text, before a colon.
    Prose,
    /// A member of JSON, a field, a header.
    Member,
    /// A field of a query in an address.
    Query,
}

/// Secret wherever they are in a name.
const STRONG: [&str; 20] = [
    "token",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "authorization",
    "apikey",
    "jwt",
    "bearer",
    "cookie",
    "passwort",
    "kennwort",
    "contraseña",
    "contrasena",
    "senha",
];
/// Secret as the last word.
const WEAK: [&str; 14] = [
    "auth",
    "session",
    "sessionid",
    "sessid",
    "sid",
    "pin",
    "otp",
    "totp",
    "sig",
    "signature",
    "pass",
    "cookies",
    "csrf",
    "xsrf",
];
/// Secret as the last word in a query.
const QUERY: [&str; 4] = ["key", "code", "ticket", "access"];
/// `key` after one of these is secret.
const KEYS: [&str; 17] = [
    "api",
    "secret",
    "private",
    "access",
    "auth",
    "encryption",
    "signing",
    "license",
    "account",
    "master",
    "shared",
    "session",
    "ssh",
    "service",
    "app",
    "client",
    "subscription",
];
/// Secret at the end of a name without separators.
const ENDINGS: [&str; 14] = [
    "token",
    "password",
    "passwd",
    "pwd",
    "secret",
    "apikey",
    "secretkey",
    "privatekey",
    "accesskey",
    "authkey",
    "sessionid",
    "sessid",
    "credentials",
    "authorization",
];
/// As the last word these say something about a secret, not the secret.
const ABOUT: [&str; 26] = [
    "type",
    "length",
    "count",
    "expires",
    "expiry",
    "expiration",
    "at",
    "in",
    "name",
    "url",
    "uri",
    "endpoint",
    "min",
    "max",
    "limit",
    "required",
    "policy",
    "ttl",
    "id",
    "status",
    "valid",
    "enabled",
    "size",
    "strength",
    "header",
    "field",
];

/// Whether values under this name are secrets.
pub(super) fn is_secret(name: &str, place: In) -> bool {
    if name.is_empty() || name.len() > 128 {
        return false;
    }
    let words = words_of(name);
    let Some(last) = words.last().map(String::as_str) else { return false };
    let joined = words.concat();
    let is_session_id = matches!(joined.as_str(), "sessionid" | "sessid") || joined.ends_with("sessionid");
    if is_session_id {
        return place != In::Prose;
    }
    if ABOUT.contains(&last) && words.len() > 1 {
        return false;
    }
    let is_key = last.trim_end_matches(|c: char| c.is_ascii_digit()) == "key"
        && words.len() > 1
        && KEYS.contains(&words[words.len() - 2].as_str());
    let is_strong =
        words.iter().any(|word| STRONG.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
            || ENDINGS.iter().any(|ending| joined.ends_with(ending));
    if is_strong || is_key {
        return true;
    }
    match place {
        In::Prose => false,
        In::Member => WEAK.contains(&last),
        In::Query => WEAK.contains(&last) || QUERY.contains(&last),
    }
}

/// The words of a name in lower case: `accessToken`, `ACCESS-TOKEN` and `access.token` have the same.
fn words_of(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_alphanumeric() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        } else {
            let next_is_lower = letters.peek().is_some_and(|next| next.is_lowercase());
            let begins =
                letter.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next_is_lower);
            if begins {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_secret_in_any_case_and_with_any_separators() {
        for name in [
            "token",
            "TOKEN",
            "accessToken",
            "access_token",
            "Access-Token",
            "accesstoken",
            "refresh.token",
            "X-Api-Key",
            "apiKey",
            "api_key",
            "APIKey",
            "apikey",
            "password",
            "newPassword",
            "password2",
            "userpassword",
            "passwd",
            "pwd",
            "Authorization",
            "Proxy-Authorization",
            "client_secret",
            "clientSecret",
            "secretKey",
            "private_key",
            "PrivateKey",
            "session",
            "session_id",
            "sessionId",
            "JSESSIONID",
            "PHPSESSID",
            "cookie",
            "Set-Cookie",
            "credential",
            "credentials",
            "jwt",
            "id_token",
            "csrf",
            "connect.sid",
            "passwordHash",
            "Passwort",
        ] {
            assert!(is_secret(name, In::Member), "{name}");
        }
    }

    #[test]
    fn names_that_only_sound_alike_are_not_secret() {
        for name in [
            "",
            "user",
            "monkey",
            "key",
            "code",
            "max_tokens",
            "tokens",
            "token_type",
            "token_count",
            "tokenExpiresAt",
            "author",
            "authored",
            "compass",
            "passed",
            "opinion",
            "pinned",
            "passwordMinLength",
            "sessions",
            "public_key",
            "keyboard",
            "client_id",
            "secretary",
            "cookie_policy",
            "access_key_id",
            "request_id",
            "design",
        ] {
            assert!(!is_secret(name, In::Member), "{name}");
        }
    }

    #[test]
    fn a_query_has_secrets_under_more_names_and_prose_under_fewer() {
        assert!(
            is_secret("code", In::Query) && is_secret("key", In::Query) && is_secret("ticket", In::Query)
        );
        assert!(!is_secret("session", In::Prose) && is_secret("password", In::Prose));
    }
}
