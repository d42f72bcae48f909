//! Money and exact decimals in integers: no float, every operation checked.

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency with a minor unit, as an index into [`CURRENCIES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency(u8);

/// Code and number of decimals of every currency we accept. `XXX`, metals, funds and testing
/// codes have no minor unit and are refused (ISO 4217 list one).
pub const CURRENCIES: &[(&str, u8)] = &[
    ("CNY", 2),
    ("AED", 2),
    ("AFN", 2),
    ("ALL", 2),
    ("AMD", 2),
    ("ANG", 2),
    ("AOA", 2),
    ("ARS", 2),
    ("AUD", 2),
    ("AWG", 2),
    ("AZN", 2),
    ("BAM", 2),
    ("BBD", 2),
    ("BDT", 2),
    ("BGN", 2),
    ("BHD", 3),
    ("BIF", 0),
    ("BMD", 2),
    ("BND", 2),
    ("BOB", 2),
    ("BRL", 2),
    ("BSD", 2),
    ("BTN", 2),
    ("BWP", 2),
    ("BYN", 2),
    ("BZD", 2),
    ("CAD", 2),
    ("CDF", 2),
    ("CHF", 2),
    ("CLP", 0),
    ("COP", 2),
    ("CRC", 2),
    ("CUP", 2),
    ("CVE", 2),
    ("CZK", 2),
    ("DJF", 0),
    ("DKK", 2),
    ("DOP", 2),
    ("DZD", 2),
    ("EGP", 2),
    ("ERN", 2),
    ("ETB", 2),
    ("EUR", 2),
    ("FJD", 2),
    ("FKP", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("GHS", 2),
    ("GIP", 2),
    ("GMD", 2),
    ("GNF", 0),
    ("GTQ", 2),
    ("GYD", 2),
    ("HKD", 2),
    ("HNL", 2),
    ("HTG", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("IQD", 3),
    ("IRR", 2),
    ("ISK", 0),
    ("JMD", 2),
    ("JOD", 3),
    ("JPY", 0),
    ("KES", 2),
    ("KGS", 2),
    ("KHR", 2),
    ("KMF", 0),
    ("KPW", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KYD", 2),
    ("KZT", 2),
    ("LAK", 2),
    ("LBP", 2),
    ("LKR", 2),
    ("LRD", 2),
    ("LSL", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MDL", 2),
    ("MGA", 2),
    ("MKD", 2),
    ("MMK", 2),
    ("MNT", 2),
    ("MOP", 2),
    ("MRU", 2),
    ("MUR", 2),
    ("MVR", 2),
    ("MWK", 2),
    ("MXN", 2),
    ("MYR", 2),
    ("MZN", 2),
    ("NAD", 2),
    ("NGN", 2),
    ("NIO", 2),
    ("NOK", 2),
    ("NPR", 2),
    ("NZD", 2),
    ("OMR", 3),
    ("PAB", 2),
    ("PEN", 2),
    ("PGK", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PYG", 0),
    ("QAR", 2),
    ("RON", 2),
    ("RSD", 2),
    ("RUB", 2),
    ("RWF", 0),
    ("SAR", 2),
    ("SBD", 2),
    ("SCR", 2),
    ("SDG", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("SHP", 2),
    ("SLE", 2),
    ("SOS", 2),
    ("SRD", 2),
    ("SSP", 2),
    ("STN", 2),
    ("SVC", 2),
    ("SYP", 2),
    ("SZL", 2),
    ("THB", 2),
    ("TJS", 2),
    ("TMT", 2),
    ("TND", 3),
    ("TOP", 2),
    ("TRY", 2),
    ("TTD", 2),
    ("TWD", 2),
    ("TZS", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("UYU", 2),
    ("UZS", 2),
    ("VES", 2),
    ("VND", 0),
    ("VUV", 0),
    ("WST", 2),
    ("XAF", 0),
    ("XCD", 2),
    ("XOF", 0),
    ("XPF", 0),
    ("YER", 2),
    ("ZAR", 2),
    ("ZMW", 2),
    ("ZWG", 2),
];

impl Currency {
    /// Renminbi, the currency of limits.
    pub const CNY: Currency = Currency(0);

    /// The currency of an ISO code in capitals.
    #[must_use]
    pub fn parse(code: &str) -> Option<Currency> {
        CURRENCIES
            .iter()
            .position(|(c, _)| *c == code)
            .map(|i| Currency(i as u8))
    }

    /// Its place in [`CURRENCIES`].
    #[must_use]
    pub fn index(self) -> u8 {
        self.0
    }

    /// The currency of a position in the table.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Currency> {
        let here = index < CURRENCIES.len();
        here.then_some(Currency(index as u8))
    }

    /// The ISO code.
    #[must_use]
    pub fn code(self) -> &'static str {
        CURRENCIES[usize::from(self.0)].0
    }

    /// Decimals of the minor unit.
    #[must_use]
    pub fn decimals(self) -> u8 {
        CURRENCIES[usize::from(self.0)].1
    }
}

/// An amount in minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (fen for CNY).
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// The amount as the contract writes it: `50000.00`.
    #[must_use]
    pub fn text(self) -> String {
        Dec::new(i128::from(self.minor), self.currency.decimals())
            .text_fixed(self.currency.decimals())
    }
}

/// Decimals kept by quotients and averages.
pub const QUOTIENT_DECIMALS: u8 = 6;
/// Decimals a number may have at most.
pub const MAX_DECIMALS: u8 = 18;

/// An exact decimal: `mantissa / 10^scale`. Equal numbers compare equal whatever their scale.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Dec {
    mantissa: i128,
    scale: u8,
}

impl PartialEq for Dec {
    fn eq(&self, other: &Dec) -> bool {
        let (a, b) = (self.trim(), other.trim());
        (a.mantissa, a.scale) == (b.mantissa, b.scale)
    }
}

impl Eq for Dec {}

/// A computation left the range of exact integers, or divided by zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MathError {
    /// The result does not fit.
    Overflow,
    /// The divisor is zero.
    DivisionByZero,
}

fn pow10(n: u8) -> i128 {
    10_i128.pow(u32::from(n))
}

impl Dec {
    /// `mantissa / 10^scale`; `scale` at most [`MAX_DECIMALS`].
    #[must_use]
    pub fn new(mantissa: i128, scale: u8) -> Dec {
        assert!(scale <= MAX_DECIMALS, "scale {scale} beyond {MAX_DECIMALS}");
        Dec { mantissa, scale }
    }

    /// A whole number.
    #[must_use]
    pub fn int(n: i64) -> Dec {
        Dec {
            mantissa: i128::from(n),
            scale: 0,
        }
    }

    /// Digits with an optional sign and point, as rules write numbers; `_` groups digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Dec> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || (digits.contains('.') && fraction.is_empty()) || fraction.len() > 18
        {
            return None;
        }
        let mut mantissa = 0_i128;
        for c in whole.chars().chain(fraction.chars()) {
            if c == '_' {
                continue;
            }
            mantissa = mantissa
                .checked_mul(10)?
                .checked_add(i128::from(c.to_digit(10)?))?;
        }
        if text.starts_with('-') {
            mantissa = -mantissa;
        }
        Some(Dec {
            mantissa,
            scale: fraction.len() as u8,
        })
    }

    fn align(self, other: Dec) -> Result<(i128, i128, u8), MathError> {
        let scale = self.scale.max(other.scale);
        let a = self
            .mantissa
            .checked_mul(pow10(scale - self.scale))
            .ok_or(MathError::Overflow)?;
        let b = other
            .mantissa
            .checked_mul(pow10(scale - other.scale))
            .ok_or(MathError::Overflow)?;
        Ok((a, b, scale))
    }

    /// Exact comparison.
    pub fn compare(self, other: Dec) -> Result<std::cmp::Ordering, MathError> {
        let (a, b, _) = self.align(other)?;
        Ok(a.cmp(&b))
    }

    /// Itself in units of so many decimals, if it has no more than those.
    #[must_use]
    pub(crate) fn in_units(self, decimals: u8) -> Option<i128> {
        let more = decimals.checked_sub(self.scale)?;
        match more {
            0 => Some(self.mantissa),
            _ => self.mantissa.checked_mul(10_i128.checked_pow(more.into())?),
        }
    }

    /// Exact sum.
    pub fn plus(self, other: Dec) -> Result<Dec, MathError> {
        let (a, b, scale) = self.align(other)?;
        Ok(Dec {
            mantissa: a.checked_add(b).ok_or(MathError::Overflow)?,
            scale,
        })
    }

    /// Exact difference.
    pub fn minus(self, other: Dec) -> Result<Dec, MathError> {
        self.plus(other.negated())
    }

    /// Exact product; trailing zeros go before an overflow is reported.
    pub fn times(self, other: Dec) -> Result<Dec, MathError> {
        let (a, b) = (self.trim(), other.trim());
        let scale = a.scale + b.scale;
        let mantissa = a
            .mantissa
            .checked_mul(b.mantissa)
            .ok_or(MathError::Overflow)?;
        if scale <= MAX_DECIMALS {
            return Ok(Dec { mantissa, scale });
        }
        Ok(Dec {
            mantissa: round_half_even(mantissa, pow10(scale - MAX_DECIMALS)),
            scale: MAX_DECIMALS,
        })
    }

    /// Quotient, rounded half to even at six decimals.
    pub fn over(self, other: Dec) -> Result<Dec, MathError> {
        if other.mantissa == 0 {
            return Err(MathError::DivisionByZero);
        }
        let (a, b, _) = self.trim().align(other.trim())?;
        let scaled = a
            .checked_mul(pow10(QUOTIENT_DECIMALS))
            .ok_or(MathError::Overflow)?;
        let (n, d) = if b < 0 { (-scaled, -b) } else { (scaled, b) };
        Ok(Dec {
            mantissa: round_half_even(n, d),
            scale: QUOTIENT_DECIMALS,
        }
        .trim())
    }

    /// Remainder with the sign of the dividend.
    pub fn modulo(self, other: Dec) -> Result<Dec, MathError> {
        if other.mantissa == 0 {
            return Err(MathError::DivisionByZero);
        }
        let (a, b, scale) = self.align(other)?;
        Ok(Dec {
            mantissa: a % b,
            scale,
        })
    }

    /// The negative.
    #[must_use]
    pub fn negated(self) -> Dec {
        Dec {
            mantissa: -self.mantissa,
            scale: self.scale,
        }
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The digit before the point at place 0, before that at 1 and on; after the point at -1 and on.
    #[must_use]
    pub fn digit(self, place: i64) -> i64 {
        let shift = i64::from(self.scale).checked_add(place).filter(|s| *s >= 0);
        let power = shift
            .and_then(|s| u32::try_from(s).ok())
            .and_then(|s| 10_u128.checked_pow(s));
        power.map_or(0, |p| (self.mantissa.unsigned_abs() / p % 10) as i64)
    }

    /// The first digit that is not zero; 0 of zero.
    #[must_use]
    pub fn leading_digit(self) -> i64 {
        let mut rest = self.mantissa.unsigned_abs();
        while rest >= 10 {
            rest /= 10;
        }
        rest as i64
    }

    /// Without trailing zeros.
    #[must_use]
    pub fn trim(self) -> Dec {
        let mut d = self;
        while d.scale > 0 && d.mantissa % 10 == 0 {
            d.mantissa /= 10;
            d.scale -= 1;
        }
        d
    }

    /// In minor units of `decimals`, if it is a whole number of them and fits.
    #[must_use]
    pub fn to_minor(self, decimals: u8) -> Option<i64> {
        let d = self.trim();
        if d.scale > decimals {
            return None;
        }
        d.mantissa
            .checked_mul(pow10(decimals - d.scale))
            .and_then(|m| i64::try_from(m).ok())
    }

    /// Shortest text: `0.5`, `3`, `-1.25`.
    #[must_use]
    pub fn text(self) -> String {
        let d = self.trim();
        d.text_fixed(d.scale)
    }

    /// Text with at least `decimals` decimals (more if the number has more).
    #[must_use]
    pub fn text_fixed(self, decimals: u8) -> String {
        let trimmed = self.trim();
        let scale = trimmed.scale.max(decimals);
        let digits = trimmed.mantissa.unsigned_abs().to_string();
        let padded = digits + &"0".repeat(usize::from(scale - trimmed.scale));
        let width = usize::from(scale) + 1;
        let padded = format!("{padded:0>width$}");
        let (whole, fraction) = padded.split_at(padded.len() - usize::from(scale));
        let sign = if trimmed.mantissa < 0 { "-" } else { "" };
        if scale == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }
}

/// `n / d` rounded half to even; `d > 0`.
fn round_half_even(n: i128, d: i128) -> i128 {
    let q = n.div_euclid(d);
    let r = n.rem_euclid(d);
    let twice = r.saturating_mul(2);
    if twice > d || (twice == d && q % 2 != 0) {
        q + 1
    } else {
        q
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_round_half_to_even_at_six_decimals() {
        let div = |a: &str, b: &str| {
            Dec::parse(a)
                .unwrap()
                .over(Dec::parse(b).unwrap())
                .unwrap()
                .text()
        };
        assert_eq!(div("1", "3"), "0.333333");
        assert_eq!(div("2", "3"), "0.666667");
        assert_eq!(div("0.000001", "2"), "0");
        assert_eq!(div("0.000003", "2"), "0.000002");
        assert_eq!(div("-0.000003", "2"), "-0.000002");
    }

    #[test]
    fn digits_are_counted_from_the_point() {
        let d = Dec::parse("-5072.30").unwrap();
        let digits: Vec<i64> = (-3..6).map(|k| d.digit(k)).collect();
        assert_eq!(digits, [0, 0, 3, 2, 7, 0, 5, 0, 0]);
        assert_eq!((d.digit(i64::MAX), d.digit(i64::MIN)), (0, 0));
        assert_eq!(d.leading_digit(), 5);
        assert_eq!(Dec::parse("0.07").unwrap().leading_digit(), 7);
        assert_eq!(Dec::int(0).leading_digit(), 0);
    }

    #[test]
    fn text_keeps_the_currency_s_decimals() {
        assert_eq!(
            Money {
                minor: 5_000_000,
                currency: Currency::CNY
            }
            .text(),
            "50000.00"
        );
        assert_eq!(
            Money {
                minor: 7,
                currency: Currency::CNY
            }
            .text(),
            "0.07"
        );
        assert_eq!(
            Money {
                minor: -1,
                currency: Currency::parse("JPY").unwrap()
            }
            .text(),
            "-1"
        );
    }
}
