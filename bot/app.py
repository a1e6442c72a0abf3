"""The composition root: opens everything, wires it, starts the bot, drains in reverse."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from secrets import token_bytes
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import discord

from bot.delivery import acceptance
from bot.delivery.apologies import Apologies
from bot.delivery.budgets import Budgets
from bot.delivery.editor import Pace
from bot.delivery.mod_log import ModLogChannel
from bot.delivery.status_messages import DiscordStatusMessages
from bot.discord.client import BotClient, Services
from bot.discord.discordpy_patches import use_api
from bot.domain.clock import Clock
from bot.domain.errors import StoreError
from bot.domain.moderation.admission import Admission
from bot.engines.wiro.build import wiro_client
from bot.engines.wiro.client import WiroClient
from bot.engines.wiro.socket import SocketTally, TaskFeed
from bot.observability.meters import LoopLag, Meters
from bot.operator.maintenance_socket import backup_door
from bot.operator.messages import database_words
from bot.runtime.backoff import jittered_delays
from bot.runtime.gc_tuning import spare_the_collector
from bot.runtime.shutdown import StopSignal
from bot.services.catalogue.browse import Browser
from bot.services.catalogue.service import REFRESH_S, Catalogue
from bot.services.forms.service import Forms
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.alternatives import LimitAlternatives
from bot.services.limits.bill_alarms import LOOK_EVERY_S, BillAlarms
from bot.services.limits.budget_alerts import BudgetAlerts
from bot.services.limits.holds import Holds
from bot.services.limits.rate import RateLimiter
from bot.services.limits.service import DefaultLimits, LimitService
from bot.services.moderation.service import Cases
from bot.services.records.service import SWEEP_EVERY_S, Reports
from bot.services.remix.service import Remixes
from bot.services.runs.bookkeeper import TICK_S, Bookkeeper
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.inputs import Inputs
from bot.services.runs.intakes import Intakes
from bot.services.runs.memory_budget import MemoryBudget
from bot.services.runs.ports import Store
from bot.services.runs.queue import FairQueue
from bot.services.runs.runner import RunContext, Timeouts
from bot.services.runs.service import Jobs
from bot.services.runs.subscriptions import Tracker
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from bot.services.runs.uploads import UPLOADS_EVERY_S, Uploads
from bot.services.styles.service import Styles
from bot.services.supervisor import Supervisor
from bot.services.tasks import Spawn, TaskOwner
from bot.settings import Settings
from bot.store.sqlite.database import Database
from bot.store.sqlite.keys import KEY_BYTES
from bot.store.sqlite.stores import SqliteStores
from bot.view.actions.seal import Seal
from bot.view.cards.renderer import Look
from bot.view.files.download import Downloader
from bot.view.files.fetching import Fetcher, download_delays, downloader_session
from bot.view.files.sources import BOUNDS, Attachments, FileSources

log = logging.getLogger(__name__)

# Together with what is closed afterwards they fit into the time that the stop signal gives.
LINGER_S: Final = 0.2  # for commands that were sent before anybody could see that the bot goes
DRAIN_S: Final = 2.7  # a moment longer than endings on their way are given
CLOSE_S: Final = 0.4  # for Discord to answer to a farewell


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


@asynccontextmanager
async def opened(settings: Settings, around: Runtime) -> AsyncIterator[Application]:
    """The whole bot with its database and connections; closed in reverse. Raises StoreError."""
    owner = TaskOwner(around.spawn)
    budgets = Budgets(around.clock.monotonic)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(settings.database_path, wall=around.clock.wall))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        pictures, sources = await stack.enter_async_context(_files(settings, around))
        stack.push_async_callback(owner.drain)
        stores = SqliteStores(database)
        seal = Seal(*await stores.keys.custom_id_key(token_bytes(KEY_BYTES), around.clock.wall()))
        bot = BotClient(seal, is_own_api=settings.is_own_discord_api, http_trace=_trace(budgets))
        pace = Pace(settings.edit_interval_s, _delays(around.chance, first_s=0.5, cap_s=30))
        look = Look(can_upscale=bool(settings.wiro_upscale_model), has_ai_notice=settings.ai_notice)
        board = DiscordStatusMessages(bot, owner.start, budgets, around.clock, pace, look)
        wiro = wiro_client(settings, session, around.clock)
        feeds = SocketTally()
        inputs = Inputs(wiro, sources, stores.folders, stores.uploads, around.clock.wall)
        supervisor = Supervisor(owner)
        tools = _tools(
            settings, around, owner, supervisor, wiro, stores.jobs, inputs, board, session, pictures, feeds
        )
        kept = Uploads(stores.uploads, wiro, pictures)
        books = Bookkeeper(wiro, stores.books, around.clock)
        services = _services(settings, around, owner, supervisor, tools, stores, board, bot, kept, books)
        bot.serve(services)
        lag = LoopLag(around.clock.monotonic)
        limit_service, queue = services.limit_service, tools.queue
        failures = supervisor.failures
        meters = Meters(
            bot.is_ready, services.jobs, queue, budgets, feeds, limit_service, database, lag, failures, books
        )
        yield Application(bot, services, meters)
        await services.jobs.drain()


@asynccontextmanager
async def _files(settings: Settings, around: Runtime) -> AsyncIterator[tuple[Downloader, FileSources]]:
    """Where files come from. A session checks the addresses of one list of hosts, so there are two."""
    output_hosts, attachment_hosts = settings.wiro_output_hosts, settings.discord_cdn_hosts

    def delays() -> Iterator[float]:
        return download_delays(around.chance)

    async with (
        downloader_session(output_hosts) as outputs,
        downloader_session(attachment_hosts) as session,
    ):
        pictures = Downloader(outputs, output_hosts, clock=around.clock, delays=delays)
        attachments = around.attachments or Fetcher(
            session, attachment_hosts, BOUNDS, clock=around.clock, delays=delays
        )
        yield pictures, FileSources(attachments, pictures)


def _tools(
    settings: Settings,
    around: Runtime,
    owner: TaskOwner,
    supervisor: Supervisor,
    wiro: WiroClient,
    store: Store,
    inputs: Inputs,
    board: DiscordStatusMessages,
    session: aiohttp.ClientSession,
    pictures: Downloader,
    feeds: SocketTally,
) -> RunContext:
    """What follows a job from submitting to its ending."""
    clock, chance = around.clock, around.chance

    reconnects = _delays(chance, first_s=0.5, cap_s=30)

    def open_feed() -> TaskFeed:
        spawn = partial(owner.start, "wiro-feed")
        return TaskFeed(session, settings.wiro_socket_url, spawn=spawn, delays=reconnects, tally=feeds)

    return RunContext(
        wiro=wiro,
        store=store,
        board=board,
        delivery=ResultDelivery(
            store, board, pictures, owner, _delays(chance, first_s=2, cap_s=60), MemoryBudget()
        ),
        catalogue=Catalogue(wiro, settings.wiro_model, clock, owner),
        inputs=inputs,
        queue=FairQueue(settings.wiro_max_running, clock.monotonic, _delays(chance, first_s=2, cap_s=30)),
        tracker=Tracker(open_feed, supervisor, reconnects),
        clock=clock,
        timeouts=Timeouts(settings.silence_s, settings.unknown_grace_s, settings.job_deadline_s),
        poll_delays=_delays(chance, first_s=0.4, cap_s=10),
    )


def _services(
    settings: Settings,
    around: Runtime,
    owner: TaskOwner,
    supervisor: Supervisor,
    tools: RunContext,
    stores: SqliteStores,
    board: DiscordStatusMessages,
    bot: BotClient,
    uploads: Uploads,
    books: Bookkeeper,
) -> Services:
    """The use cases that cogs are given."""
    clock, chance, catalogue = around.clock, around.chance, tools.catalogue
    guilds, store = stores.guilds, stores.jobs
    mod_log = ModLogChannel(bot, clock.monotonic)
    admission = Admission(settings.allowed_guilds, settings.blocked_users, settings.direct_messages)
    guild_settings = GuildSettingsService(
        guilds, mod_log, stores.picture_wishes, catalogue.is_adult, admission
    )
    board.on_blocked(guild_settings.tell_blocked)
    limit_service = LimitService(_allowance(settings), guild_settings, guilds, store, clock)
    watch = BudgetAlerts(limit_service, guild_settings, guilds, mod_log, clock)
    holds = Holds(catalogue, store, clock, settings.default_estimate, settings.max_run_price)
    jobs = Jobs(tools, guild_settings, limit_service, watch, owner, chance, holds)
    forms = Forms(catalogue, guild_settings, holds, stores.last_values, clock)
    intakes = Intakes(stores.intakes, Apologies(bot), owner)
    vary_model, upscale_model = settings.wiro_vary_model, settings.wiro_upscale_model
    remixes = Remixes(guild_settings, catalogue, holds, limit_service, vary_model, upscale_model)
    styles = Styles(stores.styles, guild_settings, clock)
    alternatives = LimitAlternatives(limit_service, guild_settings, catalogue, holds)
    retries = _delays(chance, first_s=2, cap_s=60)
    cases = Cases(
        stores.cases,
        guild_settings,
        limit_service,
        alternatives,
        holds,
        jobs,
        mod_log,
        watch,
        clock,
        supervisor,
        retries,
    )
    delays = _delays(chance, first_s=2, cap_s=60, attempts=6)
    reports = Reports(stores.reports, stores.cases, tools.wiro, clock, owner, delays, uploads)
    looks = SweepSchedule.after(settings.unknown_grace_s)
    alarms = BillAlarms(stores.alarms, guild_settings, mod_log)
    unclaimed = UnclaimedTaskReconciler(tools.wiro, store, clock, owner, looks, retries)
    tries = _delays(chance, first_s=2, cap_s=60, attempts=20)

    def start_background() -> None:
        supervisor.until_done("requests cut short", intakes.tell_left_over, tries)
        supervisor.every("files left at Wiro", UPLOADS_EVERY_S, uploads.look, retries)
        supervisor.every("list of models", REFRESH_S, catalogue.refresh, retries)
        supervisor.every("late orphans", looks.tick_s, unclaimed.sweep, retries)
        supervisor.every("our books and Wiro's", TICK_S, books.look, retries)
        supervisor.every("bill alarms", LOOK_EVERY_S, alarms.look, retries)
        cases.finish_later()
        supervisor.until_done("names of styles", styles.load, tries)
        supervisor.until_done("what servers use", partial(catalogue.load_uses, stores.popularity), tries)
        if settings.prompt_retention_days is not None:
            forget_older = partial(reports.forget_older, settings.prompt_retention_days)
            supervisor.every("forget old prompts", SWEEP_EVERY_S, forget_older, retries)

    return Services(
        jobs=jobs,
        intakes=intakes,
        guild_settings=guild_settings,
        limit_service=limit_service,
        cases=cases,
        reports=reports,
        catalogue=catalogue,
        forms=forms,
        remixes=remixes,
        browser=Browser(catalogue, store, guild_settings, clock),
        rate=RateLimiter(clock),
        styles=styles,
        board=board,
        mod_log=mod_log,
        clock=clock,
        start_background=start_background,
    )


async def run(settings: Settings, around: Runtime, stop: StopSignal) -> int:
    """Connect and serve until a signal. The exit code. Raises StoreError when the database cannot be had."""
    if settings.is_own_discord_api:
        use_api(settings.discord_api_url)
    async with opened(settings, around) as studio, AsyncExitStack() as stack:
        if settings.health_port is not None:
            from bot.observability.health import serve_health  # noqa: PLC0415 — a web server's memory, only where it is used

            await stack.enter_async_context(serve_health(settings.health_port, studio.meters))
        await stack.enter_async_context(studio.meters.lag.watched())
        await stack.enter_async_context(backup_door(studio.meters.database))
        spare_the_collector(studio.bot.initial_responses)
        serving = asyncio.create_task(
            studio.bot.start(settings.discord_token.get_secret_value()), name="discord"
        )
        stopping = asyncio.create_task(stop.wait(), name="stop signal")
        failing = asyncio.create_task(studio.meters.database.failed(), name="database")
        await asyncio.wait({serving, stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        stop.code = _outcome(serving, failing)
        stop.arm()
        log.info("stopping; unfinished pictures stay on record for the next start")
        await _drain(studio, serving)
        for task in (serving, stopping, failing):
            task.cancel()
        await asyncio.wait({serving, stopping, failing}, timeout=CLOSE_S)
    stop.disarm()
    return stop.code


async def _drain(studio: Application, serving: asyncio.Task[None]) -> None:
    """Refuse what still comes, bring home what is on its way, stop. Each step is bounded, whatever hangs."""
    jobs = studio.services.jobs
    jobs.refuse_more()
    if not serving.done():
        await asyncio.sleep(LINGER_S)  # whoever presses at this moment is told, not left alone
    # Commands on their way in have just been refused, and telling that takes Discord a moment.
    await asyncio.gather(_within(DRAIN_S, jobs.drain()), _within(DRAIN_S, _all_answered(studio.bot)))
    for answer in studio.bot.answering():
        answer.cancel()  # else each would fail on the closed session
    await _within(CLOSE_S, studio.bot.close())


async def _all_answered(bot: BotClient) -> None:
    while answers := bot.answering():
        await asyncio.wait(answers)


async def _within(limit_s: float, step: Coroutine[Any, Any, None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await step


def _outcome(serving: asyncio.Task[None], failing: asyncio.Task[StoreError]) -> int:
    """0 for a wished end; 1 and a sentence when Discord or the database would not have us."""
    if failing.done():
        log.error(database_words(failing.result()))
        return 1
    if not serving.done():
        return 0
    error = serving.exception()
    match error:
        case None:
            return 0
        case discord.LoginFailure():
            log.error(
                "Discord does not accept DISCORD_TOKEN. Copy it anew from the Bot page of your application."
            )
        case discord.GatewayNotFound() | discord.ConnectionClosed():
            log.error("Discord's gateway turned the bot away: %s", error)
        case discord.HTTPException():
            log.error(
                "Discord refused the start (HTTP %s): %s", error.status, error.text or "no reason given"
            )
        case aiohttp.ClientError() | OSError():
            log.error("Discord cannot be reached at the moment (%s).", type(error).__name__)
        case StoreError():
            log.error(database_words(error))
        case _:
            log.error("the bot stopped", exc_info=error)
    return 1


def _allowance(settings: Settings) -> DefaultLimits:
    return DefaultLimits(
        settings.default_runs_per_day,
        settings.default_spend_per_day,
        settings.operator_spend_per_day,
        settings.default_at_once,
        settings.most_a_server,
        settings.most_a_person,
    )


def _delays(
    chance: Random, *, first_s: float, cap_s: float, attempts: int | None = None
) -> Callable[[], Iterator[float]]:
    return lambda: jittered_delays(chance, first_s=first_s, cap_s=cap_s, attempts=attempts)


def _trace(budgets: Budgets) -> aiohttp.TraceConfig:
    """Shows every answer of Discord as it comes: discord.py keeps the rate-limit headers to itself."""
    trace = aiohttp.TraceConfig()

    async def on_end(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        acceptance.observe(end.method, end.url.path, end.response.status)
        budgets.observe(end.method, end.url.path, end.response.status, end.response.headers)

    trace.on_request_end.append(on_end)
    return trace
