//! A secret that is put wherever a text can stand is found nowhere, whatever its form.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sockscope_engine::FrameKind;
use sockscope_engine::FrameLog;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{Connection, EventFormat, ReportFormat};

use crate::fixture;
use crate::recorded::{self, Recording};
use crate::{exported, rendered};

/// With characters that every form escapes in its own way.
const SECRET: &str = "s3c\"r/t é&<key>'+?";

fn percent_encoded(all: bool) -> String {
    SECRET.bytes().fold(String::new(), |mut text, byte| {
        let _ = match byte {
            _ if !all && byte.is_ascii_alphanumeric() => write!(text, "{}", char::from(byte)),
            _ => write!(text, "%{byte:02X}"),
        };
        text
    })
}

fn hex() -> String {
    SECRET.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The base64 of a longer text that has the secret at this place.
fn base64_at(place: usize) -> String {
    STANDARD.encode(format!("{}{SECRET}tail", &"xy"[..place]))
}

fn escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a text is JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

/// What must not be found: every form, and each of them escaped as JSON, XML and CSV do.
fn forbidden() -> Vec<String> {
    let mut forms = vec![
        SECRET.to_owned(),
        escaped(SECRET),
        percent_encoded(false),
        percent_encoded(true),
        hex(),
        hex().to_uppercase(),
    ];
    for place in 0..3 {
        // The characters that the secret alone decides.
        let (first, bits) = ((place * 8usize).div_ceil(6), (place + SECRET.len()) * 8);
        forms.push(base64_at(place)[first..bits / 6].to_owned());
        forms.push(URL_SAFE_NO_PAD.encode(format!("{}{SECRET}", &"xy"[..place]))[first..bits / 6].to_owned());
    }
    let xml = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    };
    let in_files: Vec<String> =
        forms.iter().flat_map(|form| [escaped(form), xml(form), form.replace('"', "\"\"")]).collect();
    forms.extend(in_files);
    forms
}

fn poison() -> String {
    format!(
        "a {SECRET} b ?q={} {} {} {} {} {} {}",
        percent_encoded(false),
        percent_encoded(true),
        base64_at(0),
        base64_at(1),
        base64_at(2),
        escaped(SECRET),
        hex()
    )
}

#[track_caller]
fn check(form: &str, text: &str) {
    for forbidden in forbidden() {
        assert!(!text.contains(&forbidden), "{form} has {forbidden:?}");
    }
    assert!(text.contains("***"), "{form} has nothing masked");
}

#[test]
fn no_form_of_a_report_has_a_secret() {
    let masker = Masker::new([SECRET]);
    let mut count = 0;
    let report = fixture::with_texts(&fixture::everything(), &mut |_| {
        count += 1;
        format!("{count} {}", poison())
    });
    assert!(count > 100, "{count} texts are not all of a report");
    let report = report.masked(&masker);
    for format in ReportFormat::ALL {
        check(format.name(), &rendered(&report, format));
    }
}

#[test]
fn no_form_of_a_session_has_a_secret() {
    use FrameKind::{
        Closed, Closing, Connecting, Failed, Opened, ReceivedBinary, ReceivedText, SentBinary, SentText,
    };
    let poison = poison();
    let mut recording = Recording {
        log: FrameLog::with_budget(0),
        connections: vec![
            Connection {
                offered: vec![poison.clone()],
                opened: recorded::opened(2, &poison, &poison),
                closed: recorded::closed(3, 1000, &poison, true),
                ..recorded::connection(1, &poison, &format!("ws://h/{poison}?{poison}&a={poison}"), 1)
            },
            recorded::connection(2, &poison, &poison, 1),
        ],
        notes: recorded::notes(&poison),
    };
    for connection in [1, 2, 3] {
        for kind in [Connecting, Opened, SentText, ReceivedText, Closing, Failed, Closed] {
            recording.push(5, connection, kind, poison.as_bytes());
            recording.push(
                5,
                connection,
                kind,
                serde_json::json!({ "token": SECRET }).to_string().as_bytes(),
            );
        }
        for kind in [SentBinary, ReceivedBinary] {
            recording.push(6, connection, kind, poison.as_bytes());
            for place in 0..3 {
                let around = [&[0xff; 2][..place], SECRET.as_bytes(), &[0xfe, 0x80]].concat();
                recording.push(6, connection, kind, &around);
            }
        }
    }
    let masker = Masker::new([SECRET]);
    for format in EventFormat::ALL {
        check(format.name(), &exported(&recording.transcript(), format, &masker));
    }
}

#[test]
fn without_secrets_nothing_changes() {
    let report = fixture::everything();
    assert_eq!(report.clone().masked(&Masker::default()), report);
}

#[test]
fn a_secret_that_looks_like_the_programs_own_words_breaks_nothing() {
    let masker = Masker::new(["us", "2026", "count", "websocket"]);
    let report = fixture::everything().masked(&masker);
    assert_eq!(report.started, "2026-11-21T03:01:06.123Z");
    assert_eq!(report.metrics["rtt"].unit, "us");
}
