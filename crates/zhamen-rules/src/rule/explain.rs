//! Texts in two languages, and sentences with places for values.

use zhamen_engine::event::KindSet;
use zhamen_engine::rule::{Bilingual, Piece, Template, TemplatePair};

use crate::contract::kinds_words;
use crate::diagnostic::Findings;
use crate::expr::scope::{Declared, Param};
use crate::node::{Entry, Node, Table};
use crate::problem::{Keys, Naming, nouns};
use crate::rule::Context;
use crate::rule::name;
use crate::suggest::nearest;

/// What a sentence may name.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub on: KindSet,
    pub params: &'a [Param],
    pub windows: &'a [Declared],
}

/// Parameters and windows that sentences name, by index.
#[derive(Debug, Default)]
pub(crate) struct Used {
    pub params: Vec<usize>,
    pub windows: Vec<usize>,
}

/// A title: `{ zh, en }`.
pub(crate) fn title(node: &Node, findings: &mut Findings) -> Option<Bilingual> {
    let table = node.table(findings)?;
    table.only(nouns::TITLE, &["zh", "en"], findings);
    let mut text = |key: &str| {
        let text = table
            .get(key)
            .and_then(|n| n.text(findings))
            .map(str::to_owned);
        if table.get(key).is_none() {
            findings.add(&node.at, Keys::MissingLanguage(key.to_owned()));
        }
        text
    };
    let (zh, en) = (text("zh"), text("en"));
    let either = zh.clone().or_else(|| en.clone())?;
    Some(Bilingual {
        zh: zh.unwrap_or_else(|| either.clone()),
        en: en.unwrap_or(either),
    })
}

/// `explain`: the sentence for officers and the one for the person restricted.
pub(crate) fn read(
    entry: &Entry,
    names: Names<'_>,
    used: &mut Used,
    cx: &mut Context<'_>,
) -> Option<(TemplatePair, Option<TemplatePair>)> {
    let table = entry.value.table(cx.findings)?;
    table.only(nouns::EXPLAIN, &["zh", "en", "customer"], cx.findings);
    let reason = pair(entry, table, names, used, cx);
    let customer = table.entry("customer").and_then(|entry| {
        let table = entry.value.table(cx.findings)?;
        table.only(nouns::EXPLAIN_CUSTOMER, &["zh", "en"], cx.findings);
        Some(pair(entry, table, names, used, cx))
    });
    Some((reason, customer))
}

fn pair(
    entry: &Entry,
    table: &Table,
    names: Names<'_>,
    used: &mut Used,
    cx: &mut Context<'_>,
) -> TemplatePair {
    let mut template = |key: &str| match table.get(key) {
        Some(node) => sentence(node, names, used, cx),
        None => {
            let missing = Keys::MissingLanguage(key.to_owned());
            cx.findings.add(&entry.key_at, missing);
            None
        }
    };
    let (zh, en) = (template("zh"), template("en"));
    let either = zh.clone().or_else(|| en.clone()).unwrap_or_default();
    TemplatePair {
        zh: zh.unwrap_or_else(|| either.clone()),
        en: en.unwrap_or(either),
    }
}

/// The sentence in `node`; `{{` and `}}` stand for braces.
pub(crate) fn sentence(
    node: &Node,
    names: Names<'_>,
    used: &mut Used,
    cx: &mut Context<'_>,
) -> Option<Template> {
    let line = cx.line(node)?;
    let text = &line.text;
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            plain.push(c);
            at += 2;
            continue;
        }
        if c != '{' && c != '}' {
            plain.push(c);
            at += c.len_utf8();
            continue;
        }
        let Some(length) = rest.find('}').filter(|_| c == '{') else {
            cx.findings.add(&line.place(&(at..at + 1)), Keys::LoneBrace);
            return None;
        };
        let place = line.place(&(at..at + length + 1));
        let name = rest[1..length].trim();
        at += length + 1;
        let piece = if let Some(param) = name.strip_prefix("params.") {
            let found = names.params.iter().position(|p| p.name == param);
            match found {
                Some(index) => {
                    used.params.push(index);
                    plain.push_str(&names.params[index].text);
                }
                None => cx.findings.add(
                    &place,
                    Naming::UnknownParam {
                        name: name.to_owned(),
                        nearest: nearest(param, names.params.iter().map(|p| p.name.as_str())),
                    },
                ),
            }
            continue;
        } else if let Some(window) = name.strip_prefix("window.") {
            let found = names.windows.iter().position(|w| w.name == window);
            let Some(index) = found else {
                cx.findings.add(
                    &place,
                    Naming::UnknownWindow {
                        name: window.to_owned(),
                        nearest: nearest(window, names.windows.iter().map(|w| w.name.as_str())),
                    },
                );
                continue;
            };
            used.windows.push(index);
            Piece::Window(names.windows[index].id)
        } else if name.is_empty() {
            cx.findings
                .add(&place, Keys::EmptyPlace(kinds_words(names.on)));
            continue;
        } else {
            match name::field(name, &place, names.on, cx.findings) {
                Some(field) => Piece::Field(field),
                None => continue,
            }
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(piece);
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Some(Template(pieces))
}

/// A sentence without places for values.
pub(crate) fn plain(text: &Bilingual) -> TemplatePair {
    let template = |t: &str| Template(vec![Piece::Text(t.to_owned())]);
    TemplatePair {
        zh: template(&text.zh),
        en: template(&text.en),
    }
}
