//! What `drill` answers: how things stand, what holds, hints, what is taken back. What help costs is said before it is
//! taken. Nothing here tells how the release is recovered, but a hint that was paid for.

use super::super::exit::Failure;
use super::desk::{Answer, Request};
use super::wrap::wrapped;
use crate::drill::{Attended, DrillError, Rewound};
use crate::grade::{HINT, REWIND, Scorecard, Source, grade};
use crate::transcript::{Aside, Leaving};
use std::time::Duration;
use tokio::time::Instant;

/// Who answers during one recovery.
pub(super) struct Answers<'a> {
    hints: &'a [String],
    taken: usize,
    began: Instant,
    limit: Option<Duration>,
}

impl<'a> Answers<'a> {
    /// With the hints of the scenario, from now on.
    pub(super) fn new(hints: &'a [String], began: Instant, limit: Option<Duration>) -> Answers<'a> {
        Answers { hints, taken: 0, began, limit }
    }

    /// Answers one request.
    pub(super) async fn answer(
        &mut self,
        attended: &mut Attended,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let failed = |error: DrillError| Failure::environment(&error);
        Ok(match request {
            Request::Began { line } => {
                attended.began(line);
                Answer::default()
            }
            Request::Ended { code } => {
                attended.ended(*code).await.map_err(failed)?;
                Answer::default()
            }
            Request::Status => {
                let release = attended.release().await.map_err(failed)?;
                said(self.status(&release, &so_far(attended)))
            }
            Request::Check => {
                // Whatever is due happens before it is looked at.
                attended.release().await.map_err(failed)?;
                said(held(attended, &so_far(attended)))
            }
            Request::Hint { taken } => self.hint(attended, *taken),
            Request::Rewind { count, taken } => rewind(attended, *count, *taken),
            Request::Note { text } => {
                attended.aside(Aside::Note { text: text.clone() });
                said("noted\n".to_owned())
            }
            Request::Leave { give_up: true } => {
                Answer { left: Some(Leaving::GivenUp), ..said("given up\n".to_owned()) }
            }
            Request::Leave { give_up: false } => {
                Answer { left: Some(Leaving::Done), ..said("it is held against the objectives\n".to_owned()) }
            }
        })
    }

    fn status(&self, release: &str, card: &Scorecard) -> String {
        let help: Vec<_> = card.losses.iter().filter(|loss| loss.source == Source::Help).collect();
        let points: u32 = help.iter().map(|loss| loss.points).sum();
        let rewinds = help.len().saturating_sub(self.taken);
        let limit = self.limit.map_or(String::new(), |limit| format!(" of {}", clock(limit)));
        format!(
            "{release}\ntime {}{limit}\npoints {points} used: hints {} of {}, rewinds {rewinds}\n",
            clock(self.began.elapsed()),
            self.taken,
            self.hints.len(),
        )
    }

    fn hint(&mut self, attended: &Attended, taken: bool) -> Answer {
        let (number, of) = (self.taken + 1, self.hints.len());
        let Some(text) = self.hints.get(self.taken) else {
            return refused(match of {
                0 => "this scenario has no hints\n".to_owned(),
                _ => format!("there is no hint after the {of} that you have\n"),
            });
        };
        if !taken {
            return priced(format!("hint {number} of {of} costs {HINT} points"));
        }
        self.taken += 1;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        attended.aside(Aside::Hint { number, text: text.clone() });
        said(wrapped(text, ""))
    }
}

fn rewind(attended: &mut Attended, count: u32, taken: bool) -> Answer {
    if !taken {
        return priced(format!("a rewind costs {REWIND} points, however many commands it takes back"));
    }
    match attended.rewind(count) {
        Ok(Rewound { lines, files }) => {
            let lines: String = lines.iter().map(|line| format!("  $ {line}\n")).collect();
            let what = if files {
                "the cluster is, and the files are, as they were before"
            } else {
                "the cluster is as it was before"
            };
            let more = if files { "" } else { "the files could not be kept, and are as they are\n" };
            said(format!("{what}\n{lines}{more}"))
        }
        Err(why) => refused(format!("{why}\n")),
    }
}

/// The grade that it would be if it ended so.
fn so_far(attended: &Attended) -> Scorecard {
    grade(attended.plan(), &attended.transcript())
}

/// Every objective and safeguard, and what was seen of those that do not hold.
fn held(attended: &Attended, card: &Scorecard) -> String {
    let plan = attended.plan();
    let line = |id: &str, safeguard: bool| {
        let lost = card.losses.iter().find(|loss| {
            let fits = match loss.source {
                Source::Objective => !safeguard,
                Source::Safeguard(_) => safeguard,
                Source::Symptom | Source::Help => false,
            };
            fits && loss.id == id
        });
        match lost {
            None => format!("  ok   {id}\n"),
            Some(loss) => format!("  NOT  {id}\n{}", wrapped(&loss.evidence, "       ")),
        }
    };
    let objectives: String = plan.objectives.iter().map(|one| line(&one.id, false)).collect();
    let safeguards: String = plan.safeguards.iter().map(|one| line(&one.id, true)).collect();
    match safeguards.is_empty() {
        true => format!("what has to be in the end\n{objectives}"),
        false => {
            format!("what has to be in the end\n{objectives}what must not happen on the way\n{safeguards}")
        }
    }
}

/// `02:10`; hours count as minutes.
pub(super) fn clock(span: Duration) -> String {
    format!("{:02}:{:02}", span.as_secs() / 60, span.as_secs() % 60)
}

fn said(text: String) -> Answer {
    Answer { text, ..Answer::default() }
}

fn refused(text: String) -> Answer {
    Answer { text, refused: true, ..Answer::default() }
}

fn priced(text: String) -> Answer {
    Answer { text, priced: true, ..Answer::default() }
}
