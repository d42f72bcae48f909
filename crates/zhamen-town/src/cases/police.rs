//! What the police write in a case: the order to stop the account that a payment reached, and its release. The order's
//! four elements are those of the payment as the bank has it.

use super::CaseKind;
use crate::Town;
use crate::event::TownEvent;
use crate::json::{Json, push_digits};
use crate::places::{ORDERS, POLICE_SOURCE, TOWNS};
use crate::records::{Remittance, record};
use crate::time::{push_compact_date, push_timestamp, shanghai_day};
use crate::world::{Account, World};

/// The most applications that one case writes.
pub(super) const APPLICATIONS: u64 = 4;

/// The station that writes, and what its applications are numbered by.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    case: CaseKind,
    /// The station is that of the victim's town.
    victim: Account,
    /// The first of [`APPLICATIONS`] numbers.
    first: u64,
}

impl Desk {
    /// For the `round`th case of its kind.
    pub(super) fn new(case: CaseKind, round: u64, victim: Account) -> Desk {
        let kinds = CaseKind::ALL.len() as u64;
        let nth = CaseKind::ALL.iter().position(|kind| *kind == case);
        let nth = nth.expect("every kind is in the list") as u64;
        Desk {
            case,
            victim,
            first: (round * kinds + nth) * APPLICATIONS,
        }
    }

    /// Orders a stop of the account that `paid` reached. Tier 1 is the account that the victim paid; what the money
    /// reached after it extends the order about it.
    pub(super) fn order(self, town: &mut Town, paid: &Remittance, tier: u64) -> TownEvent {
        let (world, account) = (town.world, paid.payee);
        self.write(town, "stop.ordered", account, |json| {
            json.composed("application", |text| self.application(&world, tier, text));
            json.string("kind", if tier == 1 { "100101" } else { "100105" });
            json.composed("case", |text| {
                text.push('A');
                text.push_str(self.organ(&world));
                push_compact_date(text, shanghai_day(paid.requested_at));
            });
            json.string("urgency", "urgent");
            json.composed("account", |text| world.push_account_number(text, account));
            json.composed("name", |text| world.push_name_of(text, account));
            json.string("bank", world.bank(account).code);
            json.composed("amount", |text| paid.amount.push(text));
            json.string("currency", paid.amount.currency.code());
            json.composed("transferred_at", |text| {
                push_timestamp(text, paid.requested_at)
            });
            json.composed("from_account", |text| {
                world.push_account_number(text, paid.payer)
            });
            json.string("reason", "被害人报案:冒充公检法诈骗");
            json.string("organ", self.organ(&world));
            json.string("officer", "P036121");
            json.integer("tier", tier as i64);
            if tier > 1 {
                json.composed("parent", |text| self.application(&world, 1, text));
            }
        })
    }

    /// Takes back the first order.
    pub(super) fn release(self, town: &mut Town, account: Account) -> TownEvent {
        let world = town.world;
        self.write(town, "stop.released", account, |json| {
            json.composed("application", |text| self.application(&world, 1, text));
            json.composed("account", |text| world.push_account_number(text, account));
            json.string("organ", self.organ(&world));
        })
    }

    fn organ(self, world: &World) -> &'static str {
        TOWNS[world.branch(self.victim).town].organ
    }

    fn application(self, world: &World, tier: u64, text: &mut String) {
        text.push_str(self.organ(world));
        push_digits(text, u64::from(world.tag), 7);
        push_digits(text, self.first + tier - 1, 6);
    }

    fn write(
        self,
        town: &mut Town,
        event_type: &str,
        account: Account,
        fill: impl FnOnce(&mut Json),
    ) -> TownEvent {
        let (at, number) = (town.now_ms(), town.number());
        let world = town.world;
        let value = record(
            event_type,
            |text| world.push_event_id(text, 'E', at, number),
            POLICE_SOURCE,
            at,
            |json| json.object("order", fill),
        );
        TownEvent {
            topic: ORDERS,
            key: world.account_number(account),
            value,
            occurred_at_ms: at,
            case: Some(self.case),
        }
    }
}
