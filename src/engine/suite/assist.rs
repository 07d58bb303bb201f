#![allow(missing_docs)]
use super::Problem;
pub struct Suggestion {
    pub label: String,
    pub detail: String,
    pub about: String,
    pub insert: String,
    pub from: usize,
    pub to: usize,
}
pub struct Explained {
    pub from: usize,
    pub to: usize,
    pub about: String,
}
pub struct Example {
    pub title: &'static str,
    pub about: &'static str,
    pub text: &'static str,
}
pub fn complete(_text: &str, _offset: usize) -> Vec<Suggestion> {
    Vec::new()
}
pub fn explain_at(_text: &str, _offset: usize) -> Option<Explained> {
    None
}
pub fn format(text: &str) -> Result<String, Vec<Problem>> {
    Ok(text.to_owned())
}
pub fn examples() -> Vec<Example> {
    Vec::new()
}
