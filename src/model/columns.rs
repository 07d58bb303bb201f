//! The columns of the timeline, as a person orders and sizes them.
//!
//! Pure. One rule: a member has one column at most.

use crate::wire::bench::Column;

/// How wide a column is unless a person said otherwise.
pub const USUAL: u16 = 104;
/// The narrowest and the widest.
pub const BOUNDS: (u16, u16) = (40, 640);
/// The space between two columns.
pub const GAP: u16 = 12;
/// More than this have no room on any screen.
pub const MOST: usize = 24;

/// How wide a column is.
pub fn width(column: &Column) -> u16 {
    match column.width {
        0 => USUAL,
        width => width.clamp(BOUNDS.0, BOUNDS.1),
    }
}

/// Shows a member as the last column, or no longer; says whether it is one now.
pub fn turn(columns: &mut Vec<Column>, path: &str) -> bool {
    let before = columns.len();
    columns.retain(|it| it.path != path);
    let is_new = columns.len() == before && before < MOST;
    if is_new {
        columns.push(Column { path: path.to_owned(), width: 0 });
    }
    is_new
}

/// Puts a column in another place; says whether that changed anything.
pub fn put(columns: &mut Vec<Column>, from: usize, to: usize) -> bool {
    let to = to.min(columns.len().saturating_sub(1));
    if from >= columns.len() || from == to {
        return false;
    }
    let column = columns.remove(from);
    columns.insert(to, column);
    true
}

/// The place where a column lands that was dragged this far: it changes places with a neighbour once it lies over its middle.
pub fn dragged(columns: &[Column], from: usize, by: f64) -> usize {
    let step = |at: usize| f64::from(width(&columns[at]) + GAP);
    let (mut at, mut left) = (from, by.abs());
    loop {
        let next = match by < 0.0 {
            true => at.checked_sub(1),
            false => Some(at + 1).filter(|next| *next < columns.len()),
        };
        match next {
            Some(next) if left > step(next) / 2.0 => {
                left -= step(next);
                at = next;
            }
            _ => return at,
        }
    }
}

/// Makes a column wider or narrower.
pub fn widen(column: &mut Column, by: f64) {
    let wanted = f64::from(width(column)) + by;
    column.width = wanted.round().clamp(BOUNDS.0.into(), BOUNDS.1.into()) as u16;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(widths: &[u16]) -> Vec<Column> {
        let named = |(at, width): (usize, &u16)| Column { path: format!("$.{at}"), width: *width };
        widths.iter().enumerate().map(named).collect()
    }

    #[test]
    fn a_column_lands_where_it_is_dragged() {
        let all = columns(&[100, 100, 200, 0]);
        assert_eq!(dragged(&all, 0, 10.0), 0, "a tremble moves nothing");
        assert_eq!(dragged(&all, 0, 60.0), 1);
        assert_eq!(dragged(&all, 0, 112.0 + 110.0), 2);
        assert_eq!(dragged(&all, 0, 9999.0), 3);
        assert_eq!(dragged(&all, 3, -9999.0), 0);
        assert_eq!(dragged(&all, 3, -107.0), 2);
        assert_eq!(dragged(&all, 3, -100.0), 3);
    }

    #[test]
    fn a_member_has_one_column_that_moves_and_goes() {
        let mut all = columns(&[0, 0, 0]);
        assert!(turn(&mut all, "$.x"));
        assert!(put(&mut all, 3, 0) && !put(&mut all, 9, 0) && !put(&mut all, 3, 9));
        assert_eq!(all.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["$.x", "$.0", "$.1", "$.2"]);
        assert!(!turn(&mut all, "$.x"));
        assert_eq!(all.len(), 3);
        let mut many = columns(&[0; MOST]);
        assert!(!turn(&mut many, "$.x") && many.len() == MOST);
    }

    #[test]
    fn a_width_stays_within_its_bounds() {
        let mut column = Column::default();
        widen(&mut column, 16.0);
        assert_eq!(width(&column), USUAL + 16);
        widen(&mut column, -1e9);
        assert_eq!(width(&column), BOUNDS.0);
        assert_eq!(width(&Column { width: u16::MAX, ..Column::default() }), BOUNDS.1);
    }
}
