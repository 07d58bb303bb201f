//! Whether a folder may have changed since it was looked at.
//!
//! A watcher of the operating system says so at once. Where there is none, such as on some network drives, time says so.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Without a watcher, the folder is looked at this often.
const UNWATCHED: Duration = Duration::from_secs(1);
/// With one, it is looked at all the same after this long: a watcher may lose events.
const AT_LEAST: Duration = Duration::from_secs(10);

/// What says that a folder may have changed.
pub struct Watched {
    news: Arc<AtomicBool>,
    looked: Mutex<Option<Instant>>,
    /// Held for what it tells; none where the system watches nothing.
    watcher: Option<RecommendedWatcher>,
}

impl Watched {
    /// Watches a folder with all in it.
    pub fn new(root: &Path) -> Self {
        let news = Arc::new(AtomicBool::new(true));
        let told = Arc::clone(&news);
        let watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
            // Reading a file, as this server does, changes nothing.
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                told.store(true, Ordering::Release);
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(root, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        Self { news, looked: Mutex::default(), watcher: watcher.ok() }
    }

    /// Something was changed by this server.
    pub fn has_changed(&self) {
        self.news.store(true, Ordering::Release);
    }

    /// Whether to look again; who asks looks.
    pub fn may_have_changed(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = if self.watcher.is_some() { AT_LEAST } else { UNWATCHED };
        let is_old = looked.is_none_or(|looked| looked.elapsed() >= longest);
        // Taken before the look: what changes during it is looked at again.
        let has_news = self.news.swap(false, Ordering::AcqRel);
        if has_news || is_old {
            *looked = Some(Instant::now());
        }
        has_news || is_old
    }
}
