//! One JSON object written straight into a `String`, commas and escapes included. Deliberately no tree and no
//! serde: the load generator needs the processor for the engine, not for its own input.

use std::fmt::Write as _;

/// A JSON object under construction; [`Json::finish`] closes the outermost brace.
pub(crate) struct Json {
    text: String,
}

impl Json {
    /// Starts an object; `capacity` is a guess in bytes.
    pub(crate) fn new(capacity: usize) -> Json {
        let mut text = String::with_capacity(capacity);
        text.push('{');
        Json { text }
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    pub(crate) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Json)) {
        self.key(key);
        self.text.push('{');
        fill(self);
        self.text.push('}');
    }

    /// An array; every element is begun by [`Json::element`] or [`Json::item`].
    pub(crate) fn array(&mut self, key: &str, fill: impl FnOnce(&mut Json)) {
        self.key(key);
        self.text.push('[');
        fill(self);
        self.text.push(']');
    }

    /// An object as an element of an array.
    pub(crate) fn element(&mut self, fill: impl FnOnce(&mut Json)) {
        self.comma();
        self.text.push('{');
        fill(self);
        self.text.push('}');
    }

    /// A text as an element of an array.
    pub(crate) fn item(&mut self, value: &str) {
        self.comma();
        self.text.push('"');
        escape(&mut self.text, value);
        self.text.push('"');
    }

    pub(crate) fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        self.text.push('"');
        escape(&mut self.text, value);
        self.text.push('"');
    }

    /// A text composed in place by `write`, which must produce nothing that needs an escape.
    pub(crate) fn composed(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        self.key(key);
        self.text.push('"');
        write(&mut self.text);
        self.text.push('"');
    }

    pub(crate) fn integer(&mut self, key: &str, value: i64) {
        self.key(key);
        write!(self.text, "{value}").expect("writing to a String does not fail");
    }

    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.text.push_str(if value { "true" } else { "false" });
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
    }

    /// Every value ends in a quote, a digit or a bracket of its own, so an opening bracket means "first".
    fn comma(&mut self) {
        if !matches!(self.text.as_bytes().last(), Some(b'{' | b'[')) {
            self.text.push(',');
        }
    }
}

fn escape(text: &mut String, value: &str) {
    if !value.bytes().any(|b| b == b'"' || b == b'\\' || b < 0x20) {
        text.push_str(value);
        return;
    }
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if c < ' ' => {
                write!(text, "\\u{:04x}", c as u32).expect("writing to a String does not fail");
            }
            c => text.push(c),
        }
    }
}

/// Appends `value` in decimal, with leading zeros up to `width`.
pub(crate) fn push_digits(text: &mut String, mut value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while value > 0 {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    at = at.min(digits.len() - width);
    text.push_str(std::str::from_utf8(&digits[at..]).expect("ASCII digits are UTF-8"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_arrays_and_escapes_parse_back() {
        let mut json = Json::new(64);
        json.string("plain", "张三");
        json.object("inner", |j| {
            j.string("odd", "a\"b\\c\n\u{1}");
            j.integer("n", -3);
        });
        json.array("list", |j| {
            j.item("x");
            j.element(|j| j.boolean("signed", true));
        });
        let parsed: serde_json::Value = serde_json::from_str(&json.finish()).expect("valid JSON");
        assert_eq!(
            parsed,
            serde_json::json!({"plain": "张三", "inner": {"odd": "a\"b\\c\n\u{1}", "n": -3}, "list": ["x", {"signed": true}]})
        );
    }

    #[test]
    fn digits_keep_their_width() {
        let mut text = String::new();
        push_digits(&mut text, 42, 6);
        push_digits(&mut text, 0, 1);
        push_digits(&mut text, 1_234_567, 3);
        assert_eq!(text, "00004201234567");
    }
}
