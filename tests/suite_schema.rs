//! The published JSON Schema against its metaschema and against suites, good and bad.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use expect_test::expect_file;
use serde_json::Value;
use sockscope_engine::Payload;
use sockscope_engine::suite::{Files, Problem, Suite, schema, schema_text};

/// What only the parser can see, or what is not JSON at all: the schema takes these.
const NOT_STRUCTURAL: [&str; 4] = ["names", "quotes", "syntax", "twice"];

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.expect("a readable entry").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

/// A suite as plain JSON; none when it is none.
fn json(file: &Path) -> Option<Value> {
    let text = fs::read_to_string(file).expect("a readable suite");
    let options = jsonc_parser::ParseOptions { allow_missing_commas: false, ..Default::default() };
    let parsed =
        jsonc_parser::parse_to_ast(&text, &jsonc_parser::CollectOptions::default(), &options).ok()?;
    parsed.value.map(Value::from)
}

fn complaints(suite: &Value) -> Vec<String> {
    static SCHEMA: OnceLock<(Schemas, SchemaIndex)> = OnceLock::new();
    let (schemas, index) = SCHEMA.get_or_init(|| {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("mem:///suite", schema()).expect("a schema");
        let index = compiler.compile("mem:///suite", &mut schemas).expect("a good schema");
        (schemas, index)
    });
    schemas.validate(suite, *index).err().iter().map(|error| format!("{error:#}")).collect()
}

#[test]
fn the_schema_is_one() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let index = compiler
        .compile("https://json-schema.org/draft/2020-12/schema", &mut schemas)
        .expect("the metaschema is in the crate");
    if let Err(error) = schemas.validate(&schema(), index) {
        panic!("{error:#}");
    }
}

#[test]
fn the_published_schema_is_the_one_of_the_parser() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/schema/suite-v1.schema.json");
    expect_file![file].assert_eq(&schema_text());
}

/// Reads a suite with the files that one of them names.
fn parse(text: &str) -> Result<Suite, Vec<Problem>> {
    let photo = ("photo.png".to_owned(), Payload::Binary(vec![0x89]));
    let pem = ("client.pem".to_owned(), Payload::from("-----BEGIN CERTIFICATE-----"));
    Suite::parse_with(text, &Files::of_contents([photo, pem]))
}

#[test]
fn every_good_suite_is_good_for_both() {
    let mut suites = files("tests/golden/suite-valid");
    assert!(suites.len() >= 2);
    suites.extend(files("suites"));
    for file in suites {
        let text = fs::read_to_string(&file).expect("a readable suite");
        if let Err(problems) = parse(&text) {
            panic!("{}: {problems:#?}", file.display());
        }
        let complaints = complaints(&json(&file).expect("JSON"));
        assert!(complaints.is_empty(), "{}: {complaints:#?}", file.display());
    }
}

#[test]
fn every_structural_mistake_is_refused_by_the_schema_too() {
    for file in files("tests/golden/suite-errors") {
        let name = file.file_stem().expect("a name").to_string_lossy();
        let Some(suite) = json(&file) else { continue };
        let is_structural = !NOT_STRUCTURAL.contains(&name.as_ref());
        assert_eq!(!complaints(&suite).is_empty(), is_structural, "{name}: {:#?}", complaints(&suite));
    }
}

/// One mistake at a time, so that none hides behind another.
#[test]
fn each_mistake_alone_is_refused() {
    let good = files("tests/golden/suite-valid").into_iter().find(|file| file.ends_with("everything.json"));
    let good = json(&good.expect("the suite with everything")).expect("JSON");
    assert!(complaints(&good).is_empty());
    let mut places = Vec::new();
    objects(&good, String::new(), &mut places);
    let mut taken = Vec::new();
    for place in &places {
        let mut bad = good.clone();
        let object = bad.pointer_mut(place).and_then(Value::as_object_mut).expect("an object");
        object.insert("no_such_key".to_owned(), Value::from(1));
        let is_refused = parse(&bad.to_string()).is_err();
        if is_refused && complaints(&bad).is_empty() {
            taken.push(place);
        }
        assert!(is_refused || complaints(&bad).is_empty(), "{place}: only the schema refuses it");
    }
    // Operators of a subset and the names of captures, clients and the like are for the parser.
    let only_parser = |place: &&&String| {
        let inner = [
            "/subset",
            "/capture",
            "/keep",
            "/clients",
            "/thresholds",
            "/require",
            "/size",
            "/each",
            "/bytes/",
        ];
        // Which parameters a definition has, a schema cannot know.
        let is_use = good.pointer(place).is_some_and(|step| step.get("use").is_some());
        is_use || inner.iter().any(|part| place.contains(part))
    };
    assert_eq!(taken.iter().filter(|place| !only_parser(place)).count(), 0, "{taken:#?}");
}

fn objects(value: &Value, path: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                objects(member, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), places);
            }
            places.push(path);
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| objects(item, format!("{path}/{i}"), places));
        }
        _ => {}
    }
}
