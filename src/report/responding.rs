//! What is said of a responder beside the grade of each attempt: how it ended, and how often it recovers.

use super::{Graded, Record};
use crate::plan::{Responder, Verdict};
use crate::transcript::{End, Exit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One attempt of a responder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Responding {
    /// Its command.
    pub command: String,
    /// The seed of the attempt.
    pub seed: u64,
    /// `exited`, `signal`, `out-of-time` or `out-of-calls`.
    pub ended: String,
    /// Its exit code; none where it did not exit by itself.
    pub exit: Option<i32>,
    /// For how many seconds it could run.
    pub budget_seconds: u32,
    /// How many calls it could make; none where any number.
    pub budget_calls: Option<u32>,
}

impl Responding {
    /// The attempt that a drill is; `None` where it was recovered by a procedure.
    pub fn of(graded: &Graded) -> Option<Responding> {
        let responder = graded.plan.responder.as_ref()?;
        let exit = end(graded).map(|end| end.exit);
        let over = responder.calls.is_some_and(|calls| graded.scorecard.calls > calls);
        let ended = match exit {
            Some(Exit::Code(_)) => "exited",
            Some(Exit::TimedOut) => "out-of-time",
            Some(Exit::Signal(_)) if over => "out-of-calls",
            Some(Exit::Signal(_)) | None => "signal",
        };
        Some(Responding {
            command: responder.command.clone(),
            seed: graded.plan.seed.0,
            ended: ended.to_owned(),
            exit: match exit {
                Some(Exit::Code(code)) => Some(code),
                Some(Exit::Signal(_) | Exit::TimedOut) | None => None,
            },
            budget_seconds: responder.seconds,
            budget_calls: responder.calls,
        })
    }
}

/// The end of the responder's command.
fn end(graded: &Graded) -> Option<End<'_>> {
    graded.transcript.commands().into_iter().find(|ran| ran.origin == Responder::ORIGIN)?.end
}

/// What the responder of a drill said, for a file beside its transcript; `None` where there was none.
pub fn said(graded: &Graded) -> Option<String> {
    graded.plan.responder.as_ref()?;
    let End { stdout, stderr, .. } = end(graded)?;
    Some(format!("--- standard output\n{stdout}\n--- standard error\n{stderr}\n"))
}

/// How often a responder recovers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passes {
    /// Each scenario with each version of Helm.
    pub each: Vec<Tally>,
    /// The mean over all of them, for every k for which each has that many attempts; index 0 is k = 1.
    pub pass_at: Vec<f64>,
    /// The same of the chance that all of k attempts recover.
    pub pass_all: Vec<f64>,
}

/// The attempts at one scenario with one version of Helm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// The scenario, with its variant after a `/`.
    pub scenario: String,
    /// The version of Helm.
    pub helm: String,
    /// Attempts that were graded; those that were inconclusive do not count.
    pub attempts: u32,
    /// Those that recovered.
    pub recovered: u32,
    /// pass@k: the chance that at least one of k attempts recovers; index 0 is k = 1.
    pub pass_at: Vec<f64>,
    /// pass^k: the chance that all of k attempts recover.
    pub pass_all: Vec<f64>,
}

/// How often the responder of a run recovers; `None` where there is none.
pub fn passes(drills: &[Record]) -> Option<Passes> {
    let mut each: Vec<Tally> = Vec::new();
    for drill in drills.iter().filter(|drill| drill.responder.is_some()) {
        let (scenario, helm) = (drill.failure(), drill.helm.clone());
        let known = each.iter().position(|tally| tally.scenario == scenario && tally.helm == helm);
        let at = known.unwrap_or_else(|| {
            each.push(Tally {
                scenario,
                helm,
                attempts: 0,
                recovered: 0,
                pass_at: Vec::new(),
                pass_all: Vec::new(),
            });
            each.len() - 1
        });
        each[at].attempts += u32::from(drill.verdict != Verdict::Inconclusive.word());
        each[at].recovered += u32::from(drill.verdict == Verdict::Recovered.word());
    }
    for tally in &mut each {
        let (of, good) = (tally.attempts, tally.recovered);
        tally.pass_at = (1..=of).map(|k| 1.0 - all_of(of, of - good, k)).collect();
        tally.pass_all = (1..=of).map(|k| all_of(of, good, k)).collect();
    }
    (!each.is_empty()).then(|| {
        let (pass_at, pass_all) =
            (mean(each.iter().map(|t| &t.pass_at)), mean(each.iter().map(|t| &t.pass_all)));
        Passes { each, pass_at, pass_all }
    })
}

/// The chance that k drawn out of n without putting back are all among c: C(c, k) / C(n, k).
fn all_of(n: u32, c: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(c.saturating_sub(i)) / f64::from(n - i)).product()
}

/// The mean at every index that all have.
fn mean<'a>(all: impl Iterator<Item = &'a Vec<f64>> + Clone) -> Vec<f64> {
    let shortest = all.clone().map(Vec::len).min().unwrap_or_default();
    let count = f64::from(u32::try_from(all.clone().count()).unwrap_or(u32::MAX));
    (0..shortest).map(|at| all.clone().map(|one| one[at]).sum::<f64>() / count).collect()
}

/// The lines below the table of a run with more attempts than one.
pub fn told(passes: &Passes) -> String {
    if passes.each.iter().all(|tally| tally.attempts < 2) {
        return String::new();
    }
    let mut out = "\n".to_owned();
    for tally in &passes.each {
        let name = format!("{} · helm {}", tally.scenario, tally.helm);
        let seen = format!("{} of {} recovered", tally.recovered, tally.attempts);
        out += &format!("{name}: {seen}; {}\n", chances(&tally.pass_at, &tally.pass_all));
    }
    if passes.each.len() > 1 {
        out += &format!("overall: {}\n", chances(&passes.pass_at, &passes.pass_all));
    }
    out
}

/// `pass@1 0.60, pass@5 1.00, pass^5 0.00`.
fn chances(pass_at: &[f64], pass_all: &[f64]) -> String {
    let (Some(one), Some(any), Some(all)) = (pass_at.first(), pass_at.last(), pass_all.last()) else {
        return "no attempt counts".to_owned();
    };
    let k = pass_at.len();
    match k {
        1 => format!("pass@1 {one:.2}"),
        _ => format!("pass@1 {one:.2}, pass@{k} {any:.2}, pass^{k} {all:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::all_of;

    #[test]
    fn chances_are_those_of_drawing_without_putting_back() {
        // Of 5 attempts 3 recovered. Two that are drawn: C(3,2)/C(5,2) = 3/10 both, 1 - C(2,2)/C(5,2) = 9/10 one of them.
        assert!((all_of(5, 3, 2) - 0.3).abs() < 1e-12);
        assert!((1.0 - all_of(5, 2, 2) - 0.9).abs() < 1e-12);
        assert!((all_of(5, 3, 1) - 0.6).abs() < 1e-12);
        assert!(all_of(5, 3, 4).abs() < 1e-12, "four that recovered are not there");
        assert!((all_of(5, 5, 5) - 1.0).abs() < 1e-12);
    }
}
