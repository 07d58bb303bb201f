//! A session for a bug report: as Markdown for an issue, and as one HTML file for a person.
//!
//! Owns the form in which a conversation is read: one line for each event, JSON laid out, what was said about a pinned
//! frame beside it. It shows no more of a message than a report can bear; the recording itself has the rest.

use std::borrow::Cow;
use std::fmt::{self, Write};

use maud::{Markup, html};
use serde_json::Value;

use super::jsonl::event;
use super::transcript::{Connection, Content, Decimal, Transcript, asked_close, text_of};
use crate::base::mask::Masker;
use crate::base::words::{counted, cut};
use crate::report::html_page;
use crate::{Frame, FrameKind};

/// So much of a message is shown.
const LONGEST: usize = 4000;
/// JSON up to this length stays on its line.
const ON_ONE_LINE: usize = 100;

/// What a report shows of a frame.
struct FrameRow<'a> {
    number: u64,
    at: String,
    client: Cow<'a, str>,
    /// `→` for a message that we sent, `←` for one that came, `·` for what is none.
    way: &'static str,
    what: String,
    /// The content of a message, laid out.
    content: Option<(String, bool)>,
    remark: Option<Cow<'a, str>>,
}

fn told<'a>(
    session: &Transcript<'a>,
    frame: &Frame<'a>,
    handshake: Option<&'a Connection>,
    masker: &Masker,
) -> FrameRow<'a> {
    let client = match handshake.map(|it| it.name.as_str()).filter(|name| !name.is_empty()) {
        Some(name) => masker.mask(name),
        None => Cow::Owned(format!("connection {}", frame.connection)),
    };
    let mut what = match frame.kind {
        FrameKind::SentBinary | FrameKind::ReceivedBinary => {
            format!("{} binary, {}", event(frame.kind), counted(session.bytes(frame), "byte"))
        }
        kind if kind.is_message() => event(kind).to_owned(),
        FrameKind::Closed => match handshake.and_then(|it| it.closed.as_ref()) {
            Some(closed) => format!("closed {} {}", closed.code, masker.mask(&closed.reason)),
            None => format!("closed {}", text_of(frame, masker)),
        },
        FrameKind::Closing => {
            let text = text_of(frame, masker);
            let (code, reason) = asked_close(&text).unwrap_or((1000, &text));
            format!("closing {code} {reason}")
        }
        kind => format!("{} {}", event(kind), text_of(frame, masker)),
    };
    if let Some(round_trip) = frame.round_trip {
        what = format!("{what}, {} ms after its question", Decimal(round_trip));
    }
    FrameRow {
        number: session.number(frame),
        at: format!("{}", Decimal(session.since_start(frame.at))),
        client,
        way: match frame.kind {
            kind if !kind.is_message() => "·",
            kind if kind.is_sent() => "→",
            _ => "←",
        },
        what: what.trim_end().to_owned(),
        content: frame.kind.is_message().then(|| content(frame, masker)),
        remark: session.remark(frame.number).map(|remark| masker.mask(remark)),
    }
}

/// The content as it is read, and whether it is JSON.
fn content(frame: &Frame<'_>, masker: &Masker) -> (String, bool) {
    let written = Content::of(frame, masker);
    let text = written.as_str();
    let json: Option<Value> = match text.trim_start().starts_with(['{', '[']) && frame.kind.is_text() {
        true => serde_json::from_str(text).ok(),
        false => None,
    };
    let laid_out = json
        .as_ref()
        .filter(|_| text.len() > ON_ONE_LINE)
        .and_then(|json| serde_json::to_string_pretty(json).ok());
    (cut(laid_out.as_deref().unwrap_or(text), LONGEST), json.is_some())
}

/// Each connection with its address.
fn addresses(session: &Transcript<'_>, masker: &Masker) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for connection in session.connections {
        let one = (masker.mask(&connection.name).into_owned(), masker.mask(&connection.url).into_owned());
        if !all.contains(&one) && all.len() < 100 {
            all.push(one);
        }
    }
    all
}

/// A fence that nothing in the text closes.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

/// A text within a line of Markdown: nothing of it is markup or begins a line.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '!' | '@' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Writes the session as Markdown. What is said `about` it is Markdown itself.
pub fn write_markdown(
    name: &str,
    about: &str,
    session: &Transcript<'_>,
    masker: &Masker,
    out: &mut dyn Write,
) -> fmt::Result {
    writeln!(out, "# {}\n", inline(&masker.mask(name)))?;
    if !about.trim().is_empty() {
        writeln!(out, "{}\n", masker.mask(about.trim()))?;
    }
    if let Some(began) = session.log.began() {
        writeln!(out, "Recorded {}. Times are in milliseconds since then.\n", session.iso(began))?;
    }
    for (name, url) in addresses(session, masker) {
        writeln!(out, "- **{}**: {}", inline(&name), inline(&url))?;
    }
    if session.log.dropped() > 0 {
        writeln!(out, "\nThe oldest {} are missing.", counted(session.log.dropped(), "frame"))?;
    }
    for (frame, handshake) in session.frames() {
        let handshake = handshake.map(|place| &session.connections[place]);
        let told = told(session, &frame, handshake, masker);
        writeln!(
            out,
            "\n**{}** · {} · {} {} {}",
            told.number,
            told.at,
            inline(&told.client),
            told.way,
            inline(&told.what)
        )?;
        if let Some(remark) = told.remark {
            writeln!(out, "\n> 📌 {}", inline(&remark))?;
        }
        if let Some((text, is_json)) = told.content {
            let fence = fence(&text);
            writeln!(out, "\n{fence}{}\n{text}\n{fence}", if is_json { "json" } else { "text" })?;
        }
    }
    Ok(())
}

/// Writes the session as one HTML file: nothing from elsewhere, no script.
pub fn write_html(
    name: &str,
    about: &str,
    session: &Transcript<'_>,
    masker: &Masker,
    out: &mut dyn Write,
) -> fmt::Result {
    let about = masker.mask(about);
    let paragraphs = about.split("\n\n").map(str::trim).filter(|it| !it.is_empty());
    let rows: Vec<Markup> = session
        .frames()
        .map(|(frame, handshake)| {
            let handshake = handshake.map(|place| &session.connections[place]);
            row(&told(session, &frame, handshake, masker))
        })
        .collect();
    let began = session.log.began().map(|began| session.iso(began));
    let main = html! {
        header {
            h1 { (masker.mask(name)) }
            @for paragraph in paragraphs { p { (paragraph) } }
            p {
                @if let Some(began) = &began { "Recorded " (began) ". Times are in milliseconds since then." }
                @if session.log.dropped() > 0 { " The oldest " (counted(session.log.dropped(), "frame")) " are missing." }
            }
        }
        section {
            h2 { "Connections" }
            ul { @for (name, url) in addresses(session, masker) { li { strong { (name) } " " code { (url) } } } }
        }
        section {
            h2 { "Frames" }
            div.scroll tabindex="0" role="region" aria-label="Frames" {
                table {
                    thead { tr {
                        th scope="col" { "number" } th scope="col" { "time" } th scope="col" { "connection" }
                        th scope="col" { "event" } th scope="col" { "content" }
                    } }
                    tbody { @for row in &rows { (row) } }
                }
            }
        }
    };
    html_page(&masker.mask(name), main, out)
}

fn row(told: &FrameRow<'_>) -> Markup {
    html! {
        tr {
            td { (told.number) }
            td { (told.at) }
            td { (told.client) }
            td { (told.way) " " (told.what) }
            td {
                @if let Some(remark) = &told.remark { p { strong { "📌 " (remark) } } }
                @if let Some((text, _)) = &told.content { pre { (text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::read::{Alone, open};

    const LINES: &str = concat!(
        r#"{"event":"connecting","number":0,"at_ms":0,"connection":1,"name":"a|b","url":"ws://h/ws?token=s3cr3tvalue1","protocols":[]}"#,
        "\n",
        r#"{"event":"sent","number":1,"at_ms":1,"connection":1,"name":"a|b","text":"<script>alert(1)</script> ```` end"}"#,
        "\n",
        r##"{"event":"received","number":2,"at_ms":2.5,"connection":1,"name":"a|b","round_trip_ms":1.5,"text":"{\"a\":1}","pinned":true,"remark":"# look\n<b>here</b>"}"##,
        "\n",
    );

    fn written(write: fn(&str, &str, &Transcript<'_>, &Masker, &mut dyn Write) -> fmt::Result) -> String {
        let session =
            open("a *session*", LINES.as_bytes(), &Alone, 1 << 20).expect("a session").sessions.remove(0);
        let masker = Masker::new(["s3cr3tvalue1"]);
        let mut text = String::new();
        write(&session.name, "It *fails*:\n\n<b>s3cr3tvalue1</b>", &session.transcript(), &masker, &mut text)
            .expect("a string takes all");
        text
    }

    #[test]
    fn nothing_of_a_message_is_markup() {
        let text = written(write_markdown);
        assert!(text.starts_with("# a \\*session\\*\n\nIt *fails*:\n\n<b>***</b>\n"), "{text}");
        assert!(text.contains("**1** · 1.000 · a\\|b → sent\n\n`````text\n<script>"), "{text}");
        assert!(text.contains("> 📌 \\# look &lt;b>here&lt;/b>\n"), "{text}");
        assert!(
            text.contains("```json\n{\"a\":1}\n```") && text.contains("1.500 ms after its question"),
            "{text}"
        );
        let html = written(write_html);
        assert!(html.contains("<p>It *fails*:</p><p>&lt;b&gt;***&lt;/b&gt;</p>"), "{html}");
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !html.contains("<script"),
            "{html}"
        );
        for text in [text, html] {
            assert!(!text.contains("s3cr3t") && text.contains("token"), "{text}");
        }
    }
}
