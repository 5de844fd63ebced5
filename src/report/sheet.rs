//! All that a written report shows of one drill, and no more: made from a transcript that can then be let go, so that the
//! report of a whole run needs little memory.

use super::course::Course;
use super::record::Record;
use super::states::{Differences, States};
use super::story::{Chapters, chapters, heading};
use super::{Graded, Run, record};
use crate::grade::Scorecard;
use crate::plan::{Expectation, Role, Severity};

/// One drill, ready to be shown.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// `stuck-upgrade/before-first-write`.
    pub(super) failure: String,
    pub(super) title: String,
    pub(super) procedure: String,
    pub(super) role: Role,
    pub(super) helm: String,
    pub(super) seed: u64,
    pub(super) release: String,
    pub(super) scorecard: Scorecard,
    pub(super) expect: Expectation,
    pub(super) reproduce: String,
    pub(super) record: Record,
    /// What they read in a terminal, without colours: its first line, and the rest.
    pub(super) heading: String,
    pub(super) chapters: Chapters,
    pub(super) course: Course,
    pub(super) differences: Differences,
    /// What counted: objectives and safeguards with what they are worth.
    pub(super) stakes: Vec<Stake>,
}

/// Something that a drill is graded by.
#[derive(Clone, Debug)]
pub(super) struct Stake {
    pub(super) id: String,
    /// `objective`, `safeguard`.
    pub(super) kind: &'static str,
    /// Points that are lost with it.
    pub(super) points: u32,
}

impl Sheet {
    /// Makes the sheet of a drill of which everything is still there.
    pub fn of(graded: &Graded) -> Sheet {
        let Graded { plan, scorecard, transcript, .. } = graded;
        let objectives = plan.objectives.iter().map(|objective| Stake {
            id: objective.id.clone(),
            kind: "objective",
            points: objective.weight,
        });
        let safeguards = plan.safeguards.iter().map(|safeguard| match safeguard.severity {
            Severity::Recoverable => {
                Stake { id: safeguard.id.clone(), kind: "safeguard", points: safeguard.penalty }
            }
            Severity::Catastrophic => {
                Stake { id: safeguard.id.clone(), kind: "catastrophic safeguard", points: 100 }
            }
        });
        let Chapters { broken, recovered, grade } = chapters(graded);
        Sheet {
            failure: graded.scenario(),
            title: plan.title.clone(),
            procedure: plan.procedure.clone(),
            role: plan.role,
            helm: plan.helm.clone(),
            seed: plan.seed.0,
            release: plan.release.clone(),
            scorecard: scorecard.clone(),
            expect: plan.expect.clone(),
            reproduce: graded.reproduce(),
            record: Record::of(graded),
            heading: plain(&heading(plan, &graded.cluster)),
            chapters: Chapters { broken: plain(&broken), recovered: plain(&recovered), grade: plain(&grade) },
            course: Course::of(graded),
            differences: States::of(transcript).differences(),
            stakes: objectives.chain(safeguards).collect(),
        }
    }

    /// The drill as people read it in a terminal, without colours.
    pub(super) fn story(&self) -> String {
        let Chapters { broken, recovered, grade } = &self.chapters;
        [self.heading.as_str(), broken, recovered, grade].concat()
    }

    /// By what sheets are put in order where nobody has: by failure, and in it what the scenario teaches first and its
    /// controls last.
    pub fn rank(&self) -> (String, u8, String, String) {
        let role = match self.role {
            Role::Reference => 0,
            Role::Alternative => 1,
            Role::Control => 2,
        };
        (self.failure.clone(), role, self.procedure.clone(), self.helm.clone())
    }

    /// `stuck-upgrade/before-first-write · rollback · helm 4.3.1`.
    pub(super) fn name(&self) -> String {
        format!("{} · {} · helm {}", self.failure, self.procedure, self.helm)
    }

    /// What was expected, in the words that go with what was seen: `as expected`, `expected failed`, `expected to lose x`.
    pub(super) fn expected(&self) -> String {
        if self.scorecard.as_expected {
            "as expected".to_owned()
        } else if self.expect.verdict == self.scorecard.verdict {
            format!("expected to lose {}", self.expect.trips.join(", "))
        } else {
            format!("expected {}", self.expect.verdict.word())
        }
    }
}

fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

/// The JSON document of drills.
pub fn data(sheets: &[Sheet], not_exercised: &[String]) -> Run {
    record::run(
        sheets.first().map_or(0, |sheet| sheet.seed),
        sheets.iter().map(|sheet| sheet.record.clone()).collect(),
        not_exercised.to_vec(),
    )
}
