//! What the matchers of JSON promise: subset, equals, path, schema.

use super::*;

#[test]
fn ok_subset() {
    check(
        json!({"subset": {"a": {"b": 1}}}),
        r#"{"a":{"b":1.0,"c":2}}"#,
        r#"{"a":{"b":2}}"#,
        "$.a.b: wanted 1, got 2",
    );
    check(json!({"subset": {"a": null}}), r#"{"a":null}"#, "{}", "$.a: wanted null, got nothing");
    check(
        json!({"subset": {"a": {"b": 1}}}),
        r#"{"a":{"b":1}}"#,
        "{}",
        r#"$.a: wanted {"b":1}, got nothing"#,
    );
    check(json!({"subset": {}}), "{}", "[]", "$: wanted {}, got []");
    check(json!({"subset": {"a": 1}}), r#"{"a":1}"#, "hello", r#"$: wanted JSON, got text "hello""#);
    check(json!({"subset": {"$$type": 1}}), r#"{"$type":1}"#, "{}", "$.$type: wanted 1, got nothing");
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
        "$: wanted 1 item, got 2 items",
    );
    check(json!({"subset": [1, 2]}), "[1,2]", "[2,1]", "$[0]: wanted 1, got 2; $[1]: wanted 2, got 1");
}

#[test]
fn ok_subset_numbers_are_not_rounded() {
    let spec = serde_json::from_str(r#"{"subset":{"id":10000000000000001}}"#).unwrap();
    check(
        spec,
        r#"{"id":10000000000000001.0}"#,
        r#"{"id":1e16}"#,
        "$.id: wanted 10000000000000001, got 1e+16",
    );
}

#[test]
fn ok_subset_operators() {
    check(
        json!({"subset": {"n": {"$gt": 1}}}),
        r#"{"n":2}"#,
        r#"{"n":1}"#,
        r#"$.n: wanted {"$gt":1}, got 1"#,
    );
    check(
        json!({"subset": {"n": {"$gte": 1, "$lt": 3}}}),
        r#"{"n":1}"#,
        r#"{"n":3}"#,
        r#"$.n: wanted {"$gte":1,"$lt":3}, got 3"#,
    );
    check(
        json!({"subset": {"n": {"$lte": "b"}}}),
        r#"{"n":"b"}"#,
        r#"{"n":"c"}"#,
        r#"$.n: wanted {"$lte":"b"}, got "c""#,
    );
    check(
        json!({"subset": {"n": {"$ne": 1}}}),
        r#"{"n":"1"}"#,
        r#"{"n":1.0}"#,
        r#"$.n: wanted {"$ne":1}, got 1.0"#,
    );
    check(json!({"subset": {"n": {"$ne": 1}}}), r#"{"n":2}"#, "{}", r#"$.n: wanted {"$ne":1}, got nothing"#);
    check(
        json!({"subset": {"n": {"$in": [1, "a"]}}}),
        r#"{"n":"a"}"#,
        r#"{"n":2}"#,
        r#"$.n: wanted {"$in":[1,"a"]}, got 2"#,
    );
    check(
        json!({"subset": {"n": {"$regex": "^r-"}}}),
        r#"{"n":"r-1"}"#,
        r#"{"n":1}"#,
        r#"$.n: wanted {"$regex":"^r-"}, got 1"#,
    );
    check(
        json!({"subset": {"n": {"$type": "integer"}}}),
        r#"{"n":1.0}"#,
        r#"{"n":1.5}"#,
        r#"$.n: wanted {"$type":"integer"}, got 1.5"#,
    );
    check(
        json!({"subset": {"n": {"$type": ["null", "array"]}}}),
        r#"{"n":[]}"#,
        r#"{"n":{}}"#,
        r#"$.n: wanted {"$type":["null","array"]}, got {}"#,
    );
    check(
        json!({"subset": {"n": {"$exists": true}}}),
        r#"{"n":null}"#,
        "{}",
        r#"$.n: wanted {"$exists":true}, got nothing"#,
    );
    check(
        json!({"subset": {"n": {"$exists": false}}}),
        "{}",
        r#"{"n":null}"#,
        r#"$.n: wanted {"$exists":false}, got null"#,
    );
    check(
        json!({"subset": {"n": {"$len": 2}}}),
        r#"{"n":"é€"}"#,
        r#"{"n":[1]}"#,
        r#"$.n: wanted {"$len":2}, got [1]"#,
    );
    check(
        json!({"subset": {"n": {"$len": {"$gt": 0}}}}),
        r#"{"n":[1]}"#,
        r#"{"n":5}"#,
        r#"$.n: wanted {"$len":{"$gt":0}}, got 5"#,
    );
    check(
        json!({"subset": {"n": {"$any": true}}}),
        r#"{"n":null}"#,
        "{}",
        r#"$.n: wanted {"$any":true}, got nothing"#,
    );
}

#[test]
fn err_subset() {
    wrong(
        json!({"subset": {"items": [{"$gr": 1}]}}),
        &[r#"$.subset.items[0].$gr: unknown operator "$gr"; did you mean "$gt"?"#],
    );
    wrong(json!({"subset": {"a": {"$gt": [1]}}}), &["$.subset.a.$gt: wanted a number or a string, got [1]"]);
    wrong(
        json!({"subset": {"a": {"$in": []}}}),
        &["$.subset.a.$in: wanted a list of values, at least one, got []"],
    );
    wrong(
        json!({"subset": {"a": {"$type": "strin"}}}),
        &[r#"$.subset.a.$type: unknown type "strin"; did you mean "string"?"#],
    );
    wrong(json!({"subset": {"a": {"$exists": 1}}}), &["$.subset.a.$exists: wanted true or false, got 1"]);
    wrong(json!({"subset": {"a": {"$any": false}}}), &["$.subset.a.$any: wanted true, got false"]);
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
        "$.b: wanted nothing, got 2",
    );
    check(
        json!({"equals": {"$gt": 1}}),
        r#"{"$gt":1}"#,
        r#"{"x":1}"#,
        "$.$gt: wanted 1, got nothing; $.x: wanted nothing, got 1",
    );
    check(json!({"equals": "a"}), r#""a""#, "a", r#"$: wanted JSON, got text "a""#);
}

#[test]
fn ok_path() {
    check(json!({"path": "$.a[0]", "eq": 1}), r#"{"a":[1]}"#, r#"{"a":[2]}"#, "$.a[0]: wanted 1, got 2");
    check(
        json!({"path": {"path": "$.a", "ne": 1}}),
        r#"{"a":2}"#,
        r#"{"a":1}"#,
        r#"$.a: wanted {"ne":1}, got 1"#,
    );
    check(
        json!({"path": "$.*.n", "gt": 0}),
        r#"[{"n":1}]"#,
        r#"[{"n":1},{"n":0}]"#,
        r#"$[1].n: wanted {"gt":0}, got 0"#,
    );
    check(json!({"path": "$.a", "lt": 2}), r#"{"a":1}"#, "{}", r#"$: wanted {"lt":2} at $.a, got nothing"#);
    check(
        json!({"path": "$.a", "gte": 1, "lte": 2}),
        r#"{"a":1}"#,
        r#"{"a":3}"#,
        r#"$.a: wanted {"gte":1,"lte":2}, got 3"#,
    );
    check(json!({"path": "$.a", "in": [1]}), r#"{"a":1}"#, r#"{"a":3}"#, r#"$.a: wanted {"in":[1]}, got 3"#);
    check(
        json!({"path": "$.a", "matches": "x"}),
        r#"{"a":"xy"}"#,
        r#"{"a":"y"}"#,
        r#"$.a: wanted {"matches":"x"}, got "y""#,
    );
    check(
        json!({"path": "$.a", "type": "null"}),
        r#"{"a":null}"#,
        r#"{"a":0}"#,
        r#"$.a: wanted {"type":"null"}, got 0"#,
    );
    check(
        json!({"path": "$.a", "exists": false}),
        "{}",
        r#"{"a":0}"#,
        r#"$.a: wanted {"exists":false}, got 0"#,
    );
    check(
        json!({"path": "$.a", "length": 1}),
        r#"{"a":[0]}"#,
        r#"{"a":[]}"#,
        r#"$.a: wanted {"length":1}, got []"#,
    );
    check(json!({"path": "$.a"}), r#"{"a":0}"#, "{}", r#"$: wanted {"exists":true} at $.a, got nothing"#);
}

#[test]
fn err_path() {
    wrong(json!({"path": "$.a[", "eq": 1}), &["$.path: not a JSONPath: wanted a selector at character 5"]);
    wrong(
        json!({"path": {"path": "$.a", "mtches": 1}}),
        &[r#"$.path.mtches: unknown operator "mtches"; did you mean "matches"?"#],
    );
    wrong(json!({"path": {"eq": 1}}), &[r#"$.path: wanted an object with path, got {"eq":1}"#]);
    wrong(json!({"eq": 1}), &["$.eq: wanted a path beside it, got 1"]);
    wrong(
        json!({"path": "$.a", "length": -1}),
        &["$.length: wanted a whole number from 0 or bounds such as {\"$gt\": 0}, got -1"],
    );
}

#[test]
fn ok_schema() {
    check(
        json!({"schema": {"title": "order", "properties": {"id": {"type": "integer"}}, "required": ["id"]}}),
        r#"{"id":1.0}"#,
        r#"{"id":"1"}"#,
        r#"$.id: wanted an integer, got "1""#,
    );
    check(json!({"schema": true}), "1", "hello", r#"$: wanted JSON, got text "hello""#);
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
