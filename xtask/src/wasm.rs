//! Compiling the three programs of the page, two at a time.
//!
//! Trunk compiles them one after the other, and an optimised link keeps one core busy for a minute and more. So cargo
//! compiles them first, with the options that Trunk uses, and Trunk finds them done. `index.html` says what they are.

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::{Project, forget_own_package};
use crate::setup::Toolbox;
use crate::split;

/// A program of the page, as a `data-trunk` link of `index.html` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub bin: String,
    features: String,
    profile: String,
    /// The level, and the other parameters of wasm-opt.
    pub wasm_opt: String,
    pub wasm_opt_params: String,
}

/// Compiles all programs for a release. The programs of one profile share a lock of cargo; two profiles do not.
pub fn compile(project: &Project, toolbox: &Toolbox) -> Result<()> {
    let groups = by_profile(of(project)?);
    thread::scope(|scope| {
        let running: Vec<_> = groups
            .into_values()
            .map(|calls| scope.spawn(move || calls.iter().try_for_each(|call| cargo(project, toolbox, call))))
            .collect();
        running.into_iter().try_for_each(|it| it.join().unwrap_or_else(|_| bail!("a compilation panicked")))
    })
}

/// The programs that `index.html` names.
pub fn of(project: &Project) -> Result<Vec<Program>> {
    let path = project.root.join("index.html");
    let html = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    programs(&html)
}

/// For each profile the calls of cargo, in order: programs with the same features are compiled by one.
fn by_profile(programs: Vec<Program>) -> BTreeMap<String, Vec<Vec<Program>>> {
    let mut groups: BTreeMap<String, Vec<Vec<Program>>> = BTreeMap::new();
    for program in programs {
        let calls = groups.entry(program.profile.clone()).or_default();
        match calls.iter_mut().find(|call| call[0].features == program.features) {
            Some(call) => call.push(program),
            None => calls.push(vec![program]),
        }
    }
    groups
}

fn cargo(project: &Project, toolbox: &Toolbox, call: &[Program]) -> Result<()> {
    let mut command = project.cargo();
    command.args(["build", "--target=wasm32-unknown-unknown", "--offline", "--locked"]);
    command.args(["--profile", &call[0].profile, "--features", &call[0].features]);
    for program in call {
        command.args(["--bin", &program.bin]);
    }
    toolbox.equip(&mut command);
    command.env(split::ASKED, "1");
    forget_own_package(&mut command);
    process::succeed(&mut command).context("the page cannot be compiled")
}

fn programs(html: &str) -> Result<Vec<Program>> {
    let links = html.lines().filter(|line| line.contains("data-trunk rel=\"rust\""));
    links
        .map(|link| {
            let value = |name| {
                attribute(link, name)
                    .with_context(|| format!("a program in index.html has no {name}: {link}"))
            };
            Ok(Program {
                bin: value("data-bin")?,
                features: value("data-cargo-features")?,
                profile: value("data-cargo-profile-release")?,
                wasm_opt: attribute(link, "data-wasm-opt").unwrap_or_default(),
                wasm_opt_params: attribute(link, "data-wasm-opt-params").unwrap_or_default(),
            })
        })
        .collect()
}

fn attribute(link: &str, name: &str) -> Option<String> {
    let (_, rest) = link.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(bin: &str, features: &str, profile: &str) -> String {
        format!(
            "<link data-trunk rel=\"rust\" data-bin=\"{bin}\" data-cargo-features=\"{features}\" \
             data-cargo-profile-release=\"{profile}\">\n"
        )
    }

    #[test]
    fn programs_with_the_same_profile_and_features_are_compiled_by_one_call() {
        let html = [link("a", "page", "page"), link("b", "browser", "page"), link("c", "page", "page")]
            .concat()
            + &link("d", "browser", "checker");
        let groups = by_profile(programs(&html).unwrap());
        let names = |profile: &str| -> Vec<Vec<&str>> {
            groups[profile].iter().map(|call| call.iter().map(|it| &*it.bin).collect()).collect()
        };
        assert_eq!(names("page"), [vec!["a", "c"], vec!["b"]]);
        assert_eq!(names("checker"), [["d"]]);
    }

    #[test]
    fn a_program_without_a_profile_is_named() {
        let error = programs("<link data-trunk rel=\"rust\" data-bin=\"a\" data-cargo-features=\"page\">")
            .unwrap_err();
        assert!(format!("{error:#}").contains("has no data-cargo-profile-release"), "{error:#}");
    }

    #[test]
    fn index_html_names_three_programs() {
        let html = include_str!("../../index.html");
        assert_eq!(programs(html).unwrap().len(), 3);
    }
}
