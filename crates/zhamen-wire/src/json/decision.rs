//! The answer to one input record.

use zhamen_engine::output::{Decision, Fired, HoldNote, InquiryDemand};

use super::ENGINE_VERSION;
use super::writer::Json;

/// Appends the decision's JSON.
pub fn decision(d: &Decision, out: &mut Vec<u8>) {
    Json(out).document(|o| {
        match d.rejected {
            None => {
                o.text("decision", d.action.name());
                o.text("outcome", "decided");
            }
            Some((code, at_byte)) => {
                o.text("outcome", "rejected");
                o.text("decision", d.action.name());
                o.text("code", code.name());
                o.opt_count("at_byte", at_byte.map(u64::from));
            }
        }
        o.event("event", &d.event);
        o.coordinates("coordinates", &d.coordinates);
        o.name("input").object(|o| {
            o.text("topic", &d.input.topic);
            o.number("partition", d.input.partition.into());
            o.number("offset", d.input.offset);
        });
        fired("fired", &d.fired, o);
        fired("shadow", &d.shadow, o);
        o.name("degraded").list(|l| {
            for fell_back in &d.degraded {
                l.object(|o| {
                    o.text("rule", &fell_back.rule);
                    o.text("line", &fell_back.line);
                    o.text("code", fell_back.code.name());
                });
            }
        });
        o.bool("late", d.late);
        if d.stale {
            o.bool("stale", true);
        }
        if d.ahead {
            o.bool("ahead", true);
        }
        if let Some(first) = &d.duplicate_of {
            o.coordinates("duplicate_of", first);
        }
        o.text("ruleset", &d.ruleset);
        o.text("engine", ENGINE_VERSION);
        o.time("decided_at", d.decided_at);
        match &d.inquiry {
            Some(demand) => inquiry(demand, o),
            None => o.null("inquiry"),
        }
        match &d.hold {
            Some(note) => hold(note, o),
            None => o.null("hold"),
        }
        o.opt_bilingual("customer_notice", d.customer_notice.as_ref());
        if let Some(done) = &d.done {
            o.text("done", done);
        }
        if let Some(traced) = &d.traced {
            o.name("traced").object(|o| {
                o.text("application", &traced.application);
                o.count("tier", traced.tier.into());
            });
        }
    });
}

fn fired(name: &str, rules: &[Fired], o: &mut Json<'_>) {
    o.name(name).list(|l| {
        for rule in rules {
            l.object(|o| {
                o.text("rule", &rule.rule);
                o.text("mode", rule.mode.name());
                o.text("action", rule.action.name());
                o.pairs("values", &rule.values);
                o.pairs("limits", &rule.limits);
                o.bilingual("reason", &rule.reason);
            });
        }
    });
}

fn inquiry(demand: &InquiryDemand, o: &mut Json<'_>) {
    o.name("inquiry").object(|o| {
        o.text("id", &demand.id);
        o.text("form", &demand.form);
        o.name("questions").list(|l| {
            for (id, text) in &demand.questions {
                l.object(|o| {
                    o.text("id", id);
                    o.bilingual("text", text);
                });
            }
        });
        o.name("notice").object(|o| {
            o.text("version", &demand.notice.0);
            o.bilingual("text", &demand.notice.1);
        });
        o.time("answer_by", demand.answer_by);
        o.text("on_silence", demand.on_silence.name());
    });
}

fn hold(note: &HoldNote, o: &mut Json<'_>) {
    o.name("hold").object(|o| {
        o.text("id", &note.id);
        o.bilingual("reason", &note.reason);
        o.time("since", note.since);
        o.opt_time("expires_at", note.expires_at);
        o.texts("release_by", &note.release_by);
        o.bool("appeal", note.appeal);
    });
}
