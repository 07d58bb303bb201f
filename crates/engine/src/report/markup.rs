//! The text and attributes of the XML for JUnit: a few elements do not pay for a crate in the worker's download.
//!
//! Owns its escape. Escaped text cannot leave its place, whatever it contains. Characters that XML 1.0 forbids even as
//! references are left out, since a reader refuses the whole file for one of them; HTML leaves out the same.

use std::fmt::{self, Write};

/// Where a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    /// Readers turn line ends and tabs of an attribute into blanks, unless they are references.
    Attribute,
}

/// Whether a file may hold it.
pub(crate) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// A text between tags.
pub(crate) fn body(out: &mut dyn Write, text: &str) -> fmt::Result {
    escape(out, text, Place::Body)
}

/// ` name="text"`.
pub(crate) fn attribute(out: &mut dyn Write, name: &str, text: &str) -> fmt::Result {
    write!(out, " {name}=\"")?;
    escape(out, text, Place::Attribute)?;
    out.write_char('"')
}

fn escape(out: &mut dyn Write, text: &str, place: Place) -> fmt::Result {
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let instead = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            '\r' => "&#13;",
            '\n' if place == Place::Attribute => "&#10;",
            '\t' if place == Place::Attribute => "&#9;",
            c if is_allowed(c) => continue,
            _ => "",
        };
        out.write_str(&text[done..at])?;
        out.write_str(instead)?;
        done = at + c.len_utf8();
    }
    out.write_str(&text[done..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected_body: &str, expected_attribute: &str) {
        let (mut between, mut within) = (String::new(), String::new());
        body(&mut between, text).expect("a string takes all");
        attribute(&mut within, "a", text).expect("a string takes all");
        assert_eq!(between, expected_body);
        assert_eq!(within, format!(" a=\"{expected_attribute}\""));
    }

    #[test]
    fn what_means_something_is_escaped() {
        check(
            "<a b='c' d=\"e\">&]]>",
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;]]&gt;",
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;]]&gt;",
        );
    }

    #[test]
    fn line_ends_survive() {
        check("a\tb\nc\r\n", "a\tb\nc&#13;\n", "a&#9;b&#10;c&#13;&#10;");
    }

    #[test]
    fn what_xml_forbids_is_left_out() {
        check("a\0\u{1}\u{8}\u{b}\u{c}\u{1f}\u{fffe}\u{ffff}b", "ab", "ab");
        check(
            "\u{7f}\u{85}\u{d7ff}\u{e000}\u{fffd}😀",
            "\u{7f}\u{85}\u{d7ff}\u{e000}\u{fffd}😀",
            "\u{7f}\u{85}\u{d7ff}\u{e000}\u{fffd}😀",
        );
    }
}
