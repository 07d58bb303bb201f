//! A regular expression as a table that grows while it is used, for a million messages.
//!
//! Owns the translation: what `regex-lite` means by a pattern, with classes and cases of ASCII, is said to `regex-automata`
//! without its tables of Unicode. `regex-lite` judges first what a pattern may be. A table that would be too large, or that is
//! thrown away too often, answers nothing, and `regex-lite` looks instead.

use std::cell::{Cell, RefCell};

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassAsciiKind, ClassPerlKind, ClassSet, ClassSetItem, Flag, Flags, GroupKind,
    RepetitionKind, RepetitionRange,
};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

/// The largest program, in bytes.
const LARGEST_PROGRAM: usize = 1 << 20;

/// The largest table, in bytes.
const LARGEST_TABLE: usize = 1 << 20;

/// A table may be full and thrown away this often.
const MOST_CLEARED: usize = 8;

/// From then on it must have helped over this many bytes for each of its states.
const LEAST_BYTES: usize = 10;

/// A pattern that has become a table.
pub(super) struct Automaton {
    dfa: DFA,
    table: RefCell<Cache>,
    has_given_up: Cell<bool>,
}

impl Automaton {
    /// Makes a table of a pattern that `regex-lite` has accepted; none where that would be too large.
    pub fn new(pattern: &str, match_case: bool) -> Option<Self> {
        let ast = ParserBuilder::new().build().parse(pattern).ok()?;
        let mut flags = Meaning { ignores_case: !match_case, ..Meaning::default() };
        let hir = flags.translate(&ast)?;
        let program = thompson::Config::new()
            .nfa_size_limit(Some(LARGEST_PROGRAM))
            .which_captures(thompson::WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(program).build_from_hir(&hir).ok()?;
        let table = Config::new()
            .cache_capacity(LARGEST_TABLE)
            .minimum_cache_clear_count(Some(MOST_CLEARED))
            .minimum_bytes_per_state(Some(LEAST_BYTES));
        let dfa = DFA::builder().configure(table).build_from_nfa(nfa).ok()?;
        let table = RefCell::new(dfa.create_cache());
        Some(Self { dfa, table, has_given_up: Cell::new(false) })
    }

    /// Whether it is found in the text; none when it cannot tell.
    pub fn finds(&self, text: &str) -> Option<bool> {
        if self.has_given_up.get() {
            return None;
        }
        let found = self.dfa.try_search_fwd(&mut self.table.borrow_mut(), &Input::new(text).earliest(true));
        self.has_given_up.set(found.is_err());
        Some(found.ok()?.is_some())
    }
}

/// What the flags say at a place of a pattern.
#[derive(Clone, Copy, Default)]
struct Meaning {
    ignores_case: bool,
    is_multi_line: bool,
    dot_takes_lines: bool,
    crlf: bool,
}

impl Meaning {
    /// None for what `regex-lite` does not know.
    fn translate(&mut self, ast: &Ast) -> Option<Hir> {
        Some(match ast {
            Ast::Empty(_) => Hir::empty(),
            Ast::Flags(set) => {
                self.set(&set.flags);
                Hir::empty()
            }
            Ast::Literal(literal) => self.class(ClassUnicode::new([range(literal.c, literal.c)]), false),
            Ast::Dot(_) => self.dot(),
            Ast::Assertion(assertion) => Hir::look(self.look(&assertion.kind)),
            Ast::ClassPerl(class) => self.class(perl(&class.kind), class.negated),
            Ast::ClassBracketed(class) => {
                let ClassSet::Item(item) = &class.kind else { return None };
                let mut ranges = ClassUnicode::empty();
                collect(item, &mut ranges)?;
                self.class(ranges, class.negated)
            }
            Ast::ClassUnicode(_) => return None,
            Ast::Repetition(repetition) => {
                let (min, max) = match &repetition.op.kind {
                    RepetitionKind::ZeroOrOne => (0, Some(1)),
                    RepetitionKind::ZeroOrMore => (0, None),
                    RepetitionKind::OneOrMore => (1, None),
                    RepetitionKind::Range(RepetitionRange::Exactly(times)) => (*times, Some(*times)),
                    RepetitionKind::Range(RepetitionRange::AtLeast(least)) => (*least, None),
                    RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => (*least, Some(*most)),
                };
                let sub = Box::new(self.translate(&repetition.ast)?);
                // Which one of several matches is meant makes no difference to whether there is one.
                Hir::repetition(Repetition { min, max, greedy: true, sub })
            }
            Ast::Group(group) => {
                let mut inner = *self;
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    inner.set(flags);
                }
                inner.translate(&group.ast)?
            }
            Ast::Alternation(it) => {
                Hir::alternation(it.asts.iter().map(|ast| self.translate(ast)).collect::<Option<_>>()?)
            }
            Ast::Concat(it) => {
                Hir::concat(it.asts.iter().map(|ast| self.translate(ast)).collect::<Option<_>>()?)
            }
        })
    }

    fn set(&mut self, flags: &Flags) {
        let state = |flag| flags.flag_state(flag);
        self.ignores_case = state(Flag::CaseInsensitive).unwrap_or(self.ignores_case);
        self.is_multi_line = state(Flag::MultiLine).unwrap_or(self.is_multi_line);
        self.dot_takes_lines = state(Flag::DotMatchesNewLine).unwrap_or(self.dot_takes_lines);
        self.crlf = state(Flag::CRLF).unwrap_or(self.crlf);
    }

    fn dot(self) -> Hir {
        let ends: &[char] = match (self.dot_takes_lines, self.crlf) {
            (true, _) => &[],
            (false, true) => &['\n', '\r'],
            (false, false) => &['\n'],
        };
        let mut class = ClassUnicode::new(ends.iter().map(|end| range(*end, *end)));
        class.negate();
        Hir::class(Class::Unicode(class))
    }

    fn look(self, kind: &AssertionKind) -> Look {
        match (kind, self.is_multi_line, self.crlf) {
            (AssertionKind::StartText, ..) | (AssertionKind::StartLine, false, _) => Look::Start,
            (AssertionKind::EndText, ..) | (AssertionKind::EndLine, false, _) => Look::End,
            (AssertionKind::StartLine, true, false) => Look::StartLF,
            (AssertionKind::EndLine, true, false) => Look::EndLF,
            (AssertionKind::StartLine, true, true) => Look::StartCRLF,
            (AssertionKind::EndLine, true, true) => Look::EndCRLF,
            (AssertionKind::WordBoundary, ..) => Look::WordAscii,
            (AssertionKind::NotWordBoundary, ..) => Look::WordAsciiNegate,
            (AssertionKind::WordBoundaryStart | AssertionKind::WordBoundaryStartAngle, ..) => {
                Look::WordStartAscii
            }
            (AssertionKind::WordBoundaryEnd | AssertionKind::WordBoundaryEndAngle, ..) => Look::WordEndAscii,
            (AssertionKind::WordBoundaryStartHalf, ..) => Look::WordStartHalfAscii,
            (AssertionKind::WordBoundaryEndHalf, ..) => Look::WordEndHalfAscii,
        }
    }

    /// As `regex-lite` does it, which adds one other case to each stretch of characters.
    fn class(self, mut class: ClassUnicode, is_negated: bool) -> Hir {
        if self.ignores_case {
            let others = class.ranges().iter().filter_map(other_case).collect::<Vec<_>>();
            others.into_iter().for_each(|other| class.push(other));
        }
        if is_negated {
            class.negate();
        }
        Hir::class(Class::Unicode(class))
    }
}

fn range(first: char, last: char) -> ClassUnicodeRange {
    ClassUnicodeRange::new(first, last)
}

fn other_case(given: &ClassUnicodeRange) -> Option<ClassUnicodeRange> {
    let within = |first: char, last: char| {
        let (first, last) = (given.start().max(first), given.end().min(last));
        (first <= last).then_some((first, last))
    };
    if let Some((first, last)) = within('a', 'z') {
        return Some(range(first.to_ascii_uppercase(), last.to_ascii_uppercase()));
    }
    within('A', 'Z').map(|(first, last)| range(first.to_ascii_lowercase(), last.to_ascii_lowercase()))
}

/// What stands between brackets.
fn collect(item: &ClassSetItem, ranges: &mut ClassUnicode) -> Option<()> {
    match item {
        ClassSetItem::Empty(_) => {}
        ClassSetItem::Literal(literal) => ranges.push(range(literal.c, literal.c)),
        ClassSetItem::Range(it) => ranges.push(range(it.start.c, it.end.c)),
        ClassSetItem::Ascii(class) => ranges.union(&negated_if(class.negated, ascii(&class.kind))),
        ClassSetItem::Perl(class) => ranges.union(&negated_if(class.negated, perl(&class.kind))),
        ClassSetItem::Union(union) => return union.items.iter().try_for_each(|item| collect(item, ranges)),
        ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => return None,
    }
    Some(())
}

fn negated_if(is_negated: bool, mut class: ClassUnicode) -> ClassUnicode {
    if is_negated {
        class.negate();
    }
    class
}

fn perl(kind: &ClassPerlKind) -> ClassUnicode {
    ascii(match kind {
        ClassPerlKind::Digit => &ClassAsciiKind::Digit,
        ClassPerlKind::Space => &ClassAsciiKind::Space,
        ClassPerlKind::Word => &ClassAsciiKind::Word,
    })
}

fn ascii(kind: &ClassAsciiKind) -> ClassUnicode {
    let ranges: &[(char, char)] = match kind {
        ClassAsciiKind::Alnum => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        ClassAsciiKind::Alpha => &[('A', 'Z'), ('a', 'z')],
        ClassAsciiKind::Ascii => &[('\0', '\x7f')],
        ClassAsciiKind::Blank => &[('\t', '\t'), (' ', ' ')],
        ClassAsciiKind::Cntrl => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        ClassAsciiKind::Digit => &[('0', '9')],
        ClassAsciiKind::Graph => &[('!', '~')],
        ClassAsciiKind::Lower => &[('a', 'z')],
        ClassAsciiKind::Print => &[(' ', '~')],
        ClassAsciiKind::Punct => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        ClassAsciiKind::Space => &[('\t', '\r'), (' ', ' ')],
        ClassAsciiKind::Upper => &[('A', 'Z')],
        ClassAsciiKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        ClassAsciiKind::Xdigit => &[('0', '9'), ('A', 'F'), ('a', 'f')],
    };
    ClassUnicode::new(ranges.iter().map(|(first, last)| range(*first, *last)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::{Regex, RegexBuilder};

    use super::*;

    fn lite(pattern: &str, match_case: bool) -> Option<Regex> {
        RegexBuilder::new(pattern).case_insensitive(!match_case).size_limit(64 << 10).build().ok()
    }

    #[track_caller]
    fn check(pattern: &str, match_case: bool, text: &str) {
        let Some(regex) = lite(pattern, match_case) else { return };
        let automaton = Automaton::new(pattern, match_case);
        let automaton = automaton.unwrap_or_else(|| panic!("no table of {pattern:?}"));
        assert_eq!(
            automaton.finds(text),
            Some(regex.is_match(text)),
            "{pattern:?} in {text:?}, in this case: {match_case}"
        );
    }

    /// Each piece is one that a person may write, and some of them are wrong.
    fn pattern() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a",
            "B",
            "k",
            "é",
            "ß",
            ".",
            "\\d",
            "\\W",
            "\\S",
            "\\w",
            "\\s",
            "[a-c]",
            "[^b]",
            "[Y-b]",
            "[^\\W_]",
            "[[:punct:]é]",
            "[[:^alpha:]]",
            "[]a]",
            "[-a]",
            "[a-]",
            "\\b",
            "\\B",
            "^",
            "$",
            "\\A",
            "\\z",
            "\\b{start}",
            "\\b{end-half}",
            "\\<",
            "\\>",
            "(?i)",
            "(?-i)",
            "(?m)",
            "(?s)",
            "(?R)",
            "(?x)",
            "(?U)",
            "(?-u)",
            "\\n",
            "\\r",
            "\\x41",
            "\\u00e9",
            "\\x{1F600}",
            "\\-",
            "\\ ",
            " ",
            "#",
            "{",
            "}",
            "\\t",
            "[é-ü]",
            "_",
            "1",
            "(?i:k)",
            "(?mR:^b$)",
            "(?s:.)",
            "\\{",
            "\\&",
            "&&",
            "~~",
        ]);
        let leaf = piece.prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 4, |inner| {
            let many = prop::collection::vec(inner.clone(), 1..4);
            let times =
                prop::sample::select(vec!["*", "+", "?", "*?", "{2}", "{0,2}", "{1,}", "{ 1 , 2 }", "{,2}"]);
            prop_oneof![
                many.clone().prop_map(|parts| parts.concat()),
                many.prop_map(|parts| format!("({})", parts.join("|"))),
                (inner.clone(), times).prop_map(|(part, times)| format!("(?:{part}){times}")),
                inner.prop_map(|part| format!("(?P<name>{part})")),
            ]
        })
    }

    fn text() -> impl Strategy<Value = String> {
        let character = prop::sample::select(
            "aAbBcCkKyYzZ\u{212a}éÉß_1 \n\r\t-{}#&~[]\u{1f600}".chars().collect::<Vec<_>>(),
        );
        prop::collection::vec(character, 0..12).prop_map(|text| text.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn it_finds_what_regex_lite_finds(pattern in pattern(), match_case: bool, text in text()) {
            check(&pattern, match_case, &text);
        }

        #[test]
        fn what_anyone_may_type_is_no_exception(pattern in "[aAb1é\\\\\\[\\](){}*+?|.^$:,&~x< >!-]{0,10}", match_case: bool, text in text()) {
            check(&pattern, match_case, &text);
        }
    }

    #[test]
    fn cases_and_classes_are_those_of_ascii() {
        check("k", false, "\u{212a}");
        check("É", false, "é");
        check("\\w", true, "é");
        check("[y-b]", false, "Z");
        check("[Y-b]", false, "z");
        check("\\B", true, "é");
        check("(?m)^b$", true, "a\r\nb\r\n");
    }

    /// Letters without an order that a table could learn.
    fn noise(length: usize) -> String {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if state >> 63 == 0 { 'a' } else { 'b' }
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn a_bomb_becomes_no_table_or_a_small_one() {
        let text = noise(10_000);
        for pattern in ["(a|b)*a(a|b){200}c", "[^x]{400}y", "(?:.?){60}.{60}c"] {
            let regex = lite(pattern, true).expect("regex-lite takes it");
            let Some(automaton) = Automaton::new(pattern, true) else { continue };
            let found = automaton.finds(&text);
            assert!(found.is_none_or(|found| found == regex.is_match(&text)), "{pattern}");
            let held = automaton.table.borrow().memory_usage();
            assert!(held <= 2 * LARGEST_TABLE, "{pattern} holds {held} bytes");
        }
    }

    #[test]
    fn a_table_that_gave_up_answers_nothing_more() {
        let automaton = Automaton::new("a(a|b){200}c", true).expect("it is small");
        assert_eq!(automaton.finds(&noise(100_000)), None, "each letter asks for a state of its own");
        assert_eq!(automaton.finds("c"), None);
    }
}
