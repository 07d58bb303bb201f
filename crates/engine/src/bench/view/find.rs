//! Where a text stands in a content.

/// More matches than these are not counted.
pub const MOST: usize = 10_000;

/// The offsets of a text, letters of ASCII in either case.
pub fn find(bytes: &[u8], text: &str) -> Vec<usize> {
    let needle = text.as_bytes();
    let Some(first) = needle.first() else { return Vec::new() };
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut found = Vec::new();
    let mut next = 0;
    for at in memchr::memchr2_iter(low, high, bytes) {
        let is_it = bytes.get(at..at + needle.len()).is_some_and(|it| it.eq_ignore_ascii_case(needle));
        if at >= next && is_it {
            found.push(at);
            next = at + needle.len();
            if found.len() == MOST {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_either_case_and_beside_itself() {
        assert_eq!(find(b"Tick tock TICK", "tick"), [0, 10]);
        assert_eq!(find(b"aaaa", "aa"), [0, 2]);
        assert_eq!(find("é É é".as_bytes(), "é").len(), 2, "beyond ASCII letters differ by case");
        assert_eq!(find(b"abc", ""), [0_usize; 0]);
        assert_eq!(find(&b"a".repeat(20_000), "a").len(), MOST);
    }
}
