//! helmdrill's own calls: a client inside the process that passes the gate without a connection.

use crate::call::Actor;
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use hyper::body::Body as HttpBody;
use std::task::{Context, Poll};
use tower::Service;

use super::body::{Body, BodyError};
use super::read::Own;
use super::{Gate, GateError};

/// A gate as one of helmdrill's own actors sees it: what `kube::Client::new` takes.
#[derive(Clone, Debug)]
pub struct OwnCalls {
    gate: Gate,
    actor: Actor,
    agent: HeaderValue,
}

impl Gate {
    /// The gate for calls by helmdrill itself: as [`Actor::Chaos`] where it breaks something, else [`Actor::Drill`].
    pub fn own_calls(&self, actor: Actor) -> OwnCalls {
        let agent = match &actor {
            Actor::Chaos => Actor::CHAOS_AGENT,
            Actor::Drill
            | Actor::Reconciler
            | Actor::Helm(_)
            | Actor::Kubectl(_)
            | Actor::Controller(_)
            | Actor::Other(_) => Actor::DRILL_AGENT,
        };
        OwnCalls { gate: self.clone(), actor, agent: HeaderValue::from_static(agent) }
    }
}

impl<B> Service<Request<B>> for OwnCalls
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    type Response = Response<Body>;
    type Error = GateError;
    type Future = <Gate as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), GateError>> {
        <Gate as Service<Request<B>>>::poll_ready(&mut self.gate, cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.headers_mut().insert(USER_AGENT, self.agent.clone());
        request.extensions_mut().insert(Own(self.actor.clone()));
        self.gate.call(request)
    }
}
