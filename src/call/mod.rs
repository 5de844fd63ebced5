//! One request to a Kubernetes API server and its answer, as plain data. Owns the words (actor, verb, resource,
//! body) that the simulation, the wire and the transcript share; carries nothing over a network and answers nothing.

mod actor;
mod body;
mod caller;
mod compose;
mod go_json;
mod json_syntax;
mod listing;
mod members;
mod path;
mod protobuf;
#[cfg(test)]
mod protobuf_encode;
mod protobuf_wire;
mod query;
mod reply;
mod text;
pub mod typed;
mod typed_fields;
mod typed_order;
mod typed_print;
mod typed_read;
mod typed_text;

pub use actor::Actor;
pub use body::{Body, DecodeError};
pub use caller::{ActingAs, Caller, Credential};
pub use go_json::in_lines;
pub use listing::Listing;
pub(crate) use members::passing_scalars;
pub use path::{ResourcePath, Target, Verb, is_old_watch};
pub use protobuf::ProtobufError;
pub use protobuf_wire::WireError;
pub use query::Query;
pub use reply::{Reply, ReplyBody};
pub use text::Text;
pub use typed_print::{Touched, print as print_typed, print_whole, write_object};
pub use typed_read::{read_list, read_one};

/// A request as an API server sees it, after transport.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which program asks.
    pub actor: Actor,
    /// In whose name it asks.
    pub caller: Caller,
    /// The `User-Agent` header; its first word up to `/` is the field manager where none is named.
    pub user_agent: String,
    /// What is asked, in the words of Kubernetes' authorization.
    pub verb: Verb,
    /// What it is asked of.
    pub target: Target,
    /// The decoded query parameters, in the order given.
    pub query: Query,
    /// The `Accept` header, verbatim; empty where there was none.
    pub accept: String,
    /// The request body, undecoded; `None` where it was empty.
    pub body: Option<Body>,
}

impl Call {
    /// Reads a request line. `path` is the path of the URL without its query, `query` the raw query string.
    pub fn from_http(method: &http::Method, path: &str, query: &str, actor: Actor, user_agent: &str) -> Call {
        let query = Query::parse(query);
        let (old_watch, reads) = (is_old_watch(path), method == http::Method::GET);
        let target = if old_watch && !reads { Target::Path(path.to_owned()) } else { Target::parse(path) };
        let verb = if old_watch && reads { Verb::Watch } else { Verb::of(method, &target, &query) };
        let user_agent = user_agent.to_owned();
        Call {
            actor,
            caller: Caller::default(),
            user_agent,
            verb,
            target,
            query,
            accept: String::new(),
            body: None,
        }
    }

    /// The resource path, where the call addresses a resource and not a path such as `/version`.
    pub fn resource(&self) -> Option<&ResourcePath> {
        match &self.target {
            Target::Resource(path) => Some(path),
            Target::Path(_) => None,
        }
    }

    /// Whether the call may change what is stored (dry runs included).
    pub fn mutates(&self) -> bool {
        self.verb.mutates()
    }

    /// `PATCH deployments/web` or `GET /version`: how messages, rules and reports name this call.
    pub fn label(&self) -> String {
        match &self.target {
            Target::Resource(path) => format!("{} {}", self.verb.http_method(), path.label()),
            Target::Path(path) => format!("{} {path}", self.verb.http_method()),
        }
    }
}
