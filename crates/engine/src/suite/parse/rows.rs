//! Rows: of a check, one check for each, and of a group, one for each member.
//!
//! Owns where rows come from: the suite itself, or a file beside it. Values of a file are never placeholders.

use csv_core::{ReadRecordResult, Reader as CsvReader, ReaderBuilder};
use serde_json::{Map, Value};

use super::reader::{Reader, excerpt};
use crate::base::words::cut;
use crate::suite::model::Each;
use crate::suite::source::{Member, Node, Tree};
use crate::template::Document;

/// How many rows a file may have.
const MOST_ROWS: usize = 100_000;
/// How many values a file may have: each takes a hundred bytes and more.
const MOST_VALUES: usize = 1_000_000;
/// How many columns it may have.
const MOST_COLUMNS: usize = 200;

type Row = Map<String, Value>;

impl Reader<'_> {
    /// The rows of a check.
    pub(super) fn each(&mut self, node: &Node) -> Option<Each> {
        let example = "{\"n\": [1, 2, 3]}, [{\"n\": 1}, {\"n\": 2}] or {\"file\": \"users.csv\"}";
        if let Some(file) = file_of(node) {
            return self.each_of_file(node, file);
        }
        let names = match &node.tree {
            Tree::Object(members) if !members.is_empty() => {
                for member in self.named(node, "column", example) {
                    let is_open = member.value.text().is_some_and(|text| text.contains("{{"));
                    if !is_open {
                        self.items(&member.value, "values", "[1, 2, 3]");
                    }
                }
                members.iter().map(|member| member.key.clone()).collect()
            }
            Tree::List(rows) if !rows.is_empty() => self.rows(rows, example)?,
            _ => {
                self.wrong(node.head(), format!("expected rows, found {}; write {example}", excerpt(node)));
                return None;
            }
        };
        Some(Each { rows: self.document(node)?, names })
    }

    /// The rows that the members of a group get, and how many there are.
    pub(super) fn dealt(&mut self, node: &Node) -> Option<(Each, u64)> {
        let each = match &node.tree {
            Tree::List(_) => self.each(node)?,
            _ if file_of(node).is_some() => self.each(node)?,
            _ => {
                let example = "[{\"user\": \"ann\"}, {\"user\": \"bob\"}] or {\"file\": \"users.csv\"}";
                self.mistyped(node, "one row for each member", example);
                return None;
            }
        };
        let count = match (&node.tree, each.rows.literal()) {
            (Tree::List(rows), _) => rows.len(),
            (_, Some(Value::Array(rows))) => rows.len(),
            _ => 0,
        };
        Some((each, count as u64))
    }

    /// The names that a list of rows gives values to: the same in every row.
    fn rows(&mut self, rows: &[Node], example: &str) -> Option<Vec<String>> {
        let mut names: Option<Vec<String>> = None;
        for row in rows {
            let Some(members) = row.members().filter(|members| !members.is_empty()) else {
                self.wrong(row.head(), format!("expected a row, found {}; write {example}", excerpt(row)));
                continue;
            };
            let Some(names) = &names else {
                self.named(row, "column", example);
                names = Some(members.iter().map(|member| member.key.clone()).collect());
                continue;
            };
            if let Some(extra) = members.iter().find(|member| !names.contains(&member.key)) {
                let key = cut(&extra.key, 60);
                self.wrong(
                    extra.key_span,
                    format!("the first row has no {key:?}, and all rows must have the same names"),
                );
            }
            if let Some(missing) = names.iter().find(|name| row.member(name).is_none()) {
                let name = cut(missing, 60);
                self.wrong(
                    row.head(),
                    format!("this row has no {name:?}, and all rows must have the same names"),
                );
            }
        }
        names
    }

    /// `{"file": "users.csv"}`.
    fn each_of_file(&mut self, node: &Node, file: &Member) -> Option<Each> {
        let beside = node.members().unwrap_or_default().iter().find(|member| member.key != "file");
        if let Some(beside) = beside {
            let message =
                format!("{:?} stands beside a file, which has all columns itself", cut(&beside.key, 60));
            self.wrong(beside.key_span, message);
        }
        let rows = self.read_beside(&file.value, |files, path| rows_in(path, files.text(path)?))?;
        let names: Vec<String> = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
        names.iter().for_each(|name| self.check_name(name, file.value.span, "column"));
        let rows = rows.into_iter().map(Value::Object).collect();
        Some(Each { rows: Document::plain(Value::Array(rows)), names })
    }
}

/// The file that rows name; a list under that name is a column.
fn file_of(node: &Node) -> Option<&Member> {
    node.member("file").filter(|file| file.value.text().is_some_and(|text| !text.contains("{{")))
}

/// The rows of a file, read as its name says.
pub fn rows_in(path: &str, text: &str) -> Result<Vec<Row>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let rows = match ending.as_str() {
        "csv" => rows_of_csv(text, None)?,
        "tsv" => rows_of_csv(text, Some(b'\t'))?,
        "json" => rows_of_json(text)?,
        "jsonl" | "ndjson" => rows_of_lines(text)?,
        _ => return Err("expected a file that ends with .csv, .tsv, .json, .jsonl or .ndjson".to_owned()),
    };
    let Some(first) = rows.first() else { return Err("there is no row in it".to_owned()) };
    if first.is_empty() || first.len() > MOST_COLUMNS {
        return Err(format!("its rows have {} columns; expected 1 to {MOST_COLUMNS}", first.len()));
    }
    let differs = |row: &Row| row.len() != first.len() || row.keys().any(|name| !first.contains_key(name));
    match rows.iter().position(differs) {
        Some(at) => {
            let names: Vec<_> = first.keys().map(|name| cut(name, 40)).collect();
            let names = cut(&names.join(", "), 200);
            Err(format!("row {} has other names than the first one, which has {names}", at + 1))
        }
        None => Ok(rows),
    }
}

fn too_many() -> String {
    format!("there are more than {MOST_ROWS} rows in it")
}

fn row_of(value: Value, number: usize) -> Result<Row, String> {
    match value {
        Value::Object(row) => Ok(row),
        other => Err(format!("row {number} is {}; expected an object", crate::matcher::excerpt(&other))),
    }
}

fn rows_of_json(text: &str) -> Result<Vec<Row>, String> {
    let found: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    let Value::Array(rows) = found else {
        let found = cut(&crate::matcher::excerpt(&found), 60);
        return Err(format!("expected a list of objects, found {found}"));
    };
    if rows.len() > MOST_ROWS {
        return Err(too_many());
    }
    rows.into_iter().enumerate().map(|(at, value)| row_of(value, at + 1)).collect()
}

fn rows_of_lines(text: &str) -> Result<Vec<Row>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut rows = Vec::new();
    for (at, line) in lines {
        if rows.len() == MOST_ROWS {
            return Err(too_many());
        }
        let value = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1))?;
        rows.push(row_of(value, rows.len() + 1)?);
    }
    Ok(rows)
}

/// What stands between the fields of a line of CSV.
pub fn delimiter_of(head: &str) -> u8 {
    [b',', b';', b'\t'].into_iter().find(|sign| head.contains(char::from(*sign))).unwrap_or(b',')
}

/// The first line has the names; every value is a text, so that `007` stays what it is.
fn rows_of_csv(text: &str, delimiter: Option<u8>) -> Result<Vec<Row>, String> {
    let head = text.lines().next().unwrap_or_default();
    let delimiter = delimiter.unwrap_or_else(|| delimiter_of(head));
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut input = text.as_bytes();
    let mut names: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    loop {
        let line = reader.line();
        let Some(fields) = record(&mut reader, &mut input)? else { break };
        let Some(names) = &names else {
            let fields: Vec<String> = fields.into_iter().map(|name| name.trim().to_owned()).collect();
            if let Some(twice) = fields.iter().enumerate().find(|(at, name)| fields[..*at].contains(name)) {
                return Err(format!("two columns are called {:?}", cut(twice.1, 60)));
            }
            names = Some(fields);
            continue;
        };
        if fields.len() != names.len() {
            let found = fields.len();
            return Err(format!("line {line} has {found} fields, and the first line has {}", names.len()));
        }
        if rows.len() == MOST_ROWS {
            return Err(too_many());
        }
        if rows.len() * names.len() > MOST_VALUES {
            return Err(format!("there are more than {MOST_VALUES} values in it"));
        }
        rows.push(names.iter().cloned().zip(fields.into_iter().map(Value::String)).collect());
    }
    Ok(rows)
}

/// The fields of the next line that is not empty; none at the end.
fn record(reader: &mut CsvReader, input: &mut &[u8]) -> Result<Option<Vec<String>>, String> {
    let (mut bytes, mut ends) = (vec![0; 1024], vec![0; 32]);
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, wrote, ends_wrote) =
            reader.read_record(input, &mut bytes[written..], &mut ends[ended..]);
        *input = &input[read..];
        (written, ended) = (written + wrote, ended + ends_wrote);
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => bytes.resize(bytes.len() * 2, 0),
            ReadRecordResult::OutputEndsFull if ends.len() > MOST_COLUMNS => {
                return Err(format!("line {} has more than {MOST_COLUMNS} columns", reader.line()));
            }
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            ReadRecordResult::End => return Ok(None),
            ReadRecordResult::Record => break,
        }
    }
    let mut from = 0;
    let fields = ends[..ended].iter().map(|end| {
        let field = String::from_utf8_lossy(&bytes[from..*end]).into_owned();
        from = *end;
        field
    });
    Ok(Some(fields.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, wanted: Result<&str, &str>) {
        let found = rows_in(path, text).map(|rows| serde_json::to_string(&rows).expect("JSON"));
        assert_eq!(found, wanted.map(str::to_owned).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn csv_is_read_as_spreadsheets_write_it() {
        let ann = r#"[{"user":"ann","pin":"007"},{"user":"b,o\"b","pin":""}]"#;
        check("a.csv", "user,pin\nann,007\n\"b,o\"\"b\",\n", Ok(ann));
        check("a.csv", "\u{feff}user;pin\r\nann;007\r\n\r\n\"b,o\"\"b\";", Ok(ann));
        check("A.TSV", "user\tpin\nann\t007", Ok(r#"[{"user":"ann","pin":"007"}]"#));
        check("a.csv", "user\n\"two\nlines\"", Ok(r#"[{"user":"two\nlines"}]"#));
        let long = "x".repeat(5000);
        check("a.csv", &format!("user\n{long}"), Ok(&format!(r#"[{{"user":"{long}"}}]"#)));
    }

    #[test]
    fn json_and_lines_of_json_keep_their_types() {
        check("a.json", r#"[{"n": 1}, {"n": null}]"#, Ok(r#"[{"n":1},{"n":null}]"#));
        check("a.jsonl", "{\"n\": 1}\n\n{\"n\": \"{{x}}\"}\n", Ok(r#"[{"n":1},{"n":"{{x}}"}]"#));
    }

    #[test]
    fn err_what_is_wrong_in_a_file_says_where() {
        check("a.csv", "", Err("there is no row in it"));
        check("a.csv", "user,pin\n", Err("there is no row in it"));
        check("a.csv", "user,pin\nann,1\nbob\n", Err("line 3 has 1 fields, and the first line has 2"));
        check("a.csv", "user,user\nann,1\n", Err("two columns are called \"user\""));
        check("a.json", "{}", Err("expected a list of objects, found {}"));
        check("a.json", "[{]", Err("is not JSON: key must be a string at line 1 column 3"));
        check(
            "a.json",
            "[{\"a\": 1}, {\"b\": 1}]",
            Err("row 2 has other names than the first one, which has a"),
        );
        check("a.jsonl", "{\"a\": 1}\n[]", Err("row 2 is []; expected an object"));
        check("a.jsonl", "{\"a\": 1}\n{", Err("line 2: EOF while parsing an object at line 1 column 1"));
        check("a.xlsx", "", Err("expected a file that ends with .csv, .tsv, .json, .jsonl or .ndjson"));
        let many = "a\n".to_owned() + &"1\n".repeat(MOST_ROWS + 1);
        check("a.csv", &many, Err("there are more than 100000 rows in it"));
        check("a.csv", &format!("{}\n", "a,".repeat(300)), Err("line 1 has more than 200 columns"));
    }
}
