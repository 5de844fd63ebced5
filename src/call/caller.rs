//! What a request says about who makes it: a credential, which an API server checks, and whom it wants to act as.

use std::collections::BTreeMap;

/// How the names of the headers begin that say whom a caller acts as.
const PREFIX: &str = "impersonate-";

/// What the maker of a call shows for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credential {
    /// The cluster's own: helmdrill itself, its controllers, and whoever has the token of its kubeconfig.
    #[default]
    Cluster,
    /// A bearer token that somebody has to look into.
    Token(String),
}

/// Whom a caller wants to act as: the `Impersonate-*` headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActingAs {
    /// `Impersonate-User`; empty where only the rest was sent, which is refused.
    pub user: String,
    /// `Impersonate-Uid`.
    pub uid: String,
    /// `Impersonate-Group`, in the order given.
    pub groups: Vec<String>,
    /// `Impersonate-Extra-KEY`, by key.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// Who makes a call, as far as the request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// What it shows for itself.
    pub credential: Credential,
    /// Whom it wants to act as.
    pub acting_as: Option<ActingAs>,
}

impl Caller {
    /// Reads the `Impersonate-*` headers; names of headers in any case, all others are passed over.
    pub fn from_headers<'a>(
        credential: Credential,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Caller {
        let (mut acting, mut asked) = (ActingAs::default(), false);
        for (name, value) in headers {
            let Some((prefix, what)) = name.split_at_checked(PREFIX.len()) else { continue };
            if !prefix.eq_ignore_ascii_case(PREFIX) {
                continue;
            }
            let what = what.to_ascii_lowercase();
            match what.as_str() {
                "user" => acting.user = value.to_owned(),
                "uid" => acting.uid = value.to_owned(),
                "group" => acting.groups.push(value.to_owned()),
                _ => {
                    let Some(key) = what.strip_prefix("extra-") else { continue };
                    acting.extra.entry(unescaped(key)).or_default().push(value.to_owned());
                }
            }
            asked = true;
        }
        asked &= acting != ActingAs::default();
        Caller { credential, acting_as: asked.then_some(acting) }
    }
}

/// `%2f` and the like as what they stand for.
fn unescaped(key: &str) -> String {
    let bytes = key.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let code = key.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_say_whom_a_caller_acts_as() {
        let headers = [
            ("Impersonate-User", "bob"),
            ("accept", "x"),
            ("impersonate-group", "a"),
            ("Impersonate-Group", "b"),
            ("Impersonate-Extra-Example.com%2fScope", "s"),
        ];
        let acting = Caller::from_headers(Credential::Cluster, headers).acting_as.expect("they do");
        assert_eq!((acting.user.as_str(), acting.groups.join(",")), ("bob", "a,b".to_owned()));
        assert_eq!(acting.extra.keys().collect::<Vec<_>>(), ["example.com/scope"]);
        assert_eq!(Caller::from_headers(Credential::Cluster, [("accept", "x")]).acting_as, None);
    }
}
