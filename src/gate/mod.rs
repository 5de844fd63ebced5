//! The wire. Every call to the cluster passes here: it is written down, judged by the installed rules, and forwarded,
//! refused, lost, or its client killed. Owns HTTP, TLS, the cluster's own token and the limits; answers nothing of the
//! API itself and does not know what is behind it, which has to look into any other token.

mod allowance;
mod body;
mod carry;
mod credential;
mod inspect;
mod journal;
mod listen;
mod methods;
mod own;
mod read;
mod refuse;
mod reply;
mod rules;
mod seats;
mod victim;

pub use allowance::Allowance;
pub use body::{Body, BodyError, streamed, whole};
pub use inspect::{Inspect, Inspected, inspect};
pub use journal::{Entry, Now};
pub use listen::{ListenError, Listener};
pub use own::OwnCalls;
pub use reply::respond;
pub use rules::Rules;
pub use victim::KillError;

use crate::call::Call;
use crate::transcript::Recorder;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use hyper::body::Body as HttpBody;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::util::BoxCloneSyncService;

use journal::Journal;

/// What is behind the gate: answers the calls that are forwarded.
pub type Upstream = BoxCloneSyncService<Passage, Response<Body>, BodyError>;

/// A call on its way to the cluster, and the request that it came as.
#[derive(Debug)]
pub struct Passage {
    /// The call.
    pub call: Call,
    /// The HTTP method as it came.
    pub method: Method,
    /// The path and query as they came: `/api/v1/pods?watch=true`.
    pub uri: http::Uri,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// The call's place in the transcript; the upstream takes it when it applies the call.
    pub entry: Entry,
}

/// Why a caller gets no answer at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// A rule ended the connection.
    #[error("the connection was ended by the rule {0:?}")]
    Severed(String),
    /// What is behind the gate could not be reached.
    #[error("the cluster did not answer: {0}")]
    Upstream(BodyError),
    /// The caller went away while its request was read.
    #[error("the request ended early: {0}")]
    Request(BodyError),
}

/// The gate of one cluster. Clones are the same gate; as a [`tower::Service`] it takes any HTTP request.
#[derive(Clone)]
pub struct Gate {
    upstream: Upstream,
    rules: Rules,
    journal: Arc<Journal>,
    inspect: Inspect,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate before `upstream`. Without a recorder nothing is written down; `now` is the drill's clock.
    pub fn new(upstream: Upstream, recorder: Option<Recorder>, now: Now, inspect: Inspect) -> Gate {
        let journal = Arc::new(Journal::new(recorder, now));
        Gate { upstream, rules: Rules::default(), journal, inspect }
    }

    /// The rules that judge calls.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    async fn pass<B>(self, request: Request<B>) -> Result<Response<Body>, GateError>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        let mut call = read::head(&parts);
        let entry = self.journal.arrived(&call, parts.uri.path(), parts.uri.query().unwrap_or_default());
        let mut answer = match read::body(&parts, body).await {
            Ok(body) => {
                call.body = body;
                self.carry(call, parts, &entry).await?
            }
            Err(read::ReadError::TooLarge) => refuse::too_large(),
            Err(read::ReadError::Lost(error)) => return Err(GateError::Request(error)),
        };
        entry.answered(answer.status().as_u16());
        answer.headers_mut().entry(AUDIT_ID).or_insert_with(|| audit_id(entry.write()));
        Ok(answer)
    }
}

const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

/// kube-apiserver gives every request an `Audit-Id`; here it tells the number of the call.
fn audit_id(call: u64) -> HeaderValue {
    let id = format!("00000000-0000-4000-8000-{:012x}", call & 0xffff_ffff_ffff);
    HeaderValue::try_from(id).expect("hexadecimal digits are legal in a header")
}

impl<B> tower::Service<Request<B>> for Gate
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    type Response = Response<Body>;
    type Error = GateError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, GateError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), GateError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().pass(request))
    }
}
