//! Amounts of money as the contract writes them: text, positive, no more decimals than the
//! currency has, into integer minor units.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use zhamen_engine::entry::Code;
use zhamen_engine::money::{Currency, Money};

/// Largest amount in minor units (90 million million yuan): exact in every reader's double, and a
/// thousand of them still add up in 64 bits.
pub const MAX_MINOR: i64 = 9_000_000_000_000_000;

/// Parses an amount. `00100.00` is `NUMBER`: a leading zero is how a field of fixed width looks
/// that was never an amount.
pub(crate) fn parse(text: &str, currency: Currency) -> Result<Money, Code> {
    let (whole, fraction) = well_formed(text)?;
    let decimals = usize::from(currency.decimals());
    if fraction.len() > decimals {
        return Err(Code::Scale);
    }
    let minor = if whole.len() + decimals <= 18 {
        let digits = whole.bytes().chain(fraction.bytes());
        let minor = digits.fold(0_i64, |n, b| n * 10 + i64::from(b - b'0'));
        minor * 10_i64.pow((decimals - fraction.len()) as u32)
    } else {
        beyond_64_bits(text, currency)?
    };
    if minor == 0 || minor > MAX_MINOR {
        return Err(Code::Range);
    }
    Ok(Money { minor, currency })
}

/// Digits before and after the point.
fn well_formed(text: &str) -> Result<(&str, &str), Code> {
    let negative = text.strip_prefix('-');
    let digits = negative.unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(Code::Number),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || leading_zero || !all_digits(whole) || !all_digits(fraction) {
        return Err(Code::Number);
    }
    if negative.is_some() {
        return Err(Code::Sign);
    }
    Ok((whole, fraction))
}

/// Too long for the quick way; says what it is worth all the same.
#[cold]
fn beyond_64_bits(text: &str, currency: Currency) -> Result<i64, Code> {
    let amount: Decimal = text.parse().map_err(|_| Code::Range)?;
    amount
        .checked_mul(Decimal::from(10_u64.pow(u32::from(currency.decimals()))))
        .and_then(|minor| minor.to_i64())
        .ok_or(Code::Range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str, currency: &str) -> &'static str {
        match parse(text, Currency::parse(currency).unwrap()) {
            Ok(_) => "ok",
            Err(code) => code.name(),
        }
    }

    #[test]
    fn every_family_of_bad_amount() {
        for (text, currency, expected) in [
            ("100", "CNY", "ok"),
            ("100.0", "CNY", "ok"),
            ("0.01", "CNY", "ok"),
            ("90000000000000.00", "CNY", "ok"),
            ("90000000000000.01", "CNY", "RANGE"),
            ("9000000000000000", "JPY", "ok"),
            ("9000000000000.000", "KWD", "ok"),
            ("", "CNY", "NUMBER"),
            ("-", "CNY", "NUMBER"),
            (".5", "CNY", "NUMBER"),
            ("1.", "CNY", "NUMBER"),
            ("+1.00", "CNY", "NUMBER"),
            ("1e3", "CNY", "NUMBER"),
            ("NaN", "CNY", "NUMBER"),
            ("1,000.00", "CNY", "NUMBER"),
            ("１００", "CNY", "NUMBER"),
            ("1.00 ", "CNY", "NUMBER"),
            ("00100.00", "CNY", "NUMBER"),
            ("--1", "CNY", "NUMBER"),
            ("-1.00", "CNY", "SIGN"),
            ("-0.00", "CNY", "SIGN"),
            ("0", "CNY", "RANGE"),
            ("0.00", "CNY", "RANGE"),
            ("1.000", "CNY", "SCALE"),
            ("1.0", "JPY", "SCALE"),
            ("1.0000", "KWD", "SCALE"),
            ("99999999999999999999.00", "CNY", "RANGE"),
            ("92233720368547758.08", "CNY", "RANGE"),
        ] {
            assert_eq!(code(text, currency), expected, "{text} {currency}");
        }
        assert_eq!(code(&"9".repeat(10_000), "CNY"), "RANGE");
    }

    proptest! {
        #[test]
        fn agrees_with_decimal(whole in 0_u64..=20_000_000_000_000, fraction in 0_u32..100) {
            let text = format!("{whole}.{fraction:02}");
            let exact = (text.parse::<Decimal>().unwrap() * Decimal::from(100)).to_i64().unwrap();
            match parse(&text, Currency::CNY) {
                Ok(m) => {
                    prop_assert_eq!(m.minor, exact);
                    prop_assert_eq!(m.text(), text);
                }
                Err(code) => {
                    prop_assert_eq!(code, Code::Range);
                    prop_assert!(exact == 0);
                }
            }
        }
    }
}
