//! Every row of the tables of problems, filled with samples: both languages say something, and say
//! it of the same things.

use std::collections::BTreeMap;

use zhamen_engine::rule::Bilingual;

use super::*;

/// A value to fill a place with.
pub(super) trait Sample {
    /// The `turn`th of a few; texts carry the place's name, so that it is found again.
    fn sample(place: &str, turn: usize) -> Self;
}

impl Sample for String {
    fn sample(place: &str, turn: usize) -> String {
        match (place, turn) {
            ("key", 1) => "when".to_owned(),
            _ => format!("§{place}§"),
        }
    }
}

impl Sample for &'static str {
    fn sample(place: &str, turn: usize) -> &'static str {
        match (place, turn) {
            ("agg", 1) => "count",
            _ => format!("§{place}§").leak(),
        }
    }
}

impl Sample for Option<String> {
    fn sample(place: &str, turn: usize) -> Option<String> {
        (turn == 0).then(|| format!("§{place}§"))
    }
}

impl Sample for Bilingual {
    fn sample(place: &str, _: usize) -> Bilingual {
        verbatim(format!("§{place}§"))
    }
}

impl Sample for Noun {
    fn sample(_: &str, turn: usize) -> Noun {
        nouns::ALL[turn]
    }
}

impl Sample for Effect {
    fn sample(_: &str, turn: usize) -> Effect {
        [Effect::Never, Effect::Nothing][turn % 2]
    }
}

impl Sample for bool {
    fn sample(_: &str, turn: usize) -> bool {
        turn == 0
    }
}

impl Sample for char {
    fn sample(_: &str, _: usize) -> char {
        'Ω'
    }
}

macro_rules! numbers {
    ($($ty:ty)*) => {
        $(impl Sample for $ty {
            fn sample(_: &str, turn: usize) -> $ty {
                [77, 1, 88][turn % 3]
            }
        })*
    };
}
numbers!(usize i64 u8);

/// Every kind of problem by its name, as said; three times, filled differently.
fn everything() -> Vec<(String, Said)> {
    let mut all = Vec::new();
    for turn in 0..3 {
        let mut add = |group: &str, kind: &str, said| {
            all.push((format!("{group}::{kind}"), said));
        };
        macro_rules! groups {
            ($($group:ident)*) => {
                $(for (kind, problem) in $group::samples(turn) {
                    add(stringify!($group), kind, problem.said());
                })*
            };
        }
        groups!(Files Keys Lints Naming Params Rows Syntax Types Windows);
    }
    all
}

/// The samples and figures that a text names.
fn named(text: &Bilingual) -> [Vec<String>; 2] {
    [&text.en, &text.zh].map(|text| {
        let mut names: Vec<String> = text
            .split('§')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        names.extend(
            ["77", "88"]
                .iter()
                .filter(|n| text.contains(**n))
                .map(|n| (*n).to_owned()),
        );
        names.sort();
        names.dedup();
        names
    })
}

#[test]
fn every_problem_is_said_in_both_languages() {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let all = everything();
    assert!(all.len() >= 3 * 120, "{}", all.len());
    for (kind, said) in &all {
        for text in [Some(&said.message), said.advice.as_ref()]
            .into_iter()
            .flatten()
        {
            assert!(
                !text.en.trim().is_empty() && !text.zh.trim().is_empty(),
                "{kind}"
            );
            // A bare example may stand alone in both.
            assert!(chinese(&text.zh), "{kind}: {}", text.zh);
            assert!(!chinese(&text.en), "{kind}: {}", text.en);
            assert!(!text.zh.ends_with(['。', '.']), "{kind}: {}", text.zh);
            let [en, zh] = named(text);
            assert_eq!(en, zh, "{kind}: {} / {}", text.en, text.zh);
        }
    }
}

#[test]
fn one_code_has_one_severity() {
    let mut severities = BTreeMap::new();
    for (kind, said) in everything() {
        let known = severities.entry(said.code).or_insert(said.severity);
        assert_eq!(*known, said.severity, "{kind}");
        let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(said.code.chars().all(kebab), "{kind}");
    }
}

#[test]
fn words_of_other_parsers_are_known() {
    for text in [
        "a = ",
        "a == 1",
        "[[rule",
        "a = [1 2]",
        "a = 1\na = 2",
        "a = { b = 1",
        "a b = 1",
    ] {
        let (_, errors) = toml::de::DeTable::parse_recoverable(text);
        for error in errors {
            let said = foreign::toml(error.message());
            assert!(!said.zh.contains(&said.en), "{text}: {}", said.zh);
        }
    }
    for pattern in [
        "(", ")", "[a", "a{2", "*", r"\q", "(?=a)", r"(a)\1", "[b-a]",
    ] {
        let Err(Types::BadRegex(message)) = crate::build::Build::default().regex(pattern) else {
            panic!("{pattern} is a pattern");
        };
        let said = foreign::regex(&message);
        assert!(!said.zh.contains(&message), "{pattern}: {}", said.zh);
    }
}
