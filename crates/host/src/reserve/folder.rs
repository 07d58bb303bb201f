//! On other Unix systems: a locked file in a folder of the user alone. Two users do not see each other's.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags, fstat, mkdir, open, openat};
use rustix::io::Errno;

use super::Refusal;

/// A reservation.
pub type Held = File;

/// Reserves a port; none where another run of this user has it.
#[cfg(not(target_os = "linux"))]
pub fn reserve(port: u16) -> Result<Option<Held>, Refusal> {
    reserve_in(&std::env::temp_dir(), port)
}

/// The same in another folder for temporary files.
fn reserve_in(temporary: &Path, port: u16) -> Result<Option<Held>, Refusal> {
    let own = rustix::process::geteuid();
    let folder = temporary.join(format!("sockscope-ports-{}", own.as_raw()));
    let refusal = |error: io::Error| (folder.display().to_string(), error);
    match mkdir(&folder, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(refusal(error.into())),
    }
    // From here on the folder is what was looked at, whatever its name comes to mean.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = open(&folder, flags, Mode::empty()).map_err(|error| refusal(error.into()))?;
    let found = fstat(&opened).map_err(|error| refusal(error.into()))?;
    let others = Mode::RWXG | Mode::RWXO;
    if found.st_uid != own.as_raw() || Mode::from_raw_mode(found.st_mode).intersects(others) {
        let words = "it is not a folder of this user alone (mode 0700)";
        return Err(refusal(io::Error::new(io::ErrorKind::PermissionDenied, words)));
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&opened, port.to_string(), flags, Mode::RUSR | Mode::WUSR);
    let file = File::from(file.map_err(|error| refusal(error.into()))?);
    Ok(file.try_lock().is_ok().then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
    }

    fn folder_in(temporary: &Path) -> PathBuf {
        temporary.join(format!("sockscope-ports-{}", rustix::process::geteuid().as_raw()))
    }

    #[test]
    fn the_folder_is_the_user_s_alone_and_one_port_is_for_one_run() {
        let temporary = tempfile::tempdir().expect("a folder");
        let held = reserve_in(temporary.path(), 17_000).expect("it works").expect("it is free");
        assert_eq!(mode(&folder_in(temporary.path())), 0o700);
        assert!(reserve_in(temporary.path(), 17_000).expect("it works").is_none());
        assert!(reserve_in(temporary.path(), 17_001).expect("it works").is_some());
        drop(held);
        assert!(reserve_in(temporary.path(), 17_000).expect("it works").is_some());
    }

    #[test]
    fn a_link_in_its_place_is_refused_and_what_it_points_to_stays_as_it_was() {
        let (temporary, victim) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("one"));
        fs::set_permissions(victim.path(), fs::Permissions::from_mode(0o700)).expect("ours");
        symlink(victim.path(), folder_in(temporary.path())).expect("a link");
        assert!(reserve_in(temporary.path(), 17_000).is_err());
        assert_eq!(mode(victim.path()), 0o700);
        assert_eq!(fs::read_dir(victim.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let temporary = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder_in(temporary.path())).expect("a folder");
        fs::set_permissions(folder_in(temporary.path()), fs::Permissions::from_mode(0o777)).expect("ours");
        let (_, error) = reserve_in(temporary.path(), 17_000).expect_err("others may write there");
        assert!(error.to_string().contains("0700"), "{error}");
        assert_eq!(mode(&folder_in(temporary.path())), 0o777);
    }

    #[test]
    fn a_link_or_a_pipe_by_a_port_s_number_is_not_opened_and_not_waited_for() {
        let temporary = tempfile::tempdir().expect("a folder");
        drop(reserve_in(temporary.path(), 1).expect("it works"));
        let (folder, elsewhere) = (folder_in(temporary.path()), temporary.path().join("nologin"));
        symlink(&elsewhere, folder.join("17000")).expect("a link");
        assert!(reserve_in(temporary.path(), 17_000).is_err());
        assert!(!elsewhere.exists());
        let made = std::process::Command::new("mkfifo").arg(folder.join("17001")).status();
        assert!(made.is_ok_and(|it| it.success()), "mkfifo makes a pipe");
        assert!(reserve_in(temporary.path(), 17_001).is_err());
    }
}
