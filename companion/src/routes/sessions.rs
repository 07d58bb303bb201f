//! Logins of the practice server, by a cookie.
//!
//! Owns who a cookie is of: the name and a signature by a key of this process. It refuses to remember anyone, so nothing grows.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};

use axum::http::{HeaderMap, header};
use sha1::{Digest, Sha1};

/// The name of the cookie.
pub const COOKIE: &str = "sockscope_session";
/// The longest name of a user.
const LONGEST: usize = 64;

/// Signs and knows the cookies of one server.
#[derive(Debug)]
pub struct Sessions {
    key: [u64; 2],
}

impl Default for Sessions {
    fn default() -> Self {
        // The standard library seeds it from the system for each of them.
        let draw = || RandomState::new().build_hasher().finish();
        Self { key: [draw(), draw()] }
    }
}

impl Sessions {
    /// Whether a user may have this name: a cookie has no room for other signs.
    pub fn is_user(user: &str) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !user.is_empty() && user.len() <= LONGEST && user.chars().all(fits)
    }

    /// What a browser is to keep. With a wrong signature nothing is reached by it.
    pub fn cookie(&self, user: &str, is_good: bool) -> String {
        let signature = if is_good { self.signature(user) } else { "0".repeat(40) };
        format!("{COOKIE}={user}.{signature}; Path=/; HttpOnly; SameSite=Lax")
    }

    /// Who has logged in, as a request says it.
    pub fn user(&self, headers: &HeaderMap) -> Option<String> {
        let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
        let mut values =
            fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
        values.find_map(|(name, value)| {
            let (user, signature) = value.split_once('.').filter(|_| name == COOKIE)?;
            (Self::is_user(user) && signature == self.signature(user)).then(|| user.to_owned())
        })
    }

    fn signature(&self, user: &str) -> String {
        let signed = Sha1::digest(format!("{:x}.{:x}.{user}", self.key[0], self.key[1]));
        signed.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_known_by_the_server_that_gave_it() {
        let (ours, other) = (Sessions::default(), Sessions::default());
        let asks = |cookie: &str| {
            let mut headers = HeaderMap::new();
            let pair = cookie.split(';').next().expect("a pair");
            headers.insert(header::COOKIE, format!("a=b; {pair}; c").parse().expect("a field"));
            headers
        };
        assert_eq!(ours.user(&asks(&ours.cookie("anna", true))).as_deref(), Some("anna"));
        assert_eq!(ours.user(&asks(&ours.cookie("anna", false))), None);
        assert_eq!(other.user(&asks(&ours.cookie("anna", true))), None);
        assert_eq!(ours.user(&HeaderMap::new()), None);
        assert!(!Sessions::is_user("a;b") && !Sessions::is_user("") && !Sessions::is_user(&"a".repeat(65)));
    }
}
