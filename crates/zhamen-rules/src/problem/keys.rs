//! Problems of keys and of plain values.

use zhamen_engine::rule::Bilingual;

use crate::problem::{Noun, did_you_mean, near_or};

problems! {
    /// Problems of keys and of plain values.
    Keys {
        UnknownKey { key: String, what: Noun, nearest: Option<String>, known: String } =>
            Error "unknown-key":
            both!(what => "unknown key `{key}` in {what}", "{what}没有 `{key}` 这一项"),
            near_or(nearest, || both!("known keys: {known}", "可以写的有：{known}"));
        MissingKey { key: String, what: Noun } => Error "missing-key":
            both!(what => "{what} must have `{key}`", "{what}缺少 `{key}`"),
            (key == "when").then(|| both!("give `when` (all must hold) or `any` (one must)",
                "请写 `when`（须全部成立）或 `any`（至少一条成立）"));
        WrongKind { expected: Noun, found: Noun } => Error "wrong-kind":
            both!(expected, found => "expected {expected}, found {found}", "这里应为{expected}，实际是{found}");
        NotOneOf { text: String, nearest: Option<String>, words: String } => Error "not-one-of":
            both!("`{text}` is not one of {words}", "`{text}` 不是可用的取值，可用：{words}"),
            did_you_mean(nearest);
        EmptyList => Error "empty-list": both!("this list is empty", "列表是空的");
        Repeated(name: &'static str) => Error "repeated":
            both!("`{name}` stands here twice", "`{name}` 写了两次");
        KeyWithoutUse { key: String, with: Noun } => Warning "key-without-use":
            both!(with => "`{key}` does nothing without {with}", "没有 {with} 时，`{key}` 不起作用");
        NumberTooLarge => Error "number-too-large":
            both!("this number is too large or has too many digits", "数字过大或位数过多");
        NotANumber => Error "not-a-number":
            both!("this is not a plain decimal number", "这不是普通的十进制数字"),
            both!("write digits with at most one point, without exponent: 10500.50",
                "只写数字和至多一个小数点，不用科学计数法，例如 10500.50");
        BadId => Error "bad-id":
            both!("an id is kebab-case: a-z, 0-9 and single hyphens, at most 64",
                "编号只能用小写字母、数字和单个连字符，最多 64 个字符，例如 elder-new-payee");
        BadListName => Error "bad-list-name":
            both!("a list's name is letters, digits, `_` and `-`, at most 64",
                "名单名只能用字母、数字、`_` 和 `-`，最多 64 个字符");
        BadIdentifier { what: &'static str, name: String } => Error "bad-name":
            both!("`{name}` cannot be written as `{what}.{name}` in a line",
                "`{name}` 不能在条件里写成 `{what}.{name}`"),
            both!("use letters, digits and `_`, beginning with a letter", "请用字母开头的字母、数字和 `_`");
        DuplicateId { what: Noun, id: String } => Error "duplicate-id":
            both!(what => "there is already a {what} `{id}`", "已有名为 `{id}` 的{what}");
        UnknownEventType { name: String, nearest: Option<String> } => Error "unknown-event-type":
            both!("unknown event type `{name}`", "没有 `{name}` 这种事件"),
            did_you_mean(nearest);
        BadDuration => Error "bad-duration":
            both!("expected a duration", "这里应写时长"),
            both!("write \"90s\", \"30m\", \"24h\", \"7d\" or \"1h30m\", at most 100 years",
                "写法如 \"90s\"（90秒）、\"30m\"（30分钟）、\"24h\"、\"7d\"（7天）或 \"1h30m\"，最长 100 年");
        BadOver => Error "bad-period":
            both!("expected a period", "这里应写统计期间"),
            both!("write \"90s\", \"30m\", \"24h\", \"7d\", \"5 working days\", \"calendar day\", \
                \"calendar month\", \"calendar year\", \"ever\", \"last 3\" or \"last 3 in 30d\"",
                "写法如 \"90s\"、\"30m\"、\"24h\"、\"7d\"、\"5 working days\"（5个工作日）、\"calendar day\"（当日）、\
                \"calendar month\"（当月）、\"calendar year\"（当年）、\"ever\"（有史以来）、\"last 3\"（最近3笔）或 \
                \"last 3 in 30d\"（30天内最近3笔）");
        OverAndFades => Error "over-and-fades":
            both!("a verdict sums either over a time or fading", "综合判定的 `over` 与 `fades` 只能写一个"),
            both!("`fades = \"24h\"` looks back 24 hours by itself", "`fades = \"24h\"` 本身就回看 24 小时");
        BadForm => Error "bad-form":
            both!("a form is named `name@version`", "询问表应写成「名称@版本」"),
            both!("for example \"four-questions-one-notice@1\"", "例如 \"four-questions-one-notice@1\"");
        NotWholeDays => Error "not-whole-days":
            both!("a legal term is counted in whole days", "法定期限按整天计算"),
            both!("for example report_within = \"3d\"", "例如 report_within = \"3d\"");
        MissingLanguage(language: String) => Warning "missing-language":
            both!("no `{language}` text here", "缺少 `{language}` 文字"),
            both!("the other language's text stands in for it", "将用另一种语言的文字代替");
        LoneBrace => Error "lone-brace":
            both!("a brace without its partner", "花括号不成对"),
            both!("write `{{{{` or `}}}}` for the sign itself", "要显示花括号本身，请写 `{{{{` 或 `}}}}`");
        EmptyPlace(kinds: Bilingual) => Error "empty-place":
            both!("nothing is named between the braces", "花括号里没有写名称"),
            both!(kinds => "name a field of {kinds}, `window.…` or `params.…`",
                "请写{kinds}的字段，或 `window.…`、`params.…`");
        SubjectKind(field: &'static str) => Error "subject-kind":
            both!("`{field}` is no account, person, phone or device", "`{field}` 不是账户、人员、电话或设备"),
            both!("an alert is about one of these", "预警对象只能是这四种之一");
        NoSubject => Error "no-subject":
            both!("whom this rule's alerts and lists are about is not known", "不知道这条规则的预警或名单针对谁"),
            both!("give `subject`, for example subject = \"holder.id\"", "请写 `subject`，例如 subject = \"holder.id\"");
        ScoreNotPositive => Error "score-not-positive":
            both!("a verdict applies from a sum above 0", "综合判定的起点分数必须大于 0");
        InquiryWithoutTransfer => Warning "inquiry-without-transfer":
            both!("questions are asked about a transfer, and this rule looks at none",
                "询问只针对转账，而这条规则不看转账");
    }
}
