//! `$(NAME)` in commands, arguments and values of variables, as Kubernetes fills it in. Owns the syntax; what a variable
//! holds is the matter of [`super::files`].

use std::collections::BTreeMap;

/// A text with `$(NAME)` filled in, once: what is filled in is not read again. `$$` is a dollar sign, and what is no
/// variable stays as it is.
pub(super) fn expanded(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match variables.get(name) {
                Some(value) => out += value,
                None => out += &format!("$({name})"),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out + rest
}

#[test]
fn a_variable_is_filled_in_once_and_an_escaped_one_not_at_all() {
    let variables = [("A", "1"), ("B", "$(A)"), ("C", "$$")].map(|(name, value)| (name.into(), value.into()));
    let variables = BTreeMap::from(variables);
    let cases = [
        ("$(A)-$(A)", "1-1"),
        ("$(B)", "$(A)"),
        ("$(C)", "$$"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(NONE) $( $A $", "$(NONE) $( $A $"),
        ("$($(A))", "$($(A))"),
        ("ü$(A)ü", "ü1ü"),
    ];
    for (given, expected) in cases {
        assert_eq!(expanded(given, &variables), expected, "{given}");
    }
}
