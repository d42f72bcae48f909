//! The rule reference in both languages, written from the tables the compiler and the engine work
//! with. A new field, function, aggregate or action appears by itself, and does not compile without
//! its words here.

use std::fmt::Write;

use zhamen_engine::event::{EventKind, Field};
use zhamen_engine::output::FallbackCode;
use zhamen_engine::rule::{Action, Agg, CurrencyPolicy, Func, Mode, Severity};

use crate::cost::{KEPT, Op};
use crate::problem::both;
use crate::tools::{Lang, words};
use crate::{build, compile, contract, diagnostic, expr, rule, source, time_text};

/// The reference as Markdown.
#[must_use]
pub fn markdown(lang: Lang) -> String {
    let mut out = String::new();
    out.push_str(lang.pick(
        "# 规则参考\n\n本页由程序生成,请勿手工修改。规则写法见 `zhamen rules new --list` 的模板和 `cookbook.md`。\n",
        "# Rule reference\n\nThis page is generated: do not edit it. To begin with, see the templates of `zhamen rules new --list` and `cookbook.md`.\n",
    ));
    keys(lang, &mut out);
    aggregates(lang, &mut out);
    functions(lang, &mut out);
    out.push('\n');
    extensions(&mut out);
    outcomes(lang, &mut out);
    bounds(lang, &mut out);
    costs(lang, &mut out);
    form(lang, &mut out);
    events(lang, &mut out);
    out
}

/// A table with a head; cells are Markdown.
fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>, out: &mut String) {
    let _ = writeln!(out, "\n| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
}

fn keys(lang: Lang, out: &mut String) {
    let groups = [
        (
            lang.pick("规则 `[[rule]]`", "A rule `[[rule]]`"),
            rule::read::KEYS.as_slice(),
        ),
        (
            lang.pick("统计窗口 `window.NAME`", "A window `window.NAME`"),
            &rule::window::KEYS,
        ),
        (
            lang.pick("参数 `params.NAME`", "A parameter `params.NAME`"),
            &rule::param::KEYS,
        ),
        (
            lang.pick("后果 `then`", "What follows, `then`"),
            &rule::then::KEYS,
        ),
        (
            lang.pick("综合判定 `[[verdict]]`", "A verdict `[[verdict]]`"),
            &rule::verdict::KEYS,
        ),
    ];
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick("文件中的键", "Keys of a rule file")
    );
    for (what, keys) in groups {
        let keys: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
        let _ = writeln!(out, "\n**{what}**: {}", keys.join(" "));
    }
}

fn aggregates(lang: Lang, out: &mut String) {
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick("窗口计算什么", "What a window computes")
    );
    let head = [
        lang.pick("写法", "written"),
        lang.pick("含义", "meaning"),
        lang.pick("窗口为空时", "when empty"),
    ];
    let rows = Agg::ALL.iter().map(|agg| {
        let (zh, en, empty) = match agg {
            Agg::Count => ("事件个数", "how many events", Some("0")),
            Agg::Sum => (
                "字段合计;金额按币种分别累计",
                "sum of a field; money per currency",
                Some("0"),
            ),
            Agg::Distinct => (
                "字段不同值的个数",
                "how many different values of a field",
                Some("0"),
            ),
            Agg::Min => ("字段最小值", "smallest value of a field", None),
            Agg::Max => ("字段最大值", "largest value of a field", None),
            Agg::Avg => (
                "字段平均值,6位小数,四舍六入五成双",
                "average of a field, half to even at 6 decimals",
                None,
            ),
            Agg::First => ("字段最早的值", "value of the oldest event", None),
            Agg::Last => ("字段最近的值", "value of the newest event", None),
            Agg::Since => ("距上一个事件的时间", "time since the previous event", None),
            Agg::StdDev => (
                "样本标准差(除以 n − 1)",
                "sample standard deviation of a field (by n − 1)",
                None,
            ),
            Agg::Hops => (
                "资金连续转手的次数",
                "how often money has been passed on in a row",
                Some("0"),
            ),
        };
        let empty = empty.map_or(lang.pick("缺失", "missing"), |e| e);
        vec![
            format!("`{}`", agg.name()),
            lang.pick(zh, en).to_owned(),
            empty.to_owned(),
        ]
    });
    table(&head, rows, out);
}

fn functions(lang: Lang, out: &mut String) {
    let _ = writeln!(out, "\n## {}", lang.pick("函数", "Functions"));
    let head = [lang.pick("写法", "written"), lang.pick("含义", "meaning")];
    let of_code = Func::ALL.iter().map(|func| match func {
        Func::Size => (
            "size(x)",
            "文本的字符数或列表的项数",
            "characters of a text, items of a list",
        ),
        Func::StartsWith => ("x.startsWith(\"…\")", "以…开头", "begins with"),
        Func::EndsWith => ("x.endsWith(\"…\")", "以…结尾", "ends with"),
        Func::Contains => ("x.contains(\"…\")", "包含", "contains"),
        Func::Hour => (
            "hour(t)",
            "北京时间的小时,0–23",
            "hour in Shanghai, 0 to 23",
        ),
        Func::Weekday => (
            "weekday(t)",
            "北京时间的星期,1 为周一,7 为周日",
            "day of the week in Shanghai, 1 Monday to 7 Sunday",
        ),
        Func::Day => ("day(t)", "北京时间的日", "day of the month in Shanghai"),
        Func::Month => ("month(t)", "北京时间的月", "month in Shanghai"),
        Func::DaysSince => (
            "days_since(d)",
            "距某日期的天数(北京时间日期之差)",
            "days since a date, by Shanghai dates",
        ),
        Func::Abs => ("abs(x)", "绝对值", "magnitude"),
        Func::Min => ("min(a, b)", "较小者", "the smaller"),
        Func::Max => ("max(a, b)", "较大者", "the larger"),
        Func::IsRound => (
            "is_round(x, unit)",
            "是 `unit` 的整数倍且不为零(整额)",
            "a whole multiple of `unit` and not zero",
        ),
        Func::Digit => (
            "digit(x, place)",
            "某一位上的数字:0 为个位,1 为十位,-1 为十分位",
            "the digit at a place: 0 ones, 1 tens, -1 tenths",
        ),
        Func::LeadingDigit => ("leading_digit(x)", "首位数字", "the first digit"),
    });
    let others = [
        (
            "has(x)",
            "字段或窗口是否有值",
            "whether a field or window has a value",
        ),
        (
            "x.matches(\"…\")",
            "正则匹配,线性时间",
            "regular expression, in linear time",
        ),
        ("x in list.NAME", "是否在名单上", "whether it is on a list"),
        (
            "list.NAME.class(x)",
            "名单条目的类别",
            "class of a list entry",
        ),
        ("duration(\"90s\")", "时长", "a duration"),
    ];
    let rows = of_code
        .chain(others)
        .map(|(written, zh, en)| vec![format!("`{written}`"), lang.pick(zh, en).to_owned()]);
    table(&head, rows, out);
}

/// Constructs that need more than a line, written in both languages.
fn extensions(out: &mut String) {
    let text = include_str!("../../reference/extensions.md");
    for line in text.lines() {
        // One level below this page's title.
        let heading = if line.starts_with('#') { "#" } else { "" };
        let _ = writeln!(out, "{heading}{line}");
    }
}

fn outcomes(lang: Lang, out: &mut String) {
    let word = lang.pick("写法", "written");
    let meaning = lang.pick("含义", "meaning");
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick("判定,由轻到重", "Decisions, mildest first")
    );
    let rows = Action::ALL.iter().map(|a| {
        vec![
            format!("`{}`", a.name()),
            words::action(*a, lang).to_owned(),
        ]
    });
    table(&[word, meaning], rows, out);
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick("模式、预警级别与币种", "Modes, severities, currencies")
    );
    let modes = Mode::ALL.iter().map(|m| {
        vec![
            format!("`mode = \"{}\"`", m.name()),
            words::mode(*m, lang).to_owned(),
        ]
    });
    let severities = Severity::ALL.iter().map(|s| {
        let text = match s {
            Severity::Low => lang.pick("低", "low"),
            Severity::Medium => lang.pick("中", "medium"),
            Severity::High => lang.pick("高", "high"),
            Severity::Critical => lang.pick("紧急", "critical"),
        };
        vec![format!("`alert = \"{}\"`", s.name()), text.to_owned()]
    });
    let currencies = CurrencyPolicy::ALL.iter().map(|c| {
        let text = match c {
            CurrencyPolicy::OnError => lang.pick(
                "币种不同按 `on_error` 处理(默认)",
                "another currency is `on_error` (default)",
            ),
            CurrencyPolicy::Convert => lang.pick("按汇率折算", "converted at the rates set"),
            CurrencyPolicy::Skip => lang.pick(
                "币种不同时规则不作声",
                "the rule is silent for another currency",
            ),
            CurrencyPolicy::Fire => {
                lang.pick("币种不同时视为成立", "the line holds for another currency")
            }
        };
        vec![format!("`currency = \"{}\"`", c.name()), text.to_owned()]
    });
    table(
        &[word, meaning],
        modes.chain(severities).chain(currencies),
        out,
    );
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick("无法计算的原因", "Why a line has no answer")
    );
    let rows = FallbackCode::ALL
        .iter()
        .map(|c| vec![format!("`{}`", c.name()), words::fault(*c, lang).to_owned()]);
    table(&[lang.pick("代码", "code"), meaning], rows, out);
}

fn bounds(lang: Lang, out: &mut String) {
    let _ = writeln!(out, "\n## {}", lang.pick("上限", "Bounds"));
    let rows = [
        ("规则数,判定数", "rules, verdicts", compile::MAX_RULES),
        ("文件数", "files", source::MAX_FILES),
        ("文件字节数", "bytes of a file", source::MAX_FILE_BYTES),
        (
            "一条规则的参数数",
            "parameters of a rule",
            rule::param::MAX_PARAMS,
        ),
        (
            "一条规则的窗口数",
            "windows of a rule",
            rule::window::MAX_WINDOWS,
        ),
        (
            "`when`、`any`、`unless` 各自的行数",
            "lines of `when`, `any`, `unless` each",
            rule::lines::MAX_LINES,
        ),
        (
            "一个测试展开后的行数",
            "rows of a test, `times` expanded",
            rule::rows::MAX_ROWS,
        ),
        (
            "表达式嵌套层数",
            "nesting of an expression",
            expr::parser::MAX_DEPTH,
        ),
        (
            "正则表达式字节数",
            "bytes of a regular expression",
            build::MAX_PATTERN_BYTES,
        ),
        (
            "不同的正则表达式数",
            "different regular expressions",
            build::MAX_REGEXES,
        ),
        (
            "窗口回看的工作日数",
            "working days a window looks back",
            time_text::MAX_WORKING_DAYS as usize,
        ),
        (
            "一次列出的问题数",
            "problems shown of one run",
            diagnostic::MAX_DIAGNOSTICS,
        ),
    ];
    let rows = rows
        .into_iter()
        .map(|(zh, en, most)| vec![lang.pick(zh, en).to_owned(), most.to_string()]);
    table(
        &[lang.pick("项目", "what"), lang.pick("最多", "at most")],
        rows,
        out,
    );
}

fn costs(lang: Lang, out: &mut String) {
    let _ = writeln!(out, "\n## {}", lang.pick("估算的开销", "Estimated costs"));
    let text = both!(
        "\nWhat `rules check` adds up for an event, all lines read. The figures are estimates: measured once on \
         a reference machine (2 virtual cores of an AMD EPYC server) as the difference between rule sets with \
         and without the operation, by `cargo bench -p zhamen-rules --bench operations`, which prints them \
         anew beside these. Windows that look at single events (`this.`, `hops`, `per`) are taken to find \
         {KEPT}. Use them to compare rules; how fast a site is, a load test says.",
        "\n`rules check` 按下表相加得出每笔事件的开销，假定每一行都要计算。数字是估算值：在参考机器（AMD EPYC 服务器的 \
         2 个虚拟核）上，由 `cargo bench -p zhamen-rules --bench operations` 比较有无该操作的两套规则得出，\
         该命令会重新测量并与本表并列打印。需要逐笔查看的窗口（`this.`、`hops`、`per`）按 {KEPT} 笔计。\
         本表用于比较规则，实际速度以压力测试为准。"
    );
    let _ = writeln!(out, "{}", lang.of(&text));
    let rows = Op::ALL.iter().map(|op| {
        let (zh, en) = match op {
            Op::Rule => ("检查一条规则", "asking a rule"),
            Op::Step => (
                "一次比较、加减乘除或与或非",
                "a comparison, a sum, `&&` and the like",
            ),
            Op::Field => ("读一个字段", "reading a field"),
            Op::Text => ("比较或查找文本", "comparing or searching a text"),
            Op::Pattern => ("正则匹配", "a regular expression"),
            Op::Time => ("时间函数", "a function of time"),
            Op::List => ("查名单", "looking on a list"),
            Op::Window => ("读一个窗口", "reading a window"),
            Op::WindowAgain => ("再读同一个窗口", "reading the same window again"),
            Op::Scanned => ("窗口逐笔查看，每笔", "an event that a window looks through"),
            Op::Day => (
                "窗口按日相加，每笔",
                "an event that a window per day adds up",
            ),
            Op::Counted => ("事件计入一份状态", "counting an event in a state"),
        };
        vec![lang.pick(zh, en).to_owned(), op.ns().to_string()]
    });
    let head = [lang.pick("操作", "operation"), lang.pick("纳秒", "ns")];
    table(&head, rows, out);
}

fn form(lang: Lang, out: &mut String) {
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick(
            "统一写法：`zhamen rules fmt`",
            "One form: `zhamen rules fmt`"
        )
    );
    out.push_str(lang.pick(
        "\n- 键的次序：规则 `id` `title` `basis` `feature_code` `owner` `on` `mode` `subject` `score` `family`、参数、窗口、\
         `when` `any` `unless` `then` `on_error` `on_missing` `currency` `explain`；窗口先写计入什么、计算什么，再写 `by` \
         `fields` `over` `until` `per` `where` `current` `undo` `reset`。\n\
         - `键 = 值`，等号两边各一个空格，不对齐；表与表之间空一行，表内最多空一行。\n\
         - 写成多行的列表或表，每项一行，缩进两格，末项后也有逗号；行尾注释前空两格。\n\
         - 注释、文本和数字的写法、规则、参数、窗口、条件和测试行的次序都不变，规则内容（摘要）绝不改变。\n",
        "\n- Keys in order: of a rule `id` `title` `basis` `feature_code` `owner` `on` `mode` `subject` `score` \
         `family`, parameters, windows, `when` `any` `unless` `then` `on_error` `on_missing` `currency` `explain`; of a \
         window what is counted and computed, then `by` `fields` `over` `until` `per` `where` `current` `undo` `reset`.\n\
         - `key = value` with one space on either side, nothing aligned; one empty line between tables, at most \
         one inside.\n\
         - A list or table written over several lines has one item a line, two spaces in, with a comma after the \
         last; two spaces before a comment at the end of a line.\n\
         - Comments, the spelling of texts and numbers, and the order of rules, parameters, windows, lines and \
         rows stay, and so does what the file says (its digest), always.\n",
    ));
}

fn events(lang: Lang, out: &mut String) {
    let _ = writeln!(
        out,
        "\n## {}",
        lang.pick("各类事件的字段", "Fields by event type")
    );
    let head = match lang {
        Lang::Zh => vec!["字段", "名称", "类型", "取值"],
        Lang::En => vec!["field", "type", "values"],
    };
    let row = |f: Field| {
        let values = contract::values(f).map_or(String::new(), |values| {
            let values: Vec<String> = values.iter().map(|v| format!("`{v}`")).collect();
            values.join(" ")
        });
        let ty = words::field_type(f.ty(), lang).to_owned();
        let name = format!("`{}`", f.name());
        match lang {
            Lang::Zh => vec![name, words::field(f), ty, values],
            Lang::En => vec![name, ty, values],
        }
    };
    let common = Field::ALL.iter().filter(|f| f.subject().is_none());
    let _ = writeln!(out, "\n### {}", lang.pick("所有事件", "every event"));
    table(&head, common.map(|f| row(*f)), out);
    for kind in EventKind::ALL {
        let title = match lang {
            Lang::Zh => format!("{}({})", kind.name(), words::kind(*kind)),
            Lang::En => kind.name().to_owned(),
        };
        let _ = writeln!(out, "\n### {title}");
        let own = Field::ALL
            .iter()
            .filter(|f| f.subject().is_some() && f.is_on(*kind));
        table(&head, own.map(|f| row(*f)), out);
    }
}
