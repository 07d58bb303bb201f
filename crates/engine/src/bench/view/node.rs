//! The value at a place of a JSON text, with its path.
//!
//! Goes over the text once, from the start, and builds no value. The text of a value is as it was written.

use std::ops::Range;

/// A value in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its JSONPath.
    pub path: String,
    /// Where it stands in the text.
    pub range: Range<usize>,
    /// It has values of its own.
    pub is_container: bool,
}

struct Open {
    is_object: bool,
    from: usize,
    index: usize,
    /// Where the name of the current member stands, with its quotation marks.
    key: Range<usize>,
}

/// The value that stands at an offset, or is the first after it; at the end of an object or array it is that one.
pub fn node_at(bytes: &[u8], offset: usize) -> Option<Node> {
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'}' | b']' => {
                let ended = open.pop()?;
                if at >= offset {
                    return Some(node(bytes, &open, ended.from..at + 1, true));
                }
                at += 1;
            }
            b',' => {
                if let Some(open) = open.last_mut() {
                    open.index += 1;
                    open.key = 0..0;
                }
                at += 1;
            }
            b'"' if open.last().is_some_and(|it| it.is_object && it.key.is_empty()) => {
                let end = end_of_text(bytes, at)?;
                let is_it = end > offset;
                if let Some(open) = open.last_mut() {
                    open.key = at..end;
                }
                at = end;
                if is_it {
                    let from = value_after(bytes, at)?;
                    let is_container = matches!(bytes[from], b'{' | b'[');
                    return Some(node(bytes, &open, from..end_of_value(bytes, from)?, is_container));
                }
            }
            b'{' | b'[' => {
                if at >= offset {
                    return Some(node(bytes, &open, at..end_of_value(bytes, at)?, true));
                }
                open.push(Open { is_object: byte == b'{', from: at, index: 0, key: 0..0 });
                at += 1;
            }
            byte if byte.is_ascii_whitespace() || byte == b':' => at += 1,
            _ => {
                let end = end_of_value(bytes, at)?;
                if end > offset {
                    return Some(node(bytes, &open, at..end, false));
                }
                at = end;
            }
        }
    }
}

fn node(bytes: &[u8], open: &[Open], range: Range<usize>, is_container: bool) -> Node {
    let mut path = "$".to_owned();
    for it in open {
        if !it.is_object {
            path.push_str(&format!("[{}]", it.index));
            continue;
        }
        let key = String::from_utf8_lossy(&bytes[it.key.clone()]);
        let name = key.trim_matches('"');
        let is_plain = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
        match is_plain {
            true => path.push_str(&format!(".{name}")),
            false => path.push_str(&format!("[{key}]")),
        }
    }
    Node { path, range, is_container }
}

fn end_of_text(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value of a member begins, after its name.
fn value_after(bytes: &[u8], from: usize) -> Option<usize> {
    let gap = bytes[from..].iter().take_while(|it| it.is_ascii_whitespace() || **it == b':').count();
    (from + gap < bytes.len()).then_some(from + gap)
}

fn end_of_value(bytes: &[u8], from: usize) -> Option<usize> {
    match *bytes.get(from)? {
        b'"' => end_of_text(bytes, from),
        b'{' | b'[' => {
            let (mut at, mut depth) = (from, 0_usize);
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at = end_of_text(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let is_plain = |it: &&u8| !it.is_ascii_whitespace() && !b"{}[],:\"".contains(*it);
            Some(from + bytes[from..].iter().take_while(is_plain).count().max(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str =
        r#"{"type": "tick", "a b": [10, {"x": 1.50}, "s"], "o": {"e\"": {}}, "n": 9007199254740993123}"#;

    #[track_caller]
    fn check(before: &str, path: &str, value: &str) {
        let node = node_at(JSON.as_bytes(), JSON.find(before).expect("a place")).expect("a value");
        assert_eq!((node.path.as_str(), &JSON[node.range]), (path, value));
    }

    #[test]
    fn each_place_has_its_path_and_its_value_as_written() {
        check(r#""type""#, "$.type", r#""tick""#);
        check(r#""tick""#, "$.type", r#""tick""#);
        check("ick", "$.type", r#""tick""#);
        check("10,", r#"$["a b"][0]"#, "10");
        check("{\"x\"", r#"$["a b"][1]"#, r#"{"x": 1.50}"#);
        check("1.50", r#"$["a b"][1].x"#, "1.50");
        check(r#""s""#, r#"$["a b"][2]"#, r#""s""#);
        check("], \"o\"", r#"$["a b"]"#, r#"[10, {"x": 1.50}, "s"]"#);
        check(r#""e"#, r#"$.o["e\""]"#, "{}");
        check(r#""n""#, "$.n", "9007199254740993123");
        let whole = node_at(JSON.as_bytes(), 0).expect("the document");
        assert_eq!((whole.path.as_str(), whole.range, whole.is_container), ("$", 0..JSON.len(), true));
    }

    #[test]
    fn what_is_not_json_has_no_value() {
        for text in ["", "]", "{\"a", "[\"\\", "{\"a\":"] {
            assert_eq!(node_at(text.as_bytes(), 1), None, "{text}");
        }
    }
}
