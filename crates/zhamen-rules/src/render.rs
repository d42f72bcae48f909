//! Draws diagnostics: for people as a compiler does, with the line and a mark under the place
//! (right for Chinese text, which is two cells wide a character), and for programs as JSON.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde_json::json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceFile, clamp, position};

/// Longest line that is drawn, in bytes.
const MAX_DRAWN: usize = 8_192;

/// All diagnostics as text, each with its place drawn, and a last line that counts them.
#[must_use]
pub fn render_text(files: &[SourceFile], diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&report(files, diagnostic)));
        out.push_str("\n\n");
    }
    out.push_str(&summary(diagnostics));
    out.push('\n');
    out
}

/// `2 errors, 1 warning`; notes are not counted unless there is nothing else.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity: Severity| {
        let n = diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count();
        let plural = if n == 1 { "" } else { "s" };
        format!("{n} {}{plural}", severity.name())
    };
    format!("{}, {}", count(Severity::Error), count(Severity::Warning))
}

fn report<'a>(files: &'a [SourceFile], diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let mut group = Group::with_title(title);
    if let Some(file) = files.get(diagnostic.file) {
        group = group.element(place(file, &diagnostic.span, AnnotationKind::Primary, None));
    }
    for label in &diagnostic.labels {
        if let Some(file) = files.get(label.file) {
            group = group.element(place(
                file,
                &label.span,
                AnnotationKind::Context,
                Some(label.text.as_str()),
            ));
        }
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    vec![group]
}

/// The line of a place, marked: only that line, because a renderer reads all it is given. A very
/// long line is not drawn, only named.
fn place<'a>(
    file: &'a SourceFile,
    span: &Range<usize>,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Element<'a> {
    let text = &file.text;
    let span = clamp(text, span);
    let (line, column) = position(text, span.start);
    let start = text[..span.start].rfind('\n').map_or(0, |i| i + 1);
    let end = text[span.start..]
        .find('\n')
        .map_or(text.len(), |i| span.start + i);
    if end - start > MAX_DRAWN {
        let origin = Origin::path(file.name.as_str());
        return origin.line(line).char_column(column).into();
    }
    let source = text[start..end].trim_end_matches('\r');
    let within = |at: usize| (at.min(end) - start).min(source.len());
    Snippet::source(source)
        .line_start(line)
        .path(file.name.as_str())
        .fold(false)
        .annotation(kind.span(within(span.start)..within(span.end)).label(label))
        .into()
}

/// All diagnostics as one JSON array. Lines and columns count from 1, columns in characters.
#[must_use]
pub fn render_json(files: &[SourceFile], diagnostics: &[Diagnostic]) -> String {
    let at = |file: usize, span: &Range<usize>| {
        let (name, text) = files
            .get(file)
            .map_or(("", ""), |f| (f.name.as_str(), f.text.as_str()));
        let span = clamp(text, span);
        let (line, column) = position(text, span.start);
        let (end_line, end_column) = position(text, span.end);
        json!({
            "file": name, "line": line, "column": column, "end_line": end_line,
            "end_column": end_column, "bytes": [span.start, span.end],
        })
    };
    let all: Vec<serde_json::Value> = diagnostics
        .iter()
        .map(|d| {
            let labels: Vec<_> = d
                .labels
                .iter()
                .map(|l| json!({ "at": at(l.file, &l.span), "text": l.text }))
                .collect();
            json!({
                "severity": d.severity.name(), "code": d.code, "message": d.message,
                "at": at(d.file, &d.span), "labels": labels, "help": d.help,
            })
        })
        .collect();
    serde_json::Value::Array(all).to_string()
}
