//! Which addresses may a feed be fetched from?
//!
//! A feed, or a redirect of one, may name a host inside the user's network and make newsbell ask it
//! (server-side request forgery). What counts is the address that is connected to, so every answer of
//! the resolver is checked, and literals are checked where the resolver is not asked.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks names up and keeps to itself what must not be asked.
#[derive(Debug)]
pub(super) struct Resolver {
    pub(super) allow_private: bool,
    pub(super) limit: Duration,
}

/// A name that leads to addresses that are not public, and to no other.
#[derive(Debug, thiserror::Error)]
#[error("{address} is not a public address")]
pub(super) struct NotPublic {
    pub(super) address: IpAddr,
}

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookUpFailed {
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("{0}")]
    System(#[from] io::Error),
    #[error("it has no address")]
    Empty,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow_private, limit) = (self.allow_private, self.limit);
        Box::pin(async move {
            let look_up = tokio::net::lookup_host((name.as_str().to_owned(), 0));
            let found = match tokio::time::timeout(limit, look_up).await {
                Ok(found) => found.map_err(LookUpFailed::System)?,
                Err(_) => return Err(LookUpFailed::Silent(limit).into()),
            };
            let found: Vec<SocketAddr> = found.collect();
            let Some(first) = found.first().copied() else {
                return Err(LookUpFailed::Empty.into());
            };
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| allow_private || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                let error: Box<dyn Error + Send + Sync> = Box::new(NotPublic {
                    address: first.ip(),
                });
                return Err(error);
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is one of the public internet (IANA special-purpose address registries,
/// RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b)) // shared by carriers, RFC 6598
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)) // benchmarks, RFC 2544
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, ..] = segments;
    // Only 2000::/3 is given out for the public.
    if first & 0xe000 != 0x2000 {
        return false;
    }
    match (first, second) {
        // Protocol assignments with Teredo, benchmarks and ORCHID; documentation.
        (0x2001, 0x0000..=0x01ff | 0x0db8) | (0x3fff, 0x0000..=0x0fff) => false,
        // 6to4 wraps an IPv4 address, which is what counts.
        (0x2002, high) => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = segments[2].to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("8.8.8.8", true)]
    #[case("93.184.216.34", true)]
    #[case("172.32.0.1", true)]
    #[case("100.128.0.1", true)]
    #[case("2606:2800:220:1::1", true)]
    #[case("2002:808:808::1", true)]
    #[case("0.0.0.0", false)]
    #[case("0.1.2.3", false)]
    #[case("10.0.0.1", false)]
    #[case("127.0.0.1", false)]
    #[case("127.255.255.254", false)]
    #[case("169.254.169.254", false)]
    #[case("172.16.0.1", false)]
    #[case("172.31.255.255", false)]
    #[case("192.168.1.1", false)]
    #[case("100.64.0.1", false)]
    #[case("192.0.0.8", false)]
    #[case("192.0.2.1", false)]
    #[case("198.18.0.1", false)]
    #[case("198.51.100.1", false)]
    #[case("203.0.113.1", false)]
    #[case("224.0.0.1", false)]
    #[case("240.0.0.1", false)]
    #[case("255.255.255.255", false)]
    #[case("::", false)]
    #[case("::1", false)]
    #[case("::ffff:8.8.8.8", false)]
    #[case("::ffff:127.0.0.1", false)]
    #[case("::8.8.8.8", false)]
    #[case("64:ff9b::808:808", false)]
    #[case("64:ff9b:1::1", false)]
    #[case("100::1", false)]
    #[case("2001::1", false)]
    #[case("2001:db8::1", false)]
    #[case("2002:a00:1::1", false)]
    #[case("2002:7f00:1::1", false)]
    #[case("3fff::1", false)]
    #[case("fc00::1", false)]
    #[case("fd12:3456::1", false)]
    #[case("fe80::1", false)]
    #[case("fec0::1", false)]
    #[case("ff02::1", false)]
    fn only_public_addresses_are_public(#[case] address: &str, #[case] public: bool) {
        assert_eq!(is_public(address.parse().unwrap()), public);
    }
}
