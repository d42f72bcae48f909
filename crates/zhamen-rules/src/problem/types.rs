//! Problems of the types in a line.

use zhamen_engine::rule::Bilingual;

use crate::problem::{foreign, near_or};

problems! {
    /// Problems of the types in a line.
    Types {
        ListOfText => Error "list-of-text":
            both!("a list holds texts in quotes only", "列表里只能写带引号的文本"),
            both!("compare numbers one by one: `x == 1 || x == 2`", "数字请逐个比较：`x == 1 || x == 2`");
        HasOfValue => Error "has-of-value":
            both!("`has` asks for a field or a window", "`has` 只能问字段或统计窗口有没有值"),
            both!("for example has(payer.age) or has(window.largest)",
                "例如 has(payer.age) 或 has(window.largest)");
        PatternNotLiteral => Error "pattern-not-literal":
            both!("a pattern stands there in quotes", "正则表达式要直接写在引号里");
        BadRegex(message: String) => Error "bad-pattern":
            foreign::regex(message),
            message.contains("not supported").then(|| both!(
                "patterns take linear time, so these are left out", "正则表达式须在线性时间内完成，故不支持"));
        RegexTooLarge => Error "pattern-too-large":
            both!("this pattern is too large: at most 4,096 bytes, 1 MiB compiled, 1,000 in a set",
                "正则表达式过大：最多 4,096 字节，编译后 1 MiB，一套规则 1,000 个");
        NotBool(found: Bilingual) => Error "not-a-condition":
            both!(found => "a line is true or false, and this is {found}",
                "一行条件的结果应为真或假，而这里是{found}");
        WrongType { expected: Bilingual, found: Bilingual } => Error "wrong-type":
            both!(expected, found => "expected {expected}, found {found}", "这里应为{expected}，实际是{found}");
        Operands { op: &'static str, left: Bilingual, right: Bilingual } => Error "operand-types":
            both!(left, right => "`{op}` does not go between {left} and {right}",
                "`{op}` 不能用在{left}和{right}之间"),
            (left.en == "text" && right.en == "text").then(|| both!(
                "texts have no order; compare them with == or !=", "文本没有大小，只能用 == 或 != 比较"));
        Branches { yes: Bilingual, no: Bilingual } => Error "branch-types":
            both!(yes, no => "one branch is {yes}, the other {no}", "`? :` 的一支是{yes}，另一支是{no}");
        MoneyWithNumber { op: &'static str, number: String } => Error "money-with-number":
            both!("`{op}` between money and the bare number {number}",
                "金额不能用 `{op}` 与没有币种的数字 {number} 相比或计算"),
            {
                let value = match number.starts_with(|c: char| c.is_ascii_digit()) {
                    true => number,
                    false => "…",
                };
                both!("declare it with its currency and use it by name: params.limit = {{ value = {value}, \
                    unit = \"CNY\", min = …, max = … }}",
                    "请写成带币种的参数，再按名称使用：params.limit = {{ value = {value}, unit = \"CNY\", \
                    min = …, max = … }}")
            };
        DurationWithNumber { op: &'static str, number: String } => Error "duration-with-number":
            both!("`{op}` between a duration and the bare number {number}",
                "时长不能用 `{op}` 与没有单位的数字 {number} 相比或计算"),
            both!("write the duration with its unit: duration(\"90s\")", "请写带单位的时长：duration(\"90s\")");
        TwoCurrencies(a: &'static str, b: &'static str) => Error "two-currencies":
            both!("money in {a} meets money in {b}", "{a} 金额与 {b} 金额不能相比或计算");
        DateDifference => Error "date-difference":
            both!("dates cannot be subtracted", "日期不能相减"),
            both!("days_since(date) is the number of days up to the event",
                "days_since(日期) 是从该日到本事件的天数");
        NotAValue { text: String, of: String, nearest: Option<String>, values: String } =>
            Error "not-a-value":
            both!("`{of}` is never \"{text}\"", "`{of}` 不会是 \"{text}\""),
            near_or(nearest, || both!("it is one of {values}", "只会是：{values}"));
        TruncatingQuotient => Warning "truncating-quotient":
            both!("a quotient of whole numbers drops its fraction", "整数相除会舍去小数部分"),
            both!("multiply instead (`a >= b * 0.5`), or write `a * 1.0 / b`",
                "请改用乘法（`a >= b * 0.5`），或写 `a * 1.0 / b`");
        DivisionByZero => Error "division-by-zero":
            both!("this is always a division by zero", "这里总是除以零");
        Overflow => Error "overflow": both!("this constant does not fit", "这个常数超出范围");
        NegativeUnit => Error "negative-unit":
            both!("the unit of a round number is above 0", "整额的单位必须大于 0");
    }
}
