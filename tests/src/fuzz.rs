//! Bodies that take any bytes: whatever they are, nothing may panic, and nothing may be half
//! understood. The fuzzers under `fuzz/` call them with what libFuzzer finds, a plain test with the
//! [`seeds`] and deterministic [`mutate`]d forms of them.
//!
//! A body returns how far the bytes got, so that a test can see that they get far at all.

pub mod mutate;
pub mod seeds;

use std::sync::{Arc, LazyLock};

use zhamen_engine::entry::{Body, Headers, Input, Policy, Record};
use zhamen_engine::event::InputTopic;
use zhamen_engine::time::Calendar;
use zhamen_rules::{Severity, SourceFile, compile, digest, render_json, render_text, run_tests};
use zhamen_wire::journal::{self, JournalEntry};
use zhamen_wire::{Checker, CheckerOptions, RawRecord};

use crate::harness::{Fold, decision};
use crate::lines::{EVENT, rule_of_line};
use crate::settings;

/// Takes any bytes, and says how far they got.
pub type BytesBody = fn(&[u8]) -> Reached;

/// A body by its name: that of its fuzz target and of its corpus.
pub const TARGETS: [(&str, BytesBody); 4] = [
    ("rules", rules),
    ("line", line),
    ("record", record),
    ("journal", journal),
];

/// How far some bytes got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Not even text, or not of the format at all.
    Foreign,
    /// Refused, with the reasons.
    Refused,
    /// Understood whole.
    Whole,
}

/// Read once: a body is called a million times.
static POLICY: LazyLock<Policy> = LazyLock::new(|| settings::policy("", None));

/// More tests of a rule than this are not run: they are slow, and one is like the other.
const TEST_BYTES_MAX: usize = 8_192;

/// Rule files, separated by a zero byte: checked, and if they are good run on an event and through
/// their own tests.
///
/// # Panics
/// If errors and a set come together or neither comes, a place is not in its file, or a good set
/// cannot be folded with.
pub fn rules(bytes: &[u8]) -> Reached {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Reached::Foreign;
    };
    let files: Vec<SourceFile> = text
        .split('\0')
        .enumerate()
        .map(|(i, text)| SourceFile {
            name: format!("{i}.toml"),
            text: text.to_owned(),
        })
        .collect();
    let compiled = compile(&files);
    let errors = compiled
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    assert_eq!(errors, compiled.set.is_none(), "errors, or a whole set");
    for d in &compiled.diagnostics {
        let text = &files[d.file].text;
        assert!(text.get(d.span.clone()).is_some(), "{} is nowhere", d.code);
    }
    let shown = render_text(&files, &compiled.diagnostics, false);
    assert!(!errors || shown.contains(".toml"), "an error has a place");
    assert!(render_json(&files, &compiled.diagnostics).starts_with('['));
    assert!(digest(&files).starts_with("sha256:"));
    if bytes.len() <= TEST_BYTES_MAX {
        // Where the engine panics a result says so.
        for result in run_tests(&files, &compiled, &Calendar::default()) {
            let panicked = result
                .failures
                .iter()
                .any(|f| f.message.en.contains("PANIC"));
            assert!(!panicked, "the engine panicked in a test");
        }
    }
    let Some(set) = compiled.set else {
        return Reached::Refused;
    };
    let mut fold = Fold::new(Arc::new(set), POLICY.clone());
    let outputs = fold.line(EVENT.as_bytes());
    let panicked = decision(&outputs)
        .degraded
        .iter()
        .any(|d| d.code.name() == "PANIC");
    assert!(!panicked, "the engine panicked over an event");
    Reached::Whole
}

/// One line of a rule, in `when` and in a window's `where`.
///
/// # Panics
/// As [`rules`].
pub fn line(bytes: &[u8]) -> Reached {
    match std::str::from_utf8(bytes) {
        Ok(line) => rules(rule_of_line(line).as_bytes()),
        Err(_) => Reached::Foreign,
    }
}

/// An input record: the first byte is its topic and whether the second is the length of its key;
/// then key and value.
///
/// # Panics
/// If the same bytes are read in two ways, a fault is beyond them, or an accepted event does not
/// survive the journal.
pub fn record(bytes: &[u8]) -> Reached {
    let Some((head, rest)) = bytes.split_first() else {
        return Reached::Foreign;
    };
    let topic = InputTopic::ALL[usize::from(head & 0x7f) % InputTopic::ALL.len()];
    let (key, payload) = match (head & 0x80, rest.split_first()) {
        (0x80, Some((length, rest))) => {
            let (key, payload) = rest.split_at(usize::from(*length).min(rest.len()));
            (Some(key), payload)
        }
        _ => (None, rest),
    };
    let checker = Checker::new(CheckerOptions {
        pseudonym_key: b"a key for tests".to_vec(),
        ..CheckerOptions::default()
    });
    let raw = RawRecord {
        topic,
        key,
        headers: &[],
        payload: Some(payload),
    };
    let body = checker.check(&raw);
    assert_eq!(body, checker.check(&raw), "the same bytes, the same answer");
    let (of_line, _) = checker.check_line(payload);
    for body in [&body, &of_line] {
        if let Body::Rejected(r) = body {
            let at = r.at_byte.unwrap_or(0) as usize;
            assert!(at <= payload.len(), "{} lies beyond", r.code.name());
        }
    }
    let reached = match &body {
        Body::Event(_) => Reached::Whole,
        Body::Rejected(_) => Reached::Refused,
    };
    let input = Input {
        topic: topic.name().into(),
        partition: 0,
        offset: 7,
    };
    let entries = [JournalEntry::Record(Record {
        input,
        key: key.map(<[u8]>::to_vec),
        key_hash: 0,
        headers: Headers::default(),
        body,
    })];
    let stored = journal::encode(&entries);
    assert_eq!(journal::decode(&stored).as_deref(), Ok(&entries[..]));
    reached
}

/// Bytes of a journal record, as they are and with a good head before them.
///
/// # Panics
/// If what was understood is not written and read again as the same.
pub fn journal(bytes: &[u8]) -> Reached {
    let mut best = Reached::Foreign;
    let sum = crc32c::crc32c(bytes).to_le_bytes();
    let head = [b"ZJ", &[journal::VERSION, 0][..], &sum].concat();
    for bytes in [bytes.to_vec(), [&head, bytes].concat()] {
        best = best.max(match journal::decode(&bytes) {
            Ok(entries) => {
                let again = journal::encode(&entries);
                assert_eq!(journal::decode(&again), Ok(entries));
                Reached::Whole
            }
            Err(journal::JournalError::Foreign) => Reached::Foreign,
            Err(_) => Reached::Refused,
        });
    }
    best
}
