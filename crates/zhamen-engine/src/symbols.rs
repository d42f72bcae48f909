//! Texts that key state, as dense numbers: accounts, holders, devices, banks.
//!
//! An event's own texts are looked up once: [`EventSymbols`] remembers them while it is handled.
//! A symbol is never given back; what bounds the table is the number of distinct keys a shard
//! ever sees (see ARCHITECTURE.md, bounds).

use std::cell::Cell;

use compact_str::CompactString;

use crate::event::Field;
use crate::hash::text_hash;
use crate::table::Table;

/// A text that keys state.
pub type Sym = u32;

/// No text.
pub const NO_SYM: Sym = u32::MAX;

/// Text to symbol and back.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    texts: Vec<CompactString>,
    table: Table,
}

impl Symbols {
    /// The symbol of a text, new or known.
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = text_hash(text);
        if let Some(sym) = self.table.find(hash, |s| self.is(s, text)) {
            return sym;
        }
        let sym = self.texts.len() as Sym;
        assert!(sym < NO_SYM, "symbol table full");
        self.table.insert(hash, sym);
        self.texts.push(CompactString::new(text));
        sym
    }

    /// The symbol of a text seen before.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.table.find(text_hash(text), |s| self.is(s, text))
    }

    /// What the symbol of a text may be, without looking at texts.
    pub(crate) fn likely(&self, text: &str) -> Option<Sym> {
        self.table.likely(text_hash(text))
    }

    /// Whether a symbol is of this text.
    pub(crate) fn is(&self, sym: Sym, text: &str) -> bool {
        self.texts[sym as usize] == text
    }

    /// Bytes of the table and of the texts' own words, an estimate from capacities.
    pub(crate) fn bytes(&self) -> usize {
        self.texts.capacity() * size_of::<CompactString>() + self.table.bytes()
    }

    /// The text of a symbol.
    #[must_use]
    pub fn text(&self, sym: Sym) -> &str {
        &self.texts[sym as usize]
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// All texts in order of first sight.
    #[must_use]
    pub fn texts(&self) -> &[CompactString] {
        &self.texts
    }

    /// The table whose texts these are, in the same order.
    #[must_use]
    pub fn from_texts(texts: Vec<CompactString>) -> Symbols {
        let mut symbols = Symbols {
            texts: Vec::with_capacity(texts.len()),
            table: Table::with_capacity(texts.len()),
        };
        for text in &texts {
            symbols.intern(text);
        }
        symbols
    }
}

/// Symbols of the texts of one event, by field.
#[derive(Debug, Clone)]
pub struct EventSymbols {
    generation: u32,
    seen: Vec<Cell<(u32, Sym)>>,
    /// What was looked up ahead, by field; good only where the text is the same.
    guesses: Vec<(Field, Sym)>,
}

impl Default for EventSymbols {
    fn default() -> EventSymbols {
        EventSymbols {
            generation: 1,
            seen: vec![Cell::new((0, NO_SYM)); Field::ALL.len()],
            guesses: Vec::new(),
        }
    }
}

impl EventSymbols {
    /// Forgets the last event; `guesses` are of the next.
    pub(crate) fn next(&mut self, guesses: &[(Field, Sym)]) {
        self.clear();
        self.guesses.clear();
        self.guesses.extend_from_slice(guesses);
    }

    /// Forgets the last event.
    pub fn clear(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            *self = EventSymbols::default();
        }
    }

    /// The symbol of a field's text, if the text is known.
    pub fn find(&self, field: Field, text: &str, symbols: &Symbols) -> Option<Sym> {
        self.remembered(field, text, symbols)
            .or_else(|| self.remember(field, symbols.find(text)?))
    }

    /// The symbol of a field's text, new or known.
    pub fn intern(&self, field: Field, text: &str, symbols: &mut Symbols) -> Sym {
        match self.remembered(field, text, symbols) {
            Some(sym) => sym,
            None => {
                let sym = symbols.intern(text);
                self.remember(field, sym);
                sym
            }
        }
    }

    fn remembered(&self, field: Field, text: &str, symbols: &Symbols) -> Option<Sym> {
        let (generation, sym) = self.seen[field as usize].get();
        if generation == self.generation {
            return Some(sym);
        }
        let guess = self.guesses.iter().find(|(f, _)| *f == field);
        let (_, sym) = guess.filter(|(_, s)| symbols.is(*s, text))?;
        self.remember(field, *sym)
    }

    fn remember(&self, field: Field, sym: Sym) -> Option<Sym> {
        self.seen[field as usize].set((self.generation, sym));
        Some(sym)
    }
}
