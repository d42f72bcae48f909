//! Problems of windows.

use zhamen_engine::rule::Bilingual;

use crate::problem::Noun;

problems! {
    /// Problems of windows.
    Windows {
        NoAggregate => Error "no-aggregate":
            both!("this window does not say what it computes", "统计窗口没有写要计算什么"),
            both!("give one of count = \"*\", sum, distinct, min, max, avg, stddev, first, last = a field, \
                since = \"last\", hops = who pays",
                "请写其中一个：count = \"*\"，sum、distinct、min、max、avg、stddev、first、last = 字段，\
                since = \"last\"，hops = 付款方字段");
        TwoAggregates => Error "two-aggregates":
            both!("a window computes one thing", "一个统计窗口只计算一个值"),
            both!("declare a second window; what they count is stored once",
                "请另写一个窗口；相同的统计只保存一份");
        FixedAggregate { agg: &'static str, fixed: &'static str } => Error "fixed-aggregate":
            both!("`{agg}` can only be \"{fixed}\"", "`{agg}` 只能写 \"{fixed}\""),
            (*agg == "count").then(|| both!(
                "to count different values use `distinct`, to count some events `where`",
                "统计不同的值请用 `distinct`，只统计部分事件请用 `where`"));
        AggregateType { agg: &'static str, field: &'static str, ty: Bilingual } => Error "aggregate-type":
            both!(ty => "`{agg}` cannot be taken of `{field}`, which is {ty}",
                "`{field}` 是{ty}，不能做 `{agg}` 统计");
        KeyNotOnCounted { field: &'static str, kinds: Bilingual } => Error "key-not-on-counted":
            both!(kinds => "`{field}` is not on the counted {kinds}", "计入的{kinds}没有字段 `{field}`"),
            both!("say where it stands there: fields = {{ \"{field}\" = \"…\" }}",
                "请写明对应的字段：fields = {{ \"{field}\" = \"…\" }}");
        KeyType { field: &'static str, ty: Bilingual } => Error "key-type":
            both!(ty => "`{field}`, which is {ty}, cannot be part of a key", "`{field}` 是{ty}，不能作统计的键");
        RoleType { judged: &'static str, counted: &'static str } => Error "role-type":
            both!("`{judged}` and `{counted}` are of different types", "`{judged}` 与 `{counted}` 类型不同");
        MappingNotInBy(field: String) => Error "mapping-not-in-by":
            both!("`fields` maps `{field}`, which is not among `by`", "`fields` 中的 `{field}` 不在 `by` 里");
        UntilBeyondOver => Error "until-beyond-over":
            both!("the near end `until` lies at or beyond the far end `over`", "近端 `until` 不早于远端 `over`"),
            both!("the window is (t - over, t - until]", "统计的时间段是 (t - over, t - until]");
        BadUndo => Error "bad-undo":
            both!("only a counted `transfer.requested` can be taken out again, by `transfer.failed` or \
                `transfer.reversed`",
                "只有计入的 `transfer.requested`（转账申请）能由 `transfer.failed`（失败）或 \
                `transfer.reversed`（冲正）撤出");
        WhereNeverHolds => Error "where-never-holds":
            both!("this `where` is false for every event, so nothing is ever counted",
                "这个 `where` 对任何事件都不成立，什么也不会计入");
        CorrelatedWindow => Note "window-scans":
            both!("compares with the event being judged: looks through the key's kept events, at most \
                1,000, on every event",
                "要与本事件比较：每来一笔都会逐笔查看该键保存的事件，最多 1,000 笔");
        ThisWithWindow => Error "this-with-window":
            both!("one condition cannot read both `this.` and a window", "一个条件不能同时读 `this.` 和统计窗口"),
            both!("a window stands as it was when the event was counted, `this.` as it is now; part \
                them with `&&`",
                "窗口是计入时的值，`this.` 是现在的值；请用 `&&` 分开写");
        ThisOutsideWhere => Error "this-outside-where":
            both!("`this.` names the event being judged inside a window's `where` only",
                "`this.`（本事件）只能用在统计窗口的 `where` 里"),
            both!("in a rule's own lines the fields stand without it", "规则自己的条件里直接写字段名");
        ThisAlone => Error "this-alone":
            both!("this condition looks at the event being judged only", "这个条件只看本事件"),
            both!("write it as a line of the rule, without `this.`", "请写成规则的一行条件，不加 `this.`");
        NotKept(field: &'static str) => Error "not-kept":
            both!("`{field}` of counted events is not kept for comparison with `this.`",
                "计入事件的 `{field}` 不保存，不能与 `this.` 比较");
        NotOverEver(what: Noun) => Error "not-over-ever":
            both!(what => "{what} needs single events, and a window over `ever` keeps totals",
                "{what}需要逐笔事件，而 `ever` 窗口只保存合计"),
            both!("give a period, for example over = \"365d\"", "请写一个期间，例如 over = \"365d\"");
        UntilOfLast => Error "until-of-last":
            both!("the newest events have no near end", "最近若干笔没有近端 `until`"),
            both!("leave out the judged event with current = \"exclude\", or give a period",
                "不计本事件请写 current = \"exclude\"，或改写一个期间");
        PerDayOf(what: Noun) => Error "per-day":
            both!(what => "totals of days do not go together with {what}", "按日合计不能与{what}一起用"),
            both!("`per = \"day\"` takes avg, stddev, min or max of a number, of money or of \"*\"",
                "`per = \"day\"` 只能取数字、金额或 \"*\" 的 avg、stddev、min、max");
        PerDayOver(most: i64) => Error "per-day-over":
            both!("totals of days need whole days", "按日合计的期间必须是整天"),
            both!("write \"30d\", at most \"{most}d\", \"calendar month\" or \"calendar year\"",
                "请写 \"30d\"（最长 \"{most}d\"）、\"calendar month\" 或 \"calendar year\"");
        HopsKey => Error "hops-key":
            both!("`hops` names who pays, and the key who is paid: one other field of the same kind",
                "`hops` 写付款方字段，`by` 写收款方：另一个同类字段"),
            both!("for what the paying account carries write hops = \"payer.account\", \
                by = [\"payer.account\"], fields = {{ \"payer.account\" = \"payee.account\" }}",
                "要看付款账户收到的链长，请写 hops = \"payer.account\"，by = [\"payer.account\"]，\
                fields = {{ \"payer.account\" = \"payee.account\" }}");
        BadShare => Error "bad-share":
            both!("`share` is a part from 0 to 1", "`share` 是 0 到 1 之间的比例"),
            both!("write share = 0.9 for at least nine tenths", "至少九成写 share = 0.9");
        ResetByRule => Error "reset-by-rule":
            both!("only a rule that fires sets a window back", "只有规则命中才能使窗口重新计数"),
            both!("write reset = \"rule:ID\"; the rule's own id sets it back by its own firing",
                "请写 reset = \"rule:编号\"；写本规则的编号即由自己的命中重新计数");
        ResetKey { field: &'static str, kinds: Bilingual } => Error "reset-key":
            both!(kinds => "that rule looks at {kinds}, which has no `{field}` to tell the keys apart by",
                "那条规则看的是{kinds}，没有字段 `{field}`，无法按键区分");
        TooManyKeys(most: usize) => Error "too-many-keys":
            both!("a key has at most {most} fields", "一个键最多 {most} 个字段");
    }
}
