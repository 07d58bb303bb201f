use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::engine::bench::draft::Form;
use crate::wire::bench::{Heartbeat, Match, Rule, SavedMessage, Variable};

const ALICE: ConnectionId = ConnectionId(1);

fn alice(url: &str) -> Setup {
    Setup { id: ALICE, name: "alice".into(), url: url.into(), ..Setup::default() }
}

fn json(text: &str) -> Draft {
    Draft { form: Form::Json, text: text.into(), is_plain: false }
}

fn ticked(workspace: &Workspace) -> Vec<Part> {
    Sharing::of(workspace).list().iter().filter(|it| it.is_ticked).map(|it| it.part).collect()
}

fn all(workspace: &Workspace) -> Vec<Part> {
    Sharing::of(workspace).list().iter().map(|it| it.part).collect()
}

/// What a link with these parts brings, and the JSON in it.
fn brought(workspace: &Workspace, parts: &[Part]) -> (Offered, String) {
    let (fragment, _) = Sharing::of(workspace).link(parts);
    let json: Value = share::unpack(&fragment).expect("JSON");
    (open(&fragment).expect("an offer"), json.to_string())
}

#[test]
fn what_is_sent_with_a_token_stays_unless_a_person_ticks_it() {
    let token = r#"{"op":"auth","auth":{"token":"tok-4711-abc"}}"#;
    let mut setup = alice("ws://h/ws");
    setup.on_open = vec![json(r#"{"password":"hunter2hunter2"}"#), json(r#"{"hello":1}"#)];
    setup.heartbeat = Some(Heartbeat { message: json(r#"{"session":"s-1"}"#), ..Heartbeat::default() });
    let workspace = Workspace {
        connections: vec![setup],
        messages: vec![SavedMessage {
            name: "login".into(),
            draft: Draft::plain("authorization: Bearer abcdef"),
            ..SavedMessage::default()
        }],
        rules: vec![Rule { name: "back".into(), reply: json(token), ..Rule::default() }],
        variables: vec![Variable { name: "apiKey".into(), value: "k-1".into(), is_secret: false }],
        draft: json(token),
        ..Workspace::default()
    };
    let listed = Sharing::of(&workspace).list();
    let of = |part: Part| listed.iter().find(|it| it.part == part).expect("listed");
    assert_eq!(of(Part::Draft).suspicions, ["`$.auth.token` looks like a secret"]);
    assert_eq!(of(Part::Draft).content, r#"{"op":"auth","auth":{"token":"***"}}"#);
    for part in [
        Part::Draft,
        Part::OnOpen(ALICE, 0),
        Part::Heartbeat(ALICE),
        Part::Message(0),
        Part::Rule(0),
        Part::Variable(0),
    ] {
        assert!(!of(part).is_ticked && !of(part).suspicions.is_empty(), "{part:?}");
    }
    for part in [Part::Connection(ALICE), Part::OnOpen(ALICE, 1), Part::Settings] {
        assert!(of(part).is_ticked, "{part:?}");
    }
    let (offered, json) = brought(&workspace, &ticked(&workspace));
    for secret in ["tok-4711-abc", "hunter2hunter2", "s-1", "abcdef", "k-1"] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
    assert_eq!(offered.workspace.connections[0].on_open.len(), 1);
    assert!(offered.left_out.contains(&"the draft".to_owned()), "{:?}", offered.left_out);
    assert!(offered.left_out.contains(&"the saved message login".to_owned()), "{:?}", offered.left_out);
    let (offered, _) = brought(&workspace, &all(&workspace));
    assert_eq!(offered.workspace.draft.text, token, "a person may share it");
    assert!(offered.left_out.is_empty());
}

#[test]
fn an_address_is_shared_without_its_secrets() {
    let mut setup = alice("wss://me:pw1@h/ws?token=tok-1&user=a");
    setup.protocols = "graphql-ws, access_token, eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln".into();
    let workspace = Workspace { connections: vec![setup.clone()], ..Workspace::default() };
    let (offered, _) = brought(&workspace, &ticked(&workspace));
    assert_eq!(offered.workspace.connections[0].url, "wss://h/ws?token=&user=a");
    assert_eq!(offered.workspace.connections[0].protocols, "graphql-ws, access_token, ***");
    assert!(
        offered.left_out[0].starts_with(
            "secrets in the address of alice (the user and password of an address, the field `token`"
        ),
        "{:?}",
        offered.left_out
    );
    let (offered, _) = brought(&workspace, &all(&workspace));
    assert_eq!(offered.workspace.connections[0].url, setup.url);
}

#[test]
fn a_value_that_is_a_suspect_in_one_place_is_one_everywhere() {
    let workspace = Workspace {
        connections: vec![alice("ws://h/tok-4711-abc/ws")],
        messages: vec![SavedMessage {
            name: "x".into(),
            draft: json(r#"{"t":"tok-4711-abc"}"#),
            ..SavedMessage::default()
        }],
        draft: json(r#"{"token":"tok-4711-abc"}"#),
        ..Workspace::default()
    };
    let (_, json) = brought(&workspace, &ticked(&workspace));
    assert!(!json.contains("tok-4711-abc"), "{json}");
}

#[test]
fn the_value_of_a_secret_variable_never_leaves_and_becomes_its_name_where_that_works() {
    let secret = "p&s\"w/ö-4711";
    let escaped = "p\\u0026s\\\"w\\/\\u00f6-4711";
    let mut setup = alice(&format!("ws://h/ws?x={secret}&y=p%26s%22w%2F%C3%B6-4711"));
    setup.on_open = vec![Draft {
        form: Form::Hex,
        text: "0x70 26 73, 22 77 2f c3 b6 2d 34 37 31 31".into(),
        is_plain: true,
    }];
    let workspace = Workspace {
        connections: vec![setup],
        variables: vec![Variable { name: "pw".into(), value: secret.into(), is_secret: true }],
        rules: vec![Rule { when: Match { text: escaped.into(), ..Match::default() }, ..Rule::default() }],
        draft: Draft::plain(format!("{secret} {escaped}")),
        ..Workspace::default()
    };
    let (offered, json) = brought(&workspace, &all(&workspace));
    let got = offered.workspace;
    assert_eq!(got.connections[0].url, "ws://h/ws?x={{pw}}&y=***");
    assert_eq!(got.connections[0].on_open[0].text, "2a 2a 2a");
    assert_eq!((got.rules[0].when.text.as_str(), got.draft.text.as_str()), ("***", "*** ***"));
    assert_eq!(got.variables[0].value, "");
    assert!(!json.contains("4711"), "{json}");
    assert_eq!(offered.left_out, ["the value of the variable pw"]);
}

#[test]
fn a_hostile_link_is_refused_in_words_or_bounded() {
    #[track_caller]
    fn refused(json: Value, words: &str) {
        let error = open(&share::pack(&json)).expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
    }
    use serde_json::json;
    refused(json!({"connections": 5}), "does not hold a bench setup: expected an array, found a number");
    refused(json!("text"), "does not hold a bench setup");
    refused(json!({"connections": vec![json!({}); 300]}), "brings 300 connections; the most is 255");
    refused(json!({"connections": [{"id": 1}, {"id": 1}]}), "two connections have the same id");
    refused(json!({"connections": [{"id": 2_147_483_648_u64}]}), "same id");
    refused(json!({"messages": vec![json!({}); 1001]}), "brings 1001 saved messages");
    let times = json!({"secs": u64::MAX, "nanos": 0});
    let link = json!({
        "weather": "unknown members are read over", "budget": u64::MAX, "sent": [{"text": "x"}], "addresses": [{"url": "ws://evil"}],
        "connections": [{"id": 1, "heartbeat": {"every": times, "within": times}, "reconnect": {"first": times, "most": times}}],
        "rules": [{"after": times}], "repeat": {"every": times, "lasts": times}, "left_out": vec!["x".repeat(1000); 500],
    });
    let offered = open(&share::pack(&link)).expect("in bounds");
    assert_eq!(offered.workspace.budget, 1 << 30);
    assert_eq!(offered.workspace.connections[0].heartbeat.as_ref().map(|it| it.every), Some(LONGEST_TIME));
    assert!(offered.workspace.sent.is_empty() && offered.workspace.addresses.is_empty());
    assert_eq!((offered.left_out.len(), offered.left_out[0].chars().count()), (100, 101));
}

/// A text in each of five encodings.
fn encodings(text: &str) -> [String; 5] {
    [
        text.to_owned(),
        text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        STANDARD.encode(text),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
    ]
}

/// A set-up with a text in every field, each in the encoding that `nth` says next.
fn planted(text: &str, mut nth: impl FnMut() -> usize) -> Workspace {
    let mut some = |around: &str| {
        let encoded = &encodings(text)[nth() % 5];
        around.replace('$', encoded)
    };
    let draft = |form: Form, text: String, is_plain: bool| Draft { form, text, is_plain };
    let mut setup = |id: u32| Setup {
        id: ConnectionId(id),
        name: some("name $"),
        url: some("ws://h/$/ws?a=$"),
        protocols: some("v1, $"),
        on_open: vec![
            draft(Form::Text, some("hello $ there"), true),
            draft(Form::Json, some(r#"{"a":"$"}"#), false),
        ],
        heartbeat: Some(Heartbeat {
            message: draft(Form::Text, some("$"), true),
            reply: Some(Match { text: some("$"), ..Match::default() }),
            ..Heartbeat::default()
        }),
        pairing: PairBy::Field { sent: some("$"), received: some("$") },
        ..Setup::default()
    };
    let connections = vec![setup(1), setup(2)];
    let bytes: Vec<String> = text.bytes().map(|byte| format!("0x{byte:02x}")).collect();
    Workspace {
        connections,
        messages: vec![
            SavedMessage {
                name: some("$"),
                folder: some("f $"),
                draft: draft(Form::Text, some("say $"), true),
                hotkey: 0,
            },
            SavedMessage { draft: draft(Form::Hex, bytes.join(","), true), ..SavedMessage::default() },
        ],
        variables: vec![Variable { name: some("v_$"), value: some("x $"), is_secret: false }],
        rules: vec![Rule {
            name: some("$"),
            when: Match { text: some("when $"), ..Match::default() },
            reply: draft(Form::Text, some("reply $"), false),
            ..Rule::default()
        }],
        addresses: vec![crate::wire::bench::Address { url: some("ws://h/$"), ..Default::default() }],
        sent: vec![draft(Form::Text, some("$"), true)],
        draft: draft(Form::Base64, STANDARD.encode(format!("draft {text}")), true),
        ..Workspace::default()
    }
}

/// Every text in the JSON of a link, names included.
fn texts_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            found.push(name.clone());
            texts_of(member, found);
        }),
        _ => {}
    }
}

#[track_caller]
fn assert_absent(secret: &str, fragment: &str) {
    let json: Value = share::unpack(fragment).expect("JSON");
    let mut texts = Vec::new();
    texts_of(&json, &mut texts);
    for encoded in encodings(secret) {
        let encoded = encoded.trim_end_matches('=').to_lowercase();
        let found = texts.iter().find(|text| text.to_lowercase().contains(&encoded));
        assert_eq!(found, None, "{secret:?} as {encoded} in {json}");
    }
}

fn holds(secrets: &str, claim: impl Fn(&str, &[u8])) {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let config = Config { cases: 80, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let inputs = (proptest::string::string_regex(secrets).expect("a pattern"), vec(any::<u8>(), 40));
    let result = runner.run(&inputs, |(secret, choices)| {
        claim(&secret, &choices);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn in_turn(choices: &[u8]) -> impl FnMut() -> usize {
    let mut choices = choices.iter().cycle().copied();
    move || choices.next().map_or(0, usize::from)
}

#[test]
fn no_value_of_a_secret_variable_is_in_a_link_whatever_is_ticked() {
    holds(r#"[a-zA-Z0-9&<>"'/\\=+% ö😀-]{2}[a-zA-Z0-9&<>"'/\\=+%ö😀-]{4,20}"#, |secret, choices| {
        let secret = secret.trim();
        let mut workspace = planted(secret, in_turn(choices));
        let variable = Variable { name: "pw".into(), value: secret.into(), is_secret: true };
        workspace.variables.push(variable);
        let (fragment, left_out) = Sharing::of(&workspace).link(&all(&workspace));
        assert_absent(secret, &fragment);
        assert_eq!(left_out, ["the value of the variable pw"]);
    });
}

#[test]
fn no_token_of_a_message_is_in_a_link_before_it_is_ticked() {
    holds("[a-zA-Z0-9._~-]{10,40}", |token, choices| {
        let whole =
            [r#"{"auth":{"token":"$"}}"#, "password=$", "Authorization: Bearer $", r#"{"x-api-key":"$"}"#];
        let whole = whole[usize::from(choices[0]) % whole.len()].replace('$', token);
        let workspace = planted(&whole, in_turn(choices));
        let (fragment, _) = Sharing::of(&workspace).link(&ticked(&workspace));
        assert_absent(token, &fragment);
        assert_absent(&whole, &fragment);
        let (fragment, _) = Sharing::of(&workspace).link(&all(&workspace));
        let json: Value = share::unpack(&fragment).expect("JSON");
        assert!(
            json.to_string().contains(&STANDARD.encode(format!("draft {whole}"))),
            "a person may share it"
        );
    });
}
