//! zhamen.
fn main() {}
