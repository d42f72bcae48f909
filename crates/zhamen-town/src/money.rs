//! Amounts in integer minor units and how they are drawn: as many payments between 5 and 10 yuan as between 5,000 and
//! 10,000. No conversion anyone should rely on: foreign amounts are only of a plausible size.

use crate::json::push_digits;
use crate::rng::Rng;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Currency {
    Cny,
    Usd,
    Hkd,
    Jpy,
}

impl Currency {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Currency::Cny => "CNY",
            Currency::Usd => "USD",
            Currency::Hkd => "HKD",
            Currency::Jpy => "JPY",
        }
    }
}

/// An amount above zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    pub(crate) currency: Currency,
}

impl Money {
    pub(crate) fn yuan(yuan: i64) -> Money {
        Money {
            minor: yuan * 100,
            currency: Currency::Cny,
        }
    }

    /// `percent` of the amount, cut to the minor unit, at least one.
    pub(crate) fn percent(self, percent: i64) -> Money {
        Money {
            minor: (self.minor * percent / 100).max(1),
            ..self
        }
    }

    /// The contract's text: `50000.00`, in yen `50000`.
    pub(crate) fn push(self, text: &mut String) {
        let minor = self.minor.unsigned_abs();
        if self.currency == Currency::Jpy {
            push_digits(text, minor, 1);
        } else {
            push_digits(text, minor / 100, 1);
            text.push('.');
            push_digits(text, minor % 100, 2);
        }
    }
}

/// What a resident spends: 5.12 to 10,485.75 yuan, half of it in whole yuan.
pub(crate) fn everyday(rng: &mut Rng) -> Money {
    let octave = 9 + rng.below(11);
    let fen = (1_i64 << octave) + i64::from(rng.below(1 << octave));
    let whole = fen >= 100 && rng.chance(1, 2);
    Money {
        minor: if whole { fen / 100 * 100 } else { fen },
        currency: Currency::Cny,
    }
}

/// 3,000 to 20,000 yuan.
pub(crate) fn wage(rng: &mut Rng) -> Money {
    Money {
        minor: rng.between(300_000, 2_000_000),
        currency: Currency::Cny,
    }
}

/// 1,000 to 49,000 yuan; once in a thousand 50,000 to 500,000.
pub(crate) fn invoice(rng: &mut Rng) -> Money {
    if rng.chance(1, 1_000) {
        return Money {
            minor: rng.between(5_000_000, 50_000_000),
            currency: Currency::Cny,
        };
    }
    Money {
        minor: rng.between(100_000, 4_900_000),
        currency: Currency::Cny,
    }
}

/// An amount in fen, one time in forty as about as much in another currency.
pub(crate) fn sometimes_foreign(rng: &mut Rng, amount: Money) -> Money {
    let fen = amount.minor;
    let (minor, currency) = match rng.below(1_000) {
        0..10 => (fen / 7, Currency::Usd),
        10..20 => (fen + fen / 10, Currency::Hkd),
        20..25 => (fen / 5, Currency::Jpy),
        _ => (fen, Currency::Cny),
    };
    Money {
        minor: minor.max(1),
        currency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_currency() {
        let text = |minor, currency| {
            let mut text = String::new();
            Money { minor, currency }.push(&mut text);
            text
        };
        assert_eq!(text(5_000_000, Currency::Cny), "50000.00");
        assert_eq!(text(7, Currency::Usd), "0.07");
        assert_eq!(text(5_000_000, Currency::Jpy), "5000000");
        assert_eq!(Money::yuan(1).percent(95).minor, 95);
    }
}
