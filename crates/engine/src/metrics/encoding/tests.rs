use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram as Theirs;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer, V2Serializer};
use miniz_oxide::inflate::decompress_to_vec_zlib;

use super::*;
use crate::base::random::Random;

fn sampled(random: &mut Random, samples: u64) -> Histogram {
    let mut histogram = Histogram::new();
    for _ in 0..samples {
        histogram.record(Duration::from_nanos(random.next_u64() >> (18 + random.next_u64() % 40)));
    }
    histogram
}

fn theirs(histogram: &Histogram) -> Theirs<u64> {
    let mut theirs = Theirs::new(3).unwrap();
    histogram.buckets().for_each(|(value, count)| theirs.record_n(value, count).unwrap());
    theirs
}

/// The buckets alone: the text has no exact extremes.
#[track_caller]
fn check_same(left: &Histogram, right: &Histogram) {
    assert!(left.buckets().eq(right.buckets()));
}

#[track_caller]
fn check_err(text: &str, message: &str) {
    assert_eq!(Histogram::from_base64(text).unwrap_err().to_string(), message);
}

/// A text of these plain bytes, as another tool could have written it.
fn wrapped(plain: &[u8]) -> String {
    let stream = store(plain);
    let length = (stream.len() as u32).to_be_bytes();
    STANDARD.encode([&COMPRESSED_COOKIE.to_be_bytes()[..], &length, &stream].concat())
}

/// A header and these counts.
fn with_header(digits: u32, lowest: u64, counts: &[i64]) -> Vec<u8> {
    let mut payload = Vec::new();
    counts.iter().for_each(|count| put(&mut payload, *count));
    let mut plain = Vec::new();
    plain.extend(COOKIE.to_be_bytes());
    plain.extend((payload.len() as u32).to_be_bytes());
    plain.extend([0; 4]);
    plain.extend(digits.to_be_bytes());
    plain.extend(lowest.to_be_bytes());
    plain.extend((1_u64 << 40).to_be_bytes());
    plain.extend(1_f64.to_be_bytes());
    plain.extend(payload);
    plain
}

#[test]
fn other_tools_read_what_is_written() {
    let mut random = Random::with_seed(11);
    for samples in [0, 1, 2, 10, 1_000, 20_000] {
        let histogram = sampled(&mut random, samples);
        let bytes = STANDARD.decode(histogram.to_base64()).unwrap();
        let read: Theirs<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        let expected = theirs(&histogram);
        assert_eq!(read.len(), expected.len());
        assert_eq!((read.min(), read.max()), (expected.min(), expected.max()));
        for percent in [0.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0] {
            assert_eq!(read.value_at_percentile(percent), expected.value_at_percentile(percent));
        }
    }
}

#[test]
fn the_counts_are_byte_for_byte_those_of_other_writers() {
    let mut random = Random::with_seed(12);
    for samples in [0, 1, 3, 100, 5_000] {
        let histogram = sampled(&mut random, samples);
        let mut expected = Vec::new();
        V2Serializer::new().serialize(&theirs(&histogram), &mut expected).unwrap();
        let bytes = STANDARD.decode(histogram.to_base64()).unwrap();
        let plain = decompress_to_vec_zlib(&bytes[8..]).unwrap();
        assert_eq!(plain[HEADER..], expected[HEADER..]);
        // All of the header but the highest trackable value, which each writer chooses.
        assert_eq!((&plain[..24], &plain[32..HEADER]), (&expected[..24], &expected[32..HEADER]));
    }
}

#[test]
fn what_other_tools_write_is_read() {
    let mut random = Random::with_seed(13);
    for samples in [0, 1, 10, 5_000] {
        let histogram = sampled(&mut random, samples);
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&theirs(&histogram), &mut bytes).unwrap();
        check_same(&Histogram::from_base64(&STANDARD.encode(bytes)).unwrap(), &histogram);
    }
}

#[test]
fn another_precision_is_read_to_its_own_digits() {
    for (lowest, digits) in [(1, 2), (1, 5), (1000, 3)] {
        let mut coarse = Theirs::<u64>::new_with_bounds(lowest, 1 << 40, digits).unwrap();
        for value in [1_000, 123_456, 9_999_999] {
            coarse.record(value).unwrap();
        }
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&coarse, &mut bytes).unwrap();
        let read = Histogram::from_base64(&STANDARD.encode(bytes)).unwrap();
        assert_eq!(read.count(), 3);
        let max = read.summary().unwrap().max;
        assert!(max.abs_diff(Duration::from_micros(9_999_999)) < Duration::from_millis(100), "{max:?}");
    }
}

#[test]
fn written_and_read_is_the_same() {
    let mut random = Random::with_seed(14);
    for round in 0..200 {
        let histogram = sampled(&mut random, random_below(round));
        let read = Histogram::from_base64(&histogram.to_base64()).unwrap();
        check_same(&read, &histogram);
        if let Some(summary) = histogram.summary() {
            assert_eq!(read.with_extremes(summary.min, summary.max), Some(histogram));
        }
    }
}

fn random_below(round: u64) -> u64 {
    [0, 1, 2, 17, 300][(round % 5) as usize]
}

#[test]
fn large_counts_and_long_streams_survive() {
    let mut histogram = Histogram::new();
    histogram.add(&crate::metrics::Delta {
        counts: vec![(0, 1), (1, 1 << 40), (90, (1 << 62) - 1), (86_400_000_000, 200)],
        extremes: Some((Duration::ZERO, Histogram::LONGEST)),
    });
    check_same(&Histogram::from_base64(&histogram.to_base64()).unwrap(), &histogram);

    let every: Vec<(u64, u64)> = (0..27_000).map(|i| (Buckets::OURS.lowest(i).unwrap(), 1 << 40)).collect();
    let histogram = Histogram::of_buckets(every).unwrap();
    let text = histogram.to_base64();
    assert!(text.len() > LARGEST_BLOCK, "more than one stored block");
    check_same(&Histogram::from_base64(&text).unwrap(), &histogram);
}

#[test]
fn the_text_begins_as_everywhere() {
    assert!(Histogram::new().to_base64().starts_with("HISTFAAA"));
    let mut histogram = Histogram::new();
    [1, 2, 5, 5, 5000].into_iter().for_each(|ms| histogram.record(Duration::from_millis(ms)));
    assert_eq!(
        histogram.to_base64(),
        "HISTFAAAAEB4AQE1AMr/HISTEwAAAA0AAAAAAAAAAwAAAAAAAAABAAAAAAB///8/8AAAAAAAAM8PAs0PAqEUBMGfAQKzGgje"
    );
}

#[test]
fn a_run_of_ordinary_latencies_is_a_few_kilobytes() {
    let mut random = Random::with_seed(15);
    let mut histogram = Histogram::new();
    for _ in 0..100_000 {
        // The product of three uniform numbers has the long tail of a latency.
        let mut micros = 200.0;
        for _ in 0..3 {
            micros *= 1.0 + (random.next_u64() % 1000) as f64 / 500.0;
        }
        histogram.record(Duration::from_nanos((micros * 1000.0) as u64));
    }
    let text = histogram.to_base64();
    assert!(text.len() < 6_000, "{} characters", text.len());
}

#[test]
fn err_what_is_not_a_histogram() {
    check_err("%", "not base64: Invalid symbol 37, offset 0.");
    check_err("", "not a compressed HDR V2 histogram, whose base64 begins with HISTFAAA");
    check_err("AAAA", "not a compressed HDR V2 histogram, whose base64 begins with HISTFAAA");
    check_err(
        &STANDARD.encode(COOKIE.to_be_bytes()),
        "not a compressed HDR V2 histogram, whose base64 begins with HISTFAAA",
    );
    check_err("HISTFA==", "the counts are cut off");
    let text = wrapped(b"no histogram");
    check_err(&text, "not a compressed HDR V2 histogram, whose base64 begins with HISTFAAA");
}

#[test]
fn err_histograms_of_another_kind() {
    check_err(
        &wrapped(&with_header(0, 1, &[1])),
        "the histogram keeps another precision, which cannot be read here",
    );
    let mut plain = with_header(3, 1, &[1]);
    plain[11] = 1;
    check_err(&wrapped(&plain), "the histogram keeps shifted values, which cannot be read here");
    let mut plain = with_header(3, 1, &[1]);
    plain[32] = 0;
    check_err(&wrapped(&plain), "the histogram keeps fractions, which cannot be read here");
}

#[test]
fn err_more_than_can_be() {
    let message = "the histogram has a value of more than 24 hours or more counts than can be counted";
    check_err(&wrapped(&with_header(3, 1, &[-30_000, 1])), message);
    check_err(&wrapped(&with_header(3, 1, &[i64::MIN, 1])), message);
    check_err(&wrapped(&with_header(3, 1, &[i64::MIN, i64::MIN, 1])), message);
    check_err(&wrapped(&with_header(3, 1, &[i64::MAX, i64::MAX, i64::MAX])), message);
    let stream = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; LARGEST + 1], 9);
    let length = (stream.len() as u32).to_be_bytes();
    let bomb = STANDARD.encode([&COMPRESSED_COOKIE.to_be_bytes()[..], &length, &stream].concat());
    assert!(matches!(Histogram::from_base64(&bomb), Err(HistogramError::Compressed(_))));
}

#[test]
fn no_damage_makes_it_panic() {
    let mut random = Random::with_seed(16);
    let whole = STANDARD.decode(sampled(&mut random, 50).to_base64()).unwrap();
    for _ in 0..5_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.next_u64() % 3 {
            let at = (random.next_u64() % bytes.len() as u64) as usize;
            bytes[at] = random.next_u64() as u8;
        }
        bytes.truncate((random.next_u64() % (bytes.len() as u64 * 2)) as usize);
        Histogram::from_base64(&STANDARD.encode(bytes)).ok();
    }
    // The checksum hides what follows it, so the counts are damaged below it too.
    for _ in 0..5_000 {
        let mut plain = with_header(3, 1, &[1, -1000, 5, 70_000, 0, 3]);
        let at = (random.next_u64() % plain.len() as u64) as usize;
        plain[at] = random.next_u64() as u8;
        Histogram::from_base64(&wrapped(&plain)).ok();
    }
}
