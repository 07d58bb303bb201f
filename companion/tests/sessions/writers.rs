//! HAR files of one conversation as others write them: `tests/golden/sessions/write.mjs` has made them.

use std::path::{Path, PathBuf};

use sockscope_companion::sessions::open;
use sockscope_engine::FrameKind;
use sockscope_engine::session::Session;

use super::run;

const WRITERS: [&str; 4] = ["devtools.har", "playwright-embed.har", "playwright-attach.har", "mitmproxy.har"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/sessions").join(name)
}

/// All of a session but its times.
type Transcript = (Vec<(FrameKind, Vec<u8>)>, Vec<String>, String);

fn transcript(session: &Session) -> Transcript {
    let [connection] = session.connections() else { panic!("one connection") };
    let frames = session.log.from(0).map(|frame| (frame.kind, frame.bytes.to_vec()));
    let protocol = connection.opened.as_ref().map(|it| it.protocol.clone()).unwrap_or_default();
    // Each was recorded on a port of its own.
    let frames = frames.filter(|(kind, _)| kind.is_message() || *kind == FrameKind::Opened);
    (frames.collect(), connection.offered.clone(), protocol)
}

#[test]
fn all_writers_tell_of_the_same_conversation() {
    let mut told = Vec::new();
    for name in WRITERS {
        let opened = open(&file(name), 1 << 20).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !opened.lost.iter().any(|it| it.contains("could not be opened")),
            "{name}: {:?}",
            opened.lost
        );
        let session = &opened.sessions[0];
        assert!(session.connections()[0].url.contains("/ws/talk?lang=en"), "{name}");
        // Its times are those of a conversation: they grow, and it takes less than a minute.
        let moments: Vec<u64> = session.log.from(0).map(|frame| frame.at.as_nanos()).collect();
        assert!(
            moments.is_sorted() && moments.last().is_some_and(|last| *last < 60_000_000_000),
            "{name}: {moments:?}"
        );
        told.push((name, transcript(session)));
    }
    let (_, expected) = &told[0];
    assert_eq!(expected.0.len(), 1 + 1 + 2 * 5);
    assert_eq!((expected.1.join(","), expected.2.as_str()), ("chat.v1,chat.v0".to_owned(), "chat.v1"));
    for (name, transcript) in &told {
        assert_eq!(transcript, expected, "{name}");
    }
}

#[tokio::test]
async fn no_difference_is_found_between_them() {
    for name in &WRITERS[1..] {
        let (one, other) = (file(WRITERS[0]), file(name));
        let ended = run(&["diff", one.to_str().unwrap(), other.to_str().unwrap()]).await;
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
    }
}
