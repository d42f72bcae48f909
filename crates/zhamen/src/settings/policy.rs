//! From settings to what the engine and ingest ask for.

use zhamen_engine::entry::Policy;
use zhamen_wire::{CheckerOptions, PseudonymHash};

use super::{Algorithm, Settings};

/// The key used where none is configured. It is published, so it protects nobody; it exists so that
/// tests, demonstrations and rule writing give the same bytes everywhere.
pub const DEVELOPMENT_KEY: &[u8] = b"zhamen-development-key-not-secret";

impl Settings {
    /// Everything that can change a decision besides the rules. How many partitions the decisions
    /// have, the broker knows.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            late_after_ms: self.engine.late_after_ms,
            lateness_ms: self.engine.lateness_ms,
            ahead_after_ms: self.engine.ahead_after_ms,
            dedupe_horizon_ms: self.engine.dedupe_horizon_ms,
            trail_ms: self.engine.trail_ms,
            match_time_ms: self.stop_payment.match_time_ms,
            remind_after_ms: self.stop_payment.remind_after_ms,
            trace_tiers: self.stop_payment.trace_tiers,
            trace_accounts: self.stop_payment.trace_accounts,
            warn_once_in_ms: self.warnings.once_in_ms,
            warn_opt_out: self.warnings.opt_out_list.clone(),
            alert_remind_before_ms: self.alerts.remind_before_ms,
            alert_escalate_after_ms: self.alerts.escalate_after_ms,
            list_guard_from: self.lists.guard_from,
            rejected_action: self.decisions.rejected,
            notice_may_name_police: self.decisions.notice_may_name_police,
            decision_partitions: 1,
            calendar: self.calendar.clone(),
            rates: self.rates.iter().cloned().collect(),
            stations: self.stations.branches.clone(),
            default_station: self.stations.default.clone(),
            forms: self.forms.clone(),
            sources: self.sources.clone(),
        }
    }

    /// How ingest checks records.
    #[must_use]
    pub fn checker_options(&self) -> CheckerOptions {
        CheckerOptions {
            pseudonym_key: match &self.privacy.pseudonym_key {
                Some(key) => key.0.clone(),
                None => DEVELOPMENT_KEY.to_vec(),
            },
            pseudonym: match self.privacy.algorithm {
                Algorithm::HmacSha256 => PseudonymHash::Sha256,
                Algorithm::HmacSm3 => PseudonymHash::Sm3,
            },
            sources: self.sources.clone(),
            reply_topics: self.kafka.reply_topics.clone(),
            environment: self.kafka.environment.clone(),
        }
    }
}
