//! What is wrong with a text that is not JSON, in words.
//!
//! Owns plain words for the parser's, which name its own states.

/// What is wrong, without the place.
pub fn what(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let words = whole.split(" at line ").next().unwrap_or_default();
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
        other => other,
    };
    told.to_owned()
}

/// What is wrong and where: `the text ends inside a string, at line 1, column 9`.
pub fn what_and_where(error: &serde_json::Error) -> String {
    format!("{}, at line {}, column {}", what(error), error.line(), error.column())
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
}
