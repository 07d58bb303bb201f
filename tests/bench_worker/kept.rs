//! What was kept and cannot be read, or can be kept no longer: it is said, and nothing is written over it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::page::{ALICE, Echo, OneText, Only, Page, with_page};
use super::shared::Drawer;
use sockscope::wire;
use sockscope::wire::bench::{Restored, Update};
use sockscope::worker::PageWorker as _;
use sockscope_engine::World;
use sockscope_engine::base::storage::StoreError;
use sockscope_engine::base::world::LocalFuture;

fn restored_whole(page: &Page) -> Restored {
    let found = page.posts.take().iter().find_map(|bytes| match wire::decode(bytes) {
        Ok(Update::Restored(restored)) => Some(*restored),
        _ => None,
    });
    found.expect("the worker says what was kept")
}

#[test]
fn a_set_up_that_cannot_be_read_is_set_aside_and_said() {
    let drawer = Drawer::default();
    *drawer.0.borrow_mut() = Some(r#"{"connections":[{"id":1,"name":"bob"},{"id":"two"}]}"#.to_owned());
    with_page(Echo::default(), |page| async move {
        page.read();
        page.worker.restore(Only(drawer)).await;
        let restored = restored_whole(&page);
        assert_eq!(restored.trouble, None);
        assert_eq!(restored.workspace.expect("the rest").connections.len(), 1);
        let words = restored.unread.expect("it is said").words("Part of it");
        assert!(words.starts_with("Part of it could not be read: connections[1]: "), "{words}");
        assert!(words.contains("still has it, under \"aside: "), "{words}");
    });
}

/// A store whose content is not text, as a hostile or later page may leave it; `is_movable` when it can be copied.
#[derive(Clone, Default)]
struct Foreign {
    is_movable: bool,
    saved: Rc<RefCell<Option<String>>>,
}

impl OneText for Foreign {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        Box::pin(async { Err(StoreError { message: "expected text, found a value of type number".into() }) })
    }

    fn save(&self, text: String) -> LocalFuture<Result<(), StoreError>> {
        *self.saved.borrow_mut() = Some(text);
        Box::pin(async { Ok(()) })
    }

    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        let moved = match self.is_movable {
            true => Ok(Some("unread/bench/1".to_owned())),
            false => Err(StoreError { message: "the disk is full".into() }),
        };
        Box::pin(async { moved })
    }
}

#[test]
fn what_cannot_be_set_aside_is_not_written_over() {
    for is_movable in [true, false] {
        let store = Foreign { is_movable, ..Foreign::default() };
        let saved = store.saved.clone();
        with_page(Echo::default(), |page| async move {
            page.read();
            page.worker.restore(Only(store)).await;
            let restored = restored_whole(&page);
            assert_eq!((restored.unread.is_some(), restored.trouble.is_some()), (is_movable, !is_movable));
            page.set_up(ALICE, |setup| setup.name = "anna".into());
            page.pass(Duration::from_secs(1)).await;
            assert_eq!(saved.borrow().is_some(), is_movable);
        });
    }
}

/// A disk that is full from the start until it is not.
#[derive(Clone, Default)]
struct Full(Rc<RefCell<bool>>);

impl OneText for Full {
    fn load(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn save(&self, _: String) -> LocalFuture<Result<(), StoreError>> {
        let has_room = *self.0.borrow();
        Box::pin(
            async move { has_room.then_some(()).ok_or(StoreError { message: "the disk is full".into() }) },
        )
    }

    fn set_aside(&self) -> LocalFuture<Result<Option<String>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
}

#[test]
fn a_disk_that_fills_up_is_said_once_until_there_is_room_again() {
    with_page(Echo::default(), |page| async move {
        page.read();
        let disk = Full::default();
        let has_room = disk.0.clone();
        page.worker.restore(Only(disk)).await;
        let mut told = Vec::new();
        for (name, room) in [("a", false), ("b", false), ("c", true), ("d", false)] {
            *has_room.borrow_mut() = room;
            page.posts.take();
            page.set_up(ALICE, |setup| setup.name = name.into());
            page.sim.sleep(Duration::from_secs(1)).await;
            told.push(page.posts.take().iter().any(|bytes| {
                matches!(wire::decode(bytes), Ok(Update::Unkept(words)) if words == "the disk is full")
            }));
        }
        assert_eq!(told, [true, false, false, true]);
    });
}
