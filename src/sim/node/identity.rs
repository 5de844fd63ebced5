//! Names that must be the same whenever they are derived: container ids, pod addresses, waiting times drawn from
//! the seed. The kubelet keeps no memory; a container's id carries the fraction of the second at which it started,
//! which `startedAt` cannot hold.

use crate::clock::Moment;
use crate::sim::Config;
use crate::sim::controller::object::text;
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Hex digits of an id that carry the microseconds.
const TAIL: usize = 5;

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// `digits` hex digits made from a text.
pub(super) fn hex(text: &str, digits: usize) -> String {
    let rounds = (0..digits.div_ceil(16)).map(|round| format!("{:016x}", hash(&format!("{round}/{text}"))));
    rounds.collect::<String>()[..digits].to_owned()
}

/// The id of a container's n-th run, which remembers its start to the microsecond. `container` is its entry in the
/// pod's spec: its name and its image make the id, so that another image is seen to be another one.
pub(super) fn container_id(pod_uid: &str, container: &Value, run: i64, started: Moment) -> String {
    let head = head(pod_uid, container, run);
    let micros = started.as_micros().rem_euclid(1_000_000).unsigned_abs() ^ mask(&head);
    format!("containerd://{head}{micros:05x}")
}

fn head(pod_uid: &str, container: &Value, run: i64) -> String {
    let (name, image) = (text(container, "/name"), text(container, "/image"));
    hex(&format!("{pod_uid}/{name}/{run}/{image}"), 64 - TAIL)
}

/// Whether an id was made for a run of this container with this image.
pub(super) fn is_of(id: &str, pod_uid: &str, container: &Value, run: i64) -> bool {
    id.strip_prefix("containerd://").is_some_and(|id| id.starts_with(&head(pod_uid, container, run)))
}

fn mask(head: &str) -> u64 {
    hash(head) & 0xf_ffff
}

/// When a container started, to the microsecond: its `startedAt` and the fraction that its id carries.
pub(super) fn started(stamp: Moment, id: &str) -> Moment {
    let digits = id.strip_prefix("containerd://").unwrap_or_default();
    let Some((head, tail)) = digits.len().checked_sub(TAIL).and_then(|at| digits.split_at_checked(at)) else {
        return stamp;
    };
    match u64::from_str_radix(tail, 16).map(|tail| tail ^ mask(head)) {
        Ok(micros) if micros < 1_000_000 => stamp.after(Duration::from_micros(micros)),
        _ => stamp,
    }
}

/// A span between two bounds in seconds, always the same for the same pod and purpose.
pub(super) fn span(config: &Config, pod_uid: &str, purpose: &str, from: f64, to: f64) -> Duration {
    let draw = config.seed.draw(&format!("node/{purpose}/{pod_uid}")) % 1_000;
    let part = f64::from(u32::try_from(draw).expect("below a thousand")) / 1_000.0;
    Duration::from_secs_f64(from + (to - from) * part)
}

/// A free address of the pod network of the pod's node.
pub(super) fn address(snapshot: &Snapshot, pod: &Value) -> String {
    let node = snapshot.find("", "nodes", "", text(pod, "/spec/nodeName"));
    let range = node.map_or("", |node| text(node, "/spec/podCIDR"));
    let start = range.rsplit_once('.').map_or("10.244.0", |(start, _)| start);
    let pods = snapshot.list("", "pods", None).map(|(_, pod)| pod);
    let taken: BTreeSet<&str> =
        pods.filter_map(|pod| pod.pointer("/status/podIP").and_then(Value::as_str)).collect();
    let from = hash(text(pod, "/metadata/uid")) % 252;
    let places = (0..252).map(|step| (from + step) % 252 + 2).map(|last| format!("{start}.{last}"));
    let more = (1..256).flat_map(|third| (2..254).map(move |last| format!("10.244.{third}.{last}")));
    places.chain(more).find(|ip| !taken.contains(ip.as_str())).unwrap_or_else(|| "10.244.255.254".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_container_id_gives_back_the_fraction_of_its_start() {
        for micros in [0, 1, 999_999, 123_456] {
            let moment = Moment::from_micros(1_763_810_803_000_000 + micros);
            let container = json!({"name": "app", "image": "busybox"});
            let id = container_id("uid", &container, 2, moment);
            assert!(is_of(&id, "uid", &container, 2));
            assert!(!is_of(&id, "uid", &json!({"name": "app", "image": "nginx"}), 2));
            assert_eq!(id.len(), "containerd://".len() + 64);
            let stamp = Moment::parse(&moment.rfc3339()).expect("a time");
            assert_eq!(started(stamp, &id), moment);
        }
        let stamp = Moment::from_micros(1_000_000);
        assert_eq!(started(stamp, "containerd://short"), stamp);
    }
}
