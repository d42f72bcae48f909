//! From the tape to an event: each object of the event's type is walked by the contract's table,
//! and the first value that breaks a rule is named by code and byte. What the record's sender may
//! say, and its key, are the checker's business.

use compact_str::CompactString;
use zhamen_engine::entry::{Code, Rejected};
use zhamen_engine::event::{Event, EventKind, Field, InputTopic, Subject, Value};
use zhamen_engine::money::Currency;
use zhamen_engine::time::TimestampMs;

use crate::contract::{Class, MAX_MEMBERS, Member, Object, objects};
use crate::fingerprint::Fingerprinter;
use crate::identity::{Pseudonyms, age, birth_date, looks_resident};
use crate::scan::{Fault, Kind, Node, Tape};
use crate::text::{ID, NUMBER, PLAIN, REFERENCE, has_forbidden, prose, signs};
use crate::{amount, time};

/// Most words of a list such as `groups`.
pub const MAX_WORDS: usize = 64;
/// Most values of one `list.replaced`; a longer list comes in parts.
pub const MAX_ENTRY_VALUES: usize = 1_000;
/// Largest whole number (`order.tier`).
pub const MAX_COUNT: i64 = 1_000;

/// Buffers reused from record to record.
#[derive(Default)]
pub(crate) struct Scratch {
    pub tape: Tape,
    fingerprint: Fingerprinter,
    buffer: String,
    /// ID numbers of this record: their nodes and what stands in their place.
    pseudonyms: Vec<(u32, CompactString)>,
    values: Vec<(Field, Value)>,
}

/// What holds for every record of one checker.
pub(crate) struct Keys {
    pub pseudonyms: Pseudonyms,
    pub fingerprint_seed: u64,
}

/// Walks one scanned record.
pub(crate) struct Walk<'a> {
    pub text: &'a str,
    pub keys: &'a Keys,
    pub scratch: &'a mut Scratch,
    /// Fields that the contract does not know.
    pub unknown: u32,
    occurred_at: TimestampMs,
    /// Of `txn`, for a reversal's amount.
    txn_currency: Option<Currency>,
    /// What the ID number of the object being read says.
    person: Option<Person>,
}

#[derive(Clone, Copy)]
struct Person {
    looks_resident: bool,
    birth: Option<(i64, u32, u32)>,
}

impl<'a> Walk<'a> {
    pub fn new(text: &'a str, keys: &'a Keys, scratch: &'a mut Scratch) -> Walk<'a> {
        scratch.pseudonyms.clear();
        // Moved into the event in the end; a record has no more values than nodes.
        scratch.values = Vec::with_capacity(scratch.tape.nodes.len().min(64));
        Walk {
            text,
            keys,
            scratch,
            unknown: 0,
            occurred_at: 0,
            txn_currency: None,
            person: None,
        }
    }

    /// Reads the event and where its source stands; `topic` refuses types that it does not carry. Members of the outermost
    /// object in `known` are not the event's, and not unknown either.
    pub fn event(
        &mut self,
        topic: Option<InputTopic>,
        known: &[&str],
    ) -> Result<(Event, usize), Fault> {
        let root = self.node(0);
        if root.kind != Kind::Object {
            return Err(Fault::at(Code::Shape, root.offset()));
        }
        let mut common = [0_u32; 4];
        let mut bodies = [0_u32; Subject::ALL.len()];
        let mut others = 0;
        for i in self.scratch.tape.members(0) {
            let node = &self.scratch.tape.nodes[i as usize];
            let name = node.name(self.text);
            match &*name {
                "type" => common[0] = i,
                "id" => common[1] = i,
                "source" => common[2] = i,
                "occurred_at" => common[3] = i,
                name => match Subject::parse(name) {
                    Some(s) => bodies[s as usize] = i,
                    None if known.contains(&name) => {}
                    None => others += 1,
                },
            }
        }
        self.unknown += others;
        let kind = self.kind(common[0], topic)?;
        let id = CompactString::from(self.common_text(common[1], 64)?);
        let source = CompactString::from(self.common_text(common[2], 32)?);
        let source_at = self.node(common[2]).offset();
        let occurred = self.scalar(common[3], Kind::Text)?;
        self.occurred_at =
            time::moment(self.text_of(&occurred)).map_err(|c| Fault::at(c, occurred.offset()))?;

        for object in objects(kind) {
            let at = std::mem::take(&mut bodies[object.subject as usize]);
            self.object(object, at)?;
        }
        // Objects of other types are fields like any other here.
        self.unknown += bodies.iter().filter(|i| **i != 0).count() as u32;
        if kind == EventKind::InquiryAnswered {
            let named = |f| self.scratch.values.iter().any(|(have, _)| *have == f);
            if !named(Field::InquiryId) && !named(Field::InquiryTransferId) {
                return Err(Fault::nowhere(Code::Missing));
            }
        }
        let content = self.scratch.fingerprint.hash(
            &self.scratch.tape,
            self.text,
            &self.scratch.pseudonyms,
            self.keys.fingerprint_seed,
        );
        let values = std::mem::take(&mut self.scratch.values);
        let event = Event::new(kind, id, source, self.occurred_at, content, values);
        Ok((event, source_at))
    }

    fn node(&self, at: u32) -> Node {
        self.scratch.tape.nodes[at as usize]
    }

    fn text_of(&mut self, node: &Node) -> &str {
        node.text(self.text, &mut self.scratch.buffer)
    }

    fn kind(&mut self, at: u32, topic: Option<InputTopic>) -> Result<EventKind, Fault> {
        let node = self.scalar(at, Kind::Text)?;
        EventKind::parse(self.text_of(&node))
            .filter(|k| topic.is_none_or(|t| t == k.topic()))
            .ok_or(Fault::at(Code::UnknownType, node.offset()))
    }

    fn common_text(&mut self, at: u32, max: usize) -> Result<&str, Fault> {
        let node = self.scalar(at, Kind::Text)?;
        let text = node.text(self.text, &mut self.scratch.buffer);
        signs(text, ID, max, Code::IdFormat).map_err(|c| Fault::at(c, node.offset()))?;
        Ok(text)
    }

    /// The mandatory node, if it is of that kind.
    fn scalar(&self, at: u32, wanted: Kind) -> Result<Node, Fault> {
        if at == 0 {
            return Err(Fault::nowhere(Code::Missing));
        }
        let node = self.node(at);
        match node.kind {
            k if k == wanted => Ok(node),
            Kind::Null => Err(Fault::at(Code::Missing, node.offset())),
            Kind::List | Kind::Object => Err(Fault::at(Code::Shape, node.offset())),
            _ if matches!(wanted, Kind::List | Kind::Object) => {
                Err(Fault::at(Code::Shape, node.offset()))
            }
            _ => Err(Fault::at(Code::Type, node.offset())),
        }
    }

    /// Reads the object at node `at`, where 0 means that it is not there.
    fn object(&mut self, object: &'static Object, at: u32) -> Result<(), Fault> {
        let absent = at == 0 || self.node(at).kind == Kind::Null;
        if absent && !object.mandatory {
            return Ok(());
        }
        self.scalar(at, Kind::Object)?;
        let mut found = [0_u32; MAX_MEMBERS];
        for i in self.scratch.tape.members(at) {
            let node = &self.scratch.tape.nodes[i as usize];
            match object.find(node.name_hash, |name| node.is_named(self.text, name)) {
                Some(member) => found[member] = i,
                None => self.unknown += 1,
            }
        }
        self.person = None;
        let currency = match object.currency {
            Some(i) => self.currency(found[i])?,
            None => self.txn_currency,
        };
        if object.subject == Subject::Txn {
            self.txn_currency = currency;
        }
        for (member, at) in object.members.iter().zip(found) {
            match member {
                Member::Object(inner) => self.object(inner, at)?,
                Member::Field {
                    field,
                    class,
                    mandatory,
                    ..
                } => {
                    let node = match at {
                        0 => None,
                        at => Some(self.node(at)),
                    };
                    match node {
                        Some(node) if node.kind != Kind::Null => {
                            match self.value(*class, at, &node, currency) {
                                Ok(Some(value)) => self.scratch.values.push((*field, value)),
                                // An amount without a currency: the currency is what is missing.
                                Ok(None) if *mandatory && *class != Class::Amount => {
                                    return Err(Fault::at(Code::Missing, node.offset()));
                                }
                                Ok(None) => {}
                                Err(code) => return Err(self.blame(code, &node)),
                            }
                        }
                        Some(node) if *mandatory => {
                            return Err(Fault::at(Code::Missing, node.offset()));
                        }
                        None if *mandatory => return Err(Fault::nowhere(Code::Missing)),
                        _ => {}
                    }
                }
            }
        }
        self.derive(object.subject);
        Ok(())
    }

    fn blame(&self, code: Code, node: &Node) -> Fault {
        Fault::at(code, node.offset())
    }

    fn currency(&mut self, at: u32) -> Result<Option<Currency>, Fault> {
        if at == 0 || self.node(at).kind == Kind::Null {
            return Ok(None);
        }
        let node = self.scalar(at, Kind::Text)?;
        Currency::parse(self.text_of(&node))
            .map(Some)
            .ok_or(Fault::at(Code::Currency, node.offset()))
    }

    /// Reads one value. `None`: there is nothing in it that counts.
    fn value(
        &mut self,
        class: Class,
        at: u32,
        node: &Node,
        currency: Option<Currency>,
    ) -> Result<Option<Value>, Code> {
        let wanted = match class {
            Class::Bool => return bool_value(node).map(Some),
            Class::Count => return count(node, self.text).map(Some),
            Class::Words | Class::Answers | Class::EntryValues => Kind::List,
            _ => Kind::Text,
        };
        self.scalar(at, wanted).map_err(|fault| fault.code)?;
        if let Class::Words = class {
            return self.words(at).map(Some);
        }
        if let Class::Answers = class {
            return self.answers(at).map(Some);
        }
        if let Class::EntryValues = class {
            return self.entry_values(at).map(Some);
        }
        let text = node.text(self.text, &mut self.scratch.buffer);
        Ok(Some(Value::Text(match class {
            Class::Number => {
                signs(text, NUMBER, 64, Code::FieldLen)?;
                text.into()
            }
            Class::EventId => {
                signs(text, ID, 64, Code::IdFormat)?;
                text.into()
            }
            Class::Source => {
                signs(text, ID, 32, Code::IdFormat)?;
                text.into()
            }
            Class::Reference => {
                signs(text, REFERENCE, 128, Code::FieldLen)?;
                text.into()
            }
            Class::Holder => {
                let (pseudonym, person) = person(text, &self.keys.pseudonyms)?;
                self.person = Some(person);
                self.scratch.pseudonyms.push((at, pseudonym.clone()));
                pseudonym
            }
            Class::EntryValue if lists_persons(&self.scratch.values) => {
                let (pseudonym, _) = person(text, &self.keys.pseudonyms)?;
                self.scratch.pseudonyms.push((at, pseudonym.clone()));
                pseudonym
            }
            Class::EntryValue => {
                signs(text, NUMBER, 64, Code::FieldLen)?;
                text.into()
            }
            Class::Name | Class::Text => {
                prose(text, if class == Class::Name { 128 } else { 512 })?;
                if text.trim().is_empty() {
                    return Ok(None);
                }
                text.into()
            }
            Class::Country => {
                if !crate::country::is_listed(text) {
                    return Err(Code::Value);
                }
                text.into()
            }
            Class::Organ => {
                signs(text, PLAIN, 12, Code::FieldLen)?;
                if text.len() != 12 {
                    return Err(Code::FieldLen);
                }
                text.into()
            }
            Class::OneOf(words) => {
                if !words.contains(&text) {
                    return Err(Code::Value);
                }
                text.into()
            }
            // Checked before the other members, for the amount's sake.
            Class::Currency => text.into(),
            Class::Amount => {
                // Where the order is not given in full, its amount may come without a currency
                // and means nothing then.
                let Some(currency) = currency else {
                    return Ok(None);
                };
                return amount::parse(text, currency).map(|m| Some(Value::Money(m)));
            }
            Class::Time => return time::moment(text).map(|t| Some(Value::Time(t))),
            Class::Date => return time::date(text).map(|d| Some(Value::Date(d))),
            Class::Bool | Class::Count | Class::Words | Class::Answers | Class::EntryValues => {
                return Err(Code::Type);
            }
        })))
    }

    fn words(&mut self, at: u32) -> Result<Value, Code> {
        let mut words = Vec::new();
        for i in self.scratch.tape.members(at) {
            let node = &self.scratch.tape.nodes[i as usize];
            if node.kind != Kind::Text {
                return Err(not_a_text(node.kind));
            }
            if words.len() == MAX_WORDS {
                return Err(Code::FieldLen);
            }
            let word = node.text(self.text, &mut self.scratch.buffer);
            signs(word, NUMBER, 64, Code::FieldLen)?;
            words.push(CompactString::from(word));
        }
        Ok(Value::TextList(words))
    }

    fn entry_values(&mut self, at: u32) -> Result<Value, Code> {
        let persons = lists_persons(&self.scratch.values);
        let mut values = Vec::new();
        for i in self.scratch.tape.members(at) {
            let node = &self.scratch.tape.nodes[i as usize];
            if node.kind != Kind::Text {
                return Err(not_a_text(node.kind));
            }
            if values.len() == MAX_ENTRY_VALUES {
                return Err(Code::FieldLen);
            }
            let text = node.text(self.text, &mut self.scratch.buffer);
            if persons {
                let (pseudonym, _) = person(text, &self.keys.pseudonyms)?;
                self.scratch.pseudonyms.push((i, pseudonym.clone()));
                values.push(pseudonym);
            } else {
                signs(text, NUMBER, 64, Code::FieldLen)?;
                values.push(CompactString::from(text));
            }
        }
        Ok(Value::TextList(values))
    }

    /// Question and answer in turn.
    fn answers(&mut self, at: u32) -> Result<Value, Code> {
        let mut answers = Vec::new();
        let tape = &self.scratch.tape;
        for i in tape.members(at) {
            if tape.nodes[i as usize].kind != Kind::Object {
                return Err(Code::Shape);
            }
            for name in ["question", "answer"] {
                let member = tape.member(self.text, i, name).ok_or(Code::Missing)?;
                let node = &tape.nodes[member as usize];
                match node.kind {
                    Kind::Text => {}
                    Kind::Null => return Err(Code::Missing),
                    other => return Err(not_a_text(other)),
                }
                let text = node.text(self.text, &mut self.scratch.buffer);
                if name == "question" {
                    signs(text, REFERENCE, 64, Code::FieldLen)?;
                } else {
                    prose(text, 512)?;
                }
                answers.push(CompactString::from(text));
            }
        }
        Ok(Value::TextList(answers))
    }

    /// Age and validity, from a resident ID only.
    fn derive(&mut self, subject: Subject) {
        let (kind, age_field, valid_field) = match subject {
            Subject::Payer => (Field::PayerHolderType, Field::PayerAge, Field::PayerIdValid),
            Subject::Payee => (Field::PayeeHolderType, Field::PayeeAge, Field::PayeeIdValid),
            Subject::Holder => (Field::HolderType, Field::HolderAge, Field::HolderIdValid),
            _ => return,
        };
        let Some(person) = self.person.take() else {
            return;
        };
        let values = &mut self.scratch.values;
        let is_resident = match values.iter().rev().find(|(f, _)| *f == kind) {
            Some((_, Value::Text(kind))) => kind == "resident_id",
            _ => person.looks_resident,
        };
        if is_resident {
            let age = person.birth.and_then(|b| age(b, self.occurred_at));
            if let Some(age) = age {
                values.push((age_field, Value::Int(age)));
            }
            values.push((valid_field, Value::Bool(age.is_some())));
        }
    }
}

/// Whether the entry being read is of persons; its kind is read before its values.
fn lists_persons(values: &[(Field, Value)]) -> bool {
    values
        .iter()
        .rev()
        .any(|(f, v)| *f == Field::EntryKind && matches!(v, Value::Text(k) if k == "person"))
}

fn not_a_text(kind: Kind) -> Code {
    match kind {
        Kind::List | Kind::Object => Code::Shape,
        _ => Code::Type,
    }
}

fn bool_value(node: &Node) -> Result<Value, Code> {
    match node.kind {
        Kind::Bool(b) => Ok(Value::Bool(b)),
        other => Err(not_a_text(other)),
    }
}

fn count(node: &Node, text: &str) -> Result<Value, Code> {
    if node.kind != Kind::Number {
        return Err(not_a_text(node.kind));
    }
    let digits = node.raw(text);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(if digits.starts_with('-') {
            Code::Sign
        } else {
            Code::Number
        });
    }
    match digits.parse::<i64>() {
        Ok(n) if (1..=MAX_COUNT).contains(&n) => Ok(Value::Int(n)),
        _ => Err(Code::Range),
    }
}

/// ID numbers of any kind: 1–64 characters, none forbidden, not blank.
fn person(id: &str, pseudonyms: &Pseudonyms) -> Result<(CompactString, Person), Code> {
    if id.trim().is_empty() || has_forbidden(id) {
        return Err(Code::IdFormat);
    }
    if id.chars().count() > 64 {
        return Err(Code::FieldLen);
    }
    let person = Person {
        looks_resident: looks_resident(id),
        birth: birth_date(id),
    };
    Ok((pseudonyms.of(id), person))
}

/// A refusal that names the event as far as it can be read without showing what is to blame.
pub(crate) fn rejected(text: &str, tape: &Tape, fault: Fault) -> Rejected {
    let mut buffer = String::new();
    let mut read = |name: &str, max: usize| -> Option<CompactString> {
        let at = tape.member(text, 0, name)?;
        let node = tape.nodes.get(at as usize)?;
        let blamed = fault.at.is_some_and(|at| {
            let at = at as usize;
            at == node.offset() || (fault.code == Code::DupField && tape.is_again(text, at, name))
        });
        if node.kind != Kind::Text || blamed {
            return None;
        }
        let value = node.text(text, &mut buffer);
        signs(value, ID, max, Code::IdFormat).ok()?;
        Some(value.into())
    };
    Rejected {
        code: fault.code,
        at_byte: fault.at,
        kind: read("type", 64).and_then(|t| EventKind::parse(&t)),
        id: read("id", 64),
        source: read("source", 32),
    }
}
