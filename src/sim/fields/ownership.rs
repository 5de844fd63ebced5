//! Moving ownership: what a write takes from other managers, what belongs to nobody, and what applying removes.

use super::compare::{Difference, compare};
use super::config;
use super::managed::{Entry, Id, Managed};
use super::set::Set;
use super::{Conflict, Manager};
use crate::sim::convert;
use crate::sim::schema::{self, Type};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Fields that nobody owns: what names the object, and what the server sets.
pub(super) fn unowned() -> &'static Set<'static> {
    static UNOWNED: OnceLock<Set<'static>> = OnceLock::new();
    UNOWNED.get_or_init(|| {
        Set::of_fields(&[
            &["apiVersion"],
            &["kind"],
            &["metadata"],
            &["metadata", "name"],
            &["metadata", "namespace"],
            &["metadata", "creationTimestamp"],
            &["metadata", "selfLink"],
            &["metadata", "uid"],
            &["metadata", "clusterName"],
            &["metadata", "generation"],
            &["metadata", "managedFields"],
            &["metadata", "resourceVersion"],
        ])
    })
}

/// Fields that a write to this endpoint does not touch: `status` by way of the object itself, `spec` by way of
/// `status`, and what else the strategy of the kind puts back.
pub(super) fn ignored<'a>(ty: &'a Type, manager: &Manager) -> Set<'a> {
    let shape = ty.shape();
    let kind = shape.name().rsplit('.').next().unwrap_or_default();
    match &*manager.subresource {
        // What is asked for in a CertificateSigningRequest never changes.
        "" if kind == "CertificateSigningRequest" && shape.built_in() => {
            Set::of_fields(&[&["spec"], &["status"]])
        }
        "" if ty.has_status_apart() => Set::of_fields(&[&["status"]]),
        "status" if !shape.built_in() => Set::of_fields(&[&["spec"], &["metadata"]]),
        "status" => match kind {
            "Deployment" => Set::of_fields(&[&["spec"], &["metadata", "labels"]]),
            "Pod" => Set::of_fields(&[
                &["spec"],
                &["metadata", "deletionTimestamp"],
                &["metadata", "ownerReferences"],
            ]),
            "CertificateSigningRequest" => Set::of_fields(&[&["spec"], &["status", "conditions"]]),
            "ValidatingAdmissionPolicy"
            | "FlowSchema"
            | "PriorityLevelConfiguration"
            | "ResourceClaim"
            | "ServiceCIDR"
            | "VolumeAttachment" => Set::of_fields(&[&["spec"], &["metadata"]]),
            _ => Set::of_fields(&[&["spec"]]),
        },
        "approval" => Set::of_fields(&[&["spec"], &["status", "certificate"]]),
        "finalize" => Set::of_fields(&[&["status"]]),
        _ => Set::default(),
    }
}

/// The difference between two objects in the terms of every version in which somebody owns fields of theirs.
pub(super) struct Differences<'a> {
    pub(super) own: Difference<'a>,
    others: BTreeMap<String, Difference<'static>>,
}

impl<'a> Differences<'a> {
    /// Compares two objects in the version of the writer and in those of the entries.
    pub(super) fn between(
        ty: &Type,
        before: &'a Value,
        after: &'a Value,
        manager: &Manager,
        entries: &Managed<'_>,
    ) -> Differences<'a> {
        let ignored = ignored(ty, manager);
        let own = compare(ty, before, after).ignoring(&ignored);
        let versions = entries.0.values().map(|entry| &entry.api_version);
        let other: BTreeSet<&str> =
            versions.filter(|version| **version != manager.api_version).map(|version| &**version).collect();
        let kind = after["kind"].as_str().unwrap_or_default();
        let others = other.into_iter().filter_map(|version| {
            let (group, number) = version.rsplit_once('/').unwrap_or(("", version));
            let ty = schema::of(group, number, kind)?;
            let before = convert::in_version(before, version)?;
            let after = convert::in_version(after, version)?;
            Some((version.to_owned(), compare(ty, &before, &after).ignoring(&ignored).into_owned()))
        });
        Differences { own, others: others.collect() }
    }

    fn of(&self, entry: &Entry<'_>) -> &Difference<'a> {
        self.others.get(&*entry.api_version).unwrap_or(&self.own)
    }
}

/// The fields of others that a difference overwrites.
pub(super) fn conflicts<'a>(
    managed: &Managed<'a>,
    writer: &Id<'_>,
    differences: &Differences<'_>,
) -> Vec<(Id<'a>, Set<'a>)> {
    let others = managed.0.iter().filter(|(id, _)| *id != writer);
    others
        .map(|(id, entry)| {
            let difference = differences.of(entry);
            let fields = entry.fields.intersection(&difference.changed);
            (id.clone(), fields.union(entry.fields.intersection(&difference.added)))
        })
        .filter(|(_, fields)| !fields.is_empty())
        .collect()
}

/// Takes what a difference overwrites or removes from everybody but the writer.
pub(super) fn dispossess(managed: &mut Managed<'_>, writer: Option<&Id<'_>>, differences: &Differences<'_>) {
    for (id, entry) in &mut managed.0 {
        if Some(id) != writer {
            let difference = differences.of(entry);
            for lost in [&difference.changed, &difference.added, &difference.removed] {
                entry.fields.subtract(lost);
            }
        }
    }
    managed.0.retain(|_, entry| !entry.fields.is_empty());
}

/// The conflicts as an answer lists them.
pub(super) fn told(conflicts: &[(Id<'_>, Set<'_>)]) -> Vec<Conflict> {
    let mut list = Vec::new();
    for (id, fields) in conflicts {
        list.extend(fields.paths().into_iter().map(|field| Conflict {
            manager: id.manager.clone().into_owned(),
            message: format!("conflict with {}", id.told()),
            field,
        }));
    }
    list
}

/// Removes from `merged` what the applier set last time, sets no longer, and nobody else owns.
pub(super) fn prune(ty: &Type, merged: Value, managed: &Managed<'_>, last: Option<&Set<'_>>) -> Value {
    let Some(last) = last.filter(|set| !set.is_empty()) else { return merged };
    if managed.0.values().any(|entry| last.is_within(&entry.fields)) {
        // Whoever owns all of it, the applier first of all, keeps it.
        return merged;
    }
    let last = config::with_named(ty, last);
    let all = config::with_named(ty, &config::fields(ty, &merged));
    let owned = managed.0.values().fold(Set::default(), |all, entry| all.union(entry.fields.clone()));
    let owned = config::with_named(ty, &owned);
    let bare = config::remove(ty, &merged, &last);
    let bare = config::with_named(ty, &config::fields(ty, &bare));
    let kept = config::remove(ty, &merged, &all.difference(&bare.union(owned)));
    // What hung on a removed item without being the applier's own comes back.
    let left = config::with_named(ty, &config::fields(ty, &kept));
    let gone = all.difference(&left).intersection(&last);
    config::remove(ty, &merged, &gone)
}

/// What `kubectl apply --server-side` may take over without force: the fields that the client-side apply before it
/// set, where they still have the values that it gave them.
pub(super) fn last_applied(ty: &Type, live: &Value) -> Option<Set<'static>> {
    let text = live.get("metadata")?.get("annotations")?.get(LAST_APPLIED)?.as_str()?;
    let applied: Value = serde_json::from_str(text).ok()?;
    let difference = compare(ty, &applied, live);
    let kept = config::fields(ty, &applied).difference(&difference.changed.union(difference.removed));
    Some(kept.into_owned())
}

pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
