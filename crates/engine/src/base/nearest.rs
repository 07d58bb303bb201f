//! The known name that a misspelt one probably meant.
//!
//! Owns how near is near enough. It refuses to know what the name is for: variables, keys and units all use it.

/// Longer names are not compared: people do not type them, and the comparison costs the product of both lengths.
const LONGEST: usize = 64;

/// The nearest of `known` to `name`, case aside; none when nothing is near. Of two equally near ones the first wins.
///
/// ```
/// # use sockscope_engine::base::nearest::nearest;
/// assert_eq!(nearest("rooom", ["room", "user"]), Some("room"));
/// assert_eq!(nearest("colour", ["room", "user"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().take(LONGEST + 1).count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    // One mistake in a short name, one in three letters of a long one.
    let most = (length / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known.into_iter().filter(|candidate| candidate.len() <= LONGEST * 4) {
        let known = candidate.to_ascii_lowercase();
        let distance = match length > 2 && known.starts_with(&lower) {
            true => (known.chars().count() - length).min(1), // An abbreviation is as near as one slip.
            false => strsim::osa_distance(&lower, &known),
        };
        // Every letter wrong is not near, however short the name.
        if distance <= most && distance < length && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(nearest(name, ["expect", "send", "ms", "within"]), expected);
    }

    #[test]
    fn ok_a_slip_is_found() {
        check("sned", Some("send"));
        check("exepct", Some("expect"));
        check("withn", Some("within"));
        check("MS", Some("ms"));
    }

    #[test]
    fn ok_an_abbreviation_is_found() {
        check("exp", Some("expect"));
    }

    #[test]
    fn ok_the_name_itself_is_nearest() {
        check("send", Some("send"));
    }

    #[test]
    fn err_nothing_near_is_none() {
        check("banana", None);
        check("x", None);
        check("", None);
    }

    #[test]
    fn a_hostile_name_is_not_compared() {
        check(&"s".repeat(1 << 20), None);
    }
}
