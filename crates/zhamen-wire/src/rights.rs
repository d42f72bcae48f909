//! What a source may speak for, as `[[source]]` in the settings says.

use std::collections::BTreeMap;

use zhamen_engine::entry::{Code, SourceRights};
use zhamen_engine::event::{Event, EventKind, Field};

use crate::decode::Scratch;
use crate::key::offset_of;
use crate::scan::Fault;

/// By name; `None`: every source may say everything.
pub(crate) type Sources = Option<BTreeMap<String, SourceRights>>;

/// What the source may speak for: the topic, a transfer's paying bank, the bank of an opening, a
/// list, and the organ that releases. Another organ's order is the engine's to refuse, with an answer.
pub(crate) fn check_rights(
    sources: &Sources,
    text: &str,
    scratch: &Scratch,
    event: &Event,
    source_at: usize,
) -> Result<(), Fault> {
    let Some(sources) = sources else {
        return Ok(());
    };
    let unknown = Fault::at(Code::UnknownSource, source_at);
    let rights = sources.get(event.source.as_str()).ok_or(unknown)?;
    let topic = event.kind.topic();
    if rights
        .topics
        .as_ref()
        .is_some_and(|all| !all.contains(&topic))
    {
        return Err(unknown);
    }
    let demand = |allowed: &Option<Vec<String>>, field: Field, mandatory: bool| {
        let Some(allowed) = allowed else {
            return Ok(());
        };
        match event.text(field) {
            Some(value) if allowed.iter().any(|a| a == value) => Ok(()),
            None if !mandatory => Ok(()),
            _ => Err(Fault {
                code: Code::UnknownSource,
                at: offset_of(text, scratch, field),
            }),
        }
    };
    match event.kind {
        // A source held to some banks must say which bank pays.
        k if k.is_transfer() => demand(&rights.banks, Field::PayerBank, true),
        EventKind::AccountOpened => demand(&rights.banks, Field::AccountBank, true),
        EventKind::CardOpened => demand(&rights.banks, Field::CardBank, true),
        EventKind::ListAdded
        | EventKind::ListRemoved
        | EventKind::ListReplaced
        | EventKind::ListConfirmed => demand(&rights.lists, Field::EntryList, true),
        EventKind::StopReleased | EventKind::FreezeReleased => {
            demand(&rights.organs, Field::OrderOrgan, false)
        }
        EventKind::HoldReleaseOrdered => demand(&rights.organs, Field::ReleaseOrgan, true),
        _ => Ok(()),
    }
}
