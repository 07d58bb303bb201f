//! Where one looks in the timeline.
//!
//! Owns the frame at the upper edge and whether the newest is followed. It refuses to scroll: the list does, after every change.

use leptos::prelude::*;

use crate::model::viewport::{ROW, Viewport};

/// Where one looks in the list.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The position of the frame at the upper edge, with the part of it that is above. This is where one looks, whatever the
    /// list does meanwhile; how far the list is scrolled only follows from it.
    pub first: RwSignal<f64>,
    pub follow: RwSignal<bool>,
    pub view: Memo<Viewport>,
    pub start: Memo<u64>,
}

impl Place {
    /// How many rows are seen at once, the last one maybe in part.
    fn rows(self) -> f64 {
        self.view.get_untracked().height / ROW
    }

    /// How far below the upper edge a row stands, in rows; none when it is not in view.
    pub fn offset_of(self, position: u64) -> Option<f64> {
        let rows = self.rows();
        Some(position as f64 - self.first.get_untracked())
            .filter(|offset| (0.0..=rows - 1.0).contains(offset))
    }

    /// Puts a row so far below the upper edge, in the middle when that is not known. The list may be about to become another
    /// one, so nothing of the present one is a bound.
    pub fn put(self, position: u64, offset: Option<f64>) {
        self.follow.set(false);
        self.first.set((position as f64 - offset.unwrap_or((self.rows() / 2.0).floor())).max(0.0));
    }

    /// How many rows stand below those in view.
    pub fn below(self, end: u64) -> u64 {
        let view = self.view.get();
        // A row of which a part is seen is seen.
        let first = self.first.get().max(self.start.get() as f64);
        (end as f64 - first - view.height / ROW).floor().max(0.0) as u64
    }

    /// Moves as little as it takes to see a row, or to the middle when it is far away.
    pub fn show(self, position: u64) {
        let view = self.view.get_untracked();
        let (first, rows) = (self.first.get_untracked(), view.height / ROW);
        let position = position as f64;
        let is_near = position > first - 3.0 && position < first + rows + 3.0;
        let wanted = match is_near {
            _ if position >= first && position + 1.0 <= first + rows => return,
            true if position < first => position,
            true => position + 1.0 - rows,
            false => position - rows / 2.0,
        };
        self.follow.set(false);
        // A row before the present list is of the one that a new filter is about to bring.
        let start = Some(self.start.get_untracked() as f64).filter(|start| *start <= position);
        self.first.set(wanted.max(start.unwrap_or(0.0)));
    }
}
