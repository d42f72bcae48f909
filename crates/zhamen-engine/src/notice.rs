//! What may be said to the customer where a rule has no sentence of its own: what happens, whom to
//! ask, what to bring. It never says that the police or a report are involved.

use crate::rule::{Action, Bilingual};

/// The standard notice for a decision.
pub(crate) fn of(action: Action) -> Bilingual {
    let (zh, en) = match action {
        Action::Allow => ("", ""),
        Action::Inquire => (
            "为保护您的资金安全,办理前需向您核实几个问题。",
            "To protect your money we need to ask you a few questions before this transfer.",
        ),
        Action::Verify => (
            "为保护您的账户安全,请携带本人有效身份证件到开户网点核实。",
            "To protect your account, please verify your identity at your branch with a valid document.",
        ),
        Action::Delay => (
            "该笔交易需进一步核实,暂缓办理。如有异议,请携带身份证件及交易依据到开户网点申诉。",
            "This transfer is delayed for a check. You may object at your branch with your identity document and evidence of the transaction.",
        ),
        Action::Hold => (
            "该账户暂时不能办理转出。如有疑问,请携带身份证件到开户网点咨询或申诉。",
            "This account cannot send money for the time being. Please ask or object at your branch with your identity document.",
        ),
    };
    Bilingual {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

/// The standard warning of a victim.
pub(crate) fn warning() -> Bilingual {
    Bilingual {
        zh: "您正在办理的转账存在被骗风险。请勿向不认识的人转账,不要告诉他人验证码;请先与家人或开户网点核实。"
            .to_owned(),
        en: "The transfer you are making may be a fraud. Do not send money to people you do not know or tell \
             anyone your codes; ask your family or your branch first."
            .to_owned(),
    }
}

/// Words that tell a customer that the police or a report are involved. AML law art. 7 and 35:
/// whether a report was filed is secret.
const POLICE_WORDS: &[&str] = &[
    "公安",
    "警",
    "派出所",
    "反诈",
    "可疑交易报告",
    "报案",
    "涉案",
    "police",
    "case account",
    "suspicious-transaction report",
    "suspicious transaction report",
    "str ",
];

/// Whether a text says that the police or a report are involved.
pub(crate) fn names_police(text: &Bilingual) -> bool {
    let said = |t: &str| {
        let t = t.to_lowercase();
        POLICE_WORDS.iter().any(|w| t.contains(w))
    };
    said(&text.zh) || said(&text.en)
}
