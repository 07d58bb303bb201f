//! Which names a file of the folder may have.

/// Bytes of a name.
const LONGEST: usize = 200;

/// What is wrong with a name.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum NameError {
    /// It climbs, or begins somewhere else.
    #[error(
        "{0:?} does not name a file in the folder: expected parts with / between them, and none of them . or .."
    )]
    Leaves(String),
    /// It is hidden.
    #[error("{0:?} is hidden: no part of a name may begin with a dot")]
    Hidden(String),
    /// Some system takes it for something else.
    #[error(
        "{0:?} has a character that file names do not have everywhere, such as \\ : * ? or a control character"
    )]
    Character(String),
    /// Another kind of file.
    #[error("{0:?} is another kind of file: expected a name that ends in .json or .jsonc")]
    Ending(String),
    /// Too long.
    #[error("the name of a file may have {LONGEST} bytes")]
    TooLong,
}

/// Judges a name.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.len() > LONGEST {
        return Err(NameError::TooLong);
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')) {
        return Err(NameError::Character(name.to_owned()));
    }
    for part in name.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Err(NameError::Leaves(name.to_owned()));
        }
        if part.starts_with('.') {
            return Err(NameError::Hidden(name.to_owned()));
        }
    }
    match name.ends_with(".json") || name.ends_with(".jsonc") {
        true => Ok(()),
        false => Err(NameError::Ending(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["a.json", "a b.jsonc", "bench/messages.json", "a/b/ö..x.json"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in [
            "",
            "/a.json",
            "../a.json",
            "a/../b.json",
            "a/./b.json",
            "a//b.json",
            ".git/config.json",
            "a/.b.json",
            "a\\..\\b.json",
            "C:/a.json",
            "a.txt",
            "a",
            "a\0.json",
            "a.json/",
            "\n.json",
        ] {
            assert!(check(name).is_err(), "{name:?}");
        }
        assert_eq!(check(&format!("{}.json", "x".repeat(300))), Err(NameError::TooLong));
    }
}
