//! Problems of the names in a line.

use zhamen_engine::rule::Bilingual;

use crate::problem::{did_you_mean, near_or};

problems! {
    /// Problems of the names in a line.
    Naming {
        UnknownField { name: String, nearest: Option<String>, kinds: Bilingual } =>
            Error "unknown-field":
            both!("unknown field `{name}`", "没有 `{name}` 这个字段"),
            near_or(nearest, || both!(kinds => "fields here are those of {kinds}", "这里可用{kinds}的字段"));
        FieldNotOn { field: &'static str, kinds: Bilingual, carried_by: Bilingual } =>
            Error "field-not-on-event":
            both!(kinds => "{kinds} does not carry `{field}`", "{kinds}没有字段 `{field}`"),
            both!(carried_by => "it is on {carried_by}", "它在{carried_by}上");
        FieldNotOnAll { field: &'static str, kinds: Bilingual } => Warning "field-not-on-all":
            both!(kinds => "`{field}` is missing on {kinds}", "{kinds}没有字段 `{field}`"),
            both!("ask `has(…)` first, or say what `on_missing` does",
                "请先用 `has(…)` 判断，或写明 `on_missing`（缺失时怎么办）");
        UnknownParam { name: String, nearest: Option<String> } => Error "unknown-parameter":
            both!("unknown parameter `{name}`", "没有 `{name}` 这个参数"),
            did_you_mean(&nearest.as_ref().map(|n| format!("params.{n}")));
        UnknownWindow { name: String, nearest: Option<String> } => Error "unknown-window":
            both!("unknown window `window.{name}`", "没有 `window.{name}` 这个统计窗口"),
            did_you_mean(&nearest.as_ref().map(|n| format!("window.{n}")));
        UnknownRule { name: String, nearest: Option<String> } => Error "unknown-rule":
            both!("no rule `{name}` in this set", "这套规则中没有 `{name}`"),
            did_you_mean(nearest);
        WindowNotAbove(name: String) => Error "window-not-above":
            both!("`window.{name}` is not declared above this window", "`window.{name}` 没有写在本窗口之前"),
            both!("a `where` reads windows declared above it, never itself",
                "`where` 只能读写在它前面的统计窗口，不能读自己");
        WindowKeyNotOn { window: String, field: &'static str, kinds: Bilingual } =>
            Error "window-key-not-on-event":
            both!(kinds => "`window.{window}` is kept by `{field}`, which {kinds} does not carry",
                "`window.{window}` 按 `{field}` 统计，而{kinds}没有这个字段");
        UndeclaredList { name: String, nearest: String } => Warning "undeclared-list":
            both!("list `{name}` is not declared", "名单 `{name}` 没有声明"),
            both!("did you mean `{nearest}`? an undeclared list that was never loaded is empty",
                "是否要写 `{nearest}`？没有声明、也没有载入过的名单是空的");
        ListKind { list: String, of_list: &'static str, of_value: &'static str } => Error "list-kind":
            both!("list `{list}` holds entries of kind {of_list}, and this is of kind {of_value}",
                "名单 `{list}` 登记的是 {of_list}，而这里是 {of_value}");
        ListAsValue(name: String) => Error "list-as-value":
            both!("`{name}` is a list, not a value", "`{name}` 是名单，不是一个值"),
            both!("ask `payee.account in {name}` or `{name}.class(payee.account)`",
                "请写 `payee.account in {name}` 或 `{name}.class(payee.account)`");
        UnknownFunction { name: String, nearest: Option<String>, method_of_text: bool, known: String } =>
            Error "unknown-function":
            both!("unknown function `{name}`", "没有 `{name}` 这个函数"),
            if *method_of_text {
                both!("write it after the text: payee.name.{name}(\"…\")",
                    "请写在文本后面：payee.name.{name}(\"…\")")
            } else {
                near_or(nearest, || both!("functions: {known}", "可用的函数：{known}"))
            };
        UnknownMethod { name: String, nearest: Option<String>, function: bool, known: String } =>
            Error "unknown-method":
            both!("unknown method `{name}`", "没有 `.{name}` 这种写法"),
            if *function {
                both!("write it before the value: {name}(…)", "请写在值前面：{name}(…)")
            } else {
                near_or(nearest, || both!("methods: {known}", "可用的写法：{known}"))
            };
        ArgumentCount { name: String, takes: usize, found: usize } => Error "argument-count":
            match (name.as_str(), takes) {
                ("min" | "max", _) => both!("`{name}` takes {takes} to 16 values, found {found}",
                    "`{name}` 要 {takes} 至 16 个值，实际 {found} 个"),
                (_, 1) => both!("`{name}` takes {takes} value, found {found}",
                    "`{name}` 要 {takes} 个值，实际 {found} 个"),
                _ => both!("`{name}` takes {takes} values, found {found}",
                    "`{name}` 要 {takes} 个值，实际 {found} 个"),
            };
    }
}
