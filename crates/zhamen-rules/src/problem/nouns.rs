//! Words that fill the places of messages: what a key belongs to, what was expected.

/// A word or phrase in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noun {
    pub en: &'static str,
    pub zh: &'static str,
}

impl From<Noun> for zhamen_engine::rule::Bilingual {
    fn from(noun: Noun) -> Self {
        Self {
            zh: noun.zh.to_owned(),
            en: noun.en.to_owned(),
        }
    }
}

macro_rules! nouns {
    ($($name:ident = $en:literal, $zh:literal;)*) => {
        $(pub(crate) const $name: Noun = Noun { en: $en, zh: $zh };)*

        #[cfg(test)]
        pub(crate) const ALL: &[Noun] = &[$($name),*];
    };
}

nouns! {
    // What a key stands in.
    RULE_FILE = "a rule file", "规则文件";
    RULE = "a rule", "规则";
    VERDICT = "a verdict", "综合判定";
    LIST = "a list", "名单声明";
    WINDOW = "a window", "统计窗口";
    HOPS_WINDOW = "a window with `hops`", "使用 `hops` 的统计窗口";
    PARAMETER = "a parameter", "参数";
    TITLE = "a title", "标题 `title`";
    EXPLAIN = "`explain`", "说明 `explain`";
    EXPLAIN_CUSTOMER = "`explain.customer`", "对客说明 `explain.customer`";
    THEN = "`then`", "`then`";
    TEST = "a test", "测试";
    // The same without an article.
    ONE_RULE = "rule", "规则";
    ONE_VERDICT = "verdict", "综合判定";
    ONE_LIST = "list", "名单";
    ONE_PARAMETER = "parameter", "参数";
    ONE_WINDOW = "window", "统计窗口";
    RULE_OR_VERDICT = "rule or verdict", "规则或综合判定";
    LINES = "lines", "行条件";
    WINDOWS = "windows", "个统计窗口";
    PARAMETERS = "parameters", "个参数";
    // Values of a file.
    TEXT = "a text", "带引号的文本";
    WHOLE_NUMBER = "a whole number", "整数";
    DECIMAL_NUMBER = "a decimal number", "小数";
    TRUE_OR_FALSE = "true or false", "true 或 false";
    DATE_OR_TIME = "a date or time", "日期或时间";
    ARRAY = "a list", "列表 [ … ]";
    TABLE = "a table", "表 { … }";
    NUMBER = "a number", "数字";
    DURATION_LIKE_VALUE = "a duration in quotes, as the value is", "与 value 一样带引号的时长";
    TIME_LIKE = "a time like 2026-03-02T09:00:00+08:00", "形如 2026-03-02T09:00:00+08:00 的时间";
    DATE_LIKE = "a date like 2026-03-02", "形如 2026-03-02 的日期";
    AMOUNT_LIKE = "an amount like \"50000.00\"", "形如 \"50000.00\" 的金额";
    AMOUNT_ABOVE_ZERO = "an amount above zero", "大于零的金额";
    // Pieces of a line.
    OPERATOR_OR_END = "an operator or the end of the line", "运算符或行尾";
    A_VALUE = "a value", "一个值";
    NAME_AFTER_DOT = "a name after the dot", "点号后面的名称";
    CALL_AFTER_VALUE = "a function in brackets after a value", "值后面带括号的函数";
    ROUND_CLOSE = "`)`", "`)`";
    ROUND_OPEN = "`(`", "`(`";
    SQUARE_CLOSE = "`]`", "`]`";
    COLON = "`:`", "`:`";
    END_OF_LINE = "the end of the line", "行尾";
    // Types of a line.
    NUMBER_OR_MONEY = "a number or money", "数字或金额";
    NUMBER_MONEY_DURATION = "a number, money or a duration", "数字、金额或时长";
    // What a key does nothing without.
    WITH_ALERT = "`alert`", "`alert`";
    WITH_INQUIRE = "action = \"inquire\"", "action = \"inquire\"";
    WITH_VERIFY = "action = \"verify\"", "action = \"verify\"";
    WITH_DELAY = "action = \"delay\" or \"inquire\"", "action = \"delay\" 或 \"inquire\"";
    WITH_SCORE = "`score`", "`score`";
    WITH_HOPS = "`hops`", "`hops`";
    WITH_TIMES = "`times`", "`times`";
    // What windows do not go with.
    THIS = "`this.`", "`this.`";
    HOPS = "`hops`", "`hops`";
    A_RESET = "a reset", "`reset`";
    NEAR_END = "a near end", "近端 `until`";
}
