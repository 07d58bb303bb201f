//! Debian's packages, where its package manager is there and we may ask it. The caller checks afterwards whether what was
//! wanted is there: a refusal is not a failure, for the user may have another way.

use std::process::Command;

use sockscope_host::programs::which;

use crate::{process, screen};

/// Asks for these packages, or says why not.
pub fn install(packages: &[&str], usual_time: &str) {
    if !cfg!(target_os = "linux") || which("apt-get").is_none() {
        return;
    }
    let Some(prefix) = privilege() else {
        screen::note("not allowed to install packages here");
        return;
    };
    screen::note(&format!("installing Debian's {} ({usual_time})…", packages.join(" and ")));
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> =
            prefix.iter().copied().chain(["apt-get"]).chain(arguments.iter().copied()).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
        process::succeed(&mut command)
    };
    // The lists of a new machine are empty or old. An update may fail for one of many sources: try on.
    let _ = apt(&["update", "-q"]);
    let wanted = [&["install", "-y", "-q", "--no-install-recommends"], packages].concat();
    if let Err(error) = apt(&wanted) {
        screen::note(&format!("{error:#}"));
    }
}

/// What to put before `apt-get`: nothing for root, `sudo -n` where that asks for no password.
fn privilege() -> Option<&'static [&'static str]> {
    let user = process::output(Command::new("id").arg("-u"))?;
    if user.trim() == "0" {
        return Some(&[]);
    }
    process::output(Command::new("sudo").args(["-n", "true"]))?;
    Some(&["sudo", "-n"])
}
