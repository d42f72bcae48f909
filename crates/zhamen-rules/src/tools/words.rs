//! Chinese names of what the contract names in English: event types, fields, actions, reasons. For
//! explanations and the rule reference; nothing is read back from them.

use zhamen_engine::event::{EventKind, Field, FieldType};
use zhamen_engine::output::FallbackCode;
use zhamen_engine::rule::{Action, Agg, Mode};

use crate::tools::Lang;

/// An event type for people: `转账申请`.
#[must_use]
pub fn kind(kind: EventKind) -> &'static str {
    use EventKind as K;
    match kind {
        K::TransferRequested => "转账申请",
        K::TransferSettled => "转账入账",
        K::TransferFailed => "转账失败",
        K::TransferReversed => "转账冲正",
        K::AccountOpened => "开立账户",
        K::CardOpened => "开卡",
        K::AccountClosed => "销户",
        K::AccountUsed => "账户使用",
        K::HolderUpdated => "客户信息变更",
        K::PhoneRegistered => "电话卡入网",
        K::PhoneCancelled => "电话卡注销",
        K::InquiryAnswered => "询问已答复",
        K::VerificationCompleted => "核验完成",
        K::StopConfirmed => "止付已执行",
        K::StopDenied => "止付未执行",
        K::HoldReleaseRequested => "申请解除",
        K::HoldReleaseApproved => "同意解除",
        K::AppealFiled => "提出申诉",
        K::AppealDecided => "申诉决定",
        K::StopOrdered => "止付令",
        K::StopReleased => "解除止付",
        K::FreezeOrdered => "冻结令",
        K::FreezeRenewed => "续冻",
        K::FreezeReleased => "解除冻结",
        K::HoldReleaseOrdered => "责令解除",
        K::ListAdded => "列入名单",
        K::ListRemoved => "移出名单",
        K::ListReplaced => "更换名单",
        K::ListConfirmed => "复核名单变更",
        K::AlertAcknowledged => "预警签收",
        K::AlertDisposed => "预警处置",
    }
}

/// What the object of a field is: `付款方`.
fn subject(name: &str) -> &'static str {
    match name {
        "payer" => "付款方",
        "payee" => "收款方",
        "transfer" => "原转账",
        "account" => "账户",
        "card" => "卡",
        "holder" => "持有人",
        "line" => "电话卡",
        "inquiry" => "询问",
        "verification" => "核验",
        "order" => "指令",
        "entry" => "名单条目",
        "release" => "解除",
        "appeal" => "申诉",
        "alert" => "预警",
        _ => "",
    }
}

/// The last part of a field's name; those of one object only stand with it.
fn part(name: &str) -> &'static str {
    match name {
        "type" => "事件类型",
        "id" => "编号",
        "source" => "来源系统",
        "occurred_at" => "发生时间",
        "txn.amount" => "交易金额",
        "txn.currency" => "交易币种",
        "txn.channel" => "交易渠道",
        "txn.purpose" => "交易用途",
        "txn.device" => "交易设备",
        "txn.ip" => "交易IP地址",
        "txn.country" => "交易发生国",
        "txn.inquiry" => "已答复的询问",
        "use.account" => "被使用的账户",
        "use.country" => "使用地国家",
        "use.device" => "使用设备",
        "use.ip" => "使用IP地址",
        "holder.id" => "证件号(代码)",
        "holder.type" => "类型",
        "account.number" | "card.number" | "line.number" => "号码",
        "account.account" | "card.account" => "所属账户",
        "inquiry.transfer.id" => "所涉转账编号",
        "inquiry.transfer.source" => "所涉转账来源",
        "inquiry.notice.version" => "告知书版本",
        "inquiry.notice.signed" => "告知书已签",
        "inquiry.notice.signed_at" => "告知书签署时间",
        "order.tier" => "层级",
        "order.parent" => "上级指令",
        "order.from_account" => "转出账户",
        "order.transferred_at" => "转账时间",
        "order.until" => "期限",
        "order.element" => "要素",
        "entry.list" => "名单",
        _ => match name.rsplit('.').next().unwrap_or(name) {
            "account" => "账户",
            "name" => "户名",
            "holder" => "证件(代码)",
            "holder_type" => "类型(个人/单位)",
            "bank" => "银行",
            "branch" => "网点",
            "opened_on" => "开户日期",
            "phone" => "电话",
            "groups" => "人群",
            "age" => "年龄",
            "id_valid" => "证件有效",
            "id" => "编号",
            "source" => "来源",
            "requested_at" => "申请时间",
            "amount" => "金额",
            "currency" => "币种",
            "kind" => "种类",
            "opened_by" => "经办",
            "operator" => "运营商",
            "form" => "问卷",
            "answers" => "答案",
            "observed" => "观察到的情形",
            "teller" => "柜员",
            "outcome" => "结论",
            "method" => "方式",
            "result" => "结果",
            "application" => "申请编号",
            "case" => "案件",
            "urgency" => "紧急程度",
            "reason" => "理由",
            "organ" => "机关",
            "officer" => "民警",
            "list" => "名单",
            "value" => "值",
            "values" => "各值",
            "part" => "分批序号",
            "parts" => "分批总数",
            "class" => "类别",
            "expires_at" => "到期",
            "hold" => "管控编号",
            "person" => "人员",
            "text" => "内容",
            "upheld" => "成立",
            "verdict" => "结论",
            "note" => "备注",
            _ => "",
        },
    }
}

/// A field for people: `付款方账户`.
#[must_use]
pub fn field(field: Field) -> String {
    let name = field.name();
    let object = name.split('.').next().unwrap_or(name);
    format!("{}{}", subject_of(name, object), part(name))
}

fn subject_of(name: &str, object: &str) -> &'static str {
    if name == object { "" } else { subject(object) }
}

/// A field's type for people.
#[must_use]
pub fn field_type(ty: FieldType, lang: Lang) -> &'static str {
    match ty {
        FieldType::Bool => lang.pick("是否", "bool"),
        FieldType::Int => lang.pick("整数", "int"),
        FieldType::Money => lang.pick("金额(带币种)", "money"),
        FieldType::Text => lang.pick("文本", "text"),
        FieldType::Time => lang.pick("时间", "time"),
        FieldType::Date => lang.pick("日期", "date"),
        FieldType::TextList => lang.pick("文本列表", "list of text"),
    }
}

/// A decision for people.
#[must_use]
pub fn action(action: Action, lang: Lang) -> &'static str {
    match action {
        Action::Allow => lang.pick("放行", "allow"),
        Action::Inquire => lang.pick("询问", "inquire"),
        Action::Verify => lang.pick("核验", "verify"),
        Action::Delay => lang.pick("延迟", "delay"),
        Action::Hold => lang.pick("止付", "hold"),
    }
}

/// A mode for people.
#[must_use]
pub fn mode(mode: Mode, lang: Lang) -> &'static str {
    match mode {
        Mode::Shadow => lang.pick("试运行,不影响判定", "shadow: the decision is not touched"),
        Mode::Alert => lang.pick("只预警,不影响判定", "alert: the decision is not touched"),
        Mode::Enforce => lang.pick("执行", "enforce"),
    }
}

/// What a window computes, for people.
#[must_use]
pub fn agg(agg: Agg, lang: Lang) -> &'static str {
    match lang {
        Lang::En => agg.name(),
        Lang::Zh => match agg.name() {
            "count" => "笔数",
            "sum" => "合计",
            "distinct" => "不同值个数",
            "min" => "最小",
            "max" => "最大",
            "avg" => "平均",
            "first" => "最早一个",
            "last" => "最近一个",
            "since" => "距上一笔的时间",
            "stddev" => "标准差",
            "hops" => "转手次数",
            other => other,
        },
    }
}

/// Why a value is not there, for people.
#[must_use]
pub fn fault(code: FallbackCode, lang: Lang) -> &'static str {
    use FallbackCode as C;
    match code {
        C::Missing => lang.pick("没有这一项数据", "not given"),
        C::Stale => lang.pick("事件到得太晚,统计已不可用", "too late for its window"),
        C::DivisionByZero => lang.pick("除数为零", "division by zero"),
        C::Overflow => lang.pick("数值溢出", "overflow"),
        C::Currency => lang.pick("币种不同,不能比较", "another currency"),
        C::Rate => lang.pick("没有汇率", "no rate"),
        C::ListMissing => lang.pick("名单未载入", "the list was never loaded"),
        C::ListStale => lang.pick("名单过期未更新", "the list is stale"),
        C::Saturated => lang.pick("统计达到上限", "cut off at a bound"),
        C::Panic => lang.pick("程序错误", "an error of the program"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_of_its_own() {
        let mut names: Vec<String> = Field::ALL.iter().map(|f| field(*f)).collect();
        for (name, f) in names.iter().zip(Field::ALL) {
            assert!(!part(f.name()).is_empty(), "{}: {name}", f.name());
        }
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
