//! Problems of tests beside rules.

use zhamen_engine::rule::Bilingual;

use crate::problem::Noun;

problems! {
    /// Problems of tests beside rules.
    Rows {
        NoTests(what: Noun) => Warning "no-tests":
            both!(what => "this {what} has no test", "这条{what}没有测试"),
            {
                let key = what.en;
                both!("add a [[{key}.test]] in which it fires and one in which it does not",
                    "请各加一个命中和不命中的 [[{key}.test]]")
            };
        NoPositiveTest(what: Noun) => Warning "no-positive-test":
            both!(what => "in no test of this {what} does it fire", "这条{what}没有一个测试会命中");
        NoNegativeTest(what: Noun) => Warning "no-negative-test":
            both!(what => "in no test of this {what} does it stay silent", "这条{what}没有一个测试是不命中的");
        NothingHappens => Warning "nothing-happens":
            both!("this rule asks for nothing: it allows, alerts nobody, lists nobody and has no score",
                "这条规则什么也不做：放行，不预警，不列名单，也不计分");
        ModeAlertWithoutAlert => Warning "mode-alert-without-alert":
            both!("this rule's mode is alert, and it raises none", "这条规则是预警模式，却不发预警"),
            both!("give `alert` in `then`, or mode = \"shadow\"", "请在 `then` 中写 `alert`，或改为 mode = \"shadow\"");
        RowNeedsType(kinds: Bilingual) => Error "row-needs-type":
            both!("this row does not say which event it is", "这一行没有写是哪种事件"),
            both!(kinds => "give `on`: one of {kinds}, or an event that a window counts",
                "请写 `on`：{kinds}，或某个统计窗口计入的事件");
        RowField(name: String) => Error "row-field":
            both!("`{name}` is not given in a row", "测试行里不写 `{name}`"),
            both!("the type is `on`, the time is `at`, the source is that of the test",
                "事件类型写 `on`，时间写 `at`，来源由测试给定");
        ExpectCount { rows: usize, expected: usize } => Error "expect-count":
            both!("{rows} rows are given and {expected} actions expected",
                "给出了 {rows} 行事件，却写了 {expected} 个预期结果");
        TooMany(most: usize) => Error "too-many-rows":
            both!("a test has 1 to {most} rows", "一个测试应有 1 至 {most} 行");
    }
}
