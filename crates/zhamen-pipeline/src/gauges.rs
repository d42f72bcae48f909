//! What the engine holds, as gauges, and its alarms. Walks the state, so it is looked at seldom.

use crate::fold::Fold;
use crate::health::Health;
use crate::metrics::Metrics;

/// Shows it.
pub fn show(fold: &Fold, metrics: &Metrics, health: &Health) {
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
    ] {
        metrics.engine.with_label_values(&[kind]).set(whole(count));
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
    for (kind, count) in &stats.counters.alarms {
        health.alarm(
            *kind,
            &format!("{count} since the start: {}", meaning(kind)),
        );
    }
}

fn meaning(kind: &str) -> &'static str {
    match kind {
        "id_conflict" => "an id was used again for other content; see the rejected decisions",
        "order" => "an order was repeated with other content, or could not be followed",
        "panic" => "an event broke the engine and was quarantined; report it",
        _ => "see the decisions",
    }
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
