//! `rules explain`: what every rule made of one event, for a clerk to read and for programs. The
//! engine traces ([`zhamen_engine::Engine::explain`]); here it is only written down.

use std::fmt::Write;

use serde_json::{Value, json};
use zhamen_engine::event::{Event, Field};
use zhamen_engine::output::Decision;
use zhamen_engine::rule::{Rule, RuleSet};
use zhamen_engine::time::{HOUR_MS, TimestampMs, rfc3339};
use zhamen_engine::{Answer, Contributor, Group, LineTrace, Named, RuleTrace, WindowTrace};

use crate::problem::both;
use crate::source::SourceFile;
use crate::tools::labels::Labels;
use crate::tools::{Lang, words};

/// An event, what was decided, and what every rule made of it.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Judged {
    pub event: Event,
    pub decision: Decision,
    pub rules: Vec<RuleTrace>,
}

/// Which rules an explanation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that look at the event's type.
    All,
    /// Those that fired or fell back.
    Spoke,
}

/// Writes explanations with the titles and labels of one set.
#[derive(Debug)]
pub struct Explainer<'a> {
    set: &'a RuleSet,
    labels: Labels,
    lang: Lang,
}

impl<'a> Explainer<'a> {
    /// For a set and the files it was compiled from.
    #[must_use]
    pub fn new(files: &[SourceFile], set: &'a RuleSet, lang: Lang) -> Explainer<'a> {
        Explainer {
            set,
            labels: Labels::of(files),
            lang,
        }
    }

    /// One event as text: every rule that looked, or only those that spoke and how many did not.
    #[must_use]
    pub fn text(&self, judged: &Judged, which: Which) -> String {
        let mut out = String::new();
        self.head(judged, &mut out);
        if judged.rules.is_empty() {
            out.push_str(self.lang.pick(
                "\n没有规则检查这类事件。\n",
                "\nno rule looks at events of this type\n",
            ));
        }
        // What fired is what a reader came for.
        let fired = |t: &&RuleTrace| t.answer != Answer::Silent;
        for trace in judged.rules.iter().filter(fired) {
            self.rule(trace, judged, &mut out);
        }
        let silent: Vec<&RuleTrace> = judged.rules.iter().filter(|t| !fired(t)).collect();
        match which {
            Which::All => silent.iter().for_each(|t| self.rule(t, judged, &mut out)),
            Which::Spoke if silent.is_empty() => {}
            Which::Spoke => {
                let n = silent.len();
                let rest = both!(
                    "\nrules that looked and stayed silent: {n}\n",
                    "\n另有 {n} 条规则检查过，未命中\n"
                );
                out.push_str(self.lang.of(&rest));
            }
        }
        out
    }

    fn head(&self, judged: &Judged, out: &mut String) {
        let Judged {
            event, decision, ..
        } = judged;
        let kind = match self.lang {
            Lang::Zh => words::kind(event.kind),
            Lang::En => event.kind.name(),
        };
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            out,
            "{} {} · {kind} · {}",
            self.lang.pick("事件", "event"),
            event.id,
            self.time(event.occurred_at)
        );
        let fields = [
            Field::PayerAccount,
            Field::PayeeAccount,
            Field::HolderId,
            Field::CardNumber,
            Field::AccountNumber,
            Field::LineNumber,
            Field::UseAccount,
        ];
        let texts = fields
            .into_iter()
            .filter_map(|f| Some((f, event.text(f)?.to_owned())));
        let amount = event.money(Field::TxnAmount);
        let money = amount.map(|m| {
            (
                Field::TxnAmount,
                format!("{} {}", m.text(), m.currency.code()),
            )
        });
        let said: Vec<String> = texts
            .chain(money)
            .map(|(f, v)| format!("{} {v}", self.field_name(f)))
            .collect();
        if !said.is_empty() {
            let _ = writeln!(out, "  {}", said.join(" · "));
        }
        let _ = writeln!(
            out,
            "{}{}",
            self.lang.pick("判定:", "decision: "),
            words::action(decision.action, self.lang)
        );
        // What stands on the payer and verdicts over scores are no rules of the trace.
        for fired in &decision.fired {
            if judged.rules.iter().any(|t| t.rule == fired.rule) {
                continue;
            }
            let values: Vec<String> = fired
                .values
                .iter()
                .chain(&fired.limits)
                .map(|(n, v)| format!("{n} = {v}"))
                .collect();
            let reason = self.lang.pick(&fired.reason.zh, &fired.reason.en);
            let _ = writeln!(
                out,
                "  {} · {} · {reason} {}",
                fired.rule,
                words::action(fired.action, self.lang),
                values.join(", ")
            );
        }
    }

    fn rule(&self, trace: &RuleTrace, judged: &Judged, out: &mut String) {
        let Some(rule) = self.set.rules.iter().find(|r| r.id == trace.rule) else {
            return;
        };
        let lang = self.lang;
        let title = lang.pick(&rule.title.zh, &rule.title.en);
        let said = match &trace.answer {
            Answer::Silent => lang.pick("○ 未命中", "○ silent").to_owned(),
            Answer::Fired { action, saturated } => format!(
                "{} · {}{}",
                lang.pick("● 命中", "● fired"),
                words::action(*action, lang),
                if *saturated {
                    lang.pick("(统计达到上限)", " (cut off at a bound)")
                } else {
                    ""
                }
            ),
            Answer::FellBack { action, code, .. } => format!(
                "{} · {} · {}",
                lang.pick("▲ 无法计算,按约定处理", "▲ fell back"),
                words::action(*action, lang),
                words::fault(*code, lang)
            ),
        };
        let _ = writeln!(
            out,
            "\n{said}  {} {title} [{}]",
            rule.id,
            words::mode(rule.mode, lang)
        );
        let fired = judged.decision.fired.iter().chain(&judged.decision.shadow);
        if let Some(fired) = fired.into_iter().find(|f| f.rule == rule.id) {
            let reason = lang.pick(&fired.reason.zh, &fired.reason.en);
            let _ = writeln!(out, "    {reason}");
        }
        for line in &trace.lines {
            self.line(line, trace, rule, out);
        }
        // Windows that cover the same events name them once.
        let mut shown: Vec<&WindowTrace> = Vec::new();
        for window in trace.windows.iter().filter(|w| w.covered > 0) {
            if shown.iter().any(|w| same_events(w, window)) {
                continue;
            }
            let same = trace.windows.iter().filter(|w| same_events(w, window));
            let names: Vec<&str> = same.map(|w| w.name.as_str()).collect();
            self.window(window, &names, out);
            shown.push(window);
        }
    }

    fn line(&self, line: &LineTrace, trace: &RuleTrace, rule: &Rule, out: &mut String) {
        let lang = self.lang;
        let mark = match line.holds {
            Ok(true) => "✓",
            Ok(false) => "✗",
            Err(_) => "?",
        };
        let group = match line.group {
            Group::When => "",
            Group::Any => lang.pick("任一:", "any: "),
            Group::Unless => lang.pick("除外:", "unless: "),
        };
        let note = match (line.read, line.holds) {
            (false, _) => lang.pick("(前面已有结论,未再检查)", " (settled before it was read)"),
            (true, Err(code)) => {
                let _ = writeln!(
                    out,
                    "    {mark} {group}{} — {}",
                    line.text,
                    words::fault(code, lang)
                );
                return self.values(line, trace, rule, out);
            }
            (true, Ok(_)) => "",
        };
        let _ = writeln!(out, "    {mark} {group}{}{note}", line.text);
        self.values(line, trace, rule, out);
    }

    fn values(&self, line: &LineTrace, trace: &RuleTrace, rule: &Rule, out: &mut String) {
        let lang = self.lang;
        let shown = |value: &Result<String, _>| match value {
            Ok(v) => self.yes_no(v),
            Err(code) => words::fault(*code, lang).to_owned(),
        };
        let mut said: Vec<String> = line
            .values
            .iter()
            .map(|Named { name, value }| {
                format!("{} = {}", self.value_name(name, trace), shown(value))
            })
            .collect();
        for side in line.comparisons.iter().flat_map(|c| [&c.left, &c.right]) {
            let known = side.constant || line.values.iter().any(|v| v.name == side.text);
            if !known {
                said.push(format!("{} = {}", side.text, shown(&side.value)));
            }
        }
        let limits = limits(line, rule).map(|(name, value)| {
            let label = self.labels.name(&rule.id, name, lang);
            let unit = self.labels.unit(&rule.id, name);
            format!(
                "{}{} = {value}{}",
                lang.pick("限值 ", "limit "),
                label.unwrap_or(name),
                unit.map_or(String::new(), |u| format!(" {u}"))
            )
        });
        said.extend(limits);
        if !said.is_empty() {
            let _ = writeln!(out, "        {}", said.join(lang.pick(";", "; ")));
        }
    }

    fn window(&self, window: &WindowTrace, names: &[&str], out: &mut String) {
        let lang = self.lang;
        let hidden = window.covered - window.events.len() as u64;
        let counted = match lang {
            Lang::Zh => format!("计入 {} 的事件 {} 个", names.join("、"), window.covered),
            Lang::En => format!("events counted in {}: {}", names.join(", "), window.covered),
        };
        let cut = match (lang, hidden) {
            (_, 0) => String::new(),
            (Lang::Zh, n) => format!("(更早的 {n} 个未列出)"),
            (Lang::En, n) => format!(" ({n} older ones not listed)"),
        };
        let _ = writeln!(out, "    {counted}{cut}");
        for event in &window.events {
            let _ = writeln!(
                out,
                "        {}  {}",
                self.time(event.at),
                contributor(event)
            );
        }
    }

    /// Fields by their Chinese names and windows with what they compute, the name in the rule beside.
    fn value_name(&self, name: &str, trace: &RuleTrace) -> String {
        let window = trace.windows.iter().find(|w| w.name == name);
        match (self.lang, Field::parse(name), window) {
            (Lang::Zh, Some(f), _) => format!("{}({name})", words::field(f)),
            (Lang::Zh, None, Some(w)) => format!("{name}({})", words::agg(w.agg, self.lang)),
            _ => name.to_owned(),
        }
    }

    /// A moment on a clerk's clock.
    fn time(&self, t: TimestampMs) -> String {
        let local = rfc3339(t + 8 * HOUR_MS);
        let (day, time) = local.split_at_checked(10).unwrap_or((&local, ""));
        let time = time.get(1..9).unwrap_or(time);
        match self.lang {
            Lang::Zh => format!("{day} {time}"),
            Lang::En => format!("{day} {time} +08:00"),
        }
    }

    fn field_name(&self, field: Field) -> String {
        match self.lang {
            Lang::Zh => words::field(field),
            Lang::En => field.name().to_owned(),
        }
    }

    fn yes_no(&self, value: &str) -> String {
        match (self.lang, value) {
            (Lang::Zh, "true") => "是".to_owned(),
            (Lang::Zh, "false") => "否".to_owned(),
            _ => value.to_owned(),
        }
    }

    /// One event for programs; names are those of the rule files.
    #[must_use]
    pub fn json(&self, judged: &Judged) -> Value {
        let Judged {
            event, decision, ..
        } = judged;
        let title = |trace: &RuleTrace| {
            let rule = self.set.rules.iter().find(|r| r.id == trace.rule);
            rule.map(|r| json!({ "zh": r.title.zh, "en": r.title.en }))
        };
        let rules: Vec<Value> = judged
            .rules
            .iter()
            .map(|trace| {
                let rule = self.set.rules.iter().find(|r| r.id == trace.rule);
                let lines = trace.lines.iter().map(|l| line_json(l, rule));
                json!({
                    "rule": &*trace.rule, "title": title(trace), "mode": trace.mode.name(),
                    "answer": answer_json(&trace.answer),
                    "lines": lines.collect::<Vec<_>>(),
                    "windows": trace.windows.iter().map(window_json).collect::<Vec<_>>(),
                })
            })
            .collect();
        let verdicts = decision.fired.iter();
        let others: Vec<Value> = verdicts
            .filter(|f| judged.rules.iter().all(|t| t.rule != f.rule))
            .map(|f| {
                json!({ "id": &*f.rule, "action": f.action.name(), "reason": { "zh": f.reason.zh, "en": f.reason.en } })
            })
            .collect();
        json!({
            "event": {
                "type": event.kind.name(), "id": event.id.as_str(), "source": event.source.as_str(),
                "occurred_at": rfc3339(event.occurred_at),
            },
            "action": decision.action.name(),
            "also_fired": others,
            "rules": rules,
        })
    }
}

/// Parameters that a line names, with their figures.
fn limits<'r>(line: &LineTrace, rule: &'r Rule) -> impl Iterator<Item = (&'r str, &'r str)> {
    let text = line.text.clone();
    rule.limits
        .iter()
        .filter(move |(name, _)| names(&text, name))
        .map(|(n, v)| (n.as_str(), v.as_str()))
}

/// Whether `name` stands in a line as a whole name.
fn names(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Whether two windows cover the same events.
fn same_events(a: &WindowTrace, b: &WindowTrace) -> bool {
    a.covered == b.covered && a.events == b.events
}

fn contributor(event: &Contributor) -> String {
    let mut text = event.id.to_string();
    if let Some(amount) = event.amount {
        let _ = write!(text, "  {} {}", amount.text(), amount.currency.code());
    }
    match (&event.payer, &event.payee) {
        (Some(a), Some(b)) => {
            let _ = write!(text, "  {a} → {b}");
        }
        (Some(one), None) | (None, Some(one)) => {
            let _ = write!(text, "  {one}");
        }
        (None, None) => {}
    }
    text
}

fn answer_json(answer: &Answer) -> Value {
    match answer {
        Answer::Silent => json!({ "said": "silent" }),
        Answer::Fired { action, saturated } => {
            json!({ "said": "fired", "action": action.name(), "saturated": saturated })
        }
        Answer::FellBack { action, line, code } => json!({
            "said": "fell_back", "action": action.name(), "line": &**line, "code": code.name(),
        }),
    }
}

fn line_json(line: &LineTrace, rule: Option<&Rule>) -> Value {
    let group = match line.group {
        Group::When => "when",
        Group::Any => "any",
        Group::Unless => "unless",
    };
    let named = |n: &Named| {
        json!({
            "name": n.name, "value": n.value.as_ref().ok(),
            "code": n.value.as_ref().err().map(|c| c.name()),
        })
    };
    let limits = rule.map(|r| {
        let all = limits(line, r).map(|(n, v)| json!({ "name": n, "value": v }));
        all.collect::<Vec<_>>()
    });
    let comparisons: Vec<Value> = line
        .comparisons
        .iter()
        .map(|c| {
            json!({
                "left": c.left.text, "left_value": c.left.value.as_ref().ok(), "op": c.op.name(),
                "right": c.right.text, "right_value": c.right.value.as_ref().ok(),
                "holds": c.holds.ok(),
            })
        })
        .collect();
    json!({
        "group": group, "line": &*line.text, "holds": line.holds.ok(),
        "code": line.holds.err().map(|c| c.name()), "read": line.read,
        "values": line.values.iter().map(named).collect::<Vec<_>>(),
        "limits": limits, "comparisons": comparisons,
    })
}

fn window_json(window: &WindowTrace) -> Value {
    let events: Vec<Value> = window
        .events
        .iter()
        .map(|e| {
            json!({
                "id": e.id.as_str(), "type": e.kind.name(), "at": rfc3339(e.at),
                "amount": e.amount.map(|m| m.text()),
                "currency": e.amount.map(|m| m.currency.code()),
                "payer": e.payer, "payee": e.payee,
            })
        })
        .collect();
    json!({
        "window": window.name, "computes": window.agg.name(), "value": window.value.as_ref().ok(),
        "code": window.value.as_ref().err().map(|c| c.name()), "covered": window.covered,
        "events": events,
    })
}
