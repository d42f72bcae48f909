//! Splits a line into tokens. Slips that people make with an input method or from other languages
//! (full-width signs, `=`, `and`) are named as such.

use crate::expr::ast::Span;
use crate::problem::Syntax;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Int(String),
    Decimal(String),
    Text(String),
    Name(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Signs, longest first.
const SIGNS: [&str; 23] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")",
    "[", "]", ",", ".", "=",
];

/// Signs of other habits and what is meant.
const SLIPS: [(&str, &str); 25] = [
    ("（", "("),
    ("）", ")"),
    ("，", ","),
    ("。", "."),
    ("．", "."),
    ("：", ":"),
    ("？", "?"),
    ("！", "!"),
    ("＝", "=="),
    ("＞", ">"),
    ("＜", "<"),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
    ("×", "*"),
    ("÷", "/"),
    ("＋", "+"),
    ("－", "-"),
    ("“", "\\\""),
    ("”", "\\\""),
    ("‘", "'"),
    ("’", "'"),
    ("％", "%"),
    ("&", "&&"),
    ("|", "||"),
];

/// All tokens with their places, the last one being [`Token::End`].
pub(crate) fn lex(text: &str) -> Result<Vec<(Token, Span)>, (Span, Syntax)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_ascii_whitespace() || c == '\u{3000}' {
            at += c.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (token, length) = if c.is_ascii_digit() {
            number(rest, at)?
        } else if c == '"' || c == '\'' {
            quoted(rest, at)?
        } else if c == 'r' && (rest[1..].starts_with('"') || rest[1..].starts_with('\'')) {
            raw(rest, at)?
        } else if c.is_ascii_alphabetic() || c == '_' {
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            word(&rest[..length], at)?
        } else {
            sign(rest, at)?
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    tokens.push((Token::End, text.len()..text.len()));
    Ok(tokens)
}

fn sign(rest: &str, at: usize) -> Result<(Token, usize), (Span, Syntax)> {
    if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
        if *sign == "=" {
            return Err((at..at + 1, slip("=", "==")));
        }
        return Ok((Token::Sign(sign), sign.len()));
    }
    if let Some((found, meant)) = SLIPS.iter().find(|(s, _)| rest.starts_with(s)) {
        return Err((at..at + found.len(), slip(found, meant)));
    }
    let c = rest.chars().next().unwrap_or_default();
    let problem = match c {
        ';' | '；' => Syntax::Semicolon(c.to_string()),
        _ => Syntax::StrangeCharacter(c),
    };
    Err((at..at + c.len_utf8(), problem))
}

fn slip(found: &str, meant: &str) -> Syntax {
    Syntax::Slip {
        found: found.to_owned(),
        meant: meant.to_owned(),
    }
}

fn word(word: &str, at: usize) -> Result<(Token, usize), (Span, Syntax)> {
    let meant = match word {
        "and" | "AND" => "&&",
        "or" | "OR" => "||",
        "not" | "NOT" => "!",
        "True" | "TRUE" => "true",
        "False" | "FALSE" => "false",
        _ => return Ok((Token::Name(word.to_owned()), word.len())),
    };
    Err((at..at + word.len(), slip(word, meant)))
}

/// Digits, `_` between them, and a fraction.
fn number(rest: &str, at: usize) -> Result<(Token, usize), (Span, Syntax)> {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit() && c != '_')
            .unwrap_or(text.len())
    };
    let mut length = digits(rest);
    let mut decimal = false;
    let fraction = &rest[length..];
    if fraction.starts_with('.') && fraction[1..].starts_with(|c: char| c.is_ascii_digit()) {
        decimal = true;
        length += 1 + digits(&fraction[1..]);
    }
    // `90s`, `1e5`, `0x10`, `10万`.
    let tail = rest[length..]
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len() - length);
    if tail > 0 {
        let written = rest[..length + tail].to_owned();
        return Err((at..at + length + tail, Syntax::BadNumber { written }));
    }
    let text = rest[..length].replace('_', "");
    let token = if decimal {
        Token::Decimal(text)
    } else {
        Token::Int(text)
    };
    Ok((token, length))
}

/// A text in quotes with CEL's escapes.
fn quoted(rest: &str, at: usize) -> Result<(Token, usize), (Span, Syntax)> {
    let quote = rest.chars().next().unwrap_or('"');
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        if c == quote {
            return Ok((Token::Text(text), i + 1));
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some((_, e @ ('\\' | '"' | '\'' | '?' | '`'))) => text.push(e),
            Some((_, 'n')) => text.push('\n'),
            Some((_, 'r')) => text.push('\r'),
            Some((_, 't')) => text.push('\t'),
            Some((end, other)) => {
                return Err((
                    at + i..at + end + other.len_utf8(),
                    Syntax::BadEscape(other),
                ));
            }
            None => break,
        }
    }
    Err((at..at + rest.len(), Syntax::OpenText))
}

/// `r"…"`: backslashes stand for themselves.
fn raw(rest: &str, at: usize) -> Result<(Token, usize), (Span, Syntax)> {
    let quote = &rest[1..2];
    match rest[2..].find(quote) {
        Some(length) => Ok((Token::Text(rest[2..2 + length].to_owned()), length + 3)),
        None => Err((at..at + rest.len(), Syntax::OpenText)),
    }
}
