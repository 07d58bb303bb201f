//! Texts: cut to a length, and fragments that become sentences.

/// A text of at most this many characters, with an ellipsis where more followed.
///
/// ```
/// # use sockscope_engine::base::words::cut;
/// assert_eq!([cut("héllo", 5), cut("héllo!", 5)], ["héllo", "héllo…"]);
/// ```
pub fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A fragment as a sentence. Our fragments begin with ASCII; the tables of all other capitals weigh 10 kB in the page.
pub fn sentence(fragment: &str) -> String {
    let mut sentence = fragment.to_owned();
    if sentence.is_empty() {
        return sentence;
    }
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    with_stop(&sentence)
}

/// The end of a sentence: a text with a full stop, unless it has an end of its own.
pub fn with_stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_becomes_a_sentence() {
        assert_eq!(sentence("not sent"), "Not sent.");
        assert_eq!(sentence(""), "");
        assert_eq!(sentence("µs are not enough"), "µs are not enough.");
        assert_eq!(sentence("The server stopped."), "The server stopped.", "a sentence gets no second end");
    }
}
