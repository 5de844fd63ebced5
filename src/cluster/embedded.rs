//! The embedded cluster behind a gate: the simulated Kubernetes of this process.

use crate::behaviour::{Behaviour, Pace};
use crate::call::{Call, Verb};
use crate::gate::{Body, BodyError, Gate, Passage, Upstream, inspect, respond};
use crate::seed::Seed;
use crate::sim::{Config, HookAnswers, World};
use crate::snapshot::Snapshot;
use crate::transcript::Recorder;
use std::sync::Arc;
use tower::service_fn;

use super::clock::DrillClock;
use super::realm::{Realm, keep_time};
use super::scope::Scope;
use super::{following, watching, webhook};

/// What an embedded cluster is to be.
#[derive(Clone, Debug)]
pub struct EmbeddedSpec {
    /// Where its uids, suffixes and addresses come from.
    pub seed: Seed,
    /// How fast its pods come and go.
    pub pace: Pace,
    /// What its containers do.
    pub behaviours: Arc<[Behaviour]>,
    /// Whether controllers, scheduler and node run at all.
    pub controllers: bool,
    /// Whether Services of type LoadBalancer are given addresses, as in a cloud.
    pub load_balancers: bool,
    /// Whether Roles and their bindings decide who may do what.
    pub rbac: bool,
    /// The namespaces that are made in it; the first is the current one of its kubeconfig.
    pub namespaces: Vec<String>,
    /// The port of 127.0.0.1 that it listens on; 0 for a free one.
    pub port: u16,
}

/// A served world and its gate.
pub(super) struct Embedded {
    pub(super) realm: Arc<Realm>,
    pub(super) gate: Gate,
}

impl Embedded {
    /// A fresh world.
    pub(super) fn fresh(spec: &EmbeddedSpec, recorder: Option<Recorder>) -> Embedded {
        let clock = DrillClock::start();
        let config = Config {
            seed: spec.seed,
            pace: spec.pace,
            controllers: spec.controllers,
            behaviours: spec.behaviours.clone(),
            load_balancers: spec.load_balancers,
            rbac: spec.rbac,
            salt: if recorder.is_some() { [0; 32] } else { entropy() },
        };
        let world = World::new(config, clock.now());
        Embedded::serve(world, clock, recorder, |fresh| Scope::new(&spec.namespaces, fresh))
    }

    /// The same world at the same moment, with a life of its own from here on.
    pub(super) fn twin(realm: &Realm, recorder: Option<Recorder>) -> Embedded {
        let scope = realm.scope().clone();
        Embedded::serve(realm.twin(), realm.clock.fork(), recorder, |_| scope)
    }

    fn serve(
        world: World,
        clock: DrillClock,
        recorder: Option<Recorder>,
        scope: impl FnOnce(&Snapshot) -> Scope,
    ) -> Embedded {
        let realm = Realm::new(world, clock.clone(), recorder.clone(), scope);
        tokio::spawn(keep_time(Arc::downgrade(&realm)));
        let gate = Gate::new(upstream(&realm), recorder, Arc::new(move || clock.now()), inspect);
        Embedded { realm, gate }
    }
}

/// What nobody can guess, for the signing key of a cluster that is not recorded: a drill is repeated by its seed alone.
fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    // Without randomness no listener opens either, since it needs a certificate.
    provider.secure_random.fill(&mut bytes).ok();
    bytes
}

/// The world as what is behind a gate.
fn upstream(realm: &Arc<Realm>) -> Upstream {
    let realm = realm.clone();
    Upstream::new(service_fn(move |passage: Passage| {
        let realm = realm.clone();
        async move { Ok::<_, BodyError>(answer(&realm, &passage).await) }
    }))
}

/// Whether a call wants a log and what is still to come of it.
fn follows_log(call: &Call) -> bool {
    let log =
        call.resource().is_some_and(|at| at.resource == "pods" && at.subresource.as_deref() == Some("log"));
    log && call.verb == Verb::Get && call.query.is_true("follow")
}

async fn answer(realm: &Arc<Realm>, passage: &Passage) -> http::Response<Body> {
    let Passage { call, headers, entry, uri, .. } = passage;
    let query = uri.query().unwrap_or_default();
    if follows_log(call) {
        let (reply, followed) = realm.log(call, entry);
        let mut response = respond(reply, headers, query);
        if let Some(log) = followed {
            *response.body_mut() = following::follow(realm, log);
        }
        return response;
    }
    if call.verb != Verb::Watch {
        let mut answers = HookAnswers::default();
        loop {
            match realm.answer(call, entry, &answers) {
                Ok(reply) => return respond(reply, headers, query),
                Err(hook) => {
                    let answer = webhook::ask(&hook).await;
                    entry.aside(&webhook::record(&hook, &answer));
                    answers.add(*hook, answer);
                }
            }
        }
    }
    entry.write();
    match watching::follow(realm, call) {
        Ok((events, head)) => {
            let mut response = respond(head, headers, query);
            *response.body_mut() = events;
            response
        }
        Err(refusal) => respond(refusal, headers, query),
    }
}
