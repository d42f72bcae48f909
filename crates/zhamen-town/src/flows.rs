//! Ordinary business: wages, shopping, money between friends, logins, newcomers. It stays clear of what the standard
//! rules look for, so that alerts are about the planted cases and a small remainder that no town is without.

use crate::Town;
use crate::agenda::Planned;
use crate::cases::{Scene, Script};
use crate::event::TownEvent;
use crate::money::{self, Money};
use crate::records::{Manner, Notice, Remittance};
use crate::rng::Rng;
use crate::world::{Account, World};

/// Begins one piece of ordinary business.
pub(crate) fn ordinary(town: &mut Town) -> TownEvent {
    match town.rng.below(1_000) {
        0..940 => transfer(town),
        940..970 => login(town),
        970..985 => town.start(Newcomer {
            account: None,
            scene: 0,
        }),
        _ => {
            let account = town.world.any_resident(&mut town.rng);
            let (at, number) = (town.maybe_late(), town.number());
            town.world.holder_updated(account, at, number)
        }
    }
}

fn transfer(town: &mut Town) -> TownEvent {
    let (world, rng) = (&town.world, &mut town.rng);
    let Deal {
        payer,
        payee,
        amount,
        manner,
    } = match rng.below(100) {
        0..4 => wages(world, rng),
        4..6 => invoice(world, rng),
        6..68 => shopping(world, rng),
        _ => among_people(world, rng),
    };
    // Old people and counters are asked about whatever the amount when it is foreign: that would be all one saw.
    let plain = manner.channel == "counter" || world.is_senior(payer.owner);
    let amount = if plain {
        amount
    } else {
        money::sometimes_foreign(rng, amount)
    };
    let country = if rng.chance(1, 500) {
        "HK"
    } else {
        manner.country
    };
    let manner = Manner { country, ..manner };
    let at = town.maybe_late();
    let remittance = town.remit(Remittance::new(at, payer, payee, amount, manner));
    let event = town.world.requested(&remittance);
    let due = town.now_ms() + town.rng.between(1_000, 8_000);
    match town.rng.below(100) {
        0..4 => town
            .agenda
            .plan(due, Planned::Notice(Box::new(remittance), Notice::Failed)),
        4..6 => {
            let part = reversed_part(&mut town.rng, amount);
            let later = due + town.rng.between(10_000, 40_000);
            town.settle_at(due, remittance.clone());
            town.agenda.plan(
                later,
                Planned::Notice(Box::new(remittance), Notice::Reversed(part)),
            );
        }
        _ => town.settle_at(due, remittance),
    }
    event
}

/// Who pays whom how much, and how.
struct Deal {
    payer: Account,
    payee: Account,
    amount: Money,
    manner: Manner,
}

fn wages(world: &World, rng: &mut Rng) -> Deal {
    let manner = Manner::domestic(rng.pick(&["online", "online", "online", "counter"]), "工资");
    Deal {
        payer: world.any_company(rng),
        payee: world.any_resident(rng),
        amount: money::wage(rng),
        manner,
    }
}

fn invoice(world: &World, rng: &mut Rng) -> Deal {
    let manner = Manner::domestic("online", "货款");
    Deal {
        payer: world.any_company(rng),
        payee: world.any_merchant(rng),
        amount: money::invoice(rng),
        manner,
    }
}

fn shopping(world: &World, rng: &mut Rng) -> Deal {
    let channel = rng.pick(&["pos", "pos", "mobile", "mobile", "third_party"]);
    let manner = Manner::domestic(
        channel,
        rng.pick(&["购物", "餐费", "日用品", "药费", "加油"]),
    );
    Deal {
        payer: world.busy_resident(rng),
        payee: world.any_merchant(rng),
        amount: money::everyday(rng),
        manner,
    }
}

fn among_people(world: &World, rng: &mut Rng) -> Deal {
    let payer = world.busy_resident(rng);
    let payee = if rng.chance(9, 10) {
        world.contact_of(payer, rng)
    } else {
        other_than(payer, world.any_resident(rng))
    };
    let channel = match rng.below(20) {
        0..14 => "mobile",
        14..17 => "online",
        17..19 => "atm",
        _ => "counter",
    };
    let manner = Manner::domestic(channel, rng.pick(&["生活费", "房租", "还款", "礼金"]));
    Deal {
        payer,
        payee,
        amount: money::everyday(rng),
        manner,
    }
}

/// Half of the reversals are of a part.
fn reversed_part(rng: &mut Rng, amount: Money) -> Option<Money> {
    let percent = rng.between(10, 90);
    (amount.minor > 1 && rng.chance(1, 2)).then(|| amount.percent(percent))
}

/// Nobody pays an account into itself.
fn other_than(payer: Account, payee: Account) -> Account {
    if payee == payer {
        Account {
            slot: payee.slot + 1,
            ..payee
        }
    } else {
        payee
    }
}

fn login(town: &mut Town) -> TownEvent {
    let account = town.world.busy_resident(&mut town.rng);
    let country = if town.rng.chance(1, 100) {
        town.rng.pick(&["HK", "MO", "TH", "MY"])
    } else {
        "CN"
    };
    let (at, number) = (town.maybe_late(), town.number());
    town.world.account_used(account, country, at, number)
}

/// Someone moves in: an account, a card, a telephone line, which one in five gives back.
struct Newcomer {
    account: Option<Account>,
    scene: u32,
}

impl Script for Newcomer {
    fn play(&mut self, town: &mut Town) -> Scene {
        let account = *self.account.get_or_insert_with(|| Account {
            owner: town.cast(),
            slot: 0,
        });
        let (at, number) = (town.now_ms(), town.number());
        let event = match self.scene {
            0 => town.world.account_opened(account, at, number),
            1 => town.world.card_opened(account, at, number),
            2 => town
                .world
                .phone("phone.registered", account.owner, None, at, number),
            _ => town
                .world
                .phone("phone.cancelled", account.owner, None, at, number),
        };
        self.scene += 1;
        let goes_on = self.scene < 3 || self.scene == 3 && town.rng.chance(1, 5);
        Scene {
            event,
            next_in_ms: goes_on.then(|| town.rng.between(2_000, 30_000)),
        }
    }
}
