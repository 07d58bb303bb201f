//! What a link brings, and what survives the page.

use super::page::text;
use super::page::{ALICE, Echo, OneText, Only, Page, page, with_page};
use sockscope::engine::bench::filter::FilterSpec;
use sockscope::wire;
use sockscope::wire::bench::{
    Answer, Column, Highlight, HighlightTone, Part, Question, Request, SavedFilter, SavedMessage, Update,
    Variable, Workspace,
};
use sockscope::worker::PageWorker as _;
use sockscope_engine::base::storage::StoreError;
use sockscope_engine::base::world::LocalFuture;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

#[test]
fn a_link_brings_the_set_up_without_its_secrets() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.url = "ws://h/ws?token=abc&user=a".into());
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "pw".into(), value: "s3cr3t".into(), is_secret: true }];
            workspace.messages =
                vec![SavedMessage { name: "join".into(), draft: text("hi"), ..SavedMessage::default() }];
        });
        let workspace = Box::new(page.workspace.borrow().clone());
        let [Answer::Parts(parts)] = &page.question(Question::Share(workspace.clone()))[..] else {
            panic!("parts")
        };
        let parts = parts.iter().filter(|it| it.is_ticked).map(|it| it.part).collect();
        let [Answer::Link { fragment, left_out }] = &page.question(Question::Link { workspace, parts })[..]
        else {
            panic!("a link")
        };
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        let [Answer::Offer(offered)] = &page.question(Question::OpenShared(fragment.clone()))[..] else {
            panic!("an offer")
        };
        assert_eq!(&offered.left_out, left_out, "the recipient reads what was left out");
        let offered = &offered.workspace;
        assert_eq!(offered.connections[0].url, "ws://h/ws?token=&user=a");
        assert_eq!((offered.variables[0].value.as_str(), offered.messages[0].name.as_str()), ("", "join"));
        assert_eq!(page.sim.open_connections(), 0, "nothing connects");
        let [Answer::Failed(words)] = &page.question(Question::OpenShared("1.!".into()))[..] else {
            panic!("told")
        };
        assert!(words.contains("damaged"));
    });
}

#[test]
fn a_link_brings_saved_filters_highlights_and_columns() {
    with_page(Echo::default(), |page| async move {
        let spec = |text: &str| FilterSpec { text: text.into(), ..FilterSpec::default() };
        page.set_up(ALICE, |setup| setup.url = "ws://h/ws".into());
        page.arrange(|workspace| {
            let of_alice = FilterSpec { connections: vec![ALICE.0], ..spec("ticks") };
            workspace.filters = vec![
                SavedFilter { name: "of alice".into(), spec: of_alice, marks: true },
                SavedFilter { name: "pw".into(), spec: spec("password=hunter22"), marks: false },
            ];
            workspace.highlights = vec![Highlight { spec: spec("error"), tone: HighlightTone::Wrong }];
            workspace.columns = vec![Column { path: "$.n".into(), width: 80 }];
        });
        let workspace = Box::new(page.workspace.borrow().clone());
        let [Answer::Parts(parts)] = &page.question(Question::Share(workspace.clone()))[..] else {
            panic!("parts")
        };
        let ticked = |part: Part| parts.iter().find(|it| it.part == part).map(|it| it.is_ticked);
        let filters = [Part::Filter(0), Part::Filter(1), Part::Highlight(0)].map(ticked);
        assert_eq!(filters, [Some(true), Some(false), Some(true)], "one looks for what looks like a secret");
        let brought = |parts: Vec<Part>| {
            let link = Question::Link { workspace: workspace.clone(), parts };
            let [Answer::Link { fragment, .. }] = &page.question(link)[..] else { panic!("a link") };
            match page.question(Question::OpenShared(fragment.clone())).pop() {
                Some(Answer::Offer(offered)) => offered.workspace,
                other => panic!("{other:?}"),
            }
        };
        let all = brought(parts.iter().filter(|it| it.is_ticked).map(|it| it.part).collect());
        assert_eq!((&all.filters[..], &all.columns), (&workspace.filters[..1], &workspace.columns));
        assert_eq!(all.highlights, workspace.highlights);
        let few = brought(vec![Part::Filter(0)]);
        assert_eq!(few.filters[0].spec.connections, [0], "its connection is gone, and it takes no other");
        assert!(few.columns.is_empty() && few.highlights.is_empty());
    });
}

/// A drawer that lasts longer than a page.
#[derive(Clone, Default)]
pub(super) struct Drawer(pub(super) Rc<RefCell<Option<String>>>);

impl OneText for Drawer {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let kept = self.0.borrow().clone();
        Box::pin(async move { Ok(kept) })
    }

    fn save(&self, text: String) -> LocalFuture<Result<(), StoreError>> {
        *self.0.borrow_mut() = Some(text);
        Box::pin(async { Ok(()) })
    }

    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let place = self.0.borrow().clone().map(|text| format!("aside: {text}"));
        Box::pin(async move { Ok(place) })
    }
}

fn restored(page: &Page) -> Option<Workspace> {
    page.posts.take().iter().find_map(|bytes| match wire::decode(bytes) {
        Ok(Update::Restored(restored)) => Some(restored.workspace),
        _ => None,
    })?
}

#[test]
fn a_set_up_survives_the_page() {
    let drawer = Drawer::default();
    let kept = drawer.clone();
    with_page(Echo::default(), |page| async move {
        page.read();
        page.worker.restore(Only(kept)).await;
        assert_eq!(restored(&page), None, "the first visit");
        page.set_up(ALICE, |setup| setup.name = "anna".into());
        page.arrange(|workspace| workspace.budget = 64 << 20);
        page.pass(Duration::from_secs(1)).await;
        // Nothing else changes after it.
        page.ask(Request::Draft(text("half a mess")));
        page.pass(Duration::from_secs(1)).await;
    });
    let again = page(Echo::default(), 255);
    let sim = again.sim.clone();
    let test = async move {
        again.read();
        again.worker.restore(Only(drawer)).await;
        let workspace = restored(&again).expect("it was kept");
        assert_eq!((workspace.connections[0].name.as_str(), workspace.budget), ("anna", 64 << 20));
        assert_eq!(workspace.draft.text, "half a mess");
    };
    sim.run(test).expect("every wait has a bound");
}
