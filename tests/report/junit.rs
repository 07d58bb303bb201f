//! The JUnit XML against the rules of the schemas that validate it.
//!
//! The rules are those of `junit-10.xsd` of Jenkins' xUnit plugin and of the schema of Apache Ant's JUnit task, written down
//! as data. A validator for XML Schema is not worth its size here.

use std::collections::HashSet;

use roxmltree::{Document, Node};
use sockscope_engine::report::{Report, ReportFormat, Verdict};

use crate::{fixture, rendered};

/// What a schema says of an element.
struct Rule {
    element: &'static str,
    /// Attributes that must be there, with what they hold.
    required: &'static [(&'static str, Kind)],
    optional: &'static [(&'static str, Kind)],
    children: Children,
    has_text: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Any,
    /// Not empty.
    Name,
    Integer,
    Decimal,
    /// Without fraction and zone.
    Moment,
}

enum Children {
    /// Any number of each, in any order.
    Choice(&'static [&'static str]),
    /// In this order, with the least and the most of each.
    Sequence(&'static [(&'static str, usize, usize)]),
    /// At most one of these.
    One(&'static [&'static str]),
}

const MANY: usize = usize::MAX;

const fn leaf(element: &'static str) -> Rule {
    Rule { element, required: &[], optional: &[], children: Children::Choice(&[]), has_text: true }
}

const PROPERTIES: Rule = Rule {
    element: "properties",
    required: &[],
    optional: &[],
    children: Children::Choice(&["property"]),
    has_text: false,
};

const PROPERTY: Rule = Rule {
    element: "property",
    required: &[("name", Kind::Name), ("value", Kind::Any)],
    optional: &[],
    children: Children::Choice(&[]),
    has_text: false,
};

const JENKINS: &[Rule] = &[
    Rule {
        element: "testsuites",
        required: &[],
        optional: &[
            ("name", Kind::Any),
            ("time", Kind::Decimal),
            ("tests", Kind::Any),
            ("failures", Kind::Any),
            ("errors", Kind::Any),
        ],
        children: Children::Choice(&["testsuite"]),
        has_text: false,
    },
    Rule {
        element: "testsuite",
        required: &[
            ("name", Kind::Any),
            ("tests", Kind::Any),
            ("failures", Kind::Any),
            ("errors", Kind::Any),
        ],
        optional: &[
            ("group", Kind::Any),
            ("time", Kind::Decimal),
            ("skipped", Kind::Any),
            ("timestamp", Kind::Any),
            ("hostname", Kind::Any),
            ("id", Kind::Any),
            ("package", Kind::Any),
            ("file", Kind::Any),
            ("log", Kind::Any),
            ("url", Kind::Any),
        ],
        children: Children::Choice(&["testsuite", "properties", "testcase", "system-out", "system-err"]),
        has_text: false,
    },
    Rule {
        element: "testcase",
        required: &[("name", Kind::Any)],
        optional: &[("time", Kind::Any), ("classname", Kind::Any), ("group", Kind::Any)],
        children: Children::Choice(&["skipped", "error", "failure", "system-out", "system-err"]),
        has_text: false,
    },
    PROPERTIES,
    PROPERTY,
    Rule { optional: &[("type", Kind::Any), ("message", Kind::Any)], ..leaf("failure") },
    Rule { optional: &[("type", Kind::Any), ("message", Kind::Any)], ..leaf("error") },
    Rule { optional: &[("type", Kind::Any), ("message", Kind::Any)], ..leaf("skipped") },
    leaf("system-out"),
    leaf("system-err"),
];

const ANT: &[Rule] = &[
    Rule {
        element: "testsuites",
        required: &[],
        optional: &[],
        children: Children::Choice(&["testsuite"]),
        has_text: false,
    },
    Rule {
        element: "testsuite",
        required: &[
            ("name", Kind::Name),
            ("timestamp", Kind::Moment),
            ("hostname", Kind::Name),
            ("tests", Kind::Integer),
            ("failures", Kind::Integer),
            ("errors", Kind::Integer),
            ("time", Kind::Decimal),
            ("package", Kind::Any),
            ("id", Kind::Integer),
        ],
        optional: &[("skipped", Kind::Integer)],
        children: Children::Sequence(&[
            ("properties", 1, 1),
            ("testcase", 0, MANY),
            ("system-out", 1, 1),
            ("system-err", 1, 1),
        ]),
        has_text: false,
    },
    Rule {
        element: "testcase",
        required: &[("name", Kind::Any), ("classname", Kind::Any), ("time", Kind::Decimal)],
        optional: &[],
        children: Children::One(&["skipped", "error", "failure"]),
        has_text: false,
    },
    PROPERTIES,
    PROPERTY,
    Rule { required: &[("type", Kind::Any)], optional: &[("message", Kind::Any)], ..leaf("failure") },
    Rule { required: &[("type", Kind::Any)], optional: &[("message", Kind::Any)], ..leaf("error") },
    leaf("skipped"),
    leaf("system-out"),
    leaf("system-err"),
];

/// What the rich style adds to Jenkins' rules, which its own reporter and those of GitLab and GitHub read or pass over.
const RICH: &[(&str, &[&str], &[&str])] =
    &[("testsuites", &["skipped", "timestamp"], &[]), ("testcase", &[], &["properties"])];

#[track_caller]
fn check_rules(xml: &str, rules: &[Rule], more: &[(&str, &[&str], &[&str])]) {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error} in {xml}"));
    assert_eq!(document.root_element().tag_name().name(), "testsuites");
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let rule = rules
            .iter()
            .find(|rule| rule.element == name)
            .unwrap_or_else(|| panic!("<{name}> is not allowed"));
        let (_, more_attributes, more_children) =
            more.iter().find(|(element, ..)| *element == name).copied().unwrap_or((name, &[], &[]));
        for (attribute, kind) in rule.required {
            let value = node.attribute(*attribute).unwrap_or_else(|| panic!("<{name}> has no {attribute}"));
            check_kind(value, *kind);
        }
        for attribute in node.attributes() {
            let known =
                rule.required.iter().chain(rule.optional).find(|(known, _)| *known == attribute.name());
            match known {
                Some((_, kind)) => check_kind(attribute.value(), *kind),
                None => {
                    assert!(more_attributes.contains(&attribute.name()), "<{name} {}=…>", attribute.name())
                }
            }
        }
        let children: Vec<_> =
            node.children().filter(Node::is_element).map(|child| child.tag_name().name()).collect();
        check_children(name, &children, &rule.children, more_children);
        let text = node
            .children()
            .any(|child| child.is_text() && !child.text().unwrap_or_default().trim().is_empty());
        assert!(rule.has_text || !text, "<{name}> has text in it");
    }
}

#[track_caller]
fn check_kind(value: &str, kind: Kind) {
    let holds = match kind {
        Kind::Any => true,
        Kind::Name => !value.trim().is_empty(),
        Kind::Integer => value.parse::<i32>().is_ok(),
        Kind::Decimal => {
            value.bytes().all(|b| b.is_ascii_digit() || b == b'.') && value.parse::<f64>().is_ok()
        }
        Kind::Moment => value.len() == 19 && value.as_bytes()[10] == b'T',
    };
    assert!(holds, "{value:?} is not of its kind");
}

#[track_caller]
fn check_children(name: &str, children: &[&str], rule: &Children, more: &[&str]) {
    match rule {
        Children::Choice(allowed) => {
            for child in children {
                assert!(allowed.contains(child) || more.contains(child), "<{child}> in <{name}>");
            }
        }
        Children::One(allowed) => {
            assert!(
                children.len() <= 1 && children.iter().all(|child| allowed.contains(child)),
                "{children:?} in <{name}>"
            );
        }
        Children::Sequence(parts) => {
            let mut left = children;
            for (part, least, most) in *parts {
                let count = left.iter().take_while(|child| *child == part).count();
                assert!((*least..=*most).contains(&count), "{count} of <{part}> in <{name}>");
                left = &left[count..];
            }
            assert!(left.is_empty(), "{left:?} at the end of <{name}>");
        }
    }
}

/// Classname, name, and the element that says how it ended.
pub fn cases(xml: &str) -> Vec<(String, String, Option<String>)> {
    let document = Document::parse(xml).expect("well-formed");
    let of = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap_or_default().to_owned();
    document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|node| {
            let ended = node
                .children()
                .map(|child| child.tag_name().name())
                .find(|name| matches!(*name, "failure" | "error" | "skipped"));
            (of(node, "classname"), of(node, "name"), ended.map(str::to_owned))
        })
        .collect()
}

pub fn check_both_styles(report: &Report) {
    let strict = rendered(report, ReportFormat::JunitStrict);
    check_rules(&strict, JENKINS, &[]);
    check_rules(&strict, ANT, &[]);
    let rich = rendered(report, ReportFormat::Junit);
    check_rules(&rich, JENKINS, RICH);
    assert!(!rich.contains("hostname"));
    for xml in [strict, rich] {
        let cases = cases(&xml);
        let names: HashSet<_> = cases.iter().map(|(classname, name, _)| (classname, name)).collect();
        assert_eq!(names.len(), cases.len(), "two cases of one name");
        let document = Document::parse(&xml).expect("well-formed");
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
        for (total, wanted) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
            let found = cases.iter().filter(|(.., ended)| ended.as_deref() == Some(wanted)).count();
            assert_eq!(suite.attribute(total), Some(found.to_string().as_str()), "{total}");
        }
        assert_eq!(suite.attribute("tests"), Some(cases.len().to_string().as_str()));
        let is_green = cases.iter().all(|(.., ended)| ended.is_none());
        assert_eq!(is_green, report.verdict == Verdict::Pass, "green when and only when it passed");
    }
}

#[test]
fn every_report_keeps_to_the_schemas() {
    for report in [fixture::everything(), fixture::passed(), fixture::nothing(), fixture::many(144)] {
        check_both_styles(&report);
    }
}

#[test]
fn every_check_and_every_threshold_is_a_case() {
    let cases = cases(&rendered(&fixture::everything(), ReportFormat::Junit));
    let told: Vec<_> =
        cases.iter().map(|(class, name, ended)| (class.as_str(), name.as_str(), ended.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("rooms & <friends>.checks", "bob hears alice, mallory does not", Some("failure")),
            ("rooms & <friends>.thresholds", "bob hears alice, mallory does not: fanout.p95 < 100ms", None),
            (
                "rooms & <friends>.thresholds",
                "bob hears alice, mallory does not: missing == 0",
                Some("failure")
            ),
            ("rooms & <friends>.checks", "every ping has its pong (n=300)", Some("failure")),
            ("rooms & <friends>.checks", "a message comes back", None),
            ("rooms & <friends>.checks", "a message comes back (2)", Some("error")),
            ("rooms & <friends>.checks", "a script that names nobody", Some("error")),
            ("rooms & <friends>.checks", "one", Some("failure")),
            ("rooms & <friends>.checks", "two", Some("failure")),
            ("rooms & <friends>.thresholds", "rtt.p95 < 10ms", None),
            ("rooms & <friends>.thresholds", "success >= 99.9%", Some("failure")),
            ("rooms & <friends>.thresholds", "rtt.p50 < 50us", Some("error")),
            ("rooms & <friends>.run", "the run itself", Some("error")),
        ]
    );
}

#[test]
fn a_problem_has_a_message_and_a_body() {
    for format in [ReportFormat::Junit, ReportFormat::JunitStrict] {
        let xml = rendered(&fixture::everything(), format);
        let document = Document::parse(&xml).expect("well-formed");
        let problems =
            document.descendants().filter(|node| node.has_tag_name("failure") || node.has_tag_name("error"));
        let mut count = 0;
        for problem in problems {
            count += 1;
            for text in [problem.attribute("message"), problem.attribute("type"), problem.text()] {
                assert!(text.is_some_and(|text| !text.trim().is_empty()), "{problem:?}");
            }
        }
        assert_eq!(count, 10);
    }
}

#[test]
fn a_run_that_broke_before_any_check_is_not_green() {
    for verdict in [Verdict::Error, Verdict::Inconclusive, Verdict::Fail] {
        let report =
            Report { verdict, reasons: vec!["no browser was found".to_owned()], ..fixture::nothing() };
        check_both_styles(&report);
        check_both_styles(&Report { reasons: Vec::new(), ..report });
    }
}
