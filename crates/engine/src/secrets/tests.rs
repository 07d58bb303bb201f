use super::*;

/// Each suspect as `place: what stands there`.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found = suspects(text);
    let told: Vec<String> =
        found.iter().map(|it| format!("{}: {}", it.place, &text[it.span.clone()])).collect();
    assert_eq!(told, expected, "{text}");
    for pair in found.windows(2) {
        assert!(pair[0].span.end <= pair[1].span.start, "{text}");
    }
    for suspect in &found {
        assert!(!suspect.place.contains(&suspect.value), "{text}");
    }
    let clean = without(text, &found);
    assert!(found.is_empty() || suspects(&clean).is_empty(), "{clean}: {:?}", suspects(&clean));
}

#[test]
fn members_with_secret_names_are_found_at_any_depth() {
    check(r#"{"op":"auth","token":"abc"}"#, &["`$.token`: abc"]);
    check(r#"{"a":[1,{"b":{"apiKey":"x1"}}]}"#, &["`$.a[1].b.apiKey`: x1"]);
    check(r#"{"password":1234,"user":"u"}"#, &["`$.password`: 1234"]);
    check(r#"{"X-Api-Key" : "k k", "n":1}"#, &["`$['X-Api-Key']`: k k"]);
    check(r#"{"tok\u0065n":"a\"b"}"#, &[r#"`$.token`: a\"b"#]);
    check(
        r#"{"credentials":{"user":"u1","more":["p1"]}}"#,
        &["`$.credentials.user`: u1", "`$.credentials.more[0]`: p1"],
    );
    check(r#"{"token":true,"secret":null,"password":"","session":{}}"#, &[]);
}

#[test]
fn what_says_nothing_is_not_a_suspect() {
    check(r#"{"token":"{{token}}","authorization":"Bearer {{t}}","password":"***"}"#, &[]);
    check("ws://{{host}}/ws?token={{token}}&key={{random 1 9}}", &[]);
    check("wss://{{user}}:{{password}}@h/ws", &[]);
    check(r#"{"type":"error","code":"UNAUTHENTICATED","message":"no session"}"#, &[]);
    check(r#"{"request_id":"0b0f7a52-3a4f-4a39-9f2f-0f7a5bd11c11","max_tokens":1000}"#, &[]);
    check("Basic knowledge, and 4001 the application's own code: session revoked", &[]);
    check("just a text with nothing in it: 10:30, a=b, {c}", &[]);
}

#[test]
fn fields_and_headers_with_secret_names_are_found() {
    check("ws://h/ws?token=s3c&user=a", &["the field `token`: s3c"]);
    check("ws://h/ws?a=1&code=s3c#x", &["the field `code`: s3c"]);
    check("user=a&password=p%26q&x=1", &["the field `password`: p%26q"]);
    check(
        "POST /\nAuthorization: Digest abc def\nHost: h",
        &["the value of `Authorization`: Digest abc def"],
    );
    check("SEND\npasscode:guest\n\n{\"pwd\":\"x1\"}\0", &["the value of `passcode`: guest", "`$.pwd`: x1"]);
    check("API_KEY = 'a b'", &["the field `API_KEY`: a b"]);
    check("{token: 'abc', user: 'b'}", &["`$.token`: abc"]);
}

#[test]
fn shapes_are_found_wherever_they_stand() {
    check(r#"{"h":"Bearer abcd"}"#, &["what follows `Bearer` in `$.h`: abcd"]);
    check("say basic dXNlcjpw now", &["what follows `Basic`: dXNlcjpw"]);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    check(&format!("x {jwt}."), &[&format!("a JSON Web Token: {jwt}.")]);
    check("wss://me:pw@h:1/p?a=1@2", &["the user and password of an address: me:pw"]);
    check("AKIAIOSFODNN7EXAMPLE is it", &["a key of a known service: AKIAIOSFODNN7EXAMPLE"]);
    let random = "q8Zr2LmX0vTn5KsWd1Ay7Pb";
    check(&format!("ws://h/p/{random}/x"), &[&format!("a long random text: {random}")]);
    check(
        &format!(r#"{{"{random}":{{"token":"b"}}}}"#),
        &[&format!("a long random text in a name in `$`: {random}"), "`$['***'].token`: b"],
    );
    check(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        &["a private key: -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"],
    );
}

#[test]
fn what_is_encoded_is_looked_into() {
    check(r#"{"body":"{\"token\":\"a\\\"b\"}"}"#, &[r#"`$.token` in `$.body`: a\\\"b"#]);
    check("d=%7B%22token%22%3A%22abc%22%7D", &["`$.token`: abc"]);
    // {"token":"abc"} in base64 and hex.
    check("d=eyJ0b2tlbiI6ImFiYyJ9", &["`$.token` in base64: eyJ0b2tlbiI6ImFiYyJ9"]);
    check("7b22746f6b656e223a22616263227d", &["`$.token` in hex: 7b22746f6b656e223a22616263227d"]);
    check(r#""{\"token\":\"abc\"}""#, &["`$.token`: abc"]);
    check(r#"42["login",{"token":"abc"}]"#, &["`$[1].token`: abc"]);
    // {"type":"ping","n":1} in base64 is not a secret, random as it looks.
    check("eyJ0eXBlIjoicGluZyIsIm4iOjF9", &[]);
}

#[test]
fn a_value_comes_without_its_escapes() {
    let found = suspects(r#"{"token":"a\u0026b\/ö"}"#);
    assert_eq!(found[0].value, "a&b/ö");
    assert_eq!(found[0].words(), "`$.token` looks like a secret");
    assert_eq!(
        suspects("ws://bob:hunter2@h/")[0].words(),
        "The user and password of an address look like a secret"
    );
    assert_eq!(suspects("Bearer abcd")[0].words(), "What follows `Bearer` looks like a secret");
}

#[test]
fn a_name_outside_decides_as_one_inside_does() {
    assert_eq!(suspects_named("apiKey", "abc")[0].words(), "`apiKey` looks like a secret");
    assert_eq!(suspects_named("x", r#"{"pwd":"abc"}"#)[0].place, "`$.pwd`");
    assert!(suspects_named("token", "{{other}}").is_empty());
}

#[test]
fn no_text_is_too_long_or_too_strange() {
    for (piece, times) in [
        ("{\"token\":[", 200_000),
        ("token=", 300_000),
        ("Bearer ", 200_000),
        ("://a@", 300_000),
        ("%25", 300_000),
        ("\\\"", 400_000),
        ("{{", 400_000),
        ("eyJ.", 300_000),
        ("-----BEGIN PRIVATE KEY", 50_000),
        ("YWFh", 400_000),
        ("a:", 400_000),
    ] {
        let text = piece.repeat(times);
        suspects(&text);
    }
    let letters = [
        "{", "}", "[", "]", "\"", "\\", "'", ":", ",", "=", "&", "%4", "1", "é", "😀", "token", "\\u00",
        "Bearer ", "{{", "}}", "://", "@", "eyJ", ".", " ", "\n",
    ];
    let mut random = crate::base::random::Random::with_seed(9);
    for _ in 0..20_000 {
        let length = random.next_u64() % 14;
        let text: String = (0..length).map(|_| letters[random.next_u64() as usize % letters.len()]).collect();
        let found = suspects(&text);
        for suspect in &found {
            assert!(text.get(suspect.span.clone()).is_some(), "{text:?}: {suspect:?}");
        }
        without(&text, &found);
    }
}
