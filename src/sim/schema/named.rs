//! How Go names the fields and types of Kubernetes' structs where OpenAPI does not tell: texts and maps that have a
//! type of their own, and structs that stand within another without a name in JSON. They are data (`go-names.json`):
//! for each struct `jsonName within type`, with `-` for what there is not.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static NAMES: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let text = include_str!("go-names.json");
    serde_json::from_str(text).expect("go-names.json is part of the program and valid")
});

/// What Go calls a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The structs within the one that has the field, joined with dots.
    pub(super) within: Option<&'static str>,
    /// Its type.
    pub(super) go: Option<&'static str>,
}

/// A field of a struct, by the name that the struct has without its package.
pub(super) fn field(owner: &str, field: &str) -> Named {
    let rows = NAMES.get(owner).map(Vec::as_slice).unwrap_or_default();
    let row = rows.iter().find_map(|row| row.strip_prefix(field)?.strip_prefix(' ')?.split_once(' '));
    let given = |word: &'static str| (word != "-").then_some(word);
    row.map_or_else(Named::default, |(within, go)| Named { within: given(within), go: given(go) })
}

/// The type of the elements of a list or map type.
pub(super) fn element(go: &str) -> Option<&str> {
    go.strip_prefix("[]").or_else(|| go.strip_prefix("map[")?.split_once(']').map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_struct_within_another_and_a_type_of_its_own_are_named() {
        assert_eq!(field("Volume", "flexVolume"), Named { within: Some("VolumeSource"), go: None });
        assert_eq!(field("ServiceSpec", "ipFamilies").go, Some("[]v1.IPFamily"));
        assert_eq!(field("ServiceSpec", "ports"), Named::default());
        assert_eq!(element("[]v1.IPFamily"), Some("v1.IPFamily"));
        assert_eq!(element("map[v1.ResourceName]v1.ClaimResourceStatus"), Some("v1.ClaimResourceStatus"));
        assert_eq!(element("v1.ResourceList"), None);
    }

    #[test]
    fn every_row_has_three_words() {
        for (owner, rows) in NAMES.iter() {
            assert!(rows.iter().all(|row| row.split(' ').count() == 3), "{owner}");
        }
    }
}
