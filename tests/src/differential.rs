//! Generated expressions in our words and in those of two other products: the `cel` crate for whole
//! numbers, texts and logic, `zen-expression` for decimals. The tests that compare are under
//! `tests/it/differential.rs`.
//!
//! Where the languages differ by design the generator keeps away, each time for a reason:
//!
//! | not generated | because |
//! |---|---|
//! | an order of texts or of truths | the checker refuses it (`text-order`, `bool-order` of the CEL cases) |
//! | `+` on texts, conversions, macros, indexing | not in the language |
//! | whole numbers beside decimals in CEL | a `double` there, exact here |
//! | the least whole number, exponents, most escapes | cannot be written here |
//! | a dividend and divisor of whole numbers beside decimals | truncates here, as in CEL; exact in zen |
//! | a quotient anywhere but outermost in zen | rounded half to even at 6 decimals here, at 28 digits there; the outermost is rounded by the test |
//! | decimals of more than 3 places, products of more than 3 factors | 28 digits are all zen has |
//! | a remainder whose divisor is 0 in zen | an error here, nothing at all there |
//!
//! A constant part that cannot be computed is refused by the checker wherever it stands, also where
//! `&&` or `||` would absorb it: such lines are counted apart and not compared.

use proptest::prelude::*;
use proptest::sample::select;

/// A dialect to write an expression in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dialect {
    Ours,
    Cel,
    Zen,
}

/// An expression.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Expr {
    /// Written the same everywhere.
    Literal(String),
    /// What differs in name: ours, CEL's and zen's.
    Named([&'static str; 3]),
    Text(&'static str),
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    Method(&'static str, Box<Expr>, Box<Expr>),
    Size(Box<Expr>),
    In(Box<Expr>, Vec<&'static str>),
    /// `abs(x)`
    Abs(Box<Expr>),
    /// `min` or `max` of two.
    Most(&'static str, Box<Expr>, Box<Expr>),
}

impl Expr {
    /// As it is written in a dialect.
    #[must_use]
    pub fn write(&self, d: Dialect) -> String {
        let w = |e: &Expr| e.write(d);
        match self {
            Expr::Literal(text) => text.clone(),
            Expr::Named(names) => names[d as usize].to_owned(),
            Expr::Text(text) => format!("'{text}'"),
            Expr::Unary("!", e) if d == Dialect::Zen => format!("(not ({}))", w(e)),
            // Two signs in a row are one sign elsewhere.
            Expr::Unary(op, e) => format!("{op}({})", w(e)),
            Expr::Binary(op, a, b) => {
                let op = match (d, *op) {
                    (Dialect::Zen, "&&") => "and",
                    (Dialect::Zen, "||") => "or",
                    (_, op) => op,
                };
                format!("({} {op} {})", w(a), w(b))
            }
            Expr::Cond(c, a, b) => format!("({} ? {} : {})", w(c), w(a), w(b)),
            Expr::Method(name, a, b) => format!("{}.{name}({})", w(a), w(b)),
            Expr::Size(e) => format!("size({})", w(e)),
            Expr::In(e, list) => format!("({} in ['{}'])", w(e), list.join("', '")),
            Expr::Abs(e) => format!("abs({})", w(e)),
            Expr::Most(name, a, b) if d == Dialect::Zen => format!("{name}([{}, {}])", w(a), w(b)),
            Expr::Most(name, a, b) => format!("{name}({}, {})", w(a), w(b)),
        }
    }

    fn binary(op: &'static str, a: Expr, b: Expr) -> Expr {
        Expr::Binary(op, Box::new(a), Box::new(b))
    }
}

/// Whole numbers that [`crate::lines::EVENT`] carries, as the other dialects call them.
pub const WHOLE: [[&str; 3]; 3] = [
    ["payer.age", "age", "age"],
    ["hour(occurred_at)", "hour", "hour"],
    ["size(payee.name)", "size(name)", "size"],
];
/// Its texts.
pub const TEXTS: [[&str; 3]; 2] = [
    ["payee.name", "name", "name"],
    ["payer.bank", "bank", "bank"],
];
/// Its decimals: an amount over one of its currency.
pub const DECIMALS: [[&str; 3]; 2] = [
    ["(txn.amount / params.yuan)", "", "yuan"],
    ["(payer.age * 1.0)", "", "(age * 1.0)"],
];

const WORDS: [&str; 9] = ["", "王丽", "王", "wánglì", "w", "ICBC", "CCB", "é", "🐱"];
const PATTERNS: [&str; 6] = ["^w", "王$", "[A-Z]+", "wángl. ?", "(C|B){2}", ""];
const BOUNDS: [i64; 6] = [
    i64::MAX,
    -i64::MAX,
    i64::MAX - 1,
    3_037_000_500,
    -3_037_000_500,
    4_611_686_018_427_387_904,
];

fn literal(n: i64) -> Expr {
    if n < 0 {
        Expr::Literal(format!("({n})"))
    } else {
        Expr::Literal(n.to_string())
    }
}

/// Any expression that is a whole number.
pub fn whole() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        4 => (-20_i64..100).prop_map(literal),
        1 => select(&BOUNDS[..]).prop_map(literal),
        6 => select(&WHOLE[..]).prop_map(Expr::Named),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            6 => (select(&["+", "-", "*", "/", "%"][..]), two)
                .prop_map(|(op, (a, b))| Expr::binary(op, a, b)),
            1 => inner.clone().prop_map(|e| Expr::Unary("-", Box::new(e))),
            1 => text().prop_map(|e| Expr::Size(Box::new(e))),
            1 => (comparison(inner.clone()), inner.clone(), inner)
                .prop_map(|(c, a, b)| Expr::Cond(Box::new(c), Box::new(a), Box::new(b))),
        ]
    })
}

fn text() -> impl Strategy<Value = Expr> {
    prop_oneof![
        1 => select(&WORDS[..]).prop_map(Expr::Text),
        2 => select(&TEXTS[..]).prop_map(Expr::Named),
    ]
}

fn comparison(of: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Expr> {
    let op = select(&["==", "!=", "<", "<=", ">", ">="][..]);
    (op, of.clone(), of).prop_map(|(op, a, b)| Expr::binary(op, a, b))
}

fn logic(leaf: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Expr> {
    leaf.prop_recursive(5, 32, 3, |inner| {
        prop_oneof![
            4 => (select(&["&&", "||"][..]), inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| Expr::binary(op, a, b)),
            1 => inner.clone().prop_map(|e| Expr::Unary("!", Box::new(e))),
            1 => (select(&["==", "!="][..]), inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| Expr::binary(op, a, b)),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(c, a, b)| Expr::Cond(Box::new(c), Box::new(a), Box::new(b))),
        ]
    })
}

/// Any expression that is true or false, of whole numbers and texts.
pub fn truth() -> impl Strategy<Value = Expr> {
    let methods = select(&["startsWith", "endsWith", "contains"][..]);
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(|b| Expr::Literal(b.to_string())),
        6 => comparison(whole().boxed()),
        2 => (methods, text(), text())
            .prop_map(|(m, a, b)| Expr::Method(m, Box::new(a), Box::new(b))),
        1 => (text(), select(&PATTERNS[..]))
            .prop_map(|(a, p)| Expr::Method("matches", Box::new(a), Box::new(Expr::Text(p)))),
        1 => (select(&["==", "!="][..]), text(), text())
            .prop_map(|(op, a, b)| Expr::binary(op, a, b)),
        1 => (text(), proptest::collection::vec(select(&WORDS[..]), 1..4))
            .prop_map(|(e, list)| Expr::In(Box::new(e), list)),
    ];
    logic(leaf.boxed())
}

fn decimal_leaf() -> impl Strategy<Value = Expr> {
    let places = (-99_999_i64..100_000, 1_usize..4).prop_map(|(n, places)| {
        let tens = 10_i64.pow(places as u32);
        let (whole, part) = (n.abs() / tens, n.abs() % tens);
        let sign = if n < 0 { "-" } else { "" };
        Expr::Literal(format!("({sign}{whole}.{part:0places$})"))
    });
    prop_oneof![3 => places, 2 => select(&DECIMALS[..]).prop_map(Expr::Named)]
}

/// Any expression that is a decimal, without quotients.
pub fn decimal() -> impl Strategy<Value = Expr> {
    let leaf = decimal_leaf().boxed();
    let product = proptest::collection::vec(leaf.clone(), 1..4).prop_map(|all| {
        let product = |a, b| Expr::binary("*", a, b);
        all.into_iter().reduce(product).expect("at least one")
    });
    product.boxed().prop_recursive(4, 16, 2, move |inner| {
        let two = (inner.clone(), inner.clone());
        let by = (1_i64..9_999).prop_map(|n| Expr::Literal(format!("{}.{:02}", n / 100, n % 100)));
        prop_oneof![
            4 => (select(&["+", "-"][..]), two.clone())
                .prop_map(|(op, (a, b))| Expr::binary(op, a, b)),
            1 => (inner.clone(), by).prop_map(|(a, b)| Expr::binary("%", a, b)),
            1 => inner.clone().prop_map(|e| Expr::Unary("-", Box::new(e))),
            1 => inner.clone().prop_map(|e| Expr::Abs(Box::new(e))),
            1 => (select(&["min", "max"][..]), two)
                .prop_map(|(f, (a, b))| Expr::Most(f, Box::new(a), Box::new(b))),
            1 => (comparison(inner.clone()), inner.clone(), inner)
                .prop_map(|(c, a, b)| Expr::Cond(Box::new(c), Box::new(a), Box::new(b))),
        ]
    })
}

/// Any expression that is true or false, of decimals.
pub fn decimal_truth() -> impl Strategy<Value = Expr> {
    logic(comparison(decimal().boxed()).boxed())
}
