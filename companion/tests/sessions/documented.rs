//! The examples of the documentation are what really happens.

use std::fs;
use std::path::Path;

use sockscope_engine::session::diff::Masks;

use super::run;

/// The fenced blocks of the page in this language.
fn blocks(language: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/sessions.md");
    let page = fs::read_to_string(page).unwrap();
    let fence = format!("```{language}\n");
    let all = page.split(fence.as_str()).skip(1);
    all.map(|rest| rest.split_once("```").expect("its end").0.to_owned()).collect()
}

#[tokio::test]
async fn the_comparison_of_the_page_is_that_of_its_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let sessions = blocks("jsonl");
    let [one, other] = ["a.jsonl", "b.jsonl"].map(|name| folder.path().join(name));
    fs::write(&one, &sessions[0]).unwrap();
    fs::write(&other, &sessions[1]).unwrap();
    let ended = run(&["diff", one.to_str().unwrap(), other.to_str().unwrap(), "--format", "json"]).await;
    assert_eq!((ended.code, ended.out), (Some(1), blocks("json")[1].clone()));
}

#[test]
fn the_masks_of_the_page_are_masks() {
    let masks = Masks::parse(&blocks("json")[0]).unwrap();
    assert_eq!(masks.len(), 3);
}
