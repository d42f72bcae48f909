//! A resident from a number: ID, name, telephone, age and groups, computed on demand. Deliberately nothing is stored,
//! so a town of a hundred million accounts costs no more memory than one of ten.
//!
//! All are made up. IDs follow GB 11643 with a right check digit and are different for different numbers.

use crate::json::push_digits;
use crate::places::{OPERATORS, Operator};
use crate::rng::{hash, scale};
use crate::time::push_compact_date;

/// A natural person, as banks and operators know them.
#[derive(Clone, Copy)]
pub(crate) struct Resident {
    /// Day of birth since 1970-01-01.
    pub(crate) birth_day: i64,
    /// Full years on the town's first day.
    pub(crate) age: i64,
    region: u32,
    sequence: u32,
    subscriber: u64,
    look: u64,
}

/// Every fifth number is a person of 60 or more.
pub(crate) fn is_senior(number: u32) -> bool {
    number % 5 == 4
}

/// Days of age: from 15 years to just under 60, and from 60 years to just under 90.
const WORKING: Band = Band {
    youngest: 5_480,
    span: 16_421,
};
const SENIOR: Band = Band {
    youngest: 21_917,
    span: 10_880,
};

struct Band {
    youngest: i64,
    span: u32,
}

impl Resident {
    /// The resident `number` of the town `seed` whose first day is `first_day`.
    pub(crate) fn of(seed: u64, first_day: i64, number: u32) -> Resident {
        let (band, rank) = if is_senior(number) {
            (&SENIOR, number / 5)
        } else {
            (&WORKING, number / 5 * 4 + number % 5)
        };
        // Unique by construction: ranks walk the days of the band, then the sequence numbers, then the regions.
        let start = scale(hash(seed, 1, 0), band.span);
        let slot = ((u64::from(rank) * 7_919 + u64::from(start)) % u64::from(band.span)) as u32;
        let shift = hash(seed, 2, u64::from(slot));
        let walk = rank / band.span;
        let days_of_age = band.youngest + i64::from(slot);
        Resident {
            birth_day: first_day - days_of_age,
            age: days_of_age * 10_000 / 3_652_425,
            region: (scale(shift, 16) + walk / 999) % 16,
            sequence: ((shift as u32 % 999) + walk) % 999 + 1,
            subscriber: (u64::from(number) * 48_271_013 + hash(seed, 3, 0) % 100_000_000)
                % 100_000_000,
            look: hash(seed, 4, u64::from(number)),
        }
    }

    /// The 18 characters of the resident ID.
    pub(crate) fn push_id(&self, text: &mut String) {
        let start = text.len();
        text.push_str(REGIONS[self.region as usize]);
        push_compact_date(text, self.birth_day);
        push_digits(text, u64::from(self.sequence), 3);
        let check = check_character(&text.as_bytes()[start..]);
        text.push(check);
    }

    pub(crate) fn push_name(&self, text: &mut String) {
        text.push_str(SURNAMES[scale(self.look, SURNAMES.len() as u32) as usize]);
        text.push_str(GIVEN[(self.look >> 3) as usize % GIVEN.len()]);
        if self.look % 10 < 7 {
            text.push_str(GIVEN[(self.look >> 13) as usize % GIVEN.len()]);
        }
    }

    pub(crate) fn operator(&self) -> &'static Operator {
        &OPERATORS[(self.look >> 23) as usize % OPERATORS.len()]
    }

    /// The number the person is known by.
    pub(crate) fn push_phone(&self, text: &mut String) {
        let prefixes = &self.operator().prefixes;
        text.push_str(prefixes[(self.look >> 29) as usize % prefixes.len()]);
        push_digits(text, self.subscriber, 8);
    }

    /// The person's further line `nth` at the same operator, for `nth` below the operator's further prefixes.
    pub(crate) fn push_further_phone(&self, text: &mut String, nth: usize) {
        text.push_str(self.operator().further_prefixes[nth]);
        push_digits(text, self.subscriber, 8);
    }

    pub(crate) fn push_device(&self, text: &mut String) {
        text.push_str("d-");
        for shift in [60, 56, 52, 48, 44, 40] {
            text.push(char::from(
                b"0123456789abcdef"[(self.look >> shift) as usize & 15],
            ));
        }
        push_digits(text, self.subscriber, 8);
    }

    pub(crate) fn push_ip(&self, text: &mut String) {
        text.push_str("10.");
        push_digits(text, (self.look >> 33) & 255, 1);
        text.push('.');
        push_digits(text, (self.look >> 41) & 255, 1);
        text.push('.');
        push_digits(text, self.subscriber % 254 + 1, 1);
    }

    /// The group that the key-person rules know, if any.
    pub(crate) fn group(&self) -> Option<&'static str> {
        match self.age {
            60.. => Some("senior"),
            23.. if self.look.is_multiple_of(16) => Some("finance_staff"),
            ..=22 if !self.look.is_multiple_of(3) => Some("student"),
            _ => None,
        }
    }
}

/// GB 11643: weighted sum of 17 digits modulo 11.
fn check_character(digits: &[u8]) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

/// Administrative codes (GB/T 2260) of where the ID was first issued: not where the person lives.
const REGIONS: [&str; 16] = [
    "360121", "360123", "360124", "360103", "360111", "360112", "360922", "361128", "430121",
    "420111", "330782", "320583", "440306", "510107", "610113", "410181",
];

const SURNAMES: [&str; 48] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾",
    "肖", "田", "董", "袁", "潘", "于", "蒋", "蔡", "余", "杜", "叶", "程", "苏", "魏", "吕", "丁",
];

const GIVEN: [&str; 64] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
    "超", "秀", "霞", "平", "刚", "桂", "英", "华", "玉", "兰", "红", "建", "国", "志", "文", "斌",
    "鹏", "飞", "浩", "宇", "欣", "怡", "子", "涵", "梓", "轩", "晨", "阳", "嘉", "琪", "雨", "婷",
    "春", "梅", "海", "燕", "小", "龙", "凤", "云", "翔", "佳", "慧", "俊", "博", "思", "远", "宁",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn check_characters_of_known_ids() {
        assert_eq!(check_character(b"11010519491231002"), 'X');
        assert_eq!(check_character(b"44052418800101001"), '4');
    }

    #[test]
    fn ids_and_phones_of_different_people_differ() {
        let (mut ids, mut phones) = (HashSet::new(), HashSet::new());
        for number in 0..200_000 {
            let person = Resident::of(9, 20_781, number);
            let (mut id, mut phone) = (String::new(), String::new());
            person.push_id(&mut id);
            person.push_phone(&mut phone);
            assert!(ids.insert(id), "resident {number}");
            assert!(phones.insert(phone), "resident {number}");
            assert_eq!(person.age >= 60, is_senior(number));
            assert!((15..90).contains(&person.age));
        }
    }
}
