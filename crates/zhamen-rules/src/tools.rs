//! Tools for the people who write rules, over the same files and the same compiler: each file here
//! is one command of `zhamen rules` as a pure function from texts to texts.

pub mod coverage;
pub mod diff;
pub mod explain;
pub mod graph;
pub mod reference;
pub mod schema;
pub mod templates;
pub mod weigh;
pub mod words;

mod labels;

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
}
