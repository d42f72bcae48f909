//! What stands between two pieces of a TOML file: white space and comments.

/// The white space and comments between two pieces.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gap<'t> {
    /// There is a line break in it.
    pub breaks: bool,
    /// The comment on the line of the piece before.
    pub same_line: Option<&'t str>,
    /// Comments on lines of their own; `None`: an empty line.
    pub lines: Vec<Option<&'t str>>,
}

impl<'t> Gap<'t> {
    /// What stands above a piece that begins a line.
    pub fn above(texts: [&'t str; 2]) -> Gap<'t> {
        let mut gap = Gap::default();
        for text in texts {
            let mut lines = text.split('\n').peekable();
            while let Some(line) = lines.next() {
                let comment = Some(line.trim()).filter(|c| !c.is_empty());
                if comment.is_some() || lines.peek().is_some() {
                    gap.lines.push(comment);
                }
            }
        }
        gap
    }

    /// What stands behind a piece that ends a line.
    pub fn behind(text: &'t str) -> Gap<'t> {
        Gap {
            same_line: Some(text.trim()).filter(|c| !c.is_empty()),
            ..Gap::default()
        }
    }

    /// The gaps before, between and after items with these texts before and after each. Empty lines
    /// do not count.
    pub fn between(before: Vec<&'t str>, after: Vec<&'t str>, trailing: &'t str) -> Vec<Gap<'t>> {
        let before = before.into_iter().chain([trailing]);
        let after = [""].into_iter().chain(after);
        after
            .zip(before)
            .map(|(a, b)| Gap::inside([a, b]))
            .collect()
    }

    fn inside(texts: [&'t str; 2]) -> Gap<'t> {
        let mut gap = Gap::default();
        for text in texts {
            for (i, line) in text.split('\n').enumerate() {
                gap.breaks |= i > 0;
                match line.trim() {
                    "" => {}
                    comment if !gap.breaks => gap.same_line = Some(comment),
                    comment => gap.lines.push(Some(comment)),
                }
            }
        }
        gap
    }

    /// Nothing but white space.
    pub fn is_silent(&self) -> bool {
        self.same_line.is_none() && self.lines.iter().all(Option::is_none)
    }
}

/// The comments of a TOML file as they are written, in order.
#[must_use]
pub fn comments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['#', '"', '\'']) {
        rest = &rest[at..];
        if rest.starts_with('#') {
            let (comment, after) = rest.split_at(rest.find('\n').unwrap_or(rest.len()));
            found.push(comment.trim_end());
            rest = after;
        } else {
            rest = after_text(rest);
        }
    }
    found
}

/// What follows the text in quotes that `rest` begins with.
fn after_text(rest: &str) -> &str {
    let quote = &rest[..1];
    let triple = quote.repeat(3);
    let (mut at, end) = match rest.starts_with(&triple) {
        true => (3, triple.as_str()),
        false => (1, quote),
    };
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with(end) {
            at += end.len();
            // Up to two more quotes belong to a text that ends with them.
            while end.len() == 3 && rest[at..].starts_with(quote) {
                at += 1;
            }
            return &rest[at..];
        }
        let mut chars = here.chars();
        let escaped = chars.next() == Some('\\') && quote == "\"";
        at += match (escaped, here.chars().nth(1)) {
            (true, Some(c)) => 1 + c.len_utf8(),
            _ => here.chars().next().map_or(1, char::len_utf8),
        };
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn a_sign_in_a_text_begins_no_comment() {
        let text = "a = \"# no \\\" #\" # 一\nb = '# no \\' # 二\nc = \"\"\"\n# no \"# \"\"\"\"\" # 三\nd = 1";
        assert_eq!(comments(text), ["# 一", "# 二", "# 三"]);
    }
}
