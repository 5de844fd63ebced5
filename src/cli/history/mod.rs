//! `helmdrill history`: what was practised, how well, and what is to be practised again. The file is the ledger's, the
//! rests are those of the boxes.

mod boxes;
mod ledger;

pub(super) use ledger::{HistoryFile, Ledger, Practised};

use super::exit::{Code, Failure};
use super::output::Format;
use super::source::{self, Source};
use super::{print, surroundings};
use crate::clock::Moment;
use boxes::Standing;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: HistoryFile,
    /// How to print it
    #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints what was practised.
pub(super) fn history(args: &Args) -> Result<Code, Failure> {
    let ledger = args.file.read()?;
    let known = source::read(&[])?;
    let now = surroundings::now();
    match args.format {
        Format::Json => print(&format!("{:#}\n", document(&ledger, &known)))?,
        Format::Text if ledger.lines.is_empty() => {
            print("nothing was practised yet; `helmdrill practice --next` begins\n")?;
        }
        Format::Text => print(&format!("{}\n{}", drills(&ledger, now), families(&ledger, &known)))?,
    }
    Ok(Code::Met)
}

impl Ledger {
    /// Which of these scenarios is to be practised next.
    pub(super) fn next(&self, sources: &[Source], now: Moment) -> Option<usize> {
        let all: Vec<_> = sources
            .iter()
            .map(|source| {
                let metadata = &source.scenario.metadata;
                (metadata.difficulty, self.standing(&metadata.name.text))
            })
            .collect();
        boxes::next(&all, now)
    }

    fn standing(&self, scenario: &str) -> Option<Standing<'_>> {
        boxes::standing(self.lines.iter().filter(|line| line.scenario == scenario))
    }

    /// Every scenario that was practised, by its name.
    fn standings(&self) -> BTreeMap<&str, Standing<'_>> {
        let names: BTreeSet<&str> = self.lines.iter().map(|line| line.scenario.as_str()).collect();
        names.into_iter().filter_map(|name| Some((name, self.standing(name)?))).collect()
    }
}

fn drills(ledger: &Ledger, now: Moment) -> String {
    let mut out = format!(
        "{:<30} {:>5} {:>5} {:>4} {:<12} {:>3}  again\n",
        "scenario", "times", "best", "last", "verdict", "box"
    );
    for (name, standing) in ledger.standings() {
        let Standing { times, best, last, at_box, due } = standing;
        let again = if due <= now { "now".to_owned() } else { day(due) };
        let verdict = last.verdict.word();
        out += &format!(
            "{name:<30} {times:>5} {best:>5} {:>4} {verdict:<12} {at_box:>3}  {again}\n",
            last.score
        );
    }
    out
}

/// A family: how many of its scenarios were practised, of how many, and the mean of their last scores.
struct Family {
    name: String,
    practised: usize,
    of: usize,
    score: Option<u32>,
}

fn progress(ledger: &Ledger, known: &[Source]) -> Vec<Family> {
    let mut families: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let named = known.iter().map(|source| {
        let metadata = &source.scenario.metadata;
        (metadata.family.clone(), metadata.name.text.clone())
    });
    let own = ledger.lines.iter().map(|line| (line.family.clone(), line.scenario.clone()));
    for (family, scenario) in named.chain(own) {
        families.entry(family).or_default().insert(scenario);
    }
    let standings = ledger.standings();
    let row = |(name, scenarios): (String, BTreeSet<String>)| {
        let last = scenarios.iter().filter_map(|scenario| standings.get(scenario.as_str()));
        let scores: Vec<u32> = last.map(|standing| standing.last.score).collect();
        let count = u32::try_from(scores.len()).unwrap_or(u32::MAX);
        let score = scores.iter().sum::<u32>().checked_div(count);
        Family { name, practised: scores.len(), of: scenarios.len(), score }
    };
    families.into_iter().map(row).collect()
}

fn families(ledger: &Ledger, known: &[Source]) -> String {
    let mut out = format!("{:<30} {:>9} {:>3} {:>6}\n", "family", "practised", "of", "score");
    for Family { name, practised, of, score } in progress(ledger, known) {
        let name = if name.is_empty() { "none" } else { &name };
        let score = score.map_or("-".to_owned(), |score| score.to_string());
        out += &format!("{name:<30} {practised:>9} {of:>3} {score:>6}\n");
    }
    out
}

fn document(ledger: &Ledger, known: &[Source]) -> Value {
    let drills = ledger.standings().into_iter().map(|(name, standing)| {
        json!({"scenario": name, "times": standing.times, "best": standing.best, "box": standing.at_box,
               "due": time(standing.due), "last": standing.last, "last-at": time(standing.last.at)})
    });
    let families = progress(ledger, known).into_iter().map(|family| {
        json!({"family": family.name, "practised": family.practised, "of": family.of, "score": family.score})
    });
    json!({"format": 1, "drills": drills.collect::<Vec<_>>(), "families": families.collect::<Vec<_>>(),
           "unreadable-lines": ledger.unreadable})
}

/// `2026-11-28`.
fn day(at: Moment) -> String {
    time(at).split('T').next().unwrap_or_default().to_owned()
}

/// As RFC 3339 in UTC.
fn time(at: Moment) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default().to_string()
}
