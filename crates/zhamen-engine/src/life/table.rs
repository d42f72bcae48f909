//! The life cycles as tables: every state, every event, and the answer to each pair.
//!
//! The code does not run on these; `tests/pairs.rs` brings a life into each state, lets each event
//! happen and compares answer and next state with the table, and another test draws the diagrams of
//! ARCHITECTURE.md from it. So a pair that nobody thought of does not compile into silence.

/// One life cycle.
#[derive(Debug, Clone, Copy)]
pub struct Cycle {
    /// What lives.
    pub name: &'static str,
    /// What may happen to it. Those in brackets are the clock's.
    pub events: &'static [&'static str],
    /// By state, the first is where it begins and `unknown` is an id that nobody remembers: for each event, in their order, the answer and the
    /// next state. An empty answer: nothing is said.
    pub rows: &'static [(&'static str, &'static [(&'static str, &'static str)])],
}

/// All of them.
pub const CYCLES: &[Cycle] = &[
    STOP,
    FREEZE,
    HOLD,
    INQUIRY,
    VERIFICATION,
    APPEAL,
    ALERT,
    LIST,
];

/// A stop-payment order, by application. `withdrawn`: released while its bank was being asked.
pub const STOP: Cycle = Cycle {
    name: "stop",
    events: &[
        "stop.ordered, all match",
        "stop.ordered, one contradicts",
        "stop.ordered, not known",
        "stop.confirmed",
        "stop.denied",
        "stop.released",
        "freeze.ordered, placed",
        "[48 hours over]",
        "[remind_after over]",
    ],
    rows: &[
        (
            "none",
            &[
                ("stop.placed", "standing"),
                ("stop.refused", "refused"),
                ("stop.forwarded", "forwarded"),
                ("stop.refused", "none"),
                ("stop.refused", "none"),
                ("stop.refused", "none"),
                ("", "none"),
                ("", "none"),
                ("", "none"),
            ],
        ),
        (
            "forwarded",
            &[
                ("stop.forwarded", "forwarded"),
                ("stop.forwarded", "forwarded"),
                ("stop.forwarded", "forwarded"),
                ("stop.placed", "standing"),
                ("stop.refused", "refused"),
                ("stop.lifted", "withdrawn"),
                ("", "forwarded"),
                ("stop.reminded", "forwarded"),
                ("stop.reminded", "forwarded"),
            ],
        ),
        (
            "standing",
            &[
                ("stop.placed", "standing"),
                ("stop.placed", "standing"),
                ("stop.placed", "standing"),
                ("stop.placed", "standing"),
                ("stop.placed", "standing"),
                ("stop.lifted", "lifted"),
                ("stop.lifted", "lifted"),
                ("stop.expired", "expired"),
                ("", "standing"),
            ],
        ),
        (
            "expired",
            &[
                ("stop.placed", "expired"),
                ("stop.placed", "expired"),
                ("stop.placed", "expired"),
                ("stop.placed", "expired"),
                ("stop.placed", "expired"),
                ("stop.refused", "expired"),
                ("", "expired"),
                ("", "expired"),
                ("", "expired"),
            ],
        ),
        (
            "lifted",
            &[
                ("stop.placed", "lifted"),
                ("stop.placed", "lifted"),
                ("stop.placed", "lifted"),
                ("stop.placed", "lifted"),
                ("stop.placed", "lifted"),
                ("stop.lifted", "lifted"),
                ("", "lifted"),
                ("", "lifted"),
                ("", "lifted"),
            ],
        ),
        (
            "withdrawn",
            &[
                ("stop.lifted", "withdrawn"),
                ("stop.lifted", "withdrawn"),
                ("stop.lifted", "withdrawn"),
                ("stop.lifted", "withdrawn"),
                ("stop.lifted", "withdrawn"),
                ("stop.lifted", "withdrawn"),
                ("", "withdrawn"),
                ("", "withdrawn"),
                ("", "withdrawn"),
            ],
        ),
        (
            "refused",
            &[
                ("stop.refused", "refused"),
                ("stop.refused", "refused"),
                ("stop.refused", "refused"),
                ("stop.refused", "refused"),
                ("stop.refused", "refused"),
                ("stop.refused", "refused"),
                ("", "refused"),
                ("", "refused"),
                ("", "refused"),
            ],
        ),
    ],
};

/// A freeze, by application.
pub const FREEZE: Cycle = Cycle {
    name: "freeze",
    events: &[
        "freeze.ordered, matches",
        "freeze.ordered, contradicts",
        "freeze.renewed, until to come",
        "freeze.renewed, until past",
        "freeze.released",
        "[until reached]",
    ],
    rows: &[
        (
            "none",
            &[
                ("freeze.placed", "standing"),
                ("freeze.refused", "refused"),
                ("freeze.refused", "none"),
                ("freeze.refused", "none"),
                ("freeze.refused", "none"),
                ("", "none"),
            ],
        ),
        (
            "standing",
            &[
                ("freeze.placed", "standing"),
                ("freeze.placed", "standing"),
                ("freeze.renewed", "standing"),
                ("freeze.refused", "standing"),
                ("freeze.lifted", "lifted"),
                ("freeze.expired", "expired"),
            ],
        ),
        (
            "expired",
            &[
                ("freeze.placed", "expired"),
                ("freeze.placed", "expired"),
                ("freeze.refused", "expired"),
                ("freeze.refused", "expired"),
                ("freeze.refused", "expired"),
                ("", "expired"),
            ],
        ),
        (
            "lifted",
            &[
                ("freeze.placed", "lifted"),
                ("freeze.placed", "lifted"),
                ("freeze.refused", "lifted"),
                ("freeze.refused", "lifted"),
                ("freeze.lifted", "lifted"),
                ("", "lifted"),
            ],
        ),
        (
            "refused",
            &[
                ("freeze.refused", "refused"),
                ("freeze.refused", "refused"),
                ("freeze.refused", "refused"),
                ("freeze.refused", "refused"),
                ("freeze.refused", "refused"),
                ("", "refused"),
            ],
        ),
    ],
};

/// A rule's delay of one transfer, by hold id. `asked`: one person has asked for its release.
pub const HOLD: Cycle = Cycle {
    name: "hold",
    events: &[
        "hold.release_ordered",
        "hold.release_requested",
        "hold.release_approved, by who asked",
        "hold.release_approved, by another",
        "appeal upheld",
        "appeal rejected",
        "[term over]",
    ],
    rows: &[
        (
            "open",
            &[
                ("hold.released", "over"),
                ("release.requested", "asked"),
                ("release.refused", "open"),
                ("release.refused", "open"),
                ("appeal.closed", "over"),
                ("appeal.closed", "open"),
                ("hold.expired", "over"),
            ],
        ),
        (
            "asked",
            &[
                ("hold.released", "over"),
                ("release.requested", "asked"),
                ("release.refused", "asked"),
                ("hold.released", "over"),
                ("appeal.closed", "over"),
                ("appeal.closed", "asked"),
                ("hold.expired", "over"),
            ],
        ),
        (
            "over",
            &[
                ("release.refused", "over"),
                ("release.refused", "over"),
                ("release.refused", "over"),
                ("release.refused", "over"),
                ("appeal.closed", "over"),
                ("appeal.closed", "over"),
                ("", "over"),
            ],
        ),
        (
            "unknown",
            &[
                ("release.refused", "unknown"),
                ("release.refused", "unknown"),
                ("release.refused", "unknown"),
                ("release.refused", "unknown"),
                ("appeal.unknown", "unknown"),
                ("appeal.unknown", "unknown"),
                ("", "unknown"),
            ],
        ),
    ],
};

/// An inquiry, by id. `over`: its answer was used or has lapsed.
pub const INQUIRY: Cycle = Cycle {
    name: "inquiry",
    events: &[
        "inquiry.answered, whole",
        "inquiry.answered, incomplete",
        "the same remittance again",
        "transfer.settled",
        "[answer_by past]",
        "[time of the answer past]",
    ],
    rows: &[
        (
            "open",
            &[
                ("inquiry.answered", "answered"),
                ("inquiry.incomplete", "open"),
                ("", "open"),
                ("inquiry.missing", "open"),
                ("inquiry.expired", "expired"),
                ("inquiry.expired", "expired"),
            ],
        ),
        (
            "answered",
            &[
                ("inquiry.closed", "answered"),
                ("inquiry.closed", "answered"),
                ("covered", "over"),
                ("", "answered"),
                ("", "answered"),
                ("", "over"),
            ],
        ),
        (
            "expired",
            &[
                ("inquiry.expired", "expired"),
                ("inquiry.expired", "expired"),
                ("", "expired"),
                ("inquiry.missing", "expired"),
                ("", "expired"),
                ("", "expired"),
            ],
        ),
        (
            "over",
            &[
                ("inquiry.closed", "over"),
                ("inquiry.closed", "over"),
                ("", "over"),
                ("", "over"),
                ("", "over"),
                ("", "over"),
            ],
        ),
        (
            "unknown",
            &[
                ("inquiry.unknown", "unknown"),
                ("inquiry.unknown", "unknown"),
                ("", "unknown"),
                ("", "unknown"),
                ("", "unknown"),
                ("", "unknown"),
            ],
        ),
    ],
};

/// The verification of an account.
pub const VERIFICATION: Cycle = Cycle {
    name: "verification",
    events: &[
        "verified",
        "not_holder",
        "unverified",
        "a rule asks",
        "appeal upheld",
        "[deadline]",
    ],
    rows: &[
        (
            "none",
            &[
                ("verification.none", "none"),
                ("account.suspended", "suspended"),
                ("verification.none", "none"),
                ("verification.opened", "pending"),
                ("appeal.unknown", "none"),
                ("", "none"),
            ],
        ),
        (
            "pending",
            &[
                ("verification.closed", "none"),
                ("account.suspended", "suspended"),
                ("account.restricted", "restricted"),
                ("verification.opened", "pending"),
                ("appeal.closed", "pending"),
                ("account.restricted", "restricted"),
            ],
        ),
        (
            "restricted",
            &[
                ("account.unrestricted", "none"),
                ("account.suspended", "suspended"),
                ("account.restricted", "restricted"),
                ("", "restricted"),
                ("appeal.closed", "none"),
                ("", "restricted"),
            ],
        ),
        (
            "suspended",
            &[
                ("account.unrestricted", "none"),
                ("account.suspended", "suspended"),
                ("account.suspended", "suspended"),
                ("", "suspended"),
                ("appeal.closed", "none"),
                ("", "suspended"),
            ],
        ),
    ],
};

/// An appeal against a hold that is remembered, by hold id.
pub const APPEAL: Cycle = Cycle {
    name: "appeal",
    events: &[
        "appeal.filed",
        "appeal.decided, upheld",
        "appeal.decided, rejected",
        "[the hold ends by itself]",
    ],
    rows: &[
        (
            "none",
            &[
                ("appeal.opened", "open"),
                ("appeal.unknown", "none"),
                ("appeal.unknown", "none"),
                ("hold.expired", "none"),
            ],
        ),
        (
            "open",
            &[
                ("appeal.opened", "open"),
                ("appeal.closed", "none"),
                ("appeal.closed", "none"),
                ("hold.expired", "open"),
            ],
        ),
    ],
};

/// An alert with a legal deadline and a configured escalation, by id.
pub const ALERT: Cycle = Cycle {
    name: "alert",
    events: &[
        "alert.acknowledged",
        "alert.disposed",
        "alert.disposed, another verdict",
        "alert.disposed, no verdict",
        "[escalate_after over]",
        "[remind_before the deadline]",
        "[deadline past]",
    ],
    rows: &[
        (
            "raised",
            &[
                ("alert.acknowledged", "acknowledged"),
                ("alert.disposed", "disposed"),
                ("alert.disposed", "disposed"),
                ("alert.incomplete", "raised"),
                ("alert.escalated", "raised"),
                ("alert.reminded", "raised"),
                ("alert.overdue", "raised"),
            ],
        ),
        (
            "acknowledged",
            &[
                ("alert.acknowledged", "acknowledged"),
                ("alert.disposed", "disposed"),
                ("alert.disposed", "disposed"),
                ("alert.incomplete", "acknowledged"),
                ("", "acknowledged"),
                ("", "acknowledged"),
                ("", "acknowledged"),
            ],
        ),
        (
            "disposed",
            &[
                ("alert.disposed", "disposed"),
                ("alert.disposed", "disposed"),
                ("alert.disposed", "disposed"),
                ("alert.incomplete", "disposed"),
                ("", "disposed"),
                ("", "disposed"),
                ("", "disposed"),
            ],
        ),
        (
            "unknown",
            &[
                ("alert.unknown", "unknown"),
                ("alert.unknown", "unknown"),
                ("alert.unknown", "unknown"),
                ("alert.unknown", "unknown"),
                ("", "unknown"),
                ("", "unknown"),
                ("", "unknown"),
            ],
        ),
    ],
};

/// Changes of one list. A replacement that waits counts before removals that wait.
pub const LIST: Cycle = Cycle {
    name: "list",
    events: &[
        "list.added",
        "list.replaced, by more than half its size",
        "list.replaced, by half or nothing",
        "list.removed, half of it gone",
        "list.confirmed, by who asked",
        "list.confirmed, by another",
        "[a day over]",
    ],
    rows: &[
        (
            "settled",
            &[
                ("list.added", "settled"),
                ("list.replaced", "settled"),
                ("list.pending", "replacement waits"),
                ("list.pending", "removal waits"),
                ("list.unchanged", "settled"),
                ("list.unchanged", "settled"),
                ("", "settled"),
            ],
        ),
        (
            "replacement waits",
            &[
                ("list.added", "replacement waits"),
                ("list.replaced", "settled"),
                ("list.pending", "replacement waits"),
                ("list.pending", "replacement waits"),
                ("list.refused", "replacement waits"),
                ("list.replaced", "settled"),
                ("", "settled"),
            ],
        ),
        (
            "removal waits",
            &[
                ("list.added", "removal waits"),
                ("list.replaced", "settled"),
                ("list.pending", "replacement waits"),
                ("list.pending", "removal waits"),
                ("list.refused", "removal waits"),
                ("list.removed", "settled"),
                ("", "settled"),
            ],
        ),
    ],
};

/// The cycle as a Mermaid diagram: what changes its state. What only answers is left to the table.
#[must_use]
pub fn mermaid(cycle: &Cycle) -> String {
    let mut lines = vec!["stateDiagram-v2".to_owned()];
    let name = |state: &str| state.replace(' ', "_");
    if let Some((first, _)) = cycle.rows.first() {
        lines.push(format!("    [*] --> {}", name(first)));
    }
    for (state, answers) in cycle.rows {
        for (event, (answer, next)) in cycle.events.iter().zip(*answers) {
            if next == state {
                continue;
            }
            let event = event.trim_matches(['[', ']']);
            let answer = if answer.is_empty() {
                String::new()
            } else {
                format!(" / {answer}")
            };
            lines.push(format!(
                "    {} --> {} : {event}{answer}",
                name(state),
                name(next)
            ));
        }
    }
    lines.join("\n")
}
