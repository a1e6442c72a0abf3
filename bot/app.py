"""The composition root: opens everything, has each package build its part, serves, drains in reverse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from secrets import token_bytes

import aiohttp

from bot.delivery.budgets import Budgets
from bot.delivery.build import answers_traced, build_delivery
from bot.discord.client import BotClient
from bot.discord.discordpy_patches import use_api
from bot.discord.drain import CLOSE_S, drain
from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.engines.wiro.build import wiro_engine
from bot.engines.wiro.socket import SocketTally
from bot.observability.meters import LoopLag, Meters
from bot.operator.maintenance_socket import maintenance_socket
from bot.operator.messages import format_end_of_serving
from bot.runtime.backoff import backoff
from bot.runtime.gc_tuning import tune_gc
from bot.runtime.shutdown import StopSignal
from bot.services.build import RunParts, Services, build_runs, build_services, run_options
from bot.services.supervisor import Supervisor
from bot.services.tasks import Spawn
from bot.settings import Settings
from bot.store.sqlite.database import Database
from bot.store.sqlite.keys import KEY_BYTES
from bot.store.sqlite.stores import SqliteStores
from bot.view.actions.seal import Seal
from bot.view.files.build import opened_files
from bot.view.files.sources import Attachments

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Time, chance and the way tasks are started: real ones in production, others in a simulation.

    `attachments`: files that a simulated Discord keeps; None for those of DISCORD_CDN_HOSTS.
    """

    clock: Clock
    chance: Random
    spawn: Spawn
    attachments: Attachments | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """The wired bot, not yet connected."""

    bot: BotClient
    services: Services
    meters: Meters
    supervisor: Supervisor


@asynccontextmanager
async def opened(settings: Settings, runtime: Runtime) -> AsyncIterator[Application]:
    """The whole bot with its database and connections; closed in reverse. Raises StoreError."""
    clock, chance, delays = runtime.clock, runtime.chance, partial(backoff, runtime.chance)
    supervisor, budgets, sockets = Supervisor(runtime.spawn), Budgets(clock.monotonic), SocketTally()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.database_path, wall=clock.wall))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        files = opened_files(settings, clock, chance, runtime.attachments)
        pictures, sources = await stack.enter_async_context(files)
        stack.push_async_callback(supervisor.drain)
        stores = SqliteStores(database)
        seal = Seal(*await stores.keys.custom_id_key(token_bytes(KEY_BYTES), clock.wall()))
        bot = BotClient(seal, is_own_api=settings.is_own_discord_api, http_trace=answers_traced(budgets))
        reconnects = delays(first_s=0.5, cap_s=30)
        delivery = build_delivery(bot, settings, supervisor.start, budgets, clock, reconnects)
        parts = RunParts(
            stores=stores,
            engine=wiro_engine(
                settings,
                session,
                clock,
                stores.folders,
                spawn=partial(supervisor.start, "wiro-feed"),
                keep=lambda step: supervisor.every("socket", 0.0, step, reconnects),
                reconnects=reconnects,
                tally=sockets,
            ),
            sources=sources,
            pictures=pictures,
            status_messages=delivery.status_messages,
            log_channel=delivery.mod_log,
            supervisor=supervisor,
            clock=clock,
            chance=chance,
            backoff=delays,
        )
        runs = build_runs(parts, run_options(settings))
        delivery.status_messages.on_blocked(runs.guild_settings.tell_blocked)
        services = build_services(
            parts,
            runs,
            stores,
            mod_log=delivery.mod_log,
            apologies=delivery.apologies,
            lookout=pictures,
            vary_model=settings.wiro_vary_model,
            upscale_model=settings.wiro_upscale_model,
            retention_days=settings.prompt_retention_days,
        )
        bot.serve(services, delivery)
        lag, queue = LoopLag(clock.monotonic), runs.context.queue
        limits, failures, books = runs.limit_service, supervisor.failures, services.bookkeeper
        meters = Meters(
            bot.is_ready, runs.jobs, queue, budgets, sockets, limits, database, lag, failures, books
        )
        yield Application(bot, services, meters, supervisor)
        await runs.jobs.drain()


async def run(settings: Settings, runtime: Runtime, stop: StopSignal) -> int:
    """Connect and serve until a signal. The exit code. Raises StoreError when the database cannot be had."""
    if settings.is_own_discord_api:
        use_api(settings.discord_api_url)
    async with opened(settings, runtime) as application, AsyncExitStack() as stack:
        bot, meters = application.bot, application.meters
        if settings.health_port is not None:
            from bot.observability.health import serve_health  # noqa: PLC0415 — a web server's memory, only where it is used

            await stack.enter_async_context(serve_health(settings.health_port, meters))
        application.supervisor.every(
            "event loop", 0, meters.lag.sample, backoff(runtime.chance, first_s=1, cap_s=60)
        )
        await stack.enter_async_context(maintenance_socket(meters.database))
        tune_gc(bot.initial_responses)
        serving = asyncio.create_task(bot.start(settings.discord_token.get_secret_value()), name="discord")
        stopping = asyncio.create_task(stop.wait(), name="stop signal")
        failing = asyncio.create_task(meters.database.failed(), name="database")
        await asyncio.wait({serving, stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        stop.code = _outcome(serving, failing)
        stop.arm()
        log.info("stopping; unfinished pictures stay on record for the next start")
        await drain(bot, application.services.jobs, serving)
        for task in (serving, stopping, failing):
            task.cancel()
        await asyncio.wait({serving, stopping, failing}, timeout=CLOSE_S)
    stop.disarm()
    return stop.code


def _outcome(serving: asyncio.Task[None], failing: asyncio.Task[StoreError]) -> int:
    """0 for a wished end; 1 and a sentence when Discord or the database would not have us."""
    error = failing.result() if failing.done() else serving.exception() if serving.done() else None
    if error is None:
        return 0
    sentence = format_end_of_serving(error)
    log.error(sentence or "the bot stopped", exc_info=None if sentence else error)
    return 1
