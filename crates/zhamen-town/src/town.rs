//! The stream itself: each event takes one slot of simulated time, what is due comes first, then planted cases, then
//! ordinary business. What happens in either is decided in their own files.

use crate::agenda::{Agenda, Planned};
use crate::cases::{self, CaseKind, Script};
use crate::event::{TownEvent, TownOptions};
use crate::flows;
use crate::inquiries::Recent;
use crate::places::{LISTS, POLICE_SOURCE};
use crate::records::{Notice, Remittance, record};
use crate::rng::Rng;
use crate::time::push_timestamp;
use crate::world::{Account, NEW_SLOT, World};

/// Accounts on the police's list of case accounts.
const LISTED: u32 = 24;
/// The first case begins here; until every kind was begun once, the next follows after [`OPENING_SLOTS`].
const FIRST_CASE_SLOT: u64 = 20;
const OPENING_SLOTS: u64 = 60;
/// Afterwards a case begins after this many events and this many milliseconds, whichever is later: at any rate of
/// business cases stay a small part of it, and alerts come no faster than people can read.
const CASE_SLOTS: u64 = 150;
const CASE_MS: u64 = 500;

/// A running town: an endless iterator of events.
pub struct Town {
    pub(crate) options: TownOptions,
    pub(crate) world: World,
    pub(crate) rng: Rng,
    pub(crate) agenda: Agenda,
    pub(crate) recent: Recent,
    slot: u64,
    transfers: u64,
    others: u64,
    next_of_cast: u32,
    cases_begun: u64,
    next_case_slot: u64,
}

impl Iterator for Town {
    type Item = TownEvent;

    /// Never `None`.
    fn next(&mut self) -> Option<TownEvent> {
        let event = match self.due() {
            Some(event) => event,
            None if self.options.cases && self.slot >= self.next_case_slot => self.begin_case(),
            None => flows::ordinary(self),
        };
        if event.case.is_none() && self.rng.chance(1, 1_000) {
            let due = self.now_ms() + self.rng.between(50, 2_000);
            self.agenda
                .plan(due, Planned::Again(Box::new(event.clone())));
        }
        self.slot += 1;
        Some(event)
    }
}

impl Town {
    /// A town that has not sent anything yet.
    pub fn new(options: TownOptions) -> Town {
        let options = TownOptions {
            events_per_second: options.events_per_second.max(1),
            ..options
        };
        let world = World::new(options.seed, options.accounts, options.start_ms);
        Town {
            world,
            rng: Rng::new(options.seed),
            agenda: Agenda::default(),
            recent: Recent::default(),
            slot: 0,
            transfers: 0,
            others: 0,
            next_of_cast: world.first_of_cast() + LISTED,
            cases_begun: 0,
            next_case_slot: FIRST_CASE_SLOT,
            options,
        }
    }

    /// The `list.added` events that fill the police's list `case_accounts`; to be sent before the stream.
    pub fn list_seed(&self) -> Vec<TownEvent> {
        (0..LISTED)
            .map(|nth| {
                let at = self.options.start_ms - 60_000 + i64::from(nth);
                let value = record(
                    "list.added",
                    |text| self.world.push_event_id(text, 'L', at, u64::from(nth)),
                    POLICE_SOURCE,
                    at,
                    |json| {
                        json.object("entry", |json| {
                            json.string("list", "case_accounts");
                            json.string("kind", "account");
                            json.composed("value", |text| {
                                self.world
                                    .push_account_number(text, self.listed(u64::from(nth)));
                            });
                            json.string("class", "case_account");
                            json.string("reason", "电信网络诈骗案件涉案账户");
                            json.composed("expires_at", |text| {
                                push_timestamp(text, at + 180 * 86_400_000)
                            });
                        });
                    },
                );
                TownEvent {
                    topic: LISTS,
                    key: "case_accounts".into(),
                    value,
                    occurred_at_ms: at,
                    case: None,
                }
            })
            .collect()
    }

    /// Sends what is due, if anything is.
    fn due(&mut self) -> Option<TownEvent> {
        loop {
            let now = self.now_ms();
            match self.agenda.due(now)? {
                // The customer was sent to the counter: this attempt has no sequel.
                Planned::Notice(remittance, _) if self.recent.was_asked(remittance.number) => {}
                Planned::Notice(remittance, notice) => {
                    return Some(self.world.notice(&remittance, notice, now));
                }
                Planned::Scene(script) => return Some(self.play(script)),
                Planned::Again(event) => return Some(*event),
            }
        }
    }

    fn begin_case(&mut self) -> TownEvent {
        let kinds = CaseKind::ALL.len() as u64;
        let (kind, round) = (self.cases_begun % kinds, self.cases_begun / kinds);
        self.cases_begun += 1;
        self.next_case_slot = self.slot
            + if self.cases_begun < kinds {
                OPENING_SLOTS
            } else {
                CASE_SLOTS.max(u64::from(self.options.events_per_second) * CASE_MS / 1_000)
            };
        let script = cases::cast(CaseKind::ALL[kind as usize], round, self);
        self.play(script)
    }

    fn play(&mut self, mut script: Box<dyn Script>) -> TownEvent {
        let scene = script.play(self);
        if let Some(wait) = scene.next_in_ms {
            self.agenda
                .plan(self.now_ms() + wait, Planned::Scene(script));
        }
        scene.event
    }

    /// Plays a story's first scene at once.
    pub(crate) fn start(&mut self, script: impl Script + 'static) -> TownEvent {
        self.play(Box::new(script))
    }

    /// The time of the slot being filled.
    pub(crate) fn now_ms(&self) -> i64 {
        self.options.start_ms
            + (self.slot * 1_000 / u64::from(self.options.events_per_second)) as i64
    }

    /// Now, or for one event in a hundred 1 to 30 s ago. Only half of the events ask: one in two hundred is late.
    pub(crate) fn maybe_late(&mut self) -> i64 {
        let late = if self.rng.chance(1, 100) {
            self.rng.between(1_000, 30_000)
        } else {
            0
        };
        self.now_ms() - late
    }

    /// Numbers `remittance` and remembers it for inquiries.
    pub(crate) fn remit(&mut self, remittance: Remittance) -> Remittance {
        let remittance = Remittance {
            number: self.transfers,
            ..remittance
        };
        self.transfers += 1;
        self.recent.remember(&remittance);
        remittance
    }

    /// Plans the settlement of `remittance`.
    pub(crate) fn settle_at(&mut self, due_ms: i64, remittance: Remittance) {
        self.agenda.plan(
            due_ms,
            Planned::Notice(Box::new(remittance), Notice::Settled),
        );
    }

    /// The next number for an event that is not about a transfer.
    pub(crate) fn number(&mut self) -> u64 {
        self.others += 1;
        self.others
    }

    /// Somebody new, under 60.
    pub(crate) fn cast(&mut self) -> u32 {
        self.next_in_cast(false)
    }

    /// Somebody new, 60 or older.
    pub(crate) fn cast_senior(&mut self) -> u32 {
        self.next_in_cast(true)
    }

    /// The account of somebody new, under 60, opened a few days ago.
    pub(crate) fn cast_mule(&mut self) -> Account {
        Account {
            owner: self.cast(),
            slot: NEW_SLOT,
        }
    }

    fn next_in_cast(&mut self, senior: bool) -> u32 {
        while self.world.is_senior(self.next_of_cast) != senior {
            self.next_of_cast += 1;
        }
        self.next_of_cast += 1;
        self.next_of_cast - 1
    }

    /// The `nth` account on the police's list, round and round.
    pub(crate) fn listed(&self, nth: u64) -> Account {
        let owner = self.world.first_of_cast() + (nth % u64::from(LISTED)) as u32;
        Account {
            owner,
            slot: NEW_SLOT,
        }
    }
}
