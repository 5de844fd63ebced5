//! ResourceQuota: what would exceed a quota of its namespace is refused, and what is let in is written into the
//! quota's status at once. Counting anew what is used is the controller's matter.

use super::Write;
use crate::sim::World;
use crate::sim::amount::{Amount, Amounts, add, amounts, written};
use crate::sim::fields::{self, Manager};
use crate::sim::object;
use crate::sim::quota::{Measured, Meter, missing};
use crate::sim::schema;
use crate::sim::status::Refusal;
use crate::snapshot::{Key, Object};
use serde_json::Value;
use std::collections::BTreeSet;

/// Charges a write to the quotas of its namespace, or refuses it.
pub(super) fn charge(world: &mut World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    let of = &write.asked.of;
    if !of.namespaced || (of.plural == "events" && of.storage_group().is_empty()) {
        return Ok(());
    }
    let namespace = write.asked.namespace();
    let held = world.store.snapshot().list("", "resourcequotas", Some(namespace));
    let quotas: Vec<(Key, Object)> = held.map(|(key, quota)| (key.clone(), quota.clone())).collect();
    if quotas.is_empty() {
        return Ok(());
    }
    let measured = Measured::of(&of.group, &of.plural);
    if !is_measured(&measured, write, object) {
        return Ok(());
    }
    let mut updates = Vec::new();
    for (key, quota) in quotas {
        if let Some(used) = judge(&measured, write, &quota, object)? {
            updates.push((key, quota, used));
        }
    }
    if !write.dry_run {
        for (key, quota, used) in updates {
            keep(world, write, key, &quota, &used);
        }
    }
    Ok(())
}

/// Whether such a write can change what is used.
fn is_measured(measured: &Measured, write: &Write<'_, '_>, object: &Value) -> bool {
    let subresource = write.asked.at.subresource.as_deref().unwrap_or_default();
    let deadline = |object: &Value| object["spec"]["activeDeadlineSeconds"].as_i64().is_some_and(|s| s >= 0);
    match (measured.meter, subresource, write.old) {
        (_, "", None) => true,
        (Meter::Pods, "", Some(old)) => deadline(old) != deadline(object),
        (Meter::Pods, "resize", Some(_)) | (Meter::Services, "", Some(_)) => true,
        (Meter::Claims, "" | "status", Some(_)) => true,
        (Meter::Pods | Meter::Services | Meter::Claims | Meter::Objects, _, _) => false,
    }
}

/// What is used after the write where the quota is about it; a refusal where that is too much.
fn judge(
    measured: &Measured,
    write: &Write<'_, '_>,
    quota: &Value,
    object: &Value,
) -> Result<Option<Amounts>, Refusal> {
    let hard = amounts(&quota["status"]["hard"]);
    let limited: BTreeSet<&str> =
        hard.keys().map(String::as_str).filter(|name| measured.concerns(name)).collect();
    if limited.is_empty() || !measured.in_scope(quota, object) {
        return Ok(None);
    }
    let name = object::name(quota);
    if measured.meter == Meter::Pods
        && let Some(lacking) = missing(object, &limited)
    {
        return Err(write.forbidden(object, &format!("failed quota: {name}: must specify {lacking}")));
    }
    let used = amounts(&quota["status"]["used"]);
    if limited.iter().any(|name| !used.contains_key(*name)) {
        let names = limited.iter().copied().collect::<Vec<_>>().join(",");
        let why = format!("status unknown for quota: {name}, resources: {names}");
        return Err(write.forbidden(object, &why));
    }
    let mut delta = measured.usage(object, write.asked.now);
    let negative: Vec<&str> =
        delta.iter().filter(|(_, amount)| amount.is_negative()).map(|(name, _)| name.as_str()).collect();
    if !negative.is_empty() {
        let why = format!("quota usage is negative for resource(s): {}", negative.join(","));
        return Err(write.forbidden(object, &why));
    }
    if let Some(old) = write.old.filter(|old| measured.in_scope(quota, old)) {
        let before = measured.usage(old, write.asked.now);
        for (name, amount) in &mut delta {
            let was = before.get(name).copied().unwrap_or(Amount::whole(0));
            *amount = (*amount).minus(was);
        }
        for (name, was) in &before {
            delta.entry(name.clone()).or_insert_with(|| Amount::whole(0).minus(*was));
        }
    }
    delta.retain(|name, amount| !amount.is_zero() && !amount.is_negative() && hard.contains_key(name));
    if delta.is_empty() {
        return Ok(None);
    }
    let mut after = used.clone();
    add(&mut after, &delta);
    let exceeded: Vec<&String> = delta.keys().filter(|name| after[*name] > hard[*name]).collect();
    if !exceeded.is_empty() && write.asked.at.subresource.as_deref() != Some("status") {
        let told = |of: &Amounts| {
            let parts = exceeded.iter().filter_map(|name| Some(format!("{name}={}", of.get(*name)?)));
            parts.collect::<Vec<_>>().join(",")
        };
        let (asked, used, hard) = (told(&delta), told(&used), told(&hard));
        let why = format!("exceeded quota: {name}, requested: {asked}, used: {used}, limited: {hard}");
        return Err(write.forbidden(object, &why));
    }
    Ok(Some(after))
}

/// Writes what is used into the status, as the API server does in its own name.
fn keep(world: &mut World, write: &Write<'_, '_>, key: Key, quota: &Object, used: &Amounts) {
    let mut changed = Value::clone(quota);
    changed["status"]["used"] = written(used);
    if let Some(ty) = schema::of("", "v1", "ResourceQuota") {
        let manager = Manager {
            name: "kube-apiserver".to_owned(),
            api_version: "v1".to_owned(),
            subresource: "status".to_owned(),
            at: write.asked.now,
        };
        fields::track(ty, Some(&**quota), &mut changed, &manager);
    }
    world.store.put(key, changed);
}
