//! What is opened, compared, exported and explained.

use super::list::looks_for;
use super::page::text;
use super::page::{ALICE, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Answer, Inspect, PlotOf, Question, Request, Variable};
use sockscope_engine::Payload;
use sockscope_engine::bench::compare::Side;
use sockscope_engine::bench::draft::{Draft, Form};
use sockscope_engine::bench::pairing::PairBy;
use sockscope_engine::explain::{HostKind, Surroundings};
use sockscope_engine::report::EventFormat;
use std::time::Duration;

#[test]
fn a_frame_is_opened_in_its_views_and_two_are_compared() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"n":1.0,"a":1}"#);
        page.send(ALICE, r#"{"a":1,"n":2}"#);
        page.pass(TICK).await;
        let open = |frame, with, view: &str| {
            page.ask(Request::Inspect(Some(Inspect {
                frame,
                with,
                view: view.into(),
                from: 0,
                lines: 50,
                folds: Vec::new(),
            })));
            page.draw();
            page.detail.borrow().clone().expect("opened")
        };
        let detail = open(2, None, "");
        let lines: Vec<_> = detail.shown.iter().map(|line| line.text()).collect();
        assert_eq!(
            (detail.view.as_str(), lines),
            ("json", ["{", "\"n\": 1.0,", "\"a\": 1", "}"].map(String::from).to_vec())
        );
        assert_eq!(detail.views.len(), 4);
        assert!(open(2, None, "hex").shown[0].text().starts_with("00000000  7b 22 6e"));
        let compared = open(3, Some(2), "");
        assert_eq!(compared.changes, 1);
        let changed = compared.compared.iter().find(|line| line.side == Side::Changed).expect("a change");
        let after = changed.after.as_ref().map(|line| line.text());
        assert_eq!(
            (changed.place.as_str(), changed.line.text().as_str(), after.as_deref()),
            ("$.n", "\"n\": 1.0,", Some("\"n\": 2,")),
            "the older comes first"
        );
        assert_eq!(open(99, None, "").row, None);
    });
}

#[test]
fn sixteen_megabytes_are_opened_in_slices_and_read_from_anywhere() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Attach(Payload::Text(format!("[{}0]", "12345,".repeat(2 << 20)))));
        page.send_draft(ALICE, Draft { form: Form::File, text: "x".into(), is_plain: true });
        page.pass(TICK).await;
        let inspect = Inspect {
            frame: 3,
            with: None,
            view: String::new(),
            from: 2_000_000,
            lines: 3,
            folds: Vec::new(),
        };
        page.ask(Request::Inspect(Some(inspect)));
        page.pass(TICK).await;
        let detail = page.detail.borrow().clone().expect("opened");
        assert_eq!((detail.is_opening, detail.lines), (false, (2 << 20) + 3));
        assert_eq!(detail.shown[0].text(), "12345,");
    });
}

fn exported(page: &Page, format: EventFormat, filtered: bool, masks_suspects: bool) -> (String, u64) {
    let mut text = Vec::new();
    let mut frames = 0;
    for answer in page.question(Question::Export { format, filtered, masks_suspects }) {
        match answer {
            Answer::Piece(bytes) => text.extend(bytes),
            Answer::File { bytes, frames: count, .. } => {
                text.extend(bytes);
                frames = count;
            }
            other => panic!("{other:?}"),
        }
    }
    (String::from_utf8(text).expect("UTF-8"), frames)
}

#[test]
fn what_looks_like_a_secret_in_frames_is_listed_and_masked_if_asked() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "pw".into(), value: "s3cr3t".into(), is_secret: true }];
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, r#"{"op":"auth","token":"tok-4711-abc","password":"s3cr3t"}"#);
        page.send(ALICE, r#"{"seen":"tok-4711-abc"}"#);
        page.pass(TICK).await;
        let [Answer::Suspects(places)] = &page.question(Question::Suspects { filtered: false })[..] else {
            panic!("suspects")
        };
        // Sent and echoed. The value of a variable is masked in any case, so it is not asked about.
        assert_eq!(places, &[("`$.token`".to_owned(), 2)]);
        for format in EventFormat::ALL {
            let (plain, _) = exported(&page, format, false, false);
            assert!(plain.contains("tok-4711-abc") && !plain.contains("s3cr3t"), "{plain}");
            let (masked, frames) = exported(&page, format, false, true);
            assert_eq!(frames, 6);
            assert!(masked.contains("auth") && !masked.contains("tok-4711-abc"), "{masked}");
        }
    });
}

#[test]
fn what_a_function_makes_of_a_secret_is_one_too() {
    with_page(Echo::default(), |page| async move {
        let token = |value: &str| Variable { name: "token".into(), value: value.into(), is_secret: true };
        page.arrange(|workspace| workspace.variables = vec![token("quite-s3cr3t")]);
        page.connect(ALICE);
        page.pass(TICK).await;
        let made = r#"{"a":"{{upper token}}","b":"{{slice token 0 8}}","c":"{{slice token 0 1}}"}"#;
        page.send_draft(ALICE, crate::page::text(made));
        page.pass(TICK).await;
        // Another value does not forget it.
        page.arrange(|workspace| workspace.variables = vec![token("another-0ne")]);
        page.draw();
        for format in EventFormat::ALL {
            let (text, frames) = exported(&page, format, false, false);
            assert_eq!(frames, 4);
            assert!(!text.contains("S3CR3T") && !text.contains("quite-s3") && text.contains("***"), "{text}");
        }
        let shown = page.shown().join("\n");
        assert!(!shown.contains("S3CR3T") && !shown.contains("quite-s3") && shown.contains("***"), "{shown}");
    });
}

#[test]
fn exports_have_all_or_what_passes_and_no_secret() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "token".into(), value: "s3cr3t".into(), is_secret: true }];
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send_draft(ALICE, text("my {{token}}"));
        page.send(ALICE, "a hit");
        page.pass(TICK).await;
        page.ask(Request::Filter { spec: looks_for("hit"), hides: true });
        page.pass(TICK).await;
        let export = |format, filtered| exported(&page, format, filtered, false);
        for format in EventFormat::ALL {
            let (all, count) = export(format, false);
            assert_eq!(count, 6);
            assert!(all.contains("a hit") && !all.contains("s3cr3t"), "{all}");
            let (some, count) = export(format, true);
            assert_eq!(count, 2);
            assert!(some.contains("a hit") && !some.contains("my "), "{some}");
        }
    });
}

#[test]
fn a_failure_is_explained_by_what_was_known() {
    with_page(Echo { refuses: true, ..Echo::default() }, |page| async move {
        let around = Surroundings { page_host: HostKind::Loopback, ..Surroundings::default() };
        page.ask(Request::Surroundings(around));
        page.set_up(ALICE, |setup| setup.url = "wss://localhost:9443/".into());
        page.draw();
        assert_eq!(page.connection(ALICE).typed.warnings[0].id, "certificate");
        page.set_up(ALICE, |setup| setup.url = "ws://sim/x".into());
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        let explained = page.connection(ALICE).why.expect("explained");
        assert_eq!(explained.causes[0].id, "nothing_listens");
    });
}

#[test]
fn a_hidden_tab_taints_what_it_measures() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "seen");
        page.pass(TICK).await;
        page.ask(Request::Hidden(true));
        page.send(ALICE, "unseen");
        page.pass(TICK).await;
        page.ask(Request::Hidden(false));
        let tainted: Vec<_> =
            page.rows.borrow().iter().filter(|row| row.is_tainted).map(|row| row.preview.clone()).collect();
        assert_eq!((tainted, page.connection(ALICE).tainted), (vec!["unseen".to_owned()], 1));
        page.ask(Request::Plot(Some(PlotOf::All)));
        page.read();
        let plot = page.changes.borrow().plot.clone().expect("asked for");
        assert_eq!((plot.bars.iter().sum::<u64>(), plot.trend[0].tainted), (2, 1));
    });
}

#[test]
fn replies_are_recognised_as_the_set_up_says() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.pairing = PairBy::Off);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "x");
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).latency, None);
        page.set_up(ALICE, |setup| setup.pairing = PairBy::Order);
        page.send(ALICE, "ping");
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).latency.map(|latency| latency.max), Some(Duration::from_millis(1)));
    });
}
