//! Which HTTP methods are answered where, before anybody asks what they mean.

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, Response};
use hyper::body::Body as _;

use super::body::{Body, whole};

/// Whether kube-apiserver has an answer to a method at all: for resources it knows five, for what says how it is reached
/// and who issues tokens one; the others are answered whatever the method is.
pub(super) fn is_served(method: &Method, path: &str) -> bool {
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    match path.split('/').filter(|step| !step.is_empty()).collect::<Vec<_>>().as_slice() {
        ["apis"] | ["apis", _] => true,
        ["api"] | ["version" | ".well-known" | "openid", ..] => method == Method::GET,
        ["api" | "apis", ..] => known.contains(method),
        _ => true,
    }
}

/// What HEAD is answered: the headers alone. HTTP/2 takes a body behind them for a broken stream.
pub(super) fn headless(answer: Response<Body>) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, whole(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_kube_apiserver_does_not_know_are_refused_where_it_refuses_them() {
        for (method, path, served) in [
            ("HEAD", "/healthz", true),
            ("HEAD", "/openapi/v3", true),
            ("HEAD", "/apix", true),
            ("HEAD", "/apis/apps", true),
            ("POST", "/apis/", true),
            ("HEAD", "/apis/apps/v1", false),
            ("HEAD", "/api/v1/pods", false),
            ("HEAD", "/version", false),
            ("POST", "/openid/v1/jwks", false),
            ("PATCH", "/api", false),
            ("PATCH", "/api/v1/pods", true),
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            assert_eq!(is_served(&method, path), served, "{method} {path}");
        }
    }
}
