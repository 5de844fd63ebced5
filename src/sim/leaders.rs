//! What the parts of the control plane keep of themselves in `kube-system`: the lease by which an API server is known to
//! the others, those of the elected leaders, and since when tokens of service accounts are tracked. They are taken once
//! and not renewed: that would be a write every few seconds.

use super::bootstrap;
use super::node::{NODE, NODE_ADDRESS};
use super::{World, names};
use crate::clock::Moment;
use serde_json::{Value, json};

const GROUP: &str = "coordination.k8s.io";
/// Their uids have draws of their own, above all that are counted.
const UIDS: u64 = 6 << 40;
/// The name of the API server's lease: a hash of its host.
const API_SERVER: &str = "apiserver-wlv32tlttr4jl3gtroqexyxapa";
/// Those of whom there is one at a time, where there are controllers.
const LEADERS: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];

/// Stores all of them.
pub(super) fn fill(world: &mut World, now: Moment) {
    let holder = |number| names::uid(world.config.seed, UIDS + 16 + number);
    let mut leases = vec![("kube-apiserver", api_server(&holder(0), now))];
    if world.config.controllers {
        let held = |(number, leader)| (leader, elected(leader, &holder(number), now));
        leases.extend((1..).zip(LEADERS).map(held));
    }
    for (uid, (manager, lease)) in (UIDS..).zip(leases) {
        let lease = bootstrap::owned(lease, GROUP, manager, now);
        bootstrap::store_recorded(world, GROUP, "leases", lease, uid, now);
    }
    let since = json!({
        "kind": "ConfigMap", "apiVersion": "v1",
        "metadata": {"name": "kube-apiserver-legacy-service-account-token-tracking", "namespace": "kube-system"},
        "data": {"since": now.rfc3339().chars().take("2006-01-02".len()).collect::<String>()},
    });
    let since = bootstrap::owned(since, "", "kube-apiserver", now);
    bootstrap::store_recorded(world, "", "configmaps", since, UIDS + 8, now);
}

/// The lease of the API server, as one of version 1.36 writes it.
fn api_server(holder: &str, now: Moment) -> Value {
    json!({
        "kind": "Lease", "apiVersion": format!("{GROUP}/v1"),
        "metadata": {
            "name": API_SERVER, "namespace": "kube-system",
            "labels": {"apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": NODE},
            "annotations": {"kubernetes.io/peer-advertise-address": format!("{NODE_ADDRESS}:6443")},
        },
        "spec": {
            "holderIdentity": format!("{API_SERVER}_{holder}"), "leaseDurationSeconds": 3600,
            "renewTime": now.rfc3339_micros(),
        },
    })
}

/// The lease of a leader that was elected when the cluster came up.
fn elected(leader: &str, holder: &str, now: Moment) -> Value {
    json!({
        "kind": "Lease", "apiVersion": format!("{GROUP}/v1"),
        "metadata": {"name": leader, "namespace": "kube-system"},
        "spec": {
            "holderIdentity": format!("{NODE}_{holder}"), "leaseDurationSeconds": 15, "leaseTransitions": 0,
            "acquireTime": now.rfc3339_micros(), "renewTime": now.rfc3339_micros(),
        },
    })
}
