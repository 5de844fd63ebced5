//! Helm's release record: the Secret that holds one revision, read and written as Helm's Secret storage driver
//! does (`sh.helm.release.v1.NAME.vN`, type `helm.sh/release.v1`). Knows no cluster; who wants a record hands over
//! the Secret or a snapshot that holds it.

mod codec;
mod history;
mod manifest;
mod marks;
mod record;

pub use codec::{DecodeError, decode, encode, secret};
pub use history::{Damage, Revision, history, releases};
pub use manifest::{ManifestError, documents};
pub use marks::{RELEASE_NAME, is_marked, namespace_of};
pub use record::{Hook, Record};
