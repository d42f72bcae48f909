//! `rules diff A B`: what changes when one set takes the place of another. Compares content, not
//! text: comments, order of keys and spelling of numbers do not count, and neither do labels of
//! files. Windows are compared by what the engine counts, so a renamed window is no new one.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};
use zhamen_engine::rule::{Reach, RuleSet, WindowId};

use crate::compile::Compiled;
use crate::digest::write_node;
use crate::lang::Lang;
use crate::node::{Kind, Node, Table};
use crate::problem::{both, nouns};
use crate::source::SourceFile;
use crate::time_text;
use crate::tools::labels::{blocks, table};

/// One side: files and what they compiled to.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Side<'a> {
    pub files: &'a [SourceFile],
    pub compiled: &'a Compiled,
    pub set: &'a RuleSet,
}

/// Everything that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Digests, old and new.
    pub digests: [String; 2],
    /// Rules, verdicts and lists, in the order of the new set, those removed last.
    pub blocks: Vec<BlockChange>,
}

/// What became of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockChange {
    /// `rule`, `verdict` or `list`.
    pub what: &'static str,
    /// Its id or name.
    pub id: String,
    /// What became of it.
    pub change: Change,
    /// State that must fill before the rule sees what it is to see.
    pub warm_up: Vec<WarmUp>,
}

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only in the new set.
    Added,
    /// Only in the old set.
    Removed,
    /// In both; key, old and new content where they differ.
    Changed(Vec<KeyChange>),
}

/// One key of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct KeyChange {
    pub key: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// A window whose state is not there yet when the new set starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarmUp {
    /// `window.x`.
    pub window: String,
    /// How long its state takes to fill.
    pub over: String,
    /// Why: the rule is new, or what is counted.
    pub reason: Reason,
}

/// Why a window starts empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The old set has no such window.
    New,
    /// The old set's window of that name counts something else.
    CountedDifferently,
    /// It counts the same as before, and looks back farther than anything did.
    LooksBackFarther,
}

impl Reason {
    fn text(self, lang: Lang) -> &'static str {
        match self {
            Reason::New => lang.pick("新增", "new"),
            Reason::CountedDifferently => lang.pick("统计口径改变", "counted differently"),
            Reason::LooksBackFarther => lang.pick("回看更久", "looks back farther"),
        }
    }
}

/// What differs between two sets.
#[must_use]
pub fn diff(old: Side<'_>, new: Side<'_>) -> Diff {
    let mut changes = Vec::new();
    for what in ["rule", "verdict", "list"] {
        let before = blocks(old.files, what);
        let after = blocks(new.files, what);
        for (id, block) in &after {
            let known = before.iter().find(|(i, _)| i == id);
            let change = match known {
                None => Change::Added,
                Some((_, known)) => Change::Changed(keys(known, block)),
            };
            let warm_up = match what {
                "rule" => warm_up(id, block, known.map(|(_, b)| b), old, new),
                _ => Vec::new(),
            };
            if change != Change::Changed(Vec::new()) || !warm_up.is_empty() {
                let id = id.clone();
                changes.push(BlockChange {
                    what,
                    id,
                    change,
                    warm_up,
                });
            }
        }
        let gone = before
            .iter()
            .filter(|(id, _)| after.iter().all(|(i, _)| i != id));
        changes.extend(gone.map(|(id, _)| BlockChange {
            what,
            id: id.clone(),
            change: Change::Removed,
            warm_up: Vec::new(),
        }));
    }
    Diff {
        digests: [old, new].map(|side| side.set.digest.to_string()),
        blocks: changes,
    }
}

/// Keys that differ; parameters, windows and `then` part by part, tests by their number only.
fn keys(old: &Table, new: &Table) -> Vec<KeyChange> {
    let mut changes = Vec::new();
    compare("", old, new, &mut changes);
    changes
}

fn compare(prefix: &str, old: &Table, new: &Table, changes: &mut Vec<KeyChange>) {
    let names: BTreeSet<&str> = [old, new]
        .iter()
        .flat_map(|t| t.entries.iter().map(|e| e.key.as_str()))
        .collect();
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        let key = format!("{prefix}{name}");
        if content(before) == content(after) {
            continue;
        }
        if let (Some(Kind::Table(a)), Some(Kind::Table(b))) =
            (before.map(|n| &n.kind), after.map(|n| &n.kind))
        {
            compare(&format!("{key}."), a, b, changes);
            continue;
        }
        let shown = |node: Option<&Node>| {
            node.map(|n| match (&n.kind, name) {
                (Kind::Array(tests), "test") => format!("{} tests", tests.len()),
                _ => written(n),
            })
        };
        changes.push(KeyChange {
            key,
            old: shown(before),
            new: shown(after),
        });
    }
}

fn content(node: Option<&Node>) -> Option<String> {
    node.map(|n| {
        let mut text = String::new();
        write_node(n, &mut text);
        text
    })
}

/// A value as a rule file writes it, on one line.
fn written(node: &Node) -> String {
    match &node.kind {
        Kind::Text(t) => format!("{t:?}"),
        Kind::Int(d) | Kind::Float(d) | Kind::Time(d) => d.clone(),
        Kind::Bool(b) => b.to_string(),
        Kind::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Table(table) => {
            let entries = table.entries.iter();
            let entries: Vec<String> = entries
                .map(|e| format!("{} = {}", e.key, written(&e.value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

fn warm_up(
    id: &str,
    block: &Table,
    known: Option<&Table>,
    old: Side<'_>,
    new: Side<'_>,
) -> Vec<WarmUp> {
    let declared = table(block, "window").map_or(&[][..], |t| &t.entries);
    let ids = new.compiled.windows_of.get(id);
    let ids = ids.map_or(&[][..], Vec::as_slice);
    let mut all = Vec::new();
    // Windows are compiled in the order they are written.
    for (entry, window) in declared.iter().zip(ids) {
        let of = |set: &RuleSet, w: WindowId| {
            let w = &set.windows[usize::from(w)];
            let series = &set.series[usize::from(w.series)];
            (series.identity.clone(), series.reach, w.over)
        };
        let (identity, _, over) = of(new.set, *window);
        let state = old.set.series.iter().find(|s| s.identity == identity);
        let same_name = known.and_then(|k| table(k, "window")?.get(&entry.key));
        let reason = match state {
            None if same_name.is_some() => Reason::CountedDifferently,
            None => Reason::New,
            Some(s) if farther(s.reach, over_reach(over)) => Reason::LooksBackFarther,
            Some(_) => continue,
        };
        all.push(WarmUp {
            window: format!("window.{}", entry.key),
            over: time_text::over_text(over),
            reason,
        });
    }
    all
}

fn over_reach(over: zhamen_engine::rule::Over) -> Reach {
    crate::build::reach(over)
}

/// Whether `new` needs events that a state kept for `old` has let go.
fn farther(old: Reach, new: Reach) -> bool {
    match (old, new) {
        (Reach::Ms(a), Reach::Ms(b)) => b > a,
        (Reach::WorkingDays(a), Reach::WorkingDays(b)) => b > a,
        (a, b) => a != b && crate::build::farther(a, b) != a,
    }
}

impl Diff {
    /// Whether nothing differs that the engine or a reader of decisions could see.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.digests[0] == self.digests[1]
    }

    /// For people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail, here and below.
        for block in &self.blocks {
            let sign = match block.change {
                Change::Added => "+",
                Change::Removed => "-",
                Change::Changed(_) => "~",
            };
            let what = match block.what {
                "rule" => nouns::ONE_RULE,
                "verdict" => nouns::ONE_VERDICT,
                _ => nouns::ONE_LIST,
            };
            let what = lang.pick(what.zh, what.en);
            let _ = writeln!(out, "{sign} {what} {}", block.id);
            if let Change::Changed(keys) = &block.change {
                for k in keys {
                    let absent = || lang.pick("（无）", "(none)").to_owned();
                    let shown = |side: &Option<String>| {
                        let text = side.clone().unwrap_or_else(absent);
                        match (lang, k.key.as_str()) {
                            (Lang::Zh, "test") => text.replace(" tests", " 个测试"),
                            _ => text,
                        }
                    };
                    let (old, new) = (shown(&k.old), shown(&k.new));
                    if old.len() + new.len() < 60 {
                        let _ = writeln!(out, "    {}: {old} → {new}", k.key);
                    } else {
                        let _ = writeln!(out, "    {}:\n      - {old}\n      + {new}", k.key);
                    }
                }
            }
            for w in &block.warm_up {
                let (window, over, reason) = (&w.window, &w.over, w.reason.text(lang));
                let line = both!(
                    "    must warm up: {window} over {over} ({reason})\n",
                    "    须重新积累：{window}，期间 {over}（{reason}）\n"
                );
                out.push_str(lang.of(&line));
            }
        }
        match (&self.blocks[..], &self.digests) {
            ([], [a, b]) if a == b => {
                let _ = writeln!(out, "{}; {a}", lang.pick("没有区别", "no differences"));
            }
            ([], [a, b]) => {
                let same = lang.pick("内容相同，仅次序不同", "the same blocks in another order");
                let _ = writeln!(out, "{same}; {a} → {b}");
            }
            (_, [a, b]) => {
                let _ = writeln!(out, "{a} → {b}");
            }
        }
        out
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let blocks: Vec<Value> = self
            .blocks
            .iter()
            .map(|b| {
                let (change, keys) = match &b.change {
                    Change::Added => ("added", &[][..]),
                    Change::Removed => ("removed", &[][..]),
                    Change::Changed(keys) => ("changed", keys.as_slice()),
                };
                let keys: Vec<Value> = keys
                    .iter()
                    .map(|k| json!({ "key": k.key, "old": k.old, "new": k.new }))
                    .collect();
                let warm_up: Vec<Value> = b
                    .warm_up
                    .iter()
                    .map(|w| json!({ "window": w.window, "over": w.over, "reason": w.reason.text(Lang::En) }))
                    .collect();
                json!({ "what": b.what, "id": b.id, "change": change, "keys": keys, "warm_up": warm_up })
            })
            .collect();
        json!({ "old": self.digests[0], "new": self.digests[1], "blocks": blocks })
    }
}
