//! A ready-made step or check in the words of the suite that gets it.
//!
//! Owns which of the suite's clients, variables and definitions an example speaks of. It tries what it makes with the parser, so
//! that what goes into a suite without mistakes brings none.

use crate::suite::{Files, Suite};

use super::known::Known;
use super::place::place;
use super::sketch::Sketch;
use super::{Example, floor};

/// How many definitions are tried.
const MOST_DEFINITIONS: usize = 20;
/// What the examples act on.
const CLIENTS: [&str; 3] = ["alice", "bob", "crowd"];
/// The variable that they name.
const VARIABLE: &str = "room";
/// Gives that variable a value.
const SET: &str = r#"{ "set": { "room": "r-{{uuid}}" } }"#;
/// A client of a check of its own.
const CLIENT: &str = r#""clients": { "alice": { "url": "ws://localhost:9000/ws" } },"#;

/// An example as it goes in, and the byte at which; or why it cannot.
pub fn fit(text: &str, offset: usize, example: &Example, files: &Files) -> Result<(usize, String), String> {
    let at = place(text, offset, example.is_check)
        .ok_or("It does not fit here: put the cursor among the steps, or fix the mistakes first.")?;
    let sketch = Sketch::read(text, at);
    let mut known = Known::of(&sketch);
    let imported: Vec<Sketch> = files.texts().map(|(_, text)| Sketch::read(text, 0)).collect();
    imported.iter().for_each(|sketch| known.bring(sketch));
    let secrets = Suite::parse_with(text, files).map(|suite| suite.secrets);
    let written = written(example, &known, secrets.as_deref().unwrap_or_default());
    // Of a half-written suite the parser cannot say what is new.
    if secrets.is_err() {
        return Ok((at, written.into_iter().next().unwrap_or_else(|| example.text.clone())));
    }
    let mut why = None;
    for written in written {
        match problem(text, at, &written, files) {
            None => return Ok((at, written)),
            Some(problem) => drop(why.get_or_insert(problem)),
        }
    }
    let acts = CLIENTS.iter().any(|name| is_named(&example.text, name));
    Err(match why {
        None => "It uses a definition, and the suite has none: add \"define\" first.".to_owned(),
        _ if acts && known.clients.iter().next().is_none() => {
            "It acts on a client, and the suite has none: add \"clients\" first.".to_owned()
        }
        Some(why) => format!("It does not fit here: {why}."),
    })
}

/// An example in the words of the suite, the likeliest first.
fn written(example: &Example, known: &Known, secrets: &[String]) -> Vec<String> {
    let with_clients = with_clients(&example.text, known);
    if example.is_check {
        let (head, steps) = with_clients.split_once("  \"steps\"").unwrap_or((&with_clients, ""));
        let own = format!("{head}  {CLIENT}\n  \"steps\"{steps}");
        return if known.clients.iter().next().is_none() { vec![own] } else { vec![with_clients] };
    }
    if example.text.contains(r#""use":"#) {
        return uses(known);
    }
    let is_new = example.text.contains(r#""set":"#);
    if !example.text.contains(VARIABLE) || is_new {
        return vec![with_clients];
    }
    let is_open = |name: &&str| secrets.iter().all(|secret| secret != name);
    let variables = known.vars.iter().chain(known.sets.iter()).filter(is_open);
    let named = variables.map(|name| {
        let quoted = with_clients.replace(&format!("\"{VARIABLE}\""), &format!("\"{name}\""));
        quoted.replace(&format!("{{{{{VARIABLE}}}}}"), &format!("{{{{{name}}}}}"))
    });
    // Without one that has a value by then, the step before gives it one.
    named.chain([format!("{SET},\n{with_clients}")]).collect()
}

/// Each definition with its parameters, once for the client that acts and once for none.
fn uses(known: &Known) -> Vec<String> {
    let is_other = |name: &&str| known.defining != Some(*name);
    let mut all = Vec::new();
    for name in known.definitions.iter().filter(is_other).take(MOST_DEFINITIONS) {
        let parameters: String = known
            .parameters_of(name)
            .map(|parameter| match known.vars.iter().any(|variable| variable == parameter) {
                true => format!(", \"{parameter}\": \"{{{{{parameter}}}}}\""),
                false => format!(", \"{parameter}\": \"1\""),
            })
            .collect();
        let on = known.clients.iter().next().map(|client| format!(", \"on\": \"{client}\""));
        for on in on.into_iter().chain([String::new()]) {
            all.push(format!("{{ \"use\": \"{name}\"{on}{parameters} }}"));
        }
    }
    all
}

/// An example speaks of alice, bob and a crowd; here it speaks of those who are there.
fn with_clients(example: &str, known: &Known) -> String {
    let is_there = |name: &str| known.clients.iter().any(|client| client == name);
    let is_group = |name: &&str| known.groups.contains(name);
    let single = || known.clients.iter().find(|name| !is_group(name));
    let alice =
        if is_there("alice") { Some("alice") } else { single().or_else(|| known.clients.iter().next()) };
    let other = known.clients.iter().find(|name| Some(*name) != alice && !is_group(name));
    let group = known.clients.iter().find(is_group).or(alice);
    let mut written = example.to_owned();
    // A client of the suite may have the name of another one here, so each name changes once.
    for (place, name) in CLIENTS.iter().enumerate() {
        written = written.replace(&format!("\"{name}\""), &format!("\"\u{fdd0}{place}\""));
    }
    for ((place, name), here) in CLIENTS.iter().enumerate().zip([alice, other.or(alice), group]) {
        let here = if is_there(name) { name } else { here.unwrap_or(name) };
        written = written.replace(&format!("\"\u{fdd0}{place}\""), &format!("\"{here}\""));
    }
    written
}

fn is_named(example: &str, client: &str) -> bool {
    example.contains(&format!("\"{client}\""))
}

/// The first mistake that a suite has with this put in; none when it has none.
fn problem(text: &str, at: usize, written: &str, files: &Files) -> Option<String> {
    let (before, after) = text.split_at(floor(text, at));
    let mut first = None;
    // An editor puts the commas that a list needs.
    for (front, back) in [(",", ""), ("", ","), ("", ""), (",", ",")] {
        match Suite::parse_with(&format!("{before}{front}\n{written}{back}\n{after}"), files) {
            Ok(_) => return None,
            Err(problems) => {
                // A comma too many or too few is none of the example: it is a mistake of the document as a whole.
                let problem = problems.into_iter().find(|problem| problem.path != "$");
                first = first.or(problem.map(|problem| problem.message));
            }
        }
    }
    Some(first.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    /// Puts every example where the caret is, and tells those that do not go in.
    fn refused(marked: &str) -> Vec<String> {
        let at = marked.find('|').expect("a cursor");
        let text = marked.replacen('|', "", 1);
        assert_eq!(Suite::parse(&text).err(), None, "{text}");
        let mut refused = Vec::new();
        for example in examples() {
            match fit(&text, at, &example, &Files::default()) {
                Ok((at, written)) => {
                    assert_eq!(problem(&text, at, &written, &Files::default()), None, "{written}");
                }
                Err(why) => refused.push(format!("{}: {why}", example.title)),
            }
        }
        refused
    }

    fn suite(head: &str, steps: &str) -> String {
        format!(
            r#"{{ "sockscope": 1, "suite": "x", {head} "checks": [ {{ "check": "c", "steps": [ {steps} ] }} ] }}"#
        )
    }

    const NO_DEFINITION: &str =
        "Use a definition: It uses a definition, and the suite has none: add \"define\" first.";

    #[test]
    fn every_step_goes_into_a_suite_with_one_client_without_a_mistake() {
        let one = r#""clients": { "user": { "url": "ws://h" } },"#;
        let found = refused(&suite(one, r#"{ "connect": "user" }| "#));
        let ramp = "Raise the load: It does not fit here: user is a single client, and a ramp takes the members of a group; give it a \"count\".";
        let keep = "Keep a value for later checks: It does not fit here: no variable of the suite is called \"room\", and only those are kept; \
            give it a first value in \"vars\", which those checks see that run before this one.";
        assert_eq!(found, [NO_DEFINITION, ramp, keep]);
        let with_more = r#""vars": { "token": "s", "hall": "h" }, "secrets": ["token"],
            "clients": { "users": { "url": "ws://h", "count": 2 } },
            "define": { "enter": { "with": ["hall", "why"], "steps": [ { "send": ["{{hall}}", "{{why}}"] } ] } },"#;
        assert_eq!(refused(&suite(with_more, r#"| { "wait": "1s" }"#)), [""; 0]);
        assert_eq!(
            refused(&suite(with_more, r#"{ "all": [ { "connect": "users" }, | { "wait": "1s" } ] }"#)),
            [""; 0]
        );
    }

    #[test]
    fn every_step_goes_into_a_suite_with_two_clients_and_speaks_of_them() {
        let two = r#""vars": { "hall": "h" }, "clients": { "bob": { "url": "ws://h" }, "alice": { "url": "ws://h", "count": 3 } },
            "define": { "ask": { "steps": [ { "connect": "bob" } ] } },"#;
        assert_eq!(refused(&suite(two, r#"{ "connect": "bob" }| "#)), [""; 0]);
        let text = suite(r#""clients": { "crowd": { "url": "ws://h" }, "dora": { "url": "ws://h" } },"#, "");
        let all =
            examples().into_iter().find(|it| it.title == "Do several things at once").expect("it is there");
        let (_, written) = fit(&text, text.len() - 9, &all, &Files::default()).expect("it fits");
        assert!(
            written.contains(r#""on": "crowd", "expect""#) && written.contains(r#""on": "dora", "silence""#),
            "{written}"
        );
    }

    #[test]
    fn without_clients_goes_in_what_needs_none_and_the_rest_says_why() {
        let found = refused(&suite("", r#"{ "wait": "1s" }| "#));
        let client = ": It acts on a client, and the suite has none: add \"clients\" first.";
        let others: Vec<_> = found.iter().filter(|it| !it.ends_with(client)).collect();
        assert_eq!(others.len(), 2, "{others:#?}");
        assert!(others[0] == NO_DEFINITION && others[1].starts_with("Keep a value"), "{others:#?}");
        assert!(
            found.iter().all(|it| !it.starts_with("A whole check") && !it.starts_with("Make an HTTP")),
            "{found:#?}"
        );
    }

    #[test]
    fn a_suite_with_mistakes_gets_its_own_names_all_the_same() {
        let text = suite(r#""clients": { "user": { "url": 1 } },"#, "");
        let connect = &examples()[0];
        let at = text.find("\"steps\": [").expect("steps") + 10;
        assert_eq!(
            fit(&text, at, connect, &Files::default()),
            Ok((at, r#"{ "connect": "user" }"#.to_owned()))
        );
        assert!(fit("{}", 1, connect, &Files::default()).is_err());
    }
}
