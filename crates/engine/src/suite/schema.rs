//! The JSON Schema of the format, for completion in editors and for checks of suites without this program.
//!
//! Owns what each [`Shape`] looks like as a schema. It refuses to know a key: those come from the parser's tables. The
//! exceptions are `after_matcher_key`, which a test holds against the matchers, and the payload in `definitions`. The schema
//! accepts every suite that the parser accepts; the parser checks what a schema cannot express.

use serde_json::{Map, Value, json};

use super::keys::{BARE, Key, REST, SUITE, Shape, Table, VERBS};
use super::words::{BYTES, MATCHER};
use crate::matcher::Matcher;

/// Where the schema says that it lives. Suites name it in `$schema`.
const ID: &str = "https://sockscope.dev/schema/suite-v1.schema.json";

/// The schema as it is published.
///
/// ```
/// # use sockscope_engine::suite::schema;
/// assert_eq!(schema()["properties"]["sockscope"]["const"], 1);
/// ```
pub fn schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".to_owned(), ID.into());
    schema.insert("title".to_owned(), "A Sockscope suite, version 1".into());
    let mut tables = Tables::default();
    schema.extend(tables.object(&SUITE));
    // A document of definitions may be there for others only.
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|key| key != "checks");
    }
    schema.insert("anyOf".to_owned(), json!([{ "required": ["checks"] }, { "required": ["define"] }]));
    let mut defs = definitions();
    let mut steps: Vec<Value> = Vec::new();
    for verb in &VERBS {
        let mut step = tables.object(&verb.table);
        if let Ok(example) = serde_json::from_str::<Value>(verb.example) {
            step.insert("examples".to_owned(), json!([example]));
        }
        if ["repeat", "ramp"].contains(&verb.name) {
            // A round is its steps, or one step beside it.
            let round = ["steps", "send", "expect"].map(|key| json!({ "required": [key] }));
            step.insert("anyOf".to_owned(), round.to_vec().into());
        }
        defs.insert(format!("{}_step", verb.name), step.into());
        steps.push(reference(&format!("{}_step", verb.name)));
    }
    let mut bare = tables.object(&BARE);
    bare.insert("anyOf".to_owned(), json!([{ "required": ["mark"] }, { "required": ["note"] }]));
    defs.insert("mark_step".to_owned(), bare.into());
    steps.push(reference("mark_step"));
    defs.insert(
        "step".to_owned(),
        json!({ "description": "A step: one verb, and what goes with it.", "anyOf": steps }),
    );
    defs.extend(tables.named);
    schema.insert("$defs".to_owned(), defs.into());
    schema.into()
}

/// The schema as it is written to a file.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Objects that are written once and referred to.
#[derive(Default)]
struct Tables {
    named: Map<String, Value>,
}

impl Tables {
    fn object(&mut self, table: &'static Table) -> Map<String, Value> {
        let mut properties = Map::new();
        for key in table.keys.iter().filter(|key| key.name != REST) {
            properties.insert(key.name.to_owned(), self.key(key));
        }
        if table.takes_matcher {
            properties.extend(matcher_properties());
        }
        let needed: Vec<&str> = table.keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
        let mut object = Map::new();
        object.insert("type".to_owned(), "object".into());
        if !needed.is_empty() {
            object.insert("required".to_owned(), needed.into());
        }
        object.insert("properties".to_owned(), properties.into());
        let rest = table.keys.iter().find(|key| key.name == REST);
        let rest = rest.map_or(Value::Bool(false), |key| self.key(key));
        object.insert("additionalProperties".to_owned(), rest);
        object
    }

    fn key(&mut self, key: &'static Key) -> Value {
        let mut schema = match self.shape(key.shape) {
            Value::Object(schema) => schema,
            _ => Map::new(),
        };
        schema.insert("description".to_owned(), key.about.replace('`', "").into());
        schema.insert("markdownDescription".to_owned(), key.about.into());
        if let Ok(example) = serde_json::from_str::<Value>(key.example) {
            schema.insert("examples".to_owned(), json!([example]));
        }
        schema.into()
    }

    fn shape(&mut self, shape: Shape) -> Value {
        match shape {
            Shape::Any => json!({}),
            Shape::Version => json!({ "const": 1 }),
            Shape::Plain | Shape::Text => json!({ "type": "string" }),
            Shape::Label | Shape::Definition => {
                json!({ "type": "string", "minLength": 1, "not": reference("placeholder") })
            }
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Truth => json!({ "anyOf": [{ "type": "boolean" }, reference("placeholder")] }),
            Shape::Duration => reference("duration"),
            Shape::Count => {
                json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, reference("placeholder")] })
            }
            Shape::Size => json!({ "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(KiB|MiB)?$|\{\{" },
            ] }),
            Shape::Code => {
                json!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 65535 }, reference("placeholder")] })
            }
            Shape::Codes => reference("codes"),
            Shape::Path => json!({ "type": "string", "pattern": r"^\$|\{\{" }),
            Shape::Captured(table) => {
                let (path, object) = (self.shape(Shape::Path), self.shape(Shape::Object(table)));
                json!({ "anyOf": [path, object] })
            }
            Shape::Whole => json!({ "anyOf": [{ "type": "integer" }, reference("placeholder")] }),
            Shape::CapturedOrFalse(table) => {
                json!({ "anyOf": [self.shape(Shape::Captured(table)), { "const": false }] })
            }
            Shape::Targets => reference("targets"),
            Shape::Matcher => reference("matcher"),
            Shape::TextOrMatcher => json!({ "anyOf": [{ "type": "string" }, reference("matcher")] }),
            Shape::Payload => reference("payload"),
            Shape::Schedule => json!({ "enum": ["open", "closed"] }),
            Shape::Arrivals => json!({ "enum": ["even", "random"] }),
            Shape::Pause(table) => {
                json!({ "anyOf": [self.shape(Shape::Duration), self.shape(Shape::Object(table))] })
            }
            Shape::TextOr(table) => {
                json!({ "anyOf": [self.shape(Shape::Text), self.shape(Shape::Object(table))] })
            }
            Shape::Rate => json!({ "anyOf": [
                { "type": "number", "minimum": 0 },
                { "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?/(s|m)$|\{\{" },
            ] }),
            Shape::Rows => reference("rows"),
            Shape::Bounds => reference("bounds"),
            Shape::Condition(table) => {
                let comparison = self.shape(Shape::Object(table));
                json!({ "anyOf": [{ "type": "boolean" }, reference("placeholder"), comparison] })
            }
            Shape::Steps => json!({ "type": "array", "minItems": 1, "items": reference("step") }),
            Shape::Branches => reference("branches"),
            Shape::List(items) => json!({ "type": "array", "minItems": 1, "items": self.shape(*items) }),
            Shape::Map(values) => json!({ "type": "object", "additionalProperties": self.shape(*values) }),
            Shape::Object(table) => {
                let name = table.noun.split(' ').filter(|word| !["a", "an", "of"].contains(word));
                let name = name.collect::<Vec<_>>().join("_").to_lowercase();
                if !self.named.contains_key(&name) {
                    // Before it is made, because it may hold itself.
                    self.named.insert(name.clone(), Value::Null);
                    let object = self.object(table).into();
                    self.named.insert(name.clone(), object);
                }
                reference(&name)
            }
        }
    }
}

/// What is not an object with keys of the tables.
fn definitions() -> Map<String, Value> {
    let definitions = json!({
        "placeholder": {
            "description": "A text with a placeholder, such as {{name}}.",
            "type": "string", "pattern": r"\{\{",
        },
        "duration": {
            "description": "A number with a unit: us, ms, s, m or h.",
            "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(us|ms|s|m|h)$|\{\{",
        },
        "codes": {
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 65535 },
                { "type": "array", "minItems": 1, "items": { "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 65535 }, reference("range"), reference("placeholder")] } },
                reference("range"),
                reference("placeholder"),
            ],
        },
        "range": {
            "description": "All codes between two, such as 3000-4999.",
            "type": "string", "pattern": r"^\s*[0-9]+\s*-\s*[0-9]+\s*$",
        },
        "target": {
            "description": "A client such as alice, a member of a group such as crowd[3], or * for all clients.",
            "type": "string", "pattern": r"^\*$|^[^\s\[\]]+(\[[0-9]+\])?$|\{\{",
        },
        "targets": {
            "anyOf": [reference("target"), { "type": "array", "minItems": 1, "items": reference("target") }],
        },
        "bounds": {
            "type": "object",
            "additionalProperties": { "type": "string", "pattern": r"^\s*(<=?|>=?|==|!=)|\{\{" },
        },
        "rows": {
            "anyOf": [
                {
                    "description": "A file beside the suite: CSV, JSON or JSON Lines.",
                    "type": "object", "required": ["file"], "additionalProperties": false,
                    "properties": { "file": { "type": "string", "minLength": 1, "not": reference("placeholder") } },
                },
                {
                    "type": "object", "minProperties": 1,
                    "additionalProperties": { "anyOf": [{ "type": "array", "minItems": 1 }, reference("placeholder")] },
                },
                { "type": "array", "minItems": 1, "items": { "type": "object", "minProperties": 1 } },
            ],
        },
        "branches": {
            "type": "array", "minItems": 1,
            "items": { "anyOf": [reference("step"), { "type": "array", "minItems": 1, "items": reference("step") }] },
        },
        "payload": {
            "anyOf": [
                { "type": ["string", "number", "boolean", "array", "null"] },
                {
                    "type": "object",
                    "properties": {
                        "$json": { "description": "Sent as JSON." },
                        "$text": { "description": "Sent as this text.", "type": "string" },
                        "$hex": { "description": "Bytes in hexadecimal digits.", "type": "string" },
                        "$base64": { "description": "Bytes in base64.", "type": "string" },
                        "$bytes": sized("fill", "Bytes of this size."),
                        "$chars": sized("of", "Text of this size in bytes of UTF-8."),
                        "$concat": { "description": "Payloads, whole numbers and lengths one after the other.", "type": "array" },
                        "$frame": {
                            "description": "A frame in place of a message, in a send step. Only the native engine sends one.",
                            "type": "object",
                            "properties": {
                                "opcode": { "anyOf": [
                                    { "enum": ["continuation", "text", "binary", "close", "ping", "pong"] },
                                    { "type": "integer", "minimum": 0, "maximum": 15 }
                                ] },
                                "fin": { "type": "boolean" },
                                "rsv": { "type": "integer", "minimum": 0, "maximum": 7 },
                                "masked": { "type": "boolean" },
                                "length": { "type": "integer", "minimum": 0 },
                                "payload": reference("payload")
                            },
                            "additionalProperties": false
                        },
                    },
                    "if": { "not": { "propertyNames": { "pattern": r"^[^$]|^$" } } },
                    "then": {
                        "maxProperties": 1,
                        "propertyNames": { "enum": ["$json", "$text", "$hex", "$base64", "$bytes", "$chars", "$concat", "$frame"] },
                    },
                },
            ],
        },
    });
    let mut definitions = match definitions {
        Value::Object(definitions) => definitions,
        _ => Map::new(),
    };
    definitions.extend(matcher_keys().map(|(key, schema)| (format!("match_{key}"), schema)));
    let keys: Map<String, Value> = matcher_properties().collect();
    let matcher = json!({
        "description": "What a message must look like. All keys must hold.",
        "anyOf": [
            { "type": "object", "minProperties": 1, "properties": keys, "additionalProperties": false },
            reference("placeholder"),
        ],
    });
    definitions.insert("matcher".to_owned(), matcher);
    definitions
}

/// `$bytes` and `$chars`.
fn sized(other: &str, about: &str) -> Value {
    let mut keys = Map::new();
    let size = json!({ "description": "Such as 65536 or 64KiB.", "type": ["integer", "string"] });
    keys.insert("size".to_owned(), size);
    let words = match other {
        "fill" => json!({ "anyOf": [{ "enum": ["zero", "ramp", "random"] }, reference("placeholder")] }),
        _ => json!({ "description": "The characters that are repeated.", "type": "string" }),
    };
    keys.insert(other.to_owned(), words);
    json!({
        "description": about, "type": "object", "required": ["size"], "properties": keys,
        "additionalProperties": false,
    })
}

/// The keys of a matcher, which stand in several kinds of object.
fn matcher_properties() -> impl Iterator<Item = (String, Value)> {
    Matcher::keys().map(|key| (key.to_owned(), reference(&format!("match_{key}"))))
}

/// The keys of a matcher, each with what follows it.
fn matcher_keys() -> impl Iterator<Item = (String, Value)> {
    Matcher::keys().map(|key| {
        let about = MATCHER.key(key).map_or("", |key| key.about);
        let mut schema = match after_matcher_key(key) {
            Some(Value::Object(schema)) => schema,
            _ => Map::new(),
        };
        schema.insert("description".to_owned(), about.replace('`', "").into());
        schema.insert("markdownDescription".to_owned(), about.into());
        (key.to_owned(), schema.into())
    })
}

/// What follows a key of a matcher; `None` for a key that has no arm here.
fn after_matcher_key(key: &str) -> Option<Value> {
    Some(match key {
        "subset" | "equals" | "eq" | "ne" | "length" => json!({}),
        "text" | "contains" => json!({ "type": ["string", "number", "boolean"] }),
        "regex" | "matches" => json!({ "type": "string" }),
        "path" => json!({ "type": ["string", "object"] }),
        "schema" => json!({ "type": ["object", "boolean", "string"] }),
        "bytes" => {
            let mut properties = Map::new();
            for key in BYTES.keys {
                let schema = match key.shape {
                    Shape::Text => json!({ "type": "string", "description": key.about }),
                    _ => json!({ "description": key.about }),
                };
                properties.insert(key.name.to_owned(), schema);
            }
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
        "echo" | "any" => json!({ "anyOf": [{ "const": true }, reference("placeholder")] }),
        "not" => reference("matcher"),
        "all_of" | "any_of" => json!({ "type": "array", "minItems": 1, "items": reference("matcher") }),
        "in" => json!({ "type": ["array", "string"] }),
        "near" => json!({ "type": ["array", "string"], "minItems": 2, "maxItems": 2 }),
        "exists" => json!({ "type": ["boolean", "string"] }),
        "type" => json!({ "type": ["string", "array"] }),
        "gt" | "gte" | "lt" | "lte" => json!({ "type": ["number", "string"] }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_what_follows_each_key_of_a_matcher() {
        let unsaid: Vec<_> = Matcher::keys().filter(|key| after_matcher_key(key).is_none()).collect();
        assert_eq!(unsaid, [""; 0], "add them to `after_matcher_key`");
    }
}
