//! A table for people: as CSV for a spreadsheet and as part of a page that prints.
//!
//! Headings are Chinese and English. A page needs nothing from outside itself and runs nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A column's headings, Chinese and English.
pub type Heading = (&'static str, &'static str);

/// A table of texts.
pub struct Sheet {
    /// Headings, one a column.
    pub headings: Vec<Heading>,
    /// Rows, each as long as the headings.
    pub rows: Vec<Vec<String>>,
}

/// A part of a page.
pub struct Section {
    /// What it is about.
    pub title: String,
    /// Its tables, each with what it is called.
    pub sheets: Vec<(String, Sheet)>,
}

const STYLE: &str = "body{font:10pt/1.4 'Noto Sans CJK SC','Microsoft YaHei',SimSun,sans-serif;margin:1.5em}\
h1{font-size:16pt}h2{font-size:13pt}h3{font-size:11pt}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:2px 5px;text-align:left;\
vertical-align:top;overflow-wrap:anywhere}th{background:#eee}thead{display:table-header-group}tr{break-inside:avoid}\
section{break-after:page}section:last-of-type{break-after:auto}\
@page{size:A4 landscape;margin:12mm}@media print{body{margin:0}}";

/// Beginning of a file that spreadsheets take for UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Sheet {
    /// The table as CSV (RFC 4180, UTF-8 with a mark at its beginning).
    ///
    /// # Errors
    /// A row is not as long as the headings.
    pub fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(BYTE_ORDER_MARK.to_vec());
        writer.write_record(self.headings.iter().map(|(zh, en)| format!("{zh} {en}")))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell)))?;
        }
        Ok(writer.into_inner()?)
    }

    fn html(&self) -> Markup {
        html! {
            @if self.rows.is_empty() { p { "无 none" } } @else {
                table {
                    thead { tr { @for (zh, en) in &self.headings { th { (zh) br; (en) } } } }
                    tbody { @for row in &self.rows { tr { @for cell in row { td { (cell) } } } } }
                }
            }
        }
    }
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// A whole page: title, notes, sections.
#[must_use]
pub fn page(title: Heading, notes: &[String], sections: &[Section]) -> String {
    let (zh, en) = title;
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (zh) " " (en) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (zh) br; (en) }
                @for note in notes { p { (note) } }
                @for section in sections {
                    section {
                        h2 { (section.title) }
                        @for (name, sheet) in &section.sheets { h3 { (name) } (sheet.html()) }
                    }
                }
            }
        }
    };
    page.into_string() + "\n"
}
