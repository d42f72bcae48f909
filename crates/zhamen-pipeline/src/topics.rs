//! Names of the topics, which are configuration; the defaults are the contract's.

use zhamen_engine::event::InputTopic;
use zhamen_engine::output::Output;

/// What each topic is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Input topics that this instance reads, each with its Kafka name.
    pub inputs: Vec<(InputTopic, String)>,
    /// One decision per input record.
    pub decisions: String,
    /// Alerts for the police stations.
    pub alerts: String,
    /// What became of each stop or freeze order.
    pub feedback: String,
    /// The life of holds, inquiries and verifications.
    pub holds: String,
    /// Victim warnings for the bank's SMS gateway.
    pub warnings: String,
    /// Records that could not be accepted.
    pub dead_letters: String,
    /// The ordered log.
    pub journal: String,
    /// Progress records and, later, rule-set proposals.
    pub control: String,
}

impl Default for Topics {
    fn default() -> Topics {
        Topics {
            inputs: InputTopic::ALL
                .iter()
                .map(|t| (*t, t.name().to_owned()))
                .collect(),
            decisions: "bank.decisions.v1".to_owned(),
            alerts: "police.alerts.v1".to_owned(),
            feedback: "police.feedback.v1".to_owned(),
            holds: "bank.holds.v1".to_owned(),
            warnings: "bank.warnings.v1".to_owned(),
            dead_letters: "zhamen.deadletters.v1".to_owned(),
            journal: "zhamen.journal.v1".to_owned(),
            control: "zhamen.control.v1".to_owned(),
        }
    }
}

impl Topics {
    /// The Kafka name of an input topic; its contract name where it is not configured.
    #[must_use]
    pub fn input(&self, topic: InputTopic) -> &str {
        self.inputs
            .iter()
            .find(|(t, _)| *t == topic)
            .map_or(topic.name(), |(_, name)| name)
    }

    /// The input topic of that Kafka name.
    #[must_use]
    pub fn input_of(&self, name: &str) -> Option<InputTopic> {
        self.inputs
            .iter()
            .find(|(_, n)| n == name)
            .map(|(topic, _)| *topic)
    }

    /// Where an output goes.
    #[must_use]
    pub fn of(&self, output: &Output) -> &str {
        match output {
            Output::Decision(_) => &self.decisions,
            Output::Alert(_) => &self.alerts,
            Output::Feedback(_) | Output::AlertStep(_) => &self.feedback,
            Output::Hold(_) => &self.holds,
            Output::Warning(_) => &self.warnings,
        }
    }
}
