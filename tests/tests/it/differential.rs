//! Generated lines judged by this language and by the `cel` crate (whole numbers, texts, logic) or
//! `zen-expression` (decimals): they must say the same. More of them:
//! `ZHAMEN_DIFFERENTIAL=200000 cargo test -p zhamen-tests differential`; another seed:
//! `ZHAMEN_DIFFERENTIAL_SEED=7`. What is not generated, and why, is told in `differential.rs` of the
//! library.

use std::collections::BTreeMap;

use cel::{Context, Program, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rust_decimal::{Decimal, RoundingStrategy};
use zen_expression::evaluate_expression;
use zen_expression::variable::Variable;
use zhamen_tests::differential::{Dialect, Expr, decimal, decimal_truth, truth, whole};
use zhamen_tests::lines::{EVENT, Outcome, judge};

/// Expressions of each kind in an ordinary run.
const ORDINARY: usize = 1_000;
/// The age of the payer on the day of the event.
const AGE: i64 = 49;
const HOUR: i64 = 10;
const NAME: &str = "wánglì 王丽";
const BANK: &str = "CCB";

fn setting(name: &str, otherwise: u64) -> u64 {
    let asked = std::env::var(name).ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(otherwise)
}

/// So many expressions of a kind, always the same for the same seed, which is printed.
fn generate(kind: &str, strategy: &impl Strategy<Value = Expr>) -> Vec<Expr> {
    let count = setting("ZHAMEN_DIFFERENTIAL", ORDINARY as u64);
    let seed = setting("ZHAMEN_DIFFERENTIAL_SEED", 1);
    println!("{kind}: {count} expressions of seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let one = |_| {
        strategy
            .new_tree(&mut runner)
            .expect("an expression")
            .current()
    };
    (0..count).map(one).collect()
}

/// What another product says of an expression.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Truth(bool),
    Number(String),
    Error(String),
}

fn cel_says(expr: &Expr) -> Said {
    let text = expr.write(Dialect::Cel);
    let program = match Program::compile(&text) {
        Ok(program) => program,
        Err(e) => panic!("cel does not read {text}: {e}"),
    };
    let mut context = Context::default();
    context.add_variable_from_value("age", AGE);
    context.add_variable_from_value("hour", HOUR);
    context.add_variable_from_value("name", NAME);
    context.add_variable_from_value("bank", BANK);
    match program.execute(&context) {
        Ok(Value::Bool(b)) => Said::Truth(b),
        Ok(Value::Int(n)) => Said::Number(n.to_string()),
        Ok(other) => panic!("cel makes {other:?} of {text}"),
        Err(e) => Said::Error(e.to_string()),
    }
}

fn zen_value(expr: &Expr) -> Variable {
    let text = expr.write(Dialect::Zen);
    let context = serde_json::json!({ "age": AGE, "yuan": 10_500.5 });
    match evaluate_expression(&text, context.into()) {
        Ok(value) => value,
        Err(e) => panic!("zen does not compute {text}: {e}"),
    }
}

fn zen_number(expr: &Expr) -> Decimal {
    match zen_value(expr) {
        Variable::Number(n) => n,
        other => panic!("zen makes {other:?} of {}", expr.write(Dialect::Zen)),
    }
}

/// Compares line by line, counts what came out, and lists what differs.
fn compare(kind: &str, asked: &[(String, Said)]) {
    let lines: Vec<String> = asked.iter().map(|(line, _)| line.clone()).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut different = Vec::new();
    for ((line, said), ours) in asked.iter().zip(judge(&lines, EVENT)) {
        let outcome = match (&ours, said) {
            // A constant part that cannot be computed: refused wherever it stands.
            (Outcome::Refused(codes), _)
                if codes
                    .iter()
                    .all(|c| ["overflow", "division-by-zero"].contains(c)) =>
            {
                "refused"
            }
            (Outcome::Holds, Said::Truth(true)) => "true",
            (Outcome::Fails, Said::Truth(false)) => "false",
            (Outcome::Holds, Said::Number(_)) => "number",
            (Outcome::Fault("OVERFLOW" | "DIVISION_BY_ZERO"), Said::Error(_)) => "error",
            _ => {
                different.push(format!("{line}\n  ours {ours:?}, theirs {said:?}"));
                "different"
            }
        };
        *counts.entry(outcome).or_default() += 1;
    }
    println!("{kind}: {} compared, {counts:?}", asked.len());
    assert!(
        different.is_empty(),
        "{} of {} differ:\n{}",
        different.len(),
        asked.len(),
        different[..different.len().min(20)].join("\n")
    );
    let refused = counts.get("refused").copied().unwrap_or(0);
    assert!(refused * 4 < asked.len(), "too many constants: {refused}");
}

/// The line that says what a number is, or that it cannot be computed.
fn equals(expr: &Expr, said: &Said) -> String {
    let ours = expr.write(Dialect::Ours);
    match said {
        Said::Number(n) => format!("{ours} == {n}"),
        _ => format!("{ours} == 0"),
    }
}

#[test]
fn whole_numbers_are_as_in_cel() {
    let asked: Vec<(String, Said)> = generate("whole numbers, cel", &whole())
        .iter()
        .map(|e| (e, cel_says(e)))
        // The least whole number cannot be written.
        .filter(|(_, said)| *said != Said::Number(i64::MIN.to_string()))
        .map(|(e, said)| (equals(e, &said), said))
        .collect();
    compare("whole numbers, cel", &asked);
}

#[test]
fn truths_are_as_in_cel() {
    let asked: Vec<(String, Said)> = generate("truths, cel", &truth())
        .iter()
        .map(|e| (e.write(Dialect::Ours), cel_says(e)))
        .collect();
    compare("truths, cel", &asked);
}

#[test]
fn decimals_are_as_in_zen() {
    let asked: Vec<(String, Said)> = generate("decimals, zen", &decimal())
        .iter()
        .map(|e| (e, Said::Number(zen_number(e).to_string())))
        .map(|(e, said)| (equals(e, &said), said))
        .collect();
    compare("decimals, zen", &asked);
}

#[test]
fn truths_of_decimals_are_as_in_zen() {
    let asked: Vec<(String, Said)> = generate("truths of decimals, zen", &decimal_truth())
        .iter()
        .map(|e| match zen_value(e) {
            Variable::Bool(b) => (e.write(Dialect::Ours), Said::Truth(b)),
            other => panic!("zen makes {other:?} of {}", e.write(Dialect::Zen)),
        })
        .collect();
    compare("truths of decimals, zen", &asked);
}

#[test]
fn quotients_are_those_of_zen_rounded_half_to_even_at_six_decimals() {
    let all = generate("quotients, zen", &decimal());
    let asked: Vec<(String, Said)> = all
        .chunks_exact(2)
        .filter(|two| !zen_number(&two[1]).is_zero())
        .map(|two| {
            let quotient = Expr::Binary("/", Box::new(two[0].clone()), Box::new(two[1].clone()));
            let exact = zen_number(&quotient);
            let rounded = exact.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven);
            let said = Said::Number(rounded.to_string());
            (equals(&quotient, &said), said)
        })
        .collect();
    compare("quotients, zen", &asked);
}
