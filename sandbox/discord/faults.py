"""Faults on demand: answer wrongly, reset, close, hang or be slow for the requests a pattern names."""

import asyncio
import re
import socket
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web


class Kind(StrEnum):
    ANSWER = "answer"
    RESET = "reset"
    """A TCP reset: the client sees errno 104."""
    CLOSE = "close"
    """The connection ends without an answer."""
    HANG = "hang"
    """No answer for `hang_s`, then the connection ends."""
    SLOW = "slow"
    """`hang_s` of delay, then the true answer."""


@dataclass(eq=False)
class Fault:
    """What to do instead of the true answer, `times` times (None: always).

    With `after` the request is carried out first and only its answer is lost or replaced.
    """

    method: str | None
    path: re.Pattern[str]
    kind: Kind
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    via: bool = True
    hang_s: float = 3600.0
    times: int | None = 1
    after: bool = False
    used: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it, and nobody hangs or is slow any longer, however much of `hang_s` is left."""

    def fits(self, method: str, path: str) -> bool:
        if self.times is not None and self.used >= self.times:
            return False
        return (self.method is None or self.method == method) and self.path.search(path) is not None

    def remove(self) -> None:
        self.times = 0


class Faults:
    """The faults asked for, the first that fits is used."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.stopping = asyncio.Event()

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.fits(method, path):
                fault.used += 1
                return fault
        return None

    async def wait(self, hang_s: float, over: asyncio.Event) -> None:
        """Waits, but never longer than the stand-in lives, nor when it is over."""
        ends = [asyncio.create_task(event.wait()) for event in (self.stopping, over)]
        await asyncio.wait(ends, timeout=hang_s, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()


def break_connection(request: web.BaseRequest, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        raw = transport.get_extra_info("socket")
        # With a linger of zero the kernel sends RST in place of FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
