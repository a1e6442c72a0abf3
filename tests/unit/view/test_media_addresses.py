"""Which URLs and which IP addresses outputs may come from."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.view.files.addresses import AddressRefused, PublicResolver, is_public, normalised, permitted

HOSTS = normalised({"CDN1.wiro.ai", "bücher.example", "127.0.0.1", "[::1]", "localhost", ""})


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn1.wiro.ai/a/0.png",
        "HTTPS://CDN1.WIRO.AI/a/0.png?x=1#y",
        "https://cdn1.wiro.ai:443/a",
        "https://bücher.example/a",
        "https://xn--bcher-kva.example/a",
        "http://127.0.0.1:8080/a",
        "http://[::1]:9/a",
        "https://localhost:8443/a",
    ],
)
def test_listed_hosts_are_allowed(address: str) -> None:
    assert permitted(address, HOSTS) is not None


@pytest.mark.parametrize(
    "address",
    [
        "http://cdn1.wiro.ai/a",
        "https://cdn1.wiro.ai:8443/a",
        "https://cdn1.wiro.ai./a",
        "https://cdn1.wiro.ai.evil.example/a",
        "https://evil.example/cdn1.wiro.ai",
        "https://cdn1.wiro.ai@evil.example/a",
        "https://user:pass@cdn1.wiro.ai/a",
        "https://cdn1.wiro.ai\\@evil.example/a",
        "https://evil.example\\@cdn1.wiro.ai/a",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/a",
        "http://127.1/a",
        "http://2130706433/a",
        "http://0x7f.0.0.1/a",
        "http://0.0.0.0/a",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "ftp://127.0.0.1/a",
        "ws://127.0.0.1/a",
        "data:image/png;base64,AAAA",
        "//cdn1.wiro.ai/a",
        "cdn1.wiro.ai/a",
        "/a",
        "",
        "https://",
        "https://cdn1.wiro.ai:99999/a",
        "https://[::1/a",
        "https://cdn1.wiro.ai\r\nHost: evil.example/a",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    assert permitted(address, HOSTS) is None


def test_nothing_is_allowed_without_a_list() -> None:
    assert permitted("https://cdn1.wiro.ai/", frozenset()) is None
    assert permitted("http://localhost/", frozenset()) is None


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "not an address",
    ],
)
def test_addresses_of_a_house_are_not(address: str) -> None:
    assert not is_public(address)


class Zone(AbstractResolver):
    """Answers from a table."""

    def __init__(self, **table: list[str]) -> None:
        self.table = table
        self.is_closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.table[host]
        ]

    async def close(self) -> None:
        self.is_closed = True


async def test_a_name_with_public_addresses_resolves() -> None:
    resolver = PublicResolver(Zone(cdn=["1.1.1.1", "2606:4700:4700::1111"]), {"CDN"})
    assert [found["host"] for found in await resolver.resolve("cdn", 443)] == [
        "1.1.1.1",
        "2606:4700:4700::1111",
    ]


async def test_one_private_address_among_public_ones_spoils_the_name() -> None:
    resolver = PublicResolver(Zone(cdn=["1.1.1.1", "10.0.0.1"]), {"cdn"})
    with pytest.raises(AddressRefused):
        await resolver.resolve("cdn", 443)


async def test_localhost_must_stay_at_home() -> None:
    resolver = PublicResolver(Zone(localhost=["127.0.0.1", "::1"]), {"localhost"})
    assert len(await resolver.resolve("localhost", 80)) == 2
    for elsewhere in ("10.0.0.1", "1.1.1.1", "nonsense"):
        with pytest.raises(AddressRefused):
            await PublicResolver(Zone(localhost=[elsewhere]), {"localhost"}).resolve("localhost", 80)


async def test_a_host_off_the_list_is_not_even_looked_up() -> None:
    resolver = PublicResolver(Zone(), {"cdn"})
    with pytest.raises(AddressRefused):
        await resolver.resolve("evil", 443)


async def test_closing_closes_the_resolver_within() -> None:
    zone = Zone()
    await PublicResolver(zone, set()).close()
    assert zone.is_closed
