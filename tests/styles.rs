//! The style sheets keep their order: every rule is in a layer, and sizes come from tokens.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Each sheet with the layers that its rules may be in, beside `tokens` for the sizes of its own.
const SHEETS: &[(&str, &[&str])] = &[
    ("tokens.css", &[]),
    ("page.css", &["reset", "base"]),
    ("controls.css", &["parts"]),
    ("bench.css", &["views"]),
    ("timeline.css", &["views"]),
    ("lanes.css", &["views"]),
    ("practice.css", &["views"]),
    ("suites.css", &["views"]),
    ("faults.css", &["views"]),
    ("checks.css", &["views"]),
    ("chart.css", &["views"]),
    ("palette.css", &["views"]),
    ("sessions.css", &["views"]),
    ("outside.css", &["views"]),
    ("difference.css", &["views"]),
];

/// Lower layers give way to higher ones, whatever their selectors are.
const ORDER: &str = "@layer reset, tokens, base, parts, views;";

/// Properties that draw a line and take no space of the layout: a hairline has one width everywhere.
const OF_LINES: &[&str] = &["border", "outline", "box-shadow", "text-underline-offset"];

/// A declaration or the beginning of a block, within the blocks around it.
struct Found {
    line: usize,
    around: Vec<String>,
    text: String,
    is_block: bool,
}

/// Everything that a sheet says, in order. Comments are passed over.
fn said(sheet: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let (mut around, mut text, mut line) = (Vec::new(), String::new(), 1);
    let mut letters = sheet.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match letter {
            '/' if letters.peek() == Some(&'*') => {
                let mut before = ' ';
                for letter in letters.by_ref() {
                    line += usize::from(letter == '\n');
                    if before == '*' && letter == '/' {
                        break;
                    }
                    before = letter;
                }
            }
            '{' | '}' | ';' => {
                let words = std::mem::take(&mut text).trim().to_owned();
                if !words.is_empty() {
                    let is_block = letter == '{';
                    found.push(Found { line, around: around.clone(), text: words.clone(), is_block });
                }
                match letter {
                    '{' => around.push(words),
                    '}' => drop(around.pop().expect("as many blocks end as begin")),
                    _ => {}
                }
            }
            letter => text.push(letter),
        }
    }
    assert!(around.is_empty(), "a block does not end: {around:?}");
    found
}

/// Whether a text has a length in pixels or in the size of the root's type, other than 0.
fn has_raw_size(value: &str) -> bool {
    ["px", "rem"].iter().any(|unit| {
        value.match_indices(unit).any(|(at, _)| value[..at].ends_with(|before: char| before.is_ascii_digit()))
    })
}

/// What is wrong with a sheet.
fn complaints(sheet: &str, layers: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Found { line, around, text, is_block } in said(sheet) {
        let layer = around.first().and_then(|first| first.strip_prefix("@layer "));
        if is_block && around.is_empty() && !text.starts_with("@layer ") {
            wrong.push(format!("{line}: {text:?} is outside a layer"));
        }
        if let Some(layer) = layer.filter(|layer| *layer != "tokens" && !layers.contains(layer)) {
            wrong.push(format!("{line}: {text:?} is in the layer {layer}; expected one of {layers:?}"));
        }
        let Some((property, value)) = text.split_once(':').filter(|_| !is_block) else { continue };
        let is_of_line =
            OF_LINES.iter().any(|known| property.starts_with(known)) && !property.contains("radius");
        if has_raw_size(value) && !property.starts_with("--") && !is_of_line {
            wrong.push(format!("{line}: {text:?} has a raw size; expected a token"));
        }
    }
    wrong
}

#[test]
fn every_rule_is_in_a_layer_and_every_size_is_a_token() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let mut sheets: Vec<String> = fs::read_dir(&folder)
        .expect("the folder of styles")
        .map(|entry| entry.expect("a readable entry").file_name().into_string().expect("a plain name"))
        .filter(|name| name.ends_with(".css"))
        .collect();
    sheets.sort();
    let mut known: Vec<_> = SHEETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(sheets, known, "this test knows every sheet");
    let wrong: Vec<String> = SHEETS
        .iter()
        .flat_map(|(name, layers)| {
            let sheet = fs::read_to_string(folder.join(name)).expect("a readable sheet");
            complaints(&sheet, layers).into_iter().map(move |words| format!("style/{name}:{words}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each sheet of a view with the words that its classes begin with.
const PREFIXES: &[(&str, &[&str])] = &[
    ("bench.css", &["bench", "rail", "composer", "connect", "connection", "connections"]),
    ("timeline.css", &["bench", "timeline", "row", "rows", "filter", "filters", "detail"]),
    ("lanes.css", &["lanes", "timeline", "row", "rows"]),
    ("practice.css", &["practice"]),
    ("suites.css", &["suites", "suite", "library", "checks", "certificate", "order", "run"]),
    ("faults.css", &["faults", "toxics", "toxic"]),
    ("checks.css", &["checks", "suites", "suite", "library", "order", "run"]),
    ("chart.css", &["chart", "uplot", "u"]),
    ("palette.css", &["palette"]),
    ("sessions.css", &["sessions", "replay", "bench", "connect", "composer", "timeline", "rail"]),
    ("difference.css", &["difference", "bench"]),
    ("outside.css", &["outside"]),
];

/// The classes that the selectors of a sheet name.
fn classes(sheet: &str) -> BTreeSet<String> {
    let blocks = said(sheet).into_iter().filter(|it| it.is_block && !it.text.starts_with("@layer "));
    let mut classes = BTreeSet::new();
    for block in blocks {
        for after in block.text.split('.').skip(1) {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(after.len());
            if after.starts_with(|first: char| first.is_ascii_lowercase()) {
                classes.insert(after[..end].to_owned());
            }
        }
    }
    classes
}

#[test]
fn every_class_of_a_view_begins_with_the_name_of_the_view() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let of = |name: &str| classes(&fs::read_to_string(folder.join(name)).expect("a readable sheet"));
    // What every view draws: the page's own, the parts, and the frame of a chart.
    let parts: BTreeSet<_> = ["page.css", "controls.css", "chart.css"].into_iter().flat_map(of).collect();
    let mut wrong = Vec::new();
    for (sheet, prefixes) in PREFIXES {
        let own = of(sheet);
        let foreign = own.iter().filter(|class| *sheet == "chart.css" || !parts.contains(*class));
        for class in foreign {
            let is_of_view = |prefix: &&str| {
                class.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            if !prefixes.iter().any(is_of_view) {
                wrong.push(format!(
                    "style/{sheet}: .{class}; expected one that begins with one of {prefixes:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All of what draws: the views, the scripts beside them, and the page before them.
fn drawing() -> String {
    fn read(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|it| it == "rs" || it == "js") {
                all.push_str(&fs::read_to_string(&path).expect("readable source"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = fs::read_to_string(root.join("index.html")).expect("the page");
    read(&root.join("src"), &mut all);
    all
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

#[test]
fn every_class_of_a_sheet_is_drawn() {
    let drawing = drawing();
    let drawn: BTreeSet<&str> = drawing.split(|c| !is_of_name(c)).collect();
    assert!(drawn.contains("bench-status"), "this test reads the views");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let mut wrong = Vec::new();
    for (sheet, _) in SHEETS {
        let own = classes(&fs::read_to_string(folder.join(sheet)).expect("a readable sheet"));
        let unknown = own.iter().filter(|class| !drawn.contains(class.as_str()));
        wrong.extend(unknown.map(|class| format!("style/{sheet}: .{class} is in no view and no script")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_token_that_is_read_is_set_somewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let sheets =
        SHEETS.iter().map(|(name, _)| fs::read_to_string(folder.join(name)).expect("a readable sheet"));
    let all = sheets.collect::<String>() + &drawing();
    let (mut reads, mut sets) = (BTreeSet::new(), BTreeSet::new());
    for (at, _) in all.match_indices("--") {
        let rest = &all[at..];
        let name = &rest[..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())];
        let (before, after) = (&all[..at], &rest[name.len()..]);
        match before.ends_with("var(") {
            // One with a value to fall back to may be absent.
            true if after.starts_with(')') => drop(reads.insert(name)),
            true => {}
            false => drop(sets.insert(name)),
        }
    }
    assert!(reads.contains("--line"), "this test finds what is read");
    let missing: Vec<_> = reads.difference(&sets).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_first_sheet_says_the_order_of_the_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("index.html")).expect("the page");
    let first = page.lines().find(|line| line.contains("rel=\"css\"")).expect("a sheet");
    assert!(first.contains("style/tokens.css"), "{first}");
    let tokens = fs::read_to_string(root.join("style/tokens.css")).expect("the tokens");
    assert!(tokens.contains(ORDER));
}

#[test]
fn every_kind_of_mistake_is_found() {
    for (sheet, expected) in [
        (".a { color: red }", vec![r#"1: ".a" is outside a layer"#]),
        (
            "@layer views {\n.a { padding: 3px }\n}",
            vec![r#"2: "padding: 3px" has a raw size; expected a token"#],
        ),
        (
            "@layer views { .a { font-size: 1rem } }",
            vec![r#"1: "font-size: 1rem" has a raw size; expected a token"#],
        ),
        (
            "@layer views { .a { border-radius: 7px } }",
            vec![r#"1: "border-radius: 7px" has a raw size; expected a token"#],
        ),
        (
            "@layer other { .a { margin: 0 } }",
            vec![
                r#"1: ".a" is in the layer other; expected one of ["views"]"#,
                r#"1: "margin: 0" is in the layer other; expected one of ["views"]"#,
            ],
        ),
        (
            "@layer tokens { :root { --a: 3px } } /* 4px */ @layer views { .a { border: 1px solid; margin: 0 } }",
            vec![],
        ),
        ("@layer views { @media (max-width: 760px) { .a { width: var(--a) } } }", vec![]),
    ] {
        assert_eq!(complaints(sheet, &["views"]), expected, "{sheet}");
    }
}

/// Text of these colours stands on each of these grounds, in both themes.
const TEXTS: &[&str] = &[
    "ink",
    "ink-soft",
    "ink-faint",
    "accent",
    "sent",
    "received",
    "good",
    "warn",
    "wrong",
    "latency",
    "tone-key",
    "tone-text",
    "tone-number",
];
const GROUNDS: &[&str] = &["ground", "sheet", "raised", "sunk", "chosen", "wrong-ground"];

/// Pairs that stand nowhere else: text, ground.
const PAIRS: &[(&str, &str)] =
    &[("on-accent", "accent"), ("on-accent", "accent-strong"), ("on-wrong", "wrong"), ("ground", "ink")];

/// A colour in both themes, as the first rule that names it says it.
fn color(tokens: &str, name: &str) -> [String; 2] {
    let start = format!("--{name}: light-dark(");
    let (_, rest) = tokens.split_once(&start).unwrap_or_else(|| panic!("--{name} is not in the tokens"));
    let (both, _) = rest.split_once(')').expect("a bracket ends");
    let (light, dark) = both.split_once(", ").expect("two colours");
    [light.to_owned(), dark.to_owned()]
}

/// The relative luminance of WCAG 2 of a colour such as `#16202a`.
fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let byte = u8::from_str_radix(&color[at..at + 2], 16).expect("two hexadecimal digits");
        let share = f64::from(byte) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_stands_out_from_its_ground_in_both_themes() {
    const LEAST: f64 = 4.5;
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 0.01);
    let tokens = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("style/tokens.css"));
    let tokens = tokens.expect("the tokens");
    let all = TEXTS.iter().flat_map(|text| GROUNDS.iter().map(move |ground| (*text, *ground)));
    let mut weak = Vec::new();
    for (text, ground) in all.chain(PAIRS.iter().copied()) {
        let both = color(&tokens, text).into_iter().zip(color(&tokens, ground));
        for ((text_color, ground_color), theme) in both.zip(["light", "dark"]) {
            let found = contrast(&text_color, &ground_color);
            if found < LEAST {
                weak.push(format!("{text} on {ground}, {theme}: {found:.2}, expected {LEAST} or more"));
            }
        }
    }
    assert!(weak.is_empty(), "{}", weak.join("\n"));
}
