//! Helm's release record: the Secret that holds one revision, read and written as Helm's Secret storage driver
//! does (`sh.helm.release.v1.NAME.vN`, type `helm.sh/release.v1`), and the other places where one may be kept. Knows no
//! cluster; who wants a record hands over the Secret or a snapshot that holds it.

mod codec;
mod driver;
mod history;
mod manifest;
mod marks;
mod record;

pub use codec::{DecodeError, decode, encode, secret};
pub use driver::{Driver, TABLE, row};

use codec::decode_configmap;
pub use history::{Damage, Revision, history, place_of, releases};
pub use manifest::{ManifestError, documents};
pub use marks::{RELEASE_NAME, is_marked, namespace_of};
pub use record::{Hook, Record};
