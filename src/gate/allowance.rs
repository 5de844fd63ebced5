//! How many calls somebody may make: counted as they come over the wire, whoever they say they are. The call after the
//! last is refused, and whoever waits for that is told.

use crate::fault::{Bites, Matcher, Refusal, Rule, Verdict, Who};
use std::sync::Arc;
use tokio::sync::watch;

/// What is left of a number of calls. Clones share it.
#[derive(Clone, Debug)]
pub struct Allowance(Arc<watch::Sender<Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    of: u32,
    made: u32,
}

impl Allowance {
    pub(super) fn of(calls: u32) -> Allowance {
        Allowance(Arc::new(watch::Sender::new(Count { of: calls, made: 0 })))
    }

    /// Counts one call; the rule that refuses it where it is one too many.
    pub(super) fn take(&self) -> Option<Rule> {
        let mut over = None;
        self.0.send_modify(|count| {
            count.made = count.made.saturating_add(1);
            over = (count.made > count.of).then_some(count.of);
        });
        over.map(refusal)
    }

    /// Returns when a call was refused.
    pub async fn exceeded(&self) {
        let mut count = self.0.subscribe();
        // The sender is here, so that the wait ends by the count alone.
        count.wait_for(|count| count.made > count.of).await.ok();
    }

    /// Whether a call was refused.
    pub fn is_exceeded(&self) -> bool {
        let count = *self.0.borrow();
        count.made > count.of
    }

    /// How many calls came, those that were refused among them.
    pub fn made(&self) -> u32 {
        self.0.borrow().made
    }
}

/// What becomes of a call that is one too many: what kube-apiserver says to somebody who asks too much, and no time after
/// which to ask again.
fn refusal(of: u32) -> Rule {
    let message = format!("helmdrill: the budget of {of} API calls is spent");
    let when = Matcher {
        who: Who::Anyone,
        method: "WRITE".to_owned(),
        resource: "*".to_owned(),
        name: None,
        status: None,
        nth: of.saturating_add(1),
    };
    Rule {
        id: format!("budget of {of} calls"),
        when,
        verdict: Verdict::Reject(Refusal { code: 429, reason: "TooManyRequests".to_owned(), message }),
        bites: Bites::Always,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_after_the_last_is_refused_and_every_one_after_it() {
        let allowance = Allowance::of(2);
        let refused: Vec<bool> = (0..4).map(|_| allowance.take().is_some()).collect();
        assert_eq!(refused, [false, false, true, true]);
        assert!(allowance.is_exceeded());
        assert_eq!(allowance.made(), 4);
    }
}
