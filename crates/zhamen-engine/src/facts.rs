//! Everything the shard knows that is not a window, a list or a life cycle: texts, the ledger of
//! events, and what those events say of accounts and persons.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization;

use crate::event::{Event, EventKind, Field};
use crate::hash::IdMap;
use crate::ledger::{Account, EventNo, Ledger, is_before};
use crate::streams::Texts;
use crate::symbols::{EventSymbols, NO_SYM, Sym, Symbols};

/// What is known.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Texts as numbers.
    pub symbols: Symbols,
    /// Symbols of the texts of the event in hand.
    pub(crate) own: EventSymbols,
    /// Lists of texts that counted events keep.
    pub(crate) texts: Texts,
    /// Events of the horizon.
    pub ledger: Ledger,
    /// Accounts and cards in order of first sight, each with its number.
    pub(crate) accounts: Vec<(Sym, Account)>,
    /// By the symbol of a number, its account's position and one more; 0: none.
    account_at: Vec<u32>,
    /// Accounts known of a person, by pseudonym, in order of first sight.
    pub(crate) accounts_of: IdMap<Sym, Vec<Sym>>,
}

impl Facts {
    /// What is known of an account.
    #[must_use]
    pub fn account(&self, number: &str) -> Option<&Account> {
        self.account_of(self.symbols.find(number)?)
    }

    /// The account of a number, if it is known: for looking ahead.
    pub(crate) fn account_of(&self, number: Sym) -> Option<&Account> {
        let place = self.account_at.get(number as usize)?.checked_sub(1)?;
        Some(&self.accounts[place as usize].1)
    }

    /// What is known of an account, to change it; an empty one if it was never seen.
    fn account_mut(&mut self, number: Sym) -> &mut Account {
        let at = number as usize;
        if self.account_at.len() <= at {
            self.account_at.resize(self.symbols.len(), 0);
        }
        if self.account_at[at] == 0 {
            self.accounts.push((number, Account::default()));
            self.account_at[at] = self.accounts.len() as u32;
        }
        &mut self.accounts[self.account_at[at] as usize - 1].1
    }

    /// Takes over accounts, as after a restore.
    pub(crate) fn set_accounts(&mut self, accounts: Vec<(Sym, Account)>) {
        self.account_at = vec![0; self.symbols.len()];
        for (i, (number, _)) in accounts.iter().enumerate() {
            self.account_at[*number as usize] = i as u32 + 1;
        }
        self.accounts = accounts;
    }

    /// Transfers into and out of an account, newest in the journal first; some may be forgotten.
    pub(crate) fn trail(&self, account: Sym) -> impl Iterator<Item = EventNo> + '_ {
        let known = self.account_of(account);
        known
            .into_iter()
            .flat_map(|a| a.trail.iter().rev().copied())
    }

    /// Accounts known of a person: opened under that ID, or seen with it as payer.
    #[must_use]
    pub fn accounts_of(&self, holder: &str) -> Vec<CompactString> {
        let Some(list) = self
            .symbols
            .find(holder)
            .and_then(|h| self.accounts_of.get(&h))
        else {
            return Vec::new();
        };
        list.iter()
            .map(|a| CompactString::new(self.symbols.text(*a)))
            .collect()
    }

    /// Bytes of what is known of accounts and of the texts, an estimate from capacities.
    #[must_use]
    pub fn account_bytes(&self) -> usize {
        let one = |a: &Account| {
            size_of::<Account>()
                + (a.names.capacity() + a.typed.capacity()) * size_of::<CompactString>()
                + a.holders.capacity() * size_of::<Sym>()
                + a.trail.capacity() * size_of::<EventNo>()
        };
        let accounts: usize = self.accounts.iter().map(|(_, a)| one(a)).sum();
        let texts = self.symbols.bytes();
        accounts + texts + self.account_at.len() * 4 + self.accounts_of.len() * 40
    }

    /// The bank of an account.
    #[must_use]
    pub fn bank_of(&self, number: &str) -> Option<CompactString> {
        self.text(self.account(number)?.bank)
    }

    /// Text of an optional symbol.
    #[must_use]
    pub fn text(&self, sym: Option<Sym>) -> Option<CompactString> {
        sym.map(|s| CompactString::new(self.symbols.text(s)))
    }

    /// Learns what an accepted event says; `no` is its number in the ledger.
    pub(crate) fn learn(&mut self, e: &Event, no: EventNo) {
        use Field as F;
        match e.kind {
            EventKind::TransferRequested
            | EventKind::TransferSettled
            | EventKind::TransferFailed
            | EventKind::TransferReversed => {
                let request = (e.kind == EventKind::TransferRequested
                    || (e.kind == EventKind::TransferSettled && !self.knows_request(e)))
                .then_some(no);
                self.side(
                    e,
                    [
                        F::PayerAccount,
                        F::PayerName,
                        F::PayerHolder,
                        F::PayerBank,
                        F::PayerBranch,
                    ],
                    true,
                    request,
                );
                self.side(
                    e,
                    [
                        F::PayeeAccount,
                        F::PayeeName,
                        F::PayeeHolder,
                        F::PayeeBank,
                        F::PayeeBranch,
                    ],
                    false,
                    request,
                );
            }
            EventKind::AccountOpened => {
                self.side(
                    e,
                    [
                        F::AccountNumber,
                        F::HolderName,
                        F::HolderId,
                        F::AccountBank,
                        F::AccountBranch,
                    ],
                    true,
                    None,
                );
                self.opened_by(e, F::AccountNumber, F::AccountOpenedBy);
            }
            EventKind::CardOpened => {
                self.side(
                    e,
                    [
                        F::CardNumber,
                        F::HolderName,
                        F::HolderId,
                        F::CardBank,
                        F::CardBranch,
                    ],
                    true,
                    None,
                );
                self.opened_by(e, F::CardNumber, F::CardOpenedBy);
                // The account behind the card is the same person's.
                let behind = [
                    F::CardAccount,
                    F::HolderName,
                    F::HolderId,
                    F::CardBank,
                    F::CardBranch,
                ];
                self.side(e, behind, true, None);
            }
            EventKind::AccountUsed => {
                if let Some(number) = e.text(F::UseAccount) {
                    let sym = self.intern(F::UseAccount, number);
                    self.account_mut(sym);
                }
            }
            _ => {}
        }
    }

    /// Whether the request that a notice is about is still held.
    fn knows_request(&self, notice: &Event) -> bool {
        let name = notice
            .text(Field::TransferSource)
            .zip(notice.text(Field::TransferId));
        name.is_some_and(|(source, id)| self.ledger.find_text(&self.symbols, source, id).is_some())
    }

    /// The symbol of a text of the event in hand.
    pub(crate) fn intern(&mut self, field: Field, text: &str) -> Sym {
        self.own.intern(field, text, &mut self.symbols)
    }

    /// `fields`: account, name, holder, bank, branch. `owner`: the holder counts as the account's.
    fn side(&mut self, e: &Event, fields: [Field; 5], owner: bool, request: Option<EventNo>) {
        let [account, name, holder, bank, branch] = fields;
        let Some(number) = e.text(account) else {
            return;
        };
        let sym = self.intern(account, number);
        let holder = e
            .text(holder)
            .filter(|_| owner)
            .map_or(NO_SYM, |text| self.intern(holder, text));
        let bank = e.text(bank).map(|text| self.intern(bank, text));
        let branch = e.text(branch).map(|text| self.intern(branch, text));
        let oldest = self.ledger.oldest();
        let facts = self.account_mut(sym);
        if let Some(name) = e.text(name) {
            facts.saw_name(name, owner);
        }
        let new_holder = holder != NO_SYM && !facts.holders.contains(&holder);
        facts.saw_holder(holder);
        // What strangers say of an account never overrides what its own side said.
        if owner {
            facts.bank = bank.or(facts.bank);
            facts.branch = branch.or(facts.branch);
        } else if facts.names.is_empty() && facts.holders.is_empty() {
            facts.bank = facts.bank.or(bank);
            facts.branch = facts.branch.or(branch);
        }
        if let Some(no) = request {
            while facts.trail.front().is_some_and(|n| is_before(*n, oldest)) {
                facts.trail.pop_front();
            }
            facts.trail.push_back(no);
        }
        if new_holder {
            let list = self.accounts_of.entry(holder).or_default();
            if !list.contains(&sym) {
                list.push(sym);
            }
        }
    }

    fn opened_by(&mut self, e: &Event, account: Field, by: Field) {
        let (Some(number), Some(who)) = (e.text(account), e.text(by)) else {
            return;
        };
        let by = self.intern(by, who);
        let sym = self.intern(account, number);
        self.account_mut(sym).opened_by = Some(by);
    }
}

/// A name as it is compared: NFKC, without white space and invisible characters, case folded
/// (by way of capitals, so that ß is ss).
#[must_use]
pub fn normal_name(name: &str) -> String {
    let invisible = |c: &char| {
        matches!(
            c,
            '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}'
        )
    };
    name.nfkc()
        .filter(|c| !c.is_whitespace() && !invisible(c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .nfkc()
        .collect()
}
