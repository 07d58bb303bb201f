//! What a benchmark was asked to measure, and where its figures go. Both programs of `companion/benches` have it.

use std::path::PathBuf;

use serde::Serialize;

use crate::figures::{Figure, table};

/// What the command line says.
pub struct Asked {
    /// Less of everything, to see that it works.
    pub is_quick: bool,
    /// The cases, in the order of the documentation.
    pub cases: Vec<&'static str>,
}

impl Asked {
    /// Cargo adds `--bench`; what is not an option names the cases. Without a name all of them are meant.
    pub fn of(all: &[&'static str]) -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let wanted: Vec<_> =
            arguments.iter().filter(|it| !it.starts_with("--")).map(String::as_str).collect();
        for name in &wanted {
            assert!(all.contains(name), "no case is called {name}; there are {}", all.join(", "));
        }
        Self {
            is_quick: arguments.iter().any(|it| it == "--quick"),
            cases: all.iter().copied().filter(|it| wanted.is_empty() || wanted.contains(it)).collect(),
        }
    }
}

/// Written after each case, so that a run which is broken off has told what it knew.
pub fn keep(figures: &[impl Serialize], name: &str) {
    let text = serde_json::to_string_pretty(figures).expect("figures are JSON");
    std::fs::write(target().join(name), text + "\n").expect("the target folder can be written");
}

/// Says what it all comes to; `name` is the file that [`keep`] wrote.
pub fn conclude(all: &[Figure], name: &str) {
    println!("{}", table(all));
    let aims: Vec<_> = all.iter().filter(|it| it.has_aim()).collect();
    let met = aims.iter().filter(|it| it.met).count();
    println!("{met} of {} aims met; all of it is in target/{name}", aims.len());
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../target"), PathBuf::from)
}
