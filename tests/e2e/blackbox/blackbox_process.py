"""`python -m bot` as a child process: its settings, its life, its output. Nothing else is shared with it."""

import asyncio
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.denied import Denied

ROOT = Path(__file__).resolve().parents[3]
EXIT_WITHIN_S = 600.0  # only a test that fails waits so long
# discord.py 2.7.1 imports audioop, which Python 3.11 and 3.12 announce to be going.
WARNINGS = "error,ignore:'audioop' is deprecated:DeprecationWarning"


class BotProcess:
    """One child. Always ended by `kill`, `terminate` or `exited`; each waits for the end of its output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._stdout = bytearray()
        self._stderr = bytearray()
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            asyncio.create_task(_collect(process.stdout, self._stdout), name="child's stdout"),
            asyncio.create_task(_collect(process.stderr, self._stderr), name="child's stderr"),
        ]

    @classmethod
    async def launch(cls, folder: Path, settings: Mapping[str, str], *arguments: str) -> "BotProcess":
        """Starts in `folder`, where no .env must be, with these settings and no other."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": WARNINGS,
            **settings,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    @property
    def stdout(self) -> str:
        return self._stdout.decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        return self._stderr.decode("utf-8", "replace")

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    async def exited(self, timeout_s: float = EXIT_WITHIN_S) -> int:
        """The exit code, once the process has ended by itself."""
        async with asyncio.timeout(timeout_s):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def kill(self) -> None:
        """SIGKILL: nothing of the child's own gets to run."""
        if self.is_alive:
            self._process.kill()
        await self.exited()

    async def terminate(self) -> tuple[int, float]:
        """SIGTERM, then `exited_in`."""
        self._process.send_signal(signal.SIGTERM)
        return await self.exited_in()

    async def exited_in(self) -> tuple[int, float]:
        """The exit code, and in how many seconds from now, beside those in which the machine was busy."""
        started_s, busy = time.monotonic(), Denied(self.pid)
        ending = asyncio.create_task(self.exited())
        while not ending.done():
            busy.look()
            await asyncio.wait({ending}, timeout=0.01)
        return await ending, time.monotonic() - started_s - busy.seconds

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def catches(self, number: signal.Signals) -> bool:
        """Whether the child has a handler for this signal by now (proc(5), SigCgt)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
        return bool(int(mask, 16) >> (number - 1) & 1)

    def limit_files(self, size_bytes: int | None) -> None:
        """Every file of the child ends at this size, as on a full disk; None lifts it."""
        soft = resource.RLIM_INFINITY if size_bytes is None else size_bytes
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))


async def _collect(stream: asyncio.StreamReader, into: bytearray) -> None:
    while chunk := await stream.read(65_536):
        into += chunk
