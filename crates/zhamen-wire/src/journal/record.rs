//! One input record as bytes.

use compact_str::CompactString;
use zhamen_engine::entry::{Body, Headers, Input, Record, Rejected};
use zhamen_engine::event::{Event, Value};
use zhamen_engine::money::{Currency, Money};

use super::bytes::{Reader, put_bytes, put_number, put_signed};
use super::numbers::{CODE, FIELD, KIND};
use super::{JournalEntry, JournalError};

// Bits of a record's first byte: what follows.
const KEY: u8 = 1;
const PARENT: u8 = 2;
const STATE: u8 = 4;
const CORRELATION: u8 = 8;
const REPLY: u8 = 16;
const REFUSED: u8 = 32;

// Bits of a refusal.
const AT: u8 = 1;
const TYPE: u8 = 2;
const ID: u8 = 4;
const SOURCE: u8 = 8;

// Tags of values.
const FALSE: u8 = 0;
const TRUE: u8 = 1;
const INT: u8 = 2;
const MONEY: u8 = 3;
const TEXT: u8 = 4;
const TIME: u8 = 5;
const DATE: u8 = 6;
const TEXTS: u8 = 7;

/// The topics of the records, each once.
pub(super) fn topics(entries: &[JournalEntry]) -> Vec<CompactString> {
    let mut topics: Vec<CompactString> = Vec::new();
    for entry in entries {
        if let JournalEntry::Record(r) = entry
            && !topics.contains(&r.input.topic)
        {
            topics.push(r.input.topic.clone());
        }
    }
    topics
}

pub(super) fn put(r: &Record, topics: &[CompactString], out: &mut Vec<u8>) {
    let h = &r.headers;
    let bit = |there: bool, bit: u8| if there { bit } else { 0 };
    out.push(
        bit(r.key.is_some(), KEY)
            | bit(h.traceparent.is_some(), PARENT)
            | bit(h.tracestate.is_some(), STATE)
            | bit(h.correlation_id.is_some(), CORRELATION)
            | bit(h.reply_topic.is_some(), REPLY)
            | bit(matches!(r.body, Body::Rejected(_)), REFUSED),
    );
    let topic = topics.iter().position(|t| *t == r.input.topic);
    put_number(topic.expect("every topic is in the dictionary") as u64, out);
    put_signed(r.input.partition.into(), out);
    put_signed(r.input.offset, out);
    out.extend_from_slice(&r.key_hash.to_le_bytes());
    let texts = [&h.traceparent, &h.tracestate];
    if let Some(key) = &r.key {
        put_bytes(key, out);
    }
    for text in texts.into_iter().flatten() {
        put_bytes(text.as_bytes(), out);
    }
    if let Some(id) = &h.correlation_id {
        put_bytes(id, out);
    }
    if let Some(topic) = &h.reply_topic {
        put_bytes(topic.as_bytes(), out);
    }
    match &r.body {
        Body::Event(e) => put_event(e, out),
        Body::Rejected(r) => put_rejected(r, out),
    }
}

pub(super) fn get(r: &mut Reader<'_>, topics: &[CompactString]) -> Result<Record, JournalError> {
    let bits = r.byte()?;
    if bits >= REFUSED << 1 {
        return Err(JournalError::Unknown("part of a record"));
    }
    let has = |bit: u8| bits & bit != 0;
    let topic = usize::try_from(r.number()?)
        .ok()
        .and_then(|i| topics.get(i));
    let input = Input {
        topic: topic.ok_or(JournalError::Unknown("topic"))?.clone(),
        partition: i32::try_from(r.signed()?).map_err(|_| JournalError::Unknown("partition"))?,
        offset: r.signed()?,
    };
    let key_hash = u32::from_le_bytes(r.fixed()?);
    let key = has(KEY).then(|| r.bytes()).transpose()?.map(<[u8]>::to_vec);
    let headers = Headers {
        traceparent: has(PARENT).then(|| r.text()).transpose()?,
        tracestate: has(STATE).then(|| r.text()).transpose()?,
        correlation_id: has(CORRELATION)
            .then(|| r.bytes())
            .transpose()?
            .map(<[u8]>::to_vec),
        reply_topic: has(REPLY).then(|| r.text()).transpose()?,
    };
    let body = if has(REFUSED) {
        Body::Rejected(get_rejected(r)?)
    } else {
        Body::Event(get_event(r)?)
    };
    Ok(Record {
        input,
        key,
        key_hash,
        headers,
        body,
    })
}

fn put_rejected(r: &Rejected, out: &mut Vec<u8>) {
    let bit = |there: bool, bit: u8| if there { bit } else { 0 };
    out.push(CODE.write(r.code as usize));
    out.push(
        bit(r.at_byte.is_some(), AT)
            | bit(r.kind.is_some(), TYPE)
            | bit(r.id.is_some(), ID)
            | bit(r.source.is_some(), SOURCE),
    );
    if let Some(at) = r.at_byte {
        put_number(at.into(), out);
    }
    if let Some(kind) = r.kind {
        out.push(KIND.write(kind as usize));
    }
    for text in [&r.id, &r.source].into_iter().flatten() {
        put_bytes(text.as_bytes(), out);
    }
}

fn get_rejected(r: &mut Reader<'_>) -> Result<Rejected, JournalError> {
    let code = CODE.read(r.byte()?).ok_or(JournalError::Unknown("code"))?;
    let bits = r.byte()?;
    let has = |bit: u8| bits & bit != 0;
    let at = has(AT).then(|| r.number()).transpose()?;
    Ok(Rejected {
        code,
        at_byte: at
            .map(|at| u32::try_from(at).map_err(|_| JournalError::Unknown("byte")))
            .transpose()?,
        kind: has(TYPE)
            .then(|| {
                KIND.read(r.byte()?)
                    .ok_or(JournalError::Unknown("type of event"))
            })
            .transpose()?,
        id: has(ID).then(|| r.text()).transpose()?,
        source: has(SOURCE).then(|| r.text()).transpose()?,
    })
}

fn put_event(e: &Event, out: &mut Vec<u8>) {
    out.push(KIND.write(e.kind as usize));
    put_bytes(e.id.as_bytes(), out);
    put_bytes(e.source.as_bytes(), out);
    out.extend_from_slice(&e.occurred_at.to_le_bytes());
    out.extend_from_slice(&e.content.to_le_bytes());
    put_number(e.values().len() as u64, out);
    for (field, value) in e.values() {
        out.push(FIELD.write(*field as usize));
        match value {
            Value::Bool(b) => out.push(if *b { TRUE } else { FALSE }),
            Value::Int(n) => {
                out.push(INT);
                put_signed(*n, out);
            }
            Value::Money(m) => {
                out.push(MONEY);
                out.extend_from_slice(m.currency.code().as_bytes());
                put_signed(m.minor, out);
            }
            Value::Text(t) => {
                out.push(TEXT);
                put_bytes(t.as_bytes(), out);
            }
            Value::Time(t) => {
                out.push(TIME);
                put_signed(*t, out);
            }
            Value::Date(d) => {
                out.push(DATE);
                put_signed(*d, out);
            }
            Value::TextList(texts) => {
                out.push(TEXTS);
                put_number(texts.len() as u64, out);
                for text in texts {
                    put_bytes(text.as_bytes(), out);
                }
            }
        }
    }
}

fn get_event(r: &mut Reader<'_>) -> Result<Event, JournalError> {
    let kind = KIND
        .read(r.byte()?)
        .ok_or(JournalError::Unknown("type of event"))?;
    let id = r.text()?;
    let source = r.text()?;
    let occurred_at = i64::from_le_bytes(r.fixed()?);
    let content = u64::from_le_bytes(r.fixed()?);
    let values = r.list(|r| {
        let field = FIELD
            .read(r.byte()?)
            .ok_or(JournalError::Unknown("field"))?;
        let value = match r.byte()? {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => Value::Int(r.signed()?),
            MONEY => {
                let code: [u8; 3] = r.fixed()?;
                let currency = std::str::from_utf8(&code).ok().and_then(Currency::parse);
                Value::Money(Money {
                    currency: currency.ok_or(JournalError::Unknown("currency"))?,
                    minor: r.signed()?,
                })
            }
            TEXT => Value::Text(r.text()?),
            TIME => Value::Time(r.signed()?),
            DATE => Value::Date(r.signed()?),
            TEXTS => Value::TextList(r.list(|r| r.text())?),
            _ => return Err(JournalError::Unknown("kind of value")),
        };
        Ok((field, value))
    })?;
    Ok(Event::new(kind, id, source, occurred_at, content, values))
}
