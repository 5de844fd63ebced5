//! The headers and bytes of a [`Reply`]: how the answer of an embedded API server goes over the wire.

use crate::call::{Listing, Query, Reply, ReplyBody, Text, in_lines, write_object};
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, IF_NONE_MATCH, USER_AGENT, VARY, WARNING,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::Value;
use std::sync::Arc;

use super::body::{Body, streamed, whole};

/// How many bytes of a long list are made at a time.
const PIECE: usize = 64 * 1024;

/// When a client asks again for what never changes. kube-apiserver says a year from now; any far date does.
const FAR: &str = "Thu, 31 Dec 2099 23:59:59 GMT";

/// The media type of Go's plain error pages, which tell browsers not to guess another.
const PLAIN: &str = "text/plain; charset=utf-8";

/// The answer as HTTP. `asked` are the headers of the request and `query` what stands in its URL: a document that the
/// client already has (its `If-None-Match` names the ETag) is not sent again but answered with 304, and who reads with
/// his eyes gets lines.
pub fn respond(reply: Reply, asked: &HeaderMap, query: &str) -> Response<Body> {
    let known = reply.etag.as_deref().is_some_and(|etag| has_already(asked, etag));
    let mut response = Response::new(match reply.body {
        _ if known => whole(""),
        ReplyBody::Raw(bytes) => whole(bytes),
        ReplyBody::Json(value) | ReplyBody::Object(value, _) if is_pretty(asked, query) => {
            whole(pretty(&value))
        }
        ReplyBody::List(list) if is_pretty(asked, query) => whole(pretty(list.document())),
        ReplyBody::Json(value) => whole(document(&value, None)),
        ReplyBody::Object(value, text) => whole(document(&value, Some(&text))),
        ReplyBody::List(list) => listed(list),
    });
    *response.status_mut() = match known {
        true => StatusCode::NOT_MODIFIED,
        false => StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let headers = response.headers_mut();
    let media = HeaderValue::from_str(&reply.media).ok().filter(|media| !media.is_empty());
    headers.extend(media.map(|media| (CONTENT_TYPE, media)));
    match reply.etag.as_deref().and_then(|etag| HeaderValue::from_str(&quoted(etag)).ok()) {
        Some(etag) => {
            headers.insert(ETAG, etag);
            headers.insert(VARY, HeaderValue::from_static("Accept"));
            // Of what clients keep, OpenAPI is asked for again each time, unless its hash was part of the question.
            let kept = match reply.media.contains("as=APIGroupDiscoveryList") {
                _ if reply.lasting => "public, immutable",
                true => "public",
                false => "no-cache, private",
            };
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
        }
        None => {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        }
    }
    if reply.lasting {
        headers.insert(EXPIRES, HeaderValue::from_static(FAR));
    }
    if reply.media == PLAIN {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    for text in &reply.warnings {
        headers.extend(warning(text).map(|warning| (WARNING, warning)));
    }
    response
}

/// Whether the answer is for eyes: the query says so, or curl, Wget or a browser asks.
fn is_pretty(asked: &HeaderMap, query: &str) -> bool {
    if query.contains("pretty")
        && let Some(said) = Query::parse(query).get("pretty").filter(|said| !said.is_empty())
    {
        return matches!(said, "1" | "t" | "T" | "true" | "True" | "TRUE");
    }
    let agent = asked.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    ["curl", "Wget", "Mozilla/5.0"].iter().any(|reader| agent.starts_with(reader.as_bytes()))
}

/// A document in lines; kube-apiserver breaks the last of them off.
fn pretty(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    write_object(value, &mut out);
    in_lines(&out)
}

/// A document as kube-apiserver's JSON serializer writes it, which ends it with a line break.
fn document(value: &Value, text: Option<&Text>) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    match text {
        Some(text) => out.extend_from_slice(text.whole(value)),
        None => write_object(value, &mut out),
    }
    out.push(b'\n');
    out
}

/// A collection: at once where it is small, else piece by piece as the reader takes them.
fn listed(list: Arc<Listing>) -> Body {
    let mut first = Vec::with_capacity(4096);
    match list.write(0, PIECE, &mut first) {
        None => whole(first),
        Some(next) => streamed((list, Some(first), Some(next)), |(list, first, next)| async move {
            if let Some(first) = first {
                return Some((Bytes::from(first), (list, None, next)));
            }
            let mut piece = Vec::with_capacity(PIECE + PIECE / 8);
            let next = list.write(next?, PIECE, &mut piece);
            Some((Bytes::from(piece), (list, None, next)))
        }),
    }
}

/// `299 - "text"`, with what would end the text escaped, as kube-apiserver writes it (RFC 7234, 5.5).
fn warning(text: &str) -> Option<HeaderValue> {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let escaped = line.replace('\\', "\\\\").replace('"', "\\\"");
    HeaderValue::from_bytes(format!("299 - \"{escaped}\"").as_bytes()).ok()
}

fn quoted(etag: &str) -> String {
    if etag.starts_with('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

fn has_already(asked: &HeaderMap, etag: &str) -> bool {
    let etag = quoted(etag);
    let lists = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|known| known.trim().trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use serde_json::json;

    fn tagged() -> Reply {
        Reply { etag: Some("AB12".to_owned()), ..Reply::json(200, json!({"a": 1})) }
    }

    #[test]
    fn a_document_that_the_client_has_is_not_sent_again() {
        let mut asked = HeaderMap::new();
        assert_eq!(respond(tagged(), &asked, "").status(), 200);
        for (known, status) in
            [("\"AB12\"", 304), ("\"x\", W/\"AB12\"", 304), ("\"AB1\"", 200), ("AB12", 200)]
        {
            asked.insert(IF_NONE_MATCH, HeaderValue::from_static(known));
            let answer = respond(tagged(), &asked, "");
            assert_eq!(answer.status(), status, "{known}");
            assert_eq!(answer.headers()[ETAG], "\"AB12\"");
        }
    }

    #[test]
    fn what_never_changes_is_kept_without_asking_again() {
        let kept = |lasting| {
            let answer = respond(Reply { lasting, ..tagged() }, &HeaderMap::new(), "");
            (answer.headers()[CACHE_CONTROL].clone(), answer.headers().contains_key(EXPIRES))
        };
        assert_eq!(kept(true), (HeaderValue::from_static("public, immutable"), true));
        assert_eq!(kept(false), (HeaderValue::from_static("no-cache, private"), false));
    }

    #[test]
    fn a_warning_is_one_quoted_line() {
        let reply = Reply { warnings: vec!["a \"b\"\nc".to_owned()], ..Reply::json(200, json!({})) };
        let answer = respond(reply, &HeaderMap::new(), "");
        assert_eq!(answer.headers()[WARNING], r#"299 - "a \"b\" c""#);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache, private");
    }
    #[tokio::test]
    async fn who_reads_with_his_eyes_gets_lines() {
        for (agent, query, lines) in [
            ("curl/8.7.1", "", true),
            ("curl/8.7.1", "pretty=false", false),
            ("kubectl/v1.36.3", "", false),
            ("kubectl/v1.36.3", "limit=1&pretty=true", true),
            ("kubectl/v1.36.3", "pretty=x", false),
        ] {
            let mut asked = HeaderMap::new();
            asked.insert(USER_AGENT, HeaderValue::from_static(agent));
            let answer = respond(Reply::json(200, json!({"a": {}})), &asked, query);
            let body = answer.into_body().collect().await.expect("it is all there").to_bytes();
            let expected: &[u8] = if lines { b"{\n  \"a\": {}\n}" } else { b"{\"a\":{}}\n" };
            assert_eq!(body, expected, "{agent} {query}");
        }
    }
}
