//! What the demonstration tells a person: one line per alert, hold, stopped transfer, inquiry and
//! answer to a police order, in both languages. Accounts are masked, names are left out.

use std::collections::BTreeMap;

use serde_json::Value;
use zhamen_engine::rule::{Bilingual, RuleSet};
use zhamen_engine::time::{HOUR_MS, MINUTE_MS, SECOND_MS, TimestampMs, shanghai_time_of_day_ms};

/// The topics that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Shown {
    Decision,
    Alert,
    Hold,
    Feedback,
}

/// Names for codes, and whether to use colours.
pub struct View {
    /// Rule and verdict titles by id.
    titles: BTreeMap<String, Bilingual>,
    /// Station names by code.
    stations: BTreeMap<String, Bilingual>,
    colour: bool,
}

impl View {
    /// A view that knows the names of these rules and stations.
    #[must_use]
    pub fn new(rules: &RuleSet, stations: BTreeMap<String, Bilingual>, colour: bool) -> View {
        let of_rules = rules.rules.iter().map(|r| (&r.id, &r.title));
        let of_verdicts = rules.verdicts.iter().map(|v| (&v.id, &v.title));
        View {
            titles: of_rules
                .chain(of_verdicts)
                .map(|(id, title)| (id.to_string(), title.clone()))
                .collect(),
            stations,
            colour,
        }
    }

    /// The line for a record; `None` where it tells a person nothing. `key` is the record's.
    #[must_use]
    pub fn line(&self, at: TimestampMs, shown: Shown, key: &str, record: &Value) -> Option<String> {
        let (paint, label, text) = match shown {
            Shown::Decision => self.decision(key, record)?,
            Shown::Alert => self.alert(record),
            Shown::Hold => self.hold(record)?,
            Shown::Feedback => feedback(record)?,
        };
        let time = clock_text(at);
        Some(match self.colour {
            true => format!("{time}  \x1b[{paint}m{label}\x1b[0m  {text}"),
            false => format!("{time}  {label}  {text}"),
        })
    }

    fn alert(&self, alert: &Value) -> Told {
        let severity = text(alert, "/severity");
        let (paint, word) = match severity {
            "critical" => ("1;97;41", "特急"),
            "high" => ("1;31", "高"),
            "medium" => ("33", "中"),
            _ => ("36", "低"),
        };
        let elements = alert.pointer("/four_elements");
        let account = elements.map_or("", |e| text(e, "/account"));
        let amount = elements.map_or(String::new(), amount);
        let mut parts = vec![self.title(text(alert, "/rule"))];
        if !account.is_empty() {
            parts.push(format!("账户 account {}", masked(account)));
        }
        parts.extend(Some(amount).filter(|a| !a.is_empty()));
        parts.push(self.station(text(alert, "/station")));
        let label = padded(&format!("预警 ALERT {word} {severity}"), LABEL_COLUMNS);
        (paint, label, parts.join(" · "))
    }

    fn decision(&self, key: &str, decision: &Value) -> Option<Told> {
        let is_request = text(decision, "/event/type") == "transfer.requested";
        let first = decision.pointer("/duplicate_of").is_none_or(Value::is_null);
        if text(decision, "/decision") != "hold" || !is_request || !first {
            return None;
        }
        let why: Vec<String> = decision
            .pointer("/fired")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|fired| text(fired, "/action") == "hold")
            .map(|fired| self.title(text(fired, "/rule")))
            .collect();
        let line = format!(
            "转账被拦截 transfer stopped · 账户 account {} · {}",
            masked(key),
            why.join(", ")
        );
        Some(told("1;97;45", "拦截 STOPPED", line))
    }

    fn hold(&self, hold: &Value) -> Option<Told> {
        let account = masked(text(hold, "/account"));
        let cause = match text(hold, "/cause/rule") {
            "" => format!("文书 order {}", text(hold, "/cause/application")),
            rule => self.title(rule),
        };
        let (paint, label, what) = match text(hold, "/type") {
            "hold.placed" if text(hold, "/scope") == "account_out" => {
                ("1;35", "止付 HOLD", "账户只收不付 money out is stopped")
            }
            "hold.placed" => ("35", "暂缓 DELAY", "转账暂缓 transfer delayed"),
            "hold.released" => ("32", "解除 RELEASE", "已解除 released"),
            "hold.expired" => ("32", "到期 EXPIRY", "到期自动解除 ended by itself"),
            "inquiry.opened" => ("34", "询问 INQUIRY", "四询问一告知 questions asked"),
            "inquiry.answered" => ("32", "询问 INQUIRY", "已答复 answered"),
            "inquiry.expired" => ("33", "询问 INQUIRY", "逾期未答 no answer in time"),
            "verification.opened" => ("34", "核验 VERIFY", "请核验身份 verification asked"),
            "account.restricted" => ("33", "核验 VERIFY", "账户受限 account restricted"),
            "account.suspended" => ("1;33", "核验 VERIFY", "账户中止 account suspended"),
            _ => return None,
        };
        Some(told(
            paint,
            label,
            format!("{what} · 账户 account {account} · {cause}"),
        ))
    }

    /// The name of a rule, a verdict or one of the reserved causes.
    #[must_use]
    pub fn title(&self, id: &str) -> String {
        let reserved = match id {
            "stop-payment" => Some("紧急止付 stop-payment"),
            "freeze" => Some("冻结 freeze"),
            "hold" => Some("暂缓 hold"),
            "verification" => Some("核验 verification"),
            _ => None,
        };
        match (reserved, self.titles.get(id)) {
            (Some(name), _) => name.to_owned(),
            (None, Some(title)) => format!("{} {}", title.zh, title.en),
            (None, None) => id.to_owned(),
        }
    }

    fn station(&self, code: &str) -> String {
        match self.stations.get(code) {
            Some(name) => format!("{} {}", name.zh, name.en),
            None => code.to_owned(),
        }
    }
}

/// Colour, label, text.
type Told = (&'static str, String, String);

/// Labels take this many columns.
const LABEL_COLUMNS: usize = 24;

fn told(paint: &'static str, label: &str, line: String) -> Told {
    (paint, padded(label, LABEL_COLUMNS), line)
}

fn feedback(feedback: &Value) -> Option<Told> {
    let (paint, what) = match text(feedback, "/type") {
        "stop.placed" => ("1;35", "止付成功 stop placed"),
        "stop.refused" => ("31", "要素不符 stop refused"),
        "stop.forwarded" => ("33", "转开户行核实 forwarded to the bank"),
        "stop.reminded" => ("33", "催办 bank reminded"),
        "stop.extension_proposed" => ("1;33", "建议延伸止付 next accounts proposed"),
        "stop.lifted" => ("32", "止付解除 stop lifted"),
        "stop.expired" => ("32", "止付到期 stop expired"),
        "freeze.placed" => ("1;35", "冻结成功 freeze placed"),
        "freeze.refused" => ("31", "冻结被拒 freeze refused"),
        "freeze.lifted" => ("32", "冻结解除 freeze lifted"),
        _ => return None,
    };
    let mut line = format!(
        "{what} · 账户 account {} · 文书 order {}",
        masked(text(feedback, "/account")),
        text(feedback, "/application")
    );
    let element = text(feedback, "/element");
    if !element.is_empty() {
        line.push_str(&format!(" · {element}"));
    }
    let next = feedback.pointer("/next").and_then(Value::as_array);
    for account in next.into_iter().flatten() {
        let tier = account.pointer("/tier").and_then(Value::as_i64);
        line.push_str(&format!(
            " · {}级 tier {} {} {} {}",
            tier.unwrap_or(0),
            tier.unwrap_or(0),
            text(account, "/bank"),
            masked(text(account, "/account")),
            amount(account),
        ));
    }
    Some(told(paint, "警令 ORDER", line))
}

/// The text at a place in a record; empty where there is none.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn amount(elements: &Value) -> String {
    let number = text(elements, "/amount");
    if number.is_empty() {
        return String::new();
    }
    match text(elements, "/currency") {
        "" | "CNY" => format!("¥{}", grouped(number)),
        other => format!("{other} {}", grouped(number)),
    }
}

/// `1234567.89` as `1,234,567.89`.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// An account as people may see it: its first and last four characters.
pub fn masked(account: &str) -> String {
    let chars: Vec<char> = account.chars().collect();
    match chars.len() {
        0 => "–".to_owned(),
        1..=8 => "****".to_owned(),
        n => {
            let (head, tail): (String, String) =
                (chars[..4].iter().collect(), chars[n - 4..].iter().collect());
            format!("{head}****{tail}")
        }
    }
}

/// Padded with spaces to `columns` of a terminal, where a Chinese character takes two.
fn padded(text: &str, columns: usize) -> String {
    let width: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(width)))
}

/// Shanghai time of day.
fn clock_text(at: TimestampMs) -> String {
    let ms = shanghai_time_of_day_ms(at);
    let (h, m, s) = (ms / HOUR_MS, ms / MINUTE_MS % 60, ms / SECOND_MS % 60);
    format!("{h:02}:{m:02}:{s:02}")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    fn view() -> View {
        let bilingual = |zh: &str, en: &str| Bilingual {
            zh: zh.to_owned(),
            en: en.to_owned(),
        };
        View {
            titles: [(
                "rapid-pass-through".to_owned(),
                bilingual("快进快出", "rapid pass-through"),
            )]
            .into(),
            stations: [(
                "360121560000".to_owned(),
                bilingual("青岭镇派出所", "Qingling station"),
            )]
            .into(),
            colour: false,
        }
    }

    #[test]
    fn an_officer_reads_what_where_and_how_much_but_no_name_and_no_whole_account() {
        let records = [
            (
                Shown::Alert,
                json!({"rule":"rapid-pass-through","severity":"high","station":"360121560000",
                "four_elements":{"name":"张三","account":"6217001234567890123","amount":"1250000.00","currency":"CNY"}}),
            ),
            (
                Shown::Hold,
                json!({"type":"hold.placed","scope":"account_out","account":"6217001234567890123",
                "cause":{"application":"A-1"}}),
            ),
            (
                Shown::Hold,
                json!({"type":"inquiry.opened","account":"6217001234567890123","cause":{"rule":"other-rule"}}),
            ),
            (
                Shown::Decision,
                json!({"decision":"hold","event":{"type":"transfer.requested"},
                "fired":[{"rule":"stop-payment","action":"hold"},{"rule":"rapid-pass-through","action":"verify"}]}),
            ),
            (
                Shown::Decision,
                json!({"decision":"allow","event":{"type":"transfer.requested"},"fired":[]}),
            ),
            (
                Shown::Feedback,
                json!({"type":"stop.refused","account":"6217001234567890123","application":"A-1","element":"amount"}),
            ),
            (
                Shown::Feedback,
                json!({"type":"stop.extension_proposed","account":"6217001234567890123","application":"A-1",
                "next":[{"account":"6222001234567890456","name":"王五","bank":"ICBC","amount":"3000.00","currency":"CNY","tier":2},
                    {"account":"6228001234567890789","bank":"ABC","amount":"1500.00","currency":"CNY","tier":3}]}),
            ),
        ];
        let lines: Vec<String> = records
            .iter()
            .filter_map(|(shown, record)| view().line(0, *shown, "6217001234567890123", record))
            .collect();
        expect![[r#"
            08:00:00  预警 ALERT 高 high        快进快出 rapid pass-through · 账户 account 6217****0123 · ¥1,250,000.00 · 青岭镇派出所 Qingling station
            08:00:00  止付 HOLD                 账户只收不付 money out is stopped · 账户 account 6217****0123 · 文书 order A-1
            08:00:00  询问 INQUIRY              四询问一告知 questions asked · 账户 account 6217****0123 · other-rule
            08:00:00  拦截 STOPPED              转账被拦截 transfer stopped · 账户 account 6217****0123 · 紧急止付 stop-payment
            08:00:00  警令 ORDER                要素不符 stop refused · 账户 account 6217****0123 · 文书 order A-1 · amount
            08:00:00  警令 ORDER                建议延伸止付 next accounts proposed · 账户 account 6217****0123 · 文书 order A-1 · 2级 tier 2 ICBC 6222****0456 ¥3,000.00 · 3级 tier 3 ABC 6228****0789 ¥1,500.00"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn amounts_are_grouped_and_short_accounts_hidden() {
        assert_eq!(grouped("50000.00"), "50,000.00");
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("1000"), "1,000");
        assert_eq!(masked("A1"), "****");
        assert_eq!(masked("6217001234567890123"), "6217****0123");
    }
}
