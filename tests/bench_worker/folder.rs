//! The folder on the disk: what the worker writes, what it hands over, and what it leaves alone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use sockscope::wire;
use sockscope::wire::bench::{
    FileState, FolderPlace, FolderSeen, OutsideRequest, OutsideUpdate, Request, SavedMessage, Taken, Variable,
};
use sockscope::wire::checks::OwnSuite;
use sockscope::worker::PageWorker as _;
use sockscope_engine::HttpResponse;
use sockscope_engine::base::shared_folder::digest;
use sockscope_engine::base::storage::{KeyValueStore, StoreError};
use sockscope_engine::base::world::LocalFuture;
use sockscope_engine::bench::draft::Draft;

use super::page::{ALICE, Echo, Page, with_page};

const SECOND: Duration = Duration::from_millis(1100);
const MESSAGES: &str = "bench/messages.json";
const SUITE: &str = r#"{ "sockscope": 1, "suite": "one" }"#;

/// A server with a folder, and the disk below it.
#[derive(Clone, Default)]
struct Disk(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<String, String>,
    wrong: BTreeMap<String, String>,
    listed: BTreeMap<String, String>,
    generation: u64,
    is_seed: bool,
    /// Which folder it is, where there are several.
    id: &'static str,
    refuses: Option<String>,
    writes: Vec<String>,
}

impl Disk {
    fn put(&self, name: &str, text: &str) {
        self.0.borrow_mut().files.insert(name.to_owned(), text.to_owned());
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.borrow().files.get(name).cloned()
    }

    fn serve(&self, page: &Page) {
        let disk = self.clone();
        page.sim.answer("/api/folder", move |request| {
            let body: Value = request
                .body
                .as_ref()
                .map(|body| serde_json::from_slice(body.as_bytes()).expect("JSON"))
                .unwrap_or_default();
            let (status, told) = disk.0.borrow_mut().answer(&request.method, &request.url, &body);
            let response = HttpResponse {
                url: request.url.clone(),
                redirected: false,
                status,
                headers: Vec::new(),
                body: told.to_string(),
            };
            (Duration::from_millis(1), Ok(response))
        });
    }
}

impl State {
    fn answer(&mut self, method: &str, url: &str, body: &Value) -> (u16, Value) {
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        let hash = self.files.get(&name).map(|text| digest(text.as_bytes()));
        let refused =
            |status: u16, words: &str| (status, json!({ "error": { "code": "x", "message": words } }));
        match method {
            "GET" => {
                if self.listed != self.files || self.generation == 0 {
                    self.generation += 1;
                    self.listed = self.files.clone();
                }
                let mut told = json!({ "name": "ws-tests", "id": format!("f{}", self.id), "seed": self.is_seed, "generation": self.generation });
                if !url.ends_with(&format!("after={}", self.generation)) {
                    let good = self
                        .files
                        .iter()
                        .map(|(name, text)| json!({ "name": name, "hash": digest(text.as_bytes()) }));
                    let wrong =
                        self.wrong.iter().map(|(name, words)| json!({ "name": name, "wrong": words }));
                    told["files"] = good.chain(wrong).collect();
                }
                (200, told)
            }
            "POST" => match self.files.get(&name) {
                Some(text) => (200, json!({ "text": text, "hash": hash })),
                None => refused(404, "there is no such file"),
            },
            _ if self.refuses.is_some() => refused(500, &self.refuses.clone().unwrap_or_default()),
            _ if hash.as_deref() != body["before"].as_str() => refused(409, "it has changed"),
            "PUT" => {
                self.writes.push(name.clone());
                self.files.insert(name, body["text"].as_str().expect("a text").to_owned());
                (200, json!({}))
            }
            _ => {
                self.writes.push(format!("-{name}"));
                self.files.remove(&name);
                (200, json!({}))
            }
        }
    }
}

/// What a browser keeps.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<BTreeMap<String, String>>>);

impl KeyValueStore for Kept {
    fn get(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        let text = self.0.borrow().get(name).cloned();
        Box::pin(async move { Ok(text) })
    }
    fn set(&self, name: &str, text: String) -> LocalFuture<Result<(), StoreError>> {
        self.0.borrow_mut().insert(name.to_owned(), text);
        Box::pin(async { Ok(()) })
    }
    fn remove(&self, name: &str) -> LocalFuture<Result<(), StoreError>> {
        self.0.borrow_mut().remove(name);
        Box::pin(async { Ok(()) })
    }
    fn set_aside(&self, _: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
    fn names(&self) -> LocalFuture<Result<Vec<String>, StoreError>> {
        let names = self.0.borrow().keys().cloned().collect();
        Box::pin(async move { Ok(names) })
    }
}

/// A page that takes what it is handed, while it has what it had; and what it last heard of the folder.
struct Taking<'p> {
    page: &'p Page,
    folder: RefCell<Option<FolderSeen>>,
    suites: RefCell<BTreeMap<String, String>>,
}

impl<'p> Taking<'p> {
    fn of(page: &'p Page) -> Self {
        Self { page, folder: RefCell::default(), suites: RefCell::default() }
    }

    fn ask(&self, request: &OutsideRequest) {
        self.page.ask(Request::Outside(wire::encode(request)));
    }

    fn state(&self, name: &str) -> Option<FileState> {
        let folder = self.folder.borrow();
        folder.as_ref()?.files.iter().find(|file| file.name == name).map(|file| file.state.clone())
    }

    /// Some rounds pass.
    async fn rounds(&self, count: usize) {
        for _ in 0..count {
            self.page.pass(SECOND).await;
            let heard = self.page.outside.take();
            for update in heard {
                match update {
                    OutsideUpdate::Folder(seen) => *self.folder.borrow_mut() = seen.map(|seen| *seen),
                    OutsideUpdate::Take(taken) => self.take(*taken),
                    OutsideUpdate::Followed(_) => {}
                }
            }
        }
    }

    fn take(&self, taken: Taken) {
        let page = self.page;
        match taken {
            Taken::Messages { from, to } if page.workspace.borrow().messages == from => {
                page.arrange(|workspace| workspace.messages = to);
            }
            Taken::Variables { from, to } if page.workspace.borrow().variables == from => {
                page.arrange(|workspace| workspace.variables = to);
            }
            Taken::Connections { from, to } if page.workspace.borrow().connections == from => {
                page.arrange(|workspace| workspace.connections = to);
            }
            Taken::Suite { id, from, to, file } if self.suites.borrow().get(&id) == from.as_ref() => match to
            {
                Some(text) => {
                    self.suites.borrow_mut().insert(id.clone(), text.clone());
                    self.ask(&OutsideRequest::Suite(OwnSuite { id, title: "one".into(), text, file }));
                }
                None => {
                    self.suites.borrow_mut().remove(&id);
                    self.ask(&OutsideRequest::SuiteGone(id));
                }
            },
            other => drop(other),
        }
    }
}

fn message(name: &str) -> SavedMessage {
    SavedMessage { name: name.into(), draft: Draft::plain(name), ..SavedMessage::default() }
}

async fn begin<'p>(page: &'p Page, disk: &Disk, kept: &Kept) -> Taking<'p> {
    disk.serve(page);
    page.worker.restore(kept.clone()).await;
    page.set_up(ALICE, |_| {});
    let taking = Taking::of(page);
    taking.ask(&OutsideRequest::Open(FolderPlace::Server));
    taking.rounds(2).await;
    taking
}

#[test]
fn what_is_set_up_becomes_files_and_what_changes_on_the_disk_comes_back() {
    with_page(Echo::default(), |page| async move {
        let (disk, kept) = (Disk::default(), Kept::default());
        let taking = begin(&page, &disk, &kept).await;
        assert!(disk.0.borrow().files.is_empty(), "what no person has set up is not written");
        page.arrange(|workspace| {
            workspace.messages = vec![message("a")];
            workspace.variables =
                vec![Variable { name: "t".into(), value: "s3cret".into(), is_secret: true }];
        });
        taking.rounds(3).await;
        let written = disk.text(MESSAGES).expect("it is written");
        let variables = disk.text("bench/variables.json").expect("it is written");
        assert!(variables.contains("\"t\"") && !variables.contains("s3cret"), "{variables}");
        assert_eq!(taking.state(MESSAGES), Some(FileState::Same));
        let writes = disk.0.borrow().writes.len();
        taking.rounds(3).await;
        assert_eq!(disk.0.borrow().writes.len(), writes, "nothing is written again");
        // By hand, with other blanks.
        let by_hand = written.replace("\"name\": \"a\"", "\"name\":   \"by hand\"");
        disk.put(MESSAGES, &by_hand);
        taking.rounds(3).await;
        assert_eq!(page.workspace.borrow().messages[0].name, "by hand");
        assert_eq!(page.workspace.borrow().variables[0].value, "s3cret", "a secret of this visit stays");
        assert_eq!(disk.text(MESSAGES), Some(by_hand), "and its blanks are left as they are");
        disk.0.borrow_mut().files.remove(MESSAGES);
        taking.rounds(3).await;
        assert!(page.workspace.borrow().messages.is_empty());
        assert_eq!(disk.text(MESSAGES), None);
    });
}

#[test]
fn a_file_that_changed_on_both_sides_waits_for_a_choice() {
    for takes_disk in [true, false] {
        with_page(Echo::default(), move |page| async move {
            let (disk, kept) = (Disk::default(), Kept::default());
            let taking = begin(&page, &disk, &kept).await;
            page.arrange(|workspace| workspace.messages = vec![message("a")]);
            taking.rounds(3).await;
            let theirs = disk.text(MESSAGES).expect("written").replace("\"a\"", "\"theirs\"");
            disk.put(MESSAGES, &theirs);
            page.arrange(|workspace| workspace.messages = vec![message("mine")]);
            taking.rounds(3).await;
            assert_eq!(taking.state(MESSAGES), Some(FileState::Conflict));
            assert_eq!(disk.text(MESSAGES), Some(theirs.clone()), "nothing is written");
            assert_eq!(page.workspace.borrow().messages[0].name, "mine", "nothing is taken");
            let (mine, shown) = {
                let folder = taking.folder.borrow();
                let file = folder.iter().flat_map(|it| &it.files).find(|it| it.name == MESSAGES);
                file.map(|it| (it.mine.clone(), it.disk.clone())).expect("it is listed")
            };
            assert!(mine.is_some_and(|mine| mine.contains("mine")));
            assert_eq!(shown.as_ref(), Some(&theirs));
            // A choice about something else is none.
            taking.ask(&OutsideRequest::Choose {
                name: MESSAGES.into(),
                takes_disk,
                shown: Some("other".into()),
            });
            taking.rounds(2).await;
            assert_eq!(taking.state(MESSAGES), Some(FileState::Conflict));
            taking.ask(&OutsideRequest::Choose { name: MESSAGES.into(), takes_disk, shown });
            taking.rounds(3).await;
            assert_eq!(taking.state(MESSAGES), Some(FileState::Same));
            let name = page.workspace.borrow().messages[0].name.clone();
            assert_eq!(name, if takes_disk { "theirs" } else { "mine" });
            let text = disk.text(MESSAGES).expect("it is there");
            assert!(text.contains(&name), "{text}");
        });
    }
}

#[test]
fn what_a_person_types_while_the_disk_changes_is_a_conflict_and_not_lost() {
    with_page(Echo::default(), |page| async move {
        let (disk, kept) = (Disk::default(), Kept::default());
        let taking = begin(&page, &disk, &kept).await;
        page.arrange(|workspace| workspace.messages = vec![message("a")]);
        taking.rounds(3).await;
        let theirs = disk.text(MESSAGES).expect("written").replace("\"a\"", "\"theirs\"");
        disk.put(MESSAGES, &theirs);
        // The change is handed over, and the page has another one on its way.
        page.pass(SECOND).await;
        let handed = page.outside.take();
        assert!(handed.iter().any(|it| matches!(it, OutsideUpdate::Take(_))), "{handed:?}");
        page.arrange(|workspace| workspace.messages = vec![message("typed")]);
        for update in handed {
            if let OutsideUpdate::Take(taken) = update {
                taking.take(*taken);
            }
        }
        taking.rounds(2).await;
        assert_eq!(taking.state(MESSAGES), Some(FileState::Conflict));
        assert_eq!(page.workspace.borrow().messages[0].name, "typed");
        assert_eq!(disk.text(MESSAGES), Some(theirs));
    });
}

#[test]
fn what_changed_while_no_page_was_open_is_known_in_the_next_visit() {
    let (disk, kept) = (Disk::default(), Kept::default());
    let (first, browser) = (disk.clone(), kept.clone());
    with_page(Echo::default(), |page| async move {
        let taking = begin(&page, &first, &browser).await;
        page.arrange(|workspace| workspace.messages = vec![message("a")]);
        taking.rounds(3).await;
        assert!(first.text(MESSAGES).is_some());
    });
    let changed = disk.text(MESSAGES).expect("it is there").replace("\"a\"", "\"later\"");
    disk.put(MESSAGES, &changed);
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| workspace.messages = vec![message("a")]);
        let taking = begin(&page, &disk, &kept).await;
        taking.rounds(2).await;
        assert_eq!(page.workspace.borrow().messages[0].name, "later");
        assert_eq!(taking.state(MESSAGES), Some(FileState::Same));
    });
}

#[test]
fn a_folder_that_is_opened_after_another_one_is_not_written_over() {
    let (disk, other, kept) = (Disk::default(), Disk::default(), Kept::default());
    other.0.borrow_mut().id = "g";
    for (disk, name) in [(&disk, "a"), (&other, "b")] {
        let (disk, browser) = (disk.clone(), kept.clone());
        with_page(Echo::default(), move |page| async move {
            let taking = begin(&page, &disk, &browser).await;
            page.arrange(|workspace| workspace.messages = vec![message(name)]);
            taking.rounds(3).await;
        });
    }
    let there = disk.text(MESSAGES).expect("it is there");
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| workspace.messages = vec![message("b")]);
        let taking = begin(&page, &disk, &kept).await;
        taking.rounds(3).await;
        assert_eq!(taking.state(MESSAGES), Some(FileState::Conflict), "a person chooses");
        assert_eq!(disk.text(MESSAGES), Some(there));
        assert_eq!(page.workspace.borrow().messages[0].name, "b");
    });
}

#[test]
fn a_browser_that_has_lost_its_set_up_does_not_empty_the_folder() {
    let (disk, kept) = (Disk::default(), Kept::default());
    let (first, browser) = (disk.clone(), kept.clone());
    with_page(Echo::default(), |page| async move {
        let taking = begin(&page, &first, &browser).await;
        page.arrange(|workspace| workspace.messages = vec![message("a")]);
        taking.rounds(3).await;
    });
    with_page(Echo::default(), |page| async move {
        let taking = begin(&page, &disk, &kept).await;
        taking.rounds(2).await;
        assert_eq!(page.workspace.borrow().messages[0].name, "a", "it comes back from the disk");
        assert!(!disk.0.borrow().writes.contains(&format!("-{MESSAGES}")));
    });
}

#[test]
fn files_that_cannot_be_read_are_named_and_left_as_they_are() {
    with_page(Echo::default(), |page| async move {
        let (disk, kept) = (Disk::default(), Kept::default());
        disk.put(MESSAGES, "{\"bench\": 1, \"messages\": [");
        disk.0
            .borrow_mut()
            .wrong
            .insert("large.json".into(), "has more than 4 MiB, so it is not read".into());
        let taking = begin(&page, &disk, &kept).await;
        page.arrange(|workspace| workspace.messages = vec![message("mine")]);
        taking.rounds(4).await;
        let said = |name| match taking.state(name) {
            Some(FileState::Wrong(words)) => words,
            other => panic!("{name}: {other:?}"),
        };
        assert!(said(MESSAGES).starts_with("is not JSON"));
        assert_eq!(said("large.json"), "has more than 4 MiB, so it is not read");
        assert_eq!(disk.text(MESSAGES).as_deref(), Some("{\"bench\": 1, \"messages\": ["));
        // Once it is whole, it is judged like any other.
        disk.put(MESSAGES, "{\"bench\": 1, \"messages\": [{\"name\": \"whole\"}]}");
        taking.rounds(3).await;
        assert_eq!(taking.state(MESSAGES), Some(FileState::Conflict));
    });
}

#[test]
fn a_disk_that_refuses_says_why_and_is_tried_again() {
    with_page(Echo::default(), |page| async move {
        let (disk, kept) = (Disk::default(), Kept::default());
        let taking = begin(&page, &disk, &kept).await;
        disk.0.borrow_mut().refuses = Some("no room".into());
        page.arrange(|workspace| workspace.messages = vec![message("a")]);
        taking.rounds(3).await;
        assert_eq!(taking.state(MESSAGES), Some(FileState::Wrong("no room".into())));
        disk.0.borrow_mut().refuses = None;
        taking.rounds(3).await;
        assert_eq!(taking.state(MESSAGES), Some(FileState::Same));
        assert!(disk.text(MESSAGES).is_some());
    });
}

#[test]
fn suites_of_the_folder_come_into_the_library_and_new_ones_become_files() {
    with_page(Echo::default(), |page| async move {
        let (disk, kept) = (Disk::default(), Kept::default());
        disk.put("deep/one.json", SUITE);
        let taking = begin(&page, &disk, &kept).await;
        assert_eq!(taking.state("deep/one.json"), Some(FileState::Unopened));
        // The library has one of its own, from before: the folder is not for that.
        let old = OwnSuite {
            id: "own-1".into(),
            title: "Old one".into(),
            text: SUITE.replace("one", "old"),
            ..OwnSuite::default()
        };
        taking.suites.borrow_mut().insert("own-1".into(), old.text.clone());
        taking.ask(&OutsideRequest::Suites(vec![old]));
        taking.rounds(3).await;
        assert_eq!(taking.suites.borrow().len(), 2, "{:?}", taking.suites.borrow());
        assert_eq!(taking.state("deep/one.json"), Some(FileState::Same));
        assert_eq!(taking.state("old-one.json"), Some(FileState::Apart));
        let new = OwnSuite {
            id: "own-2".into(),
            title: "Login flow".into(),
            text: SUITE.replace("one", "login"),
            file: "logins.jsonc".into(),
        };
        taking.suites.borrow_mut().insert("own-2".into(), new.text.clone());
        taking.ask(&OutsideRequest::Suite(new.clone()));
        taking.rounds(3).await;
        assert_eq!(disk.text("logins.jsonc"), Some(new.text.clone()));
        taking.ask(&OutsideRequest::Choose { name: "old-one.json".into(), takes_disk: false, shown: None });
        taking.rounds(3).await;
        assert_eq!(disk.text("old-one.json"), Some(SUITE.replace("one", "old")));
        // A change on the disk goes to its suite, and a suite that is deleted takes its file along.
        disk.put("logins.jsonc", &SUITE.replace("one", "by hand"));
        taking.rounds(3).await;
        assert_eq!(taking.suites.borrow()["own-2"], SUITE.replace("one", "by hand"));
        taking.suites.borrow_mut().remove("own-2");
        taking.ask(&OutsideRequest::SuiteGone("own-2".into()));
        taking.rounds(3).await;
        assert_eq!(disk.text("logins.jsonc"), None);
        disk.0.borrow_mut().files.remove("deep/one.json");
        taking.rounds(3).await;
        assert_eq!(taking.suites.borrow().keys().collect::<Vec<_>>(), ["own-1"]);
    });
}

#[test]
fn a_seed_is_taken_once_and_never_written() {
    with_page(Echo::default(), |page| async move {
        let (disk, kept) = (Disk::default(), Kept::default());
        disk.0.borrow_mut().is_seed = true;
        disk.put(
            "bench/connections.json",
            "{\"bench\": 1, \"connections\": [{\"name\": \"team\", \"url\": \"ws://team/\"}]}",
        );
        disk.put(MESSAGES, "{\"bench\": 1, \"messages\": [{\"name\": \"a\"}]}");
        let taking = begin(&page, &disk, &kept).await;
        taking.rounds(3).await;
        assert_eq!(page.workspace.borrow().connections[0].url, "ws://team/");
        assert_eq!(page.workspace.borrow().messages[0].name, "a");
        page.arrange(|workspace| workspace.messages = vec![message("mine")]);
        disk.put(MESSAGES, "{\"bench\": 1, \"messages\": [{\"name\": \"b\"}]}");
        taking.rounds(4).await;
        assert_eq!(page.workspace.borrow().messages[0].name, "mine");
        assert!(disk.0.borrow().writes.is_empty(), "{:?}", disk.0.borrow().writes);
    });
}
