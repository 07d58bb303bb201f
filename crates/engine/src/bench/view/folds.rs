//! Lines that are folded away, and what remains.
//!
//! Owns the two countings: a line is one of the whole view, a position one of what is seen. A folded line says how many it hides.

use super::{Pages, TextLine, Tone};

/// The lines that are not seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    /// First and last of each hidden piece, in order and apart; the folded line stands before it.
    hidden: Vec<(u64, u64)>,
}

impl Folds {
    /// Folds these lines. One that cannot be folded, or stands in another folded one, changes nothing.
    pub fn of(pages: &dyn Pages, folded: &[u64]) -> Self {
        let mut folded = folded.to_vec();
        folded.sort_unstable();
        let mut hidden: Vec<(u64, u64)> = Vec::new();
        for line in folded {
            let Some(end) = pages.fold_end(line) else { continue };
            if hidden.last().is_none_or(|(_, last)| line > *last) {
                hidden.push((line + 1, end));
            }
        }
        Self { hidden }
    }

    /// How many lines are seen, of this many.
    pub fn seen(&self, lines: u64) -> u64 {
        lines.saturating_sub(self.hidden.iter().map(|(first, last)| last - first + 1).sum())
    }

    /// The line at a position.
    pub fn line_at(&self, position: u64) -> u64 {
        let mut line = position;
        for (first, last) in &self.hidden {
            if line < *first {
                break;
            }
            line += last - first + 1;
        }
        line
    }

    /// Where a line is seen; of a hidden one, where the line is that hides it.
    pub fn position_of(&self, line: u64) -> u64 {
        let mut gone = 0;
        for (first, last) in &self.hidden {
            if line < *first {
                break;
            }
            if line <= *last {
                return first - 1 - gone;
            }
            gone += last - first + 1;
        }
        line - gone
    }

    /// The folded line that hides a line.
    pub fn hides(&self, line: u64) -> Option<u64> {
        self.hidden.iter().find(|(first, last)| (*first..=*last).contains(&line)).map(|(first, _)| first - 1)
    }

    /// Some of what is seen: each line with its number, and whether it is folded, where it can be.
    pub fn read(
        &self,
        pages: &dyn Pages,
        bytes: &[u8],
        from: u64,
        count: usize,
    ) -> Vec<(u64, Option<bool>, TextLine)> {
        let mut seen = Vec::with_capacity(count.min(1024));
        let mut position = from;
        while seen.len() < count {
            let line = self.line_at(position);
            // Up to the next hidden piece all lines are read at once.
            let next = self.hidden.iter().find(|(first, _)| *first > line);
            let run = next.map_or(usize::MAX, |(first, _)| (first - line) as usize).min(count - seen.len());
            let read = pages.read(bytes, line, run);
            if read.is_empty() {
                break;
            }
            position += read.len() as u64;
            seen.extend(read.into_iter().zip(line..).map(|(text, line)| (line, text)).map(|(line, text)| {
                let end = pages.fold_end(line);
                let is_folded = end.map(|_| self.hidden.iter().any(|(first, _)| *first == line + 1));
                match (is_folded, end) {
                    (Some(true), Some(end)) => {
                        (line, is_folded, folded(pages, bytes, text, end, end - line - 1))
                    }
                    _ => (line, is_folded, text),
                }
            }));
        }
        seen
    }
}

/// A folded line: where it begins, how many lines are hidden, and where it ends.
fn folded(pages: &dyn Pages, bytes: &[u8], mut line: TextLine, end: u64, inside: u64) -> TextLine {
    let noun = if inside == 1 { "line" } else { "lines" };
    line.push(Tone::Faint, &format!(" {inside} {noun} "));
    for last in pages.read(bytes, end, 1) {
        last.spans.iter().for_each(|span| line.push(span.tone, &span.text));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    const JSON: &str = r#"{"a":{"b":[1,2],"c":{}},"d":[[3]],"e":4}"#;

    #[track_caller]
    fn check(folded: &[u64], expected: &str) {
        let mut pages = open("json", true, JSON.as_bytes());
        while !pages.advance(JSON.as_bytes(), &mut || true) {}
        let folds = Folds::of(&*pages, folded);
        let seen = folds.read(&*pages, JSON.as_bytes(), 0, 100);
        let shown: Vec<_> = seen.iter().map(|(line, _, text)| format!("{line} {}", text.text())).collect();
        assert_eq!(shown.join("\n"), expected);
        assert_eq!(folds.seen(pages.lines()), seen.len() as u64);
        for (position, (line, _, _)) in seen.iter().enumerate() {
            assert_eq!((folds.line_at(position as u64), folds.position_of(*line)), (*line, position as u64));
            let alone = folds.read(&*pages, JSON.as_bytes(), position as u64, 1);
            assert_eq!(alone, [seen[position].clone()], "read from anywhere it is the same");
        }
    }

    #[test]
    fn what_is_folded_is_one_line_that_says_how_many_it_hides() {
        check(
            &[],
            "0 {\n1 \"a\": {\n2 \"b\": [\n3 1,\n4 2\n5 ],\n6 \"c\": {}\n7 },\n8 \"d\": [\n9 [\n10 3\n11 ]\n12 ],\n13 \"e\": 4\n14 }",
        );
        check(
            &[2, 8],
            "0 {\n1 \"a\": {\n2 \"b\": [ 2 lines ],\n6 \"c\": {}\n7 },\n8 \"d\": [ 3 lines ],\n13 \"e\": 4\n14 }",
        );
        check(
            &[2, 1, 6, 3],
            "0 {\n1 \"a\": { 5 lines },\n8 \"d\": [\n9 [\n10 3\n11 ]\n12 ],\n13 \"e\": 4\n14 }",
        );
        check(&[0], "0 { 13 lines }");
    }

    #[test]
    fn a_hidden_line_is_found_by_the_one_that_hides_it() {
        let mut pages = open("json", true, JSON.as_bytes());
        while !pages.advance(JSON.as_bytes(), &mut || true) {}
        let folds = Folds::of(&*pages, &[2, 8]);
        assert_eq!([4, 6, 10].map(|line| folds.hides(line)), [Some(2), None, Some(8)]);
        assert_eq!(folds.position_of(10), folds.position_of(8));
    }

    #[test]
    fn text_that_is_not_json_folds_nothing_and_fails_at_nothing() {
        for text in ["}{", "[[[", "]]", "{\"a\":[", ""] {
            let mut pages = open("json", true, text.as_bytes());
            while !pages.advance(text.as_bytes(), &mut || true) {}
            let folds = Folds::of(&*pages, &[0, 1, 2, 3]);
            folds.read(&*pages, text.as_bytes(), 0, 10);
        }
    }
}
