//! One record of an input topic, or one line of a file, to one checked body: limits on size,
//! headers, environment, the Kafka key, and what a source may speak for. It never fails and never
//! echoes a value: what it refuses becomes a `Rejected` with a code and a byte.

use std::cell::RefCell;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;
use zhamen_engine::entry::{Body, Code, Headers, Input, Record, Rejected, SourceRights};
use zhamen_engine::event::{Event, InputTopic};
use zhamen_engine::time::TimestampMs;

use crate::decode::{Keys, Scratch, Walk, rejected};
use crate::headers::{self, MAX_HEADER_BYTES, MAX_HEADERS};
use crate::identity::{PseudonymHash, Pseudonyms};
use crate::key::{KeyIs, key_in, key_rules};
use crate::lex::blank;
use crate::murmur::key_hash;
use crate::rights::{Sources, check_rights};
use crate::scan::{Fault, Kind};
use crate::seal::{Sealer, is_sealed};
use crate::time;

/// Largest record.
pub const MAX_BYTES: usize = 65_536;
/// Version of the contract that a record may name in `schema_version`.
const SCHEMA_VERSION: &str = "1";

/// An input record as Kafka carries it.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    /// Which input topic it came on.
    pub topic: InputTopic,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Name and value of its headers. A record with a header name that is not UTF-8 is
    /// [`refused`] with `HEADERS` by whoever reads it.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// Its value.
    pub payload: Option<&'a [u8]>,
}

/// What a checker is built from.
#[derive(Clone, Default)]
pub struct CheckerOptions {
    /// Secret under the pseudonyms of persons, the fingerprints and the sealed keys.
    pub pseudonym_key: Vec<u8>,
    /// Hash under the pseudonyms.
    pub pseudonym: PseudonymHash,
    /// Who may say what; empty: every source may say everything.
    pub sources: Vec<SourceRights>,
    /// Topics that `kafka_replyTopic` may name.
    pub reply_topics: Vec<String>,
    /// Name of this environment; a record that names another is refused. `None`: not looked at.
    pub environment: Option<String>,
}

// Written by hand so that no log ever shows the secret.
impl fmt::Debug for CheckerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckerOptions")
            .field("pseudonym", &self.pseudonym)
            .field("sources", &self.sources)
            .field("reply_topics", &self.reply_topics)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// Decodes and checks input records. Shared between threads; each keeps its own buffers.
pub struct Checker {
    keys: Keys,
    sealer: Sealer,
    sources: Sources,
    reply_topics: Vec<String>,
    environment: Option<String>,
}

/// A checked record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The event, or why there is none.
    pub body: Body,
    /// Fields that the contract does not know: accepted, and counted.
    pub unknown_fields: u32,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A record refused before its content was looked at.
#[must_use]
pub fn refused(code: Code) -> Body {
    Body::Rejected(Rejected {
        code,
        at_byte: None,
        kind: None,
        id: None,
        source: None,
    })
}

impl Checker {
    /// A checker for these settings.
    #[must_use]
    pub fn new(options: CheckerOptions) -> Checker {
        let secret = Zeroizing::new(options.pseudonym_key);
        let seed: [u8; 32] = Hmac::<Sha256>::new_from_slice(&secret)
            .expect("HMAC takes keys of any length")
            .chain_update(b"zhamen fingerprint")
            .finalize()
            .into_bytes()
            .into();
        let seed = seed[..8].try_into().expect("shorter than a digest");
        let sources = options.sources;
        Checker {
            keys: Keys {
                pseudonyms: Pseudonyms::new(&secret, options.pseudonym),
                fingerprint_seed: u64::from_le_bytes(seed),
            },
            sealer: Sealer::new(&secret),
            sources: (!sources.is_empty())
                .then(|| sources.into_iter().map(|s| (s.name.clone(), s)).collect()),
            reply_topics: options.reply_topics,
            environment: options.environment,
        }
    }

    /// Checks a record of an input topic.
    #[must_use]
    pub fn check(&self, raw: &RawRecord<'_>) -> Body {
        self.look(raw).0.body
    }

    /// Checks a record and makes the journal's entry of it, with the key sealed where it is or
    /// may be a person's.
    #[must_use]
    pub fn record(&self, input: Input, raw: &RawRecord<'_>) -> (Record, u32) {
        let (checked, key_is) = self.look(raw);
        let record = self.entry(
            input,
            raw.key,
            key_is,
            self.headers(raw.headers),
            checked.body,
        );
        (record, checked.unknown_fields)
    }

    /// The journal's entry of a record that could not even be read as a [`RawRecord`].
    #[must_use]
    pub fn refused_record(&self, input: Input, key: Option<&[u8]>, code: Code) -> Record {
        self.entry(
            input,
            key,
            KeyIs::Private,
            Headers::default(),
            refused(code),
        )
    }

    /// Checks a line of a file: the event's type says the topic, and `journal_at` the journal's
    /// time. A `journal_at` that cannot be read is a fault of the record.
    #[must_use]
    pub fn check_line(&self, line: &[u8]) -> (Body, Option<TimestampMs>) {
        let (checked, journal_at, _) = self.look_at_line(line);
        (checked.body, journal_at)
    }

    /// [`Checker::check_line`] and the journal's entry of it, under the key that Kafka would have
    /// carried.
    #[must_use]
    pub fn record_line(&self, input: Input, line: &[u8]) -> (Record, Option<TimestampMs>) {
        let (checked, journal_at, key) = self.look_at_line(line);
        let (key, key_is) = match &key {
            Some((key, is)) => (Some(key.as_bytes()), *is),
            None => (None, KeyIs::Private),
        };
        let record = self.entry(input, key, key_is, Headers::default(), checked.body);
        (record, journal_at)
    }

    /// The headers that a decision copies or echoes; what is not well formed is left out.
    #[must_use]
    pub fn headers(&self, raw: &[(&str, Option<&[u8]>)]) -> Headers {
        headers::carried(raw, &self.reply_topics)
    }

    /// Opens what [`Checker::record`] sealed.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    fn entry(
        &self,
        input: Input,
        key: Option<&[u8]>,
        key_is: KeyIs,
        headers: Headers,
        body: Body,
    ) -> Record {
        let stored = key.map(|key| {
            if key_is == KeyIs::Public && !is_sealed(key) {
                return key.to_vec();
            }
            let place = format!("{}/{}/{}", input.topic, input.partition, input.offset);
            self.sealer.seal(place.as_bytes(), key)
        });
        Record {
            input,
            key_hash: key.map_or(0, key_hash),
            key: stored,
            headers,
            body,
        }
    }

    fn look(&self, raw: &RawRecord<'_>) -> (Checked, KeyIs) {
        let limits = || -> Result<&[u8], Fault> {
            let payload = raw.payload.unwrap_or_default();
            within_size(payload)?;
            self.check_headers(raw.headers)?;
            Ok(payload)
        };
        let payload = match limits() {
            Ok(payload) => payload,
            Err(fault) => {
                return (
                    checked(rejected("", &Default::default(), fault)),
                    KeyIs::Private,
                );
            }
        };
        SCRATCH.with_borrow_mut(|scratch| {
            self.read(payload, Some(raw.topic), scratch, |text, scratch, event| {
                key_rules(text, scratch, event, raw.key)
            })
        })
    }

    fn look_at_line(&self, line: &[u8]) -> (Checked, Option<TimestampMs>, Option<(String, KeyIs)>) {
        if let Err(fault) = within_size(line) {
            return (
                checked(rejected("", &Default::default(), fault)),
                None,
                None,
            );
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut journal_at = None;
            let (checked, _) = self.read(line, None, scratch, |text, scratch, _| {
                journal_at = read_journal_at(text, scratch)?;
                Ok(KeyIs::Private)
            });
            let text = std::str::from_utf8(line).unwrap_or_default();
            let mut kind = match &checked.body {
                Body::Event(event) => Some(event.kind),
                Body::Rejected(r) => r.kind,
            };
            if text.is_empty() {
                kind = None;
            }
            if journal_at.is_none() && !text.is_empty() {
                journal_at = read_journal_at(text, scratch).unwrap_or_default();
            }
            let key = kind.and_then(|kind| key_in(text, scratch, kind));
            (checked, journal_at, key)
        })
    }

    /// Bytes to a body; `last` may still refuse an event that is otherwise good.
    fn read(
        &self,
        payload: &[u8],
        topic: Option<InputTopic>,
        scratch: &mut Scratch,
        last: impl FnOnce(&str, &Scratch, &Event) -> Result<KeyIs, Fault>,
    ) -> (Checked, KeyIs) {
        scratch.tape.nodes.clear();
        let text = match readable(payload) {
            Ok(text) => text,
            Err(fault) => return (checked(rejected("", &scratch.tape, fault)), KeyIs::Private),
        };
        let mut unknown_fields = 0;
        let steps = || -> Result<(Event, KeyIs), Fault> {
            scratch.tape.scan(text)?;
            self.check_environment(text, scratch)?;
            let mut walk = Walk::new(text, &self.keys, scratch);
            let known = ["env", "schema_version", "journal_at"];
            let (event, source_at) = walk.event(topic, &known)?;
            unknown_fields = walk.unknown;
            check_rights(&self.sources, text, scratch, &event, source_at)?;
            let key_is = last(text, scratch, &event)?;
            Ok((event, key_is))
        };
        match steps() {
            Ok((event, key_is)) => {
                let body = Body::Event(event);
                (
                    Checked {
                        body,
                        unknown_fields,
                    },
                    key_is,
                )
            }
            Err(fault) => (
                checked(rejected(text, &scratch.tape, fault)),
                KeyIs::Private,
            ),
        }
    }

    fn check_headers(&self, headers: &[(&str, Option<&[u8]>)]) -> Result<(), Fault> {
        let size =
            |(name, value): &(&str, Option<&[u8]>)| name.len() + value.map_or(0, <[u8]>::len);
        if headers.len() > MAX_HEADERS || headers.iter().map(size).sum::<usize>() > MAX_HEADER_BYTES
        {
            return Err(Fault::nowhere(Code::Headers));
        }
        let other = |(name, value): &(&str, Option<&[u8]>)| {
            *name == "env" && value.is_some_and(|v| !self.is_here(v))
        };
        if headers.iter().any(other) {
            return Err(Fault::nowhere(Code::Env));
        }
        Ok(())
    }

    fn is_here(&self, environment: &[u8]) -> bool {
        self.environment
            .as_ref()
            .is_none_or(|ours| ours.as_bytes().eq_ignore_ascii_case(environment))
    }

    fn check_environment(&self, text: &str, scratch: &Scratch) -> Result<(), Fault> {
        let tape = &scratch.tape;
        if let Some(at) = tape.member(text, 0, "schema_version") {
            let node = &tape.nodes[at as usize];
            let ours =
                matches!(node.kind, Kind::Number | Kind::Text) && node.raw(text) == SCHEMA_VERSION;
            if !ours && node.kind != Kind::Null {
                return Err(Fault::at(Code::Schema, node.offset()));
            }
        }
        if let Some(at) = tape.member(text, 0, "env") {
            let node = &tape.nodes[at as usize];
            let mut buffer = String::new();
            let here = match node.kind {
                Kind::Null => true,
                Kind::Text => self.is_here(node.text(text, &mut buffer).as_bytes()),
                _ => self.environment.is_none(),
            };
            if !here {
                return Err(Fault::at(Code::Env, node.offset()));
            }
        }
        Ok(())
    }
}

fn checked(rejected: Rejected) -> Checked {
    Checked {
        body: Body::Rejected(rejected),
        unknown_fields: 0,
    }
}

fn within_size(payload: &[u8]) -> Result<(), Fault> {
    if payload.len() > MAX_BYTES {
        return Err(Fault::at(Code::Size, MAX_BYTES));
    }
    Ok(())
}

fn readable(payload: &[u8]) -> Result<&str, Fault> {
    if blank(payload, 0) == payload.len() {
        return Err(Fault::nowhere(Code::Empty));
    }
    if is_framed(payload) {
        return Err(Fault::at(Code::Schema, 0));
    }
    std::str::from_utf8(payload).map_err(|e| Fault::at(Code::Utf8, e.valid_up_to()))
}

/// A schema registry's framing: byte 0 and a schema id of four bytes before the document. UTF-16
/// and UTF-32 begin with a byte 0 too.
fn is_framed(payload: &[u8]) -> bool {
    match payload {
        [0, a, 0, ..] if *a != 0 => false,
        [0, 0, 0, _, 0, 0, 0, ..] => false,
        [0, _, _, _, _, _, ..] => true,
        _ => false,
    }
}

fn read_journal_at(text: &str, scratch: &Scratch) -> Result<Option<TimestampMs>, Fault> {
    let tape = &scratch.tape;
    let Some(at) = tape.member(text, 0, "journal_at") else {
        return Ok(None);
    };
    let node = &tape.nodes[at as usize];
    let mut buffer = String::new();
    match node.kind {
        Kind::Null => Ok(None),
        Kind::Text => match time::moment(node.text(text, &mut buffer)) {
            Ok(t) => Ok(Some(t)),
            Err(code) => Err(Fault::at(code, node.offset())),
        },
        _ => Err(Fault::at(Code::Time, node.offset())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkers_are_shared_and_secrets_are_not_shown() {
        fn shared<T: Send + Sync>() {}
        shared::<Checker>();
        let options = CheckerOptions {
            pseudonym_key: b"ssshh".to_vec(),
            ..CheckerOptions::default()
        };
        let shown = format!("{options:?}");
        assert!(
            !shown.contains("115") && !shown.contains("ssshh"),
            "{shown}"
        );
    }

    #[test]
    fn framing_is_told_from_other_encodings() {
        assert!(is_framed(b"\0\0\0\0\x2a{}"));
        assert!(!is_framed(b"\0"));
        let utf16: Vec<u8> = "{\"type\""
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert!(!is_framed(&utf16));
        let utf32: Vec<u8> = "{\"type\""
            .chars()
            .flat_map(|c| (c as u32).to_be_bytes())
            .collect();
        assert!(!is_framed(&utf32));
    }
}
