//! A JSON writer without a tree: it knows commas and escapes, the callers know the contract.

use compact_str::CompactString;
use zhamen_engine::output::{Coordinates, EventName};
use zhamen_engine::rule::Bilingual;
use zhamen_engine::time::{DAY_MS, TimestampMs, civil_from_days};

/// Writes members into an object that the caller opens and closes.
pub(crate) struct Json<'a>(pub &'a mut Vec<u8>);

impl Json<'_> {
    /// A whole document, whatever the bytes before it.
    pub fn document(&mut self, members: impl FnOnce(&mut Json<'_>)) {
        self.0.push(b'{');
        members(self);
        self.0.push(b'}');
    }

    /// An object, as an item of a list or after [`Json::name`].
    pub fn object(&mut self, members: impl FnOnce(&mut Json<'_>)) {
        self.comma();
        self.0.push(b'{');
        members(self);
        self.0.push(b'}');
    }

    /// A list of whatever `items` write.
    pub fn list(&mut self, items: impl FnOnce(&mut Json<'_>)) {
        self.0.push(b'[');
        items(self);
        self.0.push(b']');
    }

    fn comma(&mut self) {
        // A value never ends in an opening bracket or a colon: texts end in a quote.
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }

    /// The name of the member that is written next; a plain word.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.comma();
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        self
    }

    pub fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.extend_from_slice(value.as_bytes());
    }

    pub fn bool(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    pub fn null(&mut self, name: &str) {
        self.raw(name, "null");
    }

    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quoted(value, self.0);
    }

    pub fn opt_text(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.null(name),
        }
    }

    pub fn item(&mut self, value: &str) {
        self.comma();
        quoted(value, self.0);
    }

    pub fn number(&mut self, name: &str, value: i64) {
        self.name(name);
        if value < 0 {
            self.0.push(b'-');
        }
        digits(value.unsigned_abs(), self.0);
    }

    pub fn count(&mut self, name: &str, value: u64) {
        self.name(name);
        digits(value, self.0);
    }

    pub fn opt_count(&mut self, name: &str, value: Option<u64>) {
        match value {
            Some(value) => self.count(name, value),
            None => self.null(name),
        }
    }

    pub fn time(&mut self, name: &str, value: TimestampMs) {
        self.name(name);
        self.0.push(b'"');
        rfc3339(value, self.0);
        self.0.push(b'"');
    }

    pub fn opt_time(&mut self, name: &str, value: Option<TimestampMs>) {
        match value {
            Some(value) => self.time(name, value),
            None => self.null(name),
        }
    }

    pub fn bilingual(&mut self, name: &str, value: &Bilingual) {
        self.name(name).object(|o| {
            o.text("zh", &value.zh);
            o.text("en", &value.en);
        });
    }

    pub fn opt_bilingual(&mut self, name: &str, value: Option<&Bilingual>) {
        match value {
            Some(value) => self.bilingual(name, value),
            None => self.null(name),
        }
    }

    pub fn texts(&mut self, name: &str, values: &[CompactString]) {
        self.name(name).list(|l| {
            for value in values {
                l.item(value);
            }
        });
    }

    /// An object of texts; a name written twice keeps its first value.
    pub fn pairs(&mut self, name: &str, pairs: &[(CompactString, String)]) {
        self.name(name).object(|o| {
            for (i, (name, value)) in pairs.iter().enumerate() {
                if pairs[..i].iter().any(|(before, _)| before == name) {
                    continue;
                }
                o.comma();
                quoted(name, o.0);
                o.0.push(b':');
                quoted(value, o.0);
            }
        });
    }

    pub fn event(&mut self, name: &str, event: &EventName) {
        self.name(name).object(|o| {
            o.opt_text("type", event.kind.map(|k| k.name()));
            o.opt_text("id", event.id.as_deref());
            o.opt_text("source", event.source.as_deref());
        });
    }

    pub fn coordinates(&mut self, name: &str, c: &Coordinates) {
        self.name(name).object(|o| {
            o.number("partition", c.partition.into());
            o.number("offset", c.offset);
            o.count("index", c.index.into());
            o.count("sequence", c.sequence);
        });
    }
}

fn digits(mut n: u64, out: &mut Vec<u8>) {
    let mut text = [0_u8; 20];
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[at..]);
}

/// `2026-11-24T02:15:30.131Z`, as the engine's `rfc3339` and without its allocation.
pub(crate) fn rfc3339(t: TimestampMs, out: &mut Vec<u8>) {
    let ms = t.rem_euclid(DAY_MS);
    let (year, month, day) = civil_from_days(t.div_euclid(DAY_MS));
    if !(0..=9999).contains(&year) {
        out.extend_from_slice(zhamen_engine::time::rfc3339(t).as_bytes());
        return;
    }
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, width: usize, mut n: i64| {
        for i in (at..at + width).rev() {
            text[i] = b'0' + (n % 10) as u8;
            n /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month.into());
    put(8, 2, day.into());
    put(11, 2, ms / 3_600_000);
    put(14, 2, ms / 60_000 % 60);
    put(17, 2, ms / 1_000 % 60);
    put(20, 3, ms % 1_000);
    out.extend_from_slice(&text);
}

/// A text in quotes. Besides what JSON asks for, DEL and the C1 controls are escaped: a terminal
/// that shows a decision must not obey it.
pub(crate) fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let plain = |b: u8| b >= 0x20 && b != b'"' && b != b'\\' && b != 0x7f && b != 0xc2;
    if text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
    } else {
        escaped(text, out);
    }
    out.push(b'"');
}

#[cold]
fn escaped(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            c if c.is_control() => {
                let hex = b"0123456789abcdef";
                let n = c as usize;
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[hex[n >> 4 & 15], hex[n & 15]]);
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_reads_back(text in any::<String>()) {
            let mut out = Vec::new();
            quoted(&text, &mut out);
            let read: String = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(read, text);
            let shown = String::from_utf8(out).unwrap();
            prop_assert!(!shown.chars().any(char::is_control));
        }

        #[test]
        fn times_are_the_engine_s(t in -62_000_000_000_000_i64..253_402_300_799_999) {
            let mut out = Vec::new();
            rfc3339(t, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), zhamen_engine::time::rfc3339(t));
        }

        #[test]
        fn numbers_are_decimal(n in any::<i64>()) {
            let mut out = Vec::new();
            Json(&mut out).object(|o| o.number("n", n));
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("{{\"n\":{n}}}"));
        }
    }
}
