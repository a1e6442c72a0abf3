"""aiosqlite's connection with its thread taken out: beside a virtual clock nothing may go on unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiosqlite


class ConnectionInPlace(aiosqlite.Connection):
    """The real one over a real file; what its thread would do is done by the loop, one after the other."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._thread = SimpleNamespace(start=lambda: None)
        self._tx = SimpleNamespace(put_nowait=_soon)


def _soon(entry: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
    asyncio.get_running_loop().call_soon(_run, *entry)  # also where the caller is cancelled meanwhile


def _run(future: asyncio.Future[Any], function: Callable[[], Any]) -> None:
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 — handed to whoever waits, as the thread does
        if not future.done():
            future.set_exception(error)
    else:
        if not future.done():
            future.set_result(result)
