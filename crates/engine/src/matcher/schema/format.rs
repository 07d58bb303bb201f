//! Formats that are checked.
//!
//! Owns the few that testers rely on. In the draft a `format` only describes, unless the validator says otherwise; this
//! one does, because a test that names `uuid` and takes anything tests nothing. Formats that are not listed describe
//! only.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A format that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Date,
    Time,
    Uuid,
    Ipv4,
    Ipv6,
    Email,
    Uri,
}

const FORMATS: [(&str, Format, &str); 8] = [
    ("date-time", Format::DateTime, "a date-time such as 2026-05-04T12:30:00Z"),
    ("date", Format::Date, "a date such as 2026-05-04"),
    ("time", Format::Time, "a time such as 12:30:00Z"),
    ("uuid", Format::Uuid, "a UUID such as 2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
    ("ipv4", Format::Ipv4, "an IPv4 address such as 192.168.0.1"),
    ("ipv6", Format::Ipv6, "an IPv6 address such as 2001:db8::7"),
    ("email", Format::Email, "an e-mail address such as ann@example.com"),
    ("uri", Format::Uri, "a URI such as https://example.com/a"),
];

impl Format {
    pub(super) fn names() -> [&'static str; 8] {
        FORMATS.map(|(name, ..)| name)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|(known, ..)| *known == name).map(|(_, format, _)| *format)
    }

    pub(super) fn words(self) -> &'static str {
        FORMATS.iter().find(|(_, known, _)| *known == self).map_or("", |(.., words)| words)
    }

    pub(super) fn is_of(self, text: &str) -> bool {
        match self {
            Self::DateTime => {
                let parts = text.split_at_checked(10).zip(text.get(11..));
                parts.is_some_and(|((date, rest), time)| {
                    is_date(date) && rest.starts_with(['T', 't']) && is_time(time)
                })
            }
            Self::Date => is_date(text),
            Self::Time => is_time(text),
            Self::Uuid => {
                let has_dash = |index| matches!(index, 8 | 13 | 18 | 23);
                let fits = |(index, byte): (usize, u8)| match has_dash(index) {
                    true => byte == b'-',
                    false => byte.is_ascii_hexdigit(),
                };
                text.len() == 36 && text.bytes().enumerate().all(fits)
            }
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Email => is_email(text),
            Self::Uri => is_uri(text),
        }
    }
}

/// Exactly this many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// `full-date` of RFC 3339.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut next = |digits| parts.next().and_then(|part| number(part, digits));
    let (Some(year), Some(month), Some(day)) = (next(4), next(2), next(2)) else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// `full-time` of RFC 3339. The second 60 exists only where it is 23:59:60 in UTC.
fn is_time(text: &str) -> bool {
    let Some(mark) = text.find(['Z', 'z', '+', '-']) else { return false };
    let (clock, zone) = text.split_at(mark);
    let offset = match zone {
        "Z" | "z" => Some(0),
        _ => zone[1..].split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            let offset = (hours * 60 + minutes) as i32;
            (hours < 24 && minutes < 60).then_some(if zone.starts_with('-') { -offset } else { offset })
        }),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':');
    let mut next = || parts.next().and_then(|part| number(part, 2));
    let (Some(offset), Some(hours), Some(minutes), Some(seconds)) = (offset, next(), next(), next()) else {
        return false;
    };
    let is_midnight = || ((hours * 60 + minutes) as i32 - offset).rem_euclid(1440) == 1439;
    hours < 24
        && minutes < 60
        && (seconds < 60 || (seconds == 60 && is_midnight()))
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// `Mailbox` of RFC 5321, in ASCII.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let is_local = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => is_quoted(quoted),
        None => local.split('.').all(is_atom),
    };
    let is_domain = match domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => Format::Ipv6.is_of(address),
            None => Format::Ipv4.is_of(address),
        },
        None => domain.split('.').all(is_label),
    };
    is_local && is_domain
}

/// Printable, and quotes only behind a backslash.
fn is_quoted(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'\\' { bytes.next() } else { Some(byte).filter(|byte| *byte != b'"') };
        if !byte.is_some_and(|byte| (b' '..=b'~').contains(&byte)) {
            return false;
        }
    }
    true
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// RFC 3986: a scheme, and no character that must be coded.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(after) => after.split_at(after.find(['/', '?']).unwrap_or(after.len())),
        None => ("", rest),
    };
    is_scheme && is_authority(authority) && is_coded(path, b":@/?") && is_coded(fragment, b":@/?")
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    if !is_coded(user, b":") {
        return false;
    }
    let (is_host, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (Format::Ipv6.is_of(address), port),
        None => {
            let (host, port) = host.split_at(host.find(':').unwrap_or(host.len()));
            (is_coded(host, b""), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// Unreserved characters, sub-delimiters, bytes behind a percent sign, and the ones that are allowed here besides.
fn is_coded(text: &str, others: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(index, byte)| match byte {
        b'%' => (1..=2).all(|next| bytes.get(index + next).is_some_and(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte) || others.contains(byte),
    })
}
