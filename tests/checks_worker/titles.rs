//! What a suite is called in the library: its title follows the name in its document, until a person gives it another one.

use super::page::{Page, with_page};
use sockscope::wire::checks::{Answer, OwnSuite, Question};

fn document(name: &str) -> String {
    format!(r#"{{"sockscope":1,"suite":"{name}","clients":{{}},"checks":[]}}"#)
}

/// Keeps a document under a title, an empty one to leave it, and says what the library lists.
async fn keep(page: &Page, id: &str, title: &str, text: String) -> Vec<String> {
    let suite = OwnSuite { id: id.into(), title: title.into(), text, ..OwnSuite::default() };
    match page.ask(Question::Keep(suite)).await {
        Answer::Library(cards) | Answer::Unkept { library: cards, .. } => {
            cards.into_iter().filter(|card| !card.is_shipped).map(|card| card.title).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_title_follows_the_name_in_the_document() {
    with_page(|page| async move {
        assert_eq!(keep(&page, "own-1", "my suite", document("my suite")).await, ["my suite"]);
        assert_eq!(keep(&page, "own-1", "", document("one ping")).await, ["one ping"]);
        // Also with a mistake in it, and after a moment without a name.
        assert_eq!(keep(&page, "own-1", "", r#"{"sockscope":1,"suite":"one pin"#.into()).await, ["one ping"]);
        assert_eq!(
            keep(&page, "own-1", "", r#"{"sockscope":1,"suite":"one pingx","chocks":[]}"#.into()).await,
            ["one pingx"]
        );
        // A number that tells two apart is no name of its own, and no two get one title.
        assert_eq!(
            keep(&page, "own-2", "my suite 2", document("my suite")).await,
            ["my suite 2", "one pingx"]
        );
        assert_eq!(keep(&page, "own-2", "", document("one pingx")).await, ["one pingx", "one pingx 2"]);
    });
}

#[test]
fn a_title_that_a_person_gave_stays() {
    with_page(|page| async move {
        keep(&page, "own-1", "my suite", document("my suite")).await;
        assert_eq!(keep(&page, "own-1", "smoke", document("my suite")).await, ["smoke"]);
        assert_eq!(keep(&page, "own-1", "", document("one ping")).await, ["smoke"]);
    });
}
