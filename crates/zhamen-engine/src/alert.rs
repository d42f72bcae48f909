//! Alerts: whom they are about, which institution opened the account, which station they go to,
//! and which repeats are merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::chain::Chains;
use crate::entry::Policy;
use crate::event::{EntryKind, Event, Field, Subject};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::life::Moment;
use crate::money::Money;
use crate::output::{Alert, AlertSubject, Contribution, EventName, Fired};
use crate::rule::{Action, Rule, Severity, Then};
use crate::time::TimestampMs;

/// Events listed under `contributing`.
pub(crate) const CONTRIBUTING_MAX: usize = 100;

/// What a rule's firing is about, by the field it keys on.
pub(crate) fn subject_of(
    e: &Event,
    field: Option<Field>,
) -> Option<(Field, EntryKind, CompactString)> {
    let field = field?;
    let value = CompactString::new(e.text(field)?);
    Some((
        field,
        field.entry_kind().unwrap_or(EntryKind::Account),
        value,
    ))
}

/// The account an alert's four elements name, with its holder and opening institution.
#[derive(Debug, Clone, Default)]
struct Party {
    account: Option<CompactString>,
    name: Option<CompactString>,
    bank: Option<CompactString>,
    branch: Option<CompactString>,
    opened_by: Option<CompactString>,
}

fn party(e: &Event, subject: Field, facts: &Facts) -> Party {
    use Field as F;
    let own = |f: Field| e.text(f).map(CompactString::new);
    let first = |fields: &[Field]| fields.iter().find_map(|f| own(*f));
    let side = subject.subject();
    let mut p = match side {
        Some(Subject::Payee) => Party {
            account: own(F::PayeeAccount),
            name: own(F::PayeeName),
            bank: own(F::PayeeBank),
            branch: own(F::PayeeBranch),
            opened_by: None,
        },
        Some(Subject::Payer | Subject::Txn | Subject::Transfer) => Party {
            account: own(F::PayerAccount),
            name: own(F::PayerName),
            bank: own(F::PayerBank),
            branch: own(F::PayerBranch),
            opened_by: None,
        },
        // A person or an opening: the account is the one just opened.
        _ => Party {
            account: first(&[
                F::CardNumber,
                F::AccountNumber,
                F::UseAccount,
                F::PayerAccount,
                F::OrderAccount,
            ]),
            name: first(&[F::HolderName, F::PayerName, F::OrderName]),
            bank: first(&[F::CardBank, F::AccountBank, F::PayerBank, F::OrderBank]),
            branch: first(&[F::CardBranch, F::AccountBranch, F::PayerBranch]),
            opened_by: first(&[F::CardOpenedBy, F::AccountOpenedBy]),
        },
    };
    if let Some(known) = p.account.as_deref().and_then(|a| facts.account(a)) {
        p.name = p.name.or_else(|| known.name().cloned());
        p.bank = p.bank.or_else(|| facts.text(known.bank));
        p.branch = p.branch.or_else(|| facts.text(known.branch));
        p.opened_by = p.opened_by.or_else(|| facts.text(known.opened_by));
    }
    p
}

/// An account that the event itself does not name, as far as it is known.
fn of_account(account: &CompactString, facts: &Facts) -> Party {
    let known = facts.account(account);
    Party {
        account: Some(account.clone()),
        name: known.and_then(|k| k.name().cloned()),
        bank: known.and_then(|k| facts.text(k.bank)),
        branch: known.and_then(|k| facts.text(k.branch)),
        opened_by: known.and_then(|k| facts.text(k.opened_by)),
    }
}

/// What an alert says besides what the event shows.
pub(crate) struct Raise<'a> {
    pub(crate) fired: &'a Fired,
    pub(crate) then: &'a Then,
    pub(crate) severity: Severity,
    pub(crate) feature_code: Option<&'a str>,
    pub(crate) subject: (Field, EntryKind, CompactString),
    pub(crate) rule: Option<&'a Rule>,
    pub(crate) score: i64,
    pub(crate) merged: u64,
    pub(crate) late: bool,
    /// The amount where the event itself has none.
    pub(crate) amount: Option<Money>,
}

/// The alert of one rule or verdict that fired.
pub(crate) fn raise(
    judge: &Judge<'_>,
    m: &Moment<'_>,
    chains: &mut Chains,
    r: &Raise<'_>,
) -> Alert {
    let (e, facts, policy): (&Event, &Facts, &Policy) = (judge.event, judge.facts, judge.policy);
    let (field, kind, value) = &r.subject;
    let mut p = party(e, *field, facts);
    if p.account.is_none() && *kind == EntryKind::Account {
        p = of_account(value, facts);
    }
    let (numbers, count) = r
        .rule
        .and_then(|rule| rule.evidence)
        .map_or((vec![judge.no], 1), |w| {
            let (count, numbers) = judge.covered(w, CONTRIBUTING_MAX);
            if count == 0 {
                (vec![judge.no], 1)
            } else {
                (numbers, count)
            }
        });
    let own = facts.symbols.find(value);
    let contributing = numbers
        .iter()
        .filter_map(|no| facts.ledger.get(*no))
        .map(|k| {
            let other = if own == Some(k.payer) {
                k.payee
            } else {
                k.payer
            };
            Contribution {
                id: k.id.clone(),
                source: CompactString::new(facts.symbols.text(k.source)),
                at: k.at,
                amount: k.money(),
                counterparty: (other != crate::symbols::NO_SYM)
                    .then(|| CompactString::new(facts.symbols.text(other))),
            }
        })
        .collect();
    let station = p
        .branch
        .as_deref()
        .and_then(|b| policy.stations.get(b))
        .unwrap_or(&policy.default_station);
    let c = m.coordinates;
    let alert = format!(
        "A-{}-{}-{}-{}",
        c.partition, c.offset, c.index, r.fired.rule
    );
    let chain = chains.join(e, &alert, m);
    Alert {
        alert,
        event: EventName {
            kind: Some(e.kind),
            id: Some(e.id.clone()),
            source: Some(e.source.clone()),
        },
        rule: r.fired.rule.clone(),
        feature_code: r.feature_code.map(str::to_owned),
        score: r.score,
        severity: r.severity,
        station: station.clone(),
        bank: p.bank,
        branch: p.branch,
        opened_by: p.opened_by,
        subject: AlertSubject {
            kind: CompactString::const_new(kind.name()),
            value: value.clone(),
        },
        name: p.name,
        account: p.account,
        amount: e
            .money(Field::TxnAmount)
            .or_else(|| e.money(Field::OrderAmount))
            .or(r.amount),
        time: judge.at,
        contributing,
        contributing_count: count,
        values: r.fired.values.clone(),
        limits: r.fired.limits.clone(),
        reason: r.fired.reason.clone(),
        occurred_at: e.occurred_at,
        raised_at: judge.now,
        report_by: r
            .then
            .report_within_days
            .map(|d| policy.calendar.legal_deadline(judge.at, d)),
        late: r.late,
        merged: r.merged,
        chain,
        coordinates: c,
        ruleset: m.ruleset.clone(),
    }
}

/// The last alert of each rule and subject. Bounded by the subjects that ever alerted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quiet(BTreeMap<(Arc<str>, CompactString), LastAlert>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LastAlert {
    at: TimestampMs,
    severity: Severity,
    verdict: Action,
    merged: u64,
}

impl Quiet {
    /// Whether this firing raises an alert; if so, how many were swallowed since the last one.
    pub(crate) fn admit(
        &mut self,
        rule: &Arc<str>,
        subject: &CompactString,
        at: TimestampMs,
        severity: Severity,
        verdict: Action,
        quiet_ms: Option<i64>,
    ) -> Option<u64> {
        let Some(quiet_ms) = quiet_ms else {
            return Some(0);
        };
        let fresh = LastAlert {
            at,
            severity,
            verdict,
            merged: 0,
        };
        let key = (rule.clone(), subject.clone());
        let Some(last) = self.0.get_mut(&key) else {
            self.0.insert(key, fresh);
            return Some(0);
        };
        if at - last.at <= quiet_ms && severity <= last.severity && verdict <= last.verdict {
            last.merged += 1;
            return None;
        }
        let merged = last.merged;
        *last = fresh;
        Some(merged)
    }
}
