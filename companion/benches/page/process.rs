//! What the process of the page holds, as the system sees it.
//!
//! The browser's own measure leaves out the memory of WebAssembly, which is where we keep everything. Only on Linux; elsewhere there
//! is no figure.

use std::collections::HashMap;
use std::path::Path;

/// The bytes of the largest page that was started from here, without what it shares with other processes.
pub fn page_bytes() -> Option<f64> {
    let parents: HashMap<u32, u32> = std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            Some((process, parent(&entry.path())?))
        })
        .collect();
    let is_ours = |mut process: u32| {
        while let Some(parent) = parents.get(&process) {
            if *parent == std::process::id() {
                return true;
            }
            process = *parent;
        }
        false
    };
    parents.keys().filter(|it| is_ours(**it)).filter_map(|it| held(*it)).reduce(f64::max)
}

/// The second number after the name, which may hold anything.
fn parent(process: &Path) -> Option<u32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn held(process: u32) -> Option<f64> {
    let command = std::fs::read_to_string(format!("/proc/{process}/cmdline")).ok()?;
    if !command.contains("--type=renderer") {
        return None;
    }
    let all = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let kilobytes = all.lines().filter(|line| line.starts_with("Private_")).filter_map(|line| {
        let number = line.split_once(':')?.1.trim().split(' ').next()?;
        number.parse::<f64>().ok()
    });
    Some(kilobytes.sum::<f64>() * 1024.0)
}
