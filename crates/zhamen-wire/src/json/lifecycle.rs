//! The life of orders, holds, inquiries and verifications, and warnings to victims.

use std::sync::Arc;

use zhamen_engine::output::{
    AlertStep, Cause, Coordinates, Extension, Feedback, HoldEvent, Warning,
};
use zhamen_engine::time::TimestampMs;

use super::writer::Json;

/// Appends the JSON of what became of an order.
pub fn feedback(f: &Feedback, out: &mut Vec<u8>) {
    Json(out).document(|o| {
        o.text("type", f.kind.name());
        o.text("id", &f.id);
        o.opt_text("account", f.account.as_deref());
        place(f.at, &f.coordinates, &f.ruleset, o);
        o.text("application", &f.application);
        o.text("kind", f.code);
        o.opt_time("until", f.until);
        o.opt_count("round", f.round.map(u64::from));
        o.opt_text("element", f.element);
        o.opt_text("bank", f.bank.as_deref());
        if let Some(x) = &f.extension {
            extension(x, o);
        }
    });
}

fn extension(x: &Extension, o: &mut Json<'_>) {
    o.name("next").list(|l| {
        for account in &x.next {
            l.object(|o| {
                o.text("account", &account.account);
                o.opt_text("name", account.name.as_deref());
                o.opt_text("bank", account.bank.as_deref());
                o.text("amount", &account.amount.text());
                o.text("currency", account.amount.currency.code());
                o.time("time", account.time);
                o.number("tier", account.tier);
            });
        }
    });
    o.bool("next_truncated", x.truncated);
    o.text("chain", &x.chain);
}

/// Appends the JSON of a step in the life of a hold, an inquiry or a verification.
pub fn hold(h: &HoldEvent, out: &mut Vec<u8>) {
    Json(out).document(|o| {
        o.text("type", h.kind.name());
        o.text("id", &h.id);
        o.text("account", &h.account);
        place(h.at, &h.coordinates, &h.ruleset, o);
        cause(&h.cause, o);
        o.opt_text("scope", h.scope.map(|s| s.name()));
        match &h.transfer {
            Some((id, source)) => o.name("transfer").object(|o| {
                o.text("id", id);
                o.text("source", source);
            }),
            None => o.null("transfer"),
        }
        o.opt_time("until", h.until);
        o.texts("by", &h.by);
        o.opt_bilingual("reason", h.reason.as_ref());
        if let Some(action) = h.action {
            o.text("action", action.name());
        }
        if let Some(id) = &h.hold {
            o.text("hold", id);
        }
    });
}

/// Appends the JSON of a step in the life of an alert.
pub fn alert_step(a: &AlertStep, out: &mut Vec<u8>) {
    Json(out).document(|o| {
        o.text("type", a.kind.name());
        o.text("id", &a.id);
        o.opt_text("account", a.account.as_deref());
        place(a.at, &a.coordinates, &a.ruleset, o);
        o.text("alert", &a.alert);
        o.text("rule", &a.rule);
        o.text("station", &a.station);
        o.text("severity", a.severity.name());
        o.time("raised_at", a.raised_at);
        o.opt_time("report_by", a.report_by);
        o.opt_text("by", a.by.as_deref());
        o.opt_text("verdict", a.verdict);
    });
}

/// Appends the JSON of a warning.
pub fn warning(w: &Warning, out: &mut Vec<u8>) {
    Json(out).document(|o| {
        o.text("type", "victim.warning");
        o.text("id", &w.id);
        o.text("account", &w.account);
        place(w.at, &w.coordinates, &w.ruleset, o);
        o.opt_text("phone", w.phone.as_deref());
        o.opt_text("holder", w.holder.as_deref());
        cause(&Cause::Rule(Arc::clone(&w.cause)), o);
        o.bilingual("text", &w.text);
    });
}

fn place(at: TimestampMs, coordinates: &Coordinates, ruleset: &str, o: &mut Json<'_>) {
    o.time("at", at);
    o.coordinates("coordinates", coordinates);
    o.text("ruleset", ruleset);
}

fn cause(cause: &Cause, o: &mut Json<'_>) {
    o.name("cause").object(|o| match cause {
        Cause::Rule(rule) => o.text("rule", rule),
        Cause::Application(application) => o.text("application", application),
    });
}
