//! How far numbers lie from their mean, exact until the last step: the standard deviation of a
//! sample, rounded half to even at six decimals. No floats; what does not fit is said not to.

/// Count, sum and sum of squares of the numbers a window covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moments {
    pub(crate) count: i64,
    pub(crate) sum: i128,
    /// `None`: does not fit.
    pub(crate) squares: Option<i128>,
}

impl Moments {
    /// Of these numbers.
    pub(crate) fn of(numbers: impl Iterator<Item = i128>) -> Moments {
        let none = Moments {
            squares: Some(0),
            ..Moments::default()
        };
        numbers.fold(none, |m, n| Moments {
            count: m.count + 1,
            sum: m.sum.saturating_add(n),
            squares: m
                .squares
                .zip(n.checked_mul(n))
                .and_then(|(all, n)| all.checked_add(n)),
        })
    }

    /// The deviation in millionths of the unit of which the numbers are so many decimals smaller.
    /// `Ok(None)`: of fewer than two numbers there is none. `Err`: does not fit.
    pub(crate) fn deviation(self, decimals: u8) -> Result<Option<i128>, ()> {
        if self.count < 2 {
            return Ok(None);
        }
        let n = i128::from(self.count);
        // n Σx² − (Σx)² over n (n − 1).
        let squares = self.squares.and_then(|s| s.checked_mul(n)).ok_or(())?;
        let square = self.sum.checked_mul(self.sum).ok_or(())?;
        let over = squares.checked_sub(square).ok_or(())?.unsigned_abs();
        let under = (n * (n - 1)).unsigned_abs();
        root(
            over,
            under,
            10_u128.pow(12 - 2 * u32::from(decimals.min(6))),
        )
        .map(Some)
        .ok_or(())
    }
}

/// The root of `over / under * scale`, rounded half to even.
fn root(over: u128, under: u128, scale: u128) -> Option<i128> {
    let rest = (over % under).checked_mul(scale)?;
    let whole = (over / under)
        .checked_mul(scale)?
        .checked_add(rest / under)?;
    // The radicand is `whole` and `part` of `under` more.
    let part = rest % under;
    let low = whole.isqrt();
    // (low + ½)² = low² + low + ¼
    let up = match whole.checked_sub(low * low)?.cmp(&low) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => {
            let quarters = part.checked_mul(4)?;
            quarters > under || quarters == under && low % 2 == 1
        }
    };
    i128::try_from(low + u128::from(up)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(numbers: &[i128], decimals: u8) -> Result<Option<i128>, ()> {
        Moments::of(numbers.iter().copied()).deviation(decimals)
    }

    #[test]
    fn of_known_samples() {
        // 2 4 4 4 5 5 7 9: the squares about the mean sum to 32, over 7: 2.138089935…
        let eight = [2, 4, 4, 4, 5, 5, 7, 9];
        assert_eq!(deviation(&eight, 0), Ok(Some(2_138_090)));
        // As fen it is a hundredth.
        assert_eq!(deviation(&eight, 2), Ok(Some(21_381)));
        assert_eq!(deviation(&[1, 2], 0), Ok(Some(707_107)));
        assert_eq!(deviation(&[-3, 3], 0), Ok(Some(4_242_641)));
        assert_eq!(deviation(&[7, 7, 7], 0), Ok(Some(0)));
        assert_eq!(deviation(&[7], 0), Ok(None));
        assert_eq!(deviation(&[], 0), Ok(None));
    }

    #[test]
    fn half_goes_to_even() {
        // Roots of 0.25 and 2.25 of the last place are halves exactly.
        assert_eq!(root(1, 4, 1), Some(0));
        assert_eq!(root(9, 4, 1), Some(2));
        assert_eq!(root(25, 4, 1), Some(2));
        assert_eq!(root(26, 4, 1), Some(3));
        assert_eq!(root(24, 4, 1), Some(2));
        assert_eq!(root(0, 4, 1), Some(0));
    }

    #[test]
    fn large_numbers_are_exact_or_do_not_fit() {
        let big = 1_000_000_000_000_000_i128;
        assert_eq!(deviation(&[big, big + 2], 0), Ok(Some(1_414_214)));
        assert_eq!(
            deviation(&[i128::from(i64::MAX) * 2, -i128::from(i64::MAX) * 2], 0),
            Err(())
        );
        assert_eq!(deviation(&[i128::MAX, 1], 0), Err(()));
    }
}
