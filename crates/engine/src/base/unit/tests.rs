use serde_json::json;

use super::*;
use crate::base::random::Random;

#[track_caller]
fn check(text: &str, nanos: u64) {
    assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanos)));
}

#[track_caller]
fn check_err(text: &str, message: &str) {
    assert_eq!(parse_duration(text).unwrap_err().to_string(), message);
}

#[track_caller]
fn check_size(value: Value, expected: Result<u64, &str>) {
    assert_eq!(size_of(&value).map_err(|e| e.to_string()), expected.map_err(str::to_owned));
}

#[track_caller]
fn check_seconds(value: Value, expected: Result<&str, &str>) {
    let got = duration_or_seconds(&value).map(show_duration).map_err(|e| e.to_string());
    assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned));
}

#[test]
fn ok_each_unit() {
    check("7us", 7_000);
    check("200ms", 200_000_000);
    check("5s", 5_000_000_000);
    check("2m", 120_000_000_000);
    check("1h", 3_600_000_000_000);
    check("1.5h", 5_400_000_000_000);
}

#[test]
fn ok_decimals_are_exact() {
    check("1.5s", 1_500_000_000);
    check("0.1us", 100);
    check("0.30ms", 300_000);
    check("0.1m", 6_000_000_000);
    check("000.5s", 500_000_000);
}

#[test]
fn ok_the_longest_duration() {
    check("18446744073.709551615s", u64::MAX);
    check_err(
        "18446744073.709551616s",
        "\"18446744073.709551616s\" is too large; a duration is at most 584 years",
    );
}

#[test]
fn err_a_bare_number_names_the_units() {
    check_err("5", "5 has no unit; write 5us, 5ms, 5s or 5m");
    assert_eq!(
        duration_of(&json!(0.5)).unwrap_err().to_string(),
        "0.5 has no unit; write 0.5us, 0.5ms, 0.5s or 0.5m"
    );
}

#[test]
fn err_another_word_names_the_unit() {
    check_err("5 sec", "\"5 sec\" is not a duration; did you mean 5s?");
    check_err("5 s", "\"5 s\" is not a duration; did you mean 5s?");
    check_err(" 5s", "\" 5s\" is not a duration; did you mean 5s?");
    check_err("200MS", "\"200MS\" is not a duration; did you mean 200ms?");
    check_err("10µs", "\"10µs\" is not a duration; did you mean 10us?");
    check_err("2 hours", "\"2 hours\" is not a duration; did you mean 2h?");
    check_err("2d", "\"2d\" is not a duration; did you mean 48h?");
    check_err("1.5 Minutes", "\"1.5 Minutes\" is not a duration; did you mean 1.5m?");
}

#[test]
fn err_a_size_is_not_a_duration() {
    check_err("5kb", "\"5kb\" is not a duration; write a number with a unit, such as 200ms or 1.5s");
}

#[test]
fn err_negative() {
    check_err("-5s", "\"-5s\" is negative; a duration is zero or more");
}

#[test]
fn err_finer_than_a_nanosecond() {
    check_err("0.0001us", "\"0.0001us\" is not a whole number of nanoseconds");
}

#[test]
fn err_no_number() {
    check_err("", "a duration is missing; write a number with a unit, such as 200ms or 1.5s");
    check_err("soon", "\"soon\" is not a duration; write a number with a unit, such as 200ms or 1.5s");
    check_err("1.2.3s", "\"1.2.3s\" is not a duration; write a number with a unit, such as 200ms or 1.5s");
    check_err("1e3ms", "\"1e3ms\" is not a duration; write a number with a unit, such as 200ms or 1.5s");
    check_err(".5s", "\".5s\" is not a duration; write a number with a unit, such as 200ms or 1.5s");
}

#[test]
fn ok_shared_variables_are_seconds() {
    check_seconds(json!(5), Ok("5s"));
    check_seconds(json!(0.5), Ok("500ms"));
    check_seconds(json!("0.5"), Ok("500ms"));
    check_seconds(json!("30s"), Ok("30s"));
    check_seconds(json!(0.00001), Ok("10us"));
}

#[test]
fn err_shared_variables_are_not_negative() {
    check_seconds(json!(-1), Err("\"-1\" is negative; a duration is zero or more"));
    check_seconds(
        json!("soon"),
        Err("\"soon\" is not a duration; write a number with a unit, such as 200ms or 1.5s"),
    );
    check_seconds(json!(1e300), Err("\"1e+300\" is too large; a duration is at most 584 years"));
}

#[test]
fn ok_sizes() {
    check_size(json!(65536), Ok(65536));
    check_size(json!("65536"), Ok(65536));
    check_size(json!("64KiB"), Ok(65536));
    check_size(json!("1.5MiB"), Ok(1_572_864));
}

#[test]
fn err_sizes() {
    check_size(json!("64kB"), Err("\"64kB\" is not a size; did you mean 64KiB?"));
    check_size(json!("1 GiB"), Err("\"1 GiB\" is not a size; did you mean 1024MiB?"));
    check_size(json!("5 bytes"), Err("\"5 bytes\" is not a size; did you mean 5?"));
    check_size(json!("0.3KiB"), Err("\"0.3KiB\" is not a whole number of bytes"));
    check_size(json!(1.5), Err("\"1.5\" is not a whole number of bytes"));
    check_size(json!(-1), Err("\"-1\" is negative; a size is zero or more"));
    check_size(
        json!("99999999999999MiB"),
        Err("\"99999999999999MiB\" is too large; a size is at most 16 EiB"),
    );
    check_size(json!(true), Err("\"true\" is not a size; write a number of bytes, such as 65536 or 64KiB"));
}

#[test]
fn what_is_shown_is_read_back() {
    let mut random = Random::with_seed(1);
    for _ in 0..20_000 {
        // Every magnitude, and both round and crooked numbers.
        let crooked = random.next_u64() >> (random.next_u64() % 64);
        let round = 10_u64.pow((random.next_u64() % 12) as u32);
        for count in [crooked, crooked / round * round] {
            let duration = Duration::from_nanos(count);
            assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
            assert_eq!(parse_size(&show_size(count)), Ok(count));
        }
    }
}

#[test]
fn no_text_panics() {
    let mut random = Random::with_seed(2);
    for _ in 0..20_000 {
        let length = random.next_u64() % 12;
        let text: String = (0..length)
            .map(|_| {
                ['0', '9', '.', '-', 'e', '+', 's', 'm', 'K', 'i', 'B', ' ', 'µ', '\0']
                    [(random.next_u64() % 14) as usize]
            })
            .collect();
        let _ = (parse_duration(&text), parse_size(&text), duration_or_seconds(&json!(text)));
    }
}
