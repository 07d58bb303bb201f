//! What rows say of messages: their type, and what varies.

use super::page::{ALICE, Echo, Page, TICK, with_page};
use sockscope::engine::bench::filter::{FilterMode, FilterSpec};
use sockscope::wire::bench::{Answer, Column, Highlight, Question, Request, Variable, Workspace};

/// Twelve ticks of a feed that were sent and came back, and one order.
async fn feed(page: &Page) {
    page.connect(ALICE);
    page.pass(TICK).await;
    for n in 0..12 {
        let symbol = ["AAPL", "NVDA"][n % 2];
        page.send(
            ALICE,
            &format!(r#"{{"type":"tick","channel":"ticks","data":{{"symbol":"{symbol}","seq":{n}}}}}"#),
        );
        page.pass(TICK).await;
    }
    page.send(ALICE, r#"{"op":"order","token":"tok-12345"}"#);
    page.pass(TICK).await;
}

fn said(page: &Page) -> Vec<String> {
    let rows = page.rows.borrow();
    let summaries = rows.iter().map(|row| row.summary.as_ref());
    summaries
        .map(|summary| {
            let Some(summary) = summary else { return "–".to_owned() };
            let members = summary.members.iter().map(|it| {
                let mark = if it.varies { "" } else { "=" };
                format!("{mark}{} {}", it.name, it.value)
            });
            let kind = summary.type_name.clone().unwrap_or_else(|| "?".to_owned());
            format!("{kind}: {}", members.collect::<Vec<_>>().join(", "))
        })
        .collect()
}

#[test]
fn a_row_says_its_type_and_first_what_varies() {
    with_page(Echo::default(), |page| async move {
        feed(&page).await;
        let said = said(&page);
        assert_eq!(said[..2], ["–", "–"], "connecting and opening are no messages");
        assert_eq!(said[2], "tick: symbol AAPL, seq 0, =channel ticks", "{said:#?}");
        assert_eq!(said[25], "tick: symbol NVDA, seq 11, =channel ticks");
        assert_eq!(said[26], "order: token tok-12345");
    });
}

#[test]
fn a_person_chooses_the_member_that_is_the_type_and_lets_it_be_found_again() {
    with_page(Echo::default(), |page| async move {
        feed(&page).await;
        let offered = page.changes.borrow().type_members.clone();
        page.arrange(|workspace| workspace.type_member = "$.data.symbol".to_owned());
        page.pass(TICK).await;
        let (before, offered) = (said(&page), (offered, page.changes.borrow().type_members.clone()));
        assert!(before[2].starts_with("AAPL: type tick"), "{before:#?} {offered:?}");
        page.arrange(|workspace| workspace.type_member = String::new());
        page.pass(TICK).await;
        assert!(said(&page)[2].starts_with("tick: "), "{:#?}", said(&page));
    });
}

#[test]
fn the_value_of_a_secret_variable_is_masked_in_a_summary_too() {
    with_page(Echo::default(), |page| async move {
        feed(&page).await;
        let secret = Variable { name: "token".to_owned(), value: "tok-12345".to_owned(), is_secret: true };
        page.arrange(|workspace| workspace.variables = vec![secret]);
        page.pass(TICK).await;
        assert_eq!(said(&page)[26], "order: token ***");
    });
}

#[test]
fn a_message_that_is_no_json_has_no_summary_and_keeps_its_text() {
    with_page(Echo::default(), |page| async move {
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "{ not json");
        page.pass(TICK).await;
        page.ask(Request::Seen);
        assert_eq!(said(&page)[2], "–");
        assert_eq!(page.shown()[2], "{ not json");
    });
}

/// What the rows have in columns, from top to bottom.
fn cells(page: &Page) -> Vec<String> {
    let rows = page.rows.borrow();
    let cells = rows.iter().filter_map(|row| row.summary.as_ref()).map(|it| {
        let all = it.columns.iter().map(|it| format!("{} {}", it.path, it.value));
        all.collect::<Vec<_>>().join(", ")
    });
    cells.collect()
}

#[test]
fn a_member_has_a_column_and_no_other_place_in_a_row() {
    with_page(Echo::default(), |page| async move {
        feed(&page).await;
        page.arrange(|workspace| {
            let column = |path: &str| Column { path: path.to_owned(), width: 0 };
            workspace.columns = vec![column("$.data.seq"), column("$.data.symbol")];
        });
        page.pass(TICK).await;
        assert_eq!(cells(&page)[0], "$.data.seq 0, $.data.symbol AAPL");
        assert_eq!(said(&page)[2], "tick: =channel ticks");
        page.arrange(|workspace| workspace.type_member = Workspace::NO_TYPE.to_owned());
        page.pass(TICK).await;
        assert_eq!(said(&page)[2], "?: type tick, channel ticks");
    });
}

#[test]
fn a_value_of_a_row_is_told_whole_and_without_secrets() {
    with_page(Echo::default(), |page| async move {
        feed(&page).await;
        let long = "x".repeat(500);
        page.send(ALICE, &format!(r#"{{"op":"order","id":9007199254740993,"text":"{long}"}}"#));
        page.pass(TICK).await;
        let number = page.rows.borrow().iter().map(|row| row.number).max().expect("rows");
        let value = |frame: u64, path: &str| match page
            .question(Question::Value { frame, path: path.to_owned() })
            .pop()
        {
            Some(Answer::Node { value, .. }) => value,
            other => format!("{other:?}"),
        };
        assert_eq!(value(number, "$.id"), "9007199254740993");
        assert_eq!(value(number, "$.text"), format!("\"{long}\""));
        assert_eq!(value(number, "$.nothing"), "Some(Nothing)");
        let secret = Variable { name: "token".to_owned(), value: "tok-12345".to_owned(), is_secret: true };
        page.arrange(|workspace| workspace.variables = vec![secret]);
        assert_eq!(value(26, "$.token"), "\"{{token}}\"");
    });
}

#[test]
fn the_first_rule_that_takes_a_row_lets_it_stand_out() {
    with_page(Echo::default(), |page| async move {
        feed(&page).await;
        let rule = |text: &str| Highlight {
            spec: FilterSpec { text: text.to_owned(), mode: FilterMode::Path, ..FilterSpec::default() },
            ..Highlight::default()
        };
        page.arrange(|workspace| {
            workspace.highlights =
                vec![rule("$.broken =="), rule(r#"$.data.symbol == "NVDA""#), rule("$.type")];
        });
        page.pass(TICK).await;
        let marks: Vec<_> = page.rows.borrow().iter().map(|row| row.highlight).collect();
        assert_eq!(marks[..7], [None, None, Some(2), Some(2), Some(1), Some(1), Some(2)], "{marks:?}");
        assert_eq!(marks[26], None, "an order has no type");
        page.arrange(|workspace| workspace.highlights.clear());
        page.pass(TICK).await;
        assert!(page.rows.borrow().iter().all(|row| row.highlight.is_none()));
    });
}
