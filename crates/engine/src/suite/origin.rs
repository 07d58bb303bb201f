//! Where steps of a definition come from, and what stands in an imported file.
//!
//! Owns the way from a step back to the `use` that runs it, and from an answer, a heartbeat or a framing back to its `import`. A
//! failure names both lines.

use serde::{Deserialize, Serialize};

/// A line of a suite, or of a file that it imports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// The file, by its path from the folder of the suite; none for the suite itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            Some(file) => write!(f, "line {} of {file}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// What a step of a definition knows of its place beside its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file of the definition; none for the suite itself.
    pub file: Option<String>,
    /// The step with `use`, then the one whose definition holds that step, and so on to the check. Of what stands beside the steps, the
    /// `import` of its file, then that of the file with this import, and so on to the suite.
    pub used: Vec<Place>,
}

impl Origin {
    /// The line of the suite from which the step is run.
    pub fn line(&self) -> Option<u32> {
        self.used.last().map(|place| place.line)
    }
}

/// Such as `used in line 7`; of several the first and the last.
pub fn used_in(used: &[Place]) -> Option<String> {
    let told = way("used", used).iter().map(|(words, place)| format!("{words}{place}")).collect::<String>();
    (!told.is_empty()).then_some(told)
}

/// The first and the last of these places, each behind the words before it. The word is `used`, or `imported` for what stands
/// beside the steps.
pub fn way(word: &str, used: &[Place]) -> Vec<(String, Place)> {
    let of = |words: String, place: &Place| (words, place.clone());
    match used {
        [] => Vec::new(),
        [one] => vec![of(format!("{word} in "), one)],
        [first, .., last] => vec![of(format!("{word} in "), first), of(", from ".to_owned(), last)],
    }
}
