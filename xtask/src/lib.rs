//! xtask library.
