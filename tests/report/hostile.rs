//! Texts that a server or a suite chose to do harm stay texts.

use roxmltree::Document;
use sockscope_engine::FrameKind;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::base::random::Random;
use sockscope_engine::report::{EventFormat, ReportFormat, read_json};

use crate::fixture::{self, with_texts};
use crate::{exported, junit, recorded, rendered};

const PIECES: &[&str] = &[
    "<script>alert(1)</script>",
    "</style>",
    "</title>",
    "<img src=x onerror=alert(1)>",
    "\" onload=\"x",
    "' x='",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "&amp;",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "\0",
    "\u{1}",
    "\u{8}",
    "\u{b}",
    "\u{1b}[31m",
    "\r",
    "\n",
    "\t",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{feff}",
    "😀",
    "é",
    "\u{10ffff}",
    ",",
    ";",
    "=1+1",
    "@",
    "a",
    " ",
    "javascript:",
    "{{x}}",
    "%00",
    "\\",
    "\\u0000",
    "`",
    "/*",
    "//",
];

fn text(random: &mut Random) -> String {
    let count = random.next_u64() % 6;
    (0..count).map(|_| PIECES[random.next_u64() as usize % PIECES.len()]).collect()
}

/// The elements with their attributes, but for the one that holds data.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for part in html.split('<').skip(1) {
        let tag = part.split('>').next().unwrap_or_default();
        let (before, label) = tag.split_once("aria-label=\"").unwrap_or((tag, "\""));
        let after = label.split_once('"').map_or("", |(_, after)| after);
        tags.push(format!("{before}{after}"));
    }
    tags
}

#[test]
fn no_text_becomes_an_element_of_the_page() {
    let mut random = Random::with_seed(7);
    let mut report = fixture::everything();
    // Which setups failed alike is a matter of texts.
    report.checks.pop();
    let structure = tags(&rendered(&report, ReportFormat::Html));
    assert!(structure.len() > 300);
    for _ in 0..150 {
        let mut count = 0;
        let hostile = with_texts(&report, &mut |old| {
            count += 1;
            // What a metric is says its unit and what is drawn its histogram; names keep their order by a number, and
            // steps stand as deep as before. What a threshold is about says its first word.
            if matches!(old, "us" | "count") || old.starts_with("HISTFAAA") {
                return old.to_owned();
            }
            let word = if old.starts_with("success") { "success" } else { "" };
            format!("{word}{count:05}{}{}", text(&mut random), ".".repeat(old.matches('.').count()))
        });
        let html = rendered(&hostile, ReportFormat::Html);
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(!html.contains(['\0', '\u{1}', '\u{8}', '\u{b}', '\u{1b}', '\u{fffe}', '\u{ffff}']));
        let found = tags(&html);
        let differs = found.iter().zip(&structure).find(|(found, wanted)| found != wanted);
        assert_eq!((differs, found.len()), (None, structure.len()));
    }
}

#[test]
fn xml_stays_well_formed_and_keeps_to_the_schemas() {
    let mut random = Random::with_seed(8);
    for _ in 0..150 {
        let hostile = with_texts(&fixture::everything(), &mut |_| text(&mut random));
        junit::check_both_styles(&hostile);
    }
}

#[test]
fn what_xml_can_hold_is_read_back() {
    let message = "<b>\"it's\"</b> & ]]> \t\n\r 😀\u{85}\u{fffd}";
    let mut report = fixture::passed();
    report.checks[0].about = Some(format!("{message}\0\u{fffe}"));
    let xml = rendered(&report, ReportFormat::Junit);
    let document = Document::parse(&xml).expect("well-formed");
    let about = document.descendants().find(|node| node.attribute("name") == Some("about"));
    assert_eq!(about.and_then(|node| node.attribute("value")), Some(message));
}

#[test]
fn json_is_read_back_whatever_is_in_it() {
    let mut random = Random::with_seed(9);
    for _ in 0..150 {
        let hostile = with_texts(&fixture::everything(), &mut |_| text(&mut random));
        let read = read_json(&rendered(&hostile, ReportFormat::Json)).expect("a report");
        assert!(read == hostile);
    }
}

#[test]
fn events_are_read_back_whatever_is_in_them() {
    let mut random = Random::with_seed(10);
    for _ in 0..150 {
        let mut recording = recorded::session();
        let name = text(&mut random);
        recording.connections[0].name.clone_from(&name);
        let sent: Vec<String> = (0..20).map(|_| text(&mut random)).collect();
        for message in &sent {
            recording.push(100_000, 1, FrameKind::SentText, message.as_bytes());
        }
        let masker = Masker::default();
        let csv = exported(&recording.transcript(), EventFormat::Csv, &masker);
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        let plain = |cell: &str| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
        assert_eq!(plain(&rows[0][4]), name);
        let read: Vec<String> = rows[rows.len() - 20..].iter().map(|row| plain(&row[10])).collect();
        assert_eq!(read, sent);

        let lines = exported(&recording.transcript(), EventFormat::JsonLines, &masker);
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines[0]["name"], name.as_str());
        assert!(
            lines[lines.len() - 20..].iter().zip(&sent).all(|(line, sent)| line["text"] == sent.as_str())
        );

        let har = exported(&recording.transcript(), EventFormat::Har, &masker);
        let har: serde_json::Value = serde_json::from_str(&har).expect("JSON");
        assert_eq!(har["log"]["entries"][0]["_sockscope"]["name"], name.as_str());
    }
}

#[test]
fn the_page_forbids_itself_all_but_styles() {
    let html = rendered(&fixture::everything(), ReportFormat::Html);
    let policy = html.find("Content-Security-Policy").expect("a policy");
    assert!(policy < html.find("<style").expect("a style"));
    for foreign in ["src=", "@import", "url(", "<link", "<iframe", "<form", "http-equiv=\"refresh\""] {
        assert!(!html.contains(foreign), "{foreign}");
    }
}
