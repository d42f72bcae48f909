//! Problems of the form of a line.

use zhamen_engine::rule::Bilingual;

use crate::problem::Noun;

problems! {
    /// Problems of the form of a line.
    Syntax {
        EmptyLine => Error "empty-line": both!("there is no condition here", "这里没有写条件");
        StrangeCharacter(c: char) => Error "strange-character":
            { let c = c.escape_debug(); both!("`{c}` has no meaning here", "这里不能写 `{c}`") },
            both!("names are letters a-z, digits, `_` and `.`; other texts stand in quotes",
                "名称只用英文字母、数字、`_` 和 `.`；其他文字要加引号");
        Slip { found: String, meant: String } => Error "wrong-sign":
            both!("`{found}` has no meaning here", "这里不能写 `{found}`"),
            both!("write `{meant}`", "请写 `{meant}`");
        Semicolon(found: String) => Error "wrong-sign":
            both!("`{found}` has no meaning here", "这里不能写 `{found}`"),
            both!("write a new line of the list", "请另写一行条件");
        BadNumber { written: String } => Error "bad-number":
            both!("`{written}` is not a number", "`{written}` 不是数字"),
            both!("a duration is duration(\"90s\"), an amount of money a parameter with a unit",
                "时长写 duration(\"90s\")，金额写成带币种的参数");
        BadEscape(c: char) => Error "bad-escape":
            { let c = c.escape_debug(); both!("`\\{c}` is not an escape", "`\\{c}` 不是可用的转义写法") },
            both!("write `\\\\` for a backslash, or r\"…\" for a pattern",
                "反斜杠本身写 `\\\\`，正则表达式写 r\"…\"");
        OpenText => Error "open-text": both!("this text has no closing quote", "这段文本缺结尾的引号");
        Unexpected { found: Bilingual, expected: Noun } => Error "syntax":
            both!(found, expected => "expected {expected}, found {found}", "这里应为{expected}，实际是{found}");
        ChainedComparison => Error "chained-comparison":
            both!("comparisons cannot be chained", "比较不能连写"),
            both!("write `a < b && b < c`", "请写 `a < b && b < c`");
        NotCallable => Error "not-callable":
            both!("only a function can be called", "只有函数后面能跟括号");
        TooDeep => Error "too-deep":
            both!("nested more than 64 deep", "嵌套超过 64 层"),
            both!("part the line; all lines of `when` must hold anyway",
                "请拆成几行；`when` 的各行本来就须全部成立");
        NumberTooLarge => Error "number-too-large":
            both!("this number is too large or has too many digits", "数字过大或位数过多");
    }
}
