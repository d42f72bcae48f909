//! What an expression may name: fields of its event, parameters and windows of its rule, lists.

use zhamen_engine::event::{EntryKind, Field, KindSet};
use zhamen_engine::rule::{Literal, WindowId};

use crate::diagnostic::Place;
use crate::expr::types::Type;

/// A parameter of the rule.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub name: String,
    pub at: Place,
    pub ty: Type,
    pub value: Literal,
    /// As `limits` and sentences show it.
    pub text: String,
}

/// A window of the rule, as expressions see it.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub name: String,
    pub at: Place,
    pub id: WindowId,
    pub ty: Type,
    pub domain: Option<&'static [&'static str]>,
    pub entry_kind: Option<EntryKind>,
    /// Key fields of the event it is read for.
    pub by: Vec<Field>,
    /// Parameters that its `where` reads, those of windows it reads included.
    pub params: Vec<usize>,
    /// Windows that its `where` reads, by index.
    pub reads: Vec<usize>,
}

/// Everything an expression may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// Types of the event that bare fields belong to.
    pub on: KindSet,
    /// Types of the judged event, where `this.` may name it.
    pub this: Option<KindSet>,
    pub params: &'a [Param],
    /// Windows that may be read here.
    pub windows: &'a [Declared],
    /// Names of windows that are declared, but not above.
    pub later: &'a [String],
    pub lists: &'a [DeclaredList],
}

/// A `[[list]]` of the set.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredList {
    pub name: String,
    pub at: Place,
    pub kind: Option<EntryKind>,
    pub required: bool,
    pub stale_after_ms: Option<i64>,
}

/// What an expression reads, each once, in order of first reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub reads: Vec<Fact>,
    /// Whether it reads or compares money.
    pub money: bool,
    /// Fields whose presence it asks for.
    pub asked: Vec<Field>,
    /// Whether it reads the judged event by `this.`.
    pub this: bool,
}

/// Something read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    Field(Field),
    /// Index among the rule's windows.
    Window(usize),
    /// Index among the rule's parameters.
    Param(usize),
}

impl Facts {
    pub fn read(&mut self, fact: Fact) {
        if !self.reads.contains(&fact) {
            self.reads.push(fact);
        }
    }

    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.reads.iter().filter_map(|f| match f {
            Fact::Field(field) => Some(*field),
            _ => None,
        })
    }

    pub fn windows(&self) -> impl Iterator<Item = usize> {
        self.reads.iter().filter_map(|f| match f {
            Fact::Window(w) => Some(*w),
            _ => None,
        })
    }
}
