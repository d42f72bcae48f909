//! What the CEL specification's conformance tests say of the part of CEL that rules are written in
//! (`data/cel-conformance`): which of its tests apply, as lines of ours, and why the others do not.
//! Knows nothing of how a line is judged.

use std::fs;
use std::path::Path;

/// One of the specification's tests as a line of a rule.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its file and section in the specification, and its name there.
    pub name: String,
    /// What the specification says of it.
    pub says: Says,
    /// Where this language differs: the reason, and what it says itself.
    pub deviates: Option<(String, Says)>,
    /// The line.
    pub line: String,
}

/// What is said of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Says {
    Holds,
    Fails,
    /// With our code for it: in capitals that of a fault, else that of the checker.
    Error(String),
}

/// A section of the specification's tests.
#[derive(Debug, Clone)]
pub struct Section {
    /// File and section.
    pub name: String,
    /// Tests it has.
    pub tests: usize,
    /// Why those of them that are no [`Case`] do not apply; `-`: all do.
    pub reason: String,
}

/// Why something does not apply or differs, by a short name.
#[derive(Debug, Clone)]
pub struct Reason {
    /// Short name.
    pub name: String,
    /// In words.
    pub why: String,
}

fn data(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/cel-conformance")
        .join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Every case, in the order of the file.
///
/// # Panics
/// If the data are not as their README says.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut section = String::new();
    let mut cases = Vec::new();
    for text in data("cases.txt") {
        if let Some(name) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            section = name.replace(' ', "/");
            continue;
        }
        let (name, rest) = word(&text);
        let (verdict, line) = word(rest);
        let (says, deviates) = match verdict.split_once('!') {
            None => (says(verdict), None),
            Some((spec, ours)) => {
                let (reason, ours) = ours.split_once('>').expect("reason>ours");
                (says(spec), Some((reason.to_owned(), self::says(ours))))
            }
        };
        cases.push(Case {
            name: format!("{section}/{name}"),
            says,
            deviates,
            line: line.to_owned(),
        });
    }
    cases
}

fn says(text: &str) -> Says {
    match text {
        "holds" => Says::Holds,
        "fails" => Says::Fails,
        code => Says::Error(code.strip_prefix("error:").unwrap_or(code).to_owned()),
    }
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// Every section of the specification's tests.
///
/// # Panics
/// As [`cases`].
#[must_use]
pub fn sections() -> Vec<Section> {
    let section = |text: String| {
        let mut words = text.split_whitespace();
        let mut next = || words.next().expect("file section tests reason").to_owned();
        let (file, section, tests, reason) = (next(), next(), next(), next());
        Section {
            name: format!("{file}/{section}"),
            tests: tests.parse().expect("a number"),
            reason,
        }
    };
    data("sections.txt").into_iter().map(section).collect()
}

/// Every reason.
///
/// # Panics
/// As [`cases`].
#[must_use]
pub fn reasons() -> Vec<Reason> {
    let reason = |text: String| {
        let (name, why) = word(&text);
        Reason {
            name: name.to_owned(),
            why: why.to_owned(),
        }
    };
    data("reasons.txt").into_iter().map(reason).collect()
}
