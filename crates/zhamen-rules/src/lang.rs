//! The two languages of texts for people. Codes, keys and JSON names are the same in both.

use zhamen_engine::rule::Bilingual;

/// Language of texts for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    /// One of two texts.
    #[must_use]
    pub fn pick<'t>(self, zh: &'t str, en: &'t str) -> &'t str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A text in this language.
    #[must_use]
    pub fn of(self, text: &Bilingual) -> &str {
        self.pick(&text.zh, &text.en)
    }
}
