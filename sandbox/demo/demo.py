"""`python -m bot demo`: the real bot between a stand-in Wiro and a page that plays Discord."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import Final

import discord
import simcord

from bot.app import Runtime, opened
from bot.domain.clock import Clock
from bot.domain.errors import DatabaseInUse, StoreError
from bot.observability.logs import set_up_logging
from bot.settings import Settings, load_settings
from sandbox.demo.page_rooms import PageChannel, Viewer
from sandbox.demo.page_server import DiscordPage
from sandbox.demo.simulated_discord import SimulatedFiles, Slot, let_refusals_through, spawn_outside
from sandbox.wiro.accounts import Account
from sandbox.wiro.fixtures import UPSCALER
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import Options, WiroSandbox

MAX_RUNNING: Final = 3  # so that a few pictures at once show the line


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    address: str
    database: Path


@asynccontextmanager
async def demo(
    *, port: int, data: Path, pace: Pace | None = None, settings: Mapping[str, object] | None = None
) -> AsyncIterator[Demo]:
    """Everything on loopback until the block ends. Raises StoreError, OSError (a port that is taken)."""
    account = Account(secrets.token_hex(16), secrets.token_hex(32))
    sandbox = WiroSandbox(
        accounts=[account],
        pace=pace or Pace(),
        max_running=MAX_RUNNING,
        options=Options(prompt_faults=True),
        chance=Random(secrets.randbits(64)),
        first_task_id=int(time.time()) % 100_000_000,  # the database outlives the stand-in: ids stay unique
    )
    slot = Slot()
    # perf_counter: the simulated Discord replaces time.monotonic inside handlers, and durations must agree.
    clock = Clock(time.time, time.perf_counter)
    around = Runtime(clock, SystemRandom(), spawn_outside(slot), SimulatedFiles(slot))
    async with sandbox:
        chosen = _settings(sandbox, account, data, settings or {})
        async with opened(chosen, around) as studio:
            slot.env = env = simcord.Env(studio.bot, check_errors=False)
            let_refusals_through(env)
            await env.start()
            try:
                page = _page(env, port)
                address = await page.start()
                try:
                    yield Demo(address, chosen.database_path)
                finally:
                    await page.stop()
                    await studio.services.jobs.drain()
            finally:
                await env.shutdown()


async def run_demo(port: int, data: str) -> int:
    """Serve until Ctrl-C. The exit code."""
    set_up_logging("WARNING", "text", ())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no signal handlers in event loops
            loop.add_signal_handler(number, stop.set)
    try:
        async with demo(port=port, data=Path(data)) as running:
            _say(
                f"The demo is at {running.address}\n"
                f"Its records are in {running.database}\n"
                "Type / in the page's message box. Ctrl-C stops it."
            )
            await stop.wait()
            _say("Stopping.")
    except DatabaseInUse as error:
        _say(
            f"{error.reason}. Is another demo running? Stop it, or give this one its own folder with --data."
        )
        return 1
    except StoreError as error:
        _say(f"The demo's database cannot be used: {error.reason}.")
        return 1
    except OSError as error:
        _say(f"Port {port} cannot be used ({error.strerror or error}). Give another with --port.")
        return 1
    return 0


def _settings(sandbox: WiroSandbox, account: Account, data: Path, more: Mapping[str, object]) -> Settings:
    return load_settings(
        _env_file=None,
        discord_token="demo",
        wiro_api_key=account.api_key,
        wiro_api_secret=account.api_secret,
        wiro_api_url=sandbox.api_url,
        wiro_socket_url=sandbox.socket_url,
        wiro_output_hosts=sandbox.host,
        database_url=f"sqlite:///{data / 'demo.sqlite3'}",
        **{"wiro_upscale_model": UPSCALER.slug, **more},
    )


def _page(env: simcord.Env, port: int) -> DiscordPage:
    guild = env.create_guild("Picture Club")
    art = guild.create_text_channel("art")
    sketches = guild.create_text_channel("sketches")
    moderators = guild.create_role(
        "Moderators", permissions=discord.Permissions(manage_guild=True, manage_messages=True)
    )
    artist = guild.create_role("Artist")
    robin = guild.add_member(env.create_user("robin", global_name="Robin"), roles=[artist])
    morgan = guild.add_member(env.create_user("morgan", global_name="Morgan"), roles=[moderators])
    sam = guild.add_member(env.create_user("sam", global_name="Sam"))
    return DiscordPage(
        env,
        channels=[
            PageChannel(
                art, "Type / and pick /imagine. Words like [fail] or [drop] in a prompt make things go wrong."
            ),
            PageChannel(sketches, "A second channel"),
        ],
        viewers=[Viewer("robin", "Member", robin), Viewer("morgan", "Moderator", morgan, moderates=True)],
        others=[sam],
        port=port,
        title="Wiro Discord bot: demo",
        bot_name="Wiro Studio",
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
