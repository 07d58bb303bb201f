//! The grammar of JSONPath.
//!
//! Owns reading a path and reporting where it is wrong. It refuses paths that could only be meant to harm: more than 64
//! segments, filters nested deeper than 8.

use serde_json::Value;

use super::count::Comparison;
use super::filter::{Operand, Relative, Test};
use super::pattern::Pattern;
use super::query::{QueryError, Segment, Selector};

const MOST_SEGMENTS: usize = 64;
const DEEPEST: usize = 8;

/// Integers that every JSON reader keeps, RFC 7493.
const LARGEST: i64 = (1 << 53) - 1;

pub(super) fn parse(text: &str) -> Result<Vec<Segment>, QueryError> {
    let (segments, at) = parse_start(text)?;
    if at < text.len() {
        return Reader { text, at, depth: 0 }.fail("expected . or [ or the end");
    }
    Ok(segments)
}

/// A path at the beginning of a text, and how many bytes it takes.
pub(super) fn parse_start(text: &str) -> Result<(Vec<Segment>, usize), QueryError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    if !reader.take("$") {
        return reader.fail("expected $, with which every path begins,");
    }
    let segments = reader.segments()?;
    Ok((segments, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, QueryError>;

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    /// The same, with blanks on both sides.
    fn take_word(&mut self, token: &str) -> bool {
        self.blanks();
        let is_next = self.take(token);
        self.blanks();
        is_next
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn fail<T>(&self, what: impl Into<String>) -> Parsed<T> {
        Err(QueryError { what: what.into(), column: self.text[..self.at].chars().count() + 1 })
    }

    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.blanks();
            let selectors = if self.take("..") {
                if self.take("[") { self.brackets()? } else { vec![self.shorthand()?] }
            } else if self.take(".") {
                vec![self.shorthand()?]
            } else if self.take("[") {
                self.brackets()?
            } else {
                self.at = before;
                return Ok(segments);
            };
            let descends = self.text[before..].trim_start().starts_with("..");
            segments.push(Segment { descends, selectors });
            if segments.len() > MOST_SEGMENTS {
                return self.fail("a path has at most 64 segments, this one has more");
            }
        }
    }

    fn shorthand(&mut self) -> Parsed<Selector> {
        if self.take("*") {
            return Ok(Selector::Wildcard);
        }
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        let end =
            self.rest().find(|c: char| !(is_first(c) || c.is_ascii_digit())).unwrap_or(self.rest().len());
        if !self.rest().starts_with(is_first) {
            return self.fail("expected a name or *; other names are written ['so']");
        }
        let name = self.rest()[..end].to_owned();
        self.at += end;
        Ok(Selector::Name(name))
    }

    fn brackets(&mut self) -> Parsed<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.blanks();
            selectors.push(self.selector()?);
            if self.take_word(",") {
                continue;
            }
            self.blanks();
            return if self.take("]") { Ok(selectors) } else { self.fail("expected , or ]") };
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('"' | '\'') => self.string().map(Selector::Name),
            Some('?') => {
                self.at += 1;
                self.test().map(Selector::Filter)
            }
            Some('-' | '0'..='9' | ':') => self.index_or_slice(),
            _ => self.fail("expected a selector"),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        if !self.take_word(":") {
            return match start {
                Some(index) => Ok(Selector::Index(index)),
                None => self.fail("expected a whole number"),
            };
        }
        let end = self.integer()?;
        let step = if self.take_word(":") { self.integer()? } else { None };
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let len = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let text = &rest[..rest.len() - digits.len() + len];
        if text.is_empty() {
            return Ok(None);
        }
        let is_plain = text == "0" || (len > 0 && !digits.starts_with('0'));
        match text.parse::<i64>() {
            Ok(number) if is_plain && number.abs() <= LARGEST => {
                self.at += text.len();
                Ok(Some(number))
            }
            _ => self.fail("expected a whole number without leading zeros, at most 2^53-1,"),
        }
    }

    /// A string in either kind of quotes, read as JSON once its quotes are JSON's.
    fn string(&mut self) -> Parsed<String> {
        let quote = if self.take("'") {
            '\''
        } else if self.take("\"") {
            '"'
        } else {
            return self.fail("expected a string");
        };
        let mut json = String::from('"');
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, '\'')) if quote == '\'' => json.push('\''),
                    Some((_, '"')) if quote == '\'' => break,
                    Some((_, escaped)) => json.extend(['\\', escaped]),
                    None => break,
                },
                '"' if quote == '\'' => json.push_str("\\\""),
                c if c == quote => {
                    json.push('"');
                    return match serde_json::from_str(&json) {
                        Ok(text) => {
                            self.at += at + 1;
                            Ok(text)
                        }
                        Err(_) => self.fail("expected a string with escapes as in JSON"),
                    };
                }
                c => json.push(c),
            }
        }
        self.fail("a string without an end")
    }

    fn test(&mut self) -> Parsed<Test> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail("filters are nested at most 8 deep, this one is deeper");
        }
        let mut either = vec![self.conjunction()?];
        while self.take_word("||") {
            either.push(self.conjunction()?);
        }
        self.depth -= 1;
        Ok(Test::Or(either))
    }

    fn conjunction(&mut self) -> Parsed<Test> {
        let mut all = vec![self.basic()?];
        while self.take_word("&&") {
            all.push(self.basic()?);
        }
        Ok(Test::And(all))
    }

    fn basic(&mut self) -> Parsed<Test> {
        self.blanks();
        let is_negated = self.take("!");
        self.blanks();
        let test = if self.take("(") {
            let inner = self.test()?;
            self.close()?;
            inner
        } else if self.take("match(") {
            self.matches(Pattern::compile_whole)?
        } else if self.take("search(") {
            self.matches(Pattern::compile)?
        } else {
            self.existence_or_comparison(is_negated)?
        };
        Ok(if is_negated { Test::Not(Box::new(test)) } else { test })
    }

    fn existence_or_comparison(&mut self, is_negated: bool) -> Parsed<Test> {
        let began = self.at;
        // A path that stands alone may select many values; a compared one is singular.
        if let Some(path) = self.relative()? {
            let after = self.at;
            if is_negated || self.comparison().is_none() {
                self.at = after;
                return Ok(Test::Exists(path));
            }
            self.at = began;
        }
        let left = self.operand()?;
        let Some(comparison) = self.comparison() else {
            return self.fail("expected a comparison");
        };
        Ok(Test::Compare(left, comparison, self.operand()?))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const WORDS: [(&str, Comparison); 6] = [
            ("==", Comparison::Eq),
            ("!=", Comparison::Ne),
            ("<=", Comparison::Lte),
            (">=", Comparison::Gte),
            ("<", Comparison::Lt),
            (">", Comparison::Gt),
        ];
        WORDS.iter().find(|(word, _)| self.take_word(word)).map(|(_, comparison)| *comparison)
    }

    fn matches(&mut self, compile: impl Fn(&str) -> Result<Pattern, String>) -> Parsed<Test> {
        self.blanks();
        let operand = self.operand()?;
        if !self.take_word(",") {
            return self.fail("expected , and a pattern");
        }
        let text = self.string()?;
        let pattern = match compile(&text) {
            Ok(pattern) => pattern,
            Err(error) => return self.fail(format!("expected a regular expression ({error})")),
        };
        self.close()?;
        Ok(Test::Matches(operand, pattern))
    }

    fn close(&mut self) -> Parsed<()> {
        self.blanks();
        if self.take(")") { Ok(()) } else { self.fail("expected )") }
    }

    fn relative(&mut self) -> Parsed<Option<Relative>> {
        let is_from_root = match self.peek() {
            Some('@') => false,
            Some('$') => true,
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(Relative { is_from_root, segments: self.segments()? }))
    }

    fn operand(&mut self) -> Parsed<Operand> {
        self.blanks();
        let began = self.at;
        if let Some(path) = self.relative()? {
            let is_singular = path.segments.iter().all(|segment| {
                !segment.descends
                    && matches!(&segment.selectors[..], [Selector::Name(_) | Selector::Index(_)])
            });
            if !is_singular {
                self.at = began;
                return self.fail("expected a path to one value");
            }
            return Ok(Operand::Value(path));
        }
        let is_count = self.take("count(");
        if is_count || self.take("value(") {
            self.blanks();
            let Some(path) = self.relative()? else { return self.fail("expected a path") };
            self.close()?;
            return Ok(if is_count { Operand::Count(path) } else { Operand::Value(path) });
        }
        if self.take("length(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return self.fail("filters are nested at most 8 deep, this one is deeper");
            }
            let of = self.operand()?;
            self.close()?;
            self.depth -= 1;
            return Ok(Operand::Length(Box::new(of)));
        }
        if matches!(self.peek(), Some('"' | '\'')) {
            return Ok(Operand::Literal(self.string()?.into()));
        }
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        match serde_json::from_str::<Value>(word) {
            Ok(literal) => {
                self.at += word.len();
                Ok(Operand::Literal(literal))
            }
            Err(_) => self.fail("expected a path, a literal or a function"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::matcher::Query;

    #[track_caller]
    fn check(filter: &str, expected: Option<i32>) {
        let root = json!({"least": 2, "of": [
            {"n": 1, "s": "ann", "l": []},
            {"n": 2.0, "s": "bob", "l": [1, 2]},
            {"n": 3, "t": null},
        ]});
        let query = Query::parse(&format!("$.of[?{filter}].n")).unwrap_or_else(|e| panic!("{filter}: {e}"));
        let got = query.first(&root).map(|n| n.as_f64().unwrap() as i32);
        assert_eq!(got, expected, "{filter}");
    }

    #[track_caller]
    fn wrong(path: &str, expected: &str) {
        assert_eq!(Query::parse(path).unwrap_err().to_string(), expected, "{path}");
    }

    #[test]
    fn ok_filters() {
        check("@.n == 2", Some(2));
        check("@.n>=$.least", Some(2));
        check("@.s != 'ann'", Some(2));
        check("!@.s", Some(3));
        check("@.t", Some(3));
        check("@.t == null", Some(3));
        check("@.s < \"b\" || @.n > 2", Some(1));
        check("!(@.n < 2) && @.l", Some(2));
        check("@.x == @.y", Some(1));
        check("@.n == '2'", None);
    }

    #[test]
    fn ok_functions() {
        check("length(@.l) == 2", Some(2));
        check("length( @.s ) > 3", None);
        check("count(@.l.*) >= 1", Some(2));
        check("value(@.l[1:]) == 2", Some(2));
        check("match(@.s, 'b.b')", Some(2));
        check("match(@.s, 'o')", None);
        check("search(@.s, 'o')", Some(2));
    }

    #[test]
    fn err_paths() {
        wrong("a.b", "expected $, with which every path begins, at character 1");
        wrong("$.", "expected a name or *; other names are written ['so'] at character 3");
        wrong("$.a-b", "expected . or [ or the end at character 4");
        wrong("$[", "expected a selector at character 3");
        wrong("$[1", "expected , or ] at character 4");
        wrong("$[01]", "expected a whole number without leading zeros, at most 2^53-1, at character 3");
        wrong("$['a]", "a string without an end at character 4");
        wrong("$[?@.* == 1]", "expected a path to one value at character 4");
        wrong("$[?1]", "expected a comparison at character 5");
        wrong("$.é€[", "expected a selector at character 6");
    }

    #[test]
    fn err_hostile_paths() {
        assert!(Query::parse(&("$".to_owned() + &"[?(".repeat(10_000))).is_err());
        assert!(Query::parse(&("$".to_owned() + &"[?@".repeat(10_000))).is_err());
        assert!(Query::parse(&("$[?".to_owned() + &"length(".repeat(10_000))).is_err());
        assert!(Query::parse(&("$".to_owned() + &".a".repeat(10_000))).is_err());
    }
}
