//! The bounded capture of one output stream: its first and its last bytes, and how many between them were let go.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

/// What a child wrote to one of its streams.
///
/// Where it wrote more than the bound, the first and the last half of the bound are kept, since a command says
/// what it does first and why it failed last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    cut: u64,
}

impl Captured {
    /// How many bytes were let go between the first and the last that were kept; 0 where all is here.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// The bytes that were kept. Incomplete where [`Captured::cut`] is not 0.
    pub fn bytes(&self) -> Vec<u8> {
        self.head.iter().chain(&self.tail).copied().collect()
    }

    /// The output as text: what is not UTF-8 is replaced, and a cut is said where it was made.
    pub fn text(&self) -> String {
        if self.cut == 0 {
            return lossy(&self.bytes()).into_owned();
        }
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        format!("{}\n[… {} bytes of output were cut here …]\n{}", lossy(&self.head), self.cut, lossy(&tail))
    }

    fn add(&mut self, chunk: &[u8], bound: usize) {
        let for_head = (bound / 2).saturating_sub(self.head.len()).min(chunk.len());
        let (first, rest) = chunk.split_at(for_head);
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(bound - bound / 2);
        self.tail.drain(..over);
        self.cut += over as u64;
    }
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A capture that a reading task fills while its owner may look at it.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Captured>>);

impl Shared {
    /// Reads `stream` to its end, keeping at most `bound` bytes.
    pub(super) async fn fill(self, mut stream: impl AsyncRead + Unpin, bound: usize) -> std::io::Result<()> {
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let read = stream.read(&mut chunk).await?;
            if read == 0 {
                return Ok(());
            }
            self.0.lock().unwrap_or_else(PoisonError::into_inner).add(&chunk[..read], bound);
        }
    }

    /// What has arrived until now.
    pub(super) fn so_far(&self) -> Captured {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::Captured;

    fn captured(chunks: &[&str], bound: usize) -> Captured {
        let mut captured = Captured::default();
        chunks.iter().for_each(|chunk| captured.add(chunk.as_bytes(), bound));
        captured
    }

    #[test]
    fn output_within_the_bound_is_kept_whole() {
        let all = captured(&["abc", "de", "f"], 6);
        assert_eq!((all.text().as_str(), all.cut()), ("abcdef", 0));
    }

    #[test]
    fn output_above_the_bound_keeps_its_beginning_and_its_end_and_says_so() {
        for chunks in [&["abcdefghij"][..], &["abcde", "fghij"], &["a", "bcdefghi", "j"]] {
            let cut = captured(chunks, 5);
            assert_eq!(cut.text(), "ab\n[… 5 bytes of output were cut here …]\nhij", "{chunks:?}");
            assert_eq!((cut.bytes(), cut.cut()), (b"abhij".to_vec(), 5), "{chunks:?}");
        }
    }
}
