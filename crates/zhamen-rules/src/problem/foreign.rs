//! Messages of the parsers we use, in our form and in Chinese. What a newer parser says and this
//! table does not know stays in English inside a Chinese sentence.

use zhamen_engine::rule::Bilingual;

/// What the TOML parser says, before `, expected …`.
const TOML: [(&str, &str); 34] = [
    ("duplicate key", "同一个键写了两次"),
    ("extra `=`", "多了一个 `=`"),
    (
        "extra assignment between key-value pairs",
        "两项之间多了 `=`",
    ),
    ("extra comma in array", "列表中多了逗号"),
    ("extra comma in inline table", "表中多了逗号"),
    ("invalid comment character", "注释中有不允许的控制字符"),
    ("invalid inline table element", "表中的这一项写法有误"),
    ("invalid key-value pair", "这一项写法有误，应为「键 = 值」"),
    (
        "invalid unquoted key",
        "键名写法有误，不加引号的键名只能用字母、数字、`-` 和 `_`",
    ),
    ("invalid value", "这个值写法有误"),
    ("invalid basic string", "这段文本写法有误"),
    ("invalid multi-line basic string", "这段多行文本写法有误"),
    ("key with no value", "键后面没有值"),
    (
        "missing assignment between key-value pairs",
        "键和值之间缺 `=`",
    ),
    (
        "missing comma between array elements",
        "列表的两项之间缺逗号",
    ),
    (
        "missing comma between key-value pairs",
        "表的两项之间缺逗号",
    ),
    ("missing escaped value", "反斜杠后面的转义写法有误"),
    ("missing key for inline table element", "表中的这一项缺键名"),
    ("missing opening quote", "缺开头的引号"),
    ("missing value for key", "键后面缺值"),
    ("missing value", "缺值"),
    ("redundant numeric sign", "数字前多了正负号"),
    ("string values must be quoted", "文本必须加引号"),
    ("unclosed array table", "`[[` 没有用 `]]` 结束"),
    ("unclosed array", "列表没有用 `]` 结束"),
    ("unclosed inline table", "表没有用 `}` 结束"),
    ("unclosed table", "`[` 没有用 `]` 结束"),
    ("unexpected `=` in array", "列表中不能有 `=`"),
    (
        "unexpected content between comment and newline",
        "注释与换行之间有多余内容",
    ),
    ("unexpected content", "这里有多余内容"),
    ("unexpected key or value", "这里多了一个键或值，应另起一行"),
    ("unexpected leading zero", "数字不能以 0 开头"),
    ("unquoted keys cannot be empty", "键名不能为空"),
    (
        "cannot recurse further; max recursion depth met",
        "嵌套层数过多",
    ),
];

/// What the compiler of regular expressions says.
const REGEX: [(&str, &str); 23] = [
    (
        "invalid escape sequence found in character class",
        "方括号中的转义写法有误",
    ),
    (
        "invalid character class range, the start must be <= the end",
        "方括号中的范围起点大于终点",
    ),
    (
        "invalid range boundary, must be a literal",
        "范围的两端必须是单个字符",
    ),
    ("unclosed character class", "`[` 没有用 `]` 结束"),
    ("decimal literal empty", "缺数字"),
    ("decimal literal invalid", "数字写法有误"),
    ("hexadecimal literal empty", "缺十六进制数字"),
    ("invalid hexadecimal digit", "十六进制数字写法有误"),
    (
        "incomplete escape sequence, reached end of pattern prematurely",
        "末尾的反斜杠后面缺字符",
    ),
    ("unrecognized escape sequence", "不认识的转义写法"),
    ("unrecognized flag", "不认识的选项"),
    ("duplicate capture group name", "分组重名"),
    ("empty capture group name", "分组名为空"),
    ("unclosed group", "`(` 没有用 `)` 结束"),
    ("unopened group", "`)` 前面没有 `(`"),
    (
        "invalid repetition count range, the start must be <= the end",
        "重复次数的下限大于上限",
    ),
    (
        "repetition quantifier expects a valid decimal",
        "重复次数应为数字",
    ),
    ("unclosed counted repetition", "`{` 没有用 `}` 结束"),
    (
        "repetition operator missing expression",
        "`*`、`+` 或 `?` 前面没有内容",
    ),
    ("backreferences are not supported", "不支持反向引用"),
    (
        "look-around, including look-ahead and look-behind, is not supported",
        "不支持前后断言",
    ),
    ("Unicode property not found", "没有这种 Unicode 属性"),
    ("duplicate flag", "选项重复"),
];

/// A message of the TOML parser in our form.
pub(super) fn toml(message: &str) -> Bilingual {
    let mut chars = message.chars();
    let en: String = match chars.next() {
        Some(c) => c.to_lowercase().chain(chars).collect(),
        None => String::new(),
    };
    let what = en.split(", expected ").next().unwrap_or_default();
    let zh = format!("文件格式有误：{}", known(&TOML, what).unwrap_or(&en));
    Bilingual { zh, en }
}

/// A message of the compiler of regular expressions.
pub(super) fn regex(message: &str) -> Bilingual {
    let said = known(&REGEX, message).unwrap_or(message);
    Bilingual {
        zh: format!("正则表达式有误：{said}"),
        en: format!("not a regular expression: {message}"),
    }
}

fn known(table: &[(&'static str, &'static str)], message: &str) -> Option<&'static str> {
    let row = table.iter().find(|(en, _)| *en == message)?;
    Some(row.1)
}
