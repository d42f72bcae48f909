//! An alert for a police station.

use zhamen_engine::output::{Alert, Contribution};

use super::writer::Json;

/// Appends the alert's JSON.
pub fn alert(a: &Alert, out: &mut Vec<u8>) {
    Json(out).document(|o| {
        o.text("alert", &a.alert);
        o.event("event", &a.event);
        o.text("rule", &a.rule);
        o.opt_text("feature_code", a.feature_code.as_deref());
        o.number("score", a.score);
        o.text("severity", a.severity.name());
        o.text("station", &a.station);
        o.opt_text("bank", a.bank.as_deref());
        o.opt_text("branch", a.branch.as_deref());
        o.opt_text("opened_by", a.opened_by.as_deref());
        o.name("subject").object(|o| {
            o.text("kind", &a.subject.kind);
            o.text("value", &a.subject.value);
        });
        // What an officer needs to write a stop-payment order.
        o.name("four_elements").object(|o| {
            o.opt_text("name", a.name.as_deref());
            o.opt_text("account", a.account.as_deref());
            o.opt_text("amount", a.amount.map(|m| m.text()).as_deref());
            o.opt_text("currency", a.amount.map(|m| m.currency.code()));
            o.time("time", a.time);
        });
        o.name("contributing").list(|l| {
            for event in &a.contributing {
                contribution(event, l);
            }
        });
        o.count("contributing_count", a.contributing_count);
        o.pairs("values", &a.values);
        o.pairs("limits", &a.limits);
        o.bilingual("reason", &a.reason);
        o.time("occurred_at", a.occurred_at);
        o.time("raised_at", a.raised_at);
        o.opt_time("report_by", a.report_by);
        o.bool("late", a.late);
        o.count("merged", a.merged);
        o.opt_text("chain", a.chain.as_deref());
        o.coordinates("coordinates", &a.coordinates);
        o.text("ruleset", &a.ruleset);
    });
}

fn contribution(event: &Contribution, l: &mut Json<'_>) {
    l.object(|o| {
        o.text("id", &event.id);
        o.text("source", &event.source);
        o.time("time", event.at);
        o.opt_text("amount", event.amount.map(|m| m.text()).as_deref());
        o.opt_text("currency", event.amount.map(|m| m.currency.code()));
        o.opt_text("counterparty", event.counterparty.as_deref());
    });
}
