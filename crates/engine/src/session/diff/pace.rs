//! What takes longer than the noise explains.
//!
//! Owns the judgement of times: it takes many samples on both sides, and how far the samples of each side lie apart is
//! the noise. With one sample nothing is said. Times during which our own side was late say nothing about the server and never come
//! here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::masks::Masks;
use super::side::Side;
use super::{Difference, What};

/// With fewer samples on either side nothing is said.
const LEAST: usize = 20;
/// A smaller shift is not told: a scheduler moves a loopback's answer by as much.
const LEAST_SHIFT: Duration = Duration::from_millis(5);
/// An answer among others that are in time has to be later than this.
const LEAST_LATE: Duration = Duration::from_millis(25);
/// Standard deviations of the rank sum, so that chance alone does it once in 30,000.
const SURE: f64 = 4.0;

/// Times that lie closer together count once where a median is compared: what holds up one answer holds up the next.
const APART: Duration = Duration::from_millis(10);

/// A measured time.
#[derive(Clone, Copy, Debug)]
struct Sample {
    took: Duration,
    /// The number of the frame that ended it.
    frame: u64,
    /// The run, and the stretch of [`APART`] in it.
    window: (usize, u128),
    /// Which of its kind in the run, from 0.
    nth: usize,
}

/// What is slower on the second side, each kind at most once, and the frames of its first run that are late by that.
pub(super) fn slower(a: &[Side], b: &[Side], masks: &Masks) -> (Vec<Difference>, BTreeSet<u64>) {
    let (ours, theirs) = (samples(a, masks), samples(b, masks));
    let (mut found, mut late) = (Vec::new(), BTreeSet::new());
    for ((client, kind), before) in &ours {
        let Some(after) = theirs.get(&(client.clone(), kind.clone())) else { continue };
        let Some((what, frame)) = judge(&before.samples, &after.samples) else { continue };
        if let What::Slower { before, noise, .. } = what {
            let bound = before + LEAST_LATE.max(noise);
            let is_late = |it: &&Sample| it.window.0 == 0 && it.took > bound;
            late.extend(after.samples.iter().filter(is_late).map(|it| it.frame));
        }
        found.push(Difference {
            client: client.clone(),
            subject: before.subject.clone(),
            kind: kind.clone(),
            is_sent: false,
            what,
            before: None,
            after: frame,
            times: 1,
        });
    }
    (found, late)
}

struct Samples {
    subject: String,
    samples: Vec<Sample>,
}

fn samples(sides: &[Side], masks: &Masks) -> BTreeMap<(String, String), Samples> {
    let mut all = BTreeMap::<(String, String), Samples>::new();
    for (run, side) in sides.iter().enumerate() {
        let mut counts = BTreeMap::<(String, String), usize>::new();
        for event in &side.events {
            let Some(took) = event.took.filter(|_| !event.is_feed) else { continue };
            if masks.of(&event.kind, false).is_some_and(|mask| mask.time) {
                continue;
            }
            let key = (event.client().to_owned(), event.kind.clone());
            let count = counts.entry(key.clone()).or_default();
            let nth = std::mem::replace(count, *count + 1);
            let of_kind =
                all.entry(key).or_insert_with(|| Samples { subject: event.subject(), samples: Vec::new() });
            let window = (run, event.at().as_nanos() / APART.as_nanos());
            of_kind.samples.push(Sample { took, frame: event.number, window, nth });
        }
    }
    all
}

fn judge(before: &[Sample], after: &[Sample]) -> Option<(What, Option<u64>)> {
    let samples = before.len().min(after.len());
    if samples < LEAST {
        return None;
    }
    let sorted = |samples: &[Sample]| {
        let mut sorted: Vec<(Duration, u64)> = samples.iter().map(|it| (it.took, it.frame)).collect();
        sorted.sort_unstable();
        sorted
    };
    let (a, b) = (sorted(before), sorted(after));
    let at = |sorted: &[(Duration, u64)], permille: usize| sorted[(sorted.len() - 1) * permille / 1000].0;
    let (old, new) = (at(&a, 500), at(&b, 500));
    let spread = |sorted: &[(Duration, u64)]| at(sorted, 900) - at(sorted, 100);
    let noise = spread(&a).max(spread(&b));
    let what = |after, late| What::Slower { before: old, after, noise, samples, late };
    if new.saturating_sub(old) > LEAST_SHIFT.max(noise).max(old / 4) {
        let (apart, others) = (apart(before), apart(after));
        if apart.len().min(others.len()) >= LEAST && rank_sum(&apart, &others) > SURE {
            return Some((what(new, 0), None));
        }
    }
    // Those that are later than the noise explains, while none of the first side is. One may hold up the next.
    let bound = new.max(old) + LEAST_LATE.max(noise * 6);
    let in_time = b.partition_point(|(took, _)| *took <= bound);
    let late = &b[in_time..];
    let others = a.last()?.0.max(in_time.checked_sub(1).map_or(Duration::ZERO, |at| b[at].0));
    let is_late = late.first().is_some_and(|(took, _)| *took > others * 2);
    let first = late.iter().map(|(_, frame)| *frame).min();
    if is_late {
        return Some((what(b[b.len() - 1].0, late.len()), first));
    }
    by_place(before, after)
}

/// An answer that is late in each run is noise among all answers of its kind. It is none among those at its place.
fn by_place(before: &[Sample], after: &[Sample]) -> Option<(What, Option<u64>)> {
    let of = |samples: &[Sample]| {
        let mut places = BTreeMap::<usize, Vec<(Duration, u64)>>::new();
        for sample in samples {
            places.entry(sample.nth).or_default().push((sample.took, sample.frame));
        }
        places.values_mut().for_each(|times| times.sort_unstable());
        places
    };
    let (ours, theirs) = (of(before), of(after));
    let (mut found, mut late) = (None::<(What, Option<u64>)>, 0);
    for (nth, a) in &ours {
        let Some(b) = theirs.get(nth).filter(|b| a.len().min(b.len()) >= LEAST) else { continue };
        let at = |sorted: &[(Duration, u64)], permille: usize| sorted[(sorted.len() - 1) * permille / 1000].0;
        let (old, new) = (at(a, 500), at(b, 500));
        let noise = (at(a, 900) - at(a, 100)).max(at(b, 900) - at(b, 100));
        let times = |sorted: &[(Duration, u64)]| sorted.iter().map(|(took, _)| *took).collect::<Vec<_>>();
        if new.saturating_sub(old) <= LEAST_LATE.max(noise).max(old / 4)
            || rank_sum(&times(a), &times(b)) <= SURE
        {
            continue;
        }
        late += b.len();
        let is_latest =
            |(what, _): &(What, Option<u64>)| !matches!(what, What::Slower { after, .. } if *after >= new);
        if found.as_ref().is_none_or(is_latest) {
            let samples = a.len().min(b.len());
            let first = b.iter().map(|(_, frame)| *frame).min();
            found = Some((What::Slower { before: old, after: new, noise, samples, late: 0 }, first));
        }
    }
    if let Some((What::Slower { late: counted, .. }, _)) = &mut found {
        *counted = late;
    }
    found
}

/// The median of each stretch, sorted.
fn apart(samples: &[Sample]) -> Vec<Duration> {
    let mut windows = BTreeMap::<(usize, u128), Vec<Duration>>::new();
    for sample in samples {
        windows.entry(sample.window).or_default().push(sample.took);
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let mut medians: Vec<Duration> = windows.into_values().map(median).collect();
    medians.sort_unstable();
    medians
}

/// How far the second side lies above the first one by ranks (Mann and Whitney), in standard deviations.
fn rank_sum(a: &[Duration], b: &[Duration]) -> f64 {
    let above: usize = b
        .iter()
        .map(|took| {
            let below = a.partition_point(|other| other < took);
            let equal = a.partition_point(|other| other <= took) - below;
            2 * below + equal
        })
        .sum();
    let (n, m) = (a.len() as f64, b.len() as f64);
    (above as f64 / 2.0 - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    fn around(millis: u64, jitter_us: u64, count: u64, seed: u64) -> Vec<Sample> {
        let mut random = Random::with_seed(seed);
        let one = |frame| Sample {
            took: Duration::from_micros(millis * 1000 + random.next_u64() % jitter_us.max(1)),
            frame,
            window: (0, u128::from(frame)),
            nth: frame as usize,
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn the_same_server_is_never_slower() {
        for seed in 0..500 {
            let (a, b) = (around(2, 3000, 30, seed), around(2, 3000, 30, seed + 1000));
            assert_eq!(judge(&a, &b), None, "{seed}");
        }
    }

    #[test]
    fn one_late_message_of_thirty_is_found() {
        let (a, mut b) = (around(2, 3000, 30, 1), around(2, 3000, 30, 2));
        b[17].took += Duration::from_millis(50);
        let (what, frame) = judge(&a, &b).expect("it is late");
        assert!(matches!(what, What::Slower { late: 1, samples: 30, .. }));
        assert_eq!(frame, Some(17));
        assert_eq!(judge(&b, &a), None, "what was late and is no longer is no worse");
        b[18].took += Duration::from_millis(48);
        let (what, frame) = judge(&a, &b).expect("both are late");
        assert!(matches!(what, What::Slower { late: 2, .. }));
        assert_eq!(frame, Some(17));
    }

    #[test]
    fn an_answer_that_is_late_in_each_run_is_found_and_the_same_server_is_not() {
        let runs = |late: u64, seed: u64| {
            let mut samples = around(2, 3000, 150, seed);
            for (at, sample) in samples.iter_mut().enumerate() {
                (sample.window, sample.nth) = ((at / 5, 0), at % 5);
                sample.took += Duration::from_millis(if sample.nth == 2 { late } else { 0 });
            }
            samples
        };
        for seed in 0..100 {
            assert_eq!(judge(&runs(0, seed), &runs(0, seed + 1000)), None, "{seed}");
            assert_eq!(judge(&runs(50, seed), &runs(50, seed + 1000)), None, "{seed}");
        }
        let (what, frame) = judge(&runs(0, 1), &runs(50, 2)).expect("each third answer is late");
        assert!(matches!(what, What::Slower { late: 30, samples: 30, .. }), "{what:?}");
        assert_eq!(frame, Some(2));
        assert_eq!(judge(&runs(50, 2), &runs(0, 1)), None);
    }

    #[test]
    fn all_a_little_later_is_found_and_noise_hides_less_than_itself() {
        let (a, b) = (around(2, 3000, 30, 1), around(12, 3000, 30, 2));
        assert!(matches!(judge(&a, &b), Some((What::Slower { late: 0, .. }, None))));
        assert_eq!(judge(&around(2, 60_000, 30, 1), &around(12, 60_000, 30, 2)), None);
        assert_eq!(judge(&a[..19], &b), None, "too few to say anything");
        let mut burst = b.clone();
        burst.iter_mut().for_each(|it| it.window = (0, 0));
        assert_eq!(judge(&a, &burst), None, "one stall holds up all of a burst");
    }
}
