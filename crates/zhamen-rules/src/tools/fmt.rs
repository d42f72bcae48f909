//! `rules fmt`: one way to write a rule file, so that two versions differ only in what they say.
//!
//! The form: keys in the order of the rule reference, `key = value` with one space on either side
//! and nothing aligned; one empty line between tables, at most one inside; a list or an inline table
//! that was written over several lines has one item a line, two spaces deeper, and a comma after the
//! last; comments after a value stand two spaces away. Texts and numbers stay as they are written, and
//! so does the order of rules, windows, parameters, lines and rows.
//!
//! It never changes what a file says: digest and comments are compared before and after, and where
//! they differ the file is refused.

mod gap;
mod order;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, RawString, Table, Value};

use self::gap::Gap;
use self::order::Kind;
use crate::digest::digest;
use crate::lang::Lang;
use crate::source::SourceFile;

pub use self::gap::comments;

/// Why a file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// `rules check` says where.
    #[error("not a TOML file, or a number in it is too large; `zhamen rules check` says where")]
    NotToml,
    /// A fault of the formatter.
    #[error("formatting would change what the file says; it is left as it is")]
    Changed,
}

impl Refused {
    /// For people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let zh = match self {
            Refused::NotToml => "不是 TOML 文件，或其中的数字过大，位置请看 `zhamen rules check`",
            Refused::Changed => "改写会改变规则内容，文件保持原样",
        };
        lang.pick(zh, &self.to_string()).to_owned()
    }
}

/// The file's text in canonical form.
///
/// # Errors
/// [`Refused`]: the text is no TOML, or would not say the same.
pub fn format(text: &str) -> Result<String, Refused> {
    let document: DocumentMut = text.parse().map_err(|_| Refused::NotToml)?;
    let mut printer = Printer { out: String::new() };
    printer.document(&document);
    let mut out = printer.out;
    while out.ends_with("\n\n") || out == "\n" {
        out.pop();
    }
    match content(text) == content(&out) && sorted_comments(text) == sorted_comments(&out) {
        true => Ok(out),
        false => Err(Refused::Changed),
    }
}

fn content(text: &str) -> String {
    digest(&[SourceFile {
        name: String::new(),
        text: text.to_owned(),
    }])
}

fn sorted_comments(text: &str) -> Vec<&str> {
    let mut all = comments(text);
    all.sort_unstable();
    all
}

/// A table with its header.
struct Section<'d> {
    position: isize,
    path: Vec<&'d Key>,
    table: &'d Table,
    /// `[[…]]`
    of_array: bool,
}

/// All tables in the order they are written; keys before the first header come first.
fn sections(document: &DocumentMut) -> Vec<Section<'_>> {
    let mut all = Vec::new();
    collect(document.as_table(), Vec::new(), false, &mut all);
    let mut last = isize::MIN;
    for section in &mut all {
        last = section.table.position().unwrap_or(last);
        section.position = last;
    }
    all.sort_by_key(|s| (!s.path.is_empty(), s.position));
    all
}

fn collect<'d>(table: &'d Table, path: Vec<&'d Key>, of_array: bool, all: &mut Vec<Section<'d>>) {
    if !table.is_dotted() {
        all.push(Section {
            position: 0,
            path: path.clone(),
            table,
            of_array,
        });
    }
    for (name, item) in table.iter() {
        let Some(key) = table.key(name) else { continue };
        let below = || {
            let mut below = path.clone();
            below.push(key);
            below
        };
        match item {
            Item::Table(table) => collect(table, below(), false, all),
            Item::ArrayOfTables(tables) => {
                for table in tables {
                    collect(table, below(), true, all);
                }
            }
            _ => {}
        }
    }
}

struct Printer {
    out: String,
}

impl Printer {
    fn document(&mut self, document: &DocumentMut) {
        for section in sections(document) {
            self.section(&section);
        }
        let trailing = raw(Some(document.trailing()));
        let gap = Gap::above([raw(document.decor().suffix()), trailing]);
        self.own_lines(&gap, 0, self.out.is_empty());
    }

    fn section(&mut self, section: &Section<'_>) {
        let table = section.table;
        let values = table.get_values();
        let first = self.out.is_empty();
        if let Some(last) = section.path.last() {
            if table.is_implicit() && values.is_empty() {
                return;
            }
            if !first {
                self.out.push('\n');
            }
            let before = [raw(last.leaf_decor().prefix()), raw(table.decor().prefix())];
            self.own_lines(&Gap::above(before), 0, true);
            let names: Vec<_> = section.path.iter().map(|k| k.display_repr()).collect();
            let name = names.join(".");
            match section.of_array {
                true => self.out.push_str(&format!("[[{name}]]")),
                false => self.out.push_str(&format!("[{name}]")),
            }
            self.end_of_line(&Gap::behind(raw(table.decor().suffix())));
        }
        let kind = Kind::at(section.path.iter().map(|k| k.get()));
        let mut bare = true;
        for (path, value) in order::sorted(values, kind) {
            let key = path.last().expect("a value has a key");
            let gap = Gap::above([raw(key.leaf_decor().prefix()), ""]);
            self.own_lines(&gap, 0, bare);
            bare = false;
            self.entry(&path, value, 0, kind);
            self.end_of_line(&Gap::behind(raw(value.decor().suffix())));
        }
    }

    /// `a.b = value`
    fn entry(&mut self, path: &[&Key], value: &Value, indent: usize, kind: Kind) {
        let names: Vec<_> = path.iter().map(|k| k.display_repr()).collect();
        self.out.push_str(&names.join("."));
        self.out.push_str(" = ");
        let kind = path.iter().fold(kind, |kind, key| kind.below(key.get()));
        self.value(value, indent, kind);
    }

    fn value(&mut self, value: &Value, indent: usize, kind: Kind) {
        match value {
            Value::String(v) => self.out.push_str(&v.display_repr()),
            Value::Integer(v) => self.out.push_str(&v.display_repr()),
            Value::Float(v) => self.out.push_str(&v.display_repr()),
            Value::Boolean(v) => self.out.push_str(&v.display_repr()),
            Value::Datetime(v) => self.out.push_str(&v.display_repr()),
            Value::Array(array) => self.array(array, indent, kind),
            Value::InlineTable(table) => self.inline_table(table, indent, kind),
        }
    }

    fn array(&mut self, array: &Array, indent: usize, kind: Kind) {
        let items: Vec<&Value> = array.iter().collect();
        let before = items.iter().map(|v| raw(v.decor().prefix())).collect();
        let after = items.iter().map(|v| raw(v.decor().suffix())).collect();
        let gaps = Gap::between(before, after, raw(Some(array.trailing())));
        self.items(["[", "]"], "", &gaps, indent, |printer, i, indent| {
            printer.value(items[i], indent, kind);
        });
    }

    fn inline_table(&mut self, table: &InlineTable, indent: usize, kind: Kind) {
        let written = table.get_values();
        let before = written
            .iter()
            .map(|(path, _)| raw(path.last().and_then(|k| k.leaf_decor().prefix())))
            .collect();
        let after = written
            .iter()
            .map(|(_, v)| raw(v.decor().suffix()))
            .collect();
        let gaps = Gap::between(before, after, raw(Some(table.trailing())));
        // Comments stand between entries: where there are any, so do the entries.
        let entries = match gaps.iter().any(|g| !g.is_silent()) {
            true => written,
            false => order::sorted(written, kind),
        };
        self.items(["{", "}"], " ", &gaps, indent, |printer, i, indent| {
            let (path, value) = &entries[i];
            printer.entry(path, value, indent, kind);
        });
    }

    /// Items between brackets: on one line, or if there was a line break among them one a line.
    /// `gaps` are before, between and after them.
    fn items(
        &mut self,
        [open, close]: [&str; 2],
        pad: &str,
        gaps: &[Gap<'_>],
        indent: usize,
        mut item: impl FnMut(&mut Printer, usize, usize),
    ) {
        let count = gaps.len() - 1;
        self.out.push_str(open);
        if !gaps.iter().any(|g| g.breaks) {
            for i in 0..count {
                self.out.push_str(if i == 0 { pad } else { ", " });
                item(self, i, indent);
            }
            if count > 0 {
                self.out.push_str(pad);
            }
            self.out.push_str(close);
            return;
        }
        for (i, gap) in gaps.iter().enumerate() {
            self.end_of_line(gap);
            self.own_lines(gap, indent + 2, true);
            if i < count {
                self.out.push_str(&" ".repeat(indent + 2));
                item(self, i, indent + 2);
                self.out.push(',');
            }
        }
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(close);
    }

    /// Ends the line, with the comment that stands on it.
    fn end_of_line(&mut self, gap: &Gap<'_>) {
        if let Some(comment) = gap.same_line {
            self.out.push_str("  ");
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }

    /// The comments on lines of their own, with at most one empty line between; `bare`: none before.
    fn own_lines(&mut self, gap: &Gap<'_>, indent: usize, bare: bool) {
        let mut bare = bare;
        for line in &gap.lines {
            match line {
                Some(comment) => {
                    self.out.push_str(&" ".repeat(indent));
                    self.out.push_str(comment);
                    self.out.push('\n');
                    bare = false;
                }
                None if bare => {}
                None => {
                    self.out.push('\n');
                    bare = true;
                }
            }
        }
    }
}

/// White space and comments as written.
fn raw(text: Option<&RawString>) -> &str {
    text.and_then(RawString::as_str).unwrap_or_default()
}
