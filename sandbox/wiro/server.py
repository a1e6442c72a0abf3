"""A stand-in for the Wiro service on this machine: REST, socket and pictures behind one port.

It imports nothing of the bot, so that what the bot believes of Wiro is checked against a second opinion.

    async with WiroSandbox(accounts=[Account("key", "secret")]) as wiro:
        wiro.api_url, wiro.socket_url     # hand these to any Wiro client
        wiro.ledger.tasks                  # what was run, what it cost

`python -m sandbox.wiro.server --port 8100 --key K --secret S` runs it alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from types import TracebackType
from urllib.parse import unquote, urlsplit

from aiohttp import web

from sandbox.wiro.accounts import Account, Wallet
from sandbox.wiro.cache import OutputCache
from sandbox.wiro.catalogue import Catalogue, Model
from sandbox.wiro.cdn import Cdn
from sandbox.wiro.engine import Engine
from sandbox.wiro.fault_script import FaultScript
from sandbox.wiro.file_store import FileStore
from sandbox.wiro.fixtures import SAMPLE_MODELS
from sandbox.wiro.generators import generate
from sandbox.wiro.ledger import Ledger
from sandbox.wiro.pace import Pace
from sandbox.wiro.painter import Subject, paint
from sandbox.wiro.rest import Rest
from sandbox.wiro.run_keys import KeyRing, RunKeys
from sandbox.wiro.sockets import SocketHub
from sandbox.wiro.task_control import TaskControl
from sandbox.wiro.tasks import Status, Task

_BODY_BYTES = 110 * 2**20  # uploads may have 100 MB (Wiro docs, Files, Aug 2026), and need wrapping
_SHUTDOWN_S = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    """Where the documents leave room, or the service changed its ways.

    strict_fields: Cancel, Kill, Detail take only the id names production takes.
    frame_tasktoken: frames carry `tasktoken`; newer documents dropped it.
    late_state: a registration is answered with the task's present state; undocumented, so off.
    prompt_faults: bracketed words in prompts cause faults, see prompt_faults.py.
    run_keys: what becomes of a key that a client sends along with Run, see run_keys.py.
    deletes_uploads: InputOutputDelete takes along what the task was given by File/Upload, not with Run alone.
    """

    strict_fields: bool = False
    frame_tasktoken: bool = True
    late_state: bool = False
    prompt_faults: bool = False
    run_keys: RunKeys = RunKeys.IGNORED
    deletes_uploads: bool = True


class WiroSandbox:
    """Start it in a running event loop; it owns its port, its tasks and its connections until `stop`.

    `max_running` None and `balance` None: no limit. With a balance alone, Wiro's rule sets the limit. Each
    account has its own. `port` 0 takes a free one. `paint` may be replaced where pictures do not matter.
    """

    def __init__(
        self,
        *,
        accounts: Sequence[Account],
        pace: Pace = Pace(),  # noqa: B008 - frozen, so sharing the default is safe
        max_running: int | None = None,
        balance: Decimal | None = None,
        faults: FaultScript | None = None,
        options: Options = Options(),
        models: Sequence[Model] = SAMPLE_MODELS,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: random.Random | None = None,
        paint: Callable[[Subject], bytes] = paint,
        host: str = "127.0.0.1",
        port: int = 0,
        first_task_id: int = 2221,
        request_limit: int = 20_000,
    ) -> None:
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self.faults = FaultScript() if faults is None else faults
        chance = random.Random() if chance is None else chance
        self.ledger = Ledger(chance=chance, first_task_id=first_task_id, request_limit=request_limit)
        self._cache = OutputCache(partial(generate, brush=paint))
        self._hub = SocketHub(
            find_token=self.ledger.find_token,
            script=self.faults,
            with_token=options.frame_tasktoken,
            late_state=options.late_state,
        )
        self._cdn = Cdn(cache=self._cache, clock=clock)
        self._engine = Engine(
            pace=pace,
            clock=clock,
            sleep=sleep,
            chance=chance,
            cache=self._cache,
            publish=self._publish,
            output_base=lambda: self.base_url,
            read_source=self._read_source,
        )
        wallets = {account.api_key: Wallet(balance=balance, max_running=max_running) for account in accounts}
        self.file_store = FileStore(chance=chance, clock=clock, file_base=lambda: f"{self.api_url}/File")
        self._rest = Rest(
            accounts={account.api_key: account for account in accounts},
            wallet=lambda account: wallets[account.api_key],
            ledger=self.ledger,
            catalogue=Catalogue(models),
            control=TaskControl(
                ledger=self.ledger,
                engine=self._engine,
                cdn=self._cdn,
                file_store=self.file_store,
                clock=clock,
                strict=options.strict_fields,
                deletes_uploads=options.deletes_uploads,
            ),
            engine=self._engine,
            hub=self._hub,
            cdn=self._cdn,
            file_store=self.file_store,
            script=self.faults,
            prompt_faults=options.prompt_faults,
            key_ring=KeyRing(options.run_keys),
            pace=pace,
            clock=clock,
            chance=chance,
            stopping=self._stopping,
        )

    @property
    def host(self) -> str:
        return self._host

    @property
    def port(self) -> int:
        """The port in use once started."""
        return self._port

    @property
    def base_url(self) -> str:
        """Where pictures live; give its host to whatever allows downloads."""
        return f"http://{self._host}:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/v1"

    @property
    def socket_url(self) -> str:
        return f"ws://{self._host}:{self._port}/v1"

    @property
    def socket_connections(self) -> int:
        """How many sockets are open now."""
        return self._hub.connections

    async def close_sockets(self) -> None:
        """Every connection is closed, as for a restart of the server; the next may come at once."""
        await self._hub.close()

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        app = web.Application(client_max_size=_BODY_BYTES)
        self._rest.add_routes(app)
        app.on_shutdown.append(self._on_shutdown)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Ends tasks, held answers and connections, in this order. Twice is once."""
        self._stopping.set()
        await self._engine.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> WiroSandbox:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _on_shutdown(self, _: web.Application) -> None:
        # Handlers of open sockets would otherwise be waited for until the shutdown time-out.
        await self._hub.close()

    async def _read_source(self, address: str) -> bytes | None:
        """A file that is kept here, or an output of another task; nothing is fetched from elsewhere."""
        parts = [unquote(part) for part in urlsplit(address).path.split("/")]
        if len(parts) >= 2 and "File" in parts:
            stored = self.file_store.fetch(parts[-2], parts[-1])
            return stored.data if stored is not None else None
        return await self._cdn.data(*parts[-2:]) if len(parts) >= 2 else None

    def _publish(self, task: Task, kind: str, message: object) -> None:
        if kind == Status.POSTPROCESS_END.value:
            self._cdn.publish(task)  # before the news, or the first download comes too early
        self._hub.publish(task, kind, message)


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on the loop
            loop.add_signal_handler(number, stop.set)
    sandbox = WiroSandbox(
        accounts=[Account(options.key, options.secret)],
        pace=Pace(scale=options.pace),
        max_running=options.max_running,
        options=Options(prompt_faults=options.prompt_faults, strict_fields=options.strict_fields),
        port=options.port,
    )
    async with sandbox:
        sys.stdout.write(f"Wiro stand-in\n  API     {sandbox.api_url}\n  socket  {sandbox.socket_url}\n")
        sys.stdout.write(f"  key     {options.key}\nCtrl-C stops it.\n")
        sys.stdout.flush()
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. 1 when the port cannot be had."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.wiro.server", description="A stand-in for the Wiro service."
    )
    parser.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    parser.add_argument("--key", default="sandbox-key")
    parser.add_argument("--secret", default="sandbox-secret", help="empty: a key-only project")
    parser.add_argument("--max-running", type=int, default=None, help="code 96 above this many tasks")
    parser.add_argument("--pace", type=float, default=1.0, help="0.1 runs ten times as fast")
    parser.add_argument("--prompt-faults", action="store_true", help="[fail], [drop], [html] ... in prompts")
    parser.add_argument("--strict-fields", action="store_true", help="only production's id field names")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        sys.stderr.write(f"Port {options.port} cannot be used: {error.strerror or error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
