//! Violence against the service on a real broker, round after round over one journal, and what must
//! still be true after each: one decision per input record, the outputs of an undisturbed fold, once.
//!
//! Reading order: [`violence`] is what is done; [`feeder`] keeps events coming meanwhile;
//! [`decisions`] and [`outputs`] read like strangers would; [`oracle`] folds the same journal in
//! peace; [`verdict`] compares.
//!
//! Nothing here knows the pipeline: the journal's bytes, the engine and the JSON are all it shares.

pub mod chance;
pub mod decisions;
pub mod feeder;
pub mod oracle;
pub mod outputs;
pub mod verdict;
pub mod violence;

/// The topics under their default names.
pub mod topics {
    use zhamen_engine::event::InputTopic;

    /// Decisions.
    pub const DECISIONS: &str = "bank.decisions.v1";
    /// Alerts, feedback, holds and warnings: published in transactions.
    pub const OUTPUTS: [&str; 4] = [
        "police.alerts.v1",
        "police.feedback.v1",
        "bank.holds.v1",
        "bank.warnings.v1",
    ];
    /// Progress records.
    pub const CONTROL: &str = "zhamen.control.v1";
    /// The ordered log.
    pub const JOURNAL: &str = "zhamen.journal.v1";

    /// The input topics.
    #[must_use]
    pub fn inputs() -> Vec<&'static str> {
        InputTopic::ALL.iter().map(|t| t.name()).collect()
    }
}
