//! What a rule can never or always do: warnings.

use zhamen_engine::rule::Bilingual;

use crate::problem::Noun;

/// What follows from a line that never or always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The rule can never fire.
    Never,
    /// The line might as well not be there.
    Nothing,
}

impl Effect {
    fn text(self) -> Bilingual {
        match self {
            Effect::Never => both!("the rule can never fire", "这条规则永远不会命中"),
            Effect::Nothing => both!("the line has no effect", "这一行不起作用"),
        }
    }
}

problems! {
    /// What a rule can never or always do: warnings.
    Lints {
        LineAlways(value: bool, effect: Effect) => Warning "constant-line":
            if *value {
                both!("this line is always true", "这一行永远成立")
            } else {
                both!("this line is always false", "这一行永远不成立")
            },
            effect.text();
        Contradiction(effect: Effect) => Warning "contradiction":
            both!("this line can never hold together with another one", "这一行与另一行不可能同时成立"),
            effect.text();
        Implied(effect: Effect) => Warning "implied-line":
            both!("this line holds whenever an earlier one does", "前面的一行成立时，这一行总是成立"),
            effect.text();
        UnlessNever(effect: Effect) => Warning "unless-never":
            both!("this `unless` never holds where the other lines do", "其他各行成立时，这条 `unless`（除外）不可能成立"),
            effect.text();
        FiresAlways => Warning "fires-always":
            both!("no line of this rule can fail: it fires on every event it looks at",
                "这条规则没有一行会不成立：它看的每个事件都会命中");
        UnlessAlways => Warning "never-fires":
            both!("this `unless` holds whenever the other lines do", "其他各行成立时，这条 `unless`（除外）总是成立"),
            both!("the rule can never fire", "这条规则永远不会命中");
        VerdictOutOfReach(most: i64) => Warning "verdict-out-of-reach":
            both!("all rules of the set together score {most}", "全部规则的分数加起来只有 {most}，达不到这个起点"),
            both!("only rules in mode alert and enforce count, and of one family the highest",
                "只计 alert 和 enforce 模式的规则，同一 family 只计最高分");
        FireTogether(other: String) => Warning "fire-together":
            both!("fires on the very events on which `{other}` fires", "与规则 `{other}` 总是同时命中"),
            both!("the conditions are equal; keep one rule, or tell them apart",
                "两条规则的条件相同，请只留一条，或把条件区分开");
        Unused { what: Noun, name: String } => Warning "unused":
            both!(what => "{what} `{name}` is not used", "{what} `{name}` 没有用到");
    }
}
