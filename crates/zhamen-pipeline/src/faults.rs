//! Planted defects, for proving that the torture run notices them. Only built with the feature
//! `planted-defects`; without it every question here is answered `false` at compile time.

/// Which defects this process has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    #[cfg(feature = "planted-defects")]
    /// Input offsets are committed before the append is acknowledged.
    pub commit_before_ack: bool,
    #[cfg(feature = "planted-defects")]
    /// Progress is committed before the decisions it covers are acknowledged.
    pub progress_ahead_of_decisions: bool,
    #[cfg(feature = "planted-defects")]
    /// Snapshots are taken, and recovered from, past the committed progress.
    pub snapshot_ahead_of_progress: bool,
    #[cfg(feature = "planted-defects")]
    /// A new instance does not shut out the old one.
    pub skip_fencing: bool,
}

macro_rules! questions {
    ($($name:ident)*) => {
        impl Faults {
            $(
                #[cfg(feature = "planted-defects")]
                #[doc = "Whether this defect is planted."]
                #[must_use]
                pub const fn $name(self) -> bool { self.$name }
                #[cfg(not(feature = "planted-defects"))]
                #[doc = "No: the build has no planted defects."]
                #[must_use]
                pub const fn $name(self) -> bool { false }
            )*
            /// Plants the defect of that name; false where the build has none of that name.
            pub fn plant(&mut self, name: &str) -> bool {
                #[cfg(feature = "planted-defects")]
                match name.replace('-', "_").as_str() {
                    $(stringify!($name) => { self.$name = true; return true; })*
                    _ => {}
                }
                let _ = name;
                false
            }
            /// Names of all defects that a build with the feature knows.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

questions! { commit_before_ack progress_ahead_of_decisions snapshot_ahead_of_progress skip_fencing }
