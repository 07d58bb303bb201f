//! References between URIs, RFC 3986 section 5.2.
//!
//! Owns resolving a relative reference. It refuses to know fragments and to fetch anything: here a URI is only a name.

/// A URI without a fragment, in its parts, each with its mark: `http:` `//host` `/path` `?query`.
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn split(uri: &'a str) -> Self {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let scheme = match uri.split_once(':') {
            Some((scheme, _))
                if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part) =>
            {
                &uri[..=scheme.len()]
            }
            _ => "",
        };
        let rest = &uri[scheme.len()..];
        let authority = match rest.strip_prefix("//") {
            Some(after) => &rest[..2 + after.find(['/', '?']).unwrap_or(after.len())],
            None => "",
        };
        let rest = &rest[authority.len()..];
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        Self { scheme, authority, path, query }
    }
}

/// The URI that the reference means where `base` is the URI of the document.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let (own, base) = (Parts::split(reference), Parts::split(base));
    let whole = |scheme: &str, authority: &str, path: &str, query: &str| {
        format!("{scheme}{authority}{}{query}", without_dots(path))
    };
    if !own.scheme.is_empty() {
        return whole(own.scheme, own.authority, own.path, own.query);
    }
    if !own.authority.is_empty() {
        return whole(base.scheme, own.authority, own.path, own.query);
    }
    if own.path.is_empty() {
        let query = if own.query.is_empty() { base.query } else { own.query };
        return whole(base.scheme, base.authority, base.path, query);
    }
    if own.path.starts_with('/') {
        return whole(base.scheme, base.authority, own.path, own.query);
    }
    let folder = match base.path.rfind('/') {
        Some(last) => &base.path[..=last],
        None if base.authority.is_empty() => "",
        None => "/",
    };
    whole(base.scheme, base.authority, &format!("{folder}{}", own.path), own.query)
}

fn without_dots(path: &str) -> String {
    if !path.split('/').any(|segment| segment == "." || segment == "..") {
        return path.to_owned();
    }
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            // The first segment is what comes before the leading slash.
            ".." => {
                if kept.len() > 1 || kept.first().is_some_and(|first: &&str| !first.is_empty()) {
                    kept.pop();
                }
            }
            _ => kept.push(segment),
        }
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    kept.join("/")
}

/// Text in which `%41` stands for a byte; all else stays as it is.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    while let Some((first, after)) = rest.split_first() {
        match (first, digit(after.first()), digit(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, reference: &str, expected: &str) {
        assert_eq!(resolve(base, reference), expected, "{reference} in {base}");
    }

    /// From RFC 3986, section 5.4.
    #[test]
    fn a_reference_is_made_whole() {
        let base = "http://a/b/c/d;p?q";
        check(base, "g:h", "g:h");
        check(base, "g", "http://a/b/c/g");
        check(base, "./g/", "http://a/b/c/g/");
        check(base, "/g", "http://a/g");
        check(base, "//g", "http://g");
        check(base, "?y", "http://a/b/c/d;p?y");
        check(base, "g?y", "http://a/b/c/g?y");
        check(base, "", base);
        check(base, ".", "http://a/b/c/");
        check(base, "..", "http://a/b/");
        check(base, "../g", "http://a/b/g");
        check(base, "../../../g", "http://a/g");
    }

    #[test]
    fn a_schema_without_a_name_resolves_names_too() {
        check("", "item", "item");
        check("", "../a/./b", "a/b");
        check("urn:uuid:1", "", "urn:uuid:1");
        check("http://a", "g", "http://a/g");
    }

    #[test]
    fn percent_signs_are_decoded_where_they_code() {
        assert_eq!(decode("a%25b%22%e2%82%ac"), "a%b\"€");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
    }
}
