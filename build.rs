//! Gives the compiler the id of the sources, by which a page and its worker recognise each other.

use std::path::Path;

#[path = "src/wire/build_id.rs"]
mod build_id;

fn main() -> std::io::Result<()> {
    for folder in build_id::FOLDERS {
        println!("cargo:rerun-if-changed={folder}");
    }
    // Read when it runs: a build script that was compiled in another checkout may be used again in this one.
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
    let sources = build_id::sources(Path::new(&root))?;
    let id = build_id::id(&sources, env!("CARGO_PKG_VERSION"));
    println!("cargo:rustc-env=SOCKSCOPE_BUILD_ID={id:016x}");
    split();
    Ok(())
}

/// Lets `cargo xtask build` take the page apart: what is downloaded later stands behind a function of its own, and the linker
/// keeps what it takes to move code from one file to another. All other builds are in one piece.
fn split() {
    println!("cargo:rustc-check-cfg=cfg(split)");
    println!("cargo:rerun-if-env-changed=SOCKSCOPE_SPLIT");
    let is_asked = std::env::var_os("SOCKSCOPE_SPLIT").is_some();
    let is_wasm = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|it| it == "wasm");
    if is_asked && is_wasm {
        println!("cargo:rustc-cfg=split");
        for bin in ["page", "bench_worker", "checks_worker"] {
            println!("cargo:rustc-link-arg-bin={bin}=--emit-relocs");
        }
    }
}
