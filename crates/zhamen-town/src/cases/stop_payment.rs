//! A victim pays a mule; the police order a stop of the mule's account; the mule tries to get the money out, twice.
//! Every other time the police release the stop afterwards, and a transfer goes through.
//!
//! The waits are long enough for the order to overtake nothing on its way through its own topic.

use super::{CaseKind, Scene, Script, remit, settle_after};
use crate::Town;
use crate::event::TownEvent;
use crate::json::{Json, push_digits};
use crate::money::Money;
use crate::places::{ORDERS, POLICE_SOURCE, TOWNS};
use crate::records::{Manner, Remittance, record};
use crate::time::{push_compact_date, push_timestamp, shanghai_day};
use crate::world::{Account, World};

pub(super) fn cast(round: u64, town: &mut Town) -> impl Script + use<> {
    StopPayment {
        round,
        victim: Account {
            owner: town.cast(),
            slot: 0,
        },
        mule: town.cast_mule(),
        loss: Money::yuan(town.rng.between(200, 490) * 100),
        paid: None,
        scene: 0,
    }
}

struct StopPayment {
    round: u64,
    victim: Account,
    mule: Account,
    loss: Money,
    paid: Option<Remittance>,
    scene: u32,
}

impl Script for StopPayment {
    fn play(&mut self, town: &mut Town) -> Scene {
        self.scene += 1;
        match self.scene {
            1 => Scene {
                event: self.pay(town),
                next_in_ms: Some(1_500),
            },
            2 => Scene {
                event: self.order(town),
                next_in_ms: Some(1_000),
            },
            3 => Scene {
                event: self.get_out(town, 60),
                next_in_ms: Some(400),
            },
            4 => {
                let released = self.round.is_multiple_of(2);
                Scene {
                    event: self.get_out(town, 35),
                    next_in_ms: released.then_some(600),
                }
            }
            5 => Scene {
                event: self.release(town),
                next_in_ms: Some(600),
            },
            _ => {
                let out = self.attempt(town, 5);
                Scene {
                    event: settle_after(town, out, 500),
                    next_in_ms: None,
                }
            }
        }
    }
}

impl StopPayment {
    fn pay(&mut self, town: &mut Town) -> TownEvent {
        let manner = Manner::domestic("mobile", "安全账户");
        let paid = remit(
            town,
            CaseKind::StopPayment,
            self.victim,
            self.mule,
            self.loss,
            manner,
        );
        self.paid = Some(paid.clone());
        settle_after(town, paid, 400)
    }

    /// The four elements are those of the victim's transfer as the bank has it.
    fn order(&self, town: &mut Town) -> TownEvent {
        let paid = self
            .paid
            .as_ref()
            .expect("the victim pays in the first scene");
        let world = town.world;
        self.police_event(town, "stop.ordered", |json, application| {
            json.composed("application", application);
            json.string("kind", "100101");
            json.composed("case", |text| {
                text.push('A');
                text.push_str(self.organ(&world));
                push_compact_date(text, shanghai_day(paid.requested_at));
            });
            json.string("urgency", "urgent");
            json.composed("account", |text| world.push_account_number(text, self.mule));
            json.composed("name", |text| world.push_name_of(text, self.mule));
            json.string("bank", world.bank(self.mule).code);
            json.composed("amount", |text| self.loss.push(text));
            json.string("currency", self.loss.currency.code());
            json.composed("transferred_at", |text| {
                push_timestamp(text, paid.requested_at)
            });
            json.composed("from_account", |text| {
                world.push_account_number(text, self.victim)
            });
            json.string("reason", "被害人报案:冒充公检法诈骗");
            json.string("organ", self.organ(&world));
            json.string("officer", "P036121");
            json.integer("tier", 1);
        })
    }

    fn release(&self, town: &mut Town) -> TownEvent {
        let world = town.world;
        self.police_event(town, "stop.released", |json, application| {
            json.composed("application", application);
            json.composed("account", |text| world.push_account_number(text, self.mule));
            json.string("organ", self.organ(&world));
        })
    }

    fn get_out(&self, town: &mut Town, percent: i64) -> TownEvent {
        let out = self.attempt(town, percent);
        town.world.requested(&out)
    }

    fn attempt(&self, town: &mut Town, percent: i64) -> Remittance {
        let next = town.cast_mule();
        let manner = Manner::domestic("mobile", "往来款");
        remit(
            town,
            CaseKind::StopPayment,
            self.mule,
            next,
            self.loss.percent(percent),
            manner,
        )
    }

    /// The station that orders is that of the victim's town.
    fn organ(&self, world: &World) -> &'static str {
        TOWNS[world.branch(self.victim).town].organ
    }

    fn police_event(
        &self,
        town: &mut Town,
        event_type: &str,
        fill: impl FnOnce(&mut Json, &dyn Fn(&mut String)),
    ) -> TownEvent {
        let (at, number) = (town.now_ms(), town.number());
        let world = town.world;
        let application = |text: &mut String| {
            text.push_str(self.organ(&world));
            push_digits(text, u64::from(world.tag), 7);
            push_digits(text, self.round, 6);
        };
        let value = record(
            event_type,
            |text| world.push_event_id(text, 'E', at, number),
            POLICE_SOURCE,
            at,
            |json| {
                json.object("order", |json| fill(json, &application));
            },
        );
        let key = world.account_number(self.mule);
        TownEvent {
            topic: ORDERS,
            key,
            value,
            occurred_at_ms: at,
            case: Some(CaseKind::StopPayment),
        }
    }
}
