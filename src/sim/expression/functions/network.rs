//! IP addresses and networks: `cidr('10.0.0.0/8').containsIP('10.1.2.3')`.

use super::{Answer, made};
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;
use std::fmt;
use std::net::IpAddr;

/// A network: an address and how many of its bits belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Cidr {
    fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = text.rsplit_once('/')?;
        let address = self::address(address).ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
        let bits = bits.parse().ok().filter(|bits| plain && *bits <= most)?;
        Some(Cidr { address, bits })
    }

    fn masked(self) -> Cidr {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4((u32::from(address) & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6((u128::from(address) & mask).into())
            }
        };
        Cidr { address, ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && Cidr { address, ..self }.masked().address == self.masked().address
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        ("ip", [Value::String(text)]) => Some(address(text).map(Value::Ip)),
        ("isIP", [Value::String(text)]) => made(Value::Bool(address(text).is_ok())),
        ("ip.isCanonical", [Value::String(text)]) => {
            Some(address(text).map(|address| Value::Bool(address.to_string() == **text)))
        }
        ("cidr", [Value::String(text)]) => Some(network(text).map(Value::Cidr)),
        ("isCIDR", [Value::String(text)]) => made(Value::Bool(network(text).is_ok())),
        (_, [Value::Ip(address)]) => of(name, *address),
        ("ip", [Value::Cidr(cidr)]) => made(Value::Ip(cidr.address)),
        ("prefixLength", [Value::Cidr(cidr)]) => made(Value::Int(i64::from(cidr.bits))),
        ("masked", [Value::Cidr(cidr)]) => made(Value::Cidr(cidr.masked())),
        ("containsIP", [Value::Cidr(cidr), Value::Ip(address)]) => made(Value::Bool(cidr.contains(*address))),
        ("containsIP", [Value::Cidr(cidr), Value::String(text)]) => {
            Some(address(text).map(|address| Value::Bool(cidr.contains(address))))
        }
        ("containsCIDR", [Value::Cidr(cidr), Value::Cidr(other)]) => made(Value::Bool(within(*cidr, *other))),
        ("containsCIDR", [Value::Cidr(cidr), Value::String(text)]) => {
            Some(network(text).map(|other| Value::Bool(within(*cidr, other))))
        }
        _ => None,
    }
}

fn within(cidr: Cidr, other: Cidr) -> bool {
    cidr.bits <= other.bits && cidr.contains(other.address)
}

fn of(name: &str, address: IpAddr) -> Answer {
    let multicast = match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    };
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    made(match name {
        "family" => Value::Int(if address.is_ipv4() { 4 } else { 6 }),
        "isUnspecified" => Value::Bool(address.is_unspecified()),
        "isLoopback" => Value::Bool(address.is_loopback()),
        "isLinkLocalMulticast" => Value::Bool(multicast),
        "isLinkLocalUnicast" => Value::Bool(link_local),
        "isGlobalUnicast" => {
            let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
            Value::Bool(!special && !link_local && !broadcast)
        }
        _ => return None,
    })
}

fn address(text: &str) -> Result<IpAddr, Failure> {
    if text.contains(':') && text.contains('%') {
        return Err(Failure::said(format!("IP address {text:?} with zone value is not allowed")));
    }
    match parsed(text) {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            Err(Failure::said(format!("IPv4-mapped IPv6 address {text:?} is not allowed")))
        }
        Ok(address) => Ok(address),
        Err(why) => {
            let what = format!("IP Address {text:?} parse error during conversion from string");
            Err(Failure::said(format!("{what}: ParseAddr({text:?}): {why}")))
        }
    }
}

/// An address, or what Go says is wrong with it.
fn parsed(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| match (text.contains(':'), text.split('.').count()) {
        (true, _) | (false, 4) => "unexpected character",
        (false, 1) => "unable to parse IP",
        (false, 2 | 3) => "IPv4 address too short",
        (false, _) => "IPv4 address too long",
    })
}

fn network(text: &str) -> Result<Cidr, Failure> {
    Cidr::parse(text).ok_or_else(|| {
        let what = "network address parse error during conversion from string";
        let why = match text.rsplit_once('/') {
            None => "no '/'".to_owned(),
            Some((address, _)) => match parsed(address) {
                Err(why) => format!("ParseAddr({address:?}): {why}"),
                Ok(_) => "bad bits after slash: prefix length out of range".to_owned(),
            },
        };
        Failure::said(format!("{what}: {what}: netip.ParsePrefix({text:?}): {why}"))
    })
}
