//! What an engine holds, as gauges, and its alarms.

use std::collections::BTreeMap;

use crate::fold::Fold;
use crate::health::Health;
use crate::metrics::Metrics;

/// Shows what is held. It walks the whole state, so it is asked of the snapshot follower's fold,
/// which nobody waits for.
pub fn show(fold: &Fold, metrics: &Metrics) {
    let stats = fold.engine().stats();
    let life = &stats.life;
    for (kind, count) in [
        ("accounts", stats.accounts),
        ("events", stats.events),
        ("series_keys", stats.series_keys),
        ("series_events", stats.series_events),
        ("list_entries", stats.list_entries),
        ("holds", life.holds),
        ("stops", life.stops),
        ("forwarded_orders", life.forwarded),
        ("freezes", life.freezes),
        ("inquiries", life.inquiries),
        ("verifications", life.verifications),
        ("restricted_accounts", life.restricted),
        ("unacknowledged_alerts", life.alerts),
    ] {
        metrics.engine.with_label_values(&[kind]).set(whole(count));
    }
    for (rule, q) in &stats.quality {
        for (outcome, count) in [
            ("raised", q.raised),
            ("acknowledged", q.acknowledged),
            ("confirmed", q.confirmed),
            ("false_alarm", q.false_alarm),
            ("unclear", q.unclear),
            ("overdue", q.overdue),
            ("escalated", q.escalated),
        ] {
            metrics
                .rule_alerts
                .with_label_values(&[rule, outcome])
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
    for (part, bytes) in [
        ("windows", stats.window_bytes),
        ("accounts", stats.account_bytes),
        ("ledger", stats.ledger_bytes),
    ] {
        metrics
            .engine_bytes
            .with_label_values(&[part])
            .set(whole(bytes));
    }
}

/// The alarms that an engine has counted and that were already told.
pub struct Alarms(BTreeMap<&'static str, u64>);

impl Alarms {
    /// What was counted while the past was folded again is no news.
    #[must_use]
    pub fn told(fold: &Fold) -> Alarms {
        Alarms(fold.engine().counters().alarms.clone())
    }

    /// Alarms the operator about what was counted since.
    pub fn tell(&mut self, fold: &Fold, health: &Health) {
        let counted = &fold.engine().counters().alarms;
        if *counted == self.0 {
            return;
        }
        for (kind, count) in counted {
            if self.0.insert(kind, *count) != Some(*count) {
                health.alarm(kind, &format!("{count} so far: {}", meaning(kind)));
            }
        }
    }
}

fn meaning(kind: &str) -> &'static str {
    match kind {
        "id_conflict" => "an id was used again for other content; see the rejected decisions",
        "order" => "an order was repeated with other content, or could not be followed",
        "list_pending" => "a list is to shrink by half or more and waits for a second person",
        "panic" => "an event broke the engine and was quarantined; report it",
        _ => "see the decisions",
    }
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
