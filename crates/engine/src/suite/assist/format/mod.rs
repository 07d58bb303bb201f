//! The usual layout of a suite.
//!
//! Owns blanks, line breaks and commas. It refuses to touch anything else: comments, numbers, texts and keys stay as
//! written. What fits on a line takes one line, unless the author gave list items lines of their own. Where an object
//! has several lines, members that shared one still do. Formatting a formatted text changes nothing.

mod cst;

use crate::suite::Problem;
use crate::suite::source;

use cst::{Block, Comment, Item, Value};

/// How long a line may be, in characters.
const WIDEST: usize = 110;
const STEP: usize = 2;
/// What follows behind a value on its line: a comma, or a blank and a bracket or two.
const ROOM: usize = 3;

/// The text in good order; what is wrong with its syntax when it is not JSON. Other mistakes do not matter here.
///
/// ```
/// # use sockscope_engine::suite::assist::format;
/// let text = r#"{"suite":"rooms" , // a comment
/// "vars":{"n":1.50,},}"#;
/// let wanted = r#"{ "suite": "rooms", // a comment
///   "vars": { "n": 1.50 } }
/// "#;
/// assert_eq!(format(text).unwrap(), wanted);
/// ```
pub fn format(text: &str) -> Result<String, Vec<Problem>> {
    source::read(text).map_err(|problem| vec![problem])?;
    let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    let document = cst::read(&text[mark.len()..]);
    let mut writer = Writer { out: mark.to_owned(), indent: 0, column: 0, is_fresh: true };
    for item in &document.items {
        writer.lead(item, 0);
        writer.value(&item.value, 0);
        writer.tail(item);
    }
    writer.loose_comments(&document.last, 0);
    writer.out.push('\n');
    Ok(writer.out)
}

struct Writer {
    out: String,
    /// Of the line that is being written.
    indent: usize,
    column: usize,
    /// Whether nothing has been written at all.
    is_fresh: bool,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
        self.is_fresh = false;
    }

    fn line(&mut self, indent: usize) {
        if !self.is_fresh {
            self.out.push('\n');
        }
        self.indent = indent;
        self.column = indent;
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.is_fresh = false;
    }

    fn blank(&mut self) {
        if !self.is_fresh {
            self.out.push('\n');
        }
    }

    /// Comments on lines of their own.
    fn loose_comments(&mut self, comments: &[Comment<'_>], indent: usize) {
        for comment in comments {
            if comment.has_blank_before {
                self.blank();
            }
            self.line(indent);
            self.comment(comment);
        }
    }

    /// The lines of a comment stay as they are, apart from blanks at their ends.
    fn comment(&mut self, comment: &Comment<'_>) {
        for (i, line) in comment.text.lines().enumerate() {
            if i > 0 {
                self.out.push('\n');
            }
            self.put(line.trim_end());
        }
    }

    /// What stands above an item, and the line break before it.
    fn lead(&mut self, item: &Item<'_>, indent: usize) {
        self.loose_comments(&item.above, indent);
        if item.has_blank_before {
            self.blank();
        }
        self.line(indent);
    }

    fn tail(&mut self, item: &Item<'_>) {
        for comment in &item.behind {
            self.put(" ");
            self.comment(comment);
        }
    }

    fn key(&mut self, item: &Item<'_>) {
        if let Some(key) = item.key {
            self.put(key);
            self.put(": ");
        }
    }

    fn fits(&self, width: Option<usize>, room: usize) -> bool {
        width.is_some_and(|width| self.column + width + room <= WIDEST)
    }

    /// Writes a value on this line if it fits, and else over several.
    fn value(&mut self, value: &Value<'_>, room: usize) {
        match value {
            Value::Plain(text) => self.put(text),
            Value::Block(block) if self.fits(block.width, room) => self.flat(block),
            Value::Block(block) if block.is_list => self.list(block),
            Value::Block(block) => self.object(block),
        }
    }

    fn flat(&mut self, block: &Block<'_>) {
        if block.items.is_empty() {
            return self.put(if block.is_list { "[]" } else { "{}" });
        }
        self.put(if block.is_list { "[" } else { "{ " });
        for (i, item) in block.items.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.key(item);
            match &item.value {
                Value::Plain(text) => self.put(text),
                Value::Block(block) => self.flat(block),
            }
        }
        self.put(if block.is_list { "]" } else { " }" });
    }

    /// Each item on a line of its own; plain ones as many as fit.
    fn list(&mut self, block: &Block<'_>) {
        let outer = self.indent;
        let inner = outer + STEP;
        self.put("[");
        let last = block.items.len().saturating_sub(1);
        let mut is_filling = false;
        for (i, item) in block.items.iter().enumerate() {
            let is_plain = matches!(item.value, Value::Plain(_));
            let stands_alone = !item.above.is_empty() || item.has_blank_before;
            if is_filling && is_plain && !stands_alone && self.fits(item.width(), ROOM) {
                self.put(" ");
            } else {
                self.lead(item, inner);
            }
            self.value(&item.value, ROOM);
            if i < last {
                self.put(",");
            }
            self.tail(item);
            is_filling = is_plain && item.behind.is_empty();
        }
        self.loose_comments(&block.last, inner);
        self.line(outer);
        self.put("]");
    }

    fn object(&mut self, block: &Block<'_>) {
        let outer = self.indent;
        let inner = outer + STEP;
        let is_beside = self.begins_beside(block);
        let last = block.items.len().saturating_sub(1);
        self.put("{");
        let mut is_one_line = is_beside;
        let mut is_sharing = is_beside;
        for (i, item) in block.items.iter().enumerate() {
            let width = item.width();
            let stays = is_sharing && item.above.is_empty() && !(item.is_on_new_line && i > 0);
            let room = if i == last { ROOM + 1 } else { ROOM };
            let on_line_of_its_own = width.is_some_and(|width| inner + width + room <= WIDEST);
            // The last member may open a block on the line on which the object began, and close it together with it.
            let closes_both = i == last
                && is_one_line
                && !on_line_of_its_own
                && block.last.is_empty()
                && self.can_open(item);
            if stays && (self.fits(width.map(|width| width + 1), room) || closes_both) {
                self.put(" ");
            } else {
                self.lead(item, inner);
                is_one_line = false;
            }
            let line = self.out.len();
            self.key(item);
            self.value(&item.value, room);
            let is_broken = self.out[line..].contains('\n');
            if i < last {
                self.put(",");
            }
            self.tail(item);
            is_sharing = !is_broken && item.behind.is_empty();
        }
        self.loose_comments(&block.last, inner);
        let ends_with_comment =
            !block.last.is_empty() || block.items.last().is_none_or(|item| !item.behind.is_empty());
        if is_beside && !ends_with_comment {
            self.put(" }");
        } else {
            self.line(outer);
            self.put("}");
        }
    }

    /// Whether there is room on this line for a key and the bracket behind it.
    fn can_open(&self, item: &Item<'_>) -> bool {
        let bracket = matches!(item.value, Value::Block(_)).then_some(1);
        self.fits(bracket.map(|bracket| bracket + item.key.map_or(0, |key| key.chars().count() + 2)), ROOM)
    }

    /// Whether the first member stands beside the bracket, as it did, and can.
    fn begins_beside(&self, block: &Block<'_>) -> bool {
        let Some(first) = block.items.first().filter(|first| !first.is_on_new_line && first.above.is_empty())
        else {
            return false;
        };
        let width = first.width();
        let room = if block.items.len() == 1 { ROOM + 1 } else { ROOM };
        let would_fit_below = width.is_some_and(|width| self.indent + STEP + width + room <= WIDEST);
        // A member that is alone and too long for any line opens its block beside both brackets.
        self.fits(width.map(|width| width + 2), room)
            || (block.items.len() == 1 && !would_fit_below && self.can_open(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let formatted = format(text).expect("good syntax");
        assert_eq!(formatted, wanted);
        assert_eq!(format(&formatted).expect("good syntax"), formatted, "not the same again");
    }

    #[test]
    fn small_things_stand_on_one_line() {
        check("{\n\"a\":[ 1,2 ,\n3,],\n\"b\":{}}", "{ \"a\": [1, 2, 3], \"b\": {} }\n");
        check("[]", "[]\n");
        check(" 1.50 ", "1.50\n");
    }

    #[test]
    fn long_lists_of_plain_values_fill_their_lines() {
        let numbers: Vec<String> = (1000..1030).map(|n| n.to_string()).collect();
        let lines: Vec<String> = numbers.chunks(18).map(|line| format!("  {}", line.join(", "))).collect();
        check(&format!("[{}]", numbers.join(",")), &format!("[\n{}\n]\n", lines.join(",\n")));
    }

    #[test]
    fn a_suite_keeps_its_way() {
        for text in [
            r#"{ "sockscope": 1, "suite": "rooms",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}", "room": "r-{{uuid}}" },
  "checks": [
    { "check": "a message is answered", "steps": [
      { "send": { "type": "message", "id": 1 }, "expect": { "subset": { "type": "response" } } },
      { "all": [
        { "on": "bob", "expect": { "subset": { "type": "said" } } },
        { "on": "mallory", "silence": { "for": "500ms" } }
      ] }
    ] }
  ] }
"#,
            r#"{
  "sockscope": 1,
  "suite": "rooms",

  "checks": [
    {
      "check": "a message is answered",
      "tags": ["isolation"],
      "steps": [
        { "connect": "*" },
        { "connect": "*" }
      ]
    }
  ]
}
"#,
        ] {
            check(text, text);
        }
    }

    #[test]
    fn a_long_step_is_parted_between_its_members() {
        check(
            r#"[{"on":"alice","send":{"type":"join","room":"{{room}}","user":"alice"},"expect":{"subset":{"type":"joined"},"within":"500ms"}}]"#,
            r#"[
  { "on": "alice", "send": { "type": "join", "room": "{{room}}", "user": "alice" },
    "expect": { "subset": { "type": "joined" }, "within": "500ms" } }
]
"#,
        );
    }

    #[test]
    fn comments_stay_where_they_are() {
        check(
            "// first\n{ // open\n  \"a\": 1, // one\n\n\n  /* two\n     lines */ \"b\": /* x */ 2\n  // last\n}\n// end",
            "// first\n{\n  // open\n  \"a\": 1, // one\n\n  /* two\n     lines */\n  /* x */\n  \"b\": 2\n  // last\n}\n// end\n",
        );
        check("[ // why\n]", "[\n  // why\n]\n");
        check("[1, /* a */ 2]", "[\n  1, /* a */\n  2\n]\n");
    }

    #[test]
    fn what_is_not_json_is_reported() {
        let problems = format("{ \"a\": }").expect_err("no value");
        assert_eq!(problems[0].line, 1);
    }

    /// What a text means, whatever its blanks.
    fn tokens(text: &str) -> (Vec<String>, Vec<String>) {
        cst::tokens(text)
    }

    #[test]
    fn nothing_is_lost_and_the_second_time_changes_nothing() {
        let mut random = Random::with_seed(7);
        let suite = include_str!("../../../../../../tests/golden/suite-valid/everything.json");
        let rooms = include_str!("../../../../../../tests/golden/suite-valid/rooms.json");
        for round in 0..300 {
            let mut text = String::new();
            for (at, c) in (if round % 2 == 0 { suite } else { rooms }).char_indices() {
                text.push(c);
                let is_gap = matches!(c, ',' | '{' | '[') && suite.is_char_boundary(at);
                if is_gap && random.next_u64().is_multiple_of(12) && outside(&text) {
                    text.push_str(
                        ["\n", "\n\n\n", " // why\n", "/* so */", "\n// above\n"]
                            [(random.next_u64() % 5) as usize],
                    );
                }
            }
            if round % 3 == 0 && !text.contains("//") {
                text = text.replace('\n', " ");
            }
            let Ok(once) = format(&text) else { panic!("{text}") };
            assert_eq!(tokens(&once), tokens(&text), "{text}\n{once}");
            let twice = format(&once).expect("still good syntax");
            assert_eq!(once, twice, "{text}");
        }
    }

    /// Whether a text ends outside of strings and comments.
    fn outside(text: &str) -> bool {
        let line = text.rsplit('\n').next().unwrap_or_default();
        line.matches('"').count().is_multiple_of(2) && !line.contains("//")
    }
}
