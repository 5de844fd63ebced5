//! What expressions see that choose devices: one device with its driver, attributes and capacity.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/>

use super::admission::go_name;
use super::typing::Type;
use super::{Expression, Extents, Step};

/// What such an expression may cost at most.
const DEAREST: u64 = 1_000_000;
/// How many attributes or capacities a device has at most, and how long a driver's name and an attribute's text are.
const ENTRIES: u64 = 32;
const DRIVER: u64 = 63;
const TEXT: u64 = 64;

/// Why an expression does not choose devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Unfit {
    /// It is not one, or makes no truth value; the text is kube-apiserver's.
    Invalid(String),
    /// It would cost too much.
    TooDear,
}

/// Checks an expression that chooses devices. One that binds names with the macro `cel.bind` is not read.
pub(in crate::sim) fn chooses_devices(text: &str) -> Result<(), Unfit> {
    if text.contains("cel.bind(") {
        return Ok(());
    }
    let expression = Expression::compile(text, &[("device", device())])
        .map_err(|why| Unfit::Invalid(format!("compilation failed: {why}")))?;
    match &expression.of {
        Type::Bool | Type::Dyn => {}
        other => {
            let other = go_name(other).replace("dyn", "google.protobuf.Any");
            let why = format!("must evaluate to bool or the unknown type, not {other}");
            return Err(Unfit::Invalid(why));
        }
    }
    if expression.most(&OfDevice) > DEAREST { Err(Unfit::TooDear) } else { Ok(()) }
}

fn device() -> Type {
    let by_name = |of: Type| Type::map(Type::map(of));
    let fields = [
        ("driver", Type::String),
        ("attributes", by_name(Type::Dyn)),
        ("capacity", by_name(Type::Opaque("kubernetes.Quantity"))),
        ("allowMultipleAllocations", Type::Bool),
    ];
    Type::object("kubernetes.DRADevice", fields)
}

/// How large the parts of a device can be.
struct OfDevice;

impl Extents for OfDevice {
    fn most(&self, path: &[Step]) -> Option<u64> {
        let [_device, Step::Field(field), within @ ..] = path else { return None };
        match (&**field, within.len()) {
            ("driver", 0) => Some(DRIVER),
            ("attributes" | "capacity", 0 | 1) => Some(ENTRIES),
            ("attributes", 2) => Some(TEXT),
            (_other, _deeper) => None,
        }
    }
}
