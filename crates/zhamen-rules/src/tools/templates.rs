//! `rules new`: rules to begin with, each complete with tests and in mode `shadow` or without
//! consequences of its own. They stand in `templates/` and are compiled and tested like any rule.

/// A template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Template {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub text: &'static str,
}

macro_rules! templates {
    ($($name:literal: $zh:literal, $en:literal;)*) => {
        /// Every template, by name.
        pub const ALL: &[Template] = &[$(Template {
            name: $name, zh: $zh, en: $en,
            text: include_str!(concat!("../../templates/", $name, ".toml")),
        }),*];
    };
}

templates! {
    "burst-of-transfers": "短时间内多笔转出", "count of events in a time, with a filter";
    "dormant-then-active": "久未使用后突然活跃", "time since the last event";
    "far-above-own-average": "金额远超本账户平时", "an amount against the account's own past";
    "many-payers": "多个付款人集中转入", "different values in a time, about the payee";
    "money-in-then-out": "快进快出", "the same account in its other role";
    "new-payee": "向新收款人大额转账", "a pair that is new";
    "on-a-list": "收款账户在名单", "a list that must be there and fresh";
    "score-and-verdict": "多特征评分", "weak signs and a verdict over their sum";
    "several-cards": "同一证件多次开卡", "working days, another event type";
}

/// The template of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|t| t.name == name)
}

impl Template {
    /// The rule file, its rule (or verdict) of the template's name called `id`.
    #[must_use]
    pub fn with_id(&self, id: &str) -> String {
        self.text
            .replacen(&format!("= \"{}\"", self.name), &format!("= \"{id}\""), 1)
    }
}
