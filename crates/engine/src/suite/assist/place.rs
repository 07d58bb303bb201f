//! Where a ready-made step or check is inserted.
//!
//! Owns the way from any cursor to a place between two items of a list, since a step inserted right at the cursor would
//! break the step there.

use crate::suite::keys::{CHECK, Shape};

use super::floor;
use super::loose::Kind;
use super::sketch::{Sketch, Slot};

/// The byte nearest to the cursor at which a step may stand, or a whole check: behind the one that the cursor is in, or
/// at the end of the list. None without a list for it.
pub fn place(text: &str, offset: usize, is_check: bool) -> Option<usize> {
    let offset = floor(text, offset);
    let sketch = Sketch::read(text, offset);
    let loose = &sketch.loose;
    let takes_it = |id: &usize| {
        loose.pieces[*id].kind == Kind::List
            && match sketch.slot(*id) {
                Slot::Known(Shape::List(Shape::Object(table))) => is_check && std::ptr::eq(*table, &CHECK),
                Slot::Known(Shape::Steps | Shape::Branches) => !is_check,
                _ => false,
            }
    };
    // A cursor in a comment is in nothing that is known of it, so the pieces around it are looked for by their bytes.
    let mut around = (0..loose.pieces.len()).filter(|id| {
        let (start, end) = loose.range(*id);
        start < offset && offset < end
    });
    if let Some(list) = around.rfind(takes_it) {
        let last = loose.children(list).take_while(|id| loose.range(*id).0 < offset).last();
        return Some(match last.map(|id| loose.range(id).1) {
            Some(end) if end >= offset || loose.cursor.is_in_comment => end,
            None if loose.cursor.is_in_comment => loose.range(list).0 + 1,
            _ => offset,
        });
    }
    // The check that the cursor is in, or else the last one.
    let is_in = |id: &usize| loose.range(*id).0 <= offset;
    let lists: Vec<usize> = (0..loose.pieces.len()).filter(takes_it).collect();
    let named = |id: &&usize| is_check || loose.key(**id) == Some("steps") && sketch.step(**id).is_none();
    let of_checks = || lists.iter().filter(named);
    let check = |id: &usize| sketch.check(*id);
    let here = of_checks().rfind(|id| check(id).is_some_and(|check| is_in(&check)));
    let list = *here.or_else(|| of_checks().next_back())?;
    let last = loose.children(list).last();
    Some(last.map_or(loose.range(list).0 + 1, |id| loose.range(id).1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` is the cursor; `^` is where it goes.
    #[track_caller]
    fn check(marked: &str, is_check: bool) {
        let at = marked.replace('^', "").find('|').expect("a cursor");
        let text = marked.replace(['|', '^'], "");
        let wanted = marked.replace('|', "").find('^');
        assert_eq!(place(&text, at, is_check), wanted);
    }

    #[test]
    fn a_step_goes_behind_the_one_that_the_cursor_is_in() {
        check(r#"{ "checks": [ { "steps": [ { "wait": "1|s" }^, { "wait": "2s" } ] } ] }"#, false);
        check(r#"{ "checks": [ { "steps": [ { "all": [ { "wait": "|" }^ ] } ] } ] }"#, false);
        check(r#"{ "checks": [ { "steps": [ { "a|ll": [ { "wait": "" } ] }^ ] } ] }"#, false);
        check(r#"{ "checks": [ { "steps": [ { "wait": "1s" }, ^| { "wait": "2s" } ] } ] }"#, false);
        check("{ \"setup\": [ { \"wait\": \"1s\" }^ // a |\n ] }", false);
        check(r#"{ "checks": [ { "steps": [^|] } ] }"#, false);
    }

    #[test]
    fn a_step_goes_into_the_check_that_the_cursor_is_in() {
        let one = r#"{ "check": "a", "steps": [ { "wait": "1s" }"#;
        check(&format!(r#"{{ "checks": [ {one}^ ], "about": "|" }}, {one} ] }} ] }}"#), false);
        check(&format!(r#"{{ "su|ite": "", "checks": [ {one} ] }}, {one}^ ] }} ] }}"#), false);
        check(r#"{ "checks": [ { | "check": "a", "steps": [^] } ] }"#, false);
        check(r#"{ "suite": "|" }"#, false);
    }

    #[test]
    fn a_check_goes_behind_the_one_that_the_cursor_is_in() {
        check(r#"{ "checks": [ { "steps": [ { "wait": "|" } ] }^, {} ] }"#, true);
        check(r#"{ "suite": "|", "checks": [ {}, {}^ ] }"#, true);
        check(r#"{ "suite": "|" }"#, true);
    }
}
