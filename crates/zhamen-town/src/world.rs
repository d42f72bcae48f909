//! Who lives in the towns and which accounts they hold, computed from numbers. Owners are numbered: companies, then
//! merchants, then residents, then without end the cast: people who appear in a case or move in later.

use crate::firms::Firm;
use crate::json::push_digits;
use crate::people::Resident;
use crate::places::{BANKS, BRANCHES, Bank, Branch};
use crate::rng::{Rng, hash, scale};
use crate::time::shanghai_day;

/// Larger towns are cut to this: beyond it telephone numbers would repeat.
const ACCOUNTS_MAX: u32 = 80_000_000;
const ACCOUNTS_MIN: u32 = 100;

/// One account: its owner, and which of the owner's accounts. Different slots up to 5 are at different banks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) owner: u32,
    pub(crate) slot: u8,
}

/// The slot of accounts opened a few days ago: mules.
pub(crate) const NEW_SLOT: u8 = 5;

/// An owner with the details that events show.
pub(crate) enum Holder {
    Firm(Firm),
    Resident(Resident),
}

/// The constant part of a town.
#[derive(Clone, Copy)]
pub(crate) struct World {
    seed: u64,
    first_day: i64,
    /// Seven digits that tell this town's ids from those of another.
    pub(crate) tag: u32,
    companies: u32,
    merchants: u32,
    residents: u32,
}

impl World {
    pub(crate) fn new(seed: u64, accounts: u32, start_ms: i64) -> World {
        let accounts = accounts.clamp(ACCOUNTS_MIN, ACCOUNTS_MAX);
        let firms = accounts / 10;
        World {
            seed,
            first_day: shanghai_day(start_ms),
            tag: scale(hash(seed, 11, start_ms as u64), 10_000_000),
            companies: firms / 4,
            merchants: firms - firms / 4,
            // Every third resident holds two accounts.
            residents: (accounts - firms) / 4 * 3,
        }
    }

    /// The first owner number that is neither a firm nor a resident.
    pub(crate) fn first_of_cast(&self) -> u32 {
        self.firms() + self.residents
    }

    /// Whether the owner is a person of 60 or more.
    pub(crate) fn is_senior(&self, owner: u32) -> bool {
        owner >= self.firms() && crate::people::is_senior(owner - self.firms())
    }

    pub(crate) fn is_company(&self, owner: u32) -> bool {
        owner < self.companies
    }

    pub(crate) fn any_company(&self, rng: &mut Rng) -> Account {
        Account {
            owner: rng.zipf(self.companies, 16),
            slot: 0,
        }
    }

    pub(crate) fn any_merchant(&self, rng: &mut Rng) -> Account {
        Account {
            owner: self.companies + rng.zipf(self.merchants, 8),
            slot: 0,
        }
    }

    /// A resident's account; a few residents are far busier than the rest.
    pub(crate) fn busy_resident(&self, rng: &mut Rng) -> Account {
        let number = rng.zipf(self.residents, 64);
        let slot = u8::from(number % 3 == 2 && rng.chance(1, 2));
        Account {
            owner: self.firms() + number,
            slot,
        }
    }

    /// Any resident's first account, all alike.
    pub(crate) fn any_resident(&self, rng: &mut Rng) -> Account {
        Account {
            owner: self.firms() + rng.below(self.residents),
            slot: 0,
        }
    }

    /// One of the four accounts that this resident pays again and again.
    pub(crate) fn contact_of(&self, payer: Account, rng: &mut Rng) -> Account {
        let friend = hash(
            self.seed,
            6,
            u64::from(payer.owner) * 4 + u64::from(rng.below(4)),
        );
        let owner = self.firms() + scale(friend, self.residents);
        if owner == payer.owner {
            Account {
                owner,
                slot: 1 - payer.slot.min(1),
            }
        } else {
            Account { owner, slot: 0 }
        }
    }

    pub(crate) fn holder(&self, owner: u32) -> Holder {
        if owner < self.firms() {
            Holder::Firm(Firm::of(self.seed, owner, !self.is_company(owner)))
        } else {
            Holder::Resident(self.resident(owner))
        }
    }

    /// `owner` must not be a firm.
    pub(crate) fn resident(&self, owner: u32) -> Resident {
        Resident::of(self.seed, self.first_day, owner - self.firms())
    }

    pub(crate) fn branch(&self, account: Account) -> &'static Branch {
        let home = hash(self.seed, 7, u64::from(account.owner));
        let bank =
            (scale(home, BANKS.len() as u32) as usize + usize::from(account.slot)) % BANKS.len();
        let town = (home & 1) as usize;
        &BRANCHES[town * BANKS.len() + bank]
    }

    pub(crate) fn bank(&self, account: Account) -> &'static Bank {
        &BANKS[self.branch(account).bank]
    }

    /// A resident's number has 19 digits with a Luhn check, a firm's has 17 and none.
    pub(crate) fn push_account_number(&self, text: &mut String, account: Account) {
        if account.owner < self.firms() {
            text.push_str("36");
            text.push_str(&self.branch(account).line_number[..3]);
            push_digits(text, self.serial(account), 12);
        } else {
            self.push_luhn(text, self.bank(account).account_prefix, account);
        }
    }

    /// The number of the card on this account.
    pub(crate) fn push_card_number(&self, text: &mut String, account: Account) {
        self.push_luhn(text, self.bank(account).card_prefix, account);
    }

    /// Day on which the account was opened, never before its holder was 14.
    pub(crate) fn opened_day(&self, account: Account) -> i64 {
        let draw = hash(
            self.seed,
            8,
            u64::from(account.owner) * 8 + u64::from(account.slot),
        );
        if account.slot == NEW_SLOT {
            return self.first_day - 3 - i64::from(scale(draw, 18));
        }
        let oldest = match self.holder(account.owner) {
            Holder::Firm(_) => 4_380,
            Holder::Resident(person) => {
                (self.first_day - person.birth_day - 14 * 365).clamp(60, 4_380)
            }
        };
        self.first_day - 30 - i64::from(scale(draw, oldest as u32 - 30))
    }

    fn push_luhn(&self, text: &mut String, prefix: &str, account: Account) {
        let start = text.len();
        text.push_str(prefix);
        push_digits(text, self.serial(account), 12);
        let check = luhn_digit(&text.as_bytes()[start..]);
        text.push(check);
    }

    /// Twelve digits, different for different accounts: the multiplier shares no factor with 10^12.
    fn serial(&self, account: Account) -> u64 {
        let number = u64::from(account.owner) * 8 + u64::from(account.slot);
        (number * 387_420_489 + hash(self.seed, 9, 0) % 1_000_000_000_000) % 1_000_000_000_000
    }

    fn firms(&self) -> u32 {
        self.companies + self.merchants
    }
}

/// ISO/IEC 7812: the digit that makes the number pass.
fn luhn_digit(digits: &[u8]) -> char {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(digit - b'0') << u32::from(at % 2 == 0);
            value / 10 + value % 10
        })
        .sum();
    char::from(b'0' + ((10 - sum % 10) % 10) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn luhn_digit_of_a_known_number() {
        assert_eq!(luhn_digit(b"7992739871"), '3');
    }

    #[test]
    fn account_numbers_differ() {
        let world = World::new(3, 10_000, 1_795_482_000_000);
        let mut seen = HashSet::new();
        for owner in 0..12_000 {
            for slot in 0..6 {
                let (mut account, mut card) = (String::new(), String::new());
                world.push_account_number(&mut account, Account { owner, slot });
                world.push_card_number(&mut card, Account { owner, slot });
                assert!(seen.insert(account));
                assert!(seen.insert(card));
            }
        }
    }
}
