//! A TOML document as a tree in which every key and value knows its place. Numbers keep their
//! digits, so nothing passes through a float. Knows nothing of rules.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Findings, Place};
use crate::problem::nouns::{self, Noun};
use crate::problem::{Files, Keys};
use crate::source::{MAX_FILE_BYTES, SourceFile};
use crate::suggest::nearest;

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub at: Place,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Text(String),
    /// Decimal digits as written, `_` aside.
    Int(String),
    Float(String),
    Bool(bool),
    Time(String),
    Array(Vec<Node>),
    Table(Table),
}

impl Kind {
    pub fn noun(&self) -> Noun {
        match self {
            Kind::Text(_) => nouns::TEXT,
            Kind::Int(_) => nouns::WHOLE_NUMBER,
            Kind::Float(_) => nouns::DECIMAL_NUMBER,
            Kind::Bool(_) => nouns::TRUE_OR_FALSE,
            Kind::Time(_) => nouns::DATE_OR_TIME,
            Kind::Array(_) => nouns::ARRAY,
            Kind::Table(_) => nouns::TABLE,
        }
    }
}

/// Entries in the order they are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub key_at: Place,
    pub value: Node,
}

impl Table {
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// Reports keys that are not among `known`, with the nearest one that is.
    pub fn only(&self, what: Noun, known: &[&str], findings: &mut Findings) {
        for entry in &self.entries {
            if !known.contains(&entry.key.as_str()) {
                findings.add(
                    &entry.key_at,
                    Keys::UnknownKey {
                        key: entry.key.clone(),
                        what,
                        nearest: nearest(&entry.key, known.iter().copied()),
                        known: known.join(", "),
                    },
                );
            }
        }
    }
}

impl Node {
    /// The text, or a finding.
    pub fn text(&self, findings: &mut Findings) -> Option<&str> {
        match &self.kind {
            Kind::Text(t) => Some(t),
            _ => self.wrong(nouns::TEXT, findings),
        }
    }

    pub fn bool(&self, findings: &mut Findings) -> Option<bool> {
        match self.kind {
            Kind::Bool(b) => Some(b),
            _ => self.wrong(nouns::TRUE_OR_FALSE, findings),
        }
    }

    pub fn int(&self, findings: &mut Findings) -> Option<i64> {
        match &self.kind {
            Kind::Int(digits) => match digits.parse() {
                Ok(n) => Some(n),
                Err(_) => {
                    findings.add(&self.at, Keys::NumberTooLarge);
                    None
                }
            },
            _ => self.wrong(nouns::WHOLE_NUMBER, findings),
        }
    }

    pub fn table(&self, findings: &mut Findings) -> Option<&Table> {
        match &self.kind {
            Kind::Table(t) => Some(t),
            _ => self.wrong(nouns::TABLE, findings),
        }
    }

    pub fn array(&self, findings: &mut Findings) -> Option<&[Node]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => self.wrong(nouns::ARRAY, findings),
        }
    }

    /// A list, or one item standing for a list of one.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    pub fn wrong<T>(&self, expected: Noun, findings: &mut Findings) -> Option<T> {
        findings.add(
            &self.at,
            Keys::WrongKind {
                expected,
                found: self.kind.noun(),
            },
        );
        None
    }
}

/// Parses a file; what cannot be read of it is reported and left out.
pub(crate) fn parse(file: usize, source: &SourceFile, findings: &mut Findings) -> Table {
    if source.text.len() > MAX_FILE_BYTES {
        let start = Place { file, span: 0..0 };
        findings.add(&start, Files::FileTooLarge(MAX_FILE_BYTES));
        return Table::default();
    }
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().to_owned();
        findings.add(&Place { file, span }, Files::Toml(message));
    }
    if errors.is_empty() {
        table(file, document.get_ref())
    } else {
        Table::default()
    }
}

fn table(file: usize, table: &DeTable<'_>) -> Table {
    let place = |span: Range<usize>| Place { file, span };
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_at: place(key.span()),
            value: Node {
                at: place(value.span()),
                kind: kind(file, value.get_ref()),
            },
        })
        .collect();
    entries.sort_by_key(|e| e.key_at.span.start);
    Table { entries }
}

fn kind(file: usize, value: &DeValue<'_>) -> Kind {
    match value {
        DeValue::String(s) => Kind::Text(s.to_string()),
        DeValue::Integer(i) => Kind::Int(decimal_digits(i.as_str(), i.radix())),
        DeValue::Float(f) => Kind::Float(f.as_str().to_owned()),
        DeValue::Boolean(b) => Kind::Bool(*b),
        DeValue::Datetime(d) => Kind::Time(d.to_string()),
        DeValue::Array(items) => Kind::Array(
            items
                .iter()
                .map(|v| Node {
                    at: Place {
                        file,
                        span: v.span(),
                    },
                    kind: kind(file, v.get_ref()),
                })
                .collect(),
        ),
        DeValue::Table(t) => Kind::Table(self::table(file, t)),
    }
}

/// Digits in base ten without a leading `+`; a number beyond 128 bits stays as written, and is
/// then too large for everything that reads it.
fn decimal_digits(digits: &str, radix: u32) -> String {
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    match i128::from_str_radix(digits, radix) {
        Ok(n) => n.to_string(),
        Err(_) => digits.to_owned(),
    }
}
