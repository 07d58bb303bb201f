//! The geometry of a list that is too long to draw: which rows to ask for, and where they stand.
//!
//! Pure numbers. One rule: a long list is drawn on a shorter strip, on which one pixel stands for several rows. Browsers
//! clamp the height of an element at some 33 million pixels.

/// Height of a row in pixels; the style sheet has the same in `--row`.
pub const ROW: f64 = 22.0;
/// Well below what any browser clamps.
const LONGEST_STRIP: f64 = 8_000_000.0;
/// Rows drawn above and below what is seen, so that fast scrolling meets no blank.
const OVERSCAN: u64 = 12;

/// A window on a long list.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Viewport {
    /// Rows in the list.
    pub len: u64,
    /// Pixels that are seen at once.
    pub height: f64,
}

impl Viewport {
    /// How many rows are at least partly seen.
    fn seen(&self) -> u64 {
        (self.height / ROW).ceil() as u64 + 1
    }

    /// How many rows to ask for, overscan included.
    pub fn rows(&self) -> u16 {
        u16::try_from(self.seen() + 2 * OVERSCAN).unwrap_or(u16::MAX)
    }

    /// The height of the strip that is scrolled.
    pub fn strip(&self) -> f64 {
        (self.len as f64 * ROW).min(LONGEST_STRIP)
    }

    fn is_scaled(&self) -> bool {
        self.len as f64 * ROW > LONGEST_STRIP
    }

    /// How far the strip can be scrolled.
    pub fn furthest(&self) -> f64 {
        (self.strip() - self.height).max(0.0)
    }

    /// The row at the upper edge when scrolled to `top`, with the part of it that is above.
    pub fn first_at(&self, top: f64) -> f64 {
        let top = top.clamp(0.0, self.furthest());
        if self.is_scaled() { top / self.furthest() * self.last_first() } else { top / ROW }
    }

    /// How far to scroll so that `first` stands at the upper edge.
    pub fn top_of(&self, first: f64) -> f64 {
        let first = first.clamp(0.0, self.last_first());
        if self.is_scaled() { first / self.last_first() * self.furthest() } else { first * ROW }
    }

    /// The row at the upper edge when the last one stands at the lower edge.
    pub fn last_first(&self) -> f64 {
        (self.len as f64 - self.height / ROW).max(0.0)
    }

    /// The index of the first row to ask for when `first` stands at the upper edge.
    pub fn first_wanted(&self, first: f64) -> u64 {
        (first.max(0.0) as u64).saturating_sub(OVERSCAN)
    }

    /// Where on the strip the row `index` stands when `first` is at the upper edge and the strip is scrolled to `top`.
    pub fn place(&self, index: f64, first: f64, top: f64) -> f64 {
        if self.is_scaled() { top + (index - first) * ROW } else { index * ROW }
    }

    /// Whether the last row is in view when scrolled to `top`. A pixel of slack: browsers round.
    pub fn is_at_end(&self, top: f64) -> bool {
        top >= self.furthest() - 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewport(len: u64) -> Viewport {
        Viewport { len, height: 520.0 }
    }

    #[test]
    fn an_empty_list_has_nothing_to_scroll() {
        let view = viewport(0);
        assert_eq!(
            (view.strip(), view.furthest(), view.first_at(0.0), view.top_of(0.0)),
            (0.0, 0.0, 0.0, 0.0)
        );
        assert!(view.is_at_end(0.0));
    }

    #[test]
    fn a_short_list_is_drawn_as_it_is() {
        let view = viewport(1000);
        assert_eq!(view.strip(), 22_000.0);
        assert_eq!(view.first_at(2200.0), 100.0);
        assert_eq!(view.first_wanted(100.0), 88);
        assert_eq!(view.place(100.0, 100.0, 2200.0), 2200.0);
    }

    #[test]
    fn the_rows_asked_for_cover_what_is_seen() {
        for len in [1, 20, 1000, 1_000_000, 50_000_000] {
            let view = viewport(len);
            for part in 0..=50 {
                let top = view.furthest() * f64::from(part) / 50.0;
                let first = view.first_at(top);
                let wanted = view.first_wanted(first);
                let end = wanted + u64::from(view.rows());
                assert!(view.place(wanted as f64, first, top) <= top, "a blank above at {part} of {len}");
                assert!(
                    end >= len || view.place(end as f64, first, top) >= top + view.height,
                    "a blank below at {part} of {len}"
                );
            }
        }
    }

    #[test]
    fn millions_of_rows_fit_on_the_strip_and_the_last_is_reached() {
        let view = viewport(50_000_000);
        assert!(view.strip() <= LONGEST_STRIP);
        assert_eq!(view.first_at(0.0), 0.0);
        let top = view.furthest();
        let bottom = view.place(49_999_999.0, view.first_at(top), top) + ROW;
        assert!(
            (bottom - (top + view.height)).abs() < 1.0,
            "the last row ends at the lower edge, not at {bottom}"
        );
    }

    #[test]
    fn a_row_keeps_its_place_on_the_screen_while_the_list_grows() {
        let first = 124_997.25;
        for len in [200_000, 330_010, 350_012, 10_000_000] {
            let view = viewport(len);
            let top = view.top_of(first);
            assert!((view.first_at(top) - first).abs() < 1e-6, "{len}");
            let on_screen = view.place(125_000.0, first, top) - top;
            assert!((on_screen - 2.75 * ROW).abs() < 1e-3, "{on_screen} of {len}");
        }
    }
}
