//! What the matchers of JSON promise: subset, equals, path, schema.

use super::*;

#[test]
fn ok_subset() {
    check(
        json!({"subset": {"a": {"b": 1}}}),
        r#"{"a":{"b":1.0,"c":2}}"#,
        r#"{"a":{"b":2}}"#,
        "$.a.b: expected 1, found 2",
    );
    check(json!({"subset": {"a": null}}), r#"{"a":null}"#, "{}", "$.a: expected null, found nothing");
    check(
        json!({"subset": {"a": {"b": 1}}}),
        r#"{"a":{"b":1}}"#,
        "{}",
        r#"$.a: expected {"b":1}, found nothing"#,
    );
    check(json!({"subset": {}}), "{}", "[]", "$: expected {}, found []");
    check(json!({"subset": {"a": 1}}), r#"{"a":1}"#, "hello", r#"$: expected JSON, found text "hello""#);
    check(json!({"subset": {"$$type": 1}}), r#"{"$type":1}"#, "{}", "$.$type: expected 1, found nothing");
}

#[test]
fn a_subset_is_shown_in_the_order_of_the_file() {
    let matcher = compile(&json!({"subset": {"type": "said", "from": {"z": 1, "a": 2}}}));
    assert_eq!(matcher.expected(), r#"JSON containing {"type":"said","from":{"z":1,"a":2}}"#);
    let mismatch = matcher.check(&Subject::owned("{}".into())).unwrap_err();
    assert_eq!(mismatch.differences[0].path, "$.type");
}

#[test]
fn ok_subset_lists_have_exactly_these_items() {
    check(
        json!({"subset": [{"a": 1}]}),
        r#"[{"a":1,"b":2}]"#,
        r#"[{"a":1},2]"#,
        "$: expected 1 item, found 2 items",
    );
    check(
        json!({"subset": [1, 2]}),
        "[1,2]",
        "[2,1]",
        "$[0]: expected 1, found 2; $[1]: expected 2, found 1",
    );
}

#[test]
fn ok_subset_numbers_are_not_rounded() {
    let spec = serde_json::from_str(r#"{"subset":{"id":10000000000000001}}"#).unwrap();
    check(
        spec,
        r#"{"id":10000000000000001.0}"#,
        r#"{"id":1e16}"#,
        "$.id: expected 10000000000000001, found 1e+16",
    );
}

#[test]
fn ok_subset_operators() {
    check(
        json!({"subset": {"n": {"$gt": 1}}}),
        r#"{"n":2}"#,
        r#"{"n":1}"#,
        r#"$.n: expected {"$gt":1}, found 1"#,
    );
    check(
        json!({"subset": {"n": {"$gte": 1, "$lt": 3}}}),
        r#"{"n":1}"#,
        r#"{"n":3}"#,
        r#"$.n: expected {"$gte":1,"$lt":3}, found 3"#,
    );
    check(
        json!({"subset": {"n": {"$lte": "b"}}}),
        r#"{"n":"b"}"#,
        r#"{"n":"c"}"#,
        r#"$.n: expected {"$lte":"b"}, found "c""#,
    );
    check(
        json!({"subset": {"n": {"$ne": 1}}}),
        r#"{"n":"1"}"#,
        r#"{"n":1.0}"#,
        r#"$.n: expected {"$ne":1}, found 1.0"#,
    );
    check(
        json!({"subset": {"n": {"$ne": 1}}}),
        r#"{"n":2}"#,
        "{}",
        r#"$.n: expected {"$ne":1}, found nothing"#,
    );
    check(
        json!({"subset": {"n": {"$in": [1, "a"]}}}),
        r#"{"n":"a"}"#,
        r#"{"n":2}"#,
        r#"$.n: expected {"$in":[1,"a"]}, found 2"#,
    );
    check(
        json!({"subset": {"n": {"$regex": "^r-"}}}),
        r#"{"n":"r-1"}"#,
        r#"{"n":1}"#,
        r#"$.n: expected {"$regex":"^r-"}, found 1"#,
    );
    check(
        json!({"subset": {"n": {"$type": "integer"}}}),
        r#"{"n":1.0}"#,
        r#"{"n":1.5}"#,
        r#"$.n: expected {"$type":"integer"}, found 1.5"#,
    );
    check(
        json!({"subset": {"n": {"$type": ["null", "array"]}}}),
        r#"{"n":[]}"#,
        r#"{"n":{}}"#,
        r#"$.n: expected {"$type":["null","array"]}, found {}"#,
    );
    check(
        json!({"subset": {"n": {"$exists": true}}}),
        r#"{"n":null}"#,
        "{}",
        r#"$.n: expected {"$exists":true}, found nothing"#,
    );
    check(
        json!({"subset": {"n": {"$exists": false}}}),
        "{}",
        r#"{"n":null}"#,
        r#"$.n: expected {"$exists":false}, found null"#,
    );
    check(
        json!({"subset": {"n": {"$len": 2}}}),
        r#"{"n":"é€"}"#,
        r#"{"n":[1]}"#,
        r#"$.n: expected {"$len":2}, found [1]"#,
    );
    check(
        json!({"subset": {"n": {"$len": {"$gt": 0}}}}),
        r#"{"n":[1]}"#,
        r#"{"n":5}"#,
        r#"$.n: expected {"$len":{"$gt":0}}, found 5"#,
    );
    check(
        json!({"subset": {"n": {"$any": true}}}),
        r#"{"n":null}"#,
        "{}",
        r#"$.n: expected {"$any":true}, found nothing"#,
    );
}

#[test]
fn err_subset() {
    wrong(
        json!({"subset": {"items": [{"$gr": 1}]}}),
        &[r#"$.subset.items[0].$gr: unknown operator "$gr"; did you mean "$gt"?"#],
    );
    wrong(
        json!({"subset": {"a": {"$gt": [1]}}}),
        &["$.subset.a.$gt: expected a number or a string, found [1]"],
    );
    wrong(
        json!({"subset": {"a": {"$in": []}}}),
        &["$.subset.a.$in: expected a list of values, at least one, found []"],
    );
    wrong(
        json!({"subset": {"a": {"$type": "strin"}}}),
        &[r#"$.subset.a.$type: unknown type "strin"; did you mean "string"?"#],
    );
    wrong(json!({"subset": {"a": {"$exists": 1}}}), &["$.subset.a.$exists: expected true or false, found 1"]);
    wrong(json!({"subset": {"a": {"$any": false}}}), &["$.subset.a.$any: expected true, found false"]);
    wrong(
        json!({"subset": {"a": {"$regex": "("}}}),
        &["$.subset.a.$regex: not a regular expression: found open group without closing ')'"],
    );
    wrong(
        json!({"subset": {"a": {"$gt": 1, "b": 2}}}),
        &[
            "$.subset.a: operators and members do not mix in one object; a member whose name begins with $ is written with $$",
        ],
    );
}

#[test]
fn ok_equals() {
    check(
        json!({"equals": {"a": [1]}}),
        r#"{"a":[1.0]}"#,
        r#"{"a":[1],"b":2}"#,
        "$.b: expected nothing, found 2",
    );
    check(
        json!({"equals": {"$gt": 1}}),
        r#"{"$gt":1}"#,
        r#"{"x":1}"#,
        "$.$gt: expected 1, found nothing; $.x: expected nothing, found 1",
    );
    check(json!({"equals": "a"}), r#""a""#, "a", r#"$: expected JSON, found text "a""#);
}

#[test]
fn ok_path() {
    check(json!({"path": "$.a[0]", "eq": 1}), r#"{"a":[1]}"#, r#"{"a":[2]}"#, "$.a[0]: expected 1, found 2");
    check(
        json!({"path": {"path": "$.a", "ne": 1}}),
        r#"{"a":2}"#,
        r#"{"a":1}"#,
        r#"$.a: expected {"ne":1}, found 1"#,
    );
    check(
        json!({"path": "$.*.n", "gt": 0}),
        r#"[{"n":1}]"#,
        r#"[{"n":1},{"n":0}]"#,
        r#"$[1].n: expected {"gt":0}, found 0"#,
    );
    check(
        json!({"path": "$.a", "lt": 2}),
        r#"{"a":1}"#,
        "{}",
        r#"$: expected {"lt":2} at $.a, found nothing"#,
    );
    check(
        json!({"path": "$.a", "gte": 1, "lte": 2}),
        r#"{"a":1}"#,
        r#"{"a":3}"#,
        r#"$.a: expected {"gte":1,"lte":2}, found 3"#,
    );
    check(
        json!({"path": "$.a", "in": [1]}),
        r#"{"a":1}"#,
        r#"{"a":3}"#,
        r#"$.a: expected {"in":[1]}, found 3"#,
    );
    check(
        json!({"path": "$.a", "matches": "x"}),
        r#"{"a":"xy"}"#,
        r#"{"a":"y"}"#,
        r#"$.a: expected {"matches":"x"}, found "y""#,
    );
    check(
        json!({"path": "$.a", "type": "null"}),
        r#"{"a":null}"#,
        r#"{"a":0}"#,
        r#"$.a: expected {"type":"null"}, found 0"#,
    );
    check(
        json!({"path": "$.a", "exists": false}),
        "{}",
        r#"{"a":0}"#,
        r#"$.a: expected {"exists":false}, found 0"#,
    );
    check(
        json!({"path": "$.a", "length": 1}),
        r#"{"a":[0]}"#,
        r#"{"a":[]}"#,
        r#"$.a: expected {"length":1}, found []"#,
    );
    check(json!({"path": "$.a"}), r#"{"a":0}"#, "{}", r#"$: expected {"exists":true} at $.a, found nothing"#);
}

#[test]
fn err_path() {
    wrong(json!({"path": "$.a[", "eq": 1}), &["$.path: not a JSONPath: expected a selector at character 5"]);
    wrong(
        json!({"path": {"path": "$.a", "mtches": 1}}),
        &[r#"$.path.mtches: unknown operator "mtches"; did you mean "matches"?"#],
    );
    wrong(json!({"path": {"eq": 1}}), &[r#"$.path: expected an object with path, found {"eq":1}"#]);
    wrong(json!({"eq": 1}), &["$.eq: expected a path beside it, found 1"]);
    wrong(
        json!({"path": "$.a", "length": -1}),
        &["$.length: expected a whole number from 0 or bounds such as {\"$gt\": 0}, found -1"],
    );
}

#[test]
fn ok_schema() {
    check(
        json!({"schema": {"title": "order", "properties": {"id": {"type": "integer"}}, "required": ["id"]}}),
        r#"{"id":1.0}"#,
        r#"{"id":"1"}"#,
        r#"$.id: expected an integer, found "1""#,
    );
    check(json!({"schema": true}), "1", "hello", r#"$: expected JSON, found text "hello""#);
    assert_eq!(
        compile(&json!({"schema": {"title": "order"}})).expected(),
        "JSON that fits the schema \"order\""
    );
}

#[test]
fn err_schema() {
    wrong(
        json!({"not": {"schema": {"propertis": {}, "type": "strin"}}}),
        &[
            r#"$.not.schema.propertis: unknown keyword "propertis"; did you mean "properties"?"#,
            r#"$.not.schema.type: unknown type "strin"; did you mean "string"?"#,
        ],
    );
}
