//! What wakes a watching command: files that change, and the Enter key.
//!
//! Owns which folders are watched. Events of the file system are a reason to look and no more: what has changed is for the caller.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// An editor that saves does several things; they are one when they come in such a row.
const QUIET: Duration = Duration::from_millis(100);
/// A file that is written without end is looked at after this long.
const LONGEST: Duration = Duration::from_secs(2);

/// Why to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Files have changed.
    Files,
    /// Everything is to run again.
    Asked,
}

/// Hears of changes and of the Enter key.
pub(super) struct Listener {
    watcher: RecommendedWatcher,
    wakes: UnboundedReceiver<Wake>,
    /// By their real paths, and whether all in them is watched, too.
    folders: BTreeMap<PathBuf, bool>,
}

impl Listener {
    /// Watches the files that the arguments name.
    pub fn of(arguments: &[String]) -> Result<Self, String> {
        let (hear, wakes) = unbounded_channel();
        let places = places(arguments)?;
        let told = hear.clone();
        let mut watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
            // What only reads a file, such as this command, changes nothing.
            if event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                return;
            }
            // The command may have ended.
            let _ = told.send(Wake::Files);
        })
        .map_err(|error| format!("cannot watch files: {error}"))?;
        let mut folders = BTreeMap::new();
        for (place, is_deep) in places {
            let mode = if is_deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            watcher
                .watch(&place, mode)
                .map_err(|error| format!("cannot watch {}: {error}", place.display()))?;
            folders.extend(real(&place).ok().map(|place| (place, is_deep)));
        }
        hear_enter(hear);
        Ok(Self { watcher, wakes, folders })
    }

    /// Watches the folder of a file, too. One that is not there cannot be watched.
    pub fn add_folder_of(&mut self, file: &Path) {
        // By its real path: one that leads out of a folder by `..` begins with that folder, too.
        let Ok(place) = real(file.parent().unwrap_or(Path::new(""))) else { return };
        // A folder that is watched with all in it stays so: watching it alone would end that.
        let is_known = self
            .folders
            .iter()
            .any(|(known, is_deep)| place == *known || *is_deep && place.starts_with(known));
        if !is_known {
            let _ = self.watcher.watch(&place, RecursiveMode::NonRecursive);
            self.folders.insert(place, false);
        }
    }

    /// Waits for a reason to look again; none when the command is stopped.
    pub async fn next(&mut self, stop: &CancellationToken) -> Option<Wake> {
        let mut wake = tokio::select! {
            wake = self.wakes.recv() => wake?,
            () = stop.cancelled() => return None,
        };
        let until = Instant::now() + LONGEST;
        while let Ok(Some(more)) = timeout(QUIET, self.wakes.recv()).await {
            if more == Wake::Asked {
                wake = more;
            }
            if Instant::now() > until {
                break;
            }
        }
        (!stop.is_cancelled()).then_some(wake)
    }
}

/// The path of a folder without links and detours.
fn real(place: &Path) -> io::Result<PathBuf> {
    if place.as_os_str().is_empty() { Path::new(".").canonicalize() } else { place.canonicalize() }
}

/// The folders to watch, and whether those in them are meant too. Of a file it is its folder, since editors replace files.
fn places(arguments: &[String]) -> Result<BTreeMap<PathBuf, bool>, String> {
    let mut places = BTreeMap::new();
    for argument in arguments {
        let path = Path::new(argument);
        if argument == "-" {
            return Err("--watch cannot read standard input again; name a file or a folder".to_owned());
        }
        let (place, is_deep) = if path.is_dir() {
            (path.to_owned(), true)
        } else if !path.exists() && argument.contains(['*', '?', '[']) {
            let fixed: PathBuf = path
                .components()
                .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']))
                .collect();
            (fixed, true)
        } else if path.parent().is_some() && (path.exists() || path.components().count() > 1) {
            (path.parent().map(Path::to_owned).unwrap_or_default(), false)
        } else {
            continue;
        };
        let place = if place.as_os_str().is_empty() { PathBuf::from(".") } else { place };
        *places.entry(place).or_default() |= is_deep;
    }
    match places.is_empty() {
        true => Err("--watch has nothing to watch: suites that ship do not change; name a file or a folder"
            .to_owned()),
        false => Ok(places),
    }
}

/// A line on standard input asks for everything again. Where there is no terminal it ends at once.
fn hear_enter(hear: UnboundedSender<Wake>) {
    let read = move || {
        for line in io::stdin().lock().lines() {
            if line.is_err() || hear.send(Wake::Asked).is_err() {
                return;
            }
        }
    };
    // Without it, files are watched all the same.
    let _ = std::thread::Builder::new().name("enter".to_owned()).spawn(read);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_watched_with_all_in_them_and_files_by_their_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.json"), "{}").expect("a file");
        let at = |part: &str| format!("{}{part}", folder.path().display());
        let found = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
            places(&arguments).map(|places| places.into_iter().collect::<Vec<_>>())
        };
        let place = folder.path().to_owned();
        assert_eq!(found(&[&at("/a.json"), "rooms"]), Ok(vec![(place.clone(), false)]));
        assert_eq!(found(&[&at("/a.json"), &at("")]), Ok(vec![(place.clone(), true)]));
        assert_eq!(found(&[&at("/**/*.json")]), Ok(vec![(place, true)]));
        assert!(
            found(&["rooms", "load"]).is_err_and(|words| words.contains("suites that ship do not change"))
        );
        assert!(found(&[&at(""), "-"]).is_err());
    }
}
