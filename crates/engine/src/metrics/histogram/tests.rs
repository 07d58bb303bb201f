use super::*;
use crate::base::random::Random;

fn of_millis(millis: impl IntoIterator<Item = u64>) -> Histogram {
    let mut histogram = Histogram::new();
    for ms in millis {
        histogram.record(Duration::from_millis(ms));
    }
    histogram
}

#[test]
fn figures_of_nothing_are_none() {
    assert_eq!(Histogram::new().summary(), None);
    assert_eq!(Histogram::new().percentile(500), None);
    assert!(Histogram::new().bars(8).is_empty());
}

#[test]
fn percentiles_are_within_a_thousandth() {
    let summary = of_millis(1..=1000).summary().expect("1000 samples");
    assert_eq!(summary.count, 1000);
    for (got, want) in [(summary.p50, 500), (summary.p95, 950), (summary.p99, 990), (summary.max, 1000)] {
        let off = got.abs_diff(Duration::from_millis(want));
        assert!(off <= Duration::from_micros(want), "{got:?} for {want} ms");
    }
}

#[test]
fn five_microseconds_survive() {
    let mut histogram = Histogram::new();
    histogram.record(Duration::from_micros(5));
    assert_eq!(histogram.summary().expect("a sample").max, Duration::from_micros(5));
}

#[test]
fn the_shortest_and_the_longest_are_exact() {
    let mut histogram = Histogram::new();
    histogram.record(Duration::from_micros(2_270));
    histogram.record(Duration::from_micros(16_100));
    let summary = histogram.summary().expect("two samples");
    assert_eq!((summary.min, summary.max), (Duration::from_micros(2_270), Duration::from_micros(16_100)));
}

#[test]
fn merged_is_as_if_recorded_together() {
    let mut left = of_millis(1..=500);
    left.merge(&of_millis(501..=1000));
    assert_eq!(left.summary(), of_millis(1..=1000).summary());
}

#[test]
fn bars_count_every_sample() {
    assert_eq!(of_millis(0..100).bars(10).iter().sum::<u64>(), 100);
    assert_eq!(of_millis([7, 7, 7]).bars(4), [3, 0, 0, 0]);
}

#[test]
fn an_absurd_duration_does_not_break_it() {
    let mut histogram = of_millis([1]);
    histogram.record(Duration::MAX);
    assert_eq!(histogram.count(), 2);
}

/// Durations over many magnitudes, as a run has them: most short, some very long.
fn drawn(random: &mut Random, count: u64) -> Vec<Duration> {
    (0..count)
        .map(|_| Duration::from_nanos(1_000 + (random.next_u64() >> (20 + random.next_u64() % 30))))
        .collect()
}

fn of(durations: &[Duration]) -> Histogram {
    let mut histogram = Histogram::new();
    durations.iter().for_each(|took| histogram.record(*took));
    histogram
}

#[test]
fn percentiles_are_those_of_the_sorted_list() {
    let mut random = Random::with_seed(21);
    for count in (1..120).chain([999, 1_000, 1_001, 20_000]) {
        let mut durations = drawn(&mut random, count);
        let summary = of(&durations).summary().expect("samples");
        durations.sort();
        let exact = |permille: u64| durations[((count * permille).div_ceil(1000) - 1) as usize];
        let all = [
            (summary.p50, exact(500)),
            (summary.p90, exact(900)),
            (summary.p95, exact(950)),
            (summary.p99, exact(990)),
            (summary.p999, exact(999)),
        ];
        for (got, want) in all {
            // A thousandth, and half a microsecond of rounding.
            let allowed = want / 1000 + Duration::from_nanos(500);
            assert!(got.abs_diff(want) <= allowed, "{got:?} for {want:?} of {count}");
            assert!((summary.min..=summary.max).contains(&got), "{got:?} of {count}");
        }
        assert_eq!((summary.min, summary.max), (durations[0], durations[durations.len() - 1]));
    }
}

#[test]
fn mean_and_deviation_are_within_a_thousandth() {
    let mut random = Random::with_seed(22);
    for count in [1, 2, 10, 5_000] {
        let durations = drawn(&mut random, count);
        let micros: Vec<f64> = durations.iter().map(|took| took.as_nanos() as f64 / 1000.0).collect();
        let mean = micros.iter().sum::<f64>() / count as f64;
        let deviation = (micros.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / count as f64).sqrt();
        let summary = of(&durations).summary().expect("samples");
        for (got, want) in [(summary.mean, mean), (summary.stddev, deviation)] {
            let got = got.as_nanos() as f64 / 1000.0;
            assert!((got - want).abs() <= want / 1000.0 + mean / 1000.0 + 1.0, "{got} for {want} of {count}");
        }
    }
}

#[test]
fn of_one_sample_all_figures_are_that_sample() {
    for nanos in [0, 1, 400, 600, 1_000, 16_100_000, 16_100_449, 3_600_000_000_001] {
        let took = Duration::from_nanos(nanos);
        let summary = of(&[took]).summary().expect("a sample");
        let Summary { count: 1, min, mean, p50, p90, p95, p99, p999, max, stddev } = summary else {
            panic!("{summary:?}");
        };
        assert_eq!([min, mean, p50, p90, p95, p99, p999, max], [took; 8]);
        assert_eq!(stddev, Duration::ZERO);
    }
}

#[test]
fn a_percentile_has_its_exact_rank() {
    for count in 1..2_000_u64 {
        let histogram = of(&(1..=count).map(Duration::from_micros).collect::<Vec<_>>());
        let p95 = histogram.percentile(950).expect("samples").as_micros() as u64;
        assert_eq!(p95, (count * 95).div_ceil(100), "of {count}");
    }
}

#[test]
fn merged_shards_are_the_whole() {
    let mut random = Random::with_seed(23);
    for round in 0..50 {
        let durations = drawn(&mut random, round * 7);
        let mut merged = Histogram::new();
        for shard in durations.chunks((1 + random.next_u64() % 30) as usize) {
            merged.merge(&of(shard));
        }
        let whole = of(&durations);
        assert_eq!(merged, whole);
        assert_eq!(merged.summary(), whole.summary());
        assert_eq!(merged.bars(16), whole.bars(16));
    }
}

#[test]
fn histograms_that_differ_are_unequal() {
    let one = of(&[Duration::from_micros(5_001)]);
    assert_ne!(one, Histogram::new());
    assert_ne!(one, of(&[Duration::from_micros(5_000)]), "the same bucket, another extreme");
    assert_ne!(one, of(&[Duration::from_micros(5_001); 2]));
    assert_eq!(Histogram::new(), Histogram::default());
}

#[test]
fn deltas_add_up_to_the_whole() {
    let mut random = Random::with_seed(24);
    for _ in 0..50 {
        let (mut here, mut there) = (Histogram::new(), Histogram::new());
        for _ in 0..random.next_u64() % 20 {
            let count = random.next_u64() % 40;
            let durations = drawn(&mut random, count);
            match random.next_u64() % 2 {
                0 => durations.iter().for_each(|took| here.record(*took)),
                _ => here.merge(&of(&durations)),
            }
            let delta = here.take_delta();
            assert_eq!(delta.counts.iter().map(|(_, count)| count).sum::<u64>(), count);
            there.add(&delta);
            assert_eq!(there, here);
        }
        assert_eq!(there.summary(), here.summary());
    }
}

#[test]
fn a_delta_is_of_its_interval_alone() {
    let mut histogram = of_millis([1, 900]);
    assert_eq!(histogram.take_delta().counts.len(), 2, "the first look takes everything");
    histogram.record(Duration::from_millis(20));
    histogram.record(Duration::from_millis(20));
    let delta = histogram.take_delta();
    let took = Duration::from_millis(20);
    assert_eq!(delta, Delta { counts: vec![(20_000, 2)], extremes: Some((took, took)) });
    assert_eq!(histogram.take_delta(), Delta::default());
    assert!(histogram.take_delta().is_empty());
}

#[test]
fn a_delta_crosses_as_bytes() {
    let delta = of_millis([1, 1, 3]).take_delta();
    let bytes = postcard::to_allocvec(&delta).unwrap();
    assert_eq!(postcard::from_bytes::<Delta>(&bytes).unwrap(), delta);
    assert!(bytes.len() < 24, "{} bytes", bytes.len());
}
