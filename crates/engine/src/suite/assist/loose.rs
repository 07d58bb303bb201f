//! Any text as a tree, however broken.
//!
//! Owns how a half-written suite is understood: an unclosed text ends with its line, a stray bracket is skipped,
//! missing parts stay missing. It refuses to know keys. Each byte is read once.

/// Stands for no piece.
const NONE: u32 = u32::MAX;
/// Longer texts are not read; nor does the parser.
const LARGEST: usize = 16 << 20;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    List,
    /// In quotation marks, of which the last may be missing.
    Text,
    /// A number, `true` or anything else without quotation marks.
    Word,
    /// A key without a value.
    Missing,
}

/// Bytes of the text.
pub(super) type Range = (usize, usize);

/// A value, or a key that has none yet.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    start: u32,
    end: u32,
    key: Option<(u32, u32)>,
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The object or list around it.
    pub(super) inside: Option<usize>,
    /// The key whose value stands here, or would; none where a key or an item belongs.
    pub(super) key: Option<Range>,
    /// The text or word that it is in.
    pub(super) token: Option<Range>,
    pub(super) is_in_comment: bool,
}

/// The whole text.
pub(super) struct Loose<'t> {
    pub(super) text: &'t str,
    pub(super) pieces: Vec<Piece>,
    pub(super) cursor: Cursor,
}

impl<'t> Loose<'t> {
    /// Reads a text and notes where in it `offset` lies, which is the start of a character.
    pub(super) fn read(text: &'t str, offset: usize) -> Self {
        let read = if text.len() > LARGEST { "" } else { text };
        let mut reader = Reader {
            loose: Self { text: read, pieces: Vec::new(), cursor: Cursor::default() },
            open: Vec::new(),
            lists: 0,
            key: None,
            offset,
            is_placed: read.len() != text.len(),
        };
        reader.all();
        reader.loose
    }

    /// Its own key, without quotation marks and as it is written.
    pub(super) fn key(&self, id: usize) -> Option<&'t str> {
        self.key_range(id).map(|range| self.unquoted(range))
    }

    pub(super) fn key_range(&self, id: usize) -> Option<Range> {
        self.pieces[id].key.map(|(start, end)| (start as usize, end as usize))
    }

    pub(super) fn parent(&self, id: usize) -> Option<usize> {
        some(self.pieces[id].parent)
    }

    pub(super) fn range(&self, id: usize) -> Range {
        (self.pieces[id].start as usize, self.pieces[id].end as usize)
    }

    /// What it says, when it is a text.
    pub(super) fn words(&self, id: usize) -> Option<&'t str> {
        (self.pieces[id].kind == Kind::Text).then(|| self.unquoted(self.range(id)))
    }

    pub(super) fn children(&self, id: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(some(self.pieces[id].first), |id| some(self.pieces[*id].next))
    }

    /// The keys of an object, apart from one that stands at `but`.
    pub(super) fn keys(&self, id: usize, but: Option<Range>) -> impl Iterator<Item = &'t str> + '_ {
        self.children(id)
            .filter(move |id| but.is_none() || self.key_range(*id) != but)
            .filter_map(|id| self.key(id))
    }

    pub(super) fn unquoted(&self, (start, end): Range) -> &'t str {
        let raw = &self.text[start..end];
        let inner = raw.strip_prefix('"').unwrap_or(raw);
        if inner.len() < raw.len() && is_closed(raw) { &inner[..inner.len() - 1] } else { inner }
    }
}

/// Whether the notation of a text has its closing quotation mark.
pub(super) fn is_closed(raw: &str) -> bool {
    raw.len() > 1 && end_of_text(raw.as_bytes(), 0) == (raw.len(), true)
}

fn some(id: u32) -> Option<usize> {
    (id != NONE).then_some(id as usize)
}

struct Reader<'t> {
    loose: Loose<'t>,
    /// Objects and lists without their end so far.
    open: Vec<u32>,
    /// How many of them are lists.
    lists: usize,
    /// A key that waits for its value, and whether its colon has come.
    key: Option<((u32, u32), bool)>,
    offset: usize,
    is_placed: bool,
}

impl Reader<'_> {
    fn all(&mut self) {
        let bytes = self.loose.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let start = at;
            match byte {
                b'"' => {
                    let (end, has_end) = end_of_text(bytes, at);
                    self.place(start, end, !has_end);
                    self.token(start, end, Kind::Text);
                    at = end;
                }
                b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                    at = self.comment(at);
                }
                b'{' | b'[' => {
                    self.place(start, start, false);
                    at += 1;
                    self.begin(start, if byte == b'{' { Kind::Object } else { Kind::List });
                }
                b'}' | b']' => {
                    self.place(start, start, false);
                    at += 1;
                    self.end(at, if byte == b'}' { Kind::Object } else { Kind::List });
                }
                b',' => {
                    self.place(start, start, false);
                    at += 1;
                    self.drop_key(start);
                }
                b':' => {
                    self.place(start, start, false);
                    at += 1;
                    if let Some((_, has_colon)) = &mut self.key {
                        *has_colon = true;
                    }
                }
                byte if byte.is_ascii_whitespace() => at += 1,
                _ => {
                    let ends = |byte: &u8| byte.is_ascii_whitespace() || br#"{}[],:"/"#.contains(byte);
                    at += 1;
                    at += bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at);
                    self.place(start, at, true);
                    self.token(start, at, Kind::Word);
                }
            }
        }
        self.place(at, at, false);
        self.drop_key(at);
        while let Some(id) = self.open.pop() {
            self.loose.pieces[id as usize].end = short(at);
        }
    }

    /// The end of a comment.
    fn comment(&mut self, at: usize) -> usize {
        let is_line = self.loose.text.as_bytes()[at + 1] == b'/';
        let rest = &self.loose.text[at + 2..];
        let end = match is_line {
            true => rest.find('\n').map(|found| at + 2 + found),
            false => rest.find("*/").map(|found| at + 4 + found),
        };
        let has_end = end.is_some() && !is_line;
        let end = end.unwrap_or(self.loose.text.len());
        self.place(at, at, false);
        if !self.is_placed && (self.offset < end || (self.offset == end && !has_end)) {
            self.loose.cursor.is_in_comment = true;
            self.is_placed = true;
        }
        end
    }

    /// Notes where the cursor is, when it lies before this token or in it. `with_end`: also behind its last character.
    fn place(&mut self, start: usize, end: usize, with_end: bool) {
        if self.is_placed || self.offset > end || (self.offset == end && end > start && !with_end) {
            return;
        }
        self.is_placed = true;
        let inside = self.open.last().map(|id| *id as usize);
        let key = match self.key {
            Some(((start, end), true)) => Some((start as usize, end as usize)),
            _ => None,
        };
        let token = (self.offset > start).then_some((start, end));
        self.loose.cursor = Cursor { inside, key, token, is_in_comment: false };
    }

    /// A text or a word: a key where one belongs.
    fn token(&mut self, start: usize, end: usize, kind: Kind) {
        let is_in_object =
            self.open.last().is_some_and(|id| self.loose.pieces[*id as usize].kind == Kind::Object);
        match self.key {
            Some((_, true)) => {
                self.add(kind, start, end);
            }
            _ if is_in_object => {
                self.drop_key(start);
                self.key = Some(((short(start), short(end)), false));
            }
            _ => {
                self.add(kind, start, end);
            }
        }
    }

    /// A key to which no value came.
    fn drop_key(&mut self, at: usize) {
        if self.key.is_some() {
            self.add(Kind::Missing, at, at);
        }
    }

    fn begin(&mut self, at: usize, kind: Kind) {
        let id = self.add(kind, at, at + 1);
        self.open.push(id);
        self.lists += usize::from(kind == Kind::List);
    }

    /// Closes the innermost of this kind, and with it what was not closed within.
    fn end(&mut self, at: usize, kind: Kind) {
        self.drop_key(at - 1);
        let same = if kind == Kind::List { self.lists } else { self.open.len() - self.lists };
        if same == 0 {
            return;
        }
        while let Some(id) = self.open.pop() {
            let piece = &mut self.loose.pieces[id as usize];
            piece.end = short(at);
            self.lists -= usize::from(piece.kind == Kind::List);
            if piece.kind == kind {
                return;
            }
        }
    }

    fn add(&mut self, kind: Kind, start: usize, end: usize) -> u32 {
        let pieces = &mut self.loose.pieces;
        let id = short(pieces.len());
        let parent = self.open.last().copied().unwrap_or(NONE);
        if let Some(parent) = pieces.get_mut(parent as usize) {
            let last = std::mem::replace(&mut parent.last, id);
            match pieces.get_mut(last as usize) {
                Some(last) => last.next = id,
                None => pieces[self.open[self.open.len() - 1] as usize].first = id,
            }
        }
        let key = self.key.take().map(|(range, _)| range);
        let (start, end) = (short(start), short(end));
        pieces.push(Piece { kind, start, end, key, parent, first: NONE, last: NONE, next: NONE });
        id
    }
}

/// The byte after a text, and whether it has its closing quotation mark.
fn end_of_text(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return (at + 1, true),
            // A line break behind a backslash ends the text all the same.
            Some(b'\\') if bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_graphic()) => at += 2,
            Some(b'\n' | b'\r') | None => return (at.min(bytes.len()), false),
            Some(_) => at += 1,
        }
    }
}

/// Texts are at most 16 MiB.
fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` is the cursor. What is around it, the key before it and its parent.
    #[track_caller]
    fn check(marked: &str, inside: &str, key: Option<&str>, token: Option<&str>) {
        let at = marked.find('|').expect("a cursor");
        let text = marked.replace('|', "");
        let loose = Loose::read(&text, at);
        let Cursor { inside: id, key: behind, token: within, is_in_comment } = loose.cursor;
        let around = id.map_or("", |id| &text[loose.range(id).0..loose.range(id).1]);
        assert_eq!(around, inside);
        assert_eq!(behind.map(|range| loose.unquoted(range)), key);
        assert_eq!(within.map(|(start, end)| &text[start..end]), token);
        assert!(!is_in_comment);
    }

    #[test]
    fn a_cursor_knows_what_is_around_it() {
        check("|", "", None, None);
        check("{|", "{", None, None);
        check(r#"{ "a": 1, "b|" }"#, r#"{ "a": 1, "b" }"#, None, Some(r#""b""#));
        check(r#"{ "a": | }"#, r#"{ "a":  }"#, Some("a"), None);
        check(r#"{ "a": tr| }"#, r#"{ "a": tr }"#, Some("a"), Some("tr"));
        check(r#"{ "a": ["x|"] }"#, r#"["x"]"#, None, Some(r#""x""#));
        check(r#"{ "a": "x"| }"#, r#"{ "a": "x" }"#, None, None);
        check("{ \"a\n|", "{ \"a\n", None, None);
        check("{ \"a|\n}", "{ \"a\n}", None, Some("\"a"));
        check(r#"{ "a": [ } | "#, "", None, None);
        check(r#"{ "a" "b": | }"#, r#"{ "a" "b":  }"#, Some("b"), None);
        check(r#"{ "a": "é\"|" }"#, r#"{ "a": "é\"" }"#, Some("a"), Some(r#""é\"""#));
    }

    #[test]
    fn a_comment_is_not_a_place() {
        for (text, at, is_in) in [
            ("// x", 4, true),
            ("// x\n", 4, true),
            ("// x\n", 5, false),
            ("/* x", 4, true),
            ("/**/", 4, false),
            ("/**/", 0, false),
        ] {
            assert_eq!(Loose::read(text, at).cursor.is_in_comment, is_in, "{text:?} {at}");
        }
    }

    #[test]
    fn keys_without_values_are_keys() {
        let loose = Loose::read(r#"{ "a": 1 "b", c, "d": }"#, 0);
        assert_eq!(loose.keys(0, None).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }
}
