//! What people read is plain English: no banned phrase in texts, comments and documentation.
//!
//! Owns the list of phrases and its exceptions. A phrase is found across the end of a line. Names in code are not
//! prose.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Each phrase in small letters, with what to write instead.
const BANNED: [(&str, &str); 13] = [
    ("nobody", "name the actor, or \"no client\", \"no step\""),
    ("somebody", "name the actor"),
    ("whoever", "name the actor"),
    ("anybody", "name the actor"),
    ("anew", "again"),
    ("is no", "is not a; expected X, found Y"),
    ("are no", "are not"),
    ("so often", "N times"),
    ("so many", "this many, N"),
    ("so long", "this long, N"),
    ("is told", "learns, gets, is notified; is shown, is reported"),
    ("are told", "learn, get, are notified; are shown, are reported"),
    ("the rule a reader would break", "say the rule itself"),
];

/// Plain English that has a banned phrase in it: the word before, the phrase, the word after. An empty word is any.
const ALLOWED: [(&str, &str, &str); 17] = [
    ("there", "is no", ""),
    ("there", "are no", ""),
    ("", "is no", "longer"),
    ("", "are no", "longer"),
    ("", "is no", "more"),
    ("", "are no", "more"),
    ("", "is no", "less"),
    ("", "are no", "less"),
    ("", "is no", "larger"),
    ("", "is no", "smaller"),
    ("", "is no", "slower"),
    ("", "is no", "faster"),
    ("", "is no", "better"),
    ("", "is no", "worse"),
    ("", "is no", "later"),
    ("", "is no", "earlier"),
    ("", "so long", "as"),
];

/// Where people read what we wrote.
const SCANNED: [&str; 10] =
    ["src", "crates", "companion", "xtask", "suites", "docs", "style", "benches", "fuzz", "index.html"];

/// Texts that others wrote, and what is made of our own.
const SKIPPED: [&str; 3] = ["src/editor/bundle.js", "target", "node_modules"];

const KINDS: [&str; 9] = ["rs", "md", "json", "jsonc", "css", "js", "mjs", "html", "toml"];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    let relative = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path);
    if SKIPPED.iter().any(|skipped| relative.ends_with(skipped)) {
        return;
    }
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        entries.for_each(|entry| files(&entry.expect("a readable entry").path(), found));
    } else if path.extension().and_then(|it| it.to_str()).is_some_and(|it| KINDS.contains(&it)) {
        found.push(path.to_owned());
    }
}

/// A word of a text: its line, itself in small letters, and whether a mark after it ends the phrase.
struct Word {
    line: usize,
    text: String,
    ends: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start().trim_start_matches(['/', '!', '*']).trim_start();
        // A paragraph ends the phrase.
        if let (true, Some(last)) = (line.is_empty(), words.last_mut()) {
            last.ends = true;
        }
        for piece in line.split_whitespace().flat_map(|word| word.split(['"', '(', '`'])) {
            // What has a sign within is an address or code, not a word. An empty piece keeps words apart.
            let is_placeholder = piece.contains("{{") || piece.contains("}}");
            let kept = if is_placeholder { "" } else { piece.trim_matches(|c: char| !c.is_alphanumeric()) };
            let ends = piece.ends_with(['.', ',', ';', ':', '?', '!', ')', '|']);
            words.push(Word { line: at + 1, text: kept.to_lowercase(), ends });
        }
    }
    words
}

fn is_allowed(words: &[Word], at: usize, phrase: &str, length: usize) -> bool {
    let text = |at: Option<usize>| at.and_then(|at| words.get(at)).map_or("", |word| word.text.as_str());
    let (before, after) = (text(at.checked_sub(1)), text(Some(at + length)));
    ALLOWED.iter().any(|(left, allowed, right)| {
        *allowed == phrase && (left.is_empty() || *left == before) && (right.is_empty() || *right == after)
    })
}

/// The line and the place in [`BANNED`] of each banned phrase.
fn offences(text: &str) -> Vec<(usize, usize)> {
    let (words, mut found) = (words(text), Vec::new());
    for (which, (phrase, _)) in BANNED.iter().enumerate() {
        let parts: Vec<&str> = phrase.split(' ').collect();
        for (at, window) in words.windows(parts.len()).enumerate() {
            let is_it = window.iter().zip(&parts).all(|(word, part)| word.text == *part)
                && window[..parts.len() - 1].iter().all(|word| !word.ends);
            if is_it && !is_allowed(&words, at, phrase, parts.len()) {
                found.push((window[0].line, which));
            }
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn no_banned_phrase_is_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for name in SCANNED {
        let before = paths.len();
        files(&root.join(name), &mut paths);
        assert!(paths.len() > before, "{name} has no text: has it moved?");
    }
    let top = fs::read_dir(root).expect("the project").map(|entry| entry.expect("a readable entry").path());
    paths.extend(top.filter(|path| path.extension().is_some_and(|it| it == "md")));
    paths.sort();
    let (mut counts, mut list) = (BTreeMap::new(), String::new());
    for path in &paths {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let relative = path.strip_prefix(root).unwrap_or(path);
        for (line, which) in offences(&text) {
            let (phrase, instead) = BANNED[which];
            let folder = relative.iter().next().unwrap_or_default().to_string_lossy().into_owned();
            *counts.entry(folder).or_insert(0) += 1;
            writeln!(list, "{}:{line}: {phrase:?}; write: {instead}", relative.display()).expect("a text");
        }
    }
    assert!(counts.is_empty(), "{list}by folder: {counts:?}");
}

/// A sentence of documentation has at most this many words.
const MOST_WORDS: usize = 25;

/// Documents with longer sentences: what was measured of others, and what was written at the time.
const LONG: [&str; 2] = ["docs/development/conformance-results.md", "CHANGELOG.md"];

/// The paragraphs of a document, each with its first line: without tables, headings and code. An item of a list is one.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let (mut all, mut is_code, mut goes_on) = (Vec::<(usize, String)>::new(), false, false);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence || line.is_empty() || line.starts_with(['|', '#', '<']) {
            goes_on = false;
            continue;
        }
        let number = line.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(". ");
        let item = line
            .strip_prefix("- ")
            .or(line.strip_prefix("* "))
            .or(number.filter(|it| it.len() < line.len() - 2));
        match all.last_mut().filter(|_| goes_on && item.is_none()) {
            Some((_, text)) => *text = format!("{text} {line}"),
            None => all.push((at + 1, item.unwrap_or(line).to_owned())),
        }
        goes_on = true;
    }
    all
}

/// A text in which each part between two of these marks is one word.
fn without_quoted(text: &str, mark: char) -> String {
    let mut parts = text.split(mark);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    while let Some(quoted) = parts.next() {
        // A sentence may end within the marks.
        plain.push_str(if quoted.ends_with(['.', '!', '?']) { "X." } else { "X" });
        plain.push_str(parts.next().unwrap_or_default());
    }
    plain
}

/// The first line of a paragraph and the words of each sentence that is too long.
fn long_sentences(text: &str) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    for (line, paragraph) in paragraphs(text) {
        let plain = without_quoted(&without_quoted(&paragraph, '`'), '"');
        let mut sentence = Vec::new();
        // A link's address is not read.
        let plain: String = plain
            .split("](")
            .enumerate()
            .map(|(at, part)| match at {
                0 => part.to_owned(),
                _ => part.split_once(')').map_or("", |(_, rest)| rest).to_owned(),
            })
            .collect();
        for word in plain.split_whitespace() {
            if word.contains(char::is_alphanumeric) {
                sentence.push(word);
            }
            if word.trim_end_matches(['*', '_', ')', ']']).ends_with(['.', '!', '?']) {
                if sentence.len() > MOST_WORDS {
                    found.push((line, sentence.len(), sentence.join(" ")));
                }
                sentence.clear();
            }
        }
        if sentence.len() > MOST_WORDS {
            found.push((line, sentence.len(), sentence.join(" ")));
        }
    }
    found
}

#[test]
fn a_sentence_of_the_documentation_has_at_most_25_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files(&root.join("docs"), &mut paths);
    let top = fs::read_dir(root).expect("the project").map(|entry| entry.expect("a readable entry").path());
    paths.extend(top);
    paths.retain(|path| {
        path.extension().is_some_and(|it| it == "md") && !LONG.iter().any(|long| path.ends_with(long))
    });
    assert!(paths.len() > 15, "{paths:?}");
    let mut list = String::new();
    for path in &paths {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (line, words, sentence) in long_sentences(&text) {
            let relative = path.strip_prefix(root).unwrap_or(path).display();
            writeln!(list, "{relative}:{line}: {words} words: {sentence}").expect("a text");
        }
    }
    assert!(list.is_empty(), "{list}");
}

#[test]
fn long_sentences_are_found_in_paragraphs_and_lists_and_not_in_code() {
    let words = |count: usize| vec!["word"; count].join(" ");
    let check = |text: &str, lines: &[usize]| {
        let found: Vec<usize> = long_sentences(text).into_iter().map(|(line, ..)| line).collect();
        assert_eq!(found, lines, "{text}");
    };
    check(&format!("{}.", words(25)), &[]);
    check(&format!("{}.", words(26)), &[1]);
    check(&format!("# Head\n\n{}\n{}. Short.", words(13), words(13)), &[3]);
    check(&format!("- {}.\n- {}.\n1. {}.", words(20), words(20), words(26)), &[3]);
    check(&format!("{}. {}.", words(20), words(20)), &[]);
    check(&format!("```\n{}\n```\n| {} |", words(30), words(30)), &[]);
    check(&format!("`{}` \"{}\" [a link]({}).", words(30), words(30), words(30)), &[]);
}

#[test]
fn phrases_are_found_where_people_read_them() {
    let check = |text: &str, lines: &[usize]| {
        let found: Vec<usize> = offences(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, lines, "{text}");
    };
    check("// This is\n// no number.", &[1]);
    check("fn nobody_listens() {} // nobody", &[1]);
    check("Nobody, and \"whoever\" asks", &[1, 1]);
    check("/// What it is told.\n\n/// Told anew.", &[1, 3]);
    check("bail!(\"there is no doubt\"); it is no longer here.", &[]);
    check("/// What it is.\n///\n/// No matter.", &[]);
    check("ws://127.0.0.1/nobody is, no doubt, so long as {{nobody}} asks", &[]);
}
