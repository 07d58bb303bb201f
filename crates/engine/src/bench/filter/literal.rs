//! A text that every match of a regular expression contains.
//!
//! Owns a reading of the pattern that gives up early: it takes no text from groups, classes, alternatives or patterns
//! with flags. So most frames never reach the regex engine. Missing a literal costs time; a wrong literal loses frames.

/// The longest such text; empty when none is certain. The pattern must have compiled.
pub(super) fn needed(pattern: &str) -> String {
    let mut chars = pattern.chars().peekable();
    let (mut longest, mut run) = (String::new(), String::new());
    let mut depth = 0usize;
    // Of runs of the same length the first one is kept.
    let mut end = |run: &mut String| {
        if run.len() > longest.len() {
            longest.clone_from(run);
        }
        run.clear();
    };
    while let Some(c) = chars.next() {
        let literal = match c {
            '|' if depth == 0 => return String::new(),
            '(' => {
                if chars.next_if_eq(&'?').is_some() && chars.peek() != Some(&':') {
                    return String::new();
                }
                depth += 1;
                None
            }
            ')' => {
                depth = depth.saturating_sub(1);
                None
            }
            '[' => {
                skip_class(&mut chars);
                None
            }
            '{' => {
                for skipped in chars.by_ref() {
                    if skipped == '}' {
                        break;
                    }
                }
                None
            }
            '.' | '^' | '$' | '*' | '+' | '?' | '|' => None,
            // Only punctuation stands for itself after a backslash; `\x{…}` and its like have braces, read above.
            '\\' => chars.next().filter(char::is_ascii_punctuation).filter(|c| !matches!(c, '<' | '>')),
            c => Some(c),
        };
        let Some(literal) = literal else {
            end(&mut run);
            // What follows `\x` is digits of the escape, and no text.
            if c == '\\' {
                while chars.next_if(char::is_ascii_alphanumeric).is_some() {}
                while chars.next_if(|c| matches!(c, '*' | '+' | '?')).is_some() {}
            }
            continue;
        };
        match chars.peek() {
            // Also before a plus, because another repetition may follow it: `a+{0}`.
            Some('*' | '?' | '{' | '+') => end(&mut run),
            _ if depth > 0 => {}
            _ => run.push(literal),
        }
    }
    end(&mut run);
    longest
}

fn skip_class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let _ = chars.next_if_eq(&'^');
    let _ = chars.next_if_eq(&']');
    while let Some(c) = chars.next() {
        match c {
            ']' => return,
            '\\' => drop(chars.next()),
            // `[:alpha:]` within a class has a closing bracket of its own.
            '[' if chars.next_if_eq(&':').is_some() => while chars.next().is_some_and(|c| c != ']') {},
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use regex_lite::Regex;

    use super::*;
    use crate::base::random::Random;

    #[track_caller]
    fn check(pattern: &str, expected: &str) {
        assert!(Regex::new(pattern).is_ok(), "{pattern}");
        assert_eq!(needed(pattern), expected, "{pattern}");
    }

    #[test]
    fn the_longest_certain_text_is_found() {
        check("hello", "hello");
        check("^a.*world$", "world");
        check(r#""id":\d+,"x""#, r#""id":"#);
        check(r"a\.b", "a.b");
        check("abc+d", "ab");
        check("abc*d", "ab");
        check("ab(c|d)efg", "efg");
        check("(abc)", "");
        check("[a[:alpha:]|]xy", "xy");
    }

    #[test]
    fn what_is_not_certain_is_none() {
        check("abc|def", "");
        check("(?i)abc", "");
        check(r"\x41b", "");
        check("a{2}", "");
    }

    /// Random patterns that compile match no text without their literal.
    #[test]
    fn no_match_does_without_it() {
        let mut random = Random::with_seed(11);
        const PIECES: [&str; 24] = [
            "a", "b", "ab", "ba", "(", ")", "[", "]", "|", "*", "+", "?", "{1,2}", "{0}", r"\.", r"\d", ".",
            "^", "$", "-", "(?:", "[^", r"\x61", r"\b",
        ];
        let mut compiled = 0;
        for _ in 0..30_000 {
            let len = 1 + random.next_u64() % 8;
            let pattern: String =
                (0..len).map(|_| PIECES[(random.next_u64() % PIECES.len() as u64) as usize]).collect();
            let Ok(regex) = Regex::new(&pattern) else { continue };
            let literal = needed(&pattern);
            compiled += 1;
            for _ in 0..8 {
                let text: String = (0..random.next_u64() % 8)
                    .map(|_| ['a', 'b', '.', '-', '1', ']', '?'][(random.next_u64() % 7) as usize])
                    .collect();
                assert!(!regex.is_match(&text) || text.contains(&literal), "{pattern} {text:?} {literal:?}");
            }
        }
        assert!(compiled > 3000, "{compiled}");
    }
}
