//! Tries many recoveries on the same broken release: broken once and forked where the cluster is a value, broken
//! anew for each where it is not.

use super::DrillError;
use super::phases::{Baseline, Damage};
use super::site::Workshop;
use crate::cluster::Provider;
use crate::plan::Plan;
use crate::transcript::{Recorder, Transcript};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// One recovery that was tried, or why it could not be.
pub type Attempt = (Plan, Result<Transcript, Arc<DrillError>>);

/// What attempts of one batch share.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Where clusters come from.
    pub provider: Provider,
    /// Binaries, charts, folders.
    pub workshop: Workshop,
    /// How many commands may run at the same time.
    pub slots: Arc<Semaphore>,
}

/// Runs plans that differ only from their recovery on. `recorder` makes the recorder of a drill that starts from
/// nothing; `done` hears of every attempt as it ends.
pub async fn attempts(
    ground: &Ground,
    plans: Vec<Plan>,
    recorder: impl Fn() -> Recorder,
    done: impl Fn(&Attempt),
) -> Vec<Attempt> {
    let mut waiting = plans.into_iter().enumerate();
    let mut ended: Vec<(usize, Attempt)> = Vec::new();
    while let Some((at, plan)) = waiting.next() {
        let mut running = JoinSet::new();
        match break_it(ground, &plan, &recorder).await {
            Ok(damage) if damage.can_fork() && waiting.len() > 0 => {
                let damage = Arc::new(damage);
                for (at, plan) in std::iter::once((at, plan)).chain(waiting.by_ref()) {
                    running.spawn(recover_twin(ground.clone(), at, plan, damage.clone()));
                }
            }
            // The last or only one, whose listener hears it to its end; or a cluster that cannot be forked, where the
            // next is broken anew when this one is done.
            Ok(damage) => drop(running.spawn(recover(ground.clone(), at, plan, damage))),
            Err(error) => {
                let attempt = (plan, Err(Arc::new(error)));
                done(&attempt);
                ended.push((at, attempt));
            }
        }
        while let Some(joined) = running.join_next().await {
            let attempt = joined.expect("a recovery neither panics nor is aborted");
            done(&attempt.1);
            ended.push(attempt);
        }
    }
    ended.sort_by_key(|(at, _)| *at);
    ended.into_iter().map(|(_, attempt)| attempt).collect()
}

/// Breaks the release of a plan once and tries on forks of it what somebody makes of what is seen then: `plans` is asked
/// with the transcript up to the broken state. On a cluster that can be forked.
///
/// # Errors
/// Where the release cannot be broken.
pub async fn responses(
    ground: &Ground,
    open: &Plan,
    recorder: Recorder,
    plans: impl FnOnce(&Transcript) -> Vec<Plan>,
    done: impl Fn(&Attempt),
) -> Result<Vec<Attempt>, DrillError> {
    let damage = Arc::new(break_it(ground, open, &|| recorder.clone()).await?);
    let mut running = JoinSet::new();
    for (at, plan) in plans(&damage.transcript()).into_iter().enumerate() {
        running.spawn(recover_twin(ground.clone(), at, plan, damage.clone()));
    }
    drop(damage);
    let mut ended = Vec::new();
    while let Some(joined) = running.join_next().await {
        let attempt = joined.expect("a recovery neither panics nor is aborted");
        done(&attempt.1);
        ended.push(attempt);
    }
    ended.sort_by_key(|(at, _)| *at);
    Ok(ended.into_iter().map(|(_, attempt)| attempt).collect())
}

/// A drill begins when there is a slot for it: its recorder is made then.
async fn break_it(
    ground: &Ground,
    plan: &Plan,
    recorder: &impl Fn() -> Recorder,
) -> Result<Damage, DrillError> {
    let _slot = ground.slots.acquire().await.expect("the slots are never closed");
    Baseline::reach(plan, &ground.provider, &ground.workshop, recorder()).await?.inject(plan).await
}

async fn recover(ground: Ground, at: usize, plan: Plan, damage: Damage) -> (usize, Attempt) {
    let _slot = ground.slots.acquire().await.expect("the slots are never closed");
    let transcript = damage.recover(&plan).await.map_err(Arc::new);
    (at, (plan, transcript))
}

/// Forks the broken release when there is a slot for it, not before: until then it costs nothing.
async fn recover_twin(ground: Ground, at: usize, plan: Plan, damage: Arc<Damage>) -> (usize, Attempt) {
    let _slot = ground.slots.acquire().await.expect("the slots are never closed");
    let forked = damage.fork(&plan).await;
    drop(damage);
    let transcript = match forked {
        Ok(twin) => twin.expect("only what can be forked is").recover(&plan).await,
        Err(error) => Err(error),
    };
    (at, (plan, transcript.map_err(Arc::new)))
}
