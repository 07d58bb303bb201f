//! Frames that are kept whatever the budget says.
//!
//! Owns copies of them, and what people say of them. One rule: what is pinned counts against a bound of its own, so that
//! pinning everything does not fill the memory.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::list;
use crate::engine::FrameLog;
use crate::wire::bench::Pin;

/// Bytes of contents that are pinned at most.
const MOST_BYTES: usize = 64 << 20;
const MOST: usize = 500;

/// The pinned frames by number.
#[derive(Default)]
pub(super) struct Pins {
    pub pins: BTreeMap<u64, Pin>,
    contents: BTreeMap<u64, Rc<[u8]>>,
    pub changed: bool,
    changes: u64,
}

impl Pins {
    /// Pins a frame, or changes its remark; false when it does not fit or does not exist.
    pub fn pin(&mut self, number: u64, note: String, log: &FrameLog) -> bool {
        self.changed = true;
        self.changes += 1;
        if let Some(pin) = self.pins.get_mut(&number) {
            pin.note = note;
            return true;
        }
        let Some(frame) = log.get(number) else { return false };
        let held: usize = self.contents.values().map(|content| content.len()).sum();
        if self.pins.len() == MOST || held + frame.bytes.len() > MOST_BYTES {
            return false;
        }
        let mut row = list::row(&frame);
        row.is_pinned = true;
        self.pins.insert(number, Pin { row, note });
        self.contents.insert(number, frame.bytes.into());
        true
    }

    /// That is over.
    pub fn unpin(&mut self, number: u64) {
        self.changed |= self.pins.remove(&number).is_some();
        self.changes += 1;
        self.contents.remove(&number);
    }

    /// How many times one of them may have changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Those of a session that has ended.
    pub fn of(pinned: impl IntoIterator<Item = (Pin, Rc<[u8]>)>) -> Self {
        let mut all = Self { changed: true, ..Self::default() };
        for (pin, content) in pinned {
            all.contents.insert(pin.row.number, content);
            all.pins.insert(pin.row.number, pin);
        }
        all
    }

    /// Takes these too, over what is pinned already.
    pub fn join(&mut self, others: Self) {
        self.changes += others.changes;
        self.pins.extend(others.pins);
        self.contents.extend(others.contents);
    }

    /// All of them, oldest first.
    pub fn report(&self) -> Vec<Pin> {
        self.pins.values().cloned().collect()
    }

    /// The content of a pinned frame.
    pub fn content(&self, number: u64) -> Option<(&Pin, Rc<[u8]>)> {
        Some((self.pins.get(&number)?, self.contents.get(&number)?.clone()))
    }
}
