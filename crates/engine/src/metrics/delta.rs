//! What a histogram has gained since it was last read.
//!
//! Owns the small list that goes to another histogram during a run. Recording has constant cost, and the list is
//! bounded by the number of buckets, even if it is never taken.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bucket::Buckets;

/// What was recorded between two looks: add it to another histogram, and that one has it too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// A value in microseconds that stands for its bucket, and how many were recorded in it; ascending.
    pub counts: Vec<(u64, u64)>,
    /// The shortest and the longest since the last look, exactly; none when there was nothing.
    pub extremes: Option<(Duration, Duration)>,
}

impl Delta {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// The counts since the last look.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh {
    /// By the number of the bucket.
    counts: Vec<u64>,
    /// The buckets that are not zero, so that taking costs what was recorded and not what could have been.
    touched: Vec<usize>,
}

impl Fresh {
    pub(super) fn record(&mut self, micros: u64, count: u64) {
        let index = Buckets::OURS.index(micros);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        if self.counts[index] == 0 {
            self.touched.push(index);
        }
        self.counts[index] = self.counts[index].saturating_add(count);
    }

    /// All of it, by value; afterwards there is nothing.
    pub(super) fn take(&mut self) -> Vec<(u64, u64)> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched
            .into_iter()
            .filter_map(|index| {
                let count = std::mem::take(&mut self.counts[index]);
                Some((Buckets::OURS.lowest(index)?, count))
            })
            .collect()
    }
}
