//! Which addresses may be asked: public ones, and those the owner allowed.
//!
//! Every name is resolved here and only checked addresses go on to be connected to, so a name that
//! changes its mind between check and connection gains nothing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

/// IPv4 networks that are not the public internet (IANA's special-purpose registry).
const RESERVED_V4: &[Ipv4Net] = &[
    v4(0, 0, 0, 0, 8),       // "this network"; 0.0.0.0 reaches the machine itself
    v4(10, 0, 0, 0, 8),      // private
    v4(100, 64, 0, 0, 10),   // carrier-grade NAT
    v4(127, 0, 0, 0, 8),     // loopback
    v4(169, 254, 0, 0, 16),  // link-local, where clouds keep their secrets
    v4(172, 16, 0, 0, 12),   // private
    v4(192, 0, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 0, 24),    // documentation
    v4(192, 88, 99, 0, 24),  // 6to4 relays
    v4(192, 168, 0, 0, 16),  // private
    v4(198, 18, 0, 0, 15),   // benchmarking
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 4),     // multicast
    v4(240, 0, 0, 0, 4),     // reserved, broadcast
];

/// The only IPv6 network given out for the public internet.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What in it is not public, or hides an IPv4 address behind a long dead tunnel.
const RESERVED_V6: &[Ipv6Net] = &[
    v6(0x2001, 0, 23),     // protocol assignments: Teredo, benchmarking, ORCHID
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4
    v6(0x3fff, 0, 20),     // documentation
];

/// NAT64: the last 32 bits are the IPv4 address that is reached in the end.
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 96);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !RESERVED_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !RESERVED_V6.iter().any(|net| net.contains(&address))
        }
    }
}

/// An address that may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(pub(super) IpAddr);

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is private or reserved", self.0)
    }
}

impl std::error::Error for Refused {}

/// Knows what the owner allowed beside the public internet.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    allow: Arc<[IpNet]>,
}

impl Guard {
    /// A guard that also lets these networks pass.
    pub(super) fn new(allow: &[IpNet]) -> Guard {
        Guard { allow: allow.into() }
    }

    /// Lets an address pass or not.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let plain = address.to_canonical();
        if is_public(address) || self.allow.iter().any(|net| net.contains(&address) || net.contains(&plain)) {
            Ok(())
        } else {
            Err(Refused(address))
        }
    }

    /// Lets a host of a URL pass when it is no IP address; names are checked when they are resolved.
    pub(super) fn check_host(&self, host: &Host<&str>) -> Result<(), Refused> {
        match host {
            Host::Ipv4(address) => self.check((*address).into()),
            Host::Ipv6(address) => self.check((*address).into()),
            Host::Domain(_) => Ok(()),
        }
    }

    /// Those of a name's addresses that may be asked; the first refused one when none may.
    pub(super) fn filter(
        &self,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Refused> {
        let mut refused = None;
        let mut good = Vec::new();
        for address in addresses {
            match self.check(address.ip()) {
                Ok(()) => good.push(address),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        refused.filter(|_| good.is_empty()).map_or(Ok(good), Err)
    }

    /// Resolves a name to addresses that may be asked.
    pub(super) async fn resolve(
        &self,
        name: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found = tokio::net::lookup_host((name, port)).await?;
        Ok(self.filter(found)?)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.resolve(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, public: bool) {
        assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
    }

    #[test]
    fn only_public_addresses_are_public() {
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.251",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            check(private, false);
        }
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "198.17.255.255",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450:4007::200e",
        ] {
            check(public, true);
        }
    }

    #[test]
    fn a_name_keeps_its_public_addresses_only() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        let strict = Guard::new(&[]);
        assert_eq!(strict.filter([at("10.0.0.1"), at("1.1.1.1")].into_iter()), Ok(vec![at("1.1.1.1")]));
        assert_eq!(strict.filter([at("10.0.0.1"), at("::1")].into_iter()), Err(Refused(at("10.0.0.1").ip())));
        assert_eq!(strict.filter(std::iter::empty()), Ok(Vec::new()));

        let open = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(open.check(at("127.0.0.1").ip()), Ok(()));
        assert_eq!(open.check(at("::ffff:127.0.0.1").ip()), Ok(()));
        assert!(open.check(at("::1").ip()).is_err());
        assert!(open.check(at("10.0.0.1").ip()).is_err());
    }
}
