//! Tokens to a tree: precedence climbing with CEL's levels. Nesting is bounded, so that nothing
//! below this file needs to fear a deep tree.

mod value;

use zhamen_engine::rule::{Bilingual, CmpOp, MathOp};

use crate::expr::ast::{Expr, ExprKind, Name, Span};
use crate::expr::lexer::{Token, lex};
use crate::problem::{Syntax, nouns, verbatim};

/// Deepest nesting of an expression.
pub(crate) const MAX_DEPTH: usize = 64;

type Parsed<T = Expr> = Result<T, (Span, Syntax)>;

/// The tree of a line, or its first syntax error.
pub(crate) fn parse(text: &str) -> Parsed {
    let tokens = lex(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    if matches!(parser.peek(), Token::End) {
        return Err((0..text.len(), Syntax::EmptyLine));
    }
    let expr = parser.conditional()?;
    match parser.peek() {
        Token::End => Ok(expr),
        token => Err((
            parser.span(),
            Syntax::Unexpected {
                found: shown(token),
                expected: nouns::OPERATOR_OR_END,
            },
        )),
    }
}

struct Parser<'a> {
    tokens: &'a [(Token, Span)],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// `c ? a : b`, and everything that binds tighter.
    fn conditional(&mut self) -> Parsed {
        self.enter()?;
        let condition = self.or()?;
        let expr = if self.take("?") {
            let yes = self.conditional()?;
            self.expect(":")?;
            let no = self.conditional()?;
            node(
                condition.span.start..no.span.end,
                [condition, yes, no],
                |p| ExprKind::Cond(Box::new(p)),
            )?
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn or(&mut self) -> Parsed {
        let first = self.and()?;
        self.chain(first, "||", Self::and, ExprKind::Or)
    }

    fn and(&mut self) -> Parsed {
        let first = self.comparison()?;
        self.chain(first, "&&", Self::comparison, ExprKind::And)
    }

    fn chain(
        &mut self,
        first: Expr,
        sign: &str,
        next: fn(&mut Self) -> Parsed,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Parsed {
        let mut terms = vec![first];
        while self.take(sign) {
            terms.push(next(self)?);
        }
        if terms.len() == 1 {
            return Ok(terms.remove(0));
        }
        let span = terms[0].span.start..terms[terms.len() - 1].span.end;
        let depth = deepest(&terms, &span)?;
        Ok(Expr {
            kind: kind(terms),
            span,
            depth,
        })
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        let Some(operator) = self.comparison_sign() else {
            return Ok(left);
        };
        self.at += 1;
        let right = self.sum()?;
        if self.comparison_sign().is_some() {
            return Err((self.span(), Syntax::ChainedComparison));
        }
        node(
            left.span.start..right.span.end,
            [left, right],
            |p| match operator {
                Some(op) => ExprKind::Cmp(op, Box::new(p)),
                None => ExprKind::In(Box::new(p)),
            },
        )
    }

    /// `Some(None)`: the word `in`.
    fn comparison_sign(&self) -> Option<Option<CmpOp>> {
        match self.peek() {
            Token::Sign(s) => CmpOp::parse(s).map(Some),
            Token::Name(n) if n == "in" => Some(None),
            _ => None,
        }
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(op) = self.math_sign(&["+", "-"]) {
            let right = self.product()?;
            left = node(left.span.start..right.span.end, [left, right], |p| {
                ExprKind::Math(op, Box::new(p))
            })?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.unary()?;
        while let Some(op) = self.math_sign(&["*", "/", "%"]) {
            let right = self.unary()?;
            left = node(left.span.start..right.span.end, [left, right], |p| {
                ExprKind::Math(op, Box::new(p))
            })?;
        }
        Ok(left)
    }

    fn math_sign(&mut self, signs: &[&str]) -> Option<MathOp> {
        let Token::Sign(s) = self.peek() else {
            return None;
        };
        let op = MathOp::parse(s).filter(|_| signs.contains(s))?;
        self.at += 1;
        Some(op)
    }

    fn unary(&mut self) -> Parsed {
        let start = self.span().start;
        let kind = if self.take("!") {
            ExprKind::Not
        } else if self.take("-") {
            ExprKind::Neg
        } else {
            return self.postfix();
        };
        self.enter()?;
        let inner = self.unary()?;
        self.depth -= 1;
        node(start..inner.span.end, [inner], |[e]| kind(Box::new(e)))
    }

    fn name(&mut self) -> Parsed<Name> {
        let span = self.span();
        match self.peek() {
            Token::Name(text) => {
                let text = text.clone();
                self.at += 1;
                Ok(Name { text, span })
            }
            other => Err((
                span,
                Syntax::Unexpected {
                    found: shown(other),
                    expected: nouns::NAME_AFTER_DOT,
                },
            )),
        }
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        bounded(self.depth, &self.span())
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at.min(self.tokens.len() - 1)].1.clone()
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(s) if *s == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Parsed<()> {
        if self.take(sign) {
            return Ok(());
        }
        Err((
            self.span(),
            Syntax::Unexpected {
                found: shown(self.peek()),
                expected: match sign {
                    ")" => nouns::ROUND_CLOSE,
                    "]" => nouns::SQUARE_CLOSE,
                    "(" => nouns::ROUND_OPEN,
                    _ => nouns::COLON,
                },
            },
        ))
    }
}

fn node<const N: usize>(
    span: Span,
    parts: [Expr; N],
    kind: impl FnOnce([Expr; N]) -> ExprKind,
) -> Parsed {
    let depth = deepest(&parts, &span)?;
    Ok(Expr {
        kind: kind(parts),
        span,
        depth,
    })
}

fn deepest(parts: &[Expr], span: &Span) -> Parsed<usize> {
    let depth = parts.iter().map(|e| e.depth).max().unwrap_or(0) + 1;
    bounded(depth, span)?;
    Ok(depth)
}

fn bounded(depth: usize, span: &Span) -> Parsed<()> {
    if depth > MAX_DEPTH {
        return Err((span.clone(), Syntax::TooDeep));
    }
    Ok(())
}

fn shown(token: &Token) -> Bilingual {
    match token {
        Token::Int(t) | Token::Decimal(t) | Token::Name(t) => verbatim(format!("`{t}`")),
        Token::Text(_) => nouns::TEXT.into(),
        Token::Sign(s) => verbatim(format!("`{s}`")),
        Token::End => nouns::END_OF_LINE.into(),
    }
}
