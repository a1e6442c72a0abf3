"""Which addresses outputs may be fetched from: by URL before the request, by IP when the name is resolved."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.runtime.loopback import LOOPBACK_HOSTS

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class AddressRefused(OSError):
    """A host off the list, or a name that resolves to an address which is not public."""


def normalised(hosts: Iterable[str]) -> frozenset[str]:
    """Host names as they appear in a parsed URL: lower case, IDNA, IPv6 without brackets."""
    return frozenset(
        URL.build(scheme="https", host=host.strip().strip("[]")).raw_host or ""
        for host in hosts
        if host.strip()
    )


def permitted(address: str, hosts: frozenset[str]) -> URL | None:
    """The URL to ask, or None when it is not allowed. `hosts` are `normalised`.

    Allowed is https on port 443 of a listed host. A listed loopback host may also speak http, on any port.
    The very URL that was checked is returned, so there is no second parser to disagree with.
    """
    try:
        url = URL(address)
        host, port = url.raw_host, url.port
    except ValueError:
        return None
    if host is None or host not in hosts or "@" in url.raw_authority:
        return None
    if host in LOOPBACK_HOSTS:
        return url if url.scheme in ("http", "https") else None
    return url if url.scheme == "https" and port == 443 else None


def is_public(address: str) -> bool:
    """Whether an IP address (also one wrapped in IPv6) belongs to the open internet."""
    ip = _parsed(address)
    if isinstance(ip, IPv6Address):
        ip = _wrapped(ip) or ip
    return ip is not None and ip.is_global and not ip.is_multicast and not ip.is_reserved


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return None


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


class PublicResolver(AbstractResolver):
    """A resolver that answers only for listed hosts and only with public addresses.

    A listed loopback host must resolve to loopback instead. The connector connects to exactly the addresses
    it gets from here, so a name that changes its address after the check gains nothing. Literal IP addresses
    never reach a resolver (aiohttp 3.14 connector.py); `permitted` decides on them.
    """

    def __init__(self, inner: AbstractResolver, hosts: Iterable[str]) -> None:
        self._inner = inner
        self._hosts = normalised(hosts)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises AddressRefused as soon as one of the addresses is not allowed, or the inner OSError."""
        if host not in self._hosts:
            raise AddressRefused("host off the list")
        results = await self._inner.resolve(host, port, family)
        is_allowed = _is_loopback if host in LOOPBACK_HOSTS else is_public
        if not all(is_allowed(result["host"]) for result in results):
            raise AddressRefused("address not public")
        return results

    async def close(self) -> None:
        """Closes the inner resolver."""
        await self._inner.close()


def _is_loopback(address: str) -> bool:
    ip = _parsed(address)
    return ip is not None and ip.is_loopback
