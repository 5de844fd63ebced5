//! The history of practice: one line of JSON for each recovery, in one file, to which lines are only ever added. Several
//! helmdrills may add at the same time; a line that cannot be read is passed over, said, and left as it is.
#![expect(clippy::disallowed_methods, reason = "the history is a file")]

use super::super::exit::{Code, Failure};
use super::super::surroundings;
use crate::clock::Moment;
use crate::plan::Verdict;
use crate::seed::Seed;
use crate::transcript::Leaving;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The version of a line.
const FORMAT: u32 = 1;

/// Where the history is kept.
#[derive(Clone, Debug, clap::Args)]
pub(in super::super) struct HistoryFile {
    /// The file that keeps the scores [default: history.jsonl in helmdrill's data folder]
    #[arg(long, value_name = "FILE", env = "HELMDRILL_HISTORY", hide_env_values = true)]
    history: Option<PathBuf>,
}

/// One recovery that was practised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) struct Practised {
    /// [`FORMAT`] of the writer.
    pub(super) format: u32,
    /// When it ended.
    pub(super) at: Moment,
    /// Name of the scenario.
    pub(super) scenario: String,
    /// Name of the variant; empty where there is none.
    pub(super) variant: String,
    /// Its family.
    pub(super) family: String,
    /// Its difficulty, from 1 to 5.
    pub(super) difficulty: u8,
    /// The version of Helm.
    pub(super) helm: String,
    /// Where every draw came from.
    pub(super) seed: Seed,
    /// What it came to.
    pub(super) verdict: Verdict,
    /// 0 to 100.
    pub(super) score: u32,
    /// Seconds in the shell.
    pub(super) seconds: u64,
    /// Hints that were taken.
    pub(super) hints: u32,
    /// How often commands were taken back.
    pub(super) rewinds: u32,
    /// How it ended.
    pub(super) left: Leaving,
}

/// Everything that is known, in the order in which it was written.
#[derive(Debug, Default)]
pub(in super::super) struct Ledger {
    /// The lines that can be read.
    pub(super) lines: Vec<Practised>,
    /// The numbers of those that cannot.
    pub(super) unreadable: Vec<usize>,
}

impl Practised {
    /// The line of a drill.
    pub(in super::super) fn of(
        drill: &crate::report::Graded,
        scenario: &crate::scenario::Scenario,
        (at, seconds, left): (Moment, u64, Leaving),
    ) -> Practised {
        let (plan, card) = (&drill.plan, &drill.scorecard);
        let count = |id: &str| {
            let help =
                card.losses.iter().filter(|loss| loss.source == crate::grade::Source::Help && loss.id == id);
            u32::try_from(help.count()).unwrap_or(u32::MAX)
        };
        Practised {
            format: FORMAT,
            at,
            scenario: plan.scenario.clone(),
            variant: plan.variant.clone(),
            family: scenario.metadata.family.clone(),
            difficulty: scenario.metadata.difficulty,
            helm: plan.helm.clone(),
            seed: plan.seed,
            verdict: card.verdict,
            score: card.score,
            seconds,
            hints: count("hint"),
            rewinds: count("rewind"),
            left,
        }
    }
}

impl HistoryFile {
    /// Where it is.
    pub(in super::super) fn path(&self) -> Result<PathBuf, Failure> {
        let named = self.history.as_deref().map(surroundings::absolute);
        named
            .or_else(|| {
                Some(
                    directories::ProjectDirs::from("", "", "helmdrill")?
                        .data_local_dir()
                        .join("history.jsonl"),
                )
            })
            .ok_or_else(|| Failure {
                code: Code::Environment,
                message: "this user has no home folder to keep a history in".to_owned(),
                help: Some("name a file with --history".to_owned()),
            })
    }

    /// Reads what was practised. That there is no file yet means that nothing was.
    pub(in super::super) fn read(&self) -> Result<Ledger, Failure> {
        let path = self.path()?;
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(mut file) => {
                file.read_to_end(&mut bytes).map_err(|error| surroundings::unwritable(&path, &error))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Ledger::default()),
            Err(error) => return Err(surroundings::unwritable(&path, &error)),
        }
        let ledger = Ledger::of(&String::from_utf8_lossy(&bytes));
        if let Some(first) = ledger.unreadable.first() {
            super::super::say(&format!(
                "{}:{first}: {} of the lines cannot be read and are passed over\n",
                path.display(),
                ledger.unreadable.len()
            ));
        }
        Ok(ledger)
    }

    /// Sees to it that a line can be added later.
    pub(in super::super) fn foresee(&self) -> Result<(), Failure> {
        let path = self.path()?;
        opened(&path).map(drop).map_err(|error| surroundings::unwritable(&path, &error))
    }

    /// Adds a line.
    pub(in super::super) fn add(&self, line: &Practised) -> Result<(), Failure> {
        let path = self.path()?;
        let text = serde_json::to_string(line).expect("plain data");
        append(&path, &text).map_err(|error| surroundings::unwritable(&path, &error))
    }
}

impl Ledger {
    fn of(text: &str) -> Ledger {
        let mut ledger = Ledger::default();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str::<Practised>(line) {
                Ok(read) if read.format == FORMAT => ledger.lines.push(read),
                Ok(_) | Err(_) => ledger.unreadable.push(at + 1),
            }
        }
        ledger
    }
}

fn opened(path: &Path) -> std::io::Result<File> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)
}

/// Adds a line while nobody else does. What a writer that was killed has left half written gets an end of its own first.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = opened(path)?;
    file.lock()?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let begin = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{begin}{text}\n").as_bytes())
}

#[cfg(test)]
pub(super) fn practised(scenario: &str, day: i64, verdict: Verdict, score: u32) -> Practised {
    Practised {
        format: FORMAT,
        at: Moment::from_micros(day * 86_400_000_000),
        scenario: scenario.to_owned(),
        variant: String::new(),
        family: "locked".to_owned(),
        difficulty: 1,
        helm: "4.3.1".to_owned(),
        seed: Seed(1),
        verdict,
        score,
        seconds: 60,
        hints: 0,
        rewinds: 0,
        left: Leaving::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_writers_and_a_half_written_line_lose_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("below/history.jsonl");
        let line = practised("a", 1, Verdict::Recovered, 100);
        let text = serde_json::to_string(&line).expect("plain data");
        append(&path, &text).expect("it is ours");
        fs::write(&path, fs::read_to_string(&path).expect("a file") + "{\"format\": 1, \"sce")
            .expect("it is ours");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..25).for_each(|_| append(&path, &text).expect("it is ours")));
            }
        });
        let ledger = Ledger::of(&fs::read_to_string(&path).expect("a file"));
        assert_eq!((ledger.lines.len(), ledger.unreadable), (201, vec![2]));
        assert!(ledger.lines.iter().all(|read| *read == line));
    }
}
