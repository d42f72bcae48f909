//! Rule sets of a given size, and transfers to judge by them: what a condition costs, what rules
//! cost that share windows, what checking a thousand rules costs. None of the rules ever fires, so
//! that judging is measured and not telling.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Result, bail};
use zhamen_engine::Engine;
use zhamen_engine::entry::{Activation, Body, Entry};
use zhamen_engine::event::EventKind;
use zhamen_engine::output::Output;
use zhamen_rules::{Compiled, SourceFile, compile, render_text};

use crate::pack;
use crate::stages::step;
use crate::workload::{BLOCK, OwnedBlock, Workload};

/// So many rules of one line each, of a text and an amount, without windows.
#[must_use]
pub fn conditions(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        head(&mut text, "condition", i);
        let channel = ["pos", "atm", "counter", "online"][i % 4];
        let least = 900_000_000 + i;
        let _ = writeln!(
            text,
            "params.least = {{ value = {least}, unit = \"CNY\", min = 1, max = 999_999_999 }}\n\
             when = [\"txn.channel != '{channel}' && txn.amount >= params.least\"]"
        );
    }
    text
}

/// So many rules that read the same four windows, each with a limit of its own.
#[must_use]
pub fn sharing(count: usize) -> String {
    const WINDOWS: [&str; 4] = [
        "count = \"*\", by = [\"payer.account\"], over = \"1h\"",
        "distinct = \"payee.account\", by = [\"payer.account\"], over = \"24h\"",
        "count = \"*\", by = [\"payee.account\"], over = \"1h\"",
        "distinct = \"payer.account\", by = [\"payee.account\"], over = \"7d\"",
    ];
    let mut text = String::new();
    for i in 0..count {
        head(&mut text, "sharing", i);
        let limit = 1_000_000 + i;
        let _ = writeln!(
            text,
            "params.limit = {{ value = {limit}, min = 1, max = 9_999_999 }}\n\
             window.n = {{ {} }}\nwhen = [\"window.n >= params.limit\"]",
            WINDOWS[i % 4]
        );
    }
    text
}

fn head(text: &mut String, name: &str, i: usize) {
    let _ = writeln!(
        text,
        "[[rule]]\nid = \"{name}-{i}\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\n\
         on = \"transfer.requested\"\nmode = \"enforce\"\nthen = {{ action = \"delay\" }}\n\
         currency = \"skip\"\nexplain = {{ zh = \"因\", en = \"why\" }}"
    );
}

/// Checks rules as `rules check` does: everything but the drawing.
#[must_use]
pub fn check(text: &str) -> Compiled {
    compile(&[SourceFile {
        name: "rules.toml".to_owned(),
        text: text.to_owned(),
    }])
}

/// Rules in force, under the settings of the repository.
///
/// # Errors
/// With the diagnostics, if the rules are not good.
pub fn activation(text: &str) -> Result<Arc<Activation>> {
    let compiled = check(text);
    let Some(set) = compiled.set else {
        let files = [SourceFile {
            name: "rules.toml".to_owned(),
            text: text.to_owned(),
        }];
        bail!("{}", render_text(&files, &compiled.diagnostics, false));
    };
    let without = pack::without_rules()?;
    Ok(Arc::new(Activation {
        rules: Arc::new(set),
        policy: without.policy.clone(),
    }))
}

/// An engine and the transfers that it judges: only requests, all of them judged.
pub struct Bench {
    engine: Engine,
    workload: Workload,
    offset: i64,
    out: Vec<Output>,
}

impl Bench {
    /// These rules in force in a town of so many accounts, after so many transfers.
    #[must_use]
    pub fn new(rules: Arc<Activation>, accounts: u32, before: usize) -> Bench {
        let mut bench = Bench {
            engine: Engine::new(0),
            workload: Workload::new(accounts),
            offset: 0,
            out: Vec::new(),
        };
        let activate = bench.workload.activate(rules);
        step(&mut bench.engine, &activate, &mut bench.out);
        for _ in 0..before.div_ceil(BLOCK) {
            let block = bench.block();
            bench.fold(&block);
        }
        bench
    }

    /// The next transfers, to be folded once.
    pub fn block(&mut self) -> OwnedBlock {
        let mut entries = Vec::with_capacity(BLOCK);
        let mut journal_at = 0;
        while entries.len() < BLOCK {
            let record = self.workload.record();
            if let Body::Event(e) = &record.body
                && e.kind == EventKind::TransferRequested
            {
                journal_at = journal_at.max(e.occurred_at);
                entries.push(Entry::Record(record));
            }
        }
        self.offset += 1;
        OwnedBlock {
            offset: self.offset,
            journal_at,
            entries,
        }
    }

    /// Folds transfers; says how many outputs they led to.
    pub fn fold(&mut self, block: &OwnedBlock) -> usize {
        step(&mut self.engine, block, &mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every body once, small: no rule fires, equal windows are shared, a thousand rules are good.
    #[test]
    fn the_rule_sets_are_what_they_say() {
        let ten = activation(&conditions(10)).expect("good rules");
        assert_eq!((ten.rules.rules.len(), ten.rules.windows.len()), (10, 0));
        for count in [10, 200] {
            let rules = activation(&sharing(count)).expect("good rules");
            let set = &rules.rules;
            assert_eq!((set.rules.len(), set.windows.len()), (count, 4));
            let mut bench = Bench::new(rules, 100, 64);
            let block = bench.block();
            assert_eq!(
                bench.fold(&block),
                BLOCK,
                "a decision each and nothing else"
            );
        }
        let thousand = check(&sharing(1_000)).set.expect("good rules");
        assert_eq!((thousand.rules.len(), thousand.windows.len()), (1_000, 4));
    }
}
