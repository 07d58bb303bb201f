//! The official test suite of JSON Schema 2020-12, against `Schema`.
//!
//! Every case either agrees or stands in a table with the reason why not; a case in the table that agrees is a failure too.

use std::path::Path;

use serde_json::Value;
use sockscope_engine::matcher::Schema;

/// What is left out: file, how `group: case` begins, reason.
type Exception = (&'static str, &'static str, &'static str);

const FETCHED: &str = "refers to a document elsewhere, and none is fetched";
const META: &str = "the schema of schemas is not in the build";
const VOCABULARY: &str = "names a dialect of its own, which would have to be fetched";
const ASSERTED: &str = "formats are checked here, as the draft lets a validator decide";
const ASCII: &str =
    "patterns are those of the matcher `regex`: blanks, letters and digits are ASCII, no \\p and no \\c";

const EXCEPTIONS: &[Exception] = &[
    ("refRemote", "", FETCHED),
    ("dynamicRef", "strict-tree schema", FETCHED),
    ("dynamicRef", "tests for implementation dynamic anchor and reference link", FETCHED),
    ("dynamicRef", "$ref and $dynamicAnchor are independent of order - $defs first", FETCHED),
    ("dynamicRef", "$ref and $dynamicAnchor are independent of order - $ref first", FETCHED),
    ("dynamicRef", "$ref to $dynamicRef finds detached $dynamicAnchor", FETCHED),
    ("ref", "remote ref, containing refs itself", META),
    ("defs", "validate definition against metaschema", META),
    ("vocabulary", "", VOCABULARY),
    ("format", "email format: invalid email string is only an annotation", ASSERTED),
    ("format", "ipv4 format: invalid ipv4 string is only an annotation", ASSERTED),
    ("format", "ipv6 format: invalid ipv6 string is only an annotation", ASSERTED),
    ("format", "date format: invalid date string is only an annotation", ASSERTED),
    ("format", "date-time format: invalid date-time string is only an annotation", ASSERTED),
    ("format", "time format: invalid time string is only an annotation", ASSERTED),
    ("format", "uri format: invalid uri string is only an annotation", ASSERTED),
    ("format", "uuid format: invalid uuid string is only an annotation", ASSERTED),
    ("ecmascript-regex", "ECMA 262 regex escapes control codes", ASCII),
    ("ecmascript-regex", "ECMA 262 \\s matches whitespace: latin-1", ASCII),
    ("ecmascript-regex", "ECMA 262 \\s matches whitespace: zero-width", ASCII),
    ("ecmascript-regex", "ECMA 262 \\s matches whitespace: paragraph", ASCII),
    ("ecmascript-regex", "ECMA 262 \\s matches whitespace: EM SPACE", ASCII),
    ("ecmascript-regex", "ECMA 262 \\S matches everything but whitespace: latin-1", ASCII),
    ("ecmascript-regex", "ECMA 262 \\S matches everything but whitespace: zero-width", ASCII),
    ("ecmascript-regex", "ECMA 262 \\S matches everything but whitespace: paragraph", ASCII),
    ("ecmascript-regex", "ECMA 262 \\S matches everything but whitespace: EM SPACE", ASCII),
    ("ecmascript-regex", "patterns always use unicode semantics", ASCII),
    ("ecmascript-regex", "pattern with non-ASCII digits", ASCII),
    ("ecmascript-regex", "patternProperties with non-ASCII digits", ASCII),
];

/// Tells of each case in the folder: file, name, and how it disagrees, if so.
fn run(folder: &str, told: &mut dyn FnMut(&str, &str, Option<String>)) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/json_schema_suite").join(folder);
    for entry in std::fs::read_dir(path).expect("the cases are there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let groups: Value = serde_json::from_str(&text).expect("the cases are JSON");
        for group in groups.as_array().expect("a list of groups") {
            let schema = Schema::compile(&group["schema"]);
            for case in group["tests"].as_array().expect("a list of cases") {
                let words = |of: &Value| of["description"].as_str().unwrap_or_default().to_owned();
                let name = format!("{}: {}", words(group), words(case));
                let disagreement = match &schema {
                    Ok(schema) => {
                        let mismatch = schema.check(&case["data"]);
                        let agrees = Some(mismatch.is_ok()) == case["valid"].as_bool();
                        (!agrees).then(|| format!("{mismatch:?}"))
                    }
                    Err(faults) => Some(faults[0].to_string()),
                };
                told(&file, &name, disagreement);
            }
        }
    }
}

#[test]
fn the_suite_agrees_but_for_named_exceptions() {
    let (mut total, mut failures, mut used) = (0, Vec::new(), vec![0; EXCEPTIONS.len()]);
    for folder in ["", "format", "optional"] {
        run(folder, &mut |file, name, disagreement| {
            total += 1;
            let is_of = |(of, begin, _): &Exception| *of == file && name.starts_with(begin);
            let known = EXCEPTIONS.iter().position(is_of);
            match (known, disagreement) {
                (None, Some(got)) => failures.push(format!("{file} | {name} | {got}")),
                (Some(known), Some(_)) => used[known] += 1,
                (Some(known), None) => {
                    failures.push(format!("{file} | {name} | agrees, although: {}", EXCEPTIONS[known].2));
                }
                (None, None) => {}
            }
        });
    }
    assert!(failures.is_empty(), "{} of {total}:\n{}", failures.len(), failures.join("\n"));
    assert!(total > 1600 && used.iter().all(|used| *used > 0), "{used:?} of {total}");
}
