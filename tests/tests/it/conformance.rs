//! The CEL specification's conformance tests, as far as they apply: every line says what the
//! specification says, or differs as the data say and for the reason they name.

use std::collections::{BTreeMap, BTreeSet};

use zhamen_tests::conformance::{Case, Says, cases, reasons, sections};
use zhamen_tests::lines::{EVENT, Outcome, judge};

/// What the data would have to say for an outcome.
fn says(outcome: &Outcome) -> Says {
    match outcome {
        Outcome::Holds => Says::Holds,
        Outcome::Fails => Says::Fails,
        Outcome::Fault(code) => Says::Error((*code).to_owned()),
        Outcome::Refused(codes) => Says::Error(codes[0].to_owned()),
    }
}

#[test]
fn the_applicable_part_of_the_specification_passes() {
    let cases = cases();
    let lines: Vec<String> = cases.iter().map(|c| c.line.clone()).collect();
    let outcomes = judge(&lines, EVENT);
    let mut wrong = String::new();
    let mut deviations: BTreeMap<&str, usize> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(&outcomes) {
        let said = says(outcome);
        let want = match &case.deviates {
            None => &case.says,
            Some((reason, ours)) => {
                *deviations.entry(reason).or_default() += 1;
                let error = |s: &Says| matches!(s, Says::Error(_));
                let same = *ours == case.says || error(ours) && error(&case.says);
                assert!(!same, "{} does not deviate", case.name);
                ours
            }
        };
        if said != *want {
            wrong.push_str(&format!(
                "{}\t{:?}\t{want:?}\t{said:?}\n",
                case.name, case.line
            ));
        }
    }
    assert!(wrong.is_empty(), "name, line, expected, said:\n{wrong}");
    let differ: usize = deviations.values().sum();
    println!(
        "CEL conformance: {} of {} applicable tests pass, {differ} differ by design: {deviations:?}",
        cases.len() - differ,
        cases.len()
    );
}

#[test]
fn every_section_of_the_specification_is_covered_or_named_with_a_reason() {
    let (cases, sections, reasons) = (cases(), sections(), reasons());
    let section_of = |c: &Case| c.name.rsplit_once('/').expect("section/name").0.to_owned();
    let mut covered: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for case in &cases {
        let names = covered.entry(section_of(case)).or_default();
        assert!(names.insert(&case.name), "{} stands twice", case.name);
    }
    let mut named = BTreeSet::new();
    for section in &sections {
        assert!(named.insert(&section.name), "{} stands twice", section.name);
        let has = covered.get(&section.name).map_or(0, BTreeSet::len);
        assert!(has <= section.tests, "{} has fewer tests", section.name);
        match section.reason.as_str() {
            "-" => assert_eq!(has, section.tests, "{} is not whole", section.name),
            given => {
                assert!(
                    has < section.tests || section.tests == 0,
                    "{} is whole",
                    section.name
                );
                for reason in given.split(',') {
                    assert!(
                        reasons.iter().any(|r| r.name == reason),
                        "no reason {reason}"
                    );
                }
            }
        }
    }
    for name in covered.keys() {
        assert!(named.contains(name), "{name} is not in the table");
    }
    let used = |r: &str| {
        let of_section = sections.iter().any(|s| s.reason.split(',').any(|x| x == r));
        of_section
            || cases
                .iter()
                .any(|c| c.deviates.as_ref().is_some_and(|(d, _)| d == r))
    };
    for reason in &reasons {
        assert!(
            used(&reason.name),
            "nobody gives the reason {}",
            reason.name
        );
        assert!(reason.why.len() > 20, "{} says nothing", reason.name);
    }
    for (reason, _) in cases.iter().filter_map(|c| c.deviates.as_ref()) {
        assert!(
            reasons.iter().any(|r| r.name == *reason),
            "no reason {reason}"
        );
    }
    let files: BTreeSet<&str> = sections
        .iter()
        .filter_map(|s| s.name.split('/').next())
        .collect();
    let all: usize = sections.iter().map(|s| s.tests).sum();
    println!(
        "{} of {all} tests in {} files apply",
        cases.len(),
        files.len()
    );
}
