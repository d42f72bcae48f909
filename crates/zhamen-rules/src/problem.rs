//! Every kind of problem the compiler knows: its severity, stable code, words and advice, in one
//! place each, so that another language is one more function like `parts`.
//!
//! Messages are fragments in lower case that name what was written. Rule files hold no personal
//! data, so quoting them is safe.

use crate::diagnostic::Severity;

/// One kind of problem with what its message needs.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the messages say it")]
pub(crate) enum Problem {
    // Files.
    Toml(String),
    LeftOut(usize),
    FileTooLarge(usize),
    TooManyRules(usize),
    TooMany(&'static str, usize),
    Overfull,
    NoRules,
    // Keys and values.
    UnknownKey {
        key: String,
        what: String,
        nearest: Option<String>,
        known: String,
    },
    MissingKey {
        key: String,
        what: &'static str,
    },
    WrongKind {
        expected: &'static str,
        found: &'static str,
    },
    NotOneOf {
        text: String,
        nearest: Option<String>,
        words: String,
    },
    EmptyList,
    Repeated(&'static str),
    KeyWithoutUse {
        key: String,
        with: &'static str,
    },
    NumberTooLarge,
    NotANumber,
    BadId,
    BadListName,
    BadIdentifier {
        what: &'static str,
        name: String,
    },
    DuplicateId {
        what: &'static str,
        id: String,
    },
    UnknownEventType {
        name: String,
        nearest: Option<String>,
    },
    BadDuration,
    BadOver,
    BadForm,
    NotWholeDays,
    MissingLanguage(String),
    LoneBrace,
    EmptyPlace(String),
    SubjectKind(&'static str),
    NoSubject,
    ScoreNotPositive,
    InquiryWithoutTransfer,
    // Parameters.
    NotACurrency {
        code: String,
        nearest: Option<String>,
    },
    TooManyDecimals {
        code: &'static str,
        decimals: u8,
    },
    EmptyBounds,
    OutOfBounds {
        value: String,
        min: Option<String>,
        max: Option<String>,
    },
    BadStep,
    OffStep {
        value: String,
        min: String,
        step: String,
    },
    LimitOfZero(String),
    Unused {
        what: &'static str,
        name: String,
    },
    // Windows.
    NoAggregate,
    TwoAggregates,
    FixedAggregate {
        agg: &'static str,
        fixed: &'static str,
    },
    AggregateType {
        agg: &'static str,
        field: &'static str,
        ty: String,
    },
    KeyNotOnCounted {
        field: &'static str,
        kinds: String,
    },
    KeyType {
        field: &'static str,
        ty: String,
    },
    MappingNotInBy(String),
    UntilBeyondOver,
    BadUndo,
    WhereNeverHolds,
    CorrelatedWindow,
    ThisWithWindow,
    ThisOutsideWhere,
    ThisAlone,
    NotKept(&'static str),
    NotOverEver(&'static str),
    TooManyKeys(usize),
    // Syntax of expressions.
    EmptyLine,
    StrangeCharacter(char),
    Slip {
        found: String,
        meant: String,
    },
    BadNumber {
        written: String,
    },
    BadEscape(char),
    OpenText,
    Unexpected {
        found: String,
        expected: &'static str,
    },
    ChainedComparison,
    NotCallable,
    TooDeep,
    // Names and types of expressions.
    UnknownField {
        name: String,
        nearest: Option<String>,
        kinds: String,
    },
    FieldNotOn {
        field: &'static str,
        kinds: String,
        carried_by: String,
    },
    FieldNotOnAll {
        field: &'static str,
        kinds: String,
    },
    UnknownParam {
        name: String,
        nearest: Option<String>,
    },
    UnknownWindow {
        name: String,
        nearest: Option<String>,
    },
    WindowNotAbove(String),
    WindowKeyNotOn {
        window: String,
        field: &'static str,
        kinds: String,
    },
    UndeclaredList {
        name: String,
        nearest: String,
    },
    ListKind {
        list: String,
        of_list: &'static str,
        of_value: &'static str,
    },
    ListAsValue(String),
    ListOfText,
    UnknownFunction {
        name: String,
        nearest: Option<String>,
        method_of_text: bool,
        known: String,
    },
    UnknownMethod {
        name: String,
        nearest: Option<String>,
        function: bool,
        known: String,
    },
    ArgumentCount {
        name: String,
        takes: usize,
        found: usize,
    },
    HasOfValue,
    PatternNotLiteral,
    BadRegex(String),
    RegexTooLarge,
    NotBool(String),
    WrongType {
        expected: String,
        found: String,
    },
    Operands {
        op: &'static str,
        left: String,
        right: String,
    },
    BranchTypes {
        yes: String,
        no: String,
    },
    MoneyWithNumber {
        op: &'static str,
        number: String,
    },
    DurationWithNumber {
        op: &'static str,
        number: String,
    },
    TwoCurrencies(&'static str, &'static str),
    DateDifference,
    NotAValue {
        text: String,
        of: String,
        nearest: Option<String>,
        values: String,
    },
    TruncatingQuotient,
    DivisionByZero,
    Overflow,
    // What a rule can never or always do.
    LineAlways(bool, &'static str),
    Contradiction(&'static str),
    UnlessAlways,
    VerdictOutOfReach(i64),
    FireTogether(String),
    // Tests.
    NoTests(&'static str),
    NoPositiveTest(&'static str),
    NoNegativeTest(&'static str),
    NothingHappens,
    ModeAlertWithoutAlert,
    RowNeedsType(String),
    RowField(String),
    ExpectCount {
        rows: usize,
        expected: usize,
    },
    TooManyRows(usize),
}

/// Severity, code, message and advice.
pub(crate) type Parts = (Severity, &'static str, String, Option<String>);

impl Problem {
    /// In English.
    #[expect(clippy::too_many_lines, reason = "one arm a problem")]
    pub fn parts(&self) -> Parts {
        use Severity::{Error, Note, Warning};
        match self {
            Problem::Toml(message) => (Error, "toml", lower(message), None),
            Problem::LeftOut(n) => (
                Error,
                "more",
                format!("and {n} more problems that are not shown"),
                None,
            ),
            Problem::TooManyRules(most) => (
                Error,
                "too-many-rules",
                format!("more than {most} rules in the set"),
                None,
            ),
            Problem::FileTooLarge(most) => (
                Error,
                "file-too-large",
                format!("this file is larger than {most} bytes"),
                None,
            ),
            Problem::TooMany(what, most) => (
                Error,
                "too-many",
                format!("more than {most} {what} in one rule"),
                None,
            ),
            Problem::Overfull => (
                Error,
                "too-many-parts",
                "more than 65,535 windows, lists or regular expressions in the set".to_owned(),
                None,
            ),
            Problem::NoRules => (
                Warning,
                "no-rules",
                "the set holds no rule".to_owned(),
                Some("every event would be allowed".to_owned()),
            ),
            Problem::UnknownKey { key, what, nearest, known } => (
                Error,
                "unknown-key",
                format!("unknown key `{key}` in {what}"),
                Some(did_you_mean(nearest).unwrap_or_else(|| format!("known keys: {known}"))),
            ),
            Problem::MissingKey { key, what } => (
                Error,
                "missing-key",
                format!("{what} must have `{key}`"),
                (key == "when").then(|| "give `when` (all must hold) or `any` (one must)".to_owned()),
            ),
            Problem::WrongKind { expected, found } => (
                Error,
                "wrong-kind",
                format!("expected {expected}, found {found}"),
                None,
            ),
            Problem::NotOneOf { text, nearest, words } => (
                Error,
                "not-one-of",
                format!("`{text}` is not one of {words}"),
                did_you_mean(nearest),
            ),
            Problem::EmptyList => (Error, "empty-list", "this list is empty".to_owned(), None),
            Problem::Repeated(name) => (
                Error,
                "repeated",
                format!("`{name}` stands here twice"),
                None,
            ),
            Problem::KeyWithoutUse { key, with } => (
                Warning,
                "key-without-use",
                format!("`{key}` does nothing without {with}"),
                None,
            ),
            Problem::NumberTooLarge => (
                Error,
                "number-too-large",
                "this number is too large or has too many digits".to_owned(),
                None,
            ),
            Problem::NotANumber => (
                Error,
                "not-a-number",
                "this is not a plain decimal number".to_owned(),
                Some("write digits with at most one point, without exponent: 10500.50".to_owned()),
            ),
            Problem::BadId => (
                Error,
                "bad-id",
                "an id is kebab-case: a-z, 0-9 and single hyphens, at most 64".to_owned(),
                None,
            ),
            Problem::BadListName => (
                Error,
                "bad-list-name",
                "a list's name is letters, digits, `_` and `-`, at most 64".to_owned(),
                None,
            ),
            Problem::BadIdentifier { what, name } => (
                Error,
                "bad-name",
                format!("`{name}` cannot be written as `{what}.{name}` in a line"),
                Some("use letters, digits and `_`, beginning with a letter".to_owned()),
            ),
            Problem::DuplicateId { what, id } => (
                Error,
                "duplicate-id",
                format!("there is already a {what} `{id}`"),
                None,
            ),
            Problem::UnknownEventType { name, nearest } => (
                Error,
                "unknown-event-type",
                format!("unknown event type `{name}`"),
                did_you_mean(nearest),
            ),
            Problem::BadDuration => (
                Error,
                "bad-duration",
                "expected a duration".to_owned(),
                Some("write \"90s\", \"30m\", \"24h\", \"7d\" or \"1h30m\", at most 100 years".to_owned()),
            ),
            Problem::BadOver => (
                Error,
                "bad-period",
                "expected a period".to_owned(),
                Some(
                    "write \"90s\", \"30m\", \"24h\", \"7d\", \"5 working days\", \"calendar day\", \
                     \"calendar month\", \"calendar year\" or \"ever\""
                        .to_owned(),
                ),
            ),
            Problem::BadForm => (
                Error,
                "bad-form",
                "a form is named `name@version`".to_owned(),
                Some("for example \"four-questions-one-notice@1\"".to_owned()),
            ),
            Problem::NotWholeDays => (
                Error,
                "not-whole-days",
                "a legal term is counted in whole days".to_owned(),
                Some("for example report_within = \"3d\"".to_owned()),
            ),
            Problem::MissingLanguage(language) => (
                Warning,
                "missing-language",
                format!("no `{language}` text here"),
                Some("the other language's text stands in for it".to_owned()),
            ),
            Problem::LoneBrace => (
                Error,
                "lone-brace",
                "a brace without its partner".to_owned(),
                Some("write `{{` or `}}` for the sign itself".to_owned()),
            ),
            Problem::EmptyPlace(kinds) => (
                Error,
                "empty-place",
                "nothing is named between the braces".to_owned(),
                Some(format!("name a field of {kinds}, `window.…` or `params.…`")),
            ),
            Problem::SubjectKind(field) => (
                Error,
                "subject-kind",
                format!("`{field}` is no account, person, phone or device"),
                Some("an alert is about one of these".to_owned()),
            ),
            Problem::NoSubject => (
                Error,
                "no-subject",
                "whom this rule's alerts and lists are about is not known".to_owned(),
                Some("give `subject`, for example subject = \"holder.id\"".to_owned()),
            ),
            Problem::ScoreNotPositive => (
                Error,
                "score-not-positive",
                "a verdict applies from a sum above 0".to_owned(),
                None,
            ),
            Problem::InquiryWithoutTransfer => (
                Warning,
                "inquiry-without-transfer",
                "questions are asked about a transfer, and this rule looks at none".to_owned(),
                None,
            ),
            Problem::NotACurrency { code, nearest } => (
                Error,
                "not-a-currency",
                format!("`{code}` is no currency with a minor unit"),
                did_you_mean(nearest)
                    .or_else(|| Some("currency codes are ISO 4217 in capitals: CNY".to_owned())),
            ),
            Problem::TooManyDecimals { code, decimals } => (
                Error,
                "too-many-decimals",
                format!("{code} has {decimals} decimals"),
                None,
            ),
            Problem::EmptyBounds => (
                Error,
                "empty-bounds",
                "`max` is below `min`".to_owned(),
                None,
            ),
            Problem::OutOfBounds { value, min, max } => {
                let bound = |b: &Option<String>| b.clone().unwrap_or_else(|| "…".to_owned());
                (
                    Error,
                    "out-of-bounds",
                    format!("{value} is outside {} to {}", bound(min), bound(max)),
                    Some("change the value, or the bounds if they are wrong".to_owned()),
                )
            }
            Problem::BadStep => (Error, "bad-step", "a step is above 0".to_owned(), None),
            Problem::OffStep { value, min, step } => (
                Error,
                "off-step",
                format!("{value} is not {min} plus a multiple of {step}"),
                None,
            ),
            Problem::LimitOfZero(name) => (
                Warning,
                "limit-of-zero",
                format!("`params.{name}` is 0"),
                Some("a limit of 0 usually switches a rule on or off for every event".to_owned()),
            ),
            Problem::Unused { what, name } => (
                Warning,
                "unused",
                format!("{what} `{name}` is not used"),
                None,
            ),
            Problem::NoAggregate => (
                Error,
                "no-aggregate",
                "this window does not say what it computes".to_owned(),
                Some(
                    "give one of count = \"*\", sum, distinct, min, max, avg, first, last = a field, \
                     since = \"last\""
                        .to_owned(),
                ),
            ),
            Problem::TwoAggregates => (
                Error,
                "two-aggregates",
                "a window computes one thing".to_owned(),
                Some("declare a second window; what they count is stored once".to_owned()),
            ),
            Problem::FixedAggregate { agg, fixed } => (
                Error,
                "fixed-aggregate",
                format!("`{agg}` can only be \"{fixed}\""),
                (*agg == "count")
                    .then(|| "to count different values use `distinct`, to count some events `where`".to_owned()),
            ),
            Problem::AggregateType { agg, field, ty } => (
                Error,
                "aggregate-type",
                format!("`{agg}` cannot be taken of `{field}`, which is {ty}"),
                None,
            ),
            Problem::KeyNotOnCounted { field, kinds } => (
                Error,
                "key-not-on-counted",
                format!("`{field}` is not on the counted {kinds}"),
                Some(format!(
                    "say where it stands there: fields = {{ \"{field}\" = \"…\" }}"
                )),
            ),
            Problem::KeyType { field, ty } => (
                Error,
                "key-type",
                format!("a key is text, and `{field}` is {ty}"),
                None,
            ),
            Problem::MappingNotInBy(field) => (
                Error,
                "mapping-not-in-by",
                format!("`fields` maps `{field}`, which is not among `by`"),
                None,
            ),
            Problem::UntilBeyondOver => (
                Error,
                "until-beyond-over",
                "the near end `until` lies at or beyond the far end `over`".to_owned(),
                Some("the window is (t - over, t - until]".to_owned()),
            ),
            Problem::BadUndo => (
                Error,
                "bad-undo",
                "only a counted `transfer.requested` can be taken out again, by `transfer.failed` or \
                 `transfer.reversed`"
                    .to_owned(),
                None,
            ),
            Problem::WhereNeverHolds => (
                Error,
                "where-never-holds",
                "this `where` is false for every event, so nothing is ever counted".to_owned(),
                None,
            ),
            Problem::CorrelatedWindow => (
                Note,
                "window-scans",
                "compares with the event being judged: looks through the key's kept events, at most \
                 1,000, on every event"
                    .to_owned(),
                None,
            ),
            Problem::ThisWithWindow => (
                Error,
                "this-with-window",
                "one condition cannot read both `this.` and a window".to_owned(),
                Some(
                    "a window stands as it was when the event was counted, `this.` as it is now; part \
                     them with `&&`"
                        .to_owned(),
                ),
            ),
            Problem::ThisOutsideWhere => (
                Error,
                "this-outside-where",
                "`this.` names the event being judged inside a window's `where` only".to_owned(),
                Some("in a rule's own lines the fields stand without it".to_owned()),
            ),
            Problem::ThisAlone => (
                Error,
                "this-alone",
                "this condition looks at the event being judged only".to_owned(),
                Some("write it as a line of the rule, without `this.`".to_owned()),
            ),
            Problem::NotKept(field) => (
                Error,
                "not-kept",
                format!("`{field}` of counted events is not kept for comparison with `this.`"),
                None,
            ),
            Problem::NotOverEver(what) => (
                Error,
                "not-over-ever",
                format!("{what} needs single events, and a window over `ever` keeps totals"),
                Some("give a period, for example over = \"365d\"".to_owned()),
            ),
            Problem::TooManyKeys(most) => (
                Error,
                "too-many-keys",
                format!("a key has at most {most} fields"),
                None,
            ),
            Problem::EmptyLine => (
                Error,
                "empty-line",
                "there is no condition here".to_owned(),
                None,
            ),
            Problem::StrangeCharacter(c) => (
                Error,
                "strange-character",
                format!("`{}` has no meaning here", c.escape_debug()),
                Some("names are letters a-z, digits, `_` and `.`; other texts stand in quotes".to_owned()),
            ),
            Problem::Slip { found, meant } => (
                Error,
                "wrong-sign",
                format!("`{found}` has no meaning here"),
                Some(format!("write {}", quoted_sign(meant))),
            ),
            Problem::BadNumber { written } => (
                Error,
                "bad-number",
                format!("`{written}` is not a number"),
                Some("a duration is duration(\"90s\"), an amount of money a parameter with a unit".to_owned()),
            ),
            Problem::BadEscape(c) => (
                Error,
                "bad-escape",
                format!("`\\{}` is not an escape", c.escape_debug()),
                Some("write `\\\\` for a backslash, or r\"…\" for a pattern".to_owned()),
            ),
            Problem::OpenText => (
                Error,
                "open-text",
                "this text has no closing quote".to_owned(),
                None,
            ),
            Problem::Unexpected { found, expected } => (
                Error,
                "syntax",
                format!("expected {expected}, found {found}"),
                None,
            ),
            Problem::ChainedComparison => (
                Error,
                "chained-comparison",
                "comparisons cannot be chained".to_owned(),
                Some("write `a < b && b < c`".to_owned()),
            ),
            Problem::NotCallable => (
                Error,
                "not-callable",
                "only a function can be called".to_owned(),
                None,
            ),
            Problem::TooDeep => (
                Error,
                "too-deep",
                "nested more than 64 deep".to_owned(),
                Some("part the line; all lines of `when` must hold anyway".to_owned()),
            ),
            Problem::UnknownField { name, nearest, kinds } => (
                Error,
                "unknown-field",
                format!("unknown field `{name}`"),
                did_you_mean(nearest).or_else(|| Some(format!("fields here are those of {kinds}"))),
            ),
            Problem::FieldNotOn { field, kinds, carried_by } => (
                Error,
                "field-not-on-event",
                format!("{kinds} does not carry `{field}`"),
                Some(format!("it is on {carried_by}")),
            ),
            Problem::FieldNotOnAll { field, kinds } => (
                Warning,
                "field-not-on-all",
                format!("`{field}` is missing on {kinds}"),
                Some("ask `has(…)` first, or say what `on_missing` does".to_owned()),
            ),
            Problem::UnknownParam { name, nearest } => (
                Error,
                "unknown-parameter",
                format!("unknown parameter `{name}`"),
                nearest.as_ref().map(|n| format!("did you mean `params.{n}`?")),
            ),
            Problem::UnknownWindow { name, nearest } => (
                Error,
                "unknown-window",
                format!("unknown window `window.{name}`"),
                nearest.as_ref().map(|n| format!("did you mean `window.{n}`?")),
            ),
            Problem::WindowNotAbove(name) => (
                Error,
                "window-not-above",
                format!("`window.{name}` is not declared above this window"),
                Some("a `where` reads windows declared above it, never itself".to_owned()),
            ),
            Problem::WindowKeyNotOn { window, field, kinds } => (
                Error,
                "window-key-not-on-event",
                format!("`window.{window}` is kept by `{field}`, which {kinds} does not carry"),
                None,
            ),
            Problem::UndeclaredList { name, nearest } => (
                Warning,
                "undeclared-list",
                format!("list `{name}` is not declared"),
                Some(format!("did you mean `{nearest}`? an undeclared list that was never loaded is empty")),
            ),
            Problem::ListKind { list, of_list, of_value } => (
                Error,
                "list-kind",
                format!("list `{list}` holds entries of kind {of_list}, and this is of kind {of_value}"),
                None,
            ),
            Problem::ListAsValue(name) => (
                Error,
                "list-as-value",
                format!("`{name}` is a list, not a value"),
                Some(format!("ask `payee.account in {name}` or `{name}.class(payee.account)`")),
            ),
            Problem::ListOfText => (
                Error,
                "list-of-text",
                "a list holds texts in quotes only".to_owned(),
                Some("compare numbers one by one: `x == 1 || x == 2`".to_owned()),
            ),
            Problem::UnknownFunction { name, nearest, method_of_text, known } => (
                Error,
                "unknown-function",
                format!("unknown function `{name}`"),
                if *method_of_text {
                    Some(format!("write it after the text: payee.name.{name}(\"…\")"))
                } else {
                    did_you_mean(nearest).or_else(|| Some(format!("functions: {known}")))
                },
            ),
            Problem::UnknownMethod { name, nearest, function, known } => (
                Error,
                "unknown-method",
                format!("unknown method `{name}`"),
                if *function {
                    Some(format!("write it before the value: {name}(…)"))
                } else {
                    did_you_mean(nearest).or_else(|| Some(format!("methods: {known}")))
                },
            ),
            Problem::ArgumentCount { name, takes, found } => {
                let more = if matches!(name.as_str(), "min" | "max") { " to 16" } else { "" };
                let values = if *takes == 1 && more.is_empty() { "value" } else { "values" };
                (
                    Error,
                    "argument-count",
                    format!("`{name}` takes {takes}{more} {values}, found {found}"),
                    None,
                )
            }
            Problem::HasOfValue => (
                Error,
                "has-of-value",
                "`has` asks for a field or a window".to_owned(),
                Some("for example has(payer.age) or has(window.largest)".to_owned()),
            ),
            Problem::PatternNotLiteral => (
                Error,
                "pattern-not-literal",
                "a pattern stands there in quotes".to_owned(),
                None,
            ),
            Problem::BadRegex(message) => (
                Error,
                "bad-pattern",
                format!("not a regular expression: {message}"),
                message
                    .contains("not supported")
                    .then(|| "patterns take linear time, so these are left out".to_owned()),
            ),
            Problem::RegexTooLarge => (
                Error,
                "pattern-too-large",
                "this pattern is too large: at most 4,096 bytes, 1 MiB compiled, 1,000 in a set".to_owned(),
                None,
            ),
            Problem::NotBool(found) => (
                Error,
                "not-a-condition",
                format!("a line is true or false, and this is {found}"),
                None,
            ),
            Problem::WrongType { expected, found } => (
                Error,
                "wrong-type",
                format!("expected {expected}, found {found}"),
                None,
            ),
            Problem::Operands { op, left, right } => (
                Error,
                "operand-types",
                format!("`{op}` does not go between {left} and {right}"),
                (left == "text" && right == "text")
                    .then(|| "texts have no order; compare them with == or !=".to_owned()),
            ),
            Problem::BranchTypes { yes, no } => (
                Error,
                "branch-types",
                format!("one branch is {yes}, the other {no}"),
                None,
            ),
            Problem::MoneyWithNumber { op, number } => (
                Error,
                "money-with-number",
                format!("`{op}` between money and the bare number {number}"),
                Some(format!(
                    "declare it with its currency and use it by name: params.limit = {{ value = {}, unit = \
                     \"CNY\", min = …, max = … }}",
                    if number.starts_with(|c: char| c.is_ascii_digit()) { number } else { "…" }
                )),
            ),
            Problem::DurationWithNumber { op, number } => (
                Error,
                "duration-with-number",
                format!("`{op}` between a duration and the bare number {number}"),
                Some("write the duration with its unit: duration(\"90s\")".to_owned()),
            ),
            Problem::TwoCurrencies(a, b) => (
                Error,
                "two-currencies",
                format!("money in {a} meets money in {b}"),
                None,
            ),
            Problem::DateDifference => (
                Error,
                "date-difference",
                "dates cannot be subtracted".to_owned(),
                Some("days_since(date) is the number of days up to the event".to_owned()),
            ),
            Problem::NotAValue { text, of, nearest, values } => (
                Error,
                "not-a-value",
                format!("`{of}` is never \"{text}\""),
                did_you_mean(nearest).or_else(|| Some(format!("it is one of {values}"))),
            ),
            Problem::TruncatingQuotient => (
                Warning,
                "truncating-quotient",
                "a quotient of whole numbers drops its fraction".to_owned(),
                Some("multiply instead (`a >= b * 0.5`), or write `a * 1.0 / b`".to_owned()),
            ),
            Problem::DivisionByZero => (
                Error,
                "division-by-zero",
                "this is always a division by zero".to_owned(),
                None,
            ),
            Problem::Overflow => (
                Error,
                "overflow",
                "this constant does not fit".to_owned(),
                None,
            ),
            Problem::LineAlways(value, effect) => (
                Warning,
                "constant-line",
                format!("this line is always {value}"),
                Some((*effect).to_owned()),
            ),
            Problem::Contradiction(effect) => (
                Warning,
                "contradiction",
                "this line can never hold together with another one".to_owned(),
                Some((*effect).to_owned()),
            ),
            Problem::UnlessAlways => (
                Warning,
                "never-fires",
                "this `unless` holds whenever the other lines do".to_owned(),
                Some("the rule can never fire".to_owned()),
            ),
            Problem::VerdictOutOfReach(most) => (
                Warning,
                "verdict-out-of-reach",
                format!("all rules of the set together score {most}"),
                Some("only rules in mode alert and enforce count, and of one family the highest".to_owned()),
            ),
            Problem::FireTogether(other) => (
                Warning,
                "fire-together",
                format!("fires on the very events on which `{other}` fires"),
                Some("the conditions are equal; keep one rule, or tell them apart".to_owned()),
            ),
            Problem::NoTests(what) => (
                Warning,
                "no-tests",
                format!("this {what} has no test"),
                Some(format!(
                    "add a [[{what}.test]] in which it fires and one in which it does not"
                )),
            ),
            Problem::NoPositiveTest(what) => (
                Warning,
                "no-positive-test",
                format!("in no test of this {what} does it fire"),
                None,
            ),
            Problem::NoNegativeTest(what) => (
                Warning,
                "no-negative-test",
                format!("in no test of this {what} does it stay silent"),
                None,
            ),
            Problem::NothingHappens => (
                Warning,
                "nothing-happens",
                "this rule asks for nothing: it allows, alerts nobody, lists nobody and has no score"
                    .to_owned(),
                None,
            ),
            Problem::ModeAlertWithoutAlert => (
                Warning,
                "mode-alert-without-alert",
                "this rule's mode is alert, and it raises none".to_owned(),
                Some("give `alert` in `then`, or mode = \"shadow\"".to_owned()),
            ),
            Problem::RowNeedsType(kinds) => (
                Error,
                "row-needs-type",
                "this row does not say which event it is".to_owned(),
                Some(format!("give `on`: one of {kinds}, or an event that a window counts")),
            ),
            Problem::RowField(name) => (
                Error,
                "row-field",
                format!("`{name}` is not given in a row"),
                Some("the type is `on`, the time is `at`, the source is that of the test".to_owned()),
            ),
            Problem::ExpectCount { rows, expected } => (
                Error,
                "expect-count",
                format!("{rows} rows are given and {expected} actions expected"),
                None,
            ),
            Problem::TooManyRows(most) => (
                Error,
                "too-many-rows",
                format!("a test has 1 to {most} rows"),
                None,
            ),
        }
    }
}

fn did_you_mean(nearest: &Option<String>) -> Option<String> {
    nearest.as_ref().map(|n| format!("did you mean `{n}`?"))
}

/// Signs in code quotes, advice in words as it is.
fn quoted_sign(meant: &str) -> String {
    if meant.contains(' ') {
        meant.to_owned()
    } else {
        format!("`{meant}`")
    }
}

/// A message of the TOML parser in our form.
fn lower(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(c) => c.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
