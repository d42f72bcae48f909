//! Every kind of problem the compiler knows: its severity, stable code, words and advice in both
//! languages, in one row each, grouped by what of a rule file they are about. The rows are the only
//! place of these texts; a test goes through all of them.
//!
//! Messages are fragments in lower case that name what was written. Rule files hold no personal
//! data, so quoting them is safe.

/// A text in both languages, its places filled with what is in scope. Names before `=>` are texts in
/// both languages themselves.
macro_rules! both {
    ($en:literal, $zh:literal) => {
        ::zhamen_engine::rule::Bilingual {
            en: ::std::fmt::format(format_args!($en)),
            zh: ::std::fmt::format(format_args!($zh)),
        }
    };
    ($($word:ident),+ => $en:literal, $zh:literal) => {
        ::zhamen_engine::rule::Bilingual {
            en: {
                $(let $word = &$word.en;)+
                ::std::fmt::format(format_args!($en))
            },
            zh: {
                $(let $word = &$word.zh;)+
                ::std::fmt::format(format_args!($zh))
            },
        }
    };
}

/// A group of problems as a table: one row a kind, `Kind(fields) => Severity "code": message` and,
/// after a comma, advice (a text or an option of one).
macro_rules! problems {
    (
        $(#[$doc:meta])*
        $group:ident {
            $($kind:ident $(($($item:ident: $item_ty:ty),*))? $({$($field:ident: $field_ty:ty),*})?
                => $severity:ident $code:literal: $message:expr $(, $advice:expr)?;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) enum $group {
            $($kind $(($($item_ty),*))? $({$($field: $field_ty),*})?,)*
        }

        impl $crate::problem::Problem for $group {
            fn said(&self) -> $crate::problem::Said {
                match self {
                    $($group::$kind $(($($item),*))? $({$($field),*})? => $crate::problem::Said {
                        severity: $crate::diagnostic::Severity::$severity,
                        code: $code,
                        message: $message,
                        #[allow(unused_mut, unused_assignments, reason = "rows without advice")]
                        advice: {
                            let mut advice: Option<::zhamen_engine::rule::Bilingual> = None;
                            $(advice = $advice.into();)?
                            advice
                        },
                    },)*
                }
            }
        }

        #[cfg(test)]
        impl $group {
            /// Every kind, filled with samples; `turn` picks one of a few.
            pub fn samples(turn: usize) -> Vec<(&'static str, $group)> {
                #[allow(unused_imports, reason = "a group without fields")]
                use $crate::problem::tests::Sample;
                vec![$((
                    stringify!($kind),
                    $group::$kind
                        $(($(<$item_ty>::sample(stringify!($item), turn)),*))?
                        $({$($field: <$field_ty>::sample(stringify!($field), turn)),*})?,
                ),)*]
            }
        }
    };
}

pub(crate) use both;

mod files;
mod foreign;
mod keys;
mod lints;
mod naming;
pub(crate) mod nouns;
mod params;
mod rows;
mod syntax;
#[cfg(test)]
mod tests;
mod types;
mod windows;

pub(crate) use files::Files;
pub(crate) use keys::Keys;
pub(crate) use lints::{Effect, Lints};
pub(crate) use naming::Naming;
pub(crate) use nouns::Noun;
pub(crate) use params::Params;
pub(crate) use rows::Rows;
pub(crate) use syntax::Syntax;
pub(crate) use types::Types;
pub(crate) use windows::Windows;

use zhamen_engine::rule::Bilingual;

use crate::diagnostic::Severity;

/// What is said of a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub severity: Severity,
    pub code: &'static str,
    pub message: Bilingual,
    pub advice: Option<Bilingual>,
}

/// One problem.
pub(crate) trait Problem {
    /// In both languages.
    fn said(&self) -> Said;
}

/// What stands the same in both languages: names, figures, code.
pub(crate) fn verbatim(text: impl Into<String>) -> Bilingual {
    let en = text.into();
    Bilingual { zh: en.clone(), en }
}

fn did_you_mean(nearest: &Option<String>) -> Option<Bilingual> {
    let name = nearest.as_ref()?;
    Some(both!("did you mean `{name}`?", "是否要写 `{name}`？"))
}

/// What was probably meant, else what there is.
fn near_or(nearest: &Option<String>, known: impl FnOnce() -> Bilingual) -> Bilingual {
    did_you_mean(nearest).unwrap_or_else(known)
}
