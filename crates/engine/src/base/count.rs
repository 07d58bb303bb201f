//! How many: a number with gaps, and its noun.
//!
//! Owns the gap and the plural, for the page, reports and the terminal. A noun is one whose plural has an `s`.

/// What stands between groups of three digits.
const THIN: char = '\u{2009}';

/// A whole number in groups of three: `1 234 567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 frame`, `1 200 frames`.
///
/// ```
/// # use sockscope_engine::base::count::counted;
/// assert_eq!([counted(1, "check"), counted(0, "check")], ["1 check", "0 checks"]);
/// assert_eq!(counted(1200, "frame"), "1\u{2009}200 frames");
/// ```
pub fn counted(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three_with_a_thin_space_between_them() {
        let counts = [7, 999, 1234, 1_234_567].map(count);
        assert_eq!(counts, ["7", "999", "1\u{2009}234", "1\u{2009}234\u{2009}567"]);
    }

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!([counted(1, "check"), counted(0, "check")], ["1 check", "0 checks"]);
    }
}
