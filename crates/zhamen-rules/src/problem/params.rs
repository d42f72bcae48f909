//! Problems of parameters.

use crate::problem::near_or;

problems! {
    /// Problems of parameters.
    Params {
        NotACurrency { code: String, nearest: Option<String> } => Error "not-a-currency":
            both!("`{code}` is no currency with a minor unit", "`{code}` 不是可用的币种代码"),
            near_or(nearest, || both!("currency codes are ISO 4217 in capitals: CNY",
                "币种用大写的 ISO 4217 代码：CNY"));
        TooManyDecimals { code: &'static str, decimals: u8 } => Error "too-many-decimals":
            both!("{code} has {decimals} decimals", "{code} 只有 {decimals} 位小数");
        EmptyBounds => Error "empty-bounds": both!("`max` is below `min`", "上限 `max` 小于下限 `min`");
        OutOfBounds { value: String, min: Option<String>, max: Option<String> } => Error "out-of-bounds":
            {
                let min = min.as_deref().unwrap_or("…");
                let max = max.as_deref().unwrap_or("…");
                both!("{value} is outside {min} to {max}", "{value} 超出允许范围 {min} 至 {max}")
            },
            both!("change the value, or the bounds if they are wrong",
                "请改取值；若范围本身有误，请改 `min` 或 `max`");
        BadStep => Error "bad-step": both!("a step is above 0", "步长 `step` 必须大于 0");
        OffStep { value: String, min: String, step: String } => Error "off-step":
            both!("{value} is not {min} plus a multiple of {step}", "{value} 不是 {min} 加 {step} 的整数倍");
        LimitOfZero(name: String) => Warning "limit-of-zero":
            both!("`params.{name}` is 0", "`params.{name}` 是 0"),
            both!("a limit of 0 usually switches a rule on or off for every event",
                "限值为 0 通常会使规则对所有事件都命中或都不命中");
    }
}
