//! A cluster outside this process as what is behind a gate: requests go on as they came, answers come back as they
//! are, watches piece by piece.

use crate::call::{Credential, Reply};
use crate::gate::{Body, BodyError, Passage, Upstream, respond};
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use serde_json::json;
use tower::service_fn;

/// Headers that belong to one connection, or to the client's standing with the gate.
const OURS: [HeaderName; 8] =
    [AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// What is behind a gate before the API server that `client` reaches: requests go on to it as they came.
pub fn upstream(client: kube::Client) -> Upstream {
    Upstream::new(service_fn(move |passage: Passage| forward(client.clone(), passage)))
}

async fn forward(client: kube::Client, passage: Passage) -> Result<Response<Body>, BodyError> {
    let Passage { call, method, uri, mut headers, entry } = passage;
    if call.caller.credential != Credential::Cluster {
        // The client below is the cluster's administrator; nobody else becomes one by passing here.
        let unknown = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "Unauthorized",
            "reason": "Unauthorized", "code": 401,
        });
        return Ok(respond(Reply::json(401, unknown), &headers, ""));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let body = call.body.map(|body| body.bytes).unwrap_or_default();
    let mut request = Request::builder().method(method).uri(path).body(kube::client::Body::from(body))?;
    strip(&mut headers);
    *request.headers_mut() = headers;
    entry.write();
    let answer = client.send(request).await?;
    let mut answer = answer.map(|body| body.map_err(BodyError::from).boxed_unsync());
    strip(answer.headers_mut());
    Ok(answer)
}

fn strip(headers: &mut HeaderMap) {
    for name in &OURS {
        headers.remove(name);
    }
}
