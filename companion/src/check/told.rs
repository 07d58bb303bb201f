//! What the browsers of a run have to tell when it is over, as one report.
//!
//! Owns the fetching of reports, recordings and complaints from a page, and takes the secrets out of them. Its rule: a
//! report without its recording is worth more than none.

use sockscope_engine::report::{Broken, EventFormat, Report, read_json};
use sockscope_engine::run::merge;
use sockscope_host::session::Session;
use tokio::time::{Instant, sleep};

use super::files::joined;
use super::reasons::{Explained, Reason, annotate, annotate_calls, annotate_lines, explain, refused_calls};
use super::run::{ASK_AGAIN, Assignment, Done, Lost, READY_WITHIN};
use super::scripts::{FETCH, PIECE};

/// What one browser has told.
pub(super) struct Part {
    report: Report,
    recordings: Vec<String>,
    pub(super) printed: Vec<String>,
}

/// What one browser has to tell after its run. Its page takes the secrets out of what is known beside the report: it knows
/// those as well that came up on the way.
pub(super) async fn collect(
    session: &Session,
    assignment: &Assignment<'_>,
    printed: Vec<String>,
) -> Result<Part, Lost> {
    let text = fetch(session, "Promise.resolve(window.sockscopeRun.report)").await?;
    let mut report = read_json(&text).map_err(|error| Lost::NotAReport(error.to_string()))?;
    let mut complaints = session.complaints().await;
    let texts = complaints.iter().map(|it| it.text.clone()).chain(printed).collect();
    let mut masked = without_secrets(session, assignment, texts).await;
    let printed = masked.split_off(complaints.len().min(masked.len()));
    for (complaint, text) in complaints.iter_mut().zip(masked) {
        complaint.text = text;
    }

    let reasons: Vec<_> = complaints.iter().filter_map(Reason::read).collect();
    let explained: Vec<Explained> = if reasons.is_empty() {
        Vec::new()
    } else {
        let broken = fetch(session, "sockscope.broken().then(JSON.stringify)").await?;
        let broken: Vec<Broken> =
            serde_json::from_str(&broken).map_err(|error| Lost::NotAReport(error.to_string()))?;
        explain(broken, reasons)
    };
    annotate(&mut report, &explained);
    annotate_calls(&mut report, &refused_calls(&complaints));
    let mut recordings = Vec::new();
    for format in assignment.recordings {
        let text = fetch(session, &format!("sockscope.events('{}')", format.name())).await;
        // A report without its recording is worth more than none.
        let text = text.unwrap_or_else(|lost| {
            report.reasons.push(format!("cannot get the recording as {}: {lost}", format.name()));
            String::new()
        });
        recordings.push(match format {
            EventFormat::JsonLines => annotate_lines(&text, &explained),
            _ => text,
        });
    }
    Ok(Part { report, recordings, printed })
}

/// Texts as they may be told: by the page, which knows what the run has learnt, or by what was known before it.
async fn without_secrets(session: &Session, assignment: &Assignment<'_>, texts: Vec<String>) -> Vec<String> {
    let asked = async {
        session.run("window.sockscopeTexts = arguments[0]", vec![texts.clone().into()]).await?;
        let masked = fetch(session, "sockscope.mask(window.sockscopeTexts).then(JSON.stringify)").await?;
        serde_json::from_str::<Vec<String>>(&masked).map_err(|error| Lost::NotAReport(error.to_string()))
    };
    match asked.await {
        Ok(masked) if masked.len() == texts.len() => masked,
        _ => texts.iter().map(|text| assignment.masker.mask(text).into_owned()).collect(),
    }
}

/// A text that a promise in the page gives, in pieces, as it may be large.
async fn fetch(session: &Session, promise: &str) -> Result<String, Lost> {
    session.run(&format!("{FETCH}({promise})"), Vec::new()).await?;
    let deadline = Instant::now() + READY_WITHIN;
    let (mut text, mut units) = (String::new(), 0);
    loop {
        let piece = session.run(PIECE, vec![units.into()]).await?;
        if let Some(words) = piece["error"].as_str() {
            return Err(Lost::NotAReport(words.to_owned()));
        }
        if let Some(part) = piece["part"].as_str() {
            text.push_str(part);
            units += part.encode_utf16().count();
            if piece["is_last"] == true {
                return Ok(text);
            }
        } else if Instant::now() > deadline {
            return Err(Lost::NotAReport(format!("nothing came within {READY_WITHIN:?}")));
        } else {
            sleep(ASK_AGAIN).await;
        }
    }
}

/// One run out of what several browsers told: figures are added up, recordings are put one after the other.
pub(super) fn join(assignment: &Assignment<'_>, parts: Vec<Result<Part, String>>) -> Result<Done, Lost> {
    let trouble = parts.iter().find_map(|part| part.as_ref().err().cloned());
    let mut recordings = Vec::new();
    for (nth, format) in assignment.recordings.iter().enumerate() {
        let label = |index| match assignment.shards {
            1 => assignment.label.clone(),
            _ => format!("{} · shard {index}", assignment.label),
        };
        let texts = parts.iter().enumerate().filter_map(|(index, part)| {
            let part = part.as_ref().ok()?;
            Some((label(index), part.recordings[nth].as_str()))
        });
        recordings.push((*format, joined(*format, texts.collect())));
    }
    let mut reports: Vec<_> = parts.into_iter().map(|part| part.ok().map(|it| it.report)).collect();
    let mut report = match &mut reports[..] {
        [only] => only.take().ok_or_else(|| Lost::NotAReport(trouble.clone().unwrap_or_default()))?,
        several => merge(several).map_err(|error| Lost::NotAReport(error.to_string()))?,
    };
    report.suite.clone_from(&assignment.label);
    Ok(Done { report, recordings, trouble, printed: Vec::new() })
}
