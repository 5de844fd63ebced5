//! What a person sees while drills run, all of it on stderr. On a terminal: the story of a single drill as it happens,
//! or a bar over many. Elsewhere (a log): a line for each phase of a single drill, or for each of many that ended.

use crate::clock::Moment;
use crate::drill::Attempt;
use crate::grade::grade;
use crate::plan::Plan;
use crate::report::{Teller, heading};
use crate::transcript::{Entry, Event, Listener, Phase};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The progress of one run.
#[derive(Clone)]
pub(super) enum Progress {
    /// One drill, told line by line.
    Story,
    /// One drill, a line for each phase.
    Phases,
    /// Many, counted.
    Bar(ProgressBar),
    /// Many, a line for each that ended.
    Lines(Arc<Count>),
}

/// How many drills of how many ended.
pub(super) struct Count {
    ended: AtomicU64,
    of: u64,
}

impl Progress {
    /// The right kind for so many drills.
    pub(super) fn over(drills: u64) -> Progress {
        match (drills, std::io::stderr().is_terminal()) {
            (1, true) => Progress::Story,
            (1, false) => Progress::Phases,
            (_, true) => Progress::Bar(bar(drills)),
            (_, false) => Progress::Lines(Arc::new(Count { ended: AtomicU64::new(0), of: drills })),
        }
    }

    /// Whether whoever looks at stdout has read the story already: both are the same terminal.
    pub(super) fn has_told(&self) -> bool {
        matches!(self, Progress::Story) && std::io::stdout().is_terminal()
    }

    /// A drill begins; what hears of its entries.
    pub(super) fn begin(&self, plan: &Plan, cluster: &str, began: Moment) -> Option<Listener> {
        match self {
            Progress::Story => {
                super::say(&heading(plan, cluster));
                let teller = Mutex::new(Teller::new(began));
                Some(Arc::new(move |entry: &Entry| {
                    let told = teller.lock().unwrap_or_else(PoisonError::into_inner).tell(entry);
                    super::say(&told.unwrap_or_default());
                }))
            }
            Progress::Phases => {
                super::say(&heading(plan, cluster));
                Some(Arc::new(move |entry: &Entry| {
                    if let Event::Phase { phase } = &entry.event {
                        let seconds = entry.at.since(began).as_secs_f64();
                        super::say(&format!("{:>11} [{seconds:>6.1}s] {}\n", "", name(*phase)));
                    }
                }))
            }
            Progress::Bar(bar) => {
                bar.set_message(format!("{} · helm {}", plan.scenario, plan.helm));
                None
            }
            Progress::Lines(_) => None,
        }
    }

    /// A drill ended.
    pub(super) fn ended(&self, (plan, ended): &Attempt) {
        match self {
            Progress::Story | Progress::Phases => {}
            Progress::Bar(bar) => bar.inc(1),
            Progress::Lines(count) => {
                let number = count.ended.fetch_add(1, Ordering::Relaxed) + 1;
                let came_to = match ended {
                    Ok(transcript) => {
                        let card = grade(plan, transcript);
                        format!("{} {}", card.verdict.word(), card.score)
                    }
                    Err(_) => "could not be run".to_owned(),
                };
                let variant =
                    if plan.variant.is_empty() { String::new() } else { format!("/{}", plan.variant) };
                let what = format!("{}{variant} · {} · helm {}", plan.scenario, plan.procedure, plan.helm);
                super::say(&format!("  {number}/{} {what}: {came_to}\n", count.of));
            }
        }
    }

    /// Lets something else be printed while drills run.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match self {
            Progress::Story | Progress::Phases | Progress::Lines(_) => print(),
            Progress::Bar(bar) => bar.suspend(print),
        }
    }

    /// The run ended.
    pub(super) fn finish(&self) {
        match self {
            Progress::Story | Progress::Phases | Progress::Lines(_) => {}
            Progress::Bar(bar) => bar.finish_and_clear(),
        }
    }
}

fn bar(drills: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} drills  {elapsed}  {msg}");
    let bar = ProgressBar::new(drills).with_style(style.expect("the template is a valid one"));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Provision => "provision",
        Phase::Deploy => "deploy",
        Phase::Inject => "inject",
        Phase::Recover => "recover",
        Phase::Verify => "verify",
    }
}
