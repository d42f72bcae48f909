//! The text of a TOML string and where each of its characters stands in the file, escapes and
//! all four forms of quotes included. If a form were met that this file reads differently from the
//! TOML parser, places fall back to the whole string, never to a wrong spot.

use std::ops::Range;

use crate::diagnostic::Place;
use crate::node::Node;

/// A decoded string with its way back to the file.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub text: String,
    pub at: Place,
    /// Decoded offset and file offset where a run of equal distance begins; empty: unknown.
    runs: Vec<(usize, usize)>,
}

impl Line {
    /// The string in `node`, whose file has the text `file`.
    pub fn new(node: &Node, text: &str, file: &str) -> Line {
        let span = &node.at.span;
        let runs = file
            .get(span.clone())
            .and_then(|raw| runs(raw, span.start, text))
            .unwrap_or_default();
        Line {
            text: text.to_owned(),
            at: node.at.clone(),
            runs,
        }
    }

    /// Where `span` of the decoded text stands in the file.
    pub fn place(&self, span: &Range<usize>) -> Place {
        let start = self.offset(span.start);
        // The end is where the last character ends, not where the next one begins: an escape or
        // a line break may stand between them.
        let end = match self.text[..span.end.min(self.text.len())]
            .chars()
            .next_back()
        {
            Some(c) if span.end > span.start => self
                .offset(span.end - c.len_utf8())
                .map(|o| o + self.width(span.end - c.len_utf8(), c)),
            _ => start,
        };
        match (start, end) {
            (Some(start), Some(end)) => Place {
                file: self.at.file,
                span: start..end.max(start),
            },
            _ => self.at.clone(),
        }
    }

    fn offset(&self, decoded: usize) -> Option<usize> {
        let run = self.runs.partition_point(|(d, _)| *d <= decoded);
        let (d, f) = *self.runs.get(run.checked_sub(1)?)?;
        Some(f + (decoded - d))
    }

    /// Bytes of the file that the character at `decoded` takes.
    fn width(&self, decoded: usize, c: char) -> usize {
        let next = decoded + c.len_utf8();
        match self.runs.binary_search_by_key(&next, |(d, _)| *d) {
            // An escape is followed by a run of its own.
            Ok(i) => {
                let (d, f) = self.runs[i - 1];
                if d == decoded {
                    self.runs[i].1 - f
                } else {
                    c.len_utf8()
                }
            }
            Err(_) => c.len_utf8(),
        }
    }
}

fn runs(raw: &str, start: usize, text: &str) -> Option<Vec<(usize, usize)>> {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let triple = raw.len() >= 6 && raw.bytes().take(3).all(|b| b == quote as u8);
    let edge = if triple { 3 } else { 1 };
    let mut at = edge;
    if triple {
        at += if raw[at..].starts_with("\r\n") {
            2
        } else {
            usize::from(raw[at..].starts_with('\n'))
        };
    }
    let body = raw.get(..raw.len().checked_sub(edge)?)?;
    let mut decoded = String::with_capacity(text.len());
    let mut runs = vec![(0, start + at)];
    while let Some(c) = body.get(at..)?.chars().next() {
        if c != '\\' || quote == '\'' {
            decoded.push(c);
            at += c.len_utf8();
            continue;
        }
        let escape = &body[at + 1..];
        if runs.last() != Some(&(decoded.len(), start + at)) {
            runs.push((decoded.len(), start + at));
        }
        at += 1 + unescape(escape, &mut decoded)?;
        runs.push((decoded.len(), start + at));
    }
    (decoded == text).then_some(runs)
}

/// Reads what follows a backslash; how many bytes that were.
fn unescape(escape: &str, decoded: &mut String) -> Option<usize> {
    let c = escape.chars().next()?;
    let digits = match c {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let code = u32::from_str_radix(escape.get(1..=digits)?, 16).ok()?;
        decoded.push(char::from_u32(code)?);
        return Some(1 + digits);
    }
    if c.is_ascii_whitespace() {
        return Some(escape.len() - escape.trim_start_matches([' ', '\t', '\r', '\n']).len());
    }
    decoded.push(match c {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        '"' | '\\' => c,
        _ => return None,
    });
    Some(c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Kind;

    /// What of the file the first `needle` of the decoded text is said to be.
    fn found<'a>(file: &'a str, needle: &str) -> &'a str {
        let span = file.find(['"', '\'']).unwrap()..file.len();
        let value = toml::de::DeValue::parse(&file[span.clone()]).unwrap();
        let text = value.get_ref().as_str().unwrap();
        let node = Node {
            at: Place { file: 0, span },
            kind: Kind::Text(text.to_owned()),
        };
        let at = text.find(needle).unwrap();
        let place = Line::new(&node, text, file).place(&(at..at + needle.len()));
        &file[place.span]
    }

    #[test]
    fn places_survive_escapes_and_every_kind_of_quotes() {
        assert_eq!(found(r#"x = "证件 == \"甲\" && b""#, "b"), "b");
        assert_eq!(found(r#"x = "证件 == \"甲\" && b""#, "\"甲\""), r#"\"甲\""#);
        assert_eq!(found(r#"x = "\u8BC1\x41 && b""#, "证A"), r"\u8BC1\x41");
        assert_eq!(found("x = 'a \\ b'", "b"), "b");
        assert_eq!(found("x = \"\"\"\r\na &&\\\n   b\"\"\"", "b"), "b");
        assert_eq!(found("x = '''\na && 'b' '''", "'b'"), "'b'");
    }
}
