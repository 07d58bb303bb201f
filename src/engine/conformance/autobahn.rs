//! The certificate in the shape of Autobahn's `index.json`, which tools read that know Autobahn.

use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::{Certificate, Row, Standing, Weight};

/// One agent, the server, and its cases by their ids. `behavior` is one of `OK`, `NON-STRICT` (what should hold does not),
/// `INFORMATIONAL`, `FAILED` and `UNIMPLEMENTED` (not applicable, or nobody knows).
pub fn write_autobahn(certificate: &Certificate, out: &mut dyn Write) -> fmt::Result {
    let mut cases = Map::new();
    for row in &certificate.rows {
        let behavior = behavior(row);
        let is_closing = row.id.starts_with('C');
        cases.insert(
            row.id.clone(),
            json!({
                "behavior": behavior,
                "behaviorClose": if is_closing { behavior } else { "INFORMATIONAL" },
                "duration": row.duration_ms.0.round() as u64,
                "remoteCloseCode": close_code(&row.note),
                // No file stands behind a case: all that is known of it is its row.
                "reportfile": "",
            }),
        );
    }
    let mut agents = Map::new();
    agents.insert(certificate.url.clone(), cases.into());
    let text = serde_json::to_string_pretty(&Value::Object(agents)).map_err(|_| fmt::Error)?;
    out.write_str(&text)?;
    out.write_char('\n')
}

fn behavior(row: &Row) -> &'static str {
    match (row.verdict, row.weight) {
        (Standing::NotApplicable | Standing::Inconclusive, _) => "UNIMPLEMENTED",
        (_, Weight::Info) => "INFORMATIONAL",
        (Standing::Pass, _) => "OK",
        (Standing::Fail, Weight::Should) => "NON-STRICT",
        (Standing::Fail, Weight::Must) => "FAILED",
    }
}

/// The code that a note names as that of an end; reports keep no other trace of it.
fn close_code(note: &str) -> Option<u16> {
    let said = ["ended with ", "closed with ", "code is ", "refused with "];
    let rest = said.iter().find_map(|said| note.split_once(said)).map(|(_, rest)| rest);
    let rest = rest.or_else(|| note.strip_suffix(" comes back"))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(note: &str, expected: Option<u16>) {
        assert_eq!(close_code(note), expected, "{note}");
    }

    #[test]
    fn the_code_of_an_end_is_found_in_what_is_said_of_it() {
        check("the connection ended with 1006 (abnormal)", Some(1006));
        check("let in, and then closed with 4001", Some(4001));
        check("the code is 1001", Some(1001));
        check("1000 comes back", Some(1000));
        check("it comes back", None);
        check("", None);
    }
}
