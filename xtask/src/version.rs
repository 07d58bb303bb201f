//! Versions as programs print them and as `Cargo.lock` names them.

/// The version in the output of `--version`: the first word that starts with a digit, or with `v` and a digit.
pub fn printed(text: &str) -> Option<&str> {
    text.split_whitespace()
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(|word| word.trim_end_matches([',', ')']))
}

/// The number before the first dot.
pub fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// The version of a package in the text of a `Cargo.lock`; none unless there is exactly one.
pub fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let wanted = format!("name = \"{package}\"");
    let mut versions = lock.split("[[package]]").filter_map(|entry| {
        let mut lines = entry.lines().map(str::trim);
        lines.find(|line| *line == wanted)?;
        lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
    });
    let first = versions.next()?;
    versions.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(printed(text), expected);
    }

    #[test]
    fn versions_are_found_in_what_programs_print() {
        check("trunk 0.21.14\n", Some("0.21.14"));
        check("wasm-bindgen 0.2.130\n", Some("0.2.130"));
        check("wasm-opt version 132 (version_132)", Some("132"));
        check("Google Chrome 140.0.7339.80 ", Some("140.0.7339.80"));
        check("ChromeDriver 156.0.8078.79 (a21ce95-refs/branch-heads/8078@{#1704})", Some("156.0.8078.79"));
        check("Microsoft Edge WebDriver 130.0.2849.1", Some("130.0.2849.1"));
        check("v20.20.2", Some("20.20.2"));
        check("command not found", None);
    }

    const LOCK: &str = r#"
version = 4

[[package]]
name = "wasm-bindgen-shared"
version = "0.2.99"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
dependencies = ["wasm-bindgen-shared"]

[[package]]
name = "syn"
version = "1.0.0"

[[package]]
name = "syn"
version = "2.0.0"
"#;

    #[test]
    fn the_lock_file_names_one_version() {
        assert_eq!(locked(LOCK, "wasm-bindgen"), Some("0.2.130"));
    }

    #[test]
    fn a_package_locked_twice_or_never_has_no_version() {
        assert_eq!(locked(LOCK, "syn"), None);
        assert_eq!(locked(LOCK, "wasm"), None);
    }

    #[test]
    fn the_major_is_before_the_first_dot() {
        assert_eq!(major("156.0.8078.79"), Some(156));
        assert_eq!(major("132"), Some(132));
        assert_eq!(major("x.1"), None);
    }
}
