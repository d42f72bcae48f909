//! Values of an expression: constants, names, calls, brackets and lists.

use zhamen_engine::money::Dec;

use crate::expr::ast::{Expr, ExprKind, Name};
use crate::expr::lexer::Token;
use crate::expr::parser::{Parsed, Parser, bounded, deepest, shown};
use crate::problem::{Syntax, nouns, verbatim};

impl Parser<'_> {
    /// A primary followed by methods.
    pub(super) fn postfix(&mut self) -> Parsed {
        let mut expr = self.primary()?;
        loop {
            if self.take(".") {
                let name = self.name()?;
                expr = self.method(expr, name)?;
            } else if self.is("(") {
                // Only a name can be called, and `primary` takes those.
                return Err((self.span(), Syntax::NotCallable));
            } else {
                return Ok(expr);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let span = self.span();
        let token = self.peek().clone();
        self.at += 1;
        let leaf = |kind| {
            Ok(Expr {
                kind,
                span: span.clone(),
                depth: 1,
            })
        };
        match token {
            Token::Int(digits) => match digits.parse() {
                Ok(n) => leaf(ExprKind::Int(n)),
                Err(_) => Err((span, Syntax::NumberTooLarge)),
            },
            Token::Decimal(text) => match Dec::parse(&text) {
                Some(d) => leaf(ExprKind::Dec(d)),
                None => Err((span, Syntax::NumberTooLarge)),
            },
            Token::Text(text) => leaf(ExprKind::Text(text)),
            Token::Name(n) if n == "true" || n == "false" => leaf(ExprKind::Bool(n == "true")),
            Token::Name(n) if n != "in" => self.path(Name { text: n, span }),
            Token::Sign("(") => {
                let mut inner = self.conditional()?;
                self.expect(")")?;
                inner.span = span.start..self.tokens[self.at - 1].1.end;
                Ok(inner)
            }
            Token::Sign("[") => {
                let items = self.items("]")?;
                let span = span.start..self.tokens[self.at - 1].1.end;
                let depth = deepest(&items, &span)?;
                Ok(Expr {
                    kind: ExprKind::List(items),
                    span,
                    depth,
                })
            }
            other => {
                self.at -= 1;
                Err((
                    span,
                    Syntax::Unexpected {
                        found: shown(&other),
                        expected: nouns::A_VALUE,
                    },
                ))
            }
        }
    }

    /// A dotted name, a function call, or a method call on a dotted name.
    fn path(&mut self, first: Name) -> Parsed {
        if self.is("(") {
            return self.call(None, first);
        }
        let start = first.span.start;
        let mut path = vec![first];
        while self.is(".") && matches!(self.tokens.get(self.at + 1), Some((Token::Name(_), _))) {
            self.at += 1;
            let name = self.name()?;
            if self.is("(") {
                let span = start..path[path.len() - 1].span.end;
                let target = Expr {
                    kind: ExprKind::Path(path),
                    span,
                    depth: 1,
                };
                return self.method(target, name);
            }
            path.push(name);
            if path.len() == 2 && path[0].text == "list" {
                self.hyphenated(&mut path[1]);
            }
        }
        let span = start..path[path.len() - 1].span.end;
        Ok(Expr {
            kind: ExprKind::Path(path),
            span,
            depth: 1,
        })
    }

    /// Names of lists may hold hyphens: `list.abnormal-accounts`.
    fn hyphenated(&mut self, name: &mut Name) {
        while let (Some((Token::Sign("-"), hyphen)), Some((Token::Name(part), span))) =
            (self.tokens.get(self.at), self.tokens.get(self.at + 1))
        {
            if hyphen.start != name.span.end || span.start != hyphen.end {
                break;
            }
            name.text = format!("{}-{part}", name.text);
            name.span.end = span.end;
            self.at += 2;
        }
    }

    fn method(&mut self, target: Expr, name: Name) -> Parsed {
        if !self.is("(") {
            return Err((
                name.span,
                Syntax::Unexpected {
                    found: verbatim(format!("`.{}`", name.text)),
                    expected: nouns::CALL_AFTER_VALUE,
                },
            ));
        }
        self.call(Some(Box::new(target)), name)
    }

    fn call(&mut self, target: Option<Box<Expr>>, name: Name) -> Parsed {
        self.expect("(")?;
        let args = self.items(")")?;
        let start = target.as_ref().map_or(name.span.start, |t| t.span.start);
        let span = start..self.tokens[self.at - 1].1.end;
        let depth = deepest(&args, &span)?.max(target.as_ref().map_or(0, |t| t.depth + 1));
        bounded(depth, &span)?;
        Ok(Expr {
            kind: ExprKind::Call { target, name, args },
            span,
            depth,
        })
    }

    /// Values between commas up to a closing bracket, which is taken.
    fn items(&mut self, close: &'static str) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.conditional()?);
            if !self.take(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }
}
