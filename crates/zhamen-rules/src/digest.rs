//! The digest that every decision carries: SHA-256 over the normalised content of a rule set.
//!
//! What counts: every key and value of every block, tests included, blocks in the order of the
//! files. What does not: comments, white space, order of keys, spelling of numbers and quotes,
//! file names, and how the blocks are spread over files. A file that is no TOML counts as its text.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use zhamen_engine::money::Dec;

use crate::diagnostic::Findings;
use crate::node::{self, Kind, Node, Table};
use crate::source::SourceFile;

/// `sha256:…` over the normalised content of the files.
#[must_use]
pub fn digest(files: &[SourceFile]) -> String {
    let mut findings = Findings::default();
    let documents: Vec<Table> = files
        .iter()
        .enumerate()
        .map(|(i, file)| node::parse(i, file, &mut findings))
        .collect();
    digest_of(files, &documents, findings.errors() == 0)
}

/// The same of files already parsed; `whole`: all of them could be.
pub(crate) fn digest_of(files: &[SourceFile], documents: &[Table], whole: bool) -> String {
    let mut text = String::new();
    if whole {
        let mut blocks: Vec<(&str, &Node)> = documents
            .iter()
            .flat_map(|d| &d.entries)
            .flat_map(|e| e.value.one_or_many().iter().map(|n| (e.key.as_str(), n)))
            .collect();
        // Stable: blocks of one key stay in the order of the files.
        blocks.sort_by_key(|(key, _)| *key);
        for (key, block) in blocks {
            quoted(key, &mut text);
            text.push('=');
            write_node(block, &mut text);
            text.push('\n');
        }
    } else {
        for file in files {
            quoted(&file.text, &mut text);
        }
    }
    format!("sha256:{}", sha256_hex(&text))
}

/// SHA-256 of a text in hexadecimal.
pub(crate) fn sha256_hex(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

pub(crate) fn write_node(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Text(t) => quoted(t, out),
        Kind::Int(d) => out.push_str(d),
        // `0.90` and `0.9` are one number; what is none stays as written.
        Kind::Float(d) => match Dec::parse(d) {
            Some(dec) => {
                out.push_str(&dec.text());
                out.push('d');
            }
            None => out.push_str(d),
        },
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Time(t) => out.push_str(t),
        Kind::Array(items) => {
            out.push('[');
            for item in items {
                write_node(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Kind::Table(table) => {
            let mut entries: Vec<_> = table.entries.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            out.push('{');
            for entry in entries {
                quoted(&entry.key, out);
                out.push(':');
                write_node(&entry.value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> String {
        let files: Vec<SourceFile> = texts
            .iter()
            .map(|t| SourceFile {
                name: String::new(),
                text: (*t).to_owned(),
            })
            .collect();
        digest(&files)
    }

    #[test]
    fn form_does_not_count_and_content_does() {
        let one = of(&[
            "[[rule]]\nid = \"a\"\nscore = 1_000\nparams.x = { value = 0.90, min = 1 }\n[[rule]]\nid='b'",
        ]);
        let same = of(&[
            "# other\n[[rule]]\nscore=1000\nid='a'\n[rule.params]\nx.min=1\nx.value=0.9",
            "[[rule]]\nid = \"b\" # c",
        ]);
        assert_eq!(one, same);
        assert!(one.starts_with("sha256:") && one.len() == 71, "{one}");
        let order = of(&["[[rule]]\nid='b'\n[[rule]]\nid='a'"]);
        assert_ne!(order, of(&["[[rule]]\nid='a'\n[[rule]]\nid='b'"]));
        assert_ne!(of(&["x = 1"]), of(&["x = 2"]));
        assert_ne!(of(&["x = "]), of(&["x = ="]));
    }
}
