//! Pairs the items of two lists: the longest common subsequence, within bounds.

/// One item, or two that are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// In both lists, at these places.
    Both(usize, usize),
    /// Only in the first.
    Left(usize),
    /// Only in the second.
    Right(usize),
}

/// Cells of the table; beyond, what differs in the middle is shown as replaced.
const MOST_CELLS: usize = 4 << 20;

/// Goes through both lists. What both begin and end with is not searched.
pub(crate) fn align<T: PartialEq>(a: &[T], b: &[T]) -> Vec<Step> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[head..], &b[head..]);
    let tail = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (mid_a, mid_b) = (&rest_a[..rest_a.len() - tail], &rest_b[..rest_b.len() - tail]);
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    middle(mid_a, mid_b, head, &mut steps);
    steps.extend((0..tail).map(|at| Step::Both(a.len() - tail + at, b.len() - tail + at)));
    steps
}

fn middle<T: PartialEq>(a: &[T], b: &[T], head: usize, steps: &mut Vec<Step>) {
    let (rows, columns) = (a.len() + 1, b.len() + 1);
    if rows.saturating_mul(columns) > MOST_CELLS {
        steps.extend((0..a.len()).map(|at| Step::Left(head + at)));
        steps.extend((0..b.len()).map(|at| Step::Right(head + at)));
        return;
    }
    // How long the longest common part of the rests is.
    let mut longest = vec![0_u32; rows * columns];
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            longest[i * columns + j] = if x == y {
                longest[(i + 1) * columns + j + 1] + 1
            } else {
                longest[(i + 1) * columns + j].max(longest[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            steps.push(Step::Both(head + i, head + j));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len()
            || (i < a.len() && longest[(i + 1) * columns + j] >= longest[i * columns + j + 1])
        {
            steps.push(Step::Left(head + i));
            i += 1;
        } else {
            steps.push(Step::Right(head + j));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, expected: &str) {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let told: String = align(&a, &b)
            .into_iter()
            .map(|step| match step {
                Step::Both(at, _) => format!(" {}", a[at]),
                Step::Left(at) => format!("-{}", a[at]),
                Step::Right(at) => format!("+{}", b[at]),
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_common_stays_together() {
        check("abc", "abc", " a b c");
        check("abc", "axc", " a-b+x c");
        check("abcd", "bd", "-a b-c d");
        check("", "ab", "+a+b");
        check("ab", "", "-a-b");
        check("abcabba", "cbabac", "-a-b c-a b+a b a+c");
    }

    #[test]
    fn lists_of_any_length_end() {
        let a: Vec<u32> = (0..100_000).collect();
        let b: Vec<u32> = (1..100_001).map(|n| n * 2).collect();
        assert_eq!(align(&a, &b).len(), 200_000);
        assert_eq!(align(&a, &a).len(), 100_000);
    }
}
