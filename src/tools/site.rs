//! The release sites of Helm and Kubernetes, and the checksums that they publish beside each file.
//!
//! A checksum from the same site finds a broken download, not a broken site; that the site is the project's own is
//! what TLS says.

use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;

use super::pin::Tool;
use super::version::Version;
use super::wheel;

/// A machine without a route to the site must not wait long for the next source.
const CONNECT: Duration = Duration::from_secs(4);
const WHOLE: Duration = Duration::from_secs(600);
/// Larger than any of these files.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Why a site did not give a file.
#[derive(Debug)]
pub(super) enum SiteError {
    /// The site cannot be reached; asking it again makes no sense.
    Unreachable(String),
    /// The site answered, and not with the file.
    Refused(String),
}

/// The platform in the words of the sites: `linux`, `amd64`. `None` where they have nothing for it.
pub(super) fn platform() -> Option<(&'static str, &'static str)> {
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some((system, machine))
}

/// Where a version is, and where its checksum is.
pub(super) fn addresses(tool: Tool, version: Version, (system, machine): (&str, &str)) -> (String, String) {
    match tool {
        Tool::Helm => {
            let file = format!("https://get.helm.sh/helm-v{version}-{system}-{machine}.tar.gz");
            let sum = format!("{file}.sha256sum");
            (file, sum)
        }
        Tool::Kubectl => {
            let file = format!("https://dl.k8s.io/release/v{version}/bin/{system}/{machine}/kubectl");
            let sum = format!("{file}.sha256");
            (file, sum)
        }
    }
}

/// Downloads a version, checks it, and returns the bytes of its binary. Blocks.
pub(super) fn fetch(tool: Tool, version: Version, platform: (&str, &str)) -> Result<Vec<u8>, SiteError> {
    let (file, sum) = addresses(tool, version, platform);
    let config = Agent::config_builder()
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE))
        .build();
    let agent = Agent::new_with_config(config);
    let sum = get(&agent, &sum)?;
    let bytes = get(&agent, &file)?;
    checked(&bytes, &sum).map_err(SiteError::Refused)?;
    match tool {
        Tool::Kubectl => Ok(bytes),
        Tool::Helm => wheel::out_of_tar_gz(&bytes, |path| path.ends_with("/helm"))
            .map_err(|why| SiteError::Refused(format!("its archive cannot be unpacked: {why}"))),
    }
}

fn get(agent: &Agent, url: &str) -> Result<Vec<u8>, SiteError> {
    let mut response = agent.get(url).call().map_err(|e| match e {
        ureq::Error::StatusCode(404) => SiteError::Refused("the site has no such version".to_owned()),
        ureq::Error::StatusCode(code) => SiteError::Refused(format!("the site answered {code}")),
        other => SiteError::Unreachable(other.to_string()),
    })?;
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    body.map_err(|e| SiteError::Refused(format!("the download broke off: {e}")))
}

/// Checks against a published checksum, whose file is the hex digits, and the file's name after them at Helm's site.
pub(super) fn checked(bytes: &[u8], published: &[u8]) -> Result<(), String> {
    let published = String::from_utf8_lossy(published);
    let wanted = published.split_whitespace().next().unwrap_or_default();
    let have = sha256(bytes);
    if wanted.eq_ignore_ascii_case(&have) {
        Ok(())
    } else {
        Err(format!("its checksum is {have}, the site publishes `{wanted}`"))
    }
}

/// SHA-256 in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
