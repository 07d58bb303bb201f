//! The folder on a real disk.

use super::*;

const SUITE: &str = r#"{ "sockscope": 1, "suite": "one" }"#;

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Folder) {
    let there = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        put(there.path(), name, text.as_bytes());
    }
    let folder = Folder::open(there.path(), false).expect("it opens");
    (there, folder)
}

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("it has one")).expect("a folder in it");
    fs::write(path, bytes).expect("a file");
}

fn names(folder: &Folder) -> Vec<String> {
    folder.list().files.into_iter().map(|it| it.name).collect()
}

/// Waits until the watcher has told.
fn until(folder: &Folder, is: impl Fn(&Listing) -> bool) -> Listing {
    let began = std::time::Instant::now();
    loop {
        let listing = folder.list();
        if is(&listing) {
            return listing;
        }
        assert!(began.elapsed().as_secs() < 30, "{listing:?}");
        std::thread::yield_now();
    }
}

#[test]
fn suites_and_the_files_of_the_bench_are_listed_and_others_are_not() {
    let (_there, folder) = folder(&[
        ("b.json", SUITE),
        ("deep/a.jsonc", SUITE),
        ("bench/messages.json", "{}"),
        ("package.json", "{}"),
        ("bench/other.json", "{}"),
        (".git/x.json", SUITE),
        ("node_modules/x.json", SUITE),
        ("notes.txt", SUITE),
    ]);
    assert_eq!(names(&folder), ["b.json", "bench/messages.json", "deep/a.jsonc"]);
    let generation = folder.list().generation;
    assert_eq!(folder.list().generation, generation, "nothing has changed");
}

#[test]
fn a_change_on_the_disk_is_noticed() {
    let (there, folder) = folder(&[("a.json", SUITE)]);
    let before = folder.list();
    put(there.path(), "a.json", SUITE.replace("one", "two").as_bytes());
    let after = until(&folder, |now| now.files != before.files);
    assert!(after.generation > before.generation);
    fs::remove_file(there.path().join("a.json")).expect("it was there");
    until(&folder, |now| now.files.is_empty());
}

#[test]
fn what_is_replaced_is_what_its_writer_has_seen() {
    let (there, folder) = folder(&[("a.json", SUITE)]);
    let (text, hash) = folder.read("a.json").expect("it is there");
    assert_eq!(text, SUITE);
    put(there.path(), "a.json", b"{\"sockscope\": 1, \"suite\": \"theirs\"}");
    assert!(matches!(folder.write("a.json", "mine", Some(&hash)), Err(FolderError::Changed(_))));
    assert!(matches!(folder.write("a.json", "mine", None), Err(FolderError::Changed(_))));
    assert!(matches!(folder.remove("a.json", &hash), Err(FolderError::Changed(_))));
    let (theirs, hash) = folder.read("a.json").expect("it is there");
    assert!(theirs.contains("theirs"));
    let written = folder.write("a.json", SUITE, Some(&hash)).expect("it has not changed");
    assert_eq!(folder.read("a.json").expect("it is there"), (SUITE.to_owned(), written.clone()));
    folder.remove("a.json", &written).expect("it has not changed");
    assert!(matches!(folder.read("a.json"), Err(FolderError::Missing(_))));
    // Nothing of a write is left beside the file.
    assert_eq!(fs::read_dir(there.path()).expect("a folder").count(), 0);
}

#[test]
fn a_new_file_may_be_in_a_new_folder() {
    let (there, folder) = folder(&[]);
    folder.write("bench/messages.json", "{}", None).expect("there is room");
    assert_eq!(fs::read_to_string(there.path().join("bench/messages.json")).expect("it was written"), "{}");
    assert_eq!(names(&folder), ["bench/messages.json"]);
}

#[test]
fn err_files_that_cannot_be_read_say_why_and_stay_as_they_are() {
    let large = format!("{SUITE}{}", " ".repeat(5 << 20));
    let (there, folder) = folder(&[("large.json", &large), ("foreign.json", &" ".repeat(5 << 20))]);
    put(there.path(), "bytes.json", b"{\"sockscope\": \"\xff\"}");
    let listing = until(&folder, |now| now.files.len() == 2);
    let said: Vec<_> = listing.files.iter().map(|it| (it.name.as_str(), it.wrong.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("bytes.json", Some("is not text in UTF-8: found another byte at 15")),
            ("large.json", Some("has more than 4 MiB, so it is not read")),
        ]
    );
    assert!(matches!(folder.write("large.json", SUITE, None), Err(FolderError::Wrong { .. })));
    assert!(matches!(folder.write("a.json", &large, None), Err(FolderError::TooLarge)));
    assert_eq!(fs::read_to_string(there.path().join("large.json")).expect("it is there"), large);
}

#[test]
fn a_suite_that_is_half_written_is_still_listed() {
    let (there, folder) = folder(&[("a.json", SUITE)]);
    assert_eq!(folder.list().files.len(), 1);
    put(there.path(), "a.json", b"");
    let listing = until(&folder, |now| now.files.iter().any(|it| it.wrong.is_some()));
    assert_eq!(listing.files[0].name, "a.json");
}

#[cfg(unix)]
#[test]
fn err_links_that_leave_the_folder_are_neither_read_nor_written() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a folder");
    put(outside.path(), "secret.json", SUITE.as_bytes());
    let (there, folder) = folder(&[("inside.json", SUITE)]);
    symlink(outside.path().join("secret.json"), there.path().join("out.json")).expect("a link");
    symlink(outside.path(), there.path().join("far")).expect("a link");
    symlink("inside.json", there.path().join("near.json")).expect("a link");
    until(&folder, |now| now.files.len() == 2);
    assert_eq!(names(&folder), ["inside.json", "near.json"]);
    for name in ["out.json", "far/secret.json"] {
        assert!(matches!(folder.read(name), Err(FolderError::Wrong { .. })), "{name}");
        assert!(folder.write(name, "{}", None).is_err(), "{name}");
    }
    assert!(matches!(folder.write("far/new.json", "{}", None), Err(FolderError::Wrong { .. })));
    assert!(!outside.path().join("new.json").exists());
    assert_eq!(fs::read_to_string(outside.path().join("secret.json")).expect("it is there"), SUITE);
    // A link within the folder stays a link.
    let (_, hash) = folder.read("near.json").expect("it leads to a file in the folder");
    let changed = SUITE.replace("one", "two");
    folder.write("near.json", &changed, Some(&hash)).expect("it has not changed");
    assert_eq!(fs::read_to_string(there.path().join("inside.json")).expect("it is there"), changed);
    assert!(fs::symlink_metadata(there.path().join("near.json")).expect("it is there").is_symlink());
}

#[test]
fn err_a_folder_to_start_from_is_not_written() {
    let (there, _) = folder(&[("a.json", SUITE)]);
    let seed = Folder::open(there.path(), true).expect("it opens");
    assert!(matches!(seed.write("b.json", SUITE, None), Err(FolderError::Seed)));
    let (_, hash) = seed.read("a.json").expect("it is there");
    assert!(matches!(seed.remove("a.json", &hash), Err(FolderError::Seed)));
    let missing = there.path().join("missing");
    assert!(Folder::open(&missing, true).is_err() && !missing.exists());
}
