//! Rule files as text: reading them from disk within bounds, and places in them as people count:
//! lines and columns from 1, columns in characters. Knows nothing of what the text says.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::lang::Lang;

/// Largest rule file that is read.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// Most files in a rule directory.
pub const MAX_FILES: usize = 2_000;

/// One rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path as it is shown in diagnostics.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

/// Rule files that could not be read; every one is listed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    /// At least one.
    pub problems: Vec<LoadProblem>,
}

impl LoadError {
    /// For people, one line a file.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let lines: Vec<String> = self.problems.iter().map(|p| p.text(lang)).collect();
        lines.join("\n")
    }
}

impl LoadProblem {
    /// For people; in English as it is displayed.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            LoadProblem::Unreadable { path, source } => {
                format!("{}：无法读取（{source}）", path.display())
            }
            LoadProblem::NotUtf8 {
                path,
                line,
                column,
                byte,
            } => format!(
                "{}:{line}:{column}：不是 UTF-8 编码（第 {byte} 字节）；请另存为 UTF-8，不要用 GBK 或 UTF-16",
                path.display()
            ),
            LoadProblem::TooLarge { path } => {
                format!("{}：超过 {MAX_FILE_BYTES} 字节", path.display())
            }
            LoadProblem::TooManyFiles { path } => {
                format!("{}：规则文件超过 {MAX_FILES} 个", path.display())
            }
            LoadProblem::NoFiles { path } => {
                format!("{}：目录中没有 *.toml 文件", path.display())
            }
        }
    }
}

/// Why a rule file could not be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum LoadProblem {
    #[error("{}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(
        "{}:{line}:{column}: not UTF-8 (byte {byte}); save the file as UTF-8, not as GBK or UTF-16",
        .path.display()
    )]
    NotUtf8 {
        path: PathBuf,
        line: usize,
        column: usize,
        byte: usize,
    },
    #[error("{}: larger than {MAX_FILE_BYTES} bytes", .path.display())]
    TooLarge { path: PathBuf },
    #[error("{}: more than {MAX_FILES} rule files", .path.display())]
    TooManyFiles { path: PathBuf },
    #[error("{}: no *.toml file in this directory", .path.display())]
    NoFiles { path: PathBuf },
}

/// Reads one rule file, or every `*.toml` of a directory sorted by name.
///
/// # Errors
/// Lists every file that is unreadable, too large or not UTF-8.
pub fn load(path: &Path) -> Result<Vec<SourceFile>, LoadError> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    match rule_files(path) {
        Ok(paths) => {
            for path in paths {
                match read(&path) {
                    Ok(file) => files.push(file),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        Err(problem) => problems.push(problem),
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(LoadError { problems })
    }
}

fn rule_files(path: &Path) -> Result<Vec<PathBuf>, LoadProblem> {
    let unreadable = |source| LoadProblem::Unreadable {
        path: path.to_owned(),
        source,
    };
    if !path.metadata().map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut paths = Vec::new();
    for entry in path.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|e| e == "toml") && !file.is_dir() {
            paths.push(file);
        }
    }
    paths.sort();
    match paths.len() {
        0 => Err(LoadProblem::NoFiles {
            path: path.to_owned(),
        }),
        n if n > MAX_FILES => Err(LoadProblem::TooManyFiles {
            path: path.to_owned(),
        }),
        _ => Ok(paths),
    }
}

fn read(path: &Path) -> Result<SourceFile, LoadProblem> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|f| f.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|source| LoadProblem::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(LoadProblem::TooLarge {
            path: path.to_owned(),
        });
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let byte = e.utf8_error().valid_up_to();
        let valid = String::from_utf8_lossy(&e.as_bytes()[..byte]);
        let (line, column) = position(&valid, byte);
        LoadProblem::NotUtf8 {
            path: path.to_owned(),
            line,
            column,
            byte,
        }
    })?;
    Ok(SourceFile {
        name: path.display().to_string(),
        text,
    })
}

/// Line and column, both from 1, of a byte offset; columns count characters.
#[must_use]
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..floor(text, offset)];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// The largest character boundary at or before `offset`.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `span` moved onto character boundaries within `text`.
pub(crate) fn clamp(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = floor(text, span.start);
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "a\n证件 = 1\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('=').unwrap()), (2, 4));
        assert_eq!(position(text, text.len()), (3, 1));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let dir = std::env::temp_dir().join(format!("zhamen-rules-load-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let empty = load(&dir).unwrap_err().to_string();
        std::fs::write(dir.join("b.toml"), b"# \xe8\xaf\x81\n id = \"\xbc\xfe\"").unwrap();
        std::fs::write(dir.join("a.toml"), vec![b'#'; MAX_FILE_BYTES + 1]).unwrap();
        let both = load(&dir).unwrap_err().to_string();
        std::fs::remove_dir_all(&dir).unwrap();
        let gone = load(&dir).unwrap_err();
        assert!(
            empty.ends_with("no *.toml file in this directory"),
            "{empty}"
        );
        assert!(both.contains("a.toml: larger than 1048576 bytes"), "{both}");
        assert!(both.contains("b.toml:2:8: not UTF-8 (byte 13)"), "{both}");
        assert_eq!(gone.problems.len(), 1);
    }
}
