//! Every obligation that software carries out has its scenario, which names it.

use zhamen_tests::scenario::{self, Scenario};

/// The rows of the table of obligations: work summaries of banks and a police station, 2026.
const ROWS: &[&str] = &[
    "B1",
    "B3",
    "B5",
    "B6",
    "B7",
    "B8",
    "B10",
    "B11",
    "B12",
    "B13",
    "T1",
    "T2",
    "P3",
    "P5 P7",
    "P6",
    "P11",
    "key groups",
];

#[test]
fn every_obligation_has_its_scenario() {
    let heads: Vec<String> = scenario::all()
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a scenario"))
        .filter(|text| !Scenario::parse(text).expected.is_empty())
        .filter_map(|text| Some(text.lines().next()?.to_owned()))
        .collect();
    for row in ROWS {
        let named = heads.iter().any(|head| {
            head.strip_prefix("# ")
                .and_then(|head| head.strip_prefix(row))
                .is_some_and(|rest| rest.starts_with(' '))
        });
        assert!(named, "no scenario of {row}");
    }
}
