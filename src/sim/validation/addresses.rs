//! IP addresses and CIDR blocks as fields hold them: what is no address, and what is one but is not written as it
//! should be. Which family a field wants is its own file's business.

use super::findings::{Findings, Path};
use std::net::{IpAddr, Ipv4Addr};

/// An address, read as Go's sloppy parser reads it: zeros may lead in IPv4.
pub(super) fn sloppy(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| {
        let parts: Vec<&str> = text.split('.').collect();
        let byte = |part: &str| {
            let digits = !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| digits).and_then(|byte| u8::try_from(byte).ok())
        };
        let bytes: Vec<u8> = parts.iter().filter_map(|part| byte(part)).collect();
        let bytes: [u8; 4] = bytes.try_into().ok().filter(|_| parts.len() == 4)?;
        Some(Ipv4Addr::from(bytes).into())
    })
}

/// Whether an address is one of IPv6 that stands for one of IPv4.
fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// An address in a field that took sloppy ones before 1.36.
pub(super) fn address(path: &Path, value: &str, found: &mut Findings) {
    let Some(address) = sloppy(value) else {
        return found.invalid(path, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    };
    if value.parse::<IpAddr>().is_err() {
        found.invalid(path, value, "must not have leading 0s");
    }
    if is_mapped(address) {
        found.invalid(path, value, "must not be an IPv4-mapped IPv6 address");
    }
}

/// An address in a field that never took anything but the canonical form.
pub(super) fn canonical_address(path: &Path, value: &str, found: &mut Findings) {
    let before = found.len();
    address(path, value, found);
    if let Some(address) = sloppy(value).filter(|_| found.len() == before)
        && address.to_string() != value
    {
        found.invalid(path, value, &format!("must be in canonical form (\"{address}\")"));
    }
}

/// A block as its first address and the number of its leading bits, read sloppily.
pub(super) fn sloppy_block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address = sloppy(address)?;
    let digits = !bits.is_empty() && bits.len() < 4 && bits.chars().all(|c| c.is_ascii_digit());
    let bits: u8 = bits.parse::<u16>().ok().filter(|_| digits)?.try_into().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

/// The first address of a block.
pub(super) fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            std::net::Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

/// A block in a field that took sloppy ones before 1.36.
pub(super) fn block(path: &Path, value: &str, found: &mut Findings) {
    let Some((address, bits)) = sloppy_block(value) else {
        let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        return found.invalid(path, value, detail);
    };
    let (written, length) = value.split_once('/').unwrap_or((value, ""));
    if written.parse::<IpAddr>().is_err() || (length.len() > 1 && length.starts_with('0')) {
        found.invalid(path, value, "must not have leading 0s in IP or prefix length");
    } else if is_mapped(address) {
        found.invalid(path, value, "must not have an IPv4-mapped IPv6 address");
    } else if masked(address, bits) != address {
        found.invalid(path, value, "must not have bits set beyond the prefix length");
    }
}

/// A block in a field that never took anything but the canonical form.
pub(super) fn canonical_block(path: &Path, value: &str, found: &mut Findings) {
    let before = found.len();
    block(path, value, found);
    if let Some((address, bits)) = sloppy_block(value).filter(|_| found.len() == before) {
        let canonical = format!("{}/{bits}", masked(address, bits));
        if canonical != value {
            found.invalid(path, value, &format!("must be in canonical form (\"{canonical}\")"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(check: fn(&Path, &str, &mut Findings), value: &str) -> Vec<String> {
        let mut found = Findings::default();
        check(&Path::new("ip"), value, &mut found);
        let after = |message: String| message.splitn(3, ": ").nth(2).unwrap_or_default().to_owned();
        found.into_inner().into_iter().map(|violation| after(violation.message)).collect()
    }

    #[test]
    fn addresses_are_refused_for_how_they_are_written() {
        let cases = [
            ("10.0.0.1", ""),
            ("010.0.0.1", "must not have leading 0s"),
            ("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"),
            ("10.0.0.256", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        ];
        for (value, detail) in cases {
            assert_eq!(told(address, value).join("; "), detail, "{value}");
        }
        assert_eq!(told(canonical_address, "FD00::1"), ["must be in canonical form (\"fd00"]);
        assert_eq!(told(block, "10.0.0.0/8"), [""; 0]);
        assert_eq!(told(block, "10.0.0.1/8"), ["must not have bits set beyond the prefix length"]);
        assert_eq!(told(block, "10.0.0.0/40").len(), 1);
        assert_eq!(masked("255.255.255.255".parse().expect("an address"), 0).to_string(), "0.0.0.0");
    }
}
