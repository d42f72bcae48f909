//! Texts that key state, as dense numbers: accounts, holders, devices, banks.
//!
//! A symbol is never given back; what bounds the table is the number of distinct keys a shard
//! ever sees (see ARCHITECTURE.md, bounds).

use compact_str::CompactString;
use hashbrown::HashTable;

use crate::hash::text_hash;

/// A text that keys state.
pub type Sym = u32;

/// No text.
pub const NO_SYM: Sym = u32::MAX;

/// Text to symbol and back.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    texts: Vec<CompactString>,
    table: HashTable<Sym>,
}

impl Symbols {
    /// The symbol of a text, new or known.
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = text_hash(text);
        let texts = &mut self.texts;
        let entry = self.table.entry(
            hash,
            |s| texts[*s as usize] == text,
            |s| text_hash(&texts[*s as usize]),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(e) => *e.get(),
            hashbrown::hash_table::Entry::Vacant(e) => {
                let sym = texts.len() as Sym;
                assert!(sym < NO_SYM, "symbol table full");
                e.insert(sym);
                texts.push(CompactString::new(text));
                sym
            }
        }
    }

    /// The symbol of a text seen before.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.table
            .find(text_hash(text), |s| self.texts[*s as usize] == text)
            .copied()
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
            table: HashTable::with_capacity(texts.len()),
        };
        for text in &texts {
            symbols.intern(text);
        }
        symbols
    }
}
