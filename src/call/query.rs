//! The query string of a request: percent-decoding and look-up. Knows no parameter's meaning.

/// Query parameters in the order given; a name may occur more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=x%20y`; `+` is a space. A pair with a malformed escape or a `;` is dropped, as Go drops it.
    pub fn parse(raw: &str) -> Query {
        let pairs = raw.split('&').filter(|part| !part.is_empty() && !part.contains(';'));
        let pairs = pairs.map(|part| part.split_once('=').unwrap_or((part, "")));
        Query(pairs.filter_map(|(k, v)| Some((decode(k)?, decode(v)?))).collect())
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` is given and is neither `0` nor `false`: so Kubernetes reads truth values in a query.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// Adds or replaces a parameter.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// The text without its escapes; `None` where one is malformed.
pub(super) fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let hex =
                    text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
                out.push(u8::from_str_radix(hex, 16).ok()?);
                at += 3;
            }
            byte => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_pairs_with_broken_ones_dropped() {
        let query = Query::parse("labelSelector=name%3Dmyapp%2Cowner%3Dhelm&watch=1&x=%zz+y&z=a+b&w=a;b");
        assert_eq!(query.get("labelSelector"), Some("name=myapp,owner=helm"));
        assert!(query.is_true("watch"));
        assert_eq!((query.get("x"), query.get("z"), query.get("w")), (None, Some("a b"), None));
    }

    #[test]
    fn whatever_is_not_false_is_true() {
        for (raw, expected) in
            [("", false), ("w", true), ("w=", true), ("w=maybe", true), ("w=False", false), ("w=0", false)]
        {
            assert_eq!(Query::parse(raw).is_true("w"), expected, "{raw}");
        }
    }
}
