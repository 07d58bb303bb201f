//! From text to tree.
//!
//! Owns which JSON a suite may be and the words for text that is not JSON. A first scan bounds depth and number of
//! values and finds what is easily mistaken (a quotation mark that is missing, curly ones); the crate reads the rest.

use std::collections::HashSet;

use jsonc_parser::ast::{ObjectPropName, Value as Parsed};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions, ParseStringErrorKind, parse_to_ast,
};
use serde_json::Number;

use super::lines::Lines;
use super::tree::{Member, Node, Source, Span, Tree};
use crate::base::words::cut;
use crate::suite::problem::Problem;

/// What a suite may be, in bytes.
const LARGEST: usize = 16 << 20;
/// How deep lists and objects may stand in each other.
const DEEPEST: usize = 100;
/// How many values and keys a suite may have. Each costs a hundred bytes while it is read.
const MOST_VALUES: usize = 1_000_000;

/// What was wrong with the syntax.
struct Fault(Span, String);

/// Reads the text of a suite. The second part is what is wrong within a text that could be read: keys that come twice.
pub(in crate::suite) fn read(text: &str) -> Result<(Source<'_>, Vec<(Span, String)>), Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let place = |Fault(at, message): Fault| {
        let root = Node { span: Span::new(0, text.len()), tree: Tree::Null };
        Source { text, lines: Lines::of(text), root, base: 0, beside: Vec::new() }.problem(at, &message)
    };
    if text.len() > LARGEST {
        let message = format!("a suite of {} bytes; the limit is 16MiB", text.len());
        return Err(place(Fault(Span::default(), message)));
    }
    if let Err(fault) = scan(text) {
        return Err(place(sooner(text, fault)));
    }
    let Some(parsed) = parse(text).map_err(place)? else {
        let message =
            "the suite is empty; begin with {\"sockscope\": 1, \"suite\": \"a name\", \"checks\": []}";
        return Err(place(Fault(Span::new(text.len(), text.len()), message.to_owned())));
    };
    let mut twice = Vec::new();
    let root = node(parsed, &mut twice).map_err(place)?;
    Ok((Source { text, lines: Lines::of(text), root, base: 0, beside: Vec::new() }, twice))
}

/// The same for a document whose spans begin later.
pub(super) fn read_at(text: &str, base: u32) -> Result<(Source<'_>, Vec<(Span, String)>), Problem> {
    let (mut source, mut twice) = read(text)?;
    source.base = base;
    shift(&mut source.root, base);
    twice.iter_mut().for_each(|(at, _)| *at = at.later(base));
    Ok((source, twice))
}

/// Never deeper than the text was allowed to be.
fn shift(node: &mut Node, by: u32) {
    node.span = node.span.later(by);
    match &mut node.tree {
        Tree::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Tree::Object(members) => {
            for member in members {
                member.key_span = member.key_span.later(by);
                shift(&mut member.value, by);
            }
        }
        _ => {}
    }
}

/// What the parser finds wrong before the scan does: where a quotation mark is missing, the scan takes what follows for text.
fn sooner(text: &str, fault: Fault) -> Fault {
    match text.get(..fault.0.end as usize).map(parse) {
        Some(Err(found)) if found.0.end <= fault.0.start && found.0.start > 0 => found,
        _ => fault,
    }
}

fn parse(text: &str) -> Result<Option<Parsed<'_>>, Fault> {
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &collect, &options).map_err(|error| {
        let Range { start, end } = error.range();
        Fault(Span::new(start, end), words(error.kind(), text.get(start..end).unwrap_or_default()))
    })?;
    Ok(parsed.value)
}

/// Bounds what the parser will build.
fn scan(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut values) = (0, 0, 0);
    let fault = |at: usize, width: usize, message: String| Fault(Span::new(at, at + width), message);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(bytes, at)?;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = text[at..].find(['\n', '\r']).map_or(bytes.len(), |found| at + found);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = text[at + 2..].find("*/");
                let end =
                    end.ok_or_else(|| fault(at, 2, "this comment has no end; close it with */".into()))?;
                at += 2 + end + 2;
                continue;
            }
            b'{' | b'[' => {
                (depth, values) = (depth + 1, values + 1);
                if depth > DEEPEST {
                    return Err(fault(at, 1, format!("nested deeper than {DEEPEST} levels")));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            b'\'' => {
                return Err(fault(at, 1, "a string needs double quotation marks, not single ones".into()));
            }
            b'\t' | b'\n' | b'\r' | b' '..=b'~' => {}
            _ => {
                let c = text[at..].chars().next().unwrap_or_default();
                let message = match c {
                    '“' | '”' | '„' | '‟' => format!("{c} is not a JSON quotation mark; write \""),
                    c if c.is_whitespace() => {
                        format!("U+{:04X} is not JSON whitespace; write a space", u32::from(c))
                    }
                    c => format!("{c:?} is allowed only in a string, between quotation marks"),
                };
                return Err(fault(at, c.len_utf8(), message));
            }
        }
        if values > MOST_VALUES {
            return Err(fault(at, 1, format!("more than {MOST_VALUES} values")));
        }
        at += 1;
    }
    Ok(())
}

/// The byte after the closing quotation mark.
fn end_of_string(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += 2,
            None | Some(b'\n' | b'\r') => {
                let message =
                    "this string has no closing quotation mark on its line; write a line break as \\n";
                return Err(Fault(Span::new(start, at.min(bytes.len())), message.to_owned()));
            }
            Some(control) if *control < b' ' => {
                let written = if *control == b'\t' { "\\t".to_owned() } else { format!("\\u{control:04x}") };
                let message = format!("in a string, write this control character as {written}");
                return Err(Fault(Span::new(at, at + 1), message));
            }
            Some(_) => at += 1,
        }
    }
}

/// The parser's complaint in plain words.
fn words(kind: &ParseErrorKind, got: &str) -> String {
    use ParseErrorKind as Kind;
    let got = cut(got, 20);
    match kind {
        Kind::ExpectedColonAfterObjectKey => "a colon is missing after this key".to_owned(),
        Kind::ExpectedObjectValue => "a value is missing after this key".to_owned(),
        Kind::ExpectedComma => "a comma is missing here".to_owned(),
        Kind::ExpectedStringObjectProperty => format!("a key needs quotation marks: \"{got}\""),
        Kind::UnexpectedComma => "an extra comma, or a value is missing before it".to_owned(),
        Kind::UnexpectedColon => "a colon is allowed only after a key".to_owned(),
        Kind::UnexpectedCloseBrace => "a } that closes nothing, or a value is missing before it".to_owned(),
        Kind::UnexpectedCloseBracket => "a ] that closes nothing, or a value is missing before it".to_owned(),
        Kind::UnterminatedArray => "this [ has no ]".to_owned(),
        Kind::UnterminatedObject => "this { has no }".to_owned(),
        Kind::UnterminatedCommentBlock => "this comment has no end; close it with */".to_owned(),
        Kind::UnexpectedTokenInObject if got.is_empty() => "a } is missing".to_owned(),
        Kind::UnexpectedTokenInObject => format!("expected a key in quotation marks, or }}, found {got}"),
        Kind::MultipleRootJsonValues => "a suite is one object; something follows after its end".to_owned(),
        Kind::NestingDepthExceeded => format!("nested deeper than {DEEPEST} levels"),
        Kind::CommentsNotAllowed | Kind::TrailingCommasNotAllowed => "this is not allowed here".to_owned(),
        Kind::SingleQuotedStringsNotAllowed => {
            "a string needs double quotation marks, not single ones".to_owned()
        }
        Kind::HexadecimalNumbersNotAllowed
        | Kind::UnaryPlusNumbersNotAllowed
        | Kind::BareDecimalPointNumbersNotAllowed
        | Kind::NonFiniteNumbersNotAllowed
        | Kind::ExpectedDigit
        | Kind::ExpectedDigitFollowingNegativeSign
        | Kind::ExpectedPlusMinusOrDigitInNumberLiteral => {
            "write a number as in 5, -0.5 or 1e3".to_owned()
        }
        Kind::UnexpectedWord | Kind::UnexpectedToken => {
            format!("{got} means nothing here; a string needs quotation marks")
        }
        Kind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
            "this string has no closing quotation mark".to_owned()
        }
        Kind::String(ParseStringErrorKind::ExpectedFourHexDigits) => {
            "\\u takes four hexadecimal digits, as in \\u00e9".to_owned()
        }
        Kind::String(ParseStringErrorKind::InvalidUnicodeEscapeSequence(_)) => {
            "half a character; write both halves, as in \\ud83d\\ude00".to_owned()
        }
        Kind::String(_) => {
            "write a backslash as \\\\ in a string; only \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u are escapes".to_owned()
        }
    }
}

/// The parser's tree as ours. Its depth is bounded by the scan.
fn node(parsed: Parsed<'_>, twice: &mut Vec<(Span, String)>) -> Result<Node, Fault> {
    let Range { start, end } = parsed.range();
    let span = Span::new(start, end);
    let tree = match parsed {
        Parsed::NullKeyword(_) => Tree::Null,
        Parsed::BooleanLit(literal) => Tree::Bool(literal.value),
        Parsed::StringLit(literal) => Tree::Text(literal.value.into_owned()),
        Parsed::NumberLit(literal) => {
            let number = literal.value.parse::<Number>();
            Tree::Number(number.map_err(|_| Fault(span, "write a number as in 5, -0.5 or 1e3".to_owned()))?)
        }
        Parsed::Array(list) => {
            Tree::List(list.elements.into_iter().map(|item| node(item, twice)).collect::<Result<_, _>>()?)
        }
        Parsed::Object(object) => {
            let mut members: Vec<Member> = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let Range { start, end } = property.name.range();
                let key = match property.name {
                    ObjectPropName::String(name) => name.value.into_owned(),
                    ObjectPropName::Word(name) => name.value.to_owned(),
                };
                let value = node(property.value, twice)?;
                members.push(Member { key, key_span: Span::new(start, end), value });
            }
            report_twice(&mut members, twice);
            Tree::Object(members)
        }
    };
    Ok(Node { span, tree })
}

/// Of two members with one key the first stays, so that its own mistakes are reported.
fn report_twice(members: &mut Vec<Member>, twice: &mut Vec<(Span, String)>) {
    let mut seen = HashSet::new();
    let again: Vec<usize> =
        members.iter().enumerate().filter(|(_, m)| !seen.insert(m.key.as_str())).map(|(i, _)| i).collect();
    if again.is_empty() {
        return;
    }
    let mut i = 0;
    let mut again = again.into_iter().peekable();
    members.retain(|member| {
        let is_again = again.next_if_eq(&i).is_some();
        if is_again {
            twice.push((
                member.key_span,
                format!("the key {:?} appears twice in this object", cut(&member.key, 60)),
            ));
        }
        i += 1;
        !is_again
    });
}
