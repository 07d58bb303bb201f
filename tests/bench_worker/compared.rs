//! Comparisons: the worker of its own that is given two sessions says what differs, and shows both in its timeline.

use sockscope::wire;
use sockscope::wire::bench::{
    Answer, ConnectionId, DifferenceForm, DifferenceFrom, DifferenceLook, DifferenceRequest, DifferenceRows,
    DifferenceSeen, DifferenceSide, DifferenceStart, DifferenceUpdate, Look, MaskSeen, Question, ReplayPace,
    ReplayPhase, Request, Variable,
};

use super::page::{ALICE, Echo, Page, TICK, page_in, with_page};
use super::shop::{Fault, Faults, QUESTIONS, replay, shop, visit};

/// Connections of the present session as the page hands them over.
fn side(page: &Page, name: &str, connections: &[(ConnectionId, String)]) -> DifferenceSide {
    let mut lines = Vec::new();
    for answer in page.question(Question::Lines { connections: connections.to_vec() }) {
        match answer {
            Answer::Piece(bytes) | Answer::File { bytes, .. } => lines.extend(bytes),
            other => panic!("expected a session, found {other:?}"),
        }
    }
    let connections = Vec::new();
    DifferenceSide { name: name.to_owned(), from: DifferenceFrom::Lines(lines), connections }
}

fn ask(page: &Page, request: &DifferenceRequest) {
    page.ask(Request::Difference(wire::encode(request)));
}

/// The worker that compares, once it has.
async fn compare(page: &Page, sides: [DifferenceSide; 2]) -> Page {
    let reader = page_in(&page.sim, 255);
    reader.arrange(|workspace| {
        workspace.variables = page.workspace.borrow().variables.clone();
        workspace.layout.lanes = true;
    });
    let start = DifferenceStart { sides, masks: String::new() };
    ask(&reader, &DifferenceRequest::Start(Box::new(start)));
    reader.ask(Request::Look(Look { from: None, rows: 500 }));
    reader.pass(TICK).await;
    reader
}

fn seen(reader: &Page) -> DifferenceSeen {
    reader.draw();
    let all = reader.differences.borrow();
    let found = all.iter().rev().find_map(|update| match update {
        DifferenceUpdate::Seen(seen) => Some((**seen).clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("expected a comparison, found {all:?}"))
}

fn rows(reader: &Page, only_differing: bool) -> DifferenceRows {
    ask(reader, &DifferenceRequest::Rows(DifferenceLook { from: 0, rows: 500, only_differing }));
    reader.draw();
    let all = reader.differences.borrow();
    let found = all.iter().rev().find_map(|update| match update {
        DifferenceUpdate::Rows(rows) => Some((**rows).clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("expected rows, found {all:?}"))
}

/// A visit of the shop and its replay with a fault, compared.
async fn replayed(page: &Page, fault: &Fault, faults: Faults) -> Page {
    fault.set(faults);
    let done = replay(page, None, "ws://shop", ReplayPace::Answers).await;
    assert_eq!(done.phase, ReplayPhase::Done, "{done:?}");
    let original = side(page, "visit", &[(ALICE, String::new())]);
    compare(page, [original, side(page, "replay 1", &done.connections)]).await
}

/// What differs, in short.
fn told(seen: &DifferenceSeen) -> Vec<String> {
    let line = |it: &wire::bench::DifferenceLine| {
        format!("{} {} {} {:?} {:?}", it.what, it.subject, it.path, it.before, it.after)
    };
    seen.lines.iter().map(line).collect()
}

#[test]
fn the_same_server_gives_no_difference_and_each_fault_exactly_one_line() {
    with_page(Echo::default(), |page| async move {
        let fault = shop(&page, "ws://shop");
        visit(&page).await;
        let same = seen(&replayed(&page, &fault, Faults::default()).await);
        assert_eq!(told(&same), [""; 0], "{same:#?}");
        assert_eq!((same.rows.1, same.differences), (0, 0));
        assert!(same.summary.starts_with("no difference"), "{}", same.summary);

        let dropped = Faults { drops_currency: Some(4), ..Faults::default() };
        let dropped = seen(&replayed(&page, &fault, dropped).await);
        let expected = "changed {\"type\":\"price\"} $.currency Some(\"\\\"EUR\\\"\") Some(\"nothing\")";
        assert_eq!(told(&dropped), [expected]);
        assert_eq!((dropped.rows.1, dropped.lines[0].client.as_str()), (1, "c1"));

        let swapped = Faults { swaps: Some(4), ..Faults::default() };
        let swapped = seen(&replayed(&page, &fault, swapped).await);
        assert_eq!(told(&swapped), ["reordered {\"type\":\"price\"}  None None"]);

        let mute = Faults { is_mute: Some(4), ..Faults::default() };
        let mute = seen(&replayed(&page, &fault, mute).await);
        assert_eq!(told(&mute), ["missing {\"type\":\"price\"}  None None"]);
    });
}

#[test]
fn both_frames_of_a_difference_stand_side_by_side_and_in_lanes() {
    with_page(Echo::default(), |page| async move {
        let fault = shop(&page, "ws://shop");
        visit(&page).await;
        let faults = Faults { drops_currency: Some(2), is_mute: Some(5), ..Faults::default() };
        let reader = replayed(&page, &fault, faults).await;
        let seen = seen(&reader);
        assert_eq!(seen.lines.len(), 2, "{seen:#?}");
        let all = rows(&reader, false);
        // A welcome, then questions with their answers.
        assert_eq!((all.count, seen.rows), (1 + 2 * QUESTIONS, (1 + 2 * QUESTIONS, 2)));
        let changed = &seen.lines[0];
        let (at, nth) = changed.row.expect("it has a row");
        let row = &all.rows[at as usize];
        assert_eq!(row.words, ["changed"]);
        let frames = row.sides.each_ref().map(|side| side.as_ref().map(|cell| cell.frame));
        assert_eq!(frames, changed.frames);
        let [Some(before), Some(after)] = &row.sides else { panic!("both have it: {row:?}") };
        assert!(before.preview.contains("EUR") && !after.preview.contains("EUR"));
        assert_eq!((before.arrow.as_str(), after.arrow.as_str()), ("↓", "↓"));
        let only = rows(&reader, true);
        assert_eq!((only.count, &only.rows[nth as usize]), (2, row));
        let missing = &only.rows[1];
        assert!(missing.sides[0].is_some() && missing.sides[1].is_none(), "{missing:?}");

        // The timeline has both, those that stand for each other beside each other.
        let names: Vec<_> = seen.connections.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["c1 (first)", "c1 (second)"]);
        let timeline = reader.rows.borrow().clone();
        let wrong: Vec<_> = timeline.iter().filter(|row| row.is_wrong).map(|row| row.number).collect();
        let mut expected: Vec<u64> =
            only.rows.iter().flat_map(|row| row.sides.iter().flatten()).map(|cell| cell.frame).collect();
        expected.sort_unstable();
        assert_eq!(wrong, expected);
        let marked = timeline.iter().find(|row| row.number == after.frame).expect("it is there");
        let origin = marked.origin.expect("it points to the one of the first session");
        assert_eq!((origin.position, origin.connection), (before.frame, seen.connections[0].0));
        let [first, second] = frames.map(|frame| frame.expect("both"));
        reader.ask(Request::Inspect(Some(sockscope::wire::bench::Inspect {
            frame: first,
            with: Some(second),
            view: String::new(),
            from: 0,
            lines: 50,
            folds: Vec::new(),
        })));
        reader.pass(TICK).await;
        let detail = reader.detail.borrow().clone().expect("the two are compared");
        assert!(detail.changes > 0 && detail.with.is_some(), "{detail:?}");
    });
}

#[test]
fn masks_are_learnt_with_a_reason_edited_and_written_as_the_command_reads_them() {
    with_page(Echo::default(), |page| async move {
        let fault = shop(&page, "ws://shop");
        visit(&page).await;
        let varying = Faults { drops_currency: Some(4), ..Faults::default() };
        let reader = replayed(&page, &fault, varying).await;
        assert_eq!(seen(&reader).lines.len(), 1);
        // The same server again: what it does differently varies.
        let again = replay(&page, None, "ws://shop", ReplayPace::Answers).await;
        let run = side(&page, "the second run", &again.connections);
        ask(&reader, &DifferenceRequest::Learn(Box::new(run)));
        reader.pass(TICK).await;
        let learnt = seen(&reader);
        assert_eq!(learnt.lines, [], "{learnt:#?}");
        let [mask] = &learnt.masks[..] else { panic!("one mask: {:?}", learnt.masks) };
        assert_eq!(
            (mask.kind.as_str(), mask.varies.as_str(), mask.is_sent),
            ("type=price;", "$.currency", false)
        );
        assert!(
            mask.why.starts_with("Against the second run: ") && mask.why.contains("is nothing"),
            "{}",
            mask.why
        );
        assert!(reader.rows.borrow().iter().all(|row| !row.is_wrong), "the timeline marks it no more");
        assert!(learnt.masks_file.contains("\"$.currency\""), "{}", learnt.masks_file);

        ask(&reader, &DifferenceRequest::Unmask(mask.clone()));
        reader.pass(TICK).await;
        let again = seen(&reader);
        assert_eq!((again.masks.len(), again.lines.len()), (0, 1));
        let by_hand = again.lines[0].mask.clone().expect("it can be masked");
        ask(&reader, &DifferenceRequest::Mask(by_hand));
        reader.pass(TICK).await;
        let by_hand = seen(&reader);
        assert_eq!((by_hand.masks.len(), by_hand.lines.len(), by_hand.masks[0].why.as_str()), (1, 0, ""));

        ask(&reader, &DifferenceRequest::Masks("{\"masks\":2}".to_owned()));
        reader.draw();
        let refused = reader.differences.borrow().last().cloned();
        let expected = "line 1, column 1: expected \"masks\": 1, the version of the file; found 2".to_owned();
        assert_eq!(refused, Some(DifferenceUpdate::Refused(expected)));
        assert_eq!(seen(&reader).masks.len(), 1, "a file that is wrong changes nothing");
        let order = MaskSeen { kind: "*".to_owned(), varies: "order".to_owned(), ..MaskSeen::default() };
        ask(&reader, &DifferenceRequest::Mask(order));
        reader.draw();
        let kinds: Vec<_> = seen(&reader).masks.into_iter().map(|it| (it.kind, it.varies)).collect();
        assert_eq!(kinds[0], ("*".to_owned(), "order".to_owned()));
    });
}

#[test]
fn a_comparison_is_exported_without_secrets() {
    with_page(Echo::default(), |page| async move {
        let fault = shop(&page, "ws://shop");
        let secret = |name: &str, value: &str| Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            is_secret: true,
        };
        page.arrange(|workspace| workspace.variables = vec![secret("currency", "EUR-secret")]);
        visit(&page).await;
        let faults = Faults { drops_currency: Some(4), ..Faults::default() };
        let reader = replayed(&page, &fault, faults).await;
        reader.arrange(|workspace| workspace.variables = vec![secret("currency", "EUR")]);
        let file = |form| {
            ask(&reader, &DifferenceRequest::Export(form));
            reader.draw();
            match reader.differences.borrow().last() {
                Some(DifferenceUpdate::File { name, text, .. }) => (name.clone(), text.clone()),
                other => panic!("expected a file, found {other:?}"),
            }
        };
        let (name, json) = file(DifferenceForm::Json);
        assert_eq!(name, "difference.json");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["differences"][0]["path"], "$.currency");
        assert_eq!(json["sessions"], serde_json::json!(["visit", "replay 1"]));
        assert!(!json.to_string().contains("EUR"), "{json}");
        let (name, html) = file(DifferenceForm::Html);
        assert!(name == "difference.html" && html.contains("$.currency") && !html.contains("EUR"), "{html}");
        // What was shown before the value was a secret is said again without it.
        ask(&reader, &DifferenceRequest::Guess(false));
        reader.draw();
        assert!(told(&seen(&reader)).iter().all(|line| !line.contains("EUR")), "{:?}", told(&seen(&reader)));
        let texts = rows(&reader, false);
        let cells = texts.rows.iter().flat_map(|row| row.sides.iter().flatten());
        assert!(cells.map(|cell| &cell.preview).all(|it| !it.contains("EUR") && !it.contains("t0k3n")));
    });
}

#[test]
fn err_what_cannot_be_read_is_named() {
    with_page(Echo::default(), |page| async move {
        visit_nothing(&page).await;
        let nothing = |name: &str| DifferenceSide {
            name: name.to_owned(),
            from: DifferenceFrom::Lines(Vec::new()),
            connections: Vec::new(),
        };
        let failed = |reader: &Page| match reader.differences.borrow().last() {
            Some(DifferenceUpdate::Failed(words)) => words.clone(),
            other => panic!("expected a failure, found {other:?}"),
        };
        let empty = compare(&page, [nothing("a"), nothing("b")]).await;
        assert_eq!(failed(&empty), "a: the file has neither a message nor a handshake of a WebSocket");
        let kept = DifferenceSide { from: DifferenceFrom::Kept("gone".to_owned()), ..nothing("old") };
        let unkept = compare(&page, [kept, nothing("b")]).await;
        assert_eq!(failed(&unkept), "old: this browser keeps no session");
    });
}

async fn visit_nothing(page: &Page) {
    page.pass(TICK).await;
}
