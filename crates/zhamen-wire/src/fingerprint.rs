//! The fingerprint of a record's content: tells a repeat from a conflict of the same id.
//!
//! The order of fields, white space, escapes and `journal_at` do not enter; unknown fields do. ID
//! numbers enter as their pseudonyms and the seed is secret, so that the journal's fingerprint
//! cannot be used to guess what was sent.

use compact_str::CompactString;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::scan::{Kind, Tape};

/// Buffers reused from record to record.
#[derive(Default)]
pub(crate) struct Fingerprinter {
    canonical: Vec<u8>,
    /// Members of the objects being written, by hash of their names.
    order: Vec<(u64, u32)>,
    unescaped: String,
}

impl Fingerprinter {
    /// Hash of the document; `replaced` are the nodes that enter as another text.
    pub fn hash(
        &mut self,
        tape: &Tape,
        text: &str,
        replaced: &[(u32, CompactString)],
        seed: u64,
    ) -> u64 {
        self.canonical.clear();
        self.order.clear();
        self.write(tape, text, replaced, 0);
        xxh3_64_with_seed(&self.canonical, seed)
    }

    // Recursion is bounded: the scanner refuses nesting beyond its limit.
    fn write(&mut self, tape: &Tape, text: &str, replaced: &[(u32, CompactString)], at: u32) {
        let node = &tape.nodes[at as usize];
        match node.kind {
            Kind::Null => self.canonical.push(b'n'),
            Kind::Bool(b) => self.canonical.push(if b { b't' } else { b'f' }),
            Kind::Number => self.put(b'd', node.raw(text)),
            Kind::Text => match replaced.iter().find(|(n, _)| *n == at) {
                Some((_, pseudonym)) => self.put(b's', pseudonym),
                None if !node.escaped => self.put(b's', node.raw(text)),
                None => {
                    let mut buffer = std::mem::take(&mut self.unescaped);
                    self.put(b's', node.text(text, &mut buffer));
                    self.unescaped = buffer;
                }
            },
            Kind::List => {
                self.canonical.push(b'[');
                for member in tape.members(at) {
                    self.write(tape, text, replaced, member);
                }
                self.canonical.push(b']');
            }
            Kind::Object => {
                self.canonical.push(b'{');
                let start = self.order.len();
                let stamp = match at {
                    0 => tape.member(text, 0, "journal_at"),
                    _ => None,
                };
                for member in tape.members(at).filter(|m| Some(*m) != stamp) {
                    self.order
                        .push((tape.nodes[member as usize].name_hash, member));
                }
                sort(tape, text, &mut self.order[start..]);
                for i in start..self.order.len() {
                    let member = self.order[i].1;
                    let name = tape.nodes[member as usize].name(text);
                    self.put(b'k', &name);
                    self.write(tape, text, replaced, member);
                }
                self.order.truncate(start);
                self.canonical.push(b'}');
            }
        }
    }

    fn put(&mut self, tag: u8, text: &str) {
        // Tag and length at once; no text of a record is near 16 MiB.
        let head = (text.len() as u32) << 8 | u32::from(tag);
        self.canonical.extend_from_slice(&head.to_le_bytes());
        self.canonical.extend_from_slice(text.as_bytes());
    }
}

/// By hash of the name, then by the name: the same order whatever order they were sent in.
fn sort(tape: &Tape, text: &str, members: &mut [(u64, u32)]) {
    members.sort_unstable();
    if members.windows(2).any(|w| w[0].0 == w[1].0) {
        members.sort_by_cached_key(|(hash, node)| {
            (*hash, tape.nodes[*node as usize].name(text).into_owned())
        });
    }
}
