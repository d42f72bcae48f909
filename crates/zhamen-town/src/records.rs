//! The contract's JSON, one function for each event type the town sends. Which event happens when, and to whom, is
//! decided elsewhere; here it only gets its words, its topic and its key.

use crate::CaseKind;
use crate::event::TownEvent;
use crate::json::{Json, push_digits};
use crate::money::Money;
use crate::places::{ACCOUNTS, BRANCHES, Branch, LINES, TRANSFERS};
use crate::time::{push_compact_date, push_date, push_timestamp, shanghai_day};
use crate::world::{Account, Holder, World};

/// A transfer as it was requested; its later notices repeat it.
#[derive(Clone)]
pub(crate) struct Remittance {
    pub(crate) number: u64,
    pub(crate) requested_at: i64,
    pub(crate) payer: Account,
    pub(crate) payee: Account,
    pub(crate) amount: Money,
    pub(crate) manner: Manner,
    /// The answered inquiry that covers it.
    pub(crate) inquiry: Option<Box<str>>,
    pub(crate) case: Option<CaseKind>,
}

impl Remittance {
    /// Not yet numbered.
    pub(crate) fn new(
        at: i64,
        payer: Account,
        payee: Account,
        amount: Money,
        manner: Manner,
    ) -> Remittance {
        Remittance {
            number: 0,
            requested_at: at,
            payer,
            payee,
            amount,
            manner,
            inquiry: None,
            case: None,
        }
    }
}

/// How a transfer is made.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) channel: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) country: &'static str,
}

impl Manner {
    /// Inside the country.
    pub(crate) fn domestic(channel: &'static str, purpose: &'static str) -> Manner {
        Manner {
            channel,
            purpose,
            country: "CN",
        }
    }
}

/// What became of a transfer.
#[derive(Clone, Copy)]
pub(crate) enum Notice {
    Settled,
    Failed,
    /// The part reversed, or all of it.
    Reversed(Option<Money>),
}

/// Starts a record with the common fields and lets `fill` add its objects.
pub(crate) fn record(
    event_type: &str,
    push_id: impl FnOnce(&mut String),
    source: &str,
    at: i64,
    fill: impl FnOnce(&mut Json),
) -> String {
    let mut json = Json::new(960);
    json.string("type", event_type);
    json.composed("id", push_id);
    json.string("source", source);
    json.composed("occurred_at", |text| push_timestamp(text, at));
    fill(&mut json);
    json.finish()
}

impl World {
    /// `E20261124-7314085-000017`: the letter, the day, the town's tag, a number that it never gives twice with this
    /// letter. Towns of other seeds or other starts thus never use the same id for something else.
    pub(crate) fn push_event_id(&self, text: &mut String, letter: char, at: i64, number: u64) {
        text.push(letter);
        push_compact_date(text, shanghai_day(at));
        text.push('-');
        push_digits(text, u64::from(self.tag), 7);
        text.push('-');
        push_digits(text, number, 6);
    }

    /// The `transfer.requested` of `remittance`.
    pub(crate) fn requested(&self, remittance: &Remittance) -> TownEvent {
        let at = remittance.requested_at;
        let value = record(
            "transfer.requested",
            |text| self.push_event_id(text, 'T', at, remittance.number),
            self.bank(remittance.payer).source,
            at,
            |json| self.push_remittance(json, remittance),
        );
        self.transfer_event(remittance, at, value)
    }

    /// A later notice about `remittance`, which repeats it in full.
    pub(crate) fn notice(&self, remittance: &Remittance, notice: Notice, at: i64) -> TownEvent {
        let (event_type, letter, part) = match notice {
            Notice::Settled => ("transfer.settled", 'S', None),
            Notice::Failed => ("transfer.failed", 'F', None),
            Notice::Reversed(part) => ("transfer.reversed", 'R', part),
        };
        let source = self.bank(remittance.payer).source;
        let value = record(
            event_type,
            |text| self.push_event_id(text, letter, at, remittance.number),
            source,
            at,
            |json| {
                json.object("transfer", |json| {
                    json.composed("id", |text| {
                        self.push_event_id(text, 'T', remittance.requested_at, remittance.number);
                    });
                    json.string("source", source);
                    json.composed("requested_at", |text| {
                        push_timestamp(text, remittance.requested_at)
                    });
                    if let Some(part) = part {
                        json.composed("amount", |text| part.push(text));
                    }
                });
                self.push_remittance(json, remittance);
            },
        );
        self.transfer_event(remittance, at, value)
    }

    fn transfer_event(&self, remittance: &Remittance, at: i64, value: String) -> TownEvent {
        let key = self.account_number(remittance.payer);
        TownEvent {
            topic: TRANSFERS,
            key,
            value,
            occurred_at_ms: at,
            case: remittance.case,
        }
    }

    fn push_remittance(&self, json: &mut Json, remittance: &Remittance) {
        let Remittance {
            payer,
            payee,
            amount,
            manner,
            ..
        } = remittance;
        let payer_holder = self.holder(payer.owner);
        json.object("txn", |json| {
            json.composed("amount", |text| amount.push(text));
            json.string("currency", amount.currency.code());
            json.string("channel", manner.channel);
            json.string("purpose", manner.purpose);
            if let (Holder::Resident(person), "mobile" | "online" | "third_party") =
                (&payer_holder, manner.channel)
            {
                json.composed("device", |text| person.push_device(text));
                json.composed("ip", |text| person.push_ip(text));
            }
            json.string("country", manner.country);
            if let Some(inquiry) = &remittance.inquiry {
                json.string("inquiry", inquiry);
            }
        });
        json.object("payer", |json| {
            json.composed("account", |text| self.push_account_number(text, *payer));
            self.push_identity(json, &payer_holder);
            self.push_institution(json, self.branch(*payer));
            json.composed("opened_on", |text| push_date(text, self.opened_day(*payer)));
            if let Holder::Resident(person) = &payer_holder {
                json.composed("phone", |text| person.push_phone(text));
                push_groups(json, person.group());
            }
        });
        json.object("payee", |json| {
            let holder = self.holder(payee.owner);
            json.composed("account", |text| self.push_account_number(text, *payee));
            // A bank knows who holds its own accounts; of others it has the name that the payer gave.
            if self.branch(*payee).bank == self.branch(*payer).bank || payee.owner == payer.owner {
                self.push_identity(json, &holder);
            } else {
                json.composed("name", |text| push_name(text, &holder));
            }
            self.push_institution(json, self.branch(*payee));
        });
    }

    fn push_identity(&self, json: &mut Json, holder: &Holder) {
        json.composed("name", |text| push_name(text, holder));
        json.composed("holder", |text| push_holder_id(text, holder));
        json.string("holder_type", holder_type(holder));
    }

    fn push_institution(&self, json: &mut Json, branch: &Branch) {
        json.string("bank", crate::places::BANKS[branch.bank].code);
        json.string("branch", branch.line_number);
    }

    /// `account.opened`
    pub(crate) fn account_opened(&self, account: Account, at: i64, number: u64) -> TownEvent {
        self.holder_event("account.opened", account, at, number, |json| {
            json.object("account", |json| {
                json.composed("number", |text| self.push_account_number(text, account));
                self.push_institution(json, self.branch(account));
                json.string("kind", "I");
                json.composed("opened_by", |text| self.push_teller(text, account));
            });
        })
    }

    /// `card.opened`: a card on `account`.
    pub(crate) fn card_opened(&self, account: Account, at: i64, number: u64) -> TownEvent {
        self.holder_event("card.opened", account, at, number, |json| {
            json.object("card", |json| {
                json.composed("number", |text| self.push_card_number(text, account));
                self.push_institution(json, self.branch(account));
                json.string("kind", "debit");
                json.composed("account", |text| self.push_account_number(text, account));
                json.composed("opened_by", |text| self.push_teller(text, account));
            });
        })
    }

    /// `account.used`: a login or a card use.
    pub(crate) fn account_used(
        &self,
        account: Account,
        country: &str,
        at: i64,
        number: u64,
    ) -> TownEvent {
        self.holder_event("account.used", account, at, number, |json| {
            json.object("use", |json| {
                json.composed("account", |text| self.push_account_number(text, account));
                json.string("country", country);
                if let Holder::Resident(person) = self.holder(account.owner) {
                    json.composed("device", |text| person.push_device(text));
                    json.composed("ip", |text| person.push_ip(text));
                }
            });
        })
    }

    /// `holder.updated`, sent by the bank of `account`.
    pub(crate) fn holder_updated(&self, account: Account, at: i64, number: u64) -> TownEvent {
        self.holder_event("holder.updated", account, at, number, |_| {})
    }

    fn holder_event(
        &self,
        event_type: &str,
        account: Account,
        at: i64,
        number: u64,
        fill: impl FnOnce(&mut Json),
    ) -> TownEvent {
        let value = record(
            event_type,
            |text| self.push_event_id(text, 'E', at, number),
            self.bank(account).source,
            at,
            |json| {
                fill(json);
                self.push_holder(json, account.owner);
            },
        );
        TownEvent {
            topic: ACCOUNTS,
            key: self.holder_id(account.owner),
            value,
            occurred_at_ms: at,
            case: None,
        }
    }

    /// `phone.registered` or `phone.cancelled`: the owner's own line, or with `further` another one.
    /// `owner` must not be a firm.
    pub(crate) fn phone(
        &self,
        event_type: &str,
        owner: u32,
        further: Option<usize>,
        at: i64,
        number: u64,
    ) -> TownEvent {
        let person = self.resident(owner);
        let operator = person.operator();
        let value = record(
            event_type,
            |text| self.push_event_id(text, 'E', at, number),
            operator.source,
            at,
            |json| {
                json.object("line", |json| {
                    json.composed("number", |text| match further {
                        Some(nth) => person.push_further_phone(text, nth),
                        None => person.push_phone(text),
                    });
                    json.string("operator", operator.code);
                    json.string("kind", "mobile");
                });
                self.push_holder(json, owner);
            },
        );
        TownEvent {
            topic: LINES,
            key: self.holder_id(owner),
            value,
            occurred_at_ms: at,
            case: None,
        }
    }

    fn push_holder(&self, json: &mut Json, owner: u32) {
        let holder = self.holder(owner);
        json.object("holder", |json| {
            json.composed("id", |text| push_holder_id(text, &holder));
            json.string("type", holder_type(&holder));
            json.composed("name", |text| push_name(text, &holder));
            if let Holder::Resident(person) = &holder {
                json.composed("phone", |text| person.push_phone(text));
                push_groups(json, person.group());
            }
        });
    }

    fn push_teller(&self, text: &mut String, account: Account) {
        let branch = self.branch(account);
        let at = BRANCHES
            .iter()
            .position(|b| b == branch)
            .expect("branches come from the table");
        text.push_str("teller-");
        push_digits(text, at as u64 * 10 + u64::from(account.owner % 4), 4);
    }

    pub(crate) fn account_number(&self, account: Account) -> String {
        let mut text = String::with_capacity(19);
        self.push_account_number(&mut text, account);
        text
    }

    /// The name of an account's holder, as every event writes it.
    pub(crate) fn push_name_of(&self, text: &mut String, account: Account) {
        push_name(text, &self.holder(account.owner));
    }

    fn holder_id(&self, owner: u32) -> String {
        let mut text = String::with_capacity(18);
        push_holder_id(&mut text, &self.holder(owner));
        text
    }
}

fn push_groups(json: &mut Json, group: Option<&str>) {
    if let Some(group) = group {
        json.array("groups", |json| json.item(group));
    }
}

fn push_holder_id(text: &mut String, holder: &Holder) {
    match holder {
        Holder::Firm(firm) => firm.push_id(text),
        Holder::Resident(person) => person.push_id(text),
    }
}

fn push_name(text: &mut String, holder: &Holder) {
    match holder {
        Holder::Firm(firm) => firm.push_name(text),
        Holder::Resident(person) => person.push_name(text),
    }
}

fn holder_type(holder: &Holder) -> &'static str {
    match holder {
        Holder::Firm(_) => "entity",
        Holder::Resident(_) => "resident_id",
    }
}
