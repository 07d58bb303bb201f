//! Files of this machine that a page may fetch once: what `sockscope open` offers.
//!
//! Owns which file an address stands for. Its one rule: an address names no file, only a token with a number, and each is
//! answered once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::relay::table::token;
use crate::sessions::Offered;

#[derive(Debug)]
struct Offer {
    names: Option<Vec<String>>,
    files: Vec<Option<Offered>>,
}

/// All that is offered.
#[derive(Debug, Default)]
pub struct Offers(Mutex<HashMap<String, Offer>>);

impl Offers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Offer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Offers these files; returns the token of their address.
    pub fn put(&self, files: Vec<Offered>) -> String {
        let token = token();
        let names = Some(files.iter().map(|file| file.name.clone()).collect());
        let offer = Offer { names, files: files.into_iter().map(Some).collect() };
        self.lock().insert(token.clone(), offer);
        token
    }

    /// The names of the files, the first time.
    pub fn names(&self, token: &str) -> Option<Vec<String>> {
        self.lock().get_mut(token)?.names.take()
    }

    /// A file, the first time. The offer is over with its last file.
    pub fn file(&self, token: &str, nth: usize) -> Option<Offered> {
        let mut all = self.lock();
        let offer = all.get_mut(token)?;
        let file = offer.files.get_mut(nth)?.take();
        if offer.files.iter().all(Option::is_none) {
            all.remove(token);
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn each_address_is_answered_once() {
        let offers = Offers::default();
        let offered = |name: &str| Offered { name: name.to_owned(), path: PathBuf::from("/x").join(name) };
        let token = offers.put(vec![offered("a.har"), offered("b.jsonl")]);
        assert_eq!((token.len(), offers.names("another")), (32, None));
        assert_eq!(offers.names(&token), Some(vec!["a.har".to_owned(), "b.jsonl".to_owned()]));
        assert_eq!(offers.names(&token), None);
        assert_eq!(offers.file(&token, 1), Some(offered("b.jsonl")));
        assert_eq!((offers.file(&token, 1), offers.file(&token, 2)), (None, None));
        assert_eq!(offers.file(&token, 0), Some(offered("a.har")));
        assert!(offers.lock().is_empty());
    }
}
