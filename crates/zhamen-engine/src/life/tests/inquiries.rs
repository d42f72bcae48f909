//! Inquiries: answers, coverage, outcomes, silence.

use super::*;
use crate::life::Outcome;

const WITHIN: i64 = 30 * MINUTE_MS;

/// The transfer T of 100 yuan from payer to payee, asked about by two rules.
fn asked() -> (Bank, String) {
    let mut bank = Bank::new();
    let id = ask(&mut bank, "T", &then(Action::Inquire));
    bank.told();
    (bank, id)
}

fn ask(bank: &mut Bank, id: &str, terms: &Then) -> String {
    let e = transfer(id, "payer", "payee", 100);
    let rules = [Arc::from("ask-1"), Arc::from("ask-2")];
    let demand = bank.step(|life, m, out| life.open_inquiry(&rules, terms, &e, m, out));
    assert_eq!(demand.questions.len(), 2);
    assert_eq!(demand.answer_by, bank.now + terms.answer_within_ms);
    demand.id
}

fn answer(inquiry: &str, outcome: &str) -> Event {
    let answers = ["1", "yes", "2", "rent"].map(CompactString::new).to_vec();
    event(
        EventKind::InquiryAnswered,
        "answer",
        vec![
            (Field::InquiryId, text(inquiry)),
            (Field::InquiryForm, text("four@1")),
            (Field::InquiryAnswers, Value::TextList(answers)),
            (Field::InquiryNoticeSigned, Value::Bool(true)),
            (Field::InquiryOutcome, text(outcome)),
            (Field::InquiryTeller, text("teller")),
        ],
    )
}

fn attempt(yuan: i64, inquiry: Option<&str>) -> Event {
    let e = transfer("T2", "payer", "payee", yuan);
    inquiry.map_or(e.clone(), |i| with(&e, Field::TxnInquiry, text(i)))
}

#[test]
fn opened_then_answered() {
    let mut bank = Bank::new();
    let id = ask(&mut bank, "T", &then(Action::Inquire));
    assert_eq!(
        bank.told(),
        ["inquiry.opened payer ask-1 T until=30m at=0s"]
    );
    assert_eq!(bank.coverage(&attempt(100, None)), None);
    // Exactly at `answer_by` is in time.
    bank.at(WITHIN);
    assert_eq!(
        bank.hear(&answer(&id, "proceed")),
        [
            "= inquiry.answered",
            "inquiry.answered payer ask-1 T until=1h by=teller action=allow at=30m"
        ]
    );
    assert!(bank.at(DAY_MS).told().is_empty());
}

#[test]
fn an_answer_may_name_the_transfer() {
    let (mut bank, id) = asked();
    let e = answer(&id, "proceed");
    let values = e.values().iter().filter(|(f, _)| *f != Field::InquiryId);
    let mut values: Fields = values.cloned().collect();
    values.push((Field::InquiryTransferId, text("T")));
    values.push((Field::InquiryTransferSource, text("bank")));
    let e = event(EventKind::InquiryAnswered, "by-transfer", values);
    assert_eq!(bank.apply(&e).done, "inquiry.answered");
    let other = with(&e, Field::InquiryTransferId, text("U"));
    assert_eq!(bank.hear(&other)[0], "= inquiry.unknown");
}

#[test]
fn every_question_of_the_form_must_be_answered() {
    let (mut bank, id) = asked();
    let good = answer(&id, "proceed");
    for answers in [
        &["1", "yes"][..],
        &["1", "yes", "2", " "],
        &["1", "yes", "3", "x"],
    ] {
        let list = answers.iter().map(|a| CompactString::new(*a)).collect();
        let short = with(&good, Field::InquiryAnswers, Value::TextList(list));
        assert_eq!(bank.hear(&short), ["= inquiry.incomplete"]);
    }
    let unsigned = with(&good, Field::InquiryNoticeSigned, Value::Bool(false));
    assert_eq!(bank.hear(&unsigned), ["= inquiry.incomplete"]);
    let other = with(&good, Field::InquiryForm, text("four@2"));
    assert_eq!(bank.hear(&other), ["= inquiry.incomplete"]);
    assert_eq!(bank.apply(&good).done, "inquiry.answered");
}

#[test]
fn the_first_answer_counts() {
    let (mut bank, id) = asked();
    bank.apply(&answer(&id, "proceed"));
    bank.told();
    assert_eq!(bank.hear(&answer(&id, "refuse")), ["= inquiry.closed"]);
    let covers = bank.coverage(&attempt(100, None)).map(|c| c.outcome);
    assert_eq!(covers, Some(Outcome::Proceed));
    assert_eq!(bank.hear(&answer("Q-9", "proceed")), ["= inquiry.unknown"]);
}

#[test]
fn an_answer_covers_the_same_remittance_once() {
    let (mut bank, id) = asked();
    bank.at(MINUTE_MS).apply(&answer(&id, "proceed"));
    let covered = bank.coverage(&attempt(100, None)).expect("same amount");
    assert_eq!(covered.inquiry, id);
    assert_eq!(covered.rules, [Arc::from("ask-1"), Arc::from("ask-2")]);
    // Named: at most the amount; unnamed: the amount.
    assert!(bank.coverage(&attempt(99, None)).is_none());
    assert!(bank.coverage(&attempt(99, Some(&id))).is_some());
    assert!(bank.coverage(&attempt(101, Some(&id))).is_none());
    assert!(bank.coverage(&attempt(100, Some("Q-9"))).is_some());
    let usd = Money {
        currency: Currency::parse("USD").expect("a currency"),
        ..cny(1)
    };
    let dollars = with(&attempt(1, Some(&id)), Field::TxnAmount, Value::Money(usd));
    assert!(bank.coverage(&dollars).is_none());
    assert!(
        bank.coverage(&transfer("T2", "payer", "else", 100))
            .is_none()
    );
    assert!(
        bank.coverage(&transfer("T2", "else", "payee", 100))
            .is_none()
    );
    let e = attempt(100, None);
    let note = bank.step(|life, m, out| life.use_coverage(&id, &e, m, out));
    assert_eq!(note, None);
    assert!(bank.coverage(&attempt(100, Some(&id))).is_none());
}

#[test]
fn it_covers_to_the_end_of_answer_within_after_the_answer() {
    let (mut bank, id) = asked();
    bank.at(10 * MINUTE_MS).apply(&answer(&id, "proceed"));
    let end = 10 * MINUTE_MS + WITHIN;
    assert!(bank.at(end).coverage(&attempt(100, Some(&id))).is_some());
    assert!(
        bank.at(end + 1)
            .coverage(&attempt(100, Some(&id)))
            .is_none()
    );
    assert_eq!(bank.life.next_due(), None);
}

#[test]
fn outcomes_hold_the_covered_transfer() {
    for (outcome, action) in [
        ("delay", Action::Delay),
        ("refuse", Action::Hold),
        ("report_to_police", Action::Hold),
    ] {
        let (mut bank, id) = asked();
        bank.apply(&answer(&id, outcome));
        bank.told();
        let e = attempt(100, None);
        let covered = bank.coverage(&e).expect("covered");
        assert_eq!(covered.outcome.action(), action);
        let note = bank.step(|life, m, out| life.use_coverage(&id, &e, m, out));
        assert_eq!(note.and_then(|n| n.expires_at), Some(START + DAY_MS));
        assert_eq!(
            bank.told(),
            ["hold.placed payer ask-1 transfer T2 until=1d at=0s"]
        );
    }
}

/// Two answers cover one attempt: the stricter is used, the other stays.
#[test]
fn the_strictest_answer_is_used_first() {
    let (mut bank, first) = asked();
    let second = ask(&mut bank, "U", &then(Action::Inquire));
    bank.apply(&answer(&first, "proceed"));
    bank.apply(&answer(&second, "refuse"));
    let e = attempt(100, None);
    assert_eq!(bank.coverage(&e).map(|c| c.inquiry), Some(second.clone()));
    bank.step(|life, m, out| life.use_coverage(&second, &e, m, out));
    assert_eq!(bank.coverage(&e).map(|c| c.inquiry), Some(first));
}

#[test]
fn silence_delays_the_transfer_and_names_the_hold() {
    let (mut bank, id) = asked();
    assert!(bank.at(WITHIN).told().is_empty());
    assert_eq!(
        bank.at(WITHIN + 1).told(),
        [
            "inquiry.expired payer ask-1 T action=delay hold at=30m1ms",
            "hold.placed payer ask-1 transfer T until=1d30m1ms at=30m1ms",
        ]
    );
    assert_eq!(bank.hear(&answer(&id, "proceed")), ["= inquiry.expired"]);
    assert!(bank.coverage(&attempt(100, Some(&id))).is_none());
    assert_eq!(bank.at(DAY_MS + WITHIN + 1).told().len(), 1);
}

#[test]
fn silence_may_open_nothing() {
    let mut bank = Bank::new();
    let terms = Then {
        on_silence: Action::Allow,
        ..then(Action::Inquire)
    };
    ask(&mut bank, "T", &terms);
    bank.told();
    assert_eq!(
        bank.at(HOUR_MS).told(),
        ["inquiry.expired payer ask-1 T action=allow at=30m1ms"]
    );
}
