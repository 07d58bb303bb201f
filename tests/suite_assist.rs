//! The editor's assistant with texts that are cut anywhere, and with texts that are meant to break it.
#![cfg(not(target_arch = "wasm32"))]

use std::time::{Duration, Instant};

use sockscope_engine::suite::assist::{complete, explain_at, format};

/// What takes this long does not end; it does not measure speed.
const BOUND: Duration = Duration::from_secs(60);

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// Every cut of every golden suite, with the cursor at its end; and the whole with the cursor anywhere.
#[test]
fn no_cut_of_a_suite_at_no_offset_panics() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/");
    let mut seen = 0;
    for name in ["suite-valid", "suite-errors"] {
        for entry in std::fs::read_dir(format!("{folder}{name}")).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            seen += 1;
            for at in 0..=text.len() {
                let cut = &text[..floor(&text, at)];
                let more = if at % 7 == 0 { 3 } else { 1 };
                for (text, at) in
                    [(cut, cut.len()), (cut, at / 2), (text.as_str(), at)].into_iter().take(more)
                {
                    for found in complete(text, at) {
                        assert!(found.from <= found.to && found.to <= text.len(), "{found:?}");
                        assert!(text.is_char_boundary(found.from) && text.is_char_boundary(found.to));
                    }
                    let _ = explain_at(text, at);
                }
                let _ = format(cut);
            }
        }
    }
    assert!(seen > 5, "no suites were found");
}

#[test]
fn hostile_texts_take_no_longer_than_their_length() {
    let many = 200_000;
    let open: String = r#"{"checks":[{"steps":["#.to_owned() + &r#"{"all":["#.repeat(many);
    let texts = [
        "[".repeat(4 * many),
        "]}".repeat(2 * many),
        "[}{]".repeat(many),
        r#""{{"#.repeat(many),
        r#"{"a":"#.repeat(many),
        open.clone() + &r#"{"on":"a","expect":{"capture":{"x":"$","#.repeat(2000),
        format!(r#"{{"vars":{{{}}}}}"#, r#""a":1,"#.repeat(many)),
        "/*".repeat(many),
        "// \n".repeat(many),
        "é".repeat(many),
        open,
    ];
    for text in texts {
        let began = Instant::now();
        for at in [0, text.len() / 2, text.len()] {
            complete(&text, at);
            explain_at(&text, at);
        }
        let _ = format(&text);
        assert!(began.elapsed() < BOUND, "{:?} for {}", began.elapsed(), &text[..20]);
    }
}

/// What a text means, with numbers as they are written.
fn meaning(text: &str) -> serde_json::Value {
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default());
    parsed.expect("good syntax").value.expect("a value").into()
}

/// What was formatted is not changed by formatting it again.
#[track_caller]
fn stays(text: &str) {
    let again = format(text).expect("good syntax");
    let changed = text.lines().zip(again.lines()).find(|(one, other)| one != other);
    assert_eq!(changed, None);
    assert_eq!(text, again);
}

#[test]
fn the_suites_that_ship_mean_the_same_when_they_are_formatted() {
    let mut seen = 0;
    for entry in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/suites")).expect("the folder is there")
    {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a text");
        let once = format(&text).expect("good syntax");
        assert_eq!(meaning(&once), meaning(&text), "{}", path.display());
        stays(&once);
        let wide = |line: &&str| line.chars().count() > 110 && line.matches("\": ").count() > 1;
        assert_eq!(once.lines().find(wide), None, "{}", path.display());
        stays(&format(&meaning(&text).to_string()).expect("good syntax"));
        seen += 1;
    }
    assert!(seen > 0, "no suites were found");
}
