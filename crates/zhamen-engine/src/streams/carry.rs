//! What was counted, taken over: from rows into logs where a key grows, and from the streams of one
//! rule set into those of the next. A series that both sets count alike keeps its events exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::Layout;
use super::rows::Rows;
use super::slots::{Many, Slot, StreamState, bits, log_of};
use crate::ledger::NO_EVENT;
use crate::log::Log;
use crate::series::{Key, NO_VALUE};
use crate::time::TimestampMs;

/// Where a series was kept: its stream and which member it was there.
pub(crate) type Kept = BTreeMap<Arc<str>, (usize, usize)>;

/// Which series the streams keep.
pub(crate) fn kept(layouts: &[Layout]) -> Kept {
    let all = layouts.iter().enumerate();
    all.flat_map(|(stream, l)| {
        let members = l.members.iter().enumerate();
        members.map(move |(member, m)| (m.identity.clone(), (stream, member)))
    })
    .collect()
}

/// The streams of `to` with what those of `from` have counted.
pub(crate) fn carry(
    from: &[Layout],
    mut states: Vec<StreamState>,
    to: &[Layout],
    rows_max: usize,
) -> Vec<StreamState> {
    let was = kept(from);
    // Rebuilt ones first: they read what the others take away.
    let alike: Vec<Option<usize>> = to
        .iter()
        .map(|l| from.iter().position(|f| f.is_like(l)))
        .collect();
    let mut rebuilt: Vec<Option<StreamState>> = to
        .iter()
        .zip(&alike)
        .map(|(l, alike)| {
            alike
                .is_none()
                .then(|| rebuild(l, from, &states, &was, rows_max))
        })
        .collect();
    alike
        .iter()
        .zip(&mut rebuilt)
        .map(|(alike, rebuilt)| match alike {
            Some(i) => std::mem::take(&mut states[*i]),
            None => rebuilt.take().unwrap_or_default(),
        })
        .collect()
}

/// A stream out of the logs that its members had elsewhere.
fn rebuild(
    to: &Layout,
    from: &[Layout],
    states: &[StreamState],
    was: &Kept,
    rows_max: usize,
) -> StreamState {
    let mut all: BTreeMap<Key, (TimestampMs, Vec<Many>)> = BTreeMap::new();
    for (member, m) in to.members.iter().enumerate() {
        let Some((stream, old_member)) = was.get(&m.identity) else {
            continue;
        };
        let layout = &from[*stream];
        for slot in states[*stream].used() {
            let logs = slot.as_logs(layout, 1 << old_member);
            if logs.is_empty() {
                continue;
            }
            let (touched, carried) = all
                .entry(slot.key)
                .or_insert((TimestampMs::MIN, Vec::new()));
            *touched = slot.touched.max(*touched);
            carried.extend(logs.into_iter().map(|l| Many {
                member: member as u8,
                ..l
            }));
        }
    }
    let mut state = StreamState::default();
    for (key, (touched, logs)) in all {
        let (i, _) = state.open(key, TimestampMs::MIN);
        let slot = &mut state.slots[i as usize];
        slot.touched = touched;
        slot.take(logs, to, rows_max);
    }
    state
}

impl Slot {
    /// The events of these members as logs, one for each member and currency that counted any.
    pub(super) fn as_logs(&self, layout: &Layout, members: u16) -> Vec<Many> {
        let more = self.more.as_deref();
        let wanted = |member: u8| members & 1 << member != 0;
        if let Some(logs) = more.and_then(|m| m.logs.as_ref()) {
            let wanted = logs.iter().filter(|l| wanted(l.member));
            return wanted.cloned().collect();
        }
        let width = layout.width();
        let mut logs: Vec<Many> = Vec::new();
        let totals = more.into_iter().flat_map(|m| &m.totals);
        for (member, currency, totals) in totals.filter(|(m, _, _)| wanted(*m)) {
            let log = log_of(&mut logs, *member, *currency);
            log.extra.get_or_insert_default().totals = totals.clone();
        }
        for row in self.rows.iter(width) {
            for member in bits(row.admitted() & members) {
                let m = &layout.members[member];
                let currency = if m.money { row.currency() } else { 0 };
                let log = log_of(&mut logs, member as u8, currency);
                log.newest = log.newest.max(row.at());
                if row.live() & 1 << member == 0 {
                    continue;
                }
                let value = m.value.map_or(NO_VALUE, |c| row.column(c));
                let columns = m.kept_columns.iter().map(|c| row.column(*c));
                let kept = (!m.kept_columns.is_empty()).then(|| {
                    std::iter::once(row.currency().into())
                        .chain(columns)
                        .collect()
                });
                log.insert(row.at(), row.no(), value, m.numeric, kept);
            }
        }
        logs
    }

    /// Takes over logs, as rows where there are few.
    fn take(&mut self, logs: Vec<Many>, layout: &Layout, rows_max: usize) {
        let newest = logs.iter().map(|l| l.log.newest).max();
        self.newest = newest.unwrap_or(TimestampMs::MIN);
        let many = |l: &Many| is_truncated(&l.log) || l.log.live().len() > rows_max / 2;
        let rows = match logs.iter().any(many) {
            true => None,
            false => rows_of(&logs, layout, rows_max),
        };
        match rows {
            Some(rows) => {
                self.rows = rows;
                for l in logs {
                    let totals = l.log.extra.map(|x| x.totals).filter(|t| t.count > 0);
                    if let Some(totals) = totals {
                        let more = self.more.get_or_insert_default();
                        more.totals.push((l.member, l.currency, totals));
                    }
                }
            }
            None => self.more.get_or_insert_default().logs = Some(logs),
        }
    }
}

/// The events of logs as rows; nothing where those would be too many.
fn rows_of(logs: &[Many], layout: &Layout, rows_max: usize) -> Option<Rows> {
    let width = layout.width();
    let mut rows = Rows::default();
    for l in logs {
        let (m, log) = (&layout.members[usize::from(l.member)], &l.log);
        let bit = 1 << l.member;
        for i in log.head as usize..log.entries.len() {
            let entry = log.entries[i];
            let kept = log.extra.as_deref().and_then(|x| x.kept.get(i));
            let currency = kept.map_or(l.currency, |k| k[0] as u8);
            let row = rows
                .find(entry.at, entry.no, width)
                .unwrap_or_else(|| rows.insert(entry.at, currency, entry.no, width));
            if currency != 0 {
                rows.set_currency(row, currency, width);
            }
            rows.admit(row, bit, width);
            if let Some(column) = m.value {
                let value = match m.numeric {
                    true => log.number(i),
                    false => entry.value,
                };
                rows.set_column(row, column, value, width);
            }
            let kept = kept.into_iter().flat_map(|k| &k[1..]);
            for (column, value) in m.kept_columns.iter().zip(kept) {
                rows.set_column(row, *column, *value, width);
            }
        }
        // The newest may have been taken out again; how far the key has moved on stays.
        let shown = log.live().last().is_some_and(|e| e.at >= log.newest);
        if !shown && log.newest > TimestampMs::MIN {
            let row = rows.insert(log.newest, l.currency, NO_EVENT, width);
            rows.admit_dead(row, bit, width);
        }
        if rows.len(width) > rows_max / 4 * 3 {
            return None;
        }
    }
    Some(rows)
}

fn is_truncated(log: &Log) -> bool {
    log.extra.as_deref().is_some_and(|x| x.truncated)
}
