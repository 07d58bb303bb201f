//! The per-user folder of tools; a tool gets there whole or not at all.
//!
//! Everything is made in a folder of its own beside the final place and renamed into it under a lock, so that
//! neither a crash nor a second call can leave half a tool behind.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::screen;

pub struct Cache {
    pub folder: PathBuf,
}

impl Cache {
    pub fn open() -> Result<Self> {
        let folder = match std::env::var_os("SOCKSCOPE_TOOLS").filter(|value| !value.is_empty()) {
            Some(chosen) => PathBuf::from(chosen),
            None => user_cache()
                .context("no cache folder for this user is known; name one in SOCKSCOPE_TOOLS")?
                .join("sockscope")
                .join("tools"),
        };
        let made = fs::create_dir_all(&folder).and_then(|()| std::path::absolute(&folder));
        let folder =
            made.with_context(|| format!("cannot make {}; SOCKSCOPE_TOOLS names another", folder.display()))?;
        Ok(Self { folder })
    }

    /// Where a tool's folder is, or would be.
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where a tool is compiled. It stays after an interruption, so the next call goes on from there.
    pub fn workshop(&self, name: &str) -> PathBuf {
        self.folder.join(".build").join(name)
    }

    /// Fills `<tools>/<name>` by letting `make` fill an empty folder, unless `is_good` finds it filled, by an
    /// earlier call or by another that ran while we waited.
    pub fn fill(
        &self,
        name: &str,
        is_good: impl Fn(&Path) -> bool,
        make: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        let place = self.place(name);
        let _lock = lock(&self.folder.join(format!(".{name}.lock")), name)?;
        if is_good(&place) {
            return Ok(());
        }
        let fresh = self.folder.join(format!(".new-{name}"));
        remove(&fresh)?;
        fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
        let made = make(&fresh);
        if made.is_err() {
            remove(&fresh).ok();
        }
        made?;
        remove(&place)?;
        fs::rename(&fresh, &place).with_context(|| format!("cannot move {name} to {}", place.display()))?;
        if !is_good(&place) {
            bail!("{name} was installed in {} but does not run", place.display());
        }
        // The compiled parts weigh ten times the tool.
        remove(&self.workshop(name)).ok();
        Ok(())
    }
}

/// Held until dropped. The system lets go of a lock whose holder died, so no lock is ever stale.
pub fn lock(path: &Path, what: &str) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            screen::note(&format!("waiting for another xtask that is busy with {what}"));
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        // Some network file systems know no locks; one user at a time is the common case.
        Err(TryLockError::Error(_)) => {}
    }
    Ok(file)
}

/// Removes a folder that may not be there.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn user_cache() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return variable("LOCALAPPDATA");
    }
    if cfg!(target_os = "macos") {
        return Some(variable("HOME")?.join("Library").join("Caches"));
    }
    variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A folder under the system's temporary one that goes with its owner.
    pub struct Scratch(pub PathBuf);

    impl Scratch {
        pub fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn has_tool(place: &Path) -> bool {
        place.join("tool").is_file()
    }

    #[test]
    fn a_tool_arrives_whole_and_is_made_once() {
        let scratch = Scratch::new("whole");
        let cache = Cache { folder: scratch.0.clone() };
        let make = |fresh: &Path| Ok(fs::write(fresh.join("tool"), "x")?);
        cache.fill("t-1", has_tool, make).unwrap();
        assert!(has_tool(&cache.place("t-1")));
        cache.fill("t-1", has_tool, |_| panic!("made twice")).unwrap();
    }

    #[test]
    fn a_failed_install_leaves_nothing_to_be_found() {
        let scratch = Scratch::new("failed");
        let cache = Cache { folder: scratch.0.clone() };
        let make = |fresh: &Path| {
            fs::write(fresh.join("tool"), "half")?;
            bail!("no network")
        };
        assert!(cache.fill("t-1", has_tool, make).is_err());
        assert!(!cache.place("t-1").exists());
        assert!(!cache.folder.join(".new-t-1").exists());
    }

    #[test]
    fn two_at_once_make_one() {
        let scratch = Scratch::new("two");
        let cache = Cache { folder: scratch.0.clone() };
        let made = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let make = |fresh: &Path| {
                        made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        Ok(fs::write(fresh.join("tool"), "x")?)
                    };
                    cache.fill("t-1", has_tool, make).unwrap();
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }
}
