//! The service under an open loop, and the bare client beside it: [`phase`] sends and measures,
//! [`pipe`] is the bare relay, [`table`] puts figures side by side.

pub mod phase;
pub mod pipe;
pub mod table;
