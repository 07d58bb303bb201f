//! Tells cargo what the embedded page depends on.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A debug build reads the page from disk at run time. Naming a folder that may not exist would also
    // make every debug build a rebuild.
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=../dist");
    }
}
