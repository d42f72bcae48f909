//! The stories that the demonstration tells: what an officer sees of a card ring, a mule chain, an
//! elderly victim and a phone ring, recognised in what the service writes, not in what the town sent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::view::{Shown, text};

/// A story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// One person's cards at several banks.
    CardRing,
    /// Stopped money that was passed on, and the next accounts proposed to the police.
    MuleChain,
    /// A customer of 60 or over asked the four questions.
    ElderlyVictim,
    /// One person's telephone lines.
    PhoneRing,
}

impl Story {
    /// Every story, in the order of its telling.
    pub const ALL: [Story; 4] = [
        Story::CardRing,
        Story::MuleChain,
        Story::ElderlyVictim,
        Story::PhoneRing,
    ];

    /// What a record tells a story of, and about whom: the person, the flow of money or the inquiry.
    fn of(shown: Shown, record: &Value) -> Option<(Story, &str)> {
        let story = match shown {
            Shown::Alert => match text(record, "/rule") {
                "frequent-card-opening" | "cumulative-card-opening" => Story::CardRing,
                "phone-lines-three" | "phone-lines-over-limit" => Story::PhoneRing,
                _ => return None,
            },
            Shown::Feedback if text(record, "/type") == "stop.extension_proposed" => {
                Story::MuleChain
            }
            Shown::Hold
                if text(record, "/type") == "inquiry.opened"
                    && text(record, "/cause/rule") == "elder-new-payee" =>
            {
                Story::ElderlyVictim
            }
            _ => return None,
        };
        let whose = match story {
            Story::CardRing | Story::PhoneRing => "/subject/value",
            Story::MuleChain => "/chain",
            Story::ElderlyVictim => "/id",
        };
        Some((story, text(record, whose)))
    }

    /// Its name in both languages.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Story::CardRing => "一人多卡 card ring",
            Story::MuleChain => "多级转移 mule chain",
            Story::ElderlyVictim => "疑似受骗老年人 elderly victim",
            Story::PhoneRing => "一人多号 phone ring",
        }
    }

    /// What happened and what was done about it.
    fn told(self) -> [&'static str; 2] {
        match self {
            Story::CardRing => [
                "同一证件短期内在多家银行开卡,已向辖区派出所预警",
                "one ID opened cards at several banks within days; the station was alerted",
            ],
            Story::MuleChain => [
                "止付前资金已逐级转走,系统追踪去向,建议对下级账户延伸止付",
                "the money had moved on before the stop; the next accounts were traced and proposed for a stop",
            ],
            Story::ElderlyVictim => [
                "60岁及以上客户首次向新收款人大额转账,银行先问四个问题并告知风险",
                "a customer of 60 or over paid a large amount to a new payee; the bank had to ask four questions first",
            ],
            Story::PhoneRing => [
                "同一人一年内办理多个手机号,已向辖区派出所预警",
                "one person took several phone lines within a year; the station was alerted",
            ],
        }
    }

    fn field(self) -> &'static str {
        match self {
            Story::CardRing => "card_rings",
            Story::MuleChain => "mule_chains",
            Story::ElderlyVictim => "elderly_victims",
            Story::PhoneRing => "phone_rings",
        }
    }
}

/// What was seen of each story; as long as the demonstration runs, so are those it is about kept.
#[derive(Debug, Default)]
pub struct Stories([BTreeSet<String>; Story::ALL.len()]);

impl Stories {
    /// Takes note of a record; the story it tells, where it is the first of its person, flow
    /// or inquiry, and how often that makes.
    pub fn note(&mut self, shown: Shown, record: &Value) -> Option<(Story, usize)> {
        let (story, whose) = Story::of(shown, record)?;
        let seen = &mut self.0[story as usize];
        seen.insert(whose.to_owned()).then_some((story, seen.len()))
    }

    /// For the line that programs read.
    #[must_use]
    pub fn fields(&self) -> String {
        let counts = Story::ALL.iter().zip(&self.0);
        let fields = counts.map(|(story, seen)| format!("{}={}", story.field(), seen.len()));
        fields.collect::<Vec<_>>().join(" ")
    }

    /// For people.
    #[must_use]
    pub fn recap(&self) -> String {
        let mut out = String::from("\n案例 stories, and how often each was seen 及出现次数\n");
        for (story, seen) in Story::ALL.iter().zip(&self.0) {
            let [zh, en] = story.told();
            out.push_str(&format!("{:>6}  {}\n", seen.len(), story.title()));
            out.push_str(&format!("        {zh}\n        {en}\n"));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_story_counts_once_for_each_it_is_about() {
        let mut stories = Stories::default();
        let ring = |person: &str, rule: &str| json!({"rule": rule, "subject": {"kind": "person", "value": person}});
        let asked = |id: &str, rule: &str| json!({"type": "inquiry.opened", "id": id, "cause": {"rule": rule}});
        let told =
            |kind: &str, order: &str| json!({"type": kind, "application": order, "chain": "C-A-1"});
        let records = [
            (
                Shown::Alert,
                ring("p", "frequent-card-opening"),
                Some((Story::CardRing, 1)),
            ),
            (Shown::Alert, ring("p", "cumulative-card-opening"), None),
            (
                Shown::Alert,
                ring("q", "cumulative-card-opening"),
                Some((Story::CardRing, 2)),
            ),
            (
                Shown::Alert,
                ring("p", "phone-lines-three"),
                Some((Story::PhoneRing, 1)),
            ),
            (Shown::Alert, ring("p", "phone-lines-over-limit"), None),
            (Shown::Alert, ring("p", "fan-out"), None),
            (
                Shown::Hold,
                asked("I-1", "elder-new-payee"),
                Some((Story::ElderlyVictim, 1)),
            ),
            (Shown::Hold, asked("I-2", "large-counter-remittance"), None),
            (Shown::Feedback, told("stop.placed", "A-1"), None),
            (
                Shown::Feedback,
                told("stop.extension_proposed", "A-1"),
                Some((Story::MuleChain, 1)),
            ),
            (
                Shown::Feedback,
                told("stop.extension_proposed", "A-2"),
                None,
            ),
        ];
        for (shown, record, expected) in records {
            assert_eq!(stories.note(shown, &record), expected, "{record}");
        }
        assert_eq!(
            stories.fields(),
            "card_rings=2 mule_chains=1 elderly_victims=1 phone_rings=1"
        );
    }
}
