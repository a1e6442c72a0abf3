"""The bot with a disk that can be stopped: SIGUSR1 holds the database's thread for ten seconds."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import Any

from bot.__main__ import main
from bot.store.sqlite.database import Database

STALL_S = 10.0
_entered = Database.__aenter__


async def _enter(self: Database) -> Any:
    database = await _entered(self)
    stalls: set[asyncio.Task[Any]] = set()

    def stall() -> None:
        stalls.add(asyncio.create_task(self.write(lambda _: time.sleep(STALL_S)), name="stall"))

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stall)
    return database


Database.__aenter__ = _enter  # type: ignore[method-assign]  # the one seam that a measurement needs

if __name__ == "__main__":
    sys.exit(main(["run"]))
