//! Lines of event files: plain, gzip or zstd, several in a row or stdin, in bounded memory.
//!
//! A line is bytes up to a newline or the end; what is in it is nobody's business here. A line
//! longer than a record may be is cut just past the limit, so that it is still seen to be too long.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest record of the contract, in bytes.
pub const RECORD_MAX_BYTES: usize = 64 * 1024;

const BUFFER_BYTES: usize = 256 * 1024;

/// Bytes of the input files read so far, compressed as they are.
pub type Progress = Arc<AtomicU64>;

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct InputError {
    path: PathBuf,
    source: io::Error,
}

/// Lines of several inputs, one after the other.
pub struct Lines {
    /// Still to be read, the next one last.
    waiting: Vec<PathBuf>,
    current: Option<(PathBuf, Box<dyn BufRead + Send>)>,
    progress: Progress,
}

impl Lines {
    /// Lines of `paths` in order; `-` is stdin.
    #[must_use]
    pub fn new(paths: &[PathBuf], progress: Progress) -> Lines {
        Lines {
            waiting: paths.iter().rev().cloned().collect(),
            current: None,
            progress,
        }
    }

    /// Appends the next line without its newline; `false` at the very end.
    ///
    /// # Errors
    /// A file cannot be opened or read, or its compression is damaged.
    pub fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, InputError> {
        loop {
            let Some((path, input)) = &mut self.current else {
                let Some(path) = self.waiting.pop() else {
                    return Ok(false);
                };
                let input = open(&path, &self.progress).map_err(|source| InputError {
                    path: path.clone(),
                    source,
                })?;
                self.current = Some((path, input));
                continue;
            };
            match read_line(input, line) {
                Ok(true) => return Ok(true),
                Ok(false) => self.current = None,
                Err(source) => {
                    return Err(InputError {
                        path: path.clone(),
                        source,
                    });
                }
            }
        }
    }
}

/// Size of all inputs, where it can be known.
#[must_use]
pub fn total_bytes(paths: &[PathBuf]) -> Option<u64> {
    paths
        .iter()
        .map(|path| {
            let meta = std::fs::metadata(path).ok()?;
            meta.is_file().then_some(meta.len())
        })
        .sum()
}

/// A file, decompressed where it is compressed; `-` is stdin.
///
/// # Errors
/// It cannot be opened, or its compression is damaged.
pub fn open(path: &Path, progress: &Progress) -> io::Result<Box<dyn BufRead + Send>> {
    let raw: Box<dyn Read + Send> = if path.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    let counted = Counted {
        inner: raw,
        progress: Arc::clone(progress),
    };
    let mut input = BufReader::with_capacity(BUFFER_BYTES, counted);
    // No JSON begins like this, so the name does not matter and stdin works too.
    let start = input.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let plain = flate2::bufread::MultiGzDecoder::new(input);
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, plain)));
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let plain = zstd::Decoder::with_buffer(input)?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, plain)));
    }
    Ok(Box::new(input))
}

struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.progress.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Appends one line; `false` where nothing is left. Memory per line is bounded by the limit.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let start = line.len();
    let mut any = false;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if chunk.is_empty() {
            return Ok(any);
        }
        any = true;
        let (part, used, done) = match find_newline(chunk) {
            Some(at) => (&chunk[..at], at + 1, true),
            None => (chunk, chunk.len(), false),
        };
        let room = (RECORD_MAX_BYTES + 1).saturating_sub(line.len() - start);
        line.extend_from_slice(&part[..part.len().min(room)]);
        input.consume(used);
        if done {
            return Ok(true);
        }
    }
}

fn find_newline(bytes: &[u8]) -> Option<usize> {
    // A chunk at a time lets the compiler use vectors; `position` alone goes byte by byte.
    let mut at = 0;
    for chunk in bytes.chunks(64) {
        if chunk.iter().fold(false, |found, b| found | (*b == b'\n')) {
            return chunk.iter().position(|b| *b == b'\n').map(|i| at + i);
        }
        at += chunk.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines_of(input: &[u8]) -> Vec<Vec<u8>> {
        // A tiny buffer, so that lines straddle its edges.
        let mut input = BufReader::with_capacity(7, input);
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while read_line(&mut input, &mut line).expect("memory does not fail") {
            lines.push(std::mem::take(&mut line));
        }
        lines
    }

    #[test]
    fn lines_are_what_stands_between_newlines() {
        assert_eq!(lines_of(b""), Vec::<Vec<u8>>::new());
        assert_eq!(lines_of(b"\n"), [b""]);
        assert_eq!(lines_of(b"a\n"), [b"a"]);
        assert_eq!(
            lines_of(b"a\nb"),
            [b"a", b"b"],
            "the last line needs no newline"
        );
        assert_eq!(lines_of(b"a\n\nb\r\n"), [&b"a"[..], b"", b"b\r"]);
    }

    #[test]
    fn an_endless_line_is_cut_just_past_the_limit_and_the_next_one_is_whole() {
        let mut input = vec![b'x'; 3 * RECORD_MAX_BYTES];
        input.extend_from_slice(b"\n{}\n");
        let lines = lines_of(&input);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), RECORD_MAX_BYTES + 1);
        assert_eq!(lines[1], b"{}");
        let exact = vec![b'x'; RECORD_MAX_BYTES];
        assert_eq!(
            lines_of(&exact)[0].len(),
            RECORD_MAX_BYTES,
            "a record may be that long"
        );
    }

    #[test]
    fn compressed_files_and_plain_ones_in_a_row() {
        let dir = std::env::temp_dir().join(format!("zhamen-lines-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        let paths = ["plain", "a.gz", "b.zst"].map(|name| dir.join(name));
        std::fs::write(&paths[0], "one\ntwo").expect("a file");
        let gz = File::create(&paths[1]).expect("a file");
        let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
        gz.write_all(b"three\n").expect("a file");
        gz.finish().expect("a file");
        let zst = zstd::encode_all(&b"four\nfive\n"[..], 1).expect("memory");
        std::fs::write(&paths[2], zst).expect("a file");

        let progress = Progress::default();
        let mut lines = Lines::new(&paths, Arc::clone(&progress));
        let mut all = Vec::new();
        let mut line = Vec::new();
        while lines.next(&mut line).expect("readable files") {
            all.push(String::from_utf8(std::mem::take(&mut line)).expect("text"));
        }
        let total = total_bytes(&paths);
        std::fs::remove_dir_all(&dir).expect("the directory is ours");
        assert_eq!(all, ["one", "two", "three", "four", "five"]);
        assert_eq!(total, Some(progress.load(Ordering::Relaxed)));
    }
}
