use super::*;
use crate::base::random::Random;

/// The parts in a short notation: text as it is, a placeholder as `<at:what>`.
#[track_caller]
fn check(text: &str, expected: &str) {
    let template = Template::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let parts = template.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Place { at, say } => format!("<{at}:{say:?}>"),
    });
    assert_eq!(parts.collect::<String>(), expected);
}

#[track_caller]
fn check_err(text: &str, expected: &[(usize, &str)]) {
    let errors = Template::parse(text).expect_err("a template that is wrong");
    let told: Vec<_> = errors.iter().map(|error| (error.at, error.to_string())).collect();
    let told: Vec<_> = told.iter().map(|(at, message)| (*at, message.as_str())).collect();
    assert_eq!(told, expected);
}

#[test]
fn ok_text_alone() {
    check("", "");
    check("a } b }} {", "a } b }} {");
}

#[test]
fn ok_names() {
    check("a{{ room }}b", "a<1:Name(Variable(\"room\"))>b");
    check("{{bob.sid}}", "<0:Name(Capture { client: \"bob\", name: \"sid\" })>");
    check("{{crowd[3].sid}}", "<0:Name(Capture { client: \"crowd[3]\", name: \"sid\" })>");
    check("{{env.HOME}}", "<0:Name(Env(\"HOME\"))>");
    check("{{client}}{{seq}}", "<0:Name(Client)><10:Name(Seq)>");
    check("{{i}}{{index}}", "<0:Name(Iteration)><5:Name(Index)>");
}

#[test]
fn ok_words() {
    check("{{uuid}}{{now}}{{iso}}", "<0:Uuid><8:Now(0)><15:Iso(0)>");
    check("{{random -5 100}}", "<0:Random(-5, 100)>");
    check(
        "{{base64 bob.sid}}",
        "<0:Call(Call { function: Base64, arguments: [Name(Capture { client: \"bob\", name: \"sid\" })], is_base64: false })>",
    );
}

#[test]
fn ok_a_quoted_word_is_text_and_holds_anything() {
    check(
        r#"{{pick a 5 "5" 'b }} c' "\"q\""}}"#,
        r#"<0:Pick([String("a"), Number(5), String("5"), String("b }} c"), String("\"q\"")])>"#,
    );
}

#[test]
fn ok_a_default_is_all_the_rest() {
    check("{{env.U ?? ws://h:1/a b's}}", "<0:EnvOr(\"U\", String(\"ws://h:1/a b's\"))>");
    check("{{env.N ?? 5}}", "<0:EnvOr(\"N\", Number(5))>");
    check("{{env.N??'5'}}", "<0:EnvOr(\"N\", String(\"5\"))>");
    check("{{env.N ??}}", "<0:EnvOr(\"N\", String(\"\"))>");
}

#[test]
fn ok_a_backslash_takes_the_meaning_away() {
    check(r"\{{a}} b", "{{a}} b");
    check(r"\\{{a}}", "\\<2:Name(Variable(\"a\"))>");
    check(r"\\\{{a}}", r"\{{a}}");
    check(r"C:\new\", r"C:\new\");
}

#[test]
fn ok_json_text_with_braces_around() {
    check(r#"{"n":{{n}}}"#, r#"{"n":<5:Name(Variable("n"))>}"#);
    check(r#"{{{k}}:1}"#, r#"{<1:Name(Variable("k"))>:1}"#);
}

#[test]
fn err_no_end() {
    let message = r"a placeholder begins here and has no end; close it with }}, or write \{{ for the two braces themselves";
    check_err("ab {{name", &[(3, message)]);
    check_err("{{a {{b}}", &[(0, message)]);
    check_err("{{pick 'a}}", &[(0, "a quoted word in this placeholder has no end")]);
}

#[test]
fn err_all_at_once() {
    check_err(
        "{{}} {{a b}} {{1x}}",
        &[
            (0, r"an empty placeholder; name a variable, or write \{{ for the two braces themselves"),
            (
                5,
                "no function is called \"a\"; the functions are add, base64, hex, hmac-sha256, json, length, lower, mul, sha256, slice, sub, text, upper, url, env, iso, now, pick, random, uuid",
            ),
            (13, "\"1x\" is not a valid name; a name is a letter or _, then letters, digits, _ and -"),
        ],
    );
}

#[test]
fn err_an_unknown_word_names_the_nearest() {
    check_err("{{rand 1 6}}", &[(0, "no function is called \"rand\"; did you mean \"random\"?")]);
    check_err("{{randon 1 6}}", &[(0, "no function is called \"randon\"; did you mean \"random\"?")]);
    check_err(
        "{{choose a b}}",
        &[(
            0,
            "no function is called \"choose\"; the functions are add, base64, hex, hmac-sha256, json, length, lower, mul, sha256, slice, sub, text, upper, url, env, iso, now, pick, random, uuid",
        )],
    );
}

#[test]
fn err_a_calculation_says_that_placeholders_do_not_calculate() {
    let message = "a placeholder has no operators; write a name alone, such as {{n}}, or a function, such as {{add n 1}}, \
                   {{sub n 1}} or {{mul n 2}}";
    for text in ["{{n + 1}}", "{{n+1}}", "{{n == 6}}", "{{5 * 2}}", "{{n >= 3}}", "{{a && b}}"] {
        check_err(text, &[(0, message)]);
    }
    check("{{n-1}}", "<0:Name(Variable(\"n-1\"))>");
}

#[test]
fn err_a_default_belongs_to_the_environment() {
    for text in ["{{nope ?? 5}}", "{{nope??5}}", "{{nope ??5}}"] {
        check_err(
            text,
            &[(
                0,
                "only the environment takes a default after ??: write {{env.NAME ?? 5}}, or give \"nope\" its first value in \
                 \"vars\"",
            )],
        );
    }
}

#[test]
fn err_an_unknown_function_lists_those_there_are() {
    check_err("{{hmac key n}}", &[(0, "no function is called \"hmac\"; did you mean \"hmac-sha256\"?")]);
    for (text, name) in [("{{rot13 key}}", "rot13"), ("{{uuencode key}}", "uuencode")] {
        let message = format!(
            "no function is called {name:?}; the functions are add, base64, hex, hmac-sha256, json, length, lower, mul, sha256, slice, sub, text, upper, url, env, iso, now, pick, random, uuid"
        );
        check_err(text, &[(0, &message)]);
    }
}

#[test]
fn err_usage() {
    check_err("{{random 1}}", &[(0, "random is written as {{random 1 100}}, with two whole numbers")]);
    check_err("{{random 1 2.5}}", &[(0, "random is written as {{random 1 100}}, with two whole numbers")]);
    check_err("{{random 9 1}}", &[(0, "9 is above 1; write {{random 1 9}}")]);
    check_err("{{pick}}", &[(0, "pick is written as {{pick a b c}}")]);
    check_err("{{base64}}", &[(0, "base64 is written as {{base64 name}}")]);
    check_err("{{base64 a b}}", &[(0, "base64 is written as {{base64 name}}")]);
    check_err("{{add n}}", &[(0, "add is written as {{add n 1}}")]);
    check_err("{{text + 1}}", &[(0, &TemplateErrorKind::Arithmetic.to_string())]);
    check_err(
        "{{now+5}}",
        &[(0, "\"now+5\" is not a time from now; write {{now+5s}}, {{now-500ms}} or {{iso+1h}}")],
    );
    check_err("{{uuid 4}}", &[(0, "uuid is written as {{uuid}}")]);
    check_err("{{env}}", &[(0, "env is written as {{env.NAME}} or {{env.NAME ?? default}}")]);
}

#[test]
fn err_names_with_strange_letters() {
    check_err(
        "{{a.b.c}}",
        &[(0, "\"a.b.c\" is not a valid name; a name is a letter or _, then letters, digits, _ and -")],
    );
    check_err(
        "{{crowd[x].y}}",
        &[(0, "\"crowd[x].y\" is not a valid name; a name is a letter or _, then letters, digits, _ and -")],
    );
    check_err(
        "{{name ?? x}}",
        &[(
            0,
            "only the environment takes a default after ??: write {{env.NAME ?? 5}}, or give \"name\" its first value in \"vars\"",
        )],
    );
}

#[test]
fn an_unknown_variable_names_the_nearest_known_one() {
    let tell = |name| TemplateErrorKind::unknown_variable(name, ["room", "user"]).to_string();
    assert_eq!(tell("rooom"), "no variable is called \"rooom\"; did you mean \"room\"?");
    assert_eq!(tell("uid"), "no variable is called \"uid\"; did you mean \"uuid\"?");
    assert_eq!(tell("banana"), "no variable is called \"banana\"");
}

#[test]
fn names_lists_what_is_referred_to() {
    let template = Template::parse("{{a}} {{uuid}} {{base64 b}}").expect("a good template");
    let names: Vec<_> = template.names().into_iter().map(|r| (r.at, r.name)).collect();
    assert_eq!(names, [(0, Name::Variable("a".into())), (15, Name::Variable("b".into()))]);
}

#[test]
fn no_text_panics_and_none_takes_long() {
    let bits = [
        "{{", "}}", "{", "}", "\\", "\"", "'", " ", "??", "env.", "a", ".", "[1]", "pick", "random", "é",
        "-1",
    ];
    let mut random = Random::with_seed(3);
    for _ in 0..20_000 {
        let length = random.next_u64() % 16;
        let text: String = (0..length).map(|_| bits[random.next_u64() as usize % bits.len()]).collect();
        let _ = Template::parse(&text);
    }
    for hostile in ["{{", "{{\"", "\\{{", "{{}}", "{", "{{a"] {
        let _ = Template::parse(&hostile.repeat(1 << 19));
    }
}
