//! What rows say of messages: their type, and what varies.

use super::page::{ALICE, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Request, Variable};

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
