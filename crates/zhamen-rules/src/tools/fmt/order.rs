//! The order of keys: that of the rule reference where it has one, else as written.

use toml_edit::{Key, Value};

/// What a table of a rule file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Rule,
    Verdict,
    List,
    Test,
    Row,
    Params,
    Param,
    Windows,
    Window,
    Then,
    Texts,
    Other,
}

impl Kind {
    /// Of the table under a header.
    pub fn at<'p>(path: impl Iterator<Item = &'p str>) -> Kind {
        path.fold(Kind::File, Kind::below)
    }

    /// Of what stands under a key.
    pub fn below(self, key: &str) -> Kind {
        match (self, key) {
            (Kind::File, "rule") => Kind::Rule,
            (Kind::File, "verdict") => Kind::Verdict,
            (Kind::File, "list") => Kind::List,
            (Kind::Rule | Kind::Verdict, "test") => Kind::Test,
            (Kind::Rule | Kind::Verdict, "then") => Kind::Then,
            (Kind::Rule | Kind::Verdict, "title" | "explain") | (Kind::Texts, "customer") => {
                Kind::Texts
            }
            (Kind::Rule, "params") => Kind::Params,
            (Kind::Rule, "window") => Kind::Windows,
            (Kind::Params, _) => Kind::Param,
            (Kind::Windows, _) => Kind::Window,
            (Kind::Test, "given") => Kind::Row,
            _ => Kind::Other,
        }
    }

    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::File => &["list", "rule", "verdict"],
            Kind::Rule => &[
                "id",
                "title",
                "basis",
                "feature_code",
                "owner",
                "on",
                "mode",
                "subject",
                "score",
                "family",
                "params",
                "window",
                "when",
                "any",
                "unless",
                "then",
                "on_error",
                "on_missing",
                "currency",
                "explain",
            ],
            Kind::Verdict => &[
                "id", "title", "at_least", "over", "fades", "then", "explain",
            ],
            Kind::List => &["name", "kind", "required", "stale_after"],
            Kind::Test => &["name", "given", "expect", "alerts", "explain"],
            Kind::Row => &["on", "at", "times", "every"],
            Kind::Param => &["value", "unit", "min", "max", "step", "zh", "en"],
            Kind::Window => &[
                "on", "count", "sum", "distinct", "min", "max", "avg", "stddev", "first", "last",
                "since", "hops", "within", "share", "by", "fields", "over", "until", "per",
                "where", "current", "undo", "reset", "exact",
            ],
            Kind::Then => &crate::rule::then::KEYS,
            Kind::Texts => &["zh", "en", "customer"],
            Kind::Params | Kind::Windows | Kind::Other => &[],
        }
    }
}

/// Entries in order; what has none stays as it is written, behind what has.
pub(super) fn sorted<'d>(
    entries: Vec<(Vec<&'d Key>, &'d Value)>,
    kind: Kind,
) -> Vec<(Vec<&'d Key>, &'d Value)> {
    let names: Vec<Vec<&str>> = entries
        .iter()
        .map(|(path, _)| path.iter().map(|k| k.get()).collect())
        .collect();
    let place = |path: &[&str]| -> Vec<usize> {
        let mut kind = kind;
        let mut place = Vec::with_capacity(path.len());
        for (depth, name) in path.iter().enumerate() {
            let known = kind.keys();
            let first = || names.iter().position(|n| n.starts_with(&path[..=depth]));
            let unknown = || known.len() + first().unwrap_or(0);
            place.push(known.iter().position(|k| k == name).unwrap_or_else(unknown));
            kind = kind.below(name);
        }
        place
    };
    let mut placed: Vec<_> = names.iter().map(|n| place(n)).zip(entries).collect();
    placed.sort_by(|(a, _), (b, _)| a.cmp(b));
    placed.into_iter().map(|(_, entry)| entry).collect()
}
