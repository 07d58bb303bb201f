//! A text with its comments and line breaks.
//!
//! Owns which comment belongs to which item. It refuses to find mistakes: the text has been read by the parser before, which
//! also bounds its depth.

use std::slice;

use jsonc_parser::tokens::Token as Scanned;
use jsonc_parser::{Scanner, ScannerOptions};

/// A comment as it is written.
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    pub(super) has_blank_before: bool,
}

/// A member of an object, an item of a list, or the value of the text.
pub(super) struct Item<'t> {
    /// Comments before it.
    pub(super) above: Vec<Comment<'t>>,
    pub(super) has_blank_before: bool,
    /// Whether it, or a comment above it, was the first on its line.
    pub(super) is_on_new_line: bool,
    pub(super) key: Option<&'t str>,
    pub(super) value: Value<'t>,
    /// Comments behind it on its line.
    pub(super) behind: Vec<Comment<'t>>,
}

pub(super) enum Value<'t> {
    Plain(&'t str),
    Block(Block<'t>),
}

/// An object or a list.
pub(super) struct Block<'t> {
    pub(super) is_list: bool,
    pub(super) items: Vec<Item<'t>>,
    /// Comments before its end.
    pub(super) last: Vec<Comment<'t>>,
    /// On one line, in characters; none when it has to have several.
    pub(super) width: Option<usize>,
}

impl Item<'_> {
    /// With its key and without comments, in characters.
    pub(super) fn width(&self) -> Option<usize> {
        let value = match &self.value {
            Value::Plain(text) => Some(text.chars().count()),
            Value::Block(block) => block.width,
        };
        value.map(|value| value + self.key.map_or(0, |key| key.chars().count() + 2))
    }
}

/// Reads a text of which the syntax is good.
pub(super) fn read(text: &str) -> Block<'_> {
    block(&mut scan(text).iter(), false)
}

#[derive(Clone, Copy)]
enum Token<'t> {
    Comment(&'t str),
    /// A text, a number or a word.
    Plain(&'t str),
    Mark(u8),
}

/// Each token, and how many line breaks stand before it.
fn scan(text: &str) -> Vec<(usize, Token<'_>)> {
    let mut scanner = Scanner::new(text, &ScannerOptions::default());
    let (mut tokens, mut end) = (Vec::new(), 0);
    // A mistake is not possible: the parser has read the text.
    while let Ok(Some(token)) = scanner.scan() {
        let breaks = text[end..scanner.token_start()].matches('\n').count();
        end = scanner.token_end();
        let written = &text[scanner.token_start()..end];
        let token = match token {
            Scanned::CommentLine(_) | Scanned::CommentBlock(_) => Token::Comment(written),
            Scanned::String(_)
            | Scanned::Word(_)
            | Scanned::Boolean(_)
            | Scanned::Number(_)
            | Scanned::Null => Token::Plain(written),
            mark => Token::Mark(mark.as_str().as_bytes()[0]),
        };
        tokens.push((breaks, token));
    }
    tokens
}

/// The tokens that are still to be read.
type Tokens<'a, 't> = slice::Iter<'a, (usize, Token<'t>)>;

/// Whether a colon follows, so that what was read is a key.
fn is_before_colon(tokens: &Tokens<'_, '_>) -> bool {
    let next = tokens.clone().find(|(_, token)| !matches!(token, Token::Comment(_)));
    matches!(next, Some((_, Token::Mark(b':'))))
}

/// Reads up to the end of an object or a list, or of the text.
fn block<'t>(tokens: &mut Tokens<'_, 't>, is_list: bool) -> Block<'t> {
    let mut items: Vec<Item<'t>> = Vec::new();
    let mut above: Vec<Comment<'t>> = Vec::new();
    let mut key = None;
    // Line breaks before what has been read of the next item.
    let mut before = None;
    // Whether a comment on this line still belongs to the item before it.
    let mut is_behind = false;
    while let Some(&(breaks, token)) = tokens.next() {
        is_behind &= breaks == 0;
        let value = match token {
            Token::Comment(text) => {
                let comment = Comment {
                    text,
                    has_blank_before: breaks > 1 && (!items.is_empty() || !above.is_empty()),
                };
                match items.last_mut() {
                    Some(item) if is_behind && !text.contains('\n') => item.behind.push(comment),
                    _ => {
                        before = before.or(Some(breaks));
                        above.push(comment);
                    }
                }
                continue;
            }
            Token::Mark(b',') => {
                is_behind |= breaks == 0 && above.is_empty();
                continue;
            }
            Token::Mark(b':') => continue,
            Token::Mark(b'}' | b']') => break,
            Token::Mark(mark) => {
                let mark = mark == b'[';
                Value::Block(block(tokens, mark))
            }
            Token::Plain(text) if is_before_colon(tokens) => {
                before = before.or(Some(breaks));
                is_behind = false;
                key = Some((text, breaks > 1));
                continue;
            }
            Token::Plain(text) => Value::Plain(text),
        };
        let (key, has_blank) =
            key.take().map_or((None, breaks > 1), |(key, has_blank)| (Some(key), has_blank));
        let has_blank_before = has_blank && (!items.is_empty() || !above.is_empty());
        let is_on_new_line = before.take().unwrap_or(breaks) > 0;
        let above = std::mem::take(&mut above);
        items.push(Item { above, has_blank_before, is_on_new_line, key, value, behind: Vec::new() });
        is_behind = true;
    }
    let width = width(&items, is_list).filter(|_| above.is_empty());
    Block { is_list, items, last: above, width }
}

/// On one line; none when there are comments, or when the author gave the objects of a list lines of their own.
fn width(items: &[Item<'_>], is_list: bool) -> Option<usize> {
    let brackets = if is_list || items.is_empty() { 2 } else { 4 };
    let has_lines = is_list && items.first().is_some_and(|item| item.is_on_new_line);
    let mut width = brackets + 2 * items.len().saturating_sub(1);
    for item in items {
        let has_comment = !item.above.is_empty() || !item.behind.is_empty();
        if has_comment || (has_lines && matches!(item.value, Value::Block(_))) {
            return None;
        }
        width += item.width()?;
    }
    Some(width)
}

/// The tokens of a text without commas, which may be more or fewer, and its comments.
#[cfg(test)]
pub(super) fn tokens(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut tokens, mut comments) = (Vec::new(), Vec::new());
    for (_, token) in scan(text) {
        match token {
            Token::Comment(text) => comments.push(text.trim_end().to_owned()),
            Token::Plain(text) => tokens.push(text.to_owned()),
            Token::Mark(b',') => {}
            Token::Mark(mark) => tokens.push(char::from(mark).to_string()),
        }
    }
    (tokens, comments)
}
