//! The rules that are installed and what they have counted: which call is bitten, by which rule. Carrying a verdict
//! out is `carry`'s matter.

use crate::call::{Actor, Call};
use crate::fault::{Bites, Rule, Side, Verdict};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::allowance::Allowance;
use super::inspect::Inspect;

/// A handle on the rules of one gate; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Rules(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    armed: Vec<Armed>,
    bitten: Vec<String>,
    failed: Vec<String>,
    clients: Vec<u32>,
    allowance: Option<Allowance>,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    seen: u32,
    bitten: u32,
}

impl Rules {
    /// Arms rules beside those that are armed; each counts calls from now on.
    pub fn install(&self, rules: impl IntoIterator<Item = Rule>) {
        self.state().armed.extend(rules.into_iter().map(|rule| Armed { rule, seen: 0, bitten: 0 }));
    }

    /// Disarms every rule that has not bitten, forgets what has, and lets every number of calls pass.
    pub fn clear(&self) {
        let mut state = self.state();
        state.armed.clear();
        state.bitten.clear();
        state.failed.clear();
        state.allowance = None;
    }

    /// Lets so many calls pass from now on, whoever makes them but helmdrill itself, and refuses the others.
    pub fn allow(&self, calls: u32) -> Allowance {
        let allowance = Allowance::of(calls);
        self.state().allowance = Some(allowance.clone());
        allowance
    }

    /// Disarms one rule by its id.
    pub fn disarm(&self, id: &str) {
        self.state().armed.retain(|armed| armed.rule.id != id);
    }

    /// The ids of the rules that have bitten, in the order in which they did.
    pub fn bitten(&self) -> Vec<String> {
        self.state().bitten.clone()
    }

    /// What could not be carried out: `id: why`. A drill in which something is said here proves nothing.
    pub fn failures(&self) -> Vec<String> {
        self.state().failed.clone()
    }

    /// Says that a rule bit and its verdict could not be carried out.
    pub(super) fn failed(&self, id: &str, why: &dyn std::fmt::Display) {
        self.state().failed.push(format!("{id}: {why}"));
    }

    /// Lets a rule kill the process `pid` and those that it starts, though helmdrill did not start it.
    pub fn may_kill(&self, pid: u32) {
        self.state().clients.push(pid);
    }

    /// The processes named with [`Rules::may_kill`].
    pub(super) fn clients(&self) -> Vec<u32> {
        self.state().clients.clone()
    }

    /// The rule that bites this call. Every armed rule counts the call; of those whose turn it is the first bites,
    /// and the others bite at the next call that fits them. Calls by helmdrill itself are never judged.
    pub(super) fn judge(&self, call: &Call, inspect: Inspect) -> Option<Rule> {
        let mut state = self.state();
        match call.actor {
            Actor::Drill | Actor::Chaos => return None,
            // It acts as a user that others can name too, so that its calls count.
            Actor::Reconciler => return state.allowance.as_ref().and_then(Allowance::take),
            Actor::Helm(_) | Actor::Kubectl(_) | Actor::Controller(_) | Actor::Other(_) => {}
        }
        if let Some(refused) = state.allowance.as_ref().and_then(Allowance::take) {
            return Some(refused);
        }
        if state.armed.is_empty() {
            return None;
        }
        let seen = inspect(call);
        let mut due = None;
        for (at, armed) in state.armed.iter_mut().enumerate() {
            if armed.rule.when.fits(call, seen.name.as_deref(), seen.status.as_deref()) {
                armed.seen += 1;
                if armed.seen >= armed.rule.when.nth && due.is_none() {
                    due = Some(at);
                }
            }
        }
        let at = due?;
        let armed = &mut state.armed[at];
        armed.bitten += 1;
        let rule = armed.rule.clone();
        let spent = match rule.bites {
            Bites::Once => true,
            Bites::Times(times) => armed.bitten >= times,
            Bites::Always => false,
        };
        if spent {
            state.armed.remove(at);
        }
        state.bitten.push(rule.id.clone());
        Some(rule)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the transcript names a verdict: `kill before`, `lose-reply`, `reject 500`.
pub(super) fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Forward { after } => format!("forward after {after} ms"),
        Verdict::Reject(refusal) => format!("reject {}", refusal.code),
        Verdict::Sever => "sever".to_owned(),
        Verdict::LoseReply => "lose-reply".to_owned(),
        Verdict::CutWatch => "cut-watch".to_owned(),
        Verdict::Kill(Side::Before) => "kill before".to_owned(),
        Verdict::Kill(Side::After) => "kill after".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::inspect::inspect;
    use super::*;

    fn rule(id: &str, when: &str) -> Rule {
        Rule {
            id: id.to_owned(),
            when: when.parse().expect(when),
            verdict: Verdict::Sever,
            bites: Bites::Once,
        }
    }

    fn patch(agent: &str, name: &str) -> Call {
        let path = format!("/apis/apps/v1/namespaces/p/deployments/{name}");
        Call::from_http(&http::Method::PATCH, &path, "", Actor::from_user_agent(agent), agent)
    }

    fn bitten(rules: &Rules, calls: &[Call]) -> Vec<Option<String>> {
        calls.iter().map(|call| rules.judge(call, inspect).map(|rule| rule.id)).collect()
    }

    #[test]
    fn a_rule_bites_its_ordinal_once_and_counts_what_fits_alone() {
        let rules = Rules::default();
        rules.install([rule("second", "2nd PATCH deployments/web")]);
        let calls = [
            patch("Helm/4", "web"),
            patch("Helm/4", "other"),
            patch("kubectl/v1", "web"),
            patch("Helm/4", "web"),
            patch("Helm/4", "web"),
        ];
        assert_eq!(bitten(&rules, &calls), [None, None, None, Some("second".to_owned()), None]);
        assert_eq!(rules.bitten(), ["second"]);
    }

    #[test]
    fn one_call_is_bitten_by_one_rule_and_the_next_rule_takes_the_next_call() {
        let rules = Rules::default();
        rules.install([rule("a", "PATCH deployments/web"), rule("b", "PATCH deployments/web")]);
        let calls = [patch("Helm/4", "web"), patch("Helm/4", "web"), patch("Helm/4", "web")];
        assert_eq!(bitten(&rules, &calls), [Some("a".to_owned()), Some("b".to_owned()), None]);
    }

    #[test]
    fn a_rule_that_bites_more_than_once_goes_on_from_the_call_that_it_waited_for() {
        let bitten = |bites| {
            let rules = Rules::default();
            rules.install([Rule { bites, ..rule("a", "2nd PATCH deployments/web") }]);
            let call = patch("Helm/4", "web");
            (0..5).map(|_| rules.judge(&call, inspect).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(bitten(Bites::Once), [false, true, false, false, false]);
        assert_eq!(bitten(Bites::Times(2)), [false, true, true, false, false]);
        assert_eq!(bitten(Bites::Always), [false, true, true, true, true]);
    }

    #[test]
    fn helmdrill_itself_is_never_judged() {
        let rules = Rules::default();
        rules.install([rule("any", "anyone: PATCH deployments")]);
        let own = [patch(Actor::DRILL_AGENT, "web"), patch(Actor::CHAOS_AGENT, "web")];
        assert_eq!(bitten(&rules, &own), [None, None]);
        assert_eq!(bitten(&rules, &[patch("curl/8", "web")]), [Some("any".to_owned())]);
    }
}
