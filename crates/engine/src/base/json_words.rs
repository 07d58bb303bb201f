//! What is wrong with a text that is not JSON, in words.
//!
//! Owns plain words for the parser's, which name its own states.

/// What is wrong, without the place.
pub fn what(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let words = match error.line() {
        0 => whole.as_str(),
        _ => whole.rsplit_once(" at line ").map_or(whole.as_str(), |(words, _)| words),
    };
    let told = match words {
        "EOF while parsing a string" => "the text ends inside a string",
        "EOF while parsing a list" => "the text ends inside an array",
        "EOF while parsing an object" => "the text ends inside an object",
        "EOF while parsing a value" => "the text ends where a value is expected",
        "expected `:`" => "expected a colon after the name of a member",
        "expected `,` or `]`" => "expected a comma or the end of the array",
        "expected `,` or `}`" => "expected a comma or the end of the object",
        "expected value" => "expected a value",
        "expected ident" => "expected true, false or null",
        "key must be a string" => "expected the name of a member in quotation marks",
        "trailing comma" => "a comma without a value after it",
        "trailing characters" => "there is more text after the end of the value",
        "invalid escape" => "a backslash before a character that has no escape",
        "invalid number" => "a number that is not complete",
        "number out of range" => "a number that is too large",
        "recursion limit exceeded" => "nested too deeply",
        "lone leading surrogate in hex escape"
        | "unexpected end of hex escape"
        | "invalid unicode code point" => "half of a pair of \\u escapes",
        words if words.starts_with("control character") => {
            "a line break or another control character inside a string"
        }
        other => return of_data(other),
    };
    told.to_owned()
}

/// What is wrong with JSON that has another shape.
fn of_data(words: &str) -> String {
    let found_and_expected = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| words.strip_prefix(start)?.rsplit_once(", expected "));
    if let Some((found, expected)) = found_and_expected {
        return format!("expected {}, found {}", expected_words(expected), found_words(found));
    }
    if let Some(name) = words.strip_prefix("missing field ") {
        return format!("the member {name} is missing");
    }
    if let Some(name) = words.strip_prefix("duplicate field ") {
        return format!("the member {name} stands there twice");
    }
    for (start, what) in [("unknown field ", "the name of a member"), ("unknown variant ", "a word")] {
        if let Some((found, expected)) =
            words.strip_prefix(start).and_then(|it| it.rsplit_once(", expected "))
        {
            let expected = expected.strip_prefix("one of ").unwrap_or(expected);
            return format!("expected {what}: {expected}; found {found}");
        }
    }
    match words.starts_with("data did not match any variant") {
        true => "the value has a shape that is not known here".to_owned(),
        false => words.to_owned(),
    }
}

/// The parser's word for a type, in plain words.
fn expected_words(expected: &str) -> String {
    let most = match expected {
        "u8" => Some(u64::from(u8::MAX)),
        "u16" => Some(u64::from(u16::MAX)),
        "u32" => Some(u64::from(u32::MAX)),
        "u64" | "u128" | "usize" => return "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => return "a whole number".to_owned(),
        "f32" | "f64" => return "a number".to_owned(),
        "a string" | "a borrowed string" | "a character" | "string" => return "a text".to_owned(),
        "a boolean" => return "true or false".to_owned(),
        "a sequence" | "an array" => return "an array".to_owned(),
        "a map" => return "an object".to_owned(),
        "unit" => return "null".to_owned(),
        "variant identifier" | "string or map" => return "a word that is known here".to_owned(),
        _ => None,
    };
    match most {
        Some(most) => format!("a whole number from 0 to {most}"),
        None if expected.starts_with("struct ") => "an object".to_owned(),
        None if expected.starts_with("enum ") => "a word that is known here".to_owned(),
        None => expected.to_owned(),
    }
}

fn found_words(found: &str) -> String {
    let of = |start: &str| found.strip_prefix(start);
    if let Some(text) = of("string ") {
        return format!("the text {}", super::words::cut(text, 60));
    }
    if let Some(number) = of("integer ").or(of("floating point ")).or(of("number ")) {
        return format!("the number {}", number.trim_matches('`'));
    }
    if let Some(word) = of("boolean ") {
        return word.trim_matches('`').to_owned();
    }
    match found {
        "null" | "unit value" | "Option value" => "null".to_owned(),
        "map" | "struct" => "an object".to_owned(),
        "sequence" => "an array".to_owned(),
        "number" => "a number".to_owned(),
        other => other.to_owned(),
    }
}

/// What is wrong and where: `the text ends inside a string, at line 1, column 9`.
pub fn what_and_where(error: &serde_json::Error) -> String {
    match error.line() {
        // A value that was read before has no place.
        0 => what(error),
        line => format!("{}, at line {line}, column {}", what(error), error.column()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[track_caller]
    fn check(text: &str, words: &str) {
        let error = serde_json::from_str::<Value>(text).expect_err("it is not JSON");
        assert_eq!(what_and_where(&error), words);
    }

    #[test]
    fn a_text_that_is_not_json_is_explained_with_its_place() {
        check(r#"{"id": "a"#, "the text ends inside a string, at line 1, column 9");
        check("[1, 2", "the text ends inside an array, at line 1, column 5");
        check("{\"a\": 1", "the text ends inside an object, at line 1, column 7");
        check("", "the text ends where a value is expected, at line 1, column 0");
        check("{\n\"a\" 1}", "expected a colon after the name of a member, at line 2, column 5");
        check("[1 2]", "expected a comma or the end of the array, at line 1, column 4");
        check("{\"a\": 1 2}", "expected a comma or the end of the object, at line 1, column 9");
        check("{\"a\": }", "expected a value, at line 1, column 7");
        check("nul", "the text ends where a value is expected, at line 1, column 3");
        check("nuls", "expected true, false or null, at line 1, column 4");
        check("{a: 1}", "expected the name of a member in quotation marks, at line 1, column 2");
        check("{\"a\": 1,}", "a comma without a value after it, at line 1, column 9");
        check("1 2", "there is more text after the end of the value, at line 1, column 3");
        check(r#""\q""#, "a backslash before a character that has no escape, at line 1, column 3");
        check("\"a\nb\"", "a line break or another control character inside a string, at line 2, column 0");
        check("1.", "the text ends where a value is expected, at line 1, column 2");
    }

    /// What a type that a program expects says of a text.
    #[track_caller]
    fn refused<T: serde::de::DeserializeOwned>(text: &str, words: &str) {
        let error = serde_json::from_str::<T>(text).err().expect("it has another shape");
        assert_eq!(what(&error), words);
    }

    #[test]
    fn json_of_another_shape_is_told_in_plain_words() {
        #[derive(Debug, serde::Deserialize)]
        struct Shape {
            #[serde(rename = "id")]
            _id: u32,
        }
        #[derive(Debug, serde::Deserialize)]
        enum Word {
            On,
            Off,
        }
        refused::<Shape>(
            r#"{"id":"a"}"#,
            r#"expected a whole number from 0 to 4294967295, found the text "a""#,
        );
        refused::<Shape>(
            r#"{"id":"at line , expected x"}"#,
            r#"expected a whole number from 0 to 4294967295, found the text "at line , expected x""#,
        );
        refused::<Shape>(r#"{"id":-1}"#, "expected a whole number from 0 to 4294967295, found the number -1");
        refused::<Shape>(r#"{"id":null}"#, "expected a whole number from 0 to 4294967295, found null");
        refused::<Shape>("{}", "the member `id` is missing");
        refused::<Shape>(r#"{"id":1,"id":2}"#, "the member `id` stands there twice");
        refused::<Shape>("7", "expected an object, found the number 7");
        refused::<Vec<bool>>(r#"[{}]"#, "expected true or false, found an object");
        refused::<Vec<String>>("[[1.5]]", "expected a text, found an array");
        refused::<Word>(r#""Of""#, "expected a word: `On` or `Off`; found `Of`");
        assert!(serde_json::from_str::<[Word; 2]>(r#"["On","Off"]"#).is_ok());
    }

    #[test]
    fn a_value_that_was_read_before_has_no_place() {
        let error = serde_json::from_value::<u32>(Value::from("a")).expect_err("a text");
        assert_eq!(
            what_and_where(&error),
            r#"expected a whole number from 0 to 4294967295, found the text "a""#
        );
    }
}
