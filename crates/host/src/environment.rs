//! The environment of a browser and its driver.
//!
//! Owns the list. A variable that is not on it stays here: a CI shell holds secrets, and any process of the same user can read
//! another's environment.

use std::ffi::OsString;

/// What a browser needs: where programs, homes, displays, fonts and proxies are, and which language is spoken.
const NAMES: [&str; 46] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PULSE_SERVER",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "OS",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "PROGRAMW6432",
    "COMMONPROGRAMFILES",
    "COMMONPROGRAMFILES(X86)",
    "COMMONPROGRAMW6432",
    "ALLUSERSPROFILE",
    "PUBLIC",
    "USERPROFILE",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
];

/// Families of names that programs of one kind read: locales, desktops, graphics, browsers, and packages of Snap.
const FAMILIES: [&str; 11] =
    ["LC_", "XDG_", "GDK_", "GTK_", "QT_", "MESA_", "LIBGL_", "VK_", "CHROME_", "MOZ_", "SNAP"];

/// The part of our own environment that a browser is given.
pub fn for_browser() -> Vec<(OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_for_browser)).collect()
}

fn is_for_browser(name: &str) -> bool {
    // Windows does not tell cases apart.
    let is_same =
        |known: &&str| if cfg!(windows) { known.eq_ignore_ascii_case(name) } else { *known == name };
    NAMES.iter().any(is_same) || FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_what_it_needs_and_no_token() {
        for name in ["PATH", "HOME", "DISPLAY", "LC_ALL", "XDG_RUNTIME_DIR", "MOZ_LOG"] {
            assert!(is_for_browser(name), "{name}");
        }
        for name in ["TOK", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "PATHS", "CI_JOB_TOKEN", "NPM_TOKEN"] {
            assert!(!is_for_browser(name), "{name}");
        }
    }
}
