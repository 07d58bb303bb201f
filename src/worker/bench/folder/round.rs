//! One look at both sides, and what it leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::super::worker::BenchWorker;
use super::common::{Common, Step, file_name};
use super::files::{self, CONNECTIONS, MESSAGES, VARIABLES};
use super::{Open, Read};
use crate::engine::World;
use crate::engine::base::shared_folder::{OF_BENCH, WriteError, digest};
use crate::engine::base::storage::StoreError;
use crate::wire::bench::{FileSeen, FileState, FolderSeen, OutsideUpdate, Taken, Workspace};
use crate::wire::checks::OwnSuite;

/// Under which name a store has what page and folder had in common last, before the id of the folder.
const COMMON: &str = "folder/";
/// Under which name a store has the id of the folder that was open last.
const LAST: &str = "folder-last";
/// What is shown of one side of a conflict.
const MOST_SHOWN: usize = 256 << 10;

/// What the page has, by file.
struct Mine {
    texts: BTreeMap<String, String>,
    workspace: Workspace,
    /// None before the library was looked at.
    suites: Option<BTreeMap<String, OwnSuite>>,
}

impl<W: World> BenchWorker<W> {
    /// Looks at both sides, unless that is under way.
    pub(super) async fn round(&self, open: &Open) {
        if !self.state(|s| s.is_arranged) || open.is_busy.replace(true) {
            return;
        }
        let trouble = self.look(open).await.err().map(|error| error.message);
        if trouble.is_some() {
            open.settled.set(None);
            let seen = open.told.borrow().clone().unwrap_or_default();
            self.tell_folder(open, FolderSeen { trouble, ..seen });
        }
        open.is_busy.set(false);
    }

    fn tell_folder(&self, open: &Open, seen: FolderSeen) {
        if open.told.borrow().as_ref() != Some(&seen) {
            *open.told.borrow_mut() = Some(seen.clone());
            self.tell_outside(&OutsideUpdate::Folder(Some(Box::new(seen))));
        }
    }

    async fn look(&self, open: &Open) -> Result<(), StoreError> {
        let outside = self.state(|s| s.outside.clone());
        let now = (self.state(|s| s.arrangings), outside.folder.changes.get());
        let is_known = open.common.borrow().is_some();
        let after = is_known.then(|| open.list.borrow().generation);
        match open.disk.list(after).await? {
            Some(list) => *open.list.borrow_mut() = list,
            None if open.settled.get() == Some(now) => return Ok(()),
            None => {}
        }
        self.read_new(open).await;
        let mut mine = Mine {
            texts: BTreeMap::new(),
            workspace: self.state(|s| s.workspace.clone()),
            suites: outside.folder.suites.borrow().clone(),
        };
        for (name, text) in files::of(&mine.workspace) {
            mine.texts.extend(text.map(|text| (name.to_owned(), text)));
        }
        let known = open.common.borrow().clone();
        let before = match known {
            Some(common) => common,
            None => {
                let id = open.list.borrow().id.clone();
                self.common(&id, open, &mine).await?
            }
        };
        let mut common = before;
        for (name, text) in open.took.take() {
            common.agreed(&name, text.as_deref());
        }
        name_suites(&mut common, open, &mut mine);
        open.had.borrow_mut().extend(mine.texts.keys().cloned());
        let (is_settled, seen) = self.settle(open, &mut common, &mine).await;
        let is_new = open.common.borrow().as_ref() != Some(&common);
        *open.common.borrow_mut() = Some(common.clone());
        *open.mine.borrow_mut() = mine.texts;
        open.settled.set(is_settled.then_some(now));
        let kept = match is_new {
            true => {
                let id = open.list.borrow().id.clone();
                self.keep_common(&id, &common).await
            }
            false => Ok(()),
        };
        // What a person reads outlives a reload.
        self.tell_folder(open, seen);
        kept
    }

    /// Reads the files that have another content than before.
    async fn read_new(&self, open: &Open) {
        let files = open.list.borrow().files.clone();
        let names: BTreeSet<&String> = files.iter().map(|(name, _)| name).collect();
        open.read.borrow_mut().retain(|name, _| names.contains(name));
        for (name, state) in &files {
            let known = open.read.borrow().get(name).map(|read| read.hash.clone());
            let read = match state {
                Ok(hash) if known.as_ref() == Some(hash) => continue,
                Ok(_) => match open.disk.read(name).await {
                    Ok((raw, hash)) => {
                        let text = match OF_BENCH.contains(&name.as_str()) {
                            true => files::canonical(name, &raw),
                            false => Ok(Some(raw.clone())),
                        };
                        Read { hash, text, raw }
                    }
                    Err(error) => Read { hash: String::new(), text: Err(error.message), raw: String::new() },
                },
                Err(words) => Read { hash: String::new(), text: Err(words.clone()), raw: String::new() },
            };
            open.read.borrow_mut().insert(name.clone(), read);
        }
    }

    /// What both sides had in common last. Of a folder that this browser did not have open last, what only the page has stays
    /// apart, and each difference is a question.
    async fn common(&self, id: &str, open: &Open, mine: &Mine) -> Result<Common, StoreError> {
        let store = self.0.store.borrow().clone();
        let kept = match store {
            Some(store) => {
                let last = store.get(LAST).await?;
                let is_last = last.is_none_or(|last| last == id);
                // What the page has now is of the other folder, and no change of a person to this one.
                if is_last { store.get(&format!("{COMMON}{id}")).await? } else { None }
            }
            None => None,
        };
        // What cannot be read is as good as nothing: then each difference is a question.
        if let Some(common) = kept.and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(common);
        }
        let mut common = Common::default();
        let connections = mine.texts.get(CONNECTIONS);
        // What a second folder meets is no longer what the page began with.
        if self.state(|s| std::mem::take(&mut s.is_first_visit)) {
            common.untouched = connections.map(|text| digest(text.as_bytes()));
        } else {
            let read = open.read.borrow();
            common.apart.extend(mine.texts.keys().filter(|name| !read.contains_key(*name)).cloned());
        }
        Ok(common)
    }

    async fn keep_common(&self, id: &str, common: &Common) -> Result<(), StoreError> {
        let store = self.0.store.borrow().clone();
        let Some(store) = store else { return Ok(()) };
        // First the set-up: a reload between the two would take the older one for a change of a person.
        self.keep_now();
        self.world().breathe().await;
        let text = serde_json::to_string(common).expect("it has names for keys and no numbers");
        store.set(LAST, id.to_owned()).await?;
        store.set(&format!("{COMMON}{id}"), text).await
    }

    /// Does what follows for each file; says whether nothing is left to do, and how the files stand.
    async fn settle(&self, open: &Open, common: &mut Common, mine: &Mine) -> (bool, FolderSeen) {
        let list = open.list.borrow().clone();
        let read = open.read.borrow().clone();
        let mut names: BTreeSet<String> =
            mine.texts.keys().chain(read.keys()).chain(common.files.keys()).cloned().collect();
        names.extend(OF_BENCH.map(str::to_owned));
        let (mut is_settled, mut seen) = (true, Vec::new());
        for name in names {
            let is_suite = !OF_BENCH.contains(&name.as_str());
            let there = read.get(&name);
            let mut file = FileSeen { name: name.clone(), ..FileSeen::default() };
            let text = match there.map(|read| &read.text) {
                Some(Err(words)) => {
                    file.state = FileState::Wrong(words.clone());
                    seen.push(file);
                    continue;
                }
                Some(Ok(text)) => text.as_deref(),
                None => None,
            };
            if is_suite && mine.suites.is_none() {
                file.state = FileState::Unopened;
                seen.extend(there.is_some().then_some(file));
                continue;
            }
            let own = mine.texts.get(&name).map(String::as_str);
            let step = self.step(open, common, &name, (own, text), list.is_seed);
            let hash = there.map(|read| read.hash.clone());
            let is_steady = open.mine.borrow().get(&name).map(String::as_str) == own;
            let written = match step {
                Step::Same => {
                    common.agreed(&name, text);
                    // Others import it by its file, which the library does not know yet.
                    let of_file = common.suites.get(&name).zip(mine.suites.as_ref());
                    let suite =
                        of_file.and_then(|(id, suites)| suites.get(id)).filter(|_| is_suite && own.is_some());
                    if suite.is_some_and(|it| it.file.is_empty()) {
                        is_settled = false;
                        self.hand_over(open, common, mine, &name, there.map(|read| read.raw.as_str()));
                    }
                    Ok(())
                }
                Step::Take => {
                    is_settled = false;
                    self.hand_over(open, common, mine, &name, there.map(|read| read.raw.as_str()));
                    Ok(())
                }
                // A person may be in the middle of a word.
                Step::Write | Step::Remove if !is_steady => {
                    is_settled = false;
                    Ok(())
                }
                Step::Write => {
                    is_settled = false;
                    let text = own.unwrap_or_default().to_owned();
                    let written = open.disk.write(&name, text.clone(), hash).await;
                    if written.is_ok() {
                        common.agreed(&name, Some(&text));
                    }
                    written
                }
                Step::Remove => {
                    is_settled = false;
                    let removed = open.disk.remove(&name, hash.unwrap_or_default()).await;
                    if removed.is_ok() {
                        common.agreed(&name, None);
                    }
                    removed
                }
                Step::Conflict => {
                    file.state = FileState::Conflict;
                    file.mine = own.map(shown);
                    file.disk = there.map(|read| shown(&read.raw));
                    Ok(())
                }
                Step::Apart => {
                    file.state = FileState::Apart;
                    Ok(())
                }
            };
            match written {
                // The next round sees what it has become.
                Ok(()) | Err(WriteError::Changed) => drop(open.unwritten.borrow_mut().remove(&name)),
                Err(WriteError::Failed(error)) => {
                    drop(open.unwritten.borrow_mut().insert(name.clone(), error.message));
                }
            }
            if let Some(words) = open.unwritten.borrow().get(&name) {
                file.state = FileState::Wrong(words.clone());
            }
            if there.is_some() || own.is_some() && step != Step::Same || step == Step::Conflict {
                seen.push(file);
            }
        }
        let seen =
            FolderSeen { name: list.name, is_seed: list.is_seed, files: seen, trouble: None, cut: list.cut };
        (is_settled, seen)
    }

    /// What happens with a file, with what a person has decided. A choice is about what was shown.
    fn step(
        &self,
        open: &Open,
        common: &mut Common,
        name: &str,
        (own, text): (Option<&str>, Option<&str>),
        is_seed: bool,
    ) -> Step {
        let mut step = common.step(name, own, text, is_seed);
        // A browser that has lost what it kept must not empty the folder.
        if step == Step::Remove && !open.had.borrow().contains(name) {
            step = Step::Take;
        }
        if !matches!(step, Step::Conflict | Step::Apart) {
            open.choices.borrow_mut().remove(name);
            return step;
        }
        let raw = open.read.borrow().get(name).map(|read| shown(&read.raw));
        let mut choices = open.choices.borrow_mut();
        let Some(choice) = choices.get(name).filter(|it| step == Step::Apart || it.shown == raw) else {
            choices.remove(name);
            return step;
        };
        // It stays until the page has taken it.
        if choice.takes_disk {
            return Step::Take;
        }
        choices.remove(name);
        if is_seed {
            return step;
        }
        common.apart.remove(name);
        // What the page shows is what was decided upon.
        open.mine.borrow_mut().extend(own.map(|own| (name.to_owned(), own.to_owned())));
        if own.is_some() { Step::Write } else { Step::Remove }
    }

    /// Asks the page to take what is on the disk.
    fn hand_over(&self, open: &Open, common: &mut Common, mine: &Mine, name: &str, raw: Option<&str>) {
        let before = &mine.workspace;
        let taken = |raw: &str| files::taken(name, raw, before).unwrap_or_else(|_| before.clone());
        let update = match (name, raw) {
            // There is always a connection: the page keeps what it has, and the folder does without.
            (CONNECTIONS, None) => {
                common.agreed(name, None);
                common.apart.insert(name.to_owned());
                return;
            }
            (CONNECTIONS, Some(raw)) => {
                Taken::Connections { from: before.connections.clone(), to: taken(raw).connections }
            }
            (MESSAGES, raw) => Taken::Messages {
                from: before.messages.clone(),
                to: raw.map(|raw| taken(raw).messages).unwrap_or_default(),
            },
            (VARIABLES, raw) => Taken::Variables {
                from: before.variables.clone(),
                to: raw.map(|raw| taken(raw).variables).unwrap_or_default(),
            },
            (_, raw) => {
                let Some(id) = common.suites.get(name) else { return };
                let own = mine.suites.as_ref().and_then(|all| all.get(id));
                let given = raw.map(|raw| (id.clone(), (name.to_owned(), raw.to_owned())));
                open.given.borrow_mut().extend(given);
                Taken::Suite {
                    id: id.clone(),
                    from: own.map(|it| it.text.clone()),
                    to: raw.map(str::to_owned),
                    file: name.to_owned(),
                }
            }
        };
        self.tell_outside(&OutsideUpdate::Take(Box::new(update)));
    }
}

/// Says which suite of the library is which file, and gives new ones a name or an id.
fn name_suites(common: &mut Common, open: &Open, mine: &mut Mine) {
    let Some(suites) = &mine.suites else { return };
    let read = open.read.borrow();
    let is_first = !common.knows_suites;
    common.knows_suites = true;
    for (name, read) in read.iter().filter(|(name, _)| !OF_BENCH.contains(&name.as_str())) {
        if common.suites.contains_key(name) {
            continue;
        }
        let is_it = |suite: &&OwnSuite| suite.text == read.raw && common.file_of(&suite.id).is_none();
        let known = suites.values().find(is_it).map(|suite| suite.id.clone());
        let made =
            || format!("folder-{}", &digest(format!("{}/{name}", open.list.borrow().id).as_bytes())[..16]);
        common.suites.insert(name.clone(), known.unwrap_or_else(made));
    }
    for suite in suites.values() {
        if common.file_of(&suite.id).is_none() {
            let is_taken = |name: &str| read.contains_key(name) || common.suites.contains_key(name);
            let name = file_name(&suite.file, &suite.title, is_taken);
            common.suites.insert(name.clone(), suite.id.clone());
            // What was there before the folder stays apart from it, unless a person says so.
            if is_first {
                common.apart.insert(name);
            }
        }
    }
    // One that is on neither side any more frees its name.
    common.suites.retain(|name, id| {
        read.contains_key(name) || suites.contains_key(id) || common.files.contains_key(name)
    });
    for (name, id) in &common.suites {
        mine.texts.extend(suites.get(id).map(|suite| (name.clone(), suite.text.clone())));
    }
}

/// As much of a text as is shown.
fn shown(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
