//! What a person sees while drills run: the story of a single drill as it happens, or a bar over many. All of it
//! goes to stderr; nothing of it where stderr is no terminal and many drills run.

use crate::plan::Plan;
use crate::report::{Teller, heading};
use crate::transcript::{Entry, Listener};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::{Arc, Mutex, PoisonError};

/// The progress of one run.
#[derive(Clone)]
pub(super) enum Progress {
    /// One drill, told line by line.
    Story,
    /// Many, counted.
    Bar(ProgressBar),
}

impl Progress {
    /// The right kind for so many drills.
    pub(super) fn over(drills: u64) -> Progress {
        if drills == 1 {
            return Progress::Story;
        }
        let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} drills  {elapsed}  {msg}");
        let bar = ProgressBar::new(drills).with_style(style.expect("the template is a valid one"));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Progress::Bar(bar)
    }

    /// A drill begins; what hears of its entries.
    pub(super) fn begin(&self, plan: &Plan, cluster: &str, began: crate::clock::Moment) -> Option<Listener> {
        match self {
            Progress::Story => {
                anstream::eprint!("{}", heading(plan, cluster));
                let teller = Mutex::new(Teller::new(began));
                Some(Arc::new(move |entry: &Entry| {
                    let told = teller.lock().unwrap_or_else(PoisonError::into_inner).tell(entry);
                    anstream::eprint!("{}", told.unwrap_or_default());
                }))
            }
            Progress::Bar(bar) => {
                bar.set_message(format!("{} · helm {}", plan.scenario, plan.helm));
                None
            }
        }
    }

    /// A drill ended.
    pub(super) fn ended(&self) {
        match self {
            Progress::Story => {}
            Progress::Bar(bar) => bar.inc(1),
        }
    }

    /// The run ended.
    pub(super) fn finish(&self) {
        match self {
            Progress::Story => {}
            Progress::Bar(bar) => bar.finish_and_clear(),
        }
    }
}
