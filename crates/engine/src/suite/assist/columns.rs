//! The columns of rows that stand in a file beside the suite.
//!
//! Owns which files of rows count at the cursor, and where in one a column has its name. It refuses to judge them: the
//! parser says what is wrong with rows.

use crate::suite::files::{FileKind, path_from};
use crate::suite::parse::delimiter_of;

use super::beside::{Read, kind_of};
use super::loose::{Kind, Range};
use super::sketch::Sketch;

/// How many files are looked into.
const MOST: usize = 20;

/// A column by its place.
pub(super) struct Column {
    /// The file, by its path from the suite's folder.
    pub(super) path: String,
    pub(super) text: String,
    /// Its name in that text.
    pub(super) name: Range,
}

/// The files of rows that the check of the cursor has, or the clients of the suite: each with its piece.
fn files<'s>(sketch: &'s Sketch<'_>) -> impl Iterator<Item = (usize, String)> + 's {
    let loose = &sketch.loose;
    let here = loose.cursor.inside.and_then(|id| sketch.check(id));
    let is_near = move |id: &usize| sketch.check(*id).is_none_or(|check| here == Some(check));
    let texts = (0..loose.pieces.len()).filter(move |id| loose.pieces[*id].kind == Kind::Text && is_near(id));
    let rows = texts.filter_map(move |id| {
        let is_rows = loose.key(id) == Some("file")
            && kind_of(sketch, loose.parent(id)?, loose.key(id)) == Some(FileKind::Rows);
        let path = path_from("", loose.words(id)?).ok()?;
        is_rows.then_some((id, path))
    });
    rows.take(MOST)
}

/// The column of this name.
pub(super) fn of(sketch: &Sketch<'_>, name: &str, read: &mut Read<'_>) -> Option<Column> {
    files(sketch).find_map(|(_, path)| {
        let text = read(&path)?;
        let (_, name) = header(&path, &text).into_iter().find(|(known, _)| known == name)?;
        Some(Column { path, text, name })
    })
}

/// Where the only file of rows is named, when it cannot be read: any name may be one of its columns.
pub(super) fn unread(sketch: &Sketch<'_>, read: &mut Read<'_>) -> Option<Range> {
    let mut unread = files(sketch).filter(|(_, path)| read(path).is_none());
    let (only, _) = unread.next()?;
    unread.next().is_none().then(|| sketch.loose.range(only))
}

/// The names of all columns.
pub(super) fn names(sketch: &Sketch<'_>, read: &mut Read<'_>) -> Vec<String> {
    let all = files(sketch).filter_map(|(_, path)| Some(header(&path, &read(&path)?)));
    all.flatten().map(|(name, _)| name).collect()
}

/// The names of the columns of a file, each with its place.
pub(super) fn header(path: &str, text: &str) -> Vec<(String, Range)> {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "csv" => of_table(text, None),
        "tsv" => of_table(text, Some('\t')),
        // The first line is a row.
        "jsonl" | "ndjson" => of_objects(&text[..first_line(text).1]),
        _ => of_objects(text),
    }
}

/// The first line that has something in it.
fn first_line(text: &str) -> Range {
    let start = text.len() - text.trim_start_matches(['\u{feff}', '\r', '\n']).len();
    (start, text[start..].find('\n').map_or(text.len(), |end| start + end))
}

/// The fields of the first line. A quotation mark in a name is left as it is written.
fn of_table(text: &str, delimiter: Option<char>) -> Vec<(String, Range)> {
    let (start, end) = first_line(text);
    let line = text[start..end].trim_end_matches('\r');
    let delimiter = delimiter.unwrap_or_else(|| char::from(delimiter_of(line)));
    let mut is_quoted = false;
    let fields = line.split(|sign: char| {
        is_quoted ^= sign == '"';
        sign == delimiter && !is_quoted
    });
    let placed = fields.map(|field| {
        let name = field.trim().trim_matches('"').trim();
        let from = name.as_ptr() as usize - text.as_ptr() as usize;
        (name.to_owned(), (from, from + name.len()))
    });
    placed.collect()
}

/// The keys of the first object.
fn of_objects(text: &str) -> Vec<(String, Range)> {
    let sketch = Sketch::read(text, 0);
    let loose = &sketch.loose;
    let Some(first) = (0..loose.pieces.len()).find(|id| loose.pieces[*id].kind == Kind::Object) else {
        return Vec::new();
    };
    let keys = loose.children(first).filter_map(|id| Some((loose.key(id)?.to_owned(), loose.key_range(id)?)));
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, wanted: &[(&str, &str)]) {
        let found = header(path, text);
        let found: Vec<_> =
            found.iter().map(|(name, (from, to))| (name.as_str(), &text[*from..*to])).collect();
        assert_eq!(found, wanted, "{text}");
    }

    #[test]
    fn columns_have_their_names_in_the_head_of_a_table_or_in_the_first_row() {
        check("a.csv", "user,job\nann,x", &[("user", "user"), ("job", "job")]);
        check("a.csv", "\u{feff}\r\nuser; \"the; job\"\r\n", &[("user", "user"), ("the; job", "the; job")]);
        check("a.tsv", "user\tjob", &[("user", "user"), ("job", "job")]);
        check(
            "a.json",
            r#"[{"user": {"x": 1}, "job": 2}, {"other": 1}]"#,
            &[("user", "\"user\""), ("job", "\"job\"")],
        );
        check("a.jsonl", "{\"user\": 1}\n{\"job\": 1}", &[("user", "\"user\"")]);
        check("a.csv", "", &[("", "")]);
        check("a.json", "", &[]);
    }
}
