//! Problems of files and of a set as a whole.

use crate::problem::foreign;

problems! {
    /// Problems of files and of a set as a whole.
    Files {
        Toml(message: String) => Error "toml": foreign::toml(message);
        LeftOut(n: usize) => Error "more":
            both!("and {n} more problems that are not shown", "另有 {n} 个问题未列出");
        FileTooLarge(most: usize) => Error "file-too-large":
            both!("this file is larger than {most} bytes", "文件超过 {most} 字节");
        TooManyRules(most: usize) => Error "too-many-rules":
            both!("more than {most} rules in the set", "一套规则最多 {most} 条");
        TooMany(what: crate::problem::Noun, most: usize) => Error "too-many":
            both!(what => "more than {most} {what} in one rule", "一条规则最多 {most} {what}");
        Overfull => Error "too-many-parts":
            both!("more than 65,535 windows, lists or regular expressions in the set",
                  "一套规则中的统计窗口、名单或正则表达式超过 65,535 个");
        NoRules => Warning "no-rules":
            both!("the set holds no rule", "这套规则里一条规则也没有"),
            both!("every event would be allowed", "所有事件都将放行");
    }
}
