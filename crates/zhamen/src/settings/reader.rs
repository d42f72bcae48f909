//! Typed reading of one table of the merged settings: what is wrong is noted and reading goes on,
//! so that one run tells all mistakes. Keys nobody asked for are unknown.

use std::collections::BTreeSet;

use config::{Map, Value, ValueKind};
use zhamen_engine::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

use super::layers::Layers;
use super::mistake::Mistake;

/// Reads one table. Every getter returns a harmless value beside the mistake it notes.
pub struct Reader<'a> {
    table: Map<String, Value>,
    path: String,
    asked: BTreeSet<&'static str>,
    layers: &'a Layers,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// A reader of `table`, which stands at `path` (empty: the root).
    pub fn new(
        table: Map<String, Value>,
        path: String,
        layers: &'a Layers,
        mistakes: &'a mut Vec<Mistake>,
    ) -> Reader<'a> {
        Reader {
            table,
            path,
            asked: BTreeSet::new(),
            layers,
            mistakes,
        }
    }

    fn key_path(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    /// Notes a mistake in one of this table's keys.
    pub fn wrong(&mut self, key: &str, message: impl Into<String>) {
        let key = self.key_path(key);
        self.mistakes.push(Mistake {
            place: self.layers.place(&key),
            key,
            message: message.into(),
        });
    }

    fn take(&mut self, key: &'static str) -> Option<ValueKind> {
        self.asked.insert(key);
        self.table
            .remove(key)
            .map(|v| v.kind)
            .filter(|k| !matches!(k, ValueKind::Nil))
    }

    /// A text; absent or of another type: empty.
    pub fn text(&mut self, key: &'static str) -> String {
        match self.take(key) {
            None => String::new(),
            Some(ValueKind::String(text)) => text,
            Some(_) => {
                self.wrong(key, "must be a text");
                String::new()
            }
        }
    }

    /// A text, `None` where empty.
    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// A text that may not be empty.
    pub fn required_text(&mut self, key: &'static str) -> String {
        let before = self.mistakes.len();
        let text = self.text(key);
        if text.is_empty() && self.mistakes.len() == before {
            self.wrong(key, "is missing");
        }
        text
    }

    /// One of a closed set of names.
    pub fn choice<T>(
        &mut self,
        key: &'static str,
        names: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key);
        let chosen = parse(&text);
        if chosen.is_none() {
            self.wrong(key, format!("must be one of {names}"));
        }
        chosen
    }

    /// A truth value; in the environment `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> bool {
        match self.take(key) {
            Some(ValueKind::Boolean(value)) => value,
            Some(ValueKind::String(text)) if text == "true" || text == "false" => text == "true",
            _ => {
                self.wrong(key, "must be true or false");
                false
            }
        }
    }

    /// A whole number within bounds.
    pub fn number(&mut self, key: &'static str, min: i64, max: i64) -> i64 {
        let number = match self.take(key) {
            Some(ValueKind::I64(n)) => Some(n),
            Some(ValueKind::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        match number {
            Some(n) if (min..=max).contains(&n) => n,
            _ => {
                self.wrong(
                    key,
                    format!("must be a whole number from {min} to {max}, both included"),
                );
                min
            }
        }
    }

    /// A duration in milliseconds, at least `min_ms`.
    pub fn duration(&mut self, key: &'static str, min_ms: i64) -> i64 {
        let ms = match self.take(key) {
            Some(ValueKind::String(text)) => parse_duration(&text),
            _ => None,
        };
        match ms {
            Some(ms) if ms >= min_ms => ms,
            Some(_) => {
                let least = zhamen_engine::time::duration_text(min_ms);
                self.wrong(key, format!("must be at least {least}"));
                min_ms
            }
            None => {
                self.wrong(
                    key,
                    "must be a duration such as \"500ms\", \"5s\", \"30m\", \"1h30m\" or \"7d\"",
                );
                min_ms
            }
        }
    }

    /// A list of texts, or one text with commas; `None` where the key is absent.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let texts: Option<Vec<String>> = match self.take(key)? {
            ValueKind::String(text) if text.trim().is_empty() => Some(Vec::new()),
            ValueKind::String(text) => {
                Some(text.split(',').map(|item| item.trim().to_owned()).collect())
            }
            ValueKind::Array(items) => items
                .into_iter()
                .map(|item| match item.kind {
                    ValueKind::String(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        if texts.is_none() {
            self.wrong(key, "must be a list of texts");
        }
        Some(texts.unwrap_or_default())
    }

    /// A table of any keys, its values as texts.
    pub fn any(&mut self, key: &'static str) -> Vec<(String, String)> {
        let table = match self.take(key) {
            None => return Vec::new(),
            Some(ValueKind::Table(table)) => table,
            Some(_) => {
                self.wrong(key, "must be a table");
                return Vec::new();
            }
        };
        let mut pairs = Vec::new();
        let mut keys: Vec<String> = table.keys().cloned().collect();
        keys.sort();
        for name in keys {
            match table[&name].clone().into_string() {
                Ok(text) => pairs.push((name, text)),
                Err(_) => self.wrong(&format!("{key}.{name}"), "must be a text or a number"),
            }
        }
        pairs
    }

    /// A table of known keys, read by `read`.
    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let table = match self.take(key) {
            Some(ValueKind::Table(table)) => table,
            None => Map::new(),
            Some(_) => {
                self.wrong(key, format!("must be a table: [{}]", self.key_path(key)));
                // Reading an empty table would blame every key in it.
                let mut unheard = Vec::new();
                return read(&mut Reader::new(
                    Map::new(),
                    self.key_path(key),
                    self.layers,
                    &mut unheard,
                ));
            }
        };
        let path = self.key_path(key);
        let mut inner = Reader::new(table, path, self.layers, self.mistakes);
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// A list of tables of known keys, each read by `read`.
    pub fn tables<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Reader<'_>) -> T,
    ) -> Vec<T> {
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(ValueKind::Array(items)) => items,
            Some(_) => {
                self.wrong(
                    key,
                    format!("must be a list of tables: [[{}]]", self.key_path(key)),
                );
                return Vec::new();
            }
        };
        let mut values = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let ValueKind::Table(table) = item.kind else {
                self.wrong(&format!("{key}[{index}]"), "must be a table");
                continue;
            };
            let path = format!("{}[{index}]", self.key_path(key));
            let mut inner = Reader::new(table, path, self.layers, self.mistakes);
            values.push(read(&mut inner));
            inner.finish();
        }
        values
    }

    /// Notes every key that nobody asked for.
    pub fn finish(mut self) {
        let mut unknown: Vec<String> = self.table.keys().cloned().collect();
        unknown.sort();
        for key in unknown {
            let near = self
                .asked
                .iter()
                .map(|known| (strsim::osa_distance(known, &key), known))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            let message = match near {
                Some((_, known)) => format!("unknown key; did you mean {known}?"),
                None => "unknown key".to_owned(),
            };
            self.wrong(&key, message);
        }
    }
}

/// `500ms`, `5s`, `30m`, `1h30m`, `48h`, `7d` in milliseconds.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit_ms = match unit {
            "ms" => 1,
            "s" => SECOND_MS,
            "m" => MINUTE_MS,
            "h" => HOUR_MS,
            "d" => DAY_MS,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        total = total.checked_add(number.checked_mul(unit_ms)?)?;
        rest = tail;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases = [
            ("5s", Some(5_000)),
            ("1h30m", Some(5_400_000)),
            ("500ms", Some(500)),
            ("7d", Some(604_800_000)),
            ("0s", Some(0)),
            ("", None),
            ("5", None),
            ("5 s", None),
            ("-5s", None),
            ("1w", None),
            ("99999999999999999999d", None),
            ("9999999999999d", None),
        ];
        for (text, ms) in cases {
            assert_eq!(parse_duration(text), ms, "{text:?}");
        }
    }
}
