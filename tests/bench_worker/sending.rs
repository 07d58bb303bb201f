//! What the worker sends, what it refuses, and what is shown of a secret.

use sockscope::wire::bench::{Answer, ConnectionId, ContentForm, Question, Request, Variable};
use sockscope_engine::FrameKind;
use sockscope_engine::bench::draft::{Draft, Form};

use super::page::{ALICE, BOB, Echo, TICK, with_page};

fn text(text: &str) -> Draft {
    Draft { text: text.into(), ..Draft::default() }
}

#[test]
fn a_message_goes_to_all_connections_or_to_none_and_the_answer_says_why() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.set_up(BOB, |_| {});
        page.pass(TICK).await;
        let send = |to: &[ConnectionId], draft| page.question(Question::Send { to: to.to_vec(), draft });
        assert_eq!(send(&[ALICE, BOB], text("x")), [Answer::Failed("c2 is not connected".into())]);
        assert_eq!(page.kinds(), [FrameKind::Connecting, FrameKind::Opened], "nothing went out");
        assert_eq!(send(&[ALICE], text("x")), [Answer::Sent]);
        let refused = [Answer::Failed("no variable is called nobody".into())];
        assert_eq!(send(&[ALICE], text("{{nobody}}")), refused);
        page.ask(Request::Connect { connection: BOB });
        assert_eq!(send(&[BOB], text("x")), [Answer::Failed("c2 is still connecting".into())]);
    });
}

#[test]
fn a_row_of_a_connections_life_is_neither_sent_nor_edited() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        for frame in [0, 1] {
            for question in [
                Question::SendAgain { to: vec![ALICE], frame },
                Question::Content { frame, form: ContentForm::Draft },
            ] {
                let answer = page.question(question);
                assert!(
                    matches!(&answer[..], [Answer::Failed(words)] if words.contains("is not a message")),
                    "{answer:?}"
                );
            }
        }
        assert_eq!(page.kinds(), [FrameKind::Connecting, FrameKind::Opened], "nothing went out");
    });
}

#[test]
fn a_content_to_edit_goes_out_again_byte_for_byte_with_placeholders_on_where_it_has_no_braces() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        for (content, form, is_plain) in [
            (r#"{"n": 1.0}"#, Form::Json, false),
            ("[half", Form::Text, false),
            (r#"{"id":"{{uuid}}"}"#, Form::Json, true),
            ("hi", Form::Text, false),
        ] {
            page.send(ALICE, content);
            page.pass(TICK).await;
            let frame = page.rows.borrow().last().expect("its echo").number;
            let answer = page.question(Question::Content { frame, form: ContentForm::Draft });
            let [Answer::Draft(draft)] = &answer[..] else { panic!("{answer:?}") };
            assert_eq!((draft.form, draft.is_plain), (form, is_plain), "{content}");
            page.send_draft(ALICE, draft.clone());
            page.pass(TICK).await;
            assert_eq!(page.shown().last().map(String::as_str), Some(content));
        }
    });
}

#[test]
fn a_secret_is_masked_wherever_a_beginning_of_a_message_is_shown_and_refused_without_a_value() {
    with_page(Echo::default(), |page| async move {
        let set = |value: &str| {
            page.arrange(|workspace| {
                let value = value.to_owned();
                workspace.variables = vec![Variable { name: "token".into(), value, is_secret: true }];
                workspace.selected = ALICE;
            });
        };
        page.set_up(ALICE, |setup| setup.url = "ws://sim/echo?token={{token}}".into());
        set("s3cr3t");
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        let json = Draft { form: Form::Json, text: r#"{"token":"{{token}}"}"#.into(), is_plain: false };
        page.ask(Request::Draft(json.clone()));
        page.send_draft(ALICE, json.clone());
        page.pass(TICK).await;
        page.ask(Request::Pin { frame: 2, note: String::new() });
        page.draw();
        assert_eq!(page.draft.borrow().preview, r#"{"token":"***"}"#);
        assert_eq!(page.pins.borrow()[0].row.preview, r#"{"token":"***"}"#);
        assert!(page.shown().iter().all(|row| !row.contains("s3cr3t")), "{:?}", page.shown());
        assert!(page.shown()[0].contains("token=***"), "{:?}", page.shown());
        let content = page.question(Question::Content { frame: 2, form: ContentForm::Raw });
        assert_eq!(content, [Answer::Text(r#"{"token":"{{token}}"}"#.into())], "a copy has its name");
        // As after a reload.
        set("");
        let sent = page.question(Question::Send { to: vec![ALICE], draft: json });
        let [Answer::Failed(words)] = &sent[..] else { panic!("{sent:?}") };
        assert!(words.contains("the secret token has no value"), "{words}");
        page.draw();
        let wrong = page.connection(ALICE).typed.wrong;
        assert!(wrong.as_ref().is_some_and(|it| it.contains("the secret token has no value")), "{wrong:?}");
    });
}
