//! Getting a missing tool into the cache: a prebuilt archive of the project's own release if this machine can
//! reach it, else from source.
//!
//! A prebuilt program is checked by running it and reading its version. The projects publish checksums only
//! beside the archives, where they prove no more than the transport already does.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use sockscope_host::programs::{executable, which};

use crate::cache::Cache;
use crate::project;
use crate::tool::{Found, Tool};
use crate::{process, screen};

/// How a tool is compiled when no prebuilt one can be had.
pub struct Source {
    pub package: &'static str,
    pub version: String,
    pub arguments: &'static [&'static str],
    /// Said before it starts.
    pub usual_time: &'static str,
}

impl Source {
    /// Trunk without its TLS stack: we only call it `--offline`. Unoptimised, it takes half the time to build and
    /// is no slower in use, since it waits for cargo.
    pub fn trunk(version: &str) -> Self {
        Self {
            package: "trunk",
            version: version.into(),
            arguments: &["--locked", "--no-default-features"],
            usual_time: "about 2 minutes on 2 cores",
        }
    }

    /// The test runner talks plain HTTP to the driver on this machine, so no TLS here either. Unoptimised, it takes
    /// two seconds more for each file of tests, and a minute less to build.
    pub fn wasm_bindgen(version: &str) -> Self {
        Self {
            package: "wasm-bindgen-cli",
            version: version.into(),
            // Its own lock file does not match its manifest, so not `--locked`.
            arguments: &["--no-default-features"],
            usual_time: "about 1 minute on 2 cores",
        }
    }

    /// It talks plain HTTP to this machine and plain TCP to its browser. Unoptimised, it is no slower in use, since it waits
    /// for the browser.
    pub fn geckodriver(version: &str) -> Self {
        Self {
            package: "geckodriver",
            version: version.into(),
            arguments: &["--locked"],
            usual_time: "about 80 seconds on 2 cores",
        }
    }
}

/// Installs what `find` did not find, and finds it.
pub fn install(tool: &Tool, cache: &Cache, source: &Source) -> Result<Found> {
    let started = Instant::now();
    let place = cache.place(&tool.folder_name());
    cache.fill(
        &tool.folder_name(),
        |place| tool.find_in(place).is_some(),
        |fresh| {
            if prebuilt(tool, source, fresh).is_ok_and(|how| {
                screen::note(&format!("{}: {how}", tool.name));
                true
            }) {
                return Ok(());
            }
            screen::note(&format!("building {} from source ({})…", source.package, source.usual_time));
            empty(fresh)?;
            from_source(source, fresh, &cache.workshop(&tool.folder_name()))
        },
    )?;
    screen::note(&format!("{} is there after {}", tool.name, screen::seconds(started.elapsed())));
    tool.find_in(&place).with_context(|| format!("{} is gone from {}", tool.name, place.display()))
}

/// Fails quietly: there is another way.
fn prebuilt(tool: &Tool, source: &Source, fresh: &Path) -> Result<&'static str> {
    if which("cargo-binstall").is_some() {
        let mut command = project::cargo();
        command.args(["binstall", "--no-confirm", "--disable-strategies", "compile", "--root"]);
        command.arg(fresh).arg(format!("{}@{}", source.package, source.version));
        // Captured, for its failure does not matter.
        if process::output(&mut command).is_some() && tool.find_in(fresh).is_some() {
            return Ok("got a prebuilt one with cargo-binstall");
        }
        empty(fresh)?;
    }
    let address = archive_address(tool).context("no prebuilt archive for this system")?;
    download(&address, tool, fresh)?;
    Ok("got the prebuilt one of its release")
}

/// Fetches an archive and lays its programs out as `<fresh>/bin`.
pub fn download(address: &str, tool: &Tool, fresh: &Path) -> Result<()> {
    let archive = fresh.join("archive");
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--location", "--silent", "--proto", "=https", "--connect-timeout", "5"])
        // A machine with a slow line is better off compiling.
        .args(["--speed-limit", "50000", "--speed-time", "8", "--max-time", "240", "--output"])
        .arg(&archive)
        .arg(address);
    quietly(&mut curl)?;
    let unpacked = fresh.join("unpacked");
    fs::create_dir_all(&unpacked)?;
    // Every `tar` in use knows gzip by itself, and that of Windows knows zip.
    quietly(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&unpacked))?;
    fs::remove_file(&archive)?;
    let top = only_folder_in(&unpacked)?.unwrap_or_else(|| unpacked.clone());
    if top.join("bin").is_dir() {
        // The programs may need the libraries beside them.
        for part in ["bin", "lib"] {
            if top.join(part).is_dir() {
                fs::rename(top.join(part), fresh.join(part))?;
            }
        }
    } else {
        fs::create_dir_all(fresh.join("bin"))?;
        for name in tool.programs.iter().map(|name| executable(name)) {
            fs::rename(top.join(&name), fresh.join("bin").join(&name))?;
        }
    }
    fs::remove_dir_all(&unpacked)?;
    tool.find_in(fresh).map(|_| ()).context("the prebuilt program does not run here")
}

fn from_source(source: &Source, fresh: &Path, workshop: &Path) -> Result<()> {
    let mut command = project::cargo();
    command
        .args(["install", source.package, "--version", &format!("={}", source.version), "--debug", "--root"])
        .arg(fresh)
        .arg("--target-dir")
        .arg(workshop)
        .args(source.arguments)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_STRIP", "symbols")
        // The page's flags and wrappers are not meant for tools.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        // Its local configuration names a runner and a profile of the page.
        .current_dir(fresh);
    process::succeed(&mut command).with_context(|| {
        format!(
            "{} {} did not build; put it on PATH by any other means and call again",
            source.package, source.version
        )
    })
}

/// The archive that the tool's project publishes for this machine.
fn archive_address(tool: &Tool) -> Option<String> {
    address_for(tool.name, &tool.version, std::env::consts::OS, std::env::consts::ARCH)
}

fn address_for(name: &str, version: &str, os: &str, arch: &str) -> Option<String> {
    let triple = match (name, os, arch) {
        ("binaryen", "linux", _) => format!("{arch}-linux"),
        ("binaryen", "macos", "aarch64") => "arm64-macos".into(),
        ("binaryen", "macos" | "windows", "x86_64") => format!("{arch}-{os}"),
        ("trunk" | "wasm-bindgen", "linux", "x86_64") => "x86_64-unknown-linux-musl".into(),
        ("trunk" | "wasm-bindgen", "linux", "aarch64") => "aarch64-unknown-linux-gnu".into(),
        ("trunk" | "wasm-bindgen", "macos", _) => format!("{arch}-apple-darwin"),
        ("trunk" | "wasm-bindgen", "windows", "x86_64") => "x86_64-pc-windows-msvc".into(),
        ("geckodriver", "linux", "x86_64") => "linux64".into(),
        ("geckodriver", "linux", "aarch64") => "linux-aarch64".into(),
        ("geckodriver", "macos", "x86_64") => "macos".into(),
        ("geckodriver", "macos", "aarch64") => "macos-aarch64".into(),
        ("geckodriver", "windows", "x86_64") => "win64".into(),
        _ => return None,
    };
    Some(match name {
        "geckodriver" => {
            let kind = if os == "windows" { "zip" } else { "tar.gz" };
            format!(
                "https://github.com/mozilla/geckodriver/releases/download/v{version}/geckodriver-v{version}-{triple}.{kind}"
            )
        }
        "trunk" => {
            let kind = if os == "windows" { "zip" } else { "tar.gz" };
            format!("https://github.com/trunk-rs/trunk/releases/download/v{version}/trunk-{triple}.{kind}")
        }
        "wasm-bindgen" => format!(
            "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/{version}/wasm-bindgen-{version}-{triple}.tar.gz"
        ),
        _ => format!(
            "https://github.com/WebAssembly/binaryen/releases/download/version_{version}/binaryen-version_{version}-{triple}.tar.gz"
        ),
    })
}

/// A tool's ways in: Node's package of its name, else a prebuilt archive. None if neither can be had.
pub fn of_node(tool: &Tool, cache: &Cache) -> Result<Option<Found>> {
    let place = cache.place(&tool.folder_name());
    let got = cache.fill(
        &tool.folder_name(),
        |place| tool.find_in(place).is_some(),
        |fresh| {
            if let Some(npm) = which("npm") {
                screen::note("fetching Node's package of it (about 10 seconds)…");
                fs::write(fresh.join("package.json"), "{ \"private\": true }\n")?;
                let mut command = Command::new(npm);
                command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
                command.arg(format!("{}@{}", tool.name, tool.version)).current_dir(fresh);
                if quietly(&mut command).is_ok() && tool.find_in(fresh).is_some() {
                    return Ok(());
                }
                empty(fresh)?;
            }
            let address = archive_address(tool).context("no prebuilt archive for this system")?;
            download(&address, tool, fresh)
        },
    );
    if process::interrupted() {
        bail!("interrupted");
    }
    Ok(got.ok().and_then(|()| tool.find_in(&place)))
}

fn quietly(command: &mut Command) -> Result<()> {
    // Lines are dropped: a failure here has another way after it.
    let status = process::run(command, process::Show::Discard, |_| ())?;
    if !status.success() {
        bail!("{} failed ({status})", command.get_program().display());
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder)?;
    Ok(fs::create_dir_all(folder)?)
}

fn only_folder_in(folder: &Path) -> Result<Option<std::path::PathBuf>> {
    let entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    Ok(match entries.as_slice() {
        [only] if only.path().is_dir() => Some(only.path()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, version: &str, os: &str, arch: &str, end: Option<&str>) {
        let address = address_for(name, version, os, arch);
        assert_eq!(address.as_deref().and_then(|a| a.rsplit('/').next()), end);
    }

    #[test]
    fn archives_are_named_as_each_project_names_them() {
        check("trunk", "0.21.14", "linux", "x86_64", Some("trunk-x86_64-unknown-linux-musl.tar.gz"));
        check("trunk", "0.21.14", "windows", "x86_64", Some("trunk-x86_64-pc-windows-msvc.zip"));
        check("trunk", "0.21.14", "freebsd", "x86_64", None);
        check("binaryen", "132", "macos", "aarch64", Some("binaryen-version_132-arm64-macos.tar.gz"));
        check("binaryen", "132", "linux", "aarch64", Some("binaryen-version_132-aarch64-linux.tar.gz"));
        let bindgen = "wasm-bindgen-0.2.130-aarch64-apple-darwin.tar.gz";
        check("wasm-bindgen", "0.2.130", "macos", "aarch64", Some(bindgen));
        check("geckodriver", "0.37.1", "linux", "x86_64", Some("geckodriver-v0.37.1-linux64.tar.gz"));
        let bindgen = "wasm-bindgen-0.2.130-x86_64-pc-windows-msvc.tar.gz";
        check("wasm-bindgen", "0.2.130", "windows", "x86_64", Some(bindgen));
        check("wasm-bindgen", "0.2.130", "freebsd", "x86_64", None);
        check("esbuild", "0.28.2", "linux", "x86_64", None);
    }
}
