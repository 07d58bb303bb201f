//! What each keyword promises: a value that fits, one that does not with the words the user reads, a schema that is refused.

use serde_json::{Value, json};

use super::Schema;

#[track_caller]
fn compile(spec: &Value) -> Schema {
    Schema::compile(spec).unwrap_or_else(|faults| panic!("{spec}: {faults:?}"))
}

/// The schema fits the first value, and the second not, for these reasons.
#[track_caller]
fn check(spec: Value, holding: Value, failing: Value, words: &str) {
    let schema = compile(&spec);
    assert_eq!(schema.check(&holding), Ok(()), "{spec} for {holding}");
    let mismatch = schema.check(&failing).expect_err("a value that fails").to_string();
    assert_eq!(
        mismatch.strip_prefix(&format!("expected {}: ", schema.expected())),
        Some(words),
        "{mismatch}"
    );
}

#[track_caller]
fn wrong(spec: Value, expected: &[&str]) {
    let faults = Schema::compile(&spec).expect_err("a schema that is refused");
    assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{spec}");
}

#[test]
fn ok_values() {
    check(json!({"type": "integer"}), json!(1.0), json!("1"), r#"$: expected an integer, found "1""#);
    check(
        json!({"type": ["string", "null"]}),
        json!(null),
        json!(1),
        "$: expected a string or null, found 1",
    );
    check(json!({"const": {"a": 1}}), json!({"a": 1.0}), json!({}), r#"$: expected {"a":1}, found {}"#);
    check(json!({"enum": ["a", "b"]}), json!("b"), json!("c"), r#"$: expected one of ["a","b"], found "c""#);
    check(json!({"minimum": 0}), json!(0), json!(-1), "$: expected a number that is at least 0, found -1");
    check(json!({"maximum": 5}), json!("6"), json!(6), "$: expected a number that is at most 5, found 6");
    check(json!({"exclusiveMinimum": 0}), json!(1), json!(0), "$: expected a number more than 0, found 0");
    check(json!({"exclusiveMaximum": 5}), json!(4.9), json!(5), "$: expected a number less than 5, found 5");
    check(
        json!({"multipleOf": 0.01}),
        json!(19.99),
        json!(0.005),
        "$: expected a multiple of 0.01, found 0.005",
    );
    check(
        json!({"minLength": 2}),
        json!("é€"),
        json!("é"),
        r#"$: expected a string of at least 2 characters, found "é""#,
    );
    check(
        json!({"pattern": "b$"}),
        json!("ab"),
        json!("ba"),
        r#"$: expected a string matching /b$/, found "ba""#,
    );
    check(
        json!({"format": "date"}),
        json!("2024-02-29"),
        json!("2023-02-29"),
        r#"$: expected a date such as 2026-05-04, found "2023-02-29""#,
    );
}

#[test]
fn ok_arrays() {
    check(json!({"items": {"type": "null"}}), json!([]), json!([null, 1]), "$[1]: expected null, found 1");
    check(
        json!({"prefixItems": [true], "items": false}),
        json!([1]),
        json!([1, 2]),
        "$[1]: expected nothing, found 2",
    );
    check(
        json!({"maxItems": 1}),
        json!([1]),
        json!([1, 2]),
        "$: expected an array of at most 1 item, found [1,2]",
    );
    check(
        json!({"uniqueItems": true}),
        json!([1, true]),
        json!([1, 2, 1.0]),
        "$[2]: expected an item unlike the one at $[0], found 1.0",
    );
    check(
        json!({"contains": {"const": 1}, "minContains": 2}),
        json!([1, 2, 1]),
        json!([1, 2]),
        r#"$: expected at least 2 items fitting {"const":1}, found 1 item"#,
    );
    check(
        json!({"contains": {"const": 1}, "maxContains": 1}),
        json!([1]),
        json!([1, 1]),
        r#"$: expected at most 1 item fitting {"const":1}, found 2 items"#,
    );
    check(
        json!({"allOf": [{"prefixItems": [true]}], "unevaluatedItems": false}),
        json!([1]),
        json!([1, 2]),
        "$[1]: expected nothing, found 2",
    );
}

#[test]
fn ok_objects() {
    check(
        json!({"properties": {"items": {"items": {"properties": {"price": {"minimum": 0}}}}}}),
        json!({"items": [{"price": 0}, {}]}),
        json!({"items": [{}, {}, {"price": -1}]}),
        "$.items[2].price: expected a number that is at least 0, found -1",
    );
    check(
        json!({"required": ["a", "b"]}),
        json!({"a": null, "b": 1}),
        json!({}),
        "$.a: expected a value, found nothing; $.b: expected a value, found nothing",
    );
    check(
        json!({"properties": {"a": true}, "patternProperties": {"^x": true}, "additionalProperties": false}),
        json!({"a": 1, "x1": 2}),
        json!({"a": 1, "b": 2}),
        "$.b: expected nothing, found 2",
    );
    check(
        json!({"propertyNames": {"pattern": "^[a-z]+$"}}),
        json!({"ab": 1}),
        json!({"A b": 1}),
        r#"$['A b']: expected a name that is a string matching /^[a-z]+$/, found "A b""#,
    );
    check(
        json!({"dependentRequired": {"card": ["street"]}}),
        json!({"street": 1}),
        json!({"card": 1}),
        r#"$.street: expected a value, because "card" is there, found nothing"#,
    );
    check(
        json!({"dependentSchemas": {"a": {"maxProperties": 1}}}),
        json!({"b": 1, "c": 1}),
        json!({"a": 1, "c": 1}),
        r#"$: expected an object of at most 1 member, found {"a":1,"c":1}"#,
    );
    check(
        json!({"$ref": "#/$defs/base", "unevaluatedProperties": false, "$defs": {"base": {"properties": {"a": true}}}}),
        json!({"a": 1}),
        json!({"a": 1, "b": 2}),
        "$.b: expected nothing, found 2",
    );
}

#[test]
fn ok_combinations() {
    check(
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        json!(null),
        json!(5),
        "$: expected a string or null, found 5",
    );
    check(
        json!({"anyOf": [
            {"properties": {"t": {"const": "a"}, "n": {"const": 1}}},
            {"properties": {"t": {"const": "b"}, "n": {"const": 2}}},
        ]}),
        json!({"t": "b", "n": 2}),
        json!({"t": "b", "n": 3}),
        "$.n: expected 2, found 3",
    );
    check(
        json!({"oneOf": [{"multipleOf": 2}, {"multipleOf": 5}, {"multipleOf": 3}]}),
        json!(4),
        json!(6),
        "$: expected a value that fits only one schema of oneOf, found one that fits number 1 and number 3",
    );
    check(
        json!({"not": {"required": ["error"]}}),
        json!({}),
        json!({"error": 1}),
        r#"$: expected a value that does not fit {"required":["error"]}, found {"error":1}"#,
    );
    check(
        json!({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}),
        json!({"a": 1, "b": 1}),
        json!({"a": 1}),
        "$.b: expected a value, found nothing",
    );
}

#[test]
fn err_values() {
    wrong(json!({"type": "strin"}), &[r#"$.type: unknown type "strin"; did you mean "string"?"#]);
    wrong(json!({"type": []}), &["$.type: expected a type or a list of types, found []"]);
    wrong(json!({"enum": []}), &["$.enum: expected a list of values, at least one, found []"]);
    wrong(json!({"minimum": "1"}), &[r#"$.minimum: expected a number, found "1""#]);
    wrong(
        json!({"multipleOf": 0}),
        &["$.multipleOf: expected a number above 0 of at most 18 digits, found 0"],
    );
    wrong(json!({"minLength": -1}), &["$.minLength: expected a whole number from 0, found -1"]);
    wrong(
        json!({"items": {"pattern": "("}}),
        &["$.items.pattern: not a regular expression: found open group without closing ')'"],
    );
    wrong(
        json!({"format": "datetime"}),
        &[r#"$.format: unknown format "datetime"; did you mean "date-time"?"#],
    );
    wrong(json!({"uniqueItems": 1}), &["$.uniqueItems: expected true or false, found 1"]);
    wrong(json!({"required": "a"}), &[r#"$.required: expected a list of names, found "a""#]);
}

#[test]
fn err_schemas() {
    wrong(json!([]), &["$: expected a schema: an object, true or false, found []"]);
    wrong(
        json!({"properties": {"a": 1}, "propertis": 1}),
        &[
            "$.properties.a: expected a schema: an object, true or false, found 1",
            r#"$.propertis: unknown keyword "propertis"; did you mean "properties"?"#,
        ],
    );
    wrong(json!({"allOf": []}), &["$.allOf: expected a list of schemas, at least one, found []"]);
    wrong(json!({"properties": []}), &["$.properties: expected an object of schemas, found []"]);
}

#[test]
fn an_unknown_keyword_is_legal_unless_it_is_a_slip() {
    for name in ["x-propertis", "example", "discriminator", "unit", "titel"] {
        compile(&json!({ name: 1 }));
    }
    for name in ["requierd", "min", "$def", "ref", "enums", "additionalProperty"] {
        assert!(Schema::compile(&json!({ name: 1 })).is_err(), "{name}");
    }
}

#[test]
fn what_older_drafts_had_is_reported_with_what_to_write() {
    let old = |spec, at: &str, instead: &str| {
        wrong(spec, &[&format!("{at}: this is not JSON Schema 2020-12; write {instead}")]);
    };
    old(json!({"items": [true]}), "$.items", "prefixItems for a list of schemas by position");
    old(
        json!({"additionalItems": false}),
        "$.additionalItems",
        "items, beside prefixItems for the first ones",
    );
    old(json!({"dependencies": {}}), "$.dependencies", "dependentRequired or dependentSchemas");
    old(json!({"id": "a"}), "$.id", "$id");
    old(
        json!({"exclusiveMinimum": true}),
        "$.exclusiveMinimum",
        "the number here, instead of minimum or maximum",
    );
    old(
        json!({"required": true}),
        "$.required",
        "the names of required members as a list, beside properties",
    );
    old(json!({"nullable": true}), "$.nullable", "\"null\" into the list of type");
    old(
        json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
        "$.$schema",
        "\"https://json-schema.org/draft/2020-12/schema\", or leave it out",
    );
    compile(&json!({"$ref": "#/definitions/a", "definitions": {"a": true}}));
}

#[test]
fn err_references() {
    wrong(json!({"$ref": "#/$defs/a"}), &[r##"$.$ref: nothing is at "#/$defs/a""##]);
    wrong(json!({"not": {"$ref": "#a"}}), &[r##"$.not.$ref: nothing is at "#a""##]);
    wrong(
        json!({"$ref": "http://a/b#/c"}),
        &[
            r#"$.$ref: "http://a/b" is not in this schema, and schemas are not fetched; put it under $defs, with this as its $id"#,
        ],
    );
    wrong(
        json!({"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}),
        &[r#"$.$defs.b.$anchor: "x" is the name of another schema already"#],
    );
    wrong(
        json!({"$defs": {"a": {"$id": "x"}, "b": {"$id": "x"}}}),
        &[r#"$.$defs.b.$id: "x" is the name of another schema already"#],
    );
    wrong(json!({"$id": "a#b"}), &[r##"$.$id: expected a URI without a fragment, found "a#b""##]);
    wrong(
        json!({"$ref": "#/x/1", "x": [0, {"type": "strin"}]}),
        &[r#"$.x[1].type: unknown type "strin"; did you mean "string"?"#],
    );
}

#[test]
fn a_circle_that_never_goes_into_the_value_is_refused() {
    let words = "leads back to itself without going into the value, so no check of it would end";
    wrong(json!({"$ref": "#"}), &[&format!("$.$ref: {words}")]);
    wrong(
        json!({"properties": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}}, "$defs": {"b": {"not": {"$ref": "#/properties/a"}}}}),
        &[&format!("$.properties.a.anyOf[0].$ref: {words}")],
    );
    let tree = compile(&json!({"type": "object", "additionalProperties": {"$ref": "#"}}));
    assert!(tree.holds(&json!({"a": {"b": {}}})));
    assert!(!tree.holds(&json!({"a": {"b": 1}})));
}

#[test]
fn a_circle_through_a_dynamic_reference_ends_at_the_bound() {
    let schema = compile(&json!({
        "$id": "a", "$dynamicAnchor": "x", "$ref": "b",
        "$defs": {"b": {"$id": "b", "$dynamicRef": "#x", "$defs": {"c": {"$dynamicAnchor": "x"}}}},
    }));
    let mismatch = schema.check(&json!(1)).unwrap_err();
    assert_eq!(
        mismatch.differences[0].to_string(),
        "$: expected a value that this schema is done with sooner, found more than 512 schemas within each other"
    );
}

#[test]
fn a_hostile_schema_ends_at_the_bound() {
    // Each level doubles the work.
    let mut defs = json!({"a0": true});
    for level in 1..40 {
        let inner = json!({"$ref": format!("#/$defs/a{}", level - 1)});
        defs[format!("a{level}")] = json!({"allOf": [inner, inner]});
    }
    let doubling = compile(&json!({"$ref": "#/$defs/a39", "$defs": defs}));
    let mismatch = doubling.check(&json!(1)).unwrap_err();
    assert_eq!(
        mismatch.differences[0].to_string(),
        "$: expected a value that this schema is done with sooner, found more than 5000000 steps"
    );
    // A chain as long as the document.
    let chain: serde_json::Map<_, _> = (0..50_000)
        .map(|i| (format!("a{i}"), json!({"$ref": format!("#/$defs/a{}", i + 1)})))
        .chain([("a50000".to_owned(), json!(true))])
        .collect();
    assert!(!compile(&json!({"$ref": "#/$defs/a0", "$defs": chain})).holds(&json!(1)));
    let values: Vec<_> = (0..20_000).collect();
    let compared = compile(&json!({"items": {"enum": values}}));
    assert!(!compared.holds(&json!(vec![20_000; 20_000])));
}

#[test]
fn a_deep_value_fits_a_recursive_schema() {
    let node = json!({"allOf": [{"$ref": "#/$defs/node"}]});
    let schema = json!({"$ref": "#/$defs/node", "$defs": {"node": {"items": node, "type": "array"}}});
    let nested = (0..126).fold(json!([]), |inner, _| json!([inner]));
    assert_eq!(compile(&schema).check(&nested), Ok(()));
}

#[test]
fn giant_numbers_cost_what_they_are_long() {
    let schema: Value =
        serde_json::from_str(r#"{"multipleOf": 0.5, "maximum": 1e999999999, "minLength": 1e999}"#).unwrap();
    let value = serde_json::from_str("1e999999998").unwrap();
    assert_eq!(compile(&schema).check(&value), Ok(()));
    let long = format!("{}1", "9".repeat(1_000_000));
    assert!(!compile(&json!({"multipleOf": 7})).holds(&serde_json::from_str(&long).unwrap()));
}

#[test]
fn a_placeholder_is_legal_wherever_a_value_stands() {
    for spec in [
        json!("{{schema}}"),
        json!({"type": "{{t}}"}),
        json!({"type": ["{{t}}"]}),
        json!({"minimum": "{{n}}"}),
        json!({"pattern": "^{{p}}$"}),
        json!({"$ref": "#/$defs/{{name}}"}),
        json!({"properties": "{{p}}"}),
        json!({"anyOf": "{{list}}"}),
        json!({"not": {"not": "{{schema}}"}}),
    ] {
        assert!(!compile(&spec).holds(&json!(1)), "{spec}");
    }
    compile(&json!({"required": ["{{name}}"], "enum": ["{{a}}"], "const": "{{b}}"}));
}

#[test]
fn a_deep_schema_is_refused() {
    let deep = (0..200).fold(json!(true), |inner, _| json!({"not": inner}));
    wrong(deep, &["$: nested deeper than 127 levels"]);
}
