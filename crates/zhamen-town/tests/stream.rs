//! What whoever feeds on the town relies on: the same bytes for the same seed, the contract's shape in every record,
//! every planted case early, and answers to inquiries only when asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use zhamen_town::places::{ACCOUNTS, INQUIRIES, LINES, LISTS, ORDERS, TRANSFERS};
use zhamen_town::{CaseKind, Town, TownEvent, TownOptions};

fn town(seed: u64) -> Town {
    Town::new(TownOptions {
        seed,
        ..TownOptions::default()
    })
}

fn events(seed: u64, count: usize) -> Vec<TownEvent> {
    town(seed).take(count).collect()
}

fn parse(event: &TownEvent) -> Value {
    serde_json::from_str(&event.value).unwrap_or_else(|e| panic!("{e}: {}", event.value))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// Transfers in `parsed` that belong to `case`, of the given type.
fn of_case<'a>(
    stream: &'a [(TownEvent, Value)],
    case: CaseKind,
    event_type: &'a str,
) -> impl Iterator<Item = &'a (TownEvent, Value)> {
    stream
        .iter()
        .filter(move |(event, value)| event.case == Some(case) && value["type"] == event_type)
}

fn parsed(seed: u64, count: usize) -> Vec<(TownEvent, Value)> {
    town(seed)
        .take(count)
        .map(|event| (event.clone(), parse(&event)))
        .collect()
}

#[test]
fn the_same_options_give_the_same_bytes_and_others_do_not() {
    assert_eq!(events(11, 10_000), events(11, 10_000));
    assert_eq!(town(11).list_seed(), town(11).list_seed());
    assert_ne!(events(11, 100), events(12, 100));
    let later = TownOptions {
        start_ms: 1_800_000_000_000,
        ..TownOptions::default()
    };
    let ids: HashSet<String> = events(1, 1_000)
        .iter()
        .map(|e| text(&parse(e), "/id").to_owned())
        .collect();
    assert!(
        Town::new(later)
            .take(1_000)
            .all(|e| !ids.contains(text(&parse(&e), "/id")))
    );
}

#[test]
fn every_record_carries_what_its_type_must() {
    let town = town(2);
    let list = town.list_seed();
    assert!(
        list.iter()
            .all(|e| e.topic == LISTS && e.key == "case_accounts")
    );
    for event in list.into_iter().chain(town.take(30_000)) {
        let value = parse(&event);
        assert!(event.value.len() < 2_048 && !event.value.contains('\n'));
        let (topic, key, objects): (_, _, &[&str]) = match text(&value, "/type") {
            "transfer.requested" => (TRANSFERS, "/payer/account", &["/txn", "/payer", "/payee"]),
            "transfer.settled" | "transfer.failed" | "transfer.reversed" => (
                TRANSFERS,
                "/payer/account",
                &[
                    "/txn",
                    "/payer",
                    "/payee",
                    "/transfer/id",
                    "/transfer/source",
                    "/transfer/requested_at",
                ],
            ),
            "account.opened" => (
                ACCOUNTS,
                "/holder/id",
                &["/account/number", "/account/bank"],
            ),
            "card.opened" => (ACCOUNTS, "/holder/id", &["/card/number", "/card/bank"]),
            "account.used" => (ACCOUNTS, "/holder/id", &["/use/account"]),
            "holder.updated" => (ACCOUNTS, "/holder/id", &["/holder/name"]),
            "phone.registered" | "phone.cancelled" => {
                (LINES, "/holder/id", &["/line/number", "/line/operator"])
            }
            "stop.ordered" => (
                ORDERS,
                "/order/account",
                &[
                    "/order/application",
                    "/order/kind",
                    "/order/name",
                    "/order/bank",
                    "/order/amount",
                    "/order/currency",
                    "/order/transferred_at",
                    "/order/reason",
                    "/order/organ",
                    "/order/officer",
                ],
            ),
            "stop.released" => (ORDERS, "/order/account", &["/order/application"]),
            "list.added" => (
                LISTS,
                "/entry/list",
                &[
                    "/entry/kind",
                    "/entry/value",
                    "/entry/class",
                    "/entry/reason",
                ],
            ),
            other => panic!("unexpected type {other}"),
        };
        assert_eq!(
            (event.topic, event.key.as_str()),
            (topic, text(&value, key))
        );
        for pointer in objects {
            assert!(value.pointer(pointer).is_some(), "{pointer} in {value}");
        }
        check_identifiers(&value);
    }
}

/// Alphabets of the identifiers and the check character of every resident ID.
fn check_identifiers(value: &Value) {
    let plain = |s: &str| {
        s.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b))
    };
    assert!(plain(text(value, "/id")) && text(value, "/id").len() <= 64);
    assert!(plain(text(value, "/source")) && text(value, "/source").len() <= 32);
    for (holder, kind) in [
        ("/payer/holder", "/payer/holder_type"),
        ("/payee/holder", "/payee/holder_type"),
        ("/holder/id", "/holder/type"),
    ] {
        if let Some(id) = value.pointer(holder).and_then(Value::as_str)
            && text(value, kind) == "resident_id"
        {
            assert!(resident_id_valid(id), "{id}");
        }
    }
}

fn resident_id_valid(id: &str) -> bool {
    let mut weight = 1_u32;
    let mut sum = 0;
    // From the right: the check character counts once, each digit before it twice as much modulo 11.
    for c in id.chars().rev() {
        let digit = if c == 'X' {
            10
        } else {
            c.to_digit(10).expect("a digit")
        };
        sum = (sum + digit * weight) % 11;
        weight = weight * 2 % 11;
    }
    id.len() == 18 && sum == 1
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    let mut currencies = BTreeSet::new();
    for event in events(3, 20_000).iter().filter(|e| e.topic == TRANSFERS) {
        let value = parse(event);
        let currency = text(&value, "/txn/currency");
        currencies.insert(currency.to_owned());
        for amount in [
            value.pointer("/txn/amount"),
            value.pointer("/transfer/amount"),
        ]
        .into_iter()
        .flatten()
        {
            let amount = amount.as_str().expect("amounts are texts");
            let decimals = amount.split_once('.').map_or(0, |(_, d)| d.len());
            assert_eq!(
                decimals,
                if currency == "JPY" { 0 } else { 2 },
                "{amount} {currency}"
            );
            assert!(
                amount.bytes().any(|b| (b'1'..=b'9').contains(&b)),
                "{amount}"
            );
        }
    }
    assert_eq!(
        currencies.into_iter().collect::<Vec<_>>(),
        ["CNY", "HKD", "JPY", "USD"]
    );
}

#[test]
fn ids_are_unique_but_for_exact_duplicates() {
    let mut seen: HashMap<(String, String), String> = HashMap::new();
    let mut duplicates = 0;
    for event in events(4, 40_000) {
        let value = parse(&event);
        let id = (
            text(&value, "/source").to_owned(),
            text(&value, "/id").to_owned(),
        );
        if let Some(earlier) = seen.insert(id, event.value.clone()) {
            assert_eq!(earlier, event.value);
            duplicates += 1;
        }
    }
    assert!(
        (20..80).contains(&duplicates),
        "{duplicates} duplicates in 40,000 events"
    );
}

#[test]
fn time_moves_on_but_for_a_few_late_events() {
    let (mut newest, mut late, mut very_late) = (0, 0, 0);
    for event in events(5, 40_000) {
        assert!(
            event.occurred_at_ms > newest - 60_000,
            "at most 30 s late, a duplicate a little more"
        );
        late += u32::from(event.occurred_at_ms < newest - 900);
        very_late += u32::from(event.occurred_at_ms < newest - 5_000);
        newest = newest.max(event.occurred_at_ms);
    }
    assert!((120..320).contains(&late), "{late}");
    assert!(very_late > 80, "{very_late}");
    assert_eq!((newest - 1_795_482_000_000) / 1_000, 199);
}

#[test]
fn notices_repeat_their_request_and_come_after_it() {
    let stream = parsed(6, 30_000);
    let mut requests = HashMap::new();
    let mut notices = BTreeMap::new();
    for (event, value) in stream.iter().filter(|(e, _)| e.topic == TRANSFERS) {
        let kind = text(value, "/type");
        *notices.entry(kind).or_insert(0) += 1;
        if kind == "transfer.requested" {
            requests.insert((text(value, "/id"), text(value, "/source")), (event, value));
            continue;
        }
        let (request, body) =
            requests[&(text(value, "/transfer/id"), text(value, "/transfer/source"))];
        assert!(event.occurred_at_ms >= request.occurred_at_ms);
        assert_eq!(value["transfer"]["requested_at"], body["occurred_at"]);
        for object in ["txn", "payer", "payee"] {
            assert_eq!(value[object], body[object]);
        }
    }
    let of = |kind| f64::from(notices[kind]) / f64::from(notices["transfer.requested"]);
    assert!(
        of("transfer.settled") > 0.8
            && of("transfer.failed") < 0.1
            && of("transfer.reversed") < 0.05
    );
}

#[test]
fn every_kind_of_case_is_told_within_the_first_1500_events() {
    for (seed, events_per_second) in [(1, 200), (7, 300), (8, 100), (9, 20)] {
        let options = TownOptions {
            seed,
            events_per_second,
            ..TownOptions::default()
        };
        let stream: Vec<(TownEvent, Value)> = Town::new(options)
            .take(1_500)
            .map(|event| (event.clone(), parse(&event)))
            .collect();
        let count = |case, event_type| of_case(&stream, case, event_type).count();
        let requested = |case| count(case, "transfer.requested");
        assert!(count(CaseKind::CardRing, "card.opened") >= 3);
        assert!(requested(CaseKind::LargeBurst) >= 6);
        assert!(requested(CaseKind::ElderNewPayee) >= 1);
        assert!(requested(CaseKind::CounterWithoutInquiry) >= 1);
        assert!(requested(CaseKind::PoliceListedPayee) >= 1);
        assert!(
            requested(CaseKind::PassThrough) >= 2
                && count(CaseKind::PassThrough, "transfer.settled") >= 1
        );
        assert!(requested(CaseKind::FanIn) >= 6 && count(CaseKind::FanIn, "transfer.settled") >= 5);
        assert!(
            requested(CaseKind::FanOut) >= 6 && count(CaseKind::FanOut, "transfer.settled") >= 1
        );
        assert!(count(CaseKind::PhoneLinesOverLimit, "phone.registered") >= 6);
        assert!(count(CaseKind::PhoneLinesThree, "phone.registered") >= 3);
        assert!(count(CaseKind::StopPayment, "stop.ordered") >= 1);
        assert!(
            requested(CaseKind::MuleChain) >= 6 && count(CaseKind::MuleChain, "stop.ordered") >= 2
        );
        assert!(
            requested(CaseKind::StopPayment) >= 4
                && count(CaseKind::StopPayment, "stop.released") >= 1
        );
    }
}

#[test]
fn cases_recur_and_can_be_left_out() {
    let mut orders = 0;
    let mut planted = 0;
    for event in events(1, 30_000) {
        planted += u32::from(event.case.is_some());
        orders += u32::from(event.topic == ORDERS);
    }
    assert!(orders > 15, "{orders} orders");
    assert!((600..3_000).contains(&planted), "{planted} events of cases");
    let quiet = TownOptions {
        cases: false,
        ..TownOptions::default()
    };
    assert!(
        Town::new(quiet)
            .take(5_000)
            .all(|e| e.case.is_none() && e.topic != ORDERS)
    );
}

#[test]
fn a_stop_order_names_the_victims_transfer_and_what_follows_is_out_of_that_account() {
    let stream = parsed(1, 3_000);
    let (_, order) = of_case(&stream, CaseKind::StopPayment, "stop.ordered")
        .next()
        .expect("an order");
    let mule = text(order, "/order/account");
    let mut before = stream
        .iter()
        .filter(|(_, v)| v["type"] == "transfer.requested" && v["payee"]["account"] == mule);
    let (_, paid) = before.next().expect("the victim paid");
    assert_eq!(order["order"]["name"], paid["payee"]["name"]);
    assert_eq!(order["order"]["amount"], paid["txn"]["amount"]);
    assert_eq!(order["order"]["transferred_at"], paid["occurred_at"]);
    assert_eq!(order["order"]["from_account"], paid["payer"]["account"]);
    assert_eq!(text(order, "/order/organ").len(), 12);
    let out: Vec<&Value> = stream
        .iter()
        .map(|(_, v)| v)
        .filter(|v| v["payer"]["account"] == mule || v["order"]["account"] == mule)
        .collect();
    let types: Vec<&str> = out.iter().map(|v| text(v, "/type")).collect();
    assert_eq!(
        types,
        [
            "stop.ordered",
            "transfer.requested",
            "transfer.requested",
            "stop.released",
            "transfer.requested",
            "transfer.settled"
        ]
    );
}

#[test]
fn a_mule_chain_passes_the_money_on_before_the_order_and_the_order_is_extended() {
    let stream = parsed(1, 1_500);
    let told: Vec<&Value> = stream
        .iter()
        .filter(|(event, _)| event.case == Some(CaseKind::MuleChain))
        .map(|(_, value)| value)
        .collect();
    let types: Vec<&str> = told
        .iter()
        .map(|v| text(v, "/type"))
        .filter(|t| *t != "transfer.settled")
        .take(8)
        .collect();
    let request = "transfer.requested";
    let order = "stop.ordered";
    assert_eq!(
        types,
        [
            request, request, request, request, order, order, request, request
        ]
    );
    let requests: Vec<&&Value> = told.iter().filter(|v| v["type"] == request).collect();
    let orders: Vec<&&Value> = told.iter().filter(|v| v["type"] == order).collect();
    let [lost, passed, rest, third, tried, ..] = requests[..] else {
        panic!("{} transfers", requests.len())
    };
    for (from, onward) in [
        (lost, passed),
        (lost, rest),
        (passed, third),
        (passed, tried),
    ] {
        assert_eq!(from["payee"]["account"], onward["payer"]["account"]);
    }
    for (paid, order) in [(lost, orders[0]), (passed, orders[1])] {
        assert_eq!(order["order"]["account"], paid["payee"]["account"]);
        assert_eq!(order["order"]["amount"], paid["txn"]["amount"]);
        assert_eq!(order["order"]["transferred_at"], paid["occurred_at"]);
    }
    assert_eq!(orders[1]["order"]["tier"], 2);
    assert_eq!(
        orders[1]["order"]["parent"],
        orders[0]["order"]["application"]
    );
}

#[test]
fn cases_stay_inside_their_terms() {
    let town = town(1);
    let listed: HashSet<String> = town
        .list_seed()
        .iter()
        .map(|e| text(&parse(e), "/entry/value").to_owned())
        .collect();
    let fen = |v: &Value| {
        text(v, "/txn/amount")
            .replace('.', "")
            .parse::<i64>()
            .expect("an amount")
    };
    let birth_year = |v: &Value| {
        text(v, "/payer/holder")[6..10]
            .parse::<i64>()
            .expect("a year")
    };
    let stream: Vec<(TownEvent, Value)> =
        town.take(20_000).map(|e| (e.clone(), parse(&e))).collect();
    for (_, elder) in of_case(&stream, CaseKind::ElderNewPayee, "transfer.requested") {
        assert!(fen(elder) >= 5_000_000 && birth_year(elder) <= 1966);
    }
    for (_, counter) in of_case(
        &stream,
        CaseKind::CounterWithoutInquiry,
        "transfer.requested",
    ) {
        assert!(fen(counter) >= 5_000_000 && birth_year(counter) >= 1966);
        assert!(counter["txn"]["channel"] == "counter" && counter["txn"].get("inquiry").is_none());
    }
    for (_, burst) in of_case(&stream, CaseKind::LargeBurst, "transfer.requested") {
        assert!(fen(burst) >= 5_000_000);
    }
    for (event, value) in stream
        .iter()
        .filter(|(_, v)| v["type"] == "transfer.requested")
    {
        let hit = listed.contains(text(value, "/payee/account"));
        assert_eq!(hit, event.case == Some(CaseKind::PoliceListedPayee));
    }
    let mut lines: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (event, value) in stream
        .iter()
        .filter(|(_, v)| v["type"] == "phone.registered")
    {
        lines
            .entry(&event.key)
            .or_default()
            .insert(text(value, "/line/number"));
    }
    // One line for who moves in, three or six in the cases, of which the last two may still be going on.
    let odd = lines
        .values()
        .filter(|numbers| ![1, 3, 6].contains(&numbers.len()));
    assert!(odd.count() <= 2);
    assert!(
        lines.values().any(|numbers| numbers.len() == 3)
            && lines.values().any(|numbers| numbers.len() == 6)
    );
}

#[test]
fn an_inquiry_is_answered_and_the_remittance_tried_again() {
    let mut town = town(1);
    let asked = town
        .by_ref()
        .find(|e| e.case == Some(CaseKind::ElderNewPayee) && e.topic == TRANSFERS)
        .expect("an elder's transfer");
    let first = parse(&asked);
    let (id, source) = (text(&first, "/id"), text(&first, "/source"));
    town.on_inquiry("inq-1", id, "another-core", asked.occurred_at_ms);
    town.on_inquiry("inq-1", "T-nonsense", source, asked.occurred_at_ms);
    town.on_inquiry("inq-1", id, source, asked.occurred_at_ms);
    town.on_inquiry("inq-2", id, source, asked.occurred_at_ms);
    let rest: Vec<TownEvent> = town.take(3_000).collect();
    let answers: Vec<&TownEvent> = rest.iter().filter(|e| e.topic == INQUIRIES).collect();
    let [answer] = answers[..] else {
        panic!("{} answers", answers.len())
    };
    let answer_value = parse(answer);
    assert_eq!(answer.key, asked.key);
    assert_eq!(text(&answer_value, "/inquiry/id"), "inq-1");
    assert_eq!(
        text(&answer_value, "/inquiry/form"),
        "four-questions-one-notice@1"
    );
    let questions: Vec<&str> = (0..4)
        .map(|n| text(&answer_value, &format!("/inquiry/answers/{n}/question")))
        .collect();
    assert_eq!(questions, ["1", "2", "3", "4"]);
    assert_eq!(answer_value["inquiry"]["notice"]["signed"], true);
    let again: Vec<Value> = rest
        .iter()
        .map(parse)
        .filter(|v| v["txn"]["inquiry"] == "inq-1")
        .collect();
    assert_eq!(again[0]["type"], "transfer.requested");
    assert_ne!(again[0]["id"], first["id"]);
    assert_eq!(again[0]["txn"]["amount"], first["txn"]["amount"]);
    assert_eq!(
        (&again[0]["payer"], &again[0]["payee"]),
        (&first["payer"], &first["payee"])
    );
    let proceeds = answer_value["inquiry"]["outcome"] == "proceed";
    assert_eq!(again.len(), if proceeds { 2 } else { 1 });
}

#[test]
fn an_ordinary_transfer_that_was_asked_about_settles_only_when_tried_again() {
    let mut town = town(3);
    let asked = town
        .by_ref()
        .find(|e| e.topic == TRANSFERS)
        .expect("a transfer");
    let first = parse(&asked);
    town.on_inquiry(
        "inq-\"9\"",
        text(&first, "/id"),
        text(&first, "/source"),
        asked.occurred_at_ms,
    );
    let sequels: Vec<Value> = town.take(5_000).map(|e| parse(&e)).collect();
    assert!(!sequels.iter().any(|v| v["transfer"]["id"] == first["id"]));
    assert!(
        sequels
            .iter()
            .any(|v| v["type"] == "transfer.settled" && v["txn"]["inquiry"] == "inq-\"9\"")
    );
}

#[test]
fn a_town_may_move_to_another_thread() {
    let town = town(1);
    let first = std::thread::spawn(move || town.take(10).count());
    assert_eq!(first.join().expect("the thread ends"), 10);
}

#[test]
fn small_slow_and_fast_towns_work() {
    for (accounts, events_per_second) in [(0, 0), (10, 1), (1_000_000, 100_000), (u32::MAX, 5_000)]
    {
        let options = TownOptions {
            accounts,
            events_per_second,
            ..TownOptions::default()
        };
        let stream: Vec<TownEvent> = Town::new(options).take(8_000).collect();
        let fresh = stream
            .iter()
            .filter(|e| e.value.starts_with(r#"{"type":"transfer.requested""#))
            .count();
        assert!(
            fresh > 2_500,
            "{accounts} accounts, {events_per_second}/s: {fresh}"
        );
        stream.iter().for_each(|e| check_identifiers(&parse(e)));
    }
}
