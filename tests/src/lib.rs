//! What the tests of the whole product stand on. Reading order: [`harness`] folds lines as `zhamen
//! replay` does, [`scenario`] is a text file with input and expected output, [`oracle`] is a naive
//! engine that rescans all history, [`cases`] generates rules and events for it, [`compare`] holds the engine beside it, [`bad_inputs`] reads
//! the catalogue of what senders get wrong, [`binary`] runs `zhamen` itself. Judges from outside: [`lines`] judges lines one by one,
//! [`conformance`] is what the CEL specification says of them, [`differential`] generates lines that other products judge too; [`fuzz`] are bodies that take any bytes. The tests themselves are under `tests/`.

pub mod bad_inputs;
pub mod binary;
pub mod cases;
pub mod compare;
pub mod conformance;
pub mod differential;
pub mod fuzz;
pub mod harness;
pub mod lines;
pub mod oracle;
pub mod scenario;
pub mod settings;
