//! JSON bytes to a flat tape, in one pass, with the byte to blame for every fault.
//!
//! It knows JSON and the contract's limits on form (depth, number of fields, no field twice), and
//! nothing of the contract's fields. Nothing here recurses; the tape is reused from record to
//! record. `serde_json` cannot say which byte, cannot see a field written twice, and echoes values.

use std::borrow::Cow;

use zhamen_engine::entry::Code;

use crate::lex::{blank, byte, number_end, string_end, unescape, word};

/// Deepest nesting of objects and lists, the outermost counted.
pub const MAX_DEPTH: usize = 32;
/// Most fields of a record, those of nested objects counted.
pub const MAX_FIELDS: usize = 256;

/// Why a record is refused, and the byte to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: Code,
    pub at: Option<u32>,
}

impl Fault {
    pub fn at(code: Code, at: usize) -> Fault {
        Fault {
            code,
            at: Some(at as u32),
        }
    }

    pub fn nowhere(code: Code) -> Fault {
        Fault { code, at: None }
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number,
    Text,
    List,
    Object,
}

/// One value of the document, with the name it stands under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub kind: Kind,
    /// Its text or its name has escapes.
    pub escaped: bool,
    name_escaped: bool,
    name: (u32, u32),
    /// Hash of the name, unescaped; equal names have equal hashes.
    pub name_hash: u64,
    /// Bytes of a text without its quotes, of a number; else the first byte only counts.
    span: (u32, u32),
    /// Index past the last node under this one; 0 while it is not complete.
    pub next: u32,
}

/// A scanned document. Node 0 is the outermost value; the members of a node follow it.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    pub nodes: Vec<Node>,
    scratch: String,
}

#[derive(Clone, Copy)]
struct Name {
    span: (u32, u32),
    hash: u64,
    escaped: bool,
}

const NO_NAME: Name = Name {
    span: (0, 0),
    hash: 0,
    escaped: false,
};

/// A list or object that is still open.
#[derive(Clone, Copy)]
struct Open {
    node: u32,
    object: bool,
    /// One bit per hash of a name seen: clear means surely new.
    seen: u64,
}

impl Tape {
    /// Scans `text`. After a fault the nodes read before it stay readable.
    pub fn scan(&mut self, text: &str) -> Result<(), Fault> {
        self.nodes.clear();
        if self.nodes.capacity() > 4_096 {
            self.nodes.shrink_to(256);
        }
        let data = text.as_bytes();
        let mut open = [Open {
            node: 0,
            object: false,
            seen: 0,
        }; MAX_DEPTH];
        let mut depth = 0;
        let mut fields = 0;
        let mut name = NO_NAME;
        let mut p = blank(data, 0);
        'value: loop {
            let here = self.nodes.len() as u32;
            let start = p;
            let first = byte(data, p)?;
            let (kind, span, escaped) = match first {
                b'"' => {
                    let (end, escaped) = string_end(data, p + 1)?;
                    p = end + 1;
                    (Kind::Text, (start + 1, end), escaped)
                }
                b'{' | b'[' => {
                    if depth == MAX_DEPTH {
                        return Err(Fault::at(Code::Depth, p));
                    }
                    let object = first == b'{';
                    let kind = if object { Kind::Object } else { Kind::List };
                    self.push(kind, name, (start, start), false, 0);
                    open[depth] = Open {
                        node: here,
                        object,
                        seen: 0,
                    };
                    depth += 1;
                    p = blank(data, p + 1);
                    let close = if object { b'}' } else { b']' };
                    if byte(data, p)? != close {
                        if object {
                            (name, p) = self.name(text, p, &mut open[depth - 1], &mut fields)?;
                        } else {
                            name = NO_NAME;
                        }
                        continue 'value;
                    }
                    // Empty: closed below, as any other.
                    (kind, (start, start), false)
                }
                b'-' | b'0'..=b'9' => {
                    p = number_end(data, p)?;
                    (Kind::Number, (start, p), false)
                }
                b't' => (Kind::Bool(true), word(data, &mut p, b"true")?, false),
                b'f' => (Kind::Bool(false), word(data, &mut p, b"false")?, false),
                b'n' => (Kind::Null, word(data, &mut p, b"null")?, false),
                _ => return Err(Fault::at(Code::Syntax, p)),
            };
            if !matches!(kind, Kind::Object | Kind::List) {
                self.push(kind, name, span, escaped, here + 1);
            }
            loop {
                if depth == 0 {
                    p = blank(data, p);
                    return if p == data.len() {
                        Ok(())
                    } else {
                        Err(Fault::at(Code::Trailing, p))
                    };
                }
                p = blank(data, p);
                let frame = open[depth - 1];
                match byte(data, p)? {
                    b',' if frame.node + 1 < self.nodes.len() as u32 => {
                        p = blank(data, p + 1);
                        if frame.object {
                            (name, p) = self.name(text, p, &mut open[depth - 1], &mut fields)?;
                        } else {
                            name = NO_NAME;
                        }
                        continue 'value;
                    }
                    b'}' if frame.object => {}
                    b']' if !frame.object => {}
                    _ => return Err(Fault::at(Code::Syntax, p)),
                }
                p += 1;
                depth -= 1;
                self.nodes[frame.node as usize].next = self.nodes.len() as u32;
            }
        }
    }

    fn push(&mut self, kind: Kind, name: Name, span: (usize, usize), escaped: bool, next: u32) {
        self.nodes.push(Node {
            kind,
            escaped,
            name_escaped: name.escaped,
            name: name.span,
            name_hash: name.hash,
            span: (span.0 as u32, span.1 as u32),
            next,
        });
    }

    /// Reads `"name":` and the blanks around; refuses one that the object already has.
    fn name(
        &mut self,
        text: &str,
        p: usize,
        object: &mut Open,
        fields: &mut usize,
    ) -> Result<(Name, usize), Fault> {
        let data = text.as_bytes();
        if byte(data, p)? != b'"' {
            return Err(Fault::at(Code::Syntax, p));
        }
        let (end, escaped) = string_end(data, p + 1)?;
        let hash = if escaped {
            self.scratch.clear();
            unescape(&text[p + 1..end], &mut self.scratch);
            name_hash(self.scratch.as_bytes())
        } else {
            name_hash(&data[p + 1..end])
        };
        let name = Name {
            span: (p as u32 + 1, end as u32),
            hash,
            escaped,
        };
        *fields += 1;
        if *fields > MAX_FIELDS {
            return Err(Fault::at(Code::TooManyFields, p));
        }
        let bit = 1 << (hash >> 58);
        if object.seen & bit != 0 && self.has_member(text, object.node, name) {
            return Err(Fault::at(Code::DupField, p));
        }
        object.seen |= bit;
        let colon = blank(data, end + 1);
        if byte(data, colon)? != b':' {
            return Err(Fault::at(Code::Syntax, colon));
        }
        Ok((name, blank(data, colon + 1)))
    }

    #[cold]
    fn has_member(&self, text: &str, object: u32, name: Name) -> bool {
        let wanted = plain(
            &text[name.span.0 as usize..name.span.1 as usize],
            name.escaped,
        );
        self.members(object).any(|i| {
            let node = &self.nodes[i as usize];
            node.name_hash == name.hash && plain(node.raw_name(text), node.name_escaped) == wanted
        })
    }

    /// The complete values directly under a node.
    pub fn members(&self, node: u32) -> Members<'_> {
        let container = self
            .nodes
            .get(node as usize)
            .is_some_and(|n| matches!(n.kind, Kind::Object | Kind::List));
        let end = match self.nodes.get(node as usize) {
            Some(n) if container && n.next != 0 => n.next,
            _ if container => self.nodes.len() as u32,
            _ => 0,
        };
        Members {
            nodes: &self.nodes,
            at: node + 1,
            end,
        }
    }

    /// Whether the name that begins at byte `at`, written a second time, is `name`.
    pub fn is_again(&self, text: &str, at: usize, name: &str) -> bool {
        match string_end(text.as_bytes(), at + 1) {
            Ok((end, escaped)) => plain(&text[at + 1..end], escaped) == name,
            Err(_) => false,
        }
    }

    /// The member of that name, if the node is an object and has it.
    pub fn member(&self, text: &str, node: u32, name: &str) -> Option<u32> {
        if self.nodes.get(node as usize)?.kind != Kind::Object {
            return None;
        }
        let hash = name_hash(name.as_bytes());
        self.members(node).find(|i| {
            let n = &self.nodes[*i as usize];
            n.name_hash == hash && plain(n.raw_name(text), n.name_escaped) == name
        })
    }
}

/// Indices of the values directly under a node.
pub(crate) struct Members<'a> {
    nodes: &'a [Node],
    at: u32,
    end: u32,
}

impl Iterator for Members<'_> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.at >= self.end {
            return None;
        }
        let here = self.at;
        match self.nodes[here as usize].next {
            0 => {
                self.at = self.end;
                None
            }
            next => {
                self.at = next;
                Some(here)
            }
        }
    }
}

impl Node {
    fn raw_name<'a>(&self, text: &'a str) -> &'a str {
        &text[self.name.0 as usize..self.name.1 as usize]
    }

    /// Whether it stands under that name; callers have compared the hash.
    pub fn is_named(&self, text: &str, name: &str) -> bool {
        if self.name_escaped {
            plain(self.raw_name(text), true) == name
        } else {
            self.raw_name(text) == name
        }
    }

    /// Its name, unescaped.
    #[inline]
    pub fn name<'a>(&self, text: &'a str) -> Cow<'a, str> {
        plain(self.raw_name(text), self.name_escaped)
    }

    /// A text or number as it stands in the document, escapes and all.
    pub fn raw<'a>(&self, text: &'a str) -> &'a str {
        &text[self.span.0 as usize..self.span.1 as usize]
    }

    /// Its text, unescaped; `buffer` is used where there are escapes.
    #[inline]
    pub fn text<'a>(&self, text: &'a str, buffer: &'a mut String) -> &'a str {
        if !self.escaped {
            return self.raw(text);
        }
        buffer.clear();
        unescape(self.raw(text), buffer);
        buffer
    }

    /// Where it begins in the document.
    pub fn offset(&self) -> usize {
        self.span.0 as usize - usize::from(self.kind == Kind::Text)
    }
}

#[inline]
fn plain(raw: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return raw.into();
    }
    let mut out = String::with_capacity(raw.len());
    unescape(raw, &mut out);
    out.into()
}

/// A hash of a field's name: stable for ever, because content fingerprints order fields by it.
#[inline]
pub(crate) fn name_hash(name: &[u8]) -> u64 {
    let word = |from: usize| -> u64 {
        let bytes = name[from..from + 8].try_into().expect("eight bytes");
        u64::from_le_bytes(bytes)
    };
    let half = |from: usize| -> u64 {
        let bytes = name[from..from + 4].try_into().expect("four bytes");
        u64::from(u32::from_le_bytes(bytes))
    };
    let n = name.len();
    let (a, b) = match n {
        0 => (0, 0),
        1..=3 => (
            u64::from(name[0]) | u64::from(name[n / 2]) << 8 | u64::from(name[n - 1]) << 16,
            0,
        ),
        4..=7 => (half(0), half(n - 4)),
        _ => (word(0), word(n - 8)),
    };
    let mixed = (a ^ b.rotate_left(29) ^ (n as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (&'static str, Option<u32>) {
        let mut tape = Tape::default();
        let fault = tape.scan(text).unwrap_err();
        (fault.code.name(), fault.at)
    }

    #[test]
    fn every_fault_names_its_byte() {
        for (text, code, at) in [
            ("", "SYNTAX", 0),
            ("{", "SYNTAX", 1),
            ("{\"a\":1", "SYNTAX", 6),
            ("{\"a\":1,}", "SYNTAX", 7),
            ("{,}", "SYNTAX", 1),
            ("[1,]", "SYNTAX", 3),
            ("[,1]", "SYNTAX", 1),
            ("[]]", "TRAILING", 2),
            ("[}", "SYNTAX", 1),
            ("{\"a\" 1}", "SYNTAX", 5),
            ("{\"a\":01}", "SYNTAX", 6),
            ("[1.]", "SYNTAX", 3),
            ("[+1]", "SYNTAX", 1),
            ("[nul]", "SYNTAX", 4),
            ("[\"\\x\"]", "SYNTAX", 2),
            ("[\"\\ud800\"]", "SYNTAX", 2),
            ("[\"\\udc00\\ud800\"]", "SYNTAX", 2),
            ("[\"ab\u{1}\"]", "SYNTAX", 4),
            ("{} {}", "TRAILING", 3),
            ("{\"a\":1,\"b\":2,\"a\":3}", "DUP_FIELD", 13),
            ("{\"a\":1,\"\\u0061\":3}", "DUP_FIELD", 7),
            ("{\"x\":{\"a\":1,\"a\":1}}", "DUP_FIELD", 12),
        ] {
            assert_eq!(fault(text), (code, Some(at)), "{text}");
        }
    }

    #[test]
    fn limits_are_inclusive() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        let wide = |n: usize| {
            let all: Vec<_> = (0..n).map(|i| format!("\"f{i}\":0")).collect();
            format!("{{{}}}", all.join(","))
        };
        let mut tape = Tape::default();
        assert!(tape.scan(&deep(32)).is_ok());
        assert_eq!(fault(&deep(33)), ("DEPTH", Some(32)));
        assert!(tape.scan(&wide(256)).is_ok());
        assert_eq!(fault(&wide(257)).0, "TOO_MANY_FIELDS");
    }

    #[test]
    fn texts_are_unescaped_and_members_found() {
        let text = r#" {"a\n":"x","b":[1,{"c":"\ud842\udfb7\/é"}],"d":{}} "#;
        let mut tape = Tape::default();
        tape.scan(text).unwrap();
        let mut buffer = String::new();
        let a = tape.member(text, 0, "a\n").unwrap();
        assert_eq!(tape.nodes[a as usize].text(text, &mut buffer), "x");
        let b = tape.member(text, 0, "b").unwrap();
        let inner = tape.members(b).nth(1).unwrap();
        let c = tape.member(text, inner, "c").unwrap();
        assert_eq!(tape.nodes[c as usize].text(text, &mut buffer), "𠮷/é");
        let d = tape.member(text, 0, "d").unwrap();
        assert_eq!(tape.members(d).count(), 0);
        assert_eq!(tape.members(0).count(), 3);
    }
}
