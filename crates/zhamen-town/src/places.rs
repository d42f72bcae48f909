//! The two towns with their banks, branches, police stations and telephone operators: fixed tables that a
//! configuration of stations and sources can be written against. Nothing here depends on the seed.

/// A bank as the contract names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bank {
    /// Short code in `payer.bank`, `card.bank` and so on.
    pub code: &'static str,
    /// The sending system of its transfers, accounts and cards: `source`.
    pub source: &'static str,
    /// First six digits of its deposit accounts.
    pub account_prefix: &'static str,
    /// First six digits of its cards.
    pub card_prefix: &'static str,
}

/// The banks of the towns; [`Branch::bank`] is an index into this table.
pub const BANKS: [Bank; 6] = [
    Bank {
        code: "ICBC",
        source: "icbc-core",
        account_prefix: "622202",
        card_prefix: "621226",
    },
    Bank {
        code: "CCB",
        source: "ccb-core",
        account_prefix: "622700",
        card_prefix: "621081",
    },
    Bank {
        code: "ABC",
        source: "abc-core",
        account_prefix: "622848",
        card_prefix: "623052",
    },
    Bank {
        code: "BOC",
        source: "boc-core",
        account_prefix: "621660",
        card_prefix: "621785",
    },
    Bank {
        code: "PSBC",
        source: "psbc-core",
        account_prefix: "622188",
        card_prefix: "621098",
    },
    Bank {
        code: "RCB",
        source: "rcb-core",
        account_prefix: "623058",
        card_prefix: "621462",
    },
];

/// A branch with its 12-digit bank line number (行号).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Index into [`BANKS`].
    pub bank: usize,
    /// Index into [`TOWNS`].
    pub town: usize,
    /// `payer.branch`, `card.branch` and so on.
    pub line_number: &'static str,
}

/// All branches: the banks of the first town in the order of [`BANKS`], then those of the second.
pub const BRANCHES: [Branch; 12] = [
    Branch {
        bank: 0,
        town: 0,
        line_number: "102421000021",
    },
    Branch {
        bank: 1,
        town: 0,
        line_number: "105421000017",
    },
    Branch {
        bank: 2,
        town: 0,
        line_number: "103421000036",
    },
    Branch {
        bank: 3,
        town: 0,
        line_number: "104421000042",
    },
    Branch {
        bank: 4,
        town: 0,
        line_number: "403421000058",
    },
    Branch {
        bank: 5,
        town: 0,
        line_number: "402421000063",
    },
    Branch {
        bank: 0,
        town: 1,
        line_number: "102421000128",
    },
    Branch {
        bank: 1,
        town: 1,
        line_number: "105421000114",
    },
    Branch {
        bank: 2,
        town: 1,
        line_number: "103421000133",
    },
    Branch {
        bank: 3,
        town: 1,
        line_number: "104421000149",
    },
    Branch {
        bank: 4,
        town: 1,
        line_number: "403421000155",
    },
    Branch {
        bank: 5,
        town: 1,
        line_number: "402421000160",
    },
];

/// A township with its police station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Township {
    /// Name, for people; routing never uses it.
    pub name: &'static str,
    /// The station as a police organ, GA/T 380, 12 characters: `order.organ`, and a station code.
    pub organ: &'static str,
}

/// The two towns.
pub const TOWNS: [Township; 2] = [
    Township {
        name: "青岭镇",
        organ: "360121560000",
    },
    Township {
        name: "白石镇",
        organ: "360121570000",
    },
];

/// A telephone operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// `line.operator`
    pub code: &'static str,
    /// `source` of its events.
    pub source: &'static str,
    /// Prefixes of the numbers that residents are known by.
    pub prefixes: [&'static str; 3],
    /// Prefixes of further numbers, one for each, so that no two lines are equal.
    pub further_prefixes: [&'static str; 7],
}

/// The operators.
pub const OPERATORS: [Operator; 3] = [
    Operator {
        code: "CMCC",
        source: "cmcc-lines",
        prefixes: ["136", "138", "187"],
        further_prefixes: ["150", "151", "152", "157", "158", "159", "178"],
    },
    Operator {
        code: "CUCC",
        source: "cucc-lines",
        prefixes: ["130", "131", "186"],
        further_prefixes: ["132", "155", "156", "166", "175", "176", "185"],
    },
    Operator {
        code: "CTCC",
        source: "ctcc-lines",
        prefixes: ["133", "180", "189"],
        further_prefixes: ["149", "153", "173", "177", "181", "191", "199"],
    },
];

/// Source of stop-payment orders and list entries.
pub const POLICE_SOURCE: &str = "police-platform";
/// Source of answered inquiries.
pub const COUNTER_SOURCE: &str = "bank-counter";

/// Topic of transfers, keyed by payer account.
pub const TRANSFERS: &str = "bank.transfers.v1";
/// Topic of accounts, cards and holders, keyed by holder id.
pub const ACCOUNTS: &str = "bank.accounts.v1";
/// Topic of telephone lines, keyed by holder id.
pub const LINES: &str = "telecom.lines.v1";
/// Topic of answered inquiries, keyed by payer account.
pub const INQUIRIES: &str = "bank.inquiries.v1";
/// Topic of police orders, keyed by account.
pub const ORDERS: &str = "police.orders.v1";
/// Topic of police lists, keyed by list name.
pub const LISTS: &str = "police.lists.v1";
