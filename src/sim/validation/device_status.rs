//! What the status of a ResourceClaim may say: which devices it was given, who uses it, what drivers tell of them. What
//! it was given never changes.

use super::device::{Names, references};
use super::device_parts::{bindings, each, opaque, pool, raw, tolerations, twice};
use super::findings::{Findings, Path, same};
use super::{addresses, affinity, internal, names, source};
use crate::sim::look::{is_deleting, list, text};
use serde_json::Value;

/// So many may use a claim.
const USERS: usize = 256;
/// So many devices a claim is given.
const RESULTS: usize = 32;
/// Those of the class and of the claim.
const CONFIGS: usize = 64;
const CONDITIONS: usize = 8;

/// A changed status.
pub(super) fn status(old: &Value, object: &Value, found: &mut Findings) {
    let path = Path::new("status");
    let status = object.get("status").unwrap_or(&Value::Null);
    let (at, users) = (path.child("reservedFor"), list(status, "/reservedFor"));
    each(&at, users, USERS, found, |path, user, found| {
        found.needs(path, user, &["resource", "name", "uid"]);
    });
    twice(&at, users, USERS, found, |user| text(user, "/uid").into());
    let given = status.get("allocation").filter(|allocation| allocation.is_object());
    let results = given.map_or(&[][..], |given| list(given, "/devices/results"));
    let (at, told) = (path.child("devices"), list(status, "/devices"));
    each(&at, told, usize::MAX, found, |path, device, found| told_of(path, device, results, found));
    twice(&at, told, usize::MAX, found, |device| id(device).into());
    if !users.is_empty() {
        let at = path.child("reservedFor");
        let before = list(old, "/status/reservedFor");
        if given.is_none() {
            found.forbidden(&at, "may not be specified when `allocated` is not set");
        } else if is_deleting(object) && users.iter().any(|user| !before.contains(user)) {
            let detail =
                "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
            found.forbidden(&at, detail);
        }
    }
    let Some(given) = given else { return };
    let at = path.child("allocation");
    match old.pointer("/status/allocation").filter(|before| before.is_object()) {
        Some(before) if !same(Some(before), Some(given)) => {
            found.invalid_printed(&at, &internal::print("AllocationResult", given), "field is immutable");
        }
        Some(_) => {}
        None => allocation(&at, given, &object["spec"]["devices"], found),
    }
}

/// Driver, pool and name of a device, with its share where it has one.
fn id(device: &Value) -> String {
    let parts = ["/driver", "/pool", "/device"].map(|part| text(device, part));
    match text(device, "/shareID") {
        "" => parts.join("/"),
        share => format!("{}/{share}", parts.join("/")),
    }
}

fn allocation(path: &Path, given: &Value, devices: &Value, found: &mut Findings) {
    let names = Names::of(devices);
    let at = path.child("devices");
    each(&at.child("results"), list(given, "/devices/results"), RESULTS, found, |path, result, found| {
        names.check(&path.child("request"), text(result, "/request"), found);
        device(path, result, found);
        bindings(path, result, found);
        tolerations(path, result, found);
        share(path, result, found);
    });
    each(&at.child("config"), list(given, "/devices/config"), CONFIGS, found, |path, config, found| {
        let sources = ["FromClaim", "FromClass"];
        found.one_of(&path.child("source"), text(config, "/source"), &sources);
        references(path, config, &names, found);
        opaque(path, config, found);
    });
    if let Some(selector) = given.get("nodeSelector").filter(|selector| selector.is_object()) {
        affinity::node_selector(&path.child("nodeSelector"), selector, found);
    }
}

fn device(path: &Path, device: &Value, found: &mut Findings) {
    source::driver(&path.child("driver"), text(device, "/driver"), found);
    pool(&path.child("pool"), text(device, "/pool"), found);
    let name = text(device, "/device");
    found.invalid_each(&path.child("device"), name, names::label(name));
}

/// `shareID`: a UUID as it is written.
fn share(path: &Path, device: &Value, found: &mut Findings) {
    let Some(share) = device.get("shareID").and_then(Value::as_str) else { return };
    let dashes = [8, 13, 18, 23];
    let fits = |(at, c): (usize, char)| match dashes.contains(&at) {
        true => c == '-',
        false => c.is_ascii_hexdigit(),
    };
    let at = path.child("shareID");
    if share.chars().count() != 36 {
        let detail = format!("error validating uid: invalid UUID length: {}", share.len());
        found.invalid(&at, share, &detail);
    } else if !share.chars().enumerate().all(fits) {
        found.invalid(&at, share, "error validating uid: invalid UUID format");
    } else if share.chars().any(|c| c.is_ascii_uppercase()) {
        let detail = "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase \
                      hexadecimal characters";
        found.invalid(&at, share, detail);
    }
}

/// What a driver tells of a device that was given.
fn told_of(path: &Path, told: &Value, results: &[Value], found: &mut Findings) {
    device(path, told, found);
    share(path, told, found);
    if !results.iter().any(|result| id(result) == id(told)) {
        let part = |name: &str, key: &str| format!("{name:?}:{}", Value::from(text(told, key)));
        let shown =
            [("Driver", "/driver"), ("Pool", "/pool"), ("Device", "/device"), ("ShareID", "/shareID")]
                .map(|(name, key)| part(name, key));
        let detail = "must be an allocated device in the claim";
        found.invalid_printed(path, &format!("{{{}}}", shown.join(",")), detail);
    }
    let conditions = list(told, "/conditions");
    if conditions.len() > CONDITIONS {
        found.too_many(&path.child("conditions"), conditions.len(), CONDITIONS);
    }
    if let Some(data) = told.get("data").filter(|data| !data.is_null()) {
        raw(&path.child("data"), Some(data), found);
    }
    let Some(network) = told.get("networkData").filter(|data| data.is_object()) else { return };
    let path = path.child("networkData");
    for (key, most) in [("interfaceName", 256), ("hardwareAddress", 128)] {
        if text(network, &format!("/{key}")).len() > most {
            found.too_long(&path.child(key), most);
        }
    }
    let (at, ips) = (path.child("ips"), list(network, "/ips"));
    each(&at, ips, 16, found, |path, value, found| {
        let value = value.as_str().unwrap_or_default();
        if addresses::sloppy_block(value).is_none() {
            let detail = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)";
            found.invalid(path, value, detail);
        }
    });
    twice(&at, ips, 16, found, Value::clone);
}
