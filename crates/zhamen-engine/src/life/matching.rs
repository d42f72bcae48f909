//! The four elements of a police order against what is known of the account: holder name,
//! account, amount, time (银发〔2016〕86号). Says what it finds; places nothing.

use super::Moment;
use super::order::Element;
use crate::event::{Event, Field};
use crate::facts::normal_name;
use crate::ledger::Account;
use crate::money::Money;
use crate::time::TimestampMs;

/// What a comparison finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// It is so.
    Same,
    /// It is not so.
    Contradicts(Element),
    /// Nothing known speaks for or against.
    NotKnown,
}

/// All four elements of a stop order. One that contradicts wins over one that is not known.
pub(super) fn four_elements(e: &Event, m: &Moment<'_>) -> Match {
    let Some(account) = m
        .facts
        .account(e.text(Field::OrderAccount).unwrap_or_default())
    else {
        return Match::NotKnown;
    };
    let name = holder_name(account, e);
    let transfer = transfer(account, e, m);
    match (name, transfer) {
        (Match::Contradicts(_), _) => name,
        (_, Match::Contradicts(_)) => transfer,
        (Match::Same, Match::Same) => Match::Same,
        _ => Match::NotKnown,
    }
}

/// The holder name alone.
pub(super) fn holder_name(account: &Account, e: &Event) -> Match {
    let asked = normal_name(e.text(Field::OrderName).unwrap_or_default());
    let mut seen = account.names.iter().chain(&account.typed);
    if seen.any(|n| normal_name(n) == asked) {
        return Match::Same;
    }
    // Where more names were typed than are kept and the account's own side gave none, the right
    // one may be among those dropped: the bank is asked instead of the police being refused.
    if account.names.is_empty() && (account.typed.is_empty() || account.typed_overflow) {
        return Match::NotKnown;
    }
    Match::Contradicts(Element::Name)
}

/// A transfer into or out of the account of that amount and currency at about that time. That
/// amount at another time contradicts in time, before others at that time contradict in amount.
fn transfer(account: &Account, e: &Event, m: &Moment<'_>) -> Match {
    let (Some(amount), Some(at)) = (
        e.money(Field::OrderAmount),
        e.time(Field::OrderTransferredAt),
    ) else {
        return Match::NotKnown;
    };
    let (mut amount_only, mut time_only) = (false, false);
    for (money, when) in transfers(account, m) {
        let near = (i128::from(when) - i128::from(at)).abs() <= i128::from(m.policy.match_time_ms);
        match (money == amount, near) {
            (true, true) => return Match::Same,
            (true, false) => amount_only = true,
            (false, true) => time_only = true,
            (false, false) => {}
        }
    }
    if amount_only {
        Match::Contradicts(Element::Time)
    } else if time_only {
        Match::Contradicts(Element::Amount)
    } else {
        Match::NotKnown
    }
}

fn transfers<'a>(
    account: &'a Account,
    m: &'a Moment<'_>,
) -> impl Iterator<Item = (Money, TimestampMs)> + 'a {
    account
        .trail
        .iter()
        .filter_map(|no| m.facts.ledger.get(*no))
        .filter_map(|known| Some((known.money()?, known.at)))
}
