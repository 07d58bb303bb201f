//! Replaces wasm-opt where it cannot be installed: drops the sections a browser does not need (names, producers, debug
//! information) and leaves the code as it is. The page gets larger, and works.
//!
//! Trunk calls whatever program is named `wasm-opt`, so a copy of this binary has that name.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// The version that this replacement answers with; no wasm-opt has it.
pub const VERSION: &str = "0-stand-in";

pub fn is_standing_in() -> bool {
    let own = std::env::args_os().next().unwrap_or_default();
    Path::new(&own).file_stem().is_some_and(|stem| stem == "wasm-opt")
}

/// Takes what Trunk passes to wasm-opt: `--output=PATH`, one input, and levels and features, which it ignores.
pub fn stand_in(arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut input, mut output) = (None, None);
    for argument in arguments {
        if argument == "--version" {
            println!("wasm-opt version {VERSION}");
            return Ok(());
        }
        if let Some(path) = argument.strip_prefix("--output=") {
            output = Some(path.to_owned());
        } else if !argument.starts_with('-') {
            input = Some(argument);
        }
    }
    let (Some(input), Some(output)) = (input, output) else {
        bail!("the replacement of wasm-opt needs --output=PATH and one input");
    };
    let wasm = std::fs::read(&input).with_context(|| format!("cannot read {input}"))?;
    let small = without_custom_sections(&wasm).with_context(|| format!("{input} is not a wasm module"))?;
    std::fs::write(&output, small).with_context(|| format!("cannot write {output}"))
}

/// The module without its custom sections; none if the bytes are not one.
fn without_custom_sections(wasm: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = wasm.split_at_checked(8)?;
    if !header.starts_with(b"\0asm") {
        return None;
    }
    let mut kept = header.to_vec();
    while let [id, after @ ..] = rest {
        let (size, used) = read_length(after)?;
        let (section, next) = rest.split_at_checked(1 + used + size)?;
        if *id != 0 {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Some(kept)
}

/// An unsigned LEB128 number and how many bytes it took.
pub fn read_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn custom_sections_go_and_the_rest_stays() {
        let wasm = [HEADER, &[1, 2, 7, 7], &[0, 3, 1, b'n', 9], &[10, 0x81, 0x00, 5]].concat();
        let expected = [HEADER, &[1, 2, 7, 7], &[10, 0x81, 0x00, 5]].concat();
        assert_eq!(without_custom_sections(&wasm), Some(expected));
    }

    #[test]
    fn err_no_module_and_a_cut_one() {
        assert_eq!(without_custom_sections(b"<!doctype html>"), None);
        assert_eq!(without_custom_sections(&[HEADER, &[1, 9, 7]].concat()), None);
        assert_eq!(without_custom_sections(b"\0asm"), None);
    }
}
