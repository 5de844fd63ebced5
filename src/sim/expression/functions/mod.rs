//! What the functions of expressions do, and what a call of one costs. Which there are and what types they take is
//! `signatures`' matter.

mod authorizer;
mod convert;
mod cost;
mod lists;
mod most;
mod named;
mod network;
mod operators;
mod quantities;
mod strings;
mod template;
mod time;
mod url;
mod version;

pub(in crate::sim) use authorizer::{Check, Decision};
pub(super) use convert::shown;
pub(super) use cost::cost;
pub(super) use most::Called;
pub(super) use named::{FORMATS, NamedFormat};
pub(super) use network::Cidr;
pub(super) use template::{Mistake, mistake};
pub(in crate::sim) use time::{duration, timestamp};
pub(super) use url::Url;
pub(super) use version::Semver;

use super::value::Value;
use super::{Authorizer, Failure};

/// What a function makes of its arguments, the target first where it is called on one.
pub(super) fn call(name: &str, args: &[Value], asked: Option<Authorizer<'_>>) -> Result<Value, Failure> {
    let families = [
        operators::call,
        convert::call,
        strings::call,
        lists::call,
        time::call,
        quantities::call,
        version::call,
        url::call,
        network::call,
        named::call,
    ];
    for family in families {
        if let Some(made) = family(name, args) {
            return made;
        }
    }
    authorizer::call(name, args, asked).unwrap_or_else(|| Err(Failure::overload()))
}

/// What came of one family of functions: nothing where it has none of that name for these arguments.
type Answer = Option<Result<Value, Failure>>;

/// A value that there always is.
fn made(value: Value) -> Answer {
    Some(Ok(value))
}

fn whole(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
