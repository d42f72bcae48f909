//! What the compiler has to say about a rule file, as data. Wording is in `problem.rs`, drawing
//! in `render.rs`.

use std::ops::Range;

use zhamen_engine::rule::Bilingual;

use crate::problem::{Files, Problem, Said};

/// Diagnostics kept of one run; further ones are counted only.
pub const MAX_DIAGNOSTICS: usize = 1_000;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The set is refused.
    Error,
    /// Probably not what was meant.
    Warning,
    /// Good to know, e.g. what a window costs.
    Note,
}

impl Severity {
    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One finding with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the kind of problem.
    pub code: &'static str,
    /// What is wrong.
    pub message: Bilingual,
    /// Index of the file.
    pub file: usize,
    /// Bytes of the file to blame.
    pub span: Range<usize>,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<Bilingual>,
}

/// Another place that a diagnostic refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Index of the file.
    pub file: usize,
    /// Bytes of the file.
    pub span: Range<usize>,
    /// What it has to do with it.
    pub text: Bilingual,
}

/// A span of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: usize,
    pub span: Range<usize>,
}

impl Place {
    pub fn label(&self, text: Bilingual) -> Label {
        Label {
            file: self.file,
            span: self.span.clone(),
            text,
        }
    }
}

/// Collects the diagnostics of one run.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    errors: usize,
    left_out: usize,
}

impl Findings {
    pub fn add(&mut self, at: &Place, problem: impl Problem) {
        self.add_with(at, problem, Vec::new());
    }

    pub fn add_with(&mut self, at: &Place, problem: impl Problem, labels: Vec<Label>) {
        let said = problem.said();
        self.errors += usize::from(said.severity == Severity::Error);
        if self.list.len() >= MAX_DIAGNOSTICS {
            self.left_out += 1;
            return;
        }
        self.list.push(diagnostic(said, at, labels));
    }

    pub fn errors(&self) -> usize {
        self.errors
    }

    /// In the order of the files and of places in them, with a last word on those left out.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by_key(|d| (d.file, d.span.start, d.severity));
        if self.left_out > 0 {
            let start = Place {
                file: 0,
                span: 0..0,
            };
            let said = Files::LeftOut(self.left_out).said();
            self.list.push(diagnostic(said, &start, Vec::new()));
        }
        self.list
    }
}

fn diagnostic(said: Said, at: &Place, labels: Vec<Label>) -> Diagnostic {
    Diagnostic {
        severity: said.severity,
        code: said.code,
        message: said.message,
        file: at.file,
        span: at.span.clone(),
        labels,
        help: said.advice,
    }
}
