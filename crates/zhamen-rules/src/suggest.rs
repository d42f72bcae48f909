//! "Did you mean": the nearest known name to a misspelt one.

/// The known name nearest to `written`, if it is near enough to be a slip.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    // Long texts are never slips of short names, and distance is quadratic.
    if written.chars().count() > 64 {
        return None;
    }
    known
        .into_iter()
        .map(|name| (distance(written, name), name))
        .filter(|(distance, name)| *distance * 3 <= name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}

/// Edits between two names, case aside; a name cut at a dot counts as two edits, so that
/// `amount` finds `txn.amount`.
fn distance(written: &str, name: &str) -> usize {
    let written = written.to_lowercase();
    let whole = strsim::damerau_levenshtein(&written, &name.to_lowercase());
    let tail = name
        .rsplit('.')
        .next()
        .filter(|tail| tail.len() < name.len() && *tail == written)
        .map(|_| 1);
    tail.unwrap_or(whole).min(whole)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_nothing_else() {
        let names = ["txn.amount", "txn.channel", "payer.account"];
        assert_eq!(nearest("txn.amout", names).as_deref(), Some("txn.amount"));
        assert_eq!(nearest("amount", names).as_deref(), Some("txn.amount"));
        assert_eq!(
            nearest("Payer.Account", names).as_deref(),
            Some("payer.account")
        );
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names), None);
    }
}
