//! The layers of settings merged into one table, and the way back from a key to its place.
//!
//! Merging is the `config` crate's work; it keeps no line numbers, so places are looked up in the
//! parsed file when a mistake needs one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use config::{Config, Environment, FileFormat, Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Mistakes, Place};

/// The settings file that is built in: it names every key.
pub const DEFAULTS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../configs/zhamen.toml"
));

const ENV_PREFIX: &str = "ZHAMEN__";

/// Where settings come from, before they are read.
#[derive(Debug, Default)]
pub struct Layers {
    /// A settings file of the user's: path and text.
    pub file: Option<(PathBuf, String)>,
    /// Environment variables; those without the prefix are ignored.
    pub environment: BTreeMap<String, String>,
    /// `--set` flags: key path and text of the value.
    pub flags: Vec<(String, String)>,
}

impl Layers {
    /// Defaults, then the file, then this process's environment, then flags.
    pub fn read(file: Option<&Path>, flags: &[(String, String)]) -> Result<Layers, Mistakes> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(ENV_PREFIX))
            .collect();
        let file = match file {
            None => None,
            Some(path) => Some((path.to_owned(), read_text(path)?)),
        };
        Ok(Layers {
            file,
            environment,
            flags: flags.to_vec(),
        })
    }

    /// The merged table. Fails only where a layer cannot be parsed at all.
    pub fn merge(&self) -> Result<Map<String, Value>, Mistakes> {
        let mut builder = Config::builder();
        builder = builder.add_source(config::File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some((path, text)) = &self.file {
            DeTable::parse(text).map_err(|e| syntax_mistake(path, text, &e))?;
            builder = builder.add_source(config::File::from_str(text, FileFormat::Toml));
        }
        builder = builder.add_source(
            Environment::with_prefix("ZHAMEN")
                .prefix_separator("__")
                .separator("__")
                .source(Some(self.environment.clone().into_iter().collect())),
        );
        let flag_mistake = |e: config::ConfigError, place: Place| {
            Mistakes(vec![Mistake {
                place,
                key: String::new(),
                message: e.to_string(),
            }])
        };
        for (key, value) in &self.flags {
            builder = builder
                .set_override(key, value.as_str())
                .map_err(|e| flag_mistake(e, Place::Flag))?;
        }
        builder
            .build()
            .and_then(|merged| merged.cache.into_table())
            .map_err(|e| flag_mistake(e, Place::Defaults))
    }

    /// The layer that set `key`: the last one that names it or anything below it.
    pub fn place(&self, key: &str) -> Place {
        if self.flags.iter().any(|(name, _)| name == key) {
            return Place::Flag;
        }
        let env_name = |name: &str| {
            let rest = name.strip_prefix(ENV_PREFIX)?;
            let path = rest.to_lowercase().replace("__", ".");
            let below = path
                .strip_prefix(key)
                .is_some_and(|r| r.starts_with('.') || r.is_empty());
            below.then(|| Place::Environment(name.to_owned()))
        };
        if let Some(place) = self.environment.keys().find_map(|name| env_name(name)) {
            return place;
        }
        if let Some((path, text)) = &self.file
            && let Some(span) = find(text, key)
        {
            return Place::File(path.clone(), line_of(text, span.start));
        }
        Place::Defaults
    }
}

/// The text of a file, or the mistake that names it.
pub fn read_text(path: &Path) -> Result<String, Mistakes> {
    std::fs::read_to_string(path).map_err(|e| {
        Mistakes(vec![Mistake {
            place: Place::File(path.to_owned(), 0),
            key: String::new(),
            message: format!("cannot read it: {e}"),
        }])
    })
}

/// A mistake of TOML itself, at its line.
pub fn syntax_mistake(path: &Path, text: &str, error: &toml::de::Error) -> Mistakes {
    let line = error.span().map_or(0, |span| line_of(text, span.start));
    Mistakes(vec![Mistake {
        place: Place::File(path.to_owned(), line),
        key: String::new(),
        message: error.message().to_owned(),
    }])
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

/// Where a file names `key` (`a.b`, `source[1].name`); keys that hold dots themselves match too.
fn find(text: &str, key: &str) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    find_in(table.get_ref(), key)
}

fn find_in(table: &DeTable<'_>, key: &str) -> Option<Range<usize>> {
    table.iter().find_map(|(name, value)| {
        let rest = key.strip_prefix(name.get_ref().as_ref())?;
        if rest.is_empty() {
            return Some(name.span());
        }
        if let Some(rest) = rest.strip_prefix('.') {
            return match value.get_ref() {
                DeValue::Table(inner) => find_in(inner, rest),
                _ => None,
            };
        }
        find_item(value, rest.strip_prefix('[')?)
    })
}

fn find_item(array: &Spanned<DeValue<'_>>, rest: &str) -> Option<Range<usize>> {
    let (index, rest) = rest.split_once(']')?;
    let DeValue::Array(items) = array.get_ref() else {
        return None;
    };
    let item = items.get(index.parse::<usize>().ok()?)?;
    match (rest.strip_prefix('.'), item.get_ref()) {
        (Some(rest), DeValue::Table(inner)) => find_in(inner, rest),
        _ => Some(item.span()),
    }
}
