//! The suspicious stories planted among ordinary business: one file each, told scene by scene. Amounts and counts are
//! those of the rules' texts; hours and days are told in seconds. Everyone in them is new, so stories never mix.

use crate::Town;
use crate::event::TownEvent;
use crate::money::Money;
use crate::records::{Manner, Remittance};
use crate::world::Account;

mod card_ring;
mod counter_without_inquiry;
mod elder_new_payee;
mod fan_in;
mod fan_out;
mod large_burst;
mod mule_chain;
mod pass_through;
mod phone_lines;
mod police;
mod police_listed_payee;
mod stop_payment;

/// What a planted case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseKind {
    /// Money to a mule, a police stop-payment order, and attempts to get the money out.
    StopPayment,
    /// Money that a mule has passed on, tier by tier, before the stop: the order is extended to the next accounts.
    MuleChain,
    /// Many payers into one account, then everything out in one transfer.
    FanIn,
    /// One large inflow, then out to many.
    FanOut,
    /// Most of an inflow leaves at once.
    PassThrough,
    /// Five or more transfers of at least 50,000 CNY within an hour.
    LargeBurst,
    /// More than five numbers for one person at one operator.
    PhoneLinesOverLimit,
    /// Exactly three numbers for one person.
    PhoneLinesThree,
    /// Three or more cards on one ID, at several banks.
    CardRing,
    /// A customer of 60 or older sends a large amount to a new payee.
    ElderNewPayee,
    /// A large remittance at the counter without the four questions.
    CounterWithoutInquiry,
    /// The payee is on the police's list.
    PoliceListedPayee,
}

impl CaseKind {
    /// Every kind, in the order in which they are begun.
    pub const ALL: [CaseKind; 12] = [
        CaseKind::StopPayment,
        CaseKind::MuleChain,
        CaseKind::FanIn,
        CaseKind::FanOut,
        CaseKind::PassThrough,
        CaseKind::LargeBurst,
        CaseKind::PhoneLinesOverLimit,
        CaseKind::PhoneLinesThree,
        CaseKind::CardRing,
        CaseKind::ElderNewPayee,
        CaseKind::CounterWithoutInquiry,
        CaseKind::PoliceListedPayee,
    ];

    /// A stable kebab-case name.
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    /// Title in Chinese.
    pub fn title_zh(self) -> &'static str {
        self.texts().1
    }

    /// Title in English.
    pub fn title_en(self) -> &'static str {
        self.texts().2
    }

    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            CaseKind::StopPayment => ("stop-payment", "公安紧急止付", "police stop-payment"),
            CaseKind::MuleChain => (
                "mule-chain",
                "多级转移与延伸止付",
                "money passed on tier by tier, the stop extended",
            ),
            CaseKind::FanIn => ("fan-in", "分散转入集中转出", "fan-in, then out at once"),
            CaseKind::FanOut => ("fan-out", "集中转入分散转出", "one inflow, then fan-out"),
            CaseKind::PassThrough => ("pass-through", "快进快出", "rapid pass-through"),
            CaseKind::LargeBurst => (
                "large-burst",
                "短时间频繁大额转出",
                "burst of large transfers",
            ),
            CaseKind::PhoneLinesOverLimit => (
                "phone-lines-over-limit",
                "一年内手机号超过5个",
                "more than 5 phone lines in a year",
            ),
            CaseKind::PhoneLinesThree => (
                "phone-lines-three",
                "一年内手机号达到3个",
                "3 phone lines in a year",
            ),
            CaseKind::CardRing => (
                "card-ring",
                "同一证件短期内多行开卡",
                "cards at several banks on one ID",
            ),
            CaseKind::ElderNewPayee => (
                "elder-new-payee",
                "60岁及以上客户向新收款人大额转账",
                "60 or over, large transfer to a new payee",
            ),
            CaseKind::CounterWithoutInquiry => (
                "counter-without-inquiry",
                "柜面大额汇款未做四询问",
                "large counter remittance without inquiry",
            ),
            CaseKind::PoliceListedPayee => (
                "police-listed-payee",
                "收款账户在公安机关名单",
                "payee on the police list",
            ),
        }
    }
}

/// A story told over several events, each a scene. It is played from the agenda until it plans no further scene.
pub(crate) trait Script: Send {
    fn play(&mut self, town: &mut Town) -> Scene;
}

/// One event of a story.
pub(crate) struct Scene {
    pub(crate) event: TownEvent,
    /// When the next scene is due; none: the story ends.
    pub(crate) next_in_ms: Option<i64>,
}

/// Finds people for a new case of this kind, the `round`th of its kind.
pub(crate) fn cast(kind: CaseKind, round: u64, town: &mut Town) -> Box<dyn Script> {
    match kind {
        CaseKind::StopPayment => Box::new(stop_payment::cast(round, town)),
        CaseKind::MuleChain => Box::new(mule_chain::cast(round, town)),
        CaseKind::FanIn => Box::new(fan_in::cast(town)),
        CaseKind::FanOut => Box::new(fan_out::cast(town)),
        CaseKind::PassThrough => Box::new(pass_through::cast(town)),
        CaseKind::LargeBurst => Box::new(large_burst::cast(town)),
        CaseKind::PhoneLinesOverLimit => Box::new(phone_lines::cast_over_limit(town)),
        CaseKind::PhoneLinesThree => Box::new(phone_lines::cast_three(town)),
        CaseKind::CardRing => Box::new(card_ring::cast(town)),
        CaseKind::ElderNewPayee => Box::new(elder_new_payee::cast(town)),
        CaseKind::CounterWithoutInquiry => Box::new(counter_without_inquiry::cast(town)),
        CaseKind::PoliceListedPayee => Box::new(police_listed_payee::cast(round, town)),
    }
}

/// A transfer of a case, requested now.
fn remit(
    town: &mut Town,
    case: CaseKind,
    payer: Account,
    payee: Account,
    amount: Money,
    manner: Manner,
) -> Remittance {
    let at = town.now_ms();
    let remittance = Remittance::new(at, payer, payee, amount, manner);
    town.remit(Remittance {
        case: Some(case),
        ..remittance
    })
}

/// The request's event; `wait_ms` later it settles.
fn settle_after(town: &mut Town, remittance: Remittance, wait_ms: i64) -> TownEvent {
    let event = town.world.requested(&remittance);
    town.settle_at(town.now_ms() + wait_ms, remittance);
    event
}
