//! How far a measured value is from its bound.

use std::time::Duration;

use crate::engine::base::unit;

/// Such as `88 % below`; nothing where the bound is one value only, or where the two have no unit in common.
pub fn words(expr: &str, value: &str) -> Option<String> {
    let mut parts = expr.rsplitn(3, ' ');
    let (bound, comparison) = (number(parts.next()?)?, parts.next()?);
    let value = number(value)?;
    if bound == 0.0 || !comparison.starts_with(['<', '>']) {
        return None;
    }
    let off = (value - bound) * 100.0 / bound;
    let side = if off < 0.0 { "below" } else { "above" };
    let off = off.abs();
    Some(if !(10.0..99.0).contains(&off) && off < 100.0 {
        format!("{off:.1} % {side}")
    } else {
        format!("{off:.0} % {side}")
    })
}

/// A duration in nanoseconds, bytes, a rate, a share or a count.
pub(super) fn number(text: &str) -> Option<f64> {
    let text: String = text.trim().chars().filter(|c| !c.is_whitespace()).collect();
    let of_duration = || unit::parse_duration(&text).ok().map(|it: Duration| it.as_nanos() as f64);
    let plain = || text.trim_end_matches("/s").trim_end_matches('%').parse::<f64>().ok();
    let of_size = || unit::parse_size(&text).ok().map(|bytes| bytes as f64);
    of_duration().or_else(plain).or_else(of_size).filter(|it| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn the_margin_is_the_share_of_the_bound_that_is_left_or_overrun() {
        for (expr, value, expected) in [
            ("rtt.p95 < 10ms", "1.2ms", Some("88 % below")),
            ("rtt.p95 < 10ms", "10.5ms", Some("5.0 % above")),
            ("received.rate > 100/s", "250/s", Some("150 % above")),
            ("success >= 99.9%", "100%", Some("0.1 % above")),
            ("rtt.p95 < 1s", "4.83ms", Some("99.5 % below")),
            ("bytes_sent < 1MiB", "524288", Some("50 % below")),
            ("missing == 0", "0", None),
            ("missing < 0", "1", None),
            ("rtt.p95 < 10ms", "no samples", None),
        ] {
            assert_eq!(words(expr, value).as_deref(), expected, "{expr}, {value}");
        }
    }
}
