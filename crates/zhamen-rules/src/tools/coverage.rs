//! `rules test --coverage`: what the tests of a set have seen of its rules. Every line should have
//! held and not held while the rule looked at it, and every comparison with a parameter should have
//! been met at its limit, just below and just above.
//!
//! "Just" is one whole number, one minor unit of money, one second, one day of a date, or 0.01 of a
//! decimal.

use std::collections::HashMap;

use serde_json::{Value, json};
use zhamen_engine::money::Dec;
use zhamen_engine::output::FallbackCode;
use zhamen_engine::rule::{Bilingual, CmpOp};
use zhamen_engine::time::{Calendar, SECOND_MS};
use zhamen_engine::{Comparison, Group, LineTrace, Number};

use crate::compile::Compiled;
use crate::lang::Lang;
use crate::problem::both;
use crate::runner::{TestResult, run_observed};

/// What was seen of each rule, in the order of the set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// One for each rule.
    pub rules: Vec<RuleCoverage>,
}

/// What was seen of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RuleCoverage {
    pub rule: String,
    pub lines: Vec<LineCoverage>,
}

/// What was seen of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCoverage {
    /// `when`, `any` or `unless`.
    pub group: &'static str,
    /// As written.
    pub line: String,
    /// It held, and did not.
    pub seen: [bool; 2],
    /// Its comparisons with parameters.
    pub limits: Vec<LimitCoverage>,
}

/// What was seen of one comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LimitCoverage {
    pub comparison: String,
    pub below: Seen,
    pub at: Seen,
    pub above: Seen,
}

/// Whether a value was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It was.
    Yes,
    /// It was not.
    No,
    /// It need not be: equality has no order, and nothing is below zero.
    NotAsked,
}

/// Runs every test of a set that compiled and notes what its rules looked at.
#[must_use]
pub fn run(compiled: &Compiled, calendar: &Calendar) -> (Vec<TestResult>, Coverage) {
    let mut coverage = Coverage::default();
    let Some(set) = &compiled.set else {
        return (Vec::new(), coverage);
    };
    let mut place = HashMap::new();
    for rule in &set.rules {
        place.insert(rule.id.clone(), coverage.rules.len());
        let groups = [
            ("when", &rule.when),
            ("any", &rule.any),
            ("unless", &rule.unless),
        ];
        let lines = groups
            .into_iter()
            .flat_map(|(group, lines)| lines.iter().map(move |l| (group, l)));
        coverage.rules.push(RuleCoverage {
            rule: rule.id.to_string(),
            lines: lines
                .map(|(group, line)| LineCoverage {
                    group,
                    line: line.text.to_string(),
                    seen: [false; 2],
                    limits: Vec::new(),
                })
                .collect(),
        });
    }
    let results = run_observed(compiled, calendar, &mut |engine, event| {
        for trace in engine.explain(event).unwrap_or_default() {
            let Some(rule) = place.get(&trace.rule).map(|i| &mut coverage.rules[*i]) else {
                continue;
            };
            for (seen, line) in rule.lines.iter_mut().zip(&trace.lines) {
                note(seen, line);
            }
        }
    });
    (results, coverage)
}

fn note(seen: &mut LineCoverage, line: &LineTrace) {
    debug_assert_eq!(
        seen.group,
        match line.group {
            Group::When => "when",
            Group::Any => "any",
            Group::Unless => "unless",
        }
    );
    let limited = |c: &&Comparison| c.left.constant != c.right.constant;
    let with_params = seen.line.contains("params.");
    let comparisons = line.comparisons.iter().filter(limited);
    for (i, c) in comparisons.filter(|_| with_params).enumerate() {
        if seen.limits.len() == i {
            seen.limits.push(fresh(c));
        }
        if line.read {
            meet(&mut seen.limits[i], c);
        }
    }
    // A line that reads an absent field does not hold.
    let holds = match line.holds {
        Err(FallbackCode::Missing) => Ok(false),
        holds => holds,
    };
    if let (true, Ok(holds)) = (line.read, holds) {
        seen.seen[usize::from(!holds)] = true;
    }
}

fn fresh(c: &Comparison) -> LimitCoverage {
    let limit = if c.left.constant { &c.left } else { &c.right };
    let ordered = !matches!(c.op, CmpOp::Eq | CmpOp::Ne);
    let zero = limit.number.and_then(|n| distance(n, n)).is_some()
        && limit
            .value
            .as_deref()
            .is_ok_and(|v| v.trim_matches(['0', '.', 's']).is_empty());
    let asked = |yes: bool| if yes { Seen::No } else { Seen::NotAsked };
    let measured = limit.number.is_some();
    LimitCoverage {
        comparison: format!("{} {} {}", c.left.text, c.op.name(), c.right.text),
        below: asked(measured && ordered && !zero),
        at: asked(measured),
        above: asked(measured && ordered),
    }
}

fn meet(seen: &mut LimitCoverage, c: &Comparison) {
    let (value, limit) = if c.left.constant {
        (&c.right, &c.left)
    } else {
        (&c.left, &c.right)
    };
    let (Some(value), Some(limit)) = (value.number, limit.number) else {
        return;
    };
    let place = match distance(value, limit) {
        Some(Near::Below) => &mut seen.below,
        Some(Near::At) => &mut seen.at,
        Some(Near::Above) => &mut seen.above,
        Some(Near::No) | None => return,
    };
    if *place == Seen::No {
        *place = Seen::Yes;
    }
}

/// Where a value lies, seen from its limit.
enum Near {
    Below,
    At,
    Above,
    No,
}

fn distance(value: Number, limit: Number) -> Option<Near> {
    let (value, limit, step) = match (value, limit) {
        (Number::Int(a), Number::Int(b)) | (Number::Date(a), Number::Date(b)) => {
            (Dec::int(a), Dec::int(b), Dec::int(1))
        }
        (Number::Duration(a), Number::Duration(b)) | (Number::Time(a), Number::Time(b)) => {
            (Dec::int(a), Dec::int(b), Dec::int(SECOND_MS))
        }
        (Number::Money(a, x), Number::Money(b, y)) if x == y => (a, b, Dec::new(1, x.decimals())),
        (Number::Decimal(a), Number::Decimal(b)) => (a, b, Dec::new(1, 2)),
        (Number::Int(a), Number::Decimal(b)) => (Dec::int(a), b, Dec::int(1)),
        (Number::Decimal(a), Number::Int(b)) => (a, Dec::int(b), Dec::new(1, 2)),
        _ => return None,
    };
    let gap = value.minus(limit).ok()?;
    let size = if gap.is_negative() {
        gap.negated()
    } else {
        gap
    };
    let near = size.compare(step).ok()?.is_le();
    Some(match (gap.compare(Dec::int(0)).ok()?, near) {
        (std::cmp::Ordering::Equal, _) => Near::At,
        (_, false) => Near::No,
        (std::cmp::Ordering::Less, true) => Near::Below,
        (std::cmp::Ordering::Greater, true) => Near::Above,
    })
}

impl LineCoverage {
    /// What no test has shown, in words.
    #[must_use]
    pub fn missing(&self) -> Vec<Bilingual> {
        let mut missing = Vec::new();
        if !self.seen[0] {
            missing.push(both!("never true", "没有测试使它成立"));
        }
        if !self.seen[1] {
            missing.push(both!("never false", "没有测试使它不成立"));
        }
        for limit in &self.limits {
            let places = [
                ("just below", "略低于限值", limit.below),
                ("at", "等于限值", limit.at),
                ("just above", "略高于限值", limit.above),
            ];
            let unseen = places.into_iter().filter(|(.., seen)| *seen == Seen::No);
            let (en, zh): (Vec<&str>, Vec<&str>) = unseen.map(|(en, zh, _)| (en, zh)).unzip();
            if !en.is_empty() {
                let (comparison, en, zh) = (&limit.comparison, en.join(", "), zh.join("、"));
                missing.push(both!(
                    "`{comparison}` never {en}",
                    "`{comparison}` 没有测到：{zh}"
                ));
            }
        }
        missing
    }

    /// How much was seen of how much there is.
    fn counts(&self) -> (usize, usize) {
        let limits = self.limits.iter();
        let limits = limits.flat_map(|l| [l.below, l.at, l.above]);
        let asked: Vec<bool> = limits
            .filter(|s| *s != Seen::NotAsked)
            .map(|s| s == Seen::Yes)
            .chain(self.seen)
            .collect();
        (asked.iter().filter(|s| **s).count(), asked.len())
    }
}

impl RuleCoverage {
    /// How much was seen of how much there is.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let counts = self.lines.iter().map(LineCoverage::counts);
        counts.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    }
}

impl Coverage {
    /// How much was seen of how much there is.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let counts = self.rules.iter().map(RuleCoverage::counts);
        counts.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    }

    /// For people: one line a rule, and what is missing under it.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        for rule in &self.rules {
            let (seen, all) = rule.counts();
            let id = &rule.rule;
            let head = both!(
                "coverage {id} ... {seen} of {all}\n",
                "覆盖 {id} … {seen}/{all}\n"
            );
            out.push_str(lang.of(&head));
            for line in &rule.lines {
                for missing in line.missing() {
                    let (group, line) = (line.group, &line.line);
                    let missing = both!(missing => "    {group} `{line}`: {missing}\n", "    {group} `{line}`：{missing}\n");
                    out.push_str(lang.of(&missing));
                }
            }
        }
        let (seen, all) = self.counts();
        let percent = (seen * 100).checked_div(all).unwrap_or(100);
        let sum = both!(
            "\ncoverage: {seen} of {all} ({percent} %)\n",
            "\n覆盖合计：{seen}/{all}（{percent}%）\n"
        );
        out.push_str(lang.of(&sum));
        out
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let seen = |s: Seen| match s {
            Seen::Yes => json!(true),
            Seen::No => json!(false),
            Seen::NotAsked => Value::Null,
        };
        let line = |l: &LineCoverage| {
            let limits: Vec<Value> = l
                .limits
                .iter()
                .map(|c| {
                    json!({
                        "comparison": c.comparison, "below": seen(c.below), "at": seen(c.at),
                        "above": seen(c.above),
                    })
                })
                .collect();
            let missing = |of: fn(Bilingual) -> String| -> Vec<String> {
                l.missing().into_iter().map(of).collect()
            };
            json!({
                "group": l.group, "line": l.line, "true": l.seen[0], "false": l.seen[1],
                "limits": limits, "missing": missing(|m| m.en), "missing_zh": missing(|m| m.zh),
            })
        };
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|r| {
                let (seen, all) = r.counts();
                let lines: Vec<Value> = r.lines.iter().map(line).collect();
                json!({ "rule": r.rule, "seen": seen, "of": all, "lines": lines })
            })
            .collect();
        let (seen, all) = self.counts();
        json!({ "seen": seen, "of": all, "rules": rules })
    }
}
