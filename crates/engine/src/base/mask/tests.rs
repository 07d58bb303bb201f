use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::json;

use super::*;
use crate::base::random::Random;

#[track_caller]
fn check(secrets: &[&str], text: &str, expected: &str) {
    assert_eq!(Masker::new(secrets).mask(text), expected);
}

#[test]
fn ok_as_it_is() {
    check(&["hunter2"], "a hunter2 b hunter2", "a *** b ***");
    check(&["hunter2"], "nothing here", "nothing here");
    check(&[], "nothing here", "nothing here");
}

#[test]
fn ok_the_longest_wins() {
    check(&["pass", "password"], "password pass", "*** ***");
}

#[test]
fn ok_overlapping_secrets_go_both() {
    check(&["abcdef", "defghi"], "xabcdefghix", "x***x");
}

#[test]
fn ok_percent_encoded_in_any_way() {
    check(&["p&s w/é"], "?a=p%26s%20w%2F%C3%A9&b", "?a=***&b");
    check(&["p&s w/é"], "?a=p%26s+w%2f%c3%a9&b", "?a=***&b");
    check(&["p&s w/é"], "?a=p%26s%20w/é&b", "?a=***&b");
    check(&["50%25 off"], "50%25 off, 50%2525%20off", "***, ***");
}

#[test]
fn ok_escaped_in_json() {
    check(&["a\"b\\c"], r#"{"t":"a\"b\\c"}"#, r#"{"t":"***"}"#);
}

#[test]
fn ok_hex() {
    check(&["AbcZ"], "41 62 63 5a 4162635A", "*** ***");
}

#[test]
fn ok_base64_alone() {
    check(&["secret"], "c2VjcmV0", "***");
    check(&["passw"], "cGFzc3c= cGFzc3c cGFzc3c%3D", "*** *** ***");
}

#[test]
fn ok_base64_at_any_place_of_a_longer_one() {
    for secret in ["hunter2", "p?>ss", "é~é~", "abcd"] {
        let masker = Masker::new([secret]);
        for (before, after) in [("", ""), ("x", "y"), ("xy", "yz"), ("user:", " tail")] {
            let whole = format!("{before}{secret}{after}");
            let around = (before.len().div_ceil(3) + after.len().div_ceil(3)) * 4;
            for encoded in [STANDARD.encode(&whole), URL_SAFE.encode(&whole), STANDARD_NO_PAD.encode(&whole)]
            {
                let masked = masker.mask(&encoded);
                assert!(masked.contains(MASK), "{secret} in {encoded}: {masked}");
                // What remains is at most what stood around the secret.
                assert!(masked.len() - MASK.len() <= around, "{masked}");
            }
        }
    }
}

#[test]
fn ok_a_short_secret_is_a_whole_word() {
    check(&["abc"], r#"{"a":"abc","b":"abcd"} abc_ =abc&"#, r#"{"a":"***","b":"abcd"} abc_ =***&"#);
}

#[test]
fn ok_a_blank_is_not_a_secret() {
    check(&["", "  "], "a  b", "a  b");
    check(&["token\n"], "a token b", "a *** b");
}

#[test]
fn ok_json_stays_json() {
    let masker = Masker::of_values([&json!({"pin": 12345, "name": ["alice"]})]);
    let masked = masker.mask_json(&json!({"alice": [12345, 1, "x12345", true]}));
    assert_eq!(masked, json!({"***": ["***", 1, "x***", true]}));
}

#[test]
fn a_secret_that_was_cut_is_masked_up_to_the_cut() {
    check(&["hunter2-and-more"], "x hunter2-an…", "x ***…");
    check(&["hunter2-and-more"], r#"…"nd-more and"…"#, r#"…"*** and"…"#);
    check(&["hunter2-and-more"], r#"…"nter2-and…"#, r#"…"***…"#);
    check(&["hunter2-and-more"], "?t=hunter2%2Dan%6…", "?t=***…");
    check(&["hunter2"], "68 75 6e 74…", "***…");
    check(&["hunter2"], "at 9: …74 65 72 32 00", "at 9: …*** 00");
    check(&["hunter2"], "a hu… …r2", "a hu… …r2");
    check(&["hunter2"], "nothing like it… here", "nothing like it… here");
}

#[test]
fn what_one_handle_learns_all_know() {
    let masker = Masker::new(["first"]);
    let other = masker.clone();
    masker.learn(&json!({"token": ["later", 12345]})).unwrap();
    assert_eq!(other.mask("first later 12345"), "*** *** ***");
}

#[test]
fn more_secrets_than_can_be_looked_for_are_refused() {
    let masker = Masker::default();
    for i in 0..MOST_LEARNED {
        masker.learn(&json!(format!("secret-{i}"))).unwrap();
    }
    assert_eq!(masker.learn(&json!("secret-0")), Ok(()), "known already");
    assert_eq!(masker.learn(&json!("one more")), Err(TooManySecrets));
}

#[test]
fn a_debug_print_says_nothing() {
    assert!(!format!("{:?}", Masker::new(["hunter2"])).contains("hunter2"));
}

#[test]
fn no_secret_survives_and_no_text_panics() {
    let letters = ["a", "b", "%", "4", "1", "é", "😀", " ", "+", "=", "\\", "\""];
    let mut random = Random::with_seed(5);
    let mut word = |most: u64| -> String {
        let length = random.next_u64() % most;
        (0..length).map(|_| letters[random.next_u64() as usize % letters.len()]).collect()
    };
    for _ in 0..5_000 {
        let (secret, before, after) = (word(9), word(6), word(6));
        let masked = Masker::new([&secret]).mask(&format!("{before}{secret}{after}")).into_owned();
        if secret.trim().chars().count() >= SHORT {
            assert!(!masked.contains(secret.trim()), "{secret:?} in {masked:?}");
        }
    }
}

/// How encoders of other languages write a character within a string of JSON, when not as it is.
type Encoder = fn(char) -> Option<String>;

fn unicode(c: char, upper: bool) -> String {
    let mut units = [0; 2];
    let units = c.encode_utf16(&mut units).iter();
    units.map(|unit| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") }).collect()
}

fn usual(c: char) -> Option<String> {
    Some(match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\0'..='\u{1f}' => unicode(c, false),
        _ => return None,
    })
}

/// `encoding/json` of Go, which escapes for HTML unless told otherwise; before Go 1.22 also `\u0008` and `\u000c`.
fn go(c: char) -> Option<String> {
    match c {
        '&' | '<' | '>' | '\u{2028}' | '\u{2029}' | '\u{8}' | '\u{c}' => Some(unicode(c, false)),
        _ => usual(c),
    }
}

/// `json_encode` of PHP without flags.
fn php(c: char) -> Option<String> {
    match c {
        '/' => Some("\\/".to_owned()),
        c if !c.is_ascii() => Some(unicode(c, false)),
        _ => usual(c),
    }
}

/// `json_encode` of PHP with `JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT`.
fn php_hex(c: char) -> Option<String> {
    match c {
        '<' | '>' | '&' | '\'' | '"' => Some(unicode(c, true)),
        _ => php(c),
    }
}

/// `json.dumps` of Python, and Ruby's `ascii_only`.
fn python(c: char) -> Option<String> {
    usual(c).or_else(|| (!c.is_ascii() || c == '\u{7f}').then(|| unicode(c, false)))
}

/// Gson of Java, which escapes for HTML unless told otherwise.
fn gson(c: char) -> Option<String> {
    match c {
        '<' | '>' | '&' | '=' | '\'' | '\u{2028}' | '\u{2029}' => Some(unicode(c, false)),
        _ => usual(c),
    }
}

/// Jackson of Java with `ESCAPE_NON_ASCII`; also `System.Text.Json` of .NET, which escapes more.
fn jackson(c: char) -> Option<String> {
    match c {
        '<' | '>' | '&' | '\'' | '+' | '`' => Some(unicode(c, true)),
        c if !c.is_ascii() => Some(unicode(c, true)),
        _ => usual(c),
    }
}

fn each_lower(c: char) -> Option<String> {
    Some(unicode(c, false))
}

fn each_upper(c: char) -> Option<String> {
    Some(unicode(c, true))
}

const ENCODERS: [(&str, Encoder); 9] = [
    ("plain JSON", usual),
    ("Go", go),
    ("PHP", php),
    ("PHP with JSON_HEX", php_hex),
    ("Python", python),
    ("Gson", gson),
    ("Jackson", jackson),
    ("each character, small letters", each_lower),
    ("each character, capitals", each_upper),
];

fn encode(text: &str, encoder: Encoder) -> String {
    text.chars().map(|c| encoder(c).unwrap_or_else(|| c.to_string())).collect()
}

#[track_caller]
fn gone(masker: &Masker, secret: &str, text: &str, encoded: &str, how: &str) {
    let masked = masker.mask(text);
    assert!(masked.contains(MASK), "{secret:?} {how}: {text} became {masked}");
    assert!(!masked.contains(encoded), "{secret:?} {how}: {masked}");
}

/// A secret as each encoder writes it: once, within JSON in JSON, three times, in base64 of each kind at each shift, in an address.
fn check_encoders(secret: &str) {
    let masker = Masker::new([secret]);
    for (name, encoder) in ENCODERS {
        let once = encode(secret, encoder);
        gone(&masker, secret, &format!(r#"{{"t":"{once}"}}"#), &once, name);
        for (outer, second) in ENCODERS {
            let twice = encode(&once, second);
            gone(&masker, secret, &format!(r#"{{"t":"{twice}"}}"#), &twice, &format!("{name} in {outer}"));
        }
        let thrice = encode(&encode(&once, usual), usual);
        gone(&masker, secret, &thrice, &thrice, &format!("{name}, three times"));
        for before in ["", "x", "xy", r#"{"sub":"1","tok":""#] {
            let whole = format!("{before}{once}\",\"n\":1}}");
            for (kind, encoded) in [
                ("base64", STANDARD.encode(&whole)),
                ("base64url", URL_SAFE.encode(&whole)),
                ("JWT", format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(&whole))),
                ("a path", format!("a/{}/b", STANDARD_NO_PAD.encode(&whole))),
                ("base64 in JSON of PHP", STANDARD.encode(&whole).replace('/', "\\/")),
                ("base64 twice", STANDARD.encode(STANDARD.encode(&whole))),
            ] {
                let how = format!("{name} in {kind} behind {before:?}");
                let masked = masker.mask(&encoded);
                assert!(masked.contains(MASK), "{secret:?} {how}: {encoded}");
                let rest: String = masked.split(MASK).collect();
                // What remains says nothing of it: around the secret stand at most these bytes.
                let around = (whole.len() - once.len()) * 2 + 40;
                assert!(
                    rest.len() <= around + "eyJhbGciOiJIUzI1NiJ9..c2ln".len(),
                    "{secret:?} {how}: {masked}"
                );
            }
        }
        let percent: String = once.bytes().map(|byte| format!("%{byte:02X}")).collect();
        gone(&masker, secret, &percent, &percent, &format!("{name}, percent-encoded"));
    }
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let twice = percent.replace('%', "%25");
    gone(&masker, secret, &twice, &twice, "percent-encoded twice");
    let named = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    gone(&masker, secret, &named, &named, "as entities");
    let numbers: String = secret.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    gone(&masker, secret, &numbers, &numbers, "as entities with numbers");
}

#[test]
fn no_encoder_of_json_hides_a_secret() {
    for secret in [
        "Tr0ub&<4>dor/3x",
        "P@ss/\"w\\ö<&>rd+Z9",
        "plain0Token",
        "a='b'",
        "\\\\\\\\u0041",
        "😀/é\u{2028}&",
        "50%25 & more",
    ] {
        check_encoders(secret);
    }
}

#[test]
fn no_encoder_hides_any_secret() {
    let letters = [
        "a", "Z", "9", "/", "\\", "\"", "'", "&", "<", ">", "=", "+", "%", " ", "ö", "😀", "u0", "\n",
        "\u{2028}",
    ];
    let mut random = Random::with_seed(7);
    let mut tried = 0;
    while tried < 60 {
        let length = 4 + random.next_u64() % 9;
        let secret: String =
            (0..length).map(|_| letters[random.next_u64() as usize % letters.len()]).collect();
        if secret.trim() == secret {
            check_encoders(&secret);
            tried += 1;
        }
    }
}

#[test]
fn other_forms_that_cost_little_are_masked_too() {
    check(&["Key-4711-Abc"], "wss://key-4711-abc.example.com/", "wss://***.example.com/");
    check(&["AbcZ9"], "41:62:63:5a:39", "***");
    check(&["Password"], "the password", "the password");
}

// How long it takes is measured by `cargo bench --bench ratios`.
#[test]
fn texts_made_to_be_slow_are_masked_to_their_end() {
    let masker = Masker::new(["\\\\ab\\cd", "Tr0ub&<4>dor/3x", "%25%25%25%25", "aaaaaaaaaaaaaaaa"]);
    for piece in ["\\", "%25", "&amp;", "a", "\\u005c", "{\"a\":\"b\\\"c\"},", "QUFB", "…a"] {
        let text = piece.repeat(2000 / piece.len()) + " Tr0ub&<4>dor/3x";
        let masked = masker.mask(&text);
        assert!(!masked.contains("Tr0ub"), "{piece}");
    }
}
