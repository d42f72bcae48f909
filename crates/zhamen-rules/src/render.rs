//! Draws diagnostics: for people as a compiler does, with the line and a mark under the place
//! (right for Chinese text, which is two cells wide a character), and for programs as JSON.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde_json::json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lang::Lang;
use crate::source::{SourceFile, clamp, position};

/// Longest line that is drawn, in bytes.
const MAX_DRAWN: usize = 8_192;

/// [`render_text_in`] English, for logs and errors of the program.
#[must_use]
pub fn render_text(files: &[SourceFile], diagnostics: &[Diagnostic], color: bool) -> String {
    render_text_in(Lang::En, files, diagnostics, color)
}

/// All diagnostics as text, each with its place drawn, and a last line that counts them.
#[must_use]
pub fn render_text_in(
    lang: Lang,
    files: &[SourceFile],
    diagnostics: &[Diagnostic],
    color: bool,
) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&report(lang, files, diagnostic)));
        out.push_str("\n\n");
    }
    out.push_str(&summary(lang, diagnostics));
    out.push('\n');
    out
}

/// `2 errors, 1 warning`; notes are not counted.
fn summary(lang: Lang, diagnostics: &[Diagnostic]) -> String {
    let count = |severity: Severity| {
        let of = diagnostics.iter().filter(|d| d.severity == severity);
        counted(lang, of.count(), severity)
    };
    let between = lang.pick("，", ", ");
    [count(Severity::Error), count(Severity::Warning)].join(between)
}

/// `2 errors`.
#[must_use]
pub fn counted(lang: Lang, n: usize, severity: Severity) -> String {
    match (lang, severity) {
        (Lang::En, _) => format!("{n} {}{}", severity.name(), if n == 1 { "" } else { "s" }),
        (Lang::Zh, Severity::Error) => format!("{n} 个错误"),
        (Lang::Zh, Severity::Warning) => format!("{n} 个警告"),
        (Lang::Zh, Severity::Note) => format!("{n} 条提示"),
    }
}

/// What stands before messages of this severity.
fn level(lang: Lang, severity: Severity) -> Level<'static> {
    let (level, zh) = match severity {
        Severity::Error => (Level::ERROR, "错误"),
        Severity::Warning => (Level::WARNING, "警告"),
        Severity::Note => (Level::NOTE, "提示"),
    };
    level.with_name(lang.pick(zh, severity.name()))
}

fn report<'a>(lang: Lang, files: &'a [SourceFile], diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let title = level(lang, diagnostic.severity)
        .primary_title(lang.of(&diagnostic.message))
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
                Some(lang.of(&label.text)),
            ));
        }
    }
    if let Some(help) = &diagnostic.help {
        let level = Level::HELP.with_name(lang.pick("建议", "help"));
        group = group.element(level.message(lang.of(help)));
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

/// All diagnostics as one JSON array, with their texts in both languages. Lines and columns count from 1, columns in characters.
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
                .map(|l| json!({
                        "at": at(l.file, &l.span), "text": l.text.en, "text_zh": l.text.zh,
                    }))
                .collect();
            json!({
                "severity": d.severity.name(), "code": d.code, "message": d.message.en,
                "message_zh": d.message.zh,
                "at": at(d.file, &d.span), "labels": labels, "help": d.help.as_ref().map(|h| &h.en), "help_zh": d.help.as_ref().map(|h| &h.zh),
            })
        })
        .collect();
    serde_json::Value::Array(all).to_string()
}
