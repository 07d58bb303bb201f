//! JSON compared by its meaning.

use serde_json::{Map, Value};

use super::align::{Step, align};
use super::{Comparison, Side, TextLine, Tone, push};
use crate::base::canonical;

/// Compares two values.
pub(super) fn compare(a: &Value, b: &Value) -> Comparison {
    let mut found = Comparison::default();
    found.differ(Spot { place: "$".to_owned(), key: None, indent: 0, is_last: true }, a, b);
    found
}

/// Where a value is.
struct Spot<'a> {
    place: String,
    key: Option<&'a str>,
    indent: u16,
    /// No comma follows.
    is_last: bool,
}

impl Spot<'_> {
    /// The beginning of a line of it.
    fn line(&self) -> TextLine {
        let mut line = TextLine { indent: self.indent, ..TextLine::default() };
        if let Some(key) = self.key {
            push(&mut line, Tone::Key, &Value::from(key).to_string());
            push(&mut line, Tone::Mark, ": ");
        }
        line
    }

    fn mark(&self, mark: &str) -> TextLine {
        let mut line = TextLine { indent: self.indent, ..TextLine::default() };
        push(&mut line, Tone::Mark, mark);
        self.end(&mut line);
        line
    }

    fn end(&self, line: &mut TextLine) {
        if !self.is_last {
            push(line, Tone::Mark, ",");
        }
    }

    fn member<'a>(&self, key: &'a str, is_last: bool) -> Spot<'a> {
        let is_plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let place = if is_plain {
            format!("{}.{key}", self.place)
        } else {
            format!("{}[{}]", self.place, Value::from(key))
        };
        Spot { place, key: Some(key), indent: self.indent + 1, is_last }
    }

    fn item(&self, at: usize, is_last: bool) -> Spot<'static> {
        Spot { place: format!("{}[{at}]", self.place), key: None, indent: self.indent + 1, is_last }
    }
}

impl Comparison {
    fn differ(&mut self, spot: Spot<'_>, a: &Value, b: &Value) {
        match (a, b) {
            _ if self.cut => {}
            _ if is_same(a, b) => self.whole(Side::Both, &spot, a, false),
            (Value::Object(a), Value::Object(b)) => self.objects(&spot, a, b),
            (Value::Array(a), Value::Array(b)) => self.arrays(&spot, a, b),
            _ => {
                self.changes += 1;
                let from = self.lines.len();
                self.whole(Side::Left, &spot, a, true);
                self.whole(Side::Right, &spot, b, false);
                self.pair(from);
            }
        }
    }

    fn objects(&mut self, spot: &Spot<'_>, a: &Map<String, Value>, b: &Map<String, Value>) {
        self.open(spot, "{");
        let added: Vec<_> = b.iter().filter(|(key, _)| !a.contains_key(*key)).collect();
        for (at, (key, left)) in a.iter().enumerate() {
            let spot = spot.member(key, at + 1 == a.len() && added.is_empty());
            match b.get(key) {
                Some(right) => self.differ(spot, left, right),
                None => self.only(Side::Left, &spot, left),
            }
        }
        for (at, (key, right)) in added.iter().enumerate() {
            self.only(Side::Right, &spot.member(key, at + 1 == added.len()), right);
        }
        self.add(Side::Both, "", spot.mark("}"));
    }

    fn arrays(&mut self, spot: &Spot<'_>, a: &[Value], b: &[Value]) {
        self.open(spot, "[");
        let texts = |values: &[Value]| values.iter().map(canonical::text).collect::<Vec<_>>();
        let steps = align(&texts(a), &texts(b));
        let mut at = 0;
        while at < steps.len() {
            let gone = steps[at..].iter().take_while(|step| matches!(step, Step::Left(_))).count();
            let come = steps[at + gone..].iter().take_while(|step| matches!(step, Step::Right(_))).count();
            // What went and what came in one place is likely to be the same thing, changed.
            let pairs = gone.min(come);
            for offset in 0..pairs {
                if let (Step::Left(i), Step::Right(j)) = (steps[at + offset], steps[at + gone + offset]) {
                    self.differ(spot.item(j, j + 1 == b.len()), &a[i], &b[j]);
                }
            }
            for step in steps[at + pairs..at + gone].iter().chain(&steps[at + gone + pairs..at + gone + come])
            {
                match *step {
                    Step::Left(i) => self.only(Side::Left, &spot.item(i, i + 1 == a.len()), &a[i]),
                    Step::Right(j) => self.only(Side::Right, &spot.item(j, j + 1 == b.len()), &b[j]),
                    Step::Both(..) => {}
                }
            }
            at += gone + come;
            if let Some(Step::Both(_, j)) = steps.get(at) {
                self.whole(Side::Both, &spot.item(*j, j + 1 == b.len()), &b[*j], false);
                at += 1;
            }
        }
        self.add(Side::Both, "", spot.mark("]"));
    }

    fn open(&mut self, spot: &Spot<'_>, mark: &str) {
        let mut line = spot.line();
        push(&mut line, Tone::Mark, mark);
        self.add(Side::Both, "", line);
    }

    fn only(&mut self, side: Side, spot: &Spot<'_>, value: &Value) {
        self.changes += 1;
        self.whole(side, spot, value, true);
    }

    /// A value on one side, or on both.
    fn whole(&mut self, side: Side, spot: &Spot<'_>, value: &Value, is_named: bool) {
        let place = if is_named { spot.place.as_str() } else { "" };
        let mut line = spot.line();
        match value {
            _ if self.cut => {}
            Value::Object(members) if !members.is_empty() => {
                push(&mut line, Tone::Mark, "{");
                self.add(side, place, line);
                for (at, (key, value)) in members.iter().enumerate() {
                    self.whole(side, &spot.member(key, at + 1 == members.len()), value, false);
                }
                self.add(side, "", spot.mark("}"));
            }
            Value::Array(items) if !items.is_empty() => {
                push(&mut line, Tone::Mark, "[");
                self.add(side, place, line);
                for (at, value) in items.iter().enumerate() {
                    self.whole(side, &spot.item(at, at + 1 == items.len()), value, false);
                }
                self.add(side, "", spot.mark("]"));
            }
            _ => {
                let tone = match value {
                    Value::String(_) => Tone::Text,
                    Value::Number(_) => Tone::Number,
                    Value::Bool(_) | Value::Null => Tone::Word,
                    _ => Tone::Mark,
                };
                push(&mut line, tone, &value.to_string());
                spot.end(&mut line);
                self.add(side, place, line);
            }
        }
    }
}

/// The same meaning, whatever the order of members and the way numbers are written.
fn is_same(a: &Value, b: &Value) -> bool {
    canonical::text(a) == canonical::text(b)
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::*;

    fn told(a: &str, b: &str) -> (Vec<String>, u32) {
        let found = compare((true, a.as_bytes()), (true, b.as_bytes()));
        let lines = found.lines.iter().map(|it| {
            let side = match it.side {
                Side::Both => ' ',
                Side::Left => '-',
                Side::Right => '+',
                Side::Changed => '*',
            };
            let place = if it.place.is_empty() { String::new() } else { format!("  <{}>", it.place) };
            let after = it.after.as_ref().map(|line| format!(" → {}", line.text())).unwrap_or_default();
            format!("{side}{}{}{after}{place}", "  ".repeat(it.line.indent.into()), it.line.text())
        });
        (lines.collect(), found.changes)
    }

    #[test]
    fn order_and_notation_make_no_difference_and_are_shown_as_written() {
        let (lines, changes) = told(r#"{"a":1.0,"b":[1,2]}"#, r#"{"b":[1,2.0],"a":1}"#);
        assert_eq!(changes, 0);
        assert_eq!(lines[1], "   \"a\": 1.0,");
    }

    #[test]
    fn each_difference_is_reported_at_its_place() {
        let (lines, changes) =
            told(r#"{"id":1,"x":{"y":true},"old":null}"#, r#"{"id":2,"x":{"y":true},"new k":[]}"#);
        assert_eq!(
            lines,
            [
                " {",
                "*  \"id\": 1, → \"id\": 2,  <$.id>",
                "   \"x\": {",
                "     \"y\": true",
                "   },",
                "-  \"old\": null,  <$.old>",
                "+  \"new k\": []  <$[\"new k\"]>",
                " }",
            ]
        );
        assert_eq!(changes, 3);
    }

    #[test]
    fn items_are_aligned_and_changed_ones_compared_inside() {
        let (lines, changes) = told(r#"[{"n":1,"k":0},2,3]"#, r#"[{"n":9,"k":0},3,4]"#);
        let changed: Vec<_> = lines.iter().filter(|line| !line.starts_with(' ')).collect();
        assert_eq!(changed, ["*    \"n\": 1, → \"n\": 9,  <$[0].n>", "-  2,  <$[1]>", "+  4  <$[2]>"]);
        assert_eq!(changes, 3);
    }

    #[test]
    fn texts_are_compared_by_lines_and_bytes_by_rows() {
        let (lines, changes) = told("a\nb\nc", "a\nx\nc");
        assert_eq!((lines, changes), ([" a", "*b → x", " c"].map(String::from).to_vec(), 1));
        let found = compare((false, &[1, 2]), (true, b"\x01\x03"));
        assert_eq!((found.lines.len(), found.changes), (1, 1));
        let (lines, changes) = told("a\nb\nc\nd", "a\nx\nd\ne");
        assert_eq!((lines, changes), ([" a", "*b → x", "-c", " d", "+e"].map(String::from).to_vec(), 2));
    }

    #[test]
    fn a_value_that_became_another_stands_in_its_rows_as_far_as_both_have_some() {
        let (lines, changes) = told(r#"{"a":{"b":1,"c":2}}"#, r#"{"a":[7]}"#);
        let wanted =
            [" {", "*  \"a\": { → \"a\": [  <$.a>", "*    \"b\": 1, → 7", "*    \"c\": 2 → ]", "-  }", " }"];
        assert_eq!((lines, changes), (wanted.map(String::from).to_vec(), 1));
    }

    #[test]
    fn sixteen_megabytes_end() {
        let a = format!("[{}1]", "0,".repeat(8 << 20));
        let b = format!("[{}2]", "1,".repeat(8 << 20));
        let found = compare((true, a.as_bytes()), (true, b.as_bytes()));
        assert!(found.cut && found.changes > 0);
    }
}
