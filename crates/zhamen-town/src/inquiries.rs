//! The counter's answer to an inquiry that a decision opened (四询问一告知), and the customer's second attempt.
//! Without a call of [`Town::on_inquiry`] nothing of this happens, and the stream is complete all the same.

use std::collections::VecDeque;

use crate::Town;
use crate::agenda::Planned;
use crate::cases::{Scene, Script};
use crate::event::TownEvent;
use crate::places::{COUNTER_SOURCE, INQUIRIES};
use crate::records::{Remittance, record};
use crate::rng::{hash, scale};
use crate::time::push_timestamp;
use crate::world::World;

/// Requests that can still be answered about. An inquiry about an older one meets silence.
const REMEMBERED_MAX: usize = 65_536;

/// The latest requests, numbered without gaps.
#[derive(Default)]
pub(crate) struct Recent {
    requests: VecDeque<Remembered>,
    first: u64,
}

struct Remembered {
    remittance: Remittance,
    asked: bool,
}

impl Recent {
    /// Remittances must come in the order of their numbers, from 0.
    pub(crate) fn remember(&mut self, remittance: &Remittance) {
        if self.requests.len() == REMEMBERED_MAX {
            self.requests.pop_front();
            self.first += 1;
        }
        self.requests.push_back(Remembered {
            remittance: remittance.clone(),
            asked: false,
        });
    }

    /// Whether an inquiry stopped this request, so that it must not settle.
    pub(crate) fn was_asked(&self, number: u64) -> bool {
        self.at(number).is_some_and(|at| self.requests[at].asked)
    }

    fn at(&self, number: u64) -> Option<usize> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (at < self.requests.len()).then_some(at)
    }

    /// The request with this id and source, the first time it is asked about.
    fn ask(&mut self, world: &World, transfer_id: &str, source: &str) -> Option<Remittance> {
        let number = transfer_id.rsplit_once('-')?.1.parse().ok()?;
        let at = self.at(number)?;
        let found = &mut self.requests[at];
        let mut id = String::with_capacity(transfer_id.len());
        world.push_event_id(&mut id, 'T', found.remittance.requested_at, number);
        if found.asked
            || found.remittance.inquiry.is_some()
            || id != transfer_id
            || world.bank(found.remittance.payer).source != source
        {
            return None;
        }
        found.asked = true;
        Some(found.remittance.clone())
    }
}

impl Town {
    /// Tells the town that a decision opened the inquiry `inquiry_id` about the transfer `transfer_id` of `source`.
    /// A second or two after `now_ms` an `inquiry.answered` follows, then a new attempt of the same remittance that
    /// names the inquiry and, if the outcome was to proceed, its settlement. The first attempt no longer settles.
    ///
    /// A transfer that the town did not send, has forgotten (after 65,536 more) or was asked about before is ignored;
    /// so is one that already names an inquiry, so that town and engine cannot talk for ever.
    pub fn on_inquiry(&mut self, inquiry_id: &str, transfer_id: &str, source: &str, now_ms: i64) {
        let Some(remittance) = self.recent.ask(&self.world, transfer_id, source) else {
            return;
        };
        // Its own draw: an answer must not change what the rest of the town does.
        let draw = hash(self.options.seed, 10, remittance.number);
        let now = now_ms.clamp(self.now_ms(), self.now_ms() + 60_000);
        let outcome = Outcome::of(remittance.case.is_some(), scale(draw, 100));
        let visit = Visit {
            inquiry: inquiry_id.into(),
            remittance,
            outcome,
            answered: false,
        };
        self.agenda.plan(
            now + 1_000 + (draw & 1_023) as i64,
            Planned::Scene(Box::new(visit)),
        );
    }
}

/// The customer at the counter: the form, then the second attempt.
struct Visit {
    inquiry: Box<str>,
    remittance: Remittance,
    outcome: Outcome,
    answered: bool,
}

impl Script for Visit {
    fn play(&mut self, town: &mut Town) -> Scene {
        if !self.answered {
            self.answered = true;
            return Scene {
                event: self.answer(town),
                next_in_ms: Some(1_200),
            };
        }
        let again = Remittance {
            requested_at: town.now_ms(),
            inquiry: Some(self.inquiry.clone()),
            ..self.remittance.clone()
        };
        let again = town.remit(again);
        let event = town.world.requested(&again);
        if self.outcome == Outcome::Proceed {
            town.settle_at(town.now_ms() + 1_500, again);
        }
        Scene {
            event,
            next_in_ms: None,
        }
    }
}

impl Visit {
    fn answer(&self, town: &mut Town) -> TownEvent {
        let (at, number) = (town.now_ms(), town.number());
        let suspicious = matches!(self.outcome, Outcome::Refuse | Outcome::ReportToPolice);
        let answers = if suspicious {
            &GUIDED_ANSWERS
        } else {
            &PLAIN_ANSWERS
        };
        let value = record(
            "inquiry.answered",
            |text| town.world.push_event_id(text, 'E', at, number),
            COUNTER_SOURCE,
            at,
            |json| {
                json.object("inquiry", |json| {
                    json.string("id", &self.inquiry);
                    json.string("form", "four-questions-one-notice@1");
                    json.array("answers", |json| {
                        for (question, answer) in ["1", "2", "3", "4"].into_iter().zip(answers) {
                            json.element(|json| {
                                json.string("question", question);
                                json.string("answer", answer);
                            });
                        }
                    });
                    json.object("notice", |json| {
                        json.string("version", "1");
                        json.boolean("signed", true);
                        json.composed("signed_at", |text| push_timestamp(text, at));
                    });
                    if suspicious {
                        json.array("observed", |json| {
                            json.item("on_the_phone");
                            json.item("flustered");
                        });
                    }
                    json.string("teller", "teller-0007");
                    json.string("outcome", self.outcome.name());
                });
            },
        );
        let key = town.world.account_number(self.remittance.payer);
        TownEvent {
            topic: INQUIRIES,
            key,
            value,
            occurred_at_ms: at,
            case: self.remittance.case,
        }
    }
}

/// 是否认识对方 · 为何转账 · 是否转到"安全账户" · 是否收到过警方防范宣传提示
const PLAIN_ANSWERS: [&str; 4] = ["认识", "家庭开支", "否", "是"];
const GUIDED_ANSWERS: [&str; 4] = ["不认识", "对方要求保密", "是", "否"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Proceed,
    Delay,
    Refuse,
    ReportToPolice,
}

impl Outcome {
    /// `draw` is a number below 100.
    fn of(planted: bool, draw: u32) -> Outcome {
        match (planted, draw) {
            (true, 0..20) => Outcome::Refuse,
            (true, 20..40) => Outcome::ReportToPolice,
            (false, 0..3) => Outcome::Delay,
            _ => Outcome::Proceed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Outcome::Proceed => "proceed",
            Outcome::Delay => "delay",
            Outcome::Refuse => "refuse",
            Outcome::ReportToPolice => "report_to_police",
        }
    }
}
