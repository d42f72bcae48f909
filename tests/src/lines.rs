//! Lines of a rule, each judged alone on one event: what an outside judge of the language says of
//! an expression is compared with what this says.
//!
//! A line goes the whole way, checker, engine and decision, in a rule of its own that holds where
//! the line is true and falls back to `delay` where it cannot be computed.

use std::sync::Arc;

use zhamen_engine::rule::Action;
use zhamen_rules::{Severity, SourceFile, compile};

use crate::harness::{Fold, decision};
use crate::settings;

/// The event that lines are judged on: a transfer whose fields the cases of the judges know.
pub const EVENT: &str = concat!(
    r#"{"type":"transfer.requested","id":"L1","source":"ccb-core","#,
    r#""occurred_at":"2026-11-24T10:15:30.123+08:00","#,
    r#""txn":{"amount":"10500.50","currency":"CNY","channel":"mobile","device":"d-1","country":"CN"},"#,
    r#""payer":{"account":"6217000000000000001","name":"王伟","holder":"421081197703150013","#,
    r#""holder_type":"resident_id","bank":"CCB","branch":"105421000017","opened_on":"2019-03-02"},"#,
    r#""payee":{"account":"6217000000000000007","name":"wánglì 王丽","bank":"ICBC"}}"#
);

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is true.
    Holds,
    /// It is false.
    Fails,
    /// It could not be computed: the code of the fault.
    Fault(&'static str),
    /// The checker refuses it: the codes of the errors.
    Refused(Vec<&'static str>),
}

/// A rule with this line in `when` and in a window's `where`, and things to read in it.
#[must_use]
pub fn rule_of_line(line: &str) -> String {
    let line = quoted(line);
    format!(
        "[[rule]]\nid = \"a\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\non = \"transfer.requested\"\n\
         mode = \"enforce\"\nthen = {{ action = \"hold\" }}\non_error = \"delay\"\n\
         params.p = {{ value = 5, min = 1, max = 9 }}\n\
         params.m = {{ value = \"10500.50\", unit = \"CNY\", min = 1, max = 99_999 }}\n\
         params.d = {{ value = \"90s\", min = \"1s\", max = \"1h\" }}\n\
         window.n = {{ count = \"*\", by = [\"payer.account\"], over = \"1h\" }}\n\
         window.s = {{ sum = \"txn.amount\", by = [\"payer.account\"], over = \"1h\", where = {line} }}\n\
         when = [{line}, \"window.s >= params.m || window.n > params.p\"]\n"
    )
}

/// A text as TOML writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn file(name: &str, text: String) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text,
    }
}

/// Numbers that a line may read.
const PARAMS: &str = "params.zero = { value = 0, min = 0, max = 9 }
params.one = { value = 1, min = 0, max = 9 }
params.two = { value = 2, min = 0, max = 9 }
params.x = { value = 123, min = 0, max = 999 }
params.yuan = { value = 1, unit = \"CNY\", min = 1, max = 9 }
params.nine = { value = 9.8, min = 0.0, max = 99.0 }
";

fn rule(id: usize, line: &str) -> String {
    format!(
        "[[rule]]\nid = \"r{id}\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\non = \"transfer.requested\"\n\
         mode = \"enforce\"\nthen = {{ action = \"hold\" }}\non_error = \"delay\"\n\
         on_missing = \"inquire\"\n{PARAMS}when = [{}]\n",
        quoted(line)
    )
}

/// Judges every line, in order.
///
/// # Panics
/// If rules of good lines do not make a set, or a rule says nothing that a rule can say.
#[must_use]
pub fn judge(lines: &[String], event: &str) -> Vec<Outcome> {
    // Each alone through the checker, so that one bad line does not take the others with it.
    let mut outcomes: Vec<Option<Outcome>> = lines.iter().map(|l| refusal(l)).collect();
    let good: Vec<usize> = (0..lines.len())
        .filter(|i| outcomes[*i].is_none())
        .collect();
    for some in good.chunks(400) {
        let text: String = some.iter().map(|i| rule(*i, &lines[*i])).collect();
        let set = compile(&[file("lines.toml", text)]).set;
        let set = Arc::new(set.expect("good lines make a good set"));
        let policy = settings::policy("[rates]\nUSD = \"7.1\"", None);
        let outputs = Fold::new(set, policy).line(event.as_bytes());
        let decision = decision(&outputs);
        assert!(decision.rejected.is_none(), "the event is good");
        for i in some {
            let id = format!("r{i}");
            let degraded = decision.degraded.iter().find(|d| *d.rule == *id);
            let fired = decision.fired.iter().find(|f| *f.rule == *id);
            outcomes[*i] = Some(match (degraded, fired) {
                (Some(d), _) => Outcome::Fault(d.code.name()),
                (None, None) => Outcome::Fails,
                (None, Some(f)) if f.action == Action::Hold => Outcome::Holds,
                (None, Some(_)) => Outcome::Fault("MISSING"),
            });
        }
    }
    outcomes.into_iter().flatten().collect()
}

/// What the checker has against a line.
fn refusal(line: &str) -> Option<Outcome> {
    let compiled = compile(&[file("line.toml", rule(0, line))]);
    let errors = compiled
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error);
    let codes: Vec<&'static str> = errors.map(|d| d.code).collect();
    (!codes.is_empty()).then_some(Outcome::Refused(codes))
}
