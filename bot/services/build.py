"""The use cases, each given the parts that it works with; said once, for the bot and for what tries it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.moderation.admission import EVERYBODY, Admission
from bot.domain.money import Money
from bot.engines.port import Engine
from bot.services.catalogue.browse import Browser
from bot.services.catalogue.ports import UsesStore
from bot.services.catalogue.service import REFRESH_S, Catalogue
from bot.services.forms.ports import LastValues
from bot.services.forms.service import Forms
from bot.services.forms.states import FormStates
from bot.services.guild_settings.ports import GuildStore, LogChannel, PictureWishes
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.alternatives import LimitAlternatives
from bot.services.limits.bill_alarms import LOOK_EVERY_S, BillAlarms
from bot.services.limits.budget_alerts import BudgetAlerts
from bot.services.limits.holds import Holds
from bot.services.limits.ports import AlarmChannel, AlarmStore, UsageStore, WarningChannel
from bot.services.limits.rate import RateLimiter
from bot.services.limits.service import DefaultLimits, LimitService
from bot.services.moderation.ports import CaseStore, ModLog
from bot.services.moderation.service import Cases
from bot.services.records.ports import ReportStore
from bot.services.records.service import SWEEP_EVERY_S, Reports
from bot.services.remix.service import Remixes
from bot.services.runs.bookkeeper import TICK_S, Bookkeeper
from bot.services.runs.context import RunContext, Timeouts
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.inputs import Inputs
from bot.services.runs.intakes import Intakes
from bot.services.runs.memory_budget import MemoryBudget
from bot.services.runs.ports import (
    Apologies,
    Books,
    IntakeStore,
    Lookout,
    OutputFetcher,
    Sources,
    StatusMessages,
    Store,
    UploadStore,
)
from bot.services.runs.queue import FairQueue
from bot.services.runs.service import Jobs
from bot.services.runs.unclaimed import SweepSchedule, UnclaimedTaskReconciler
from bot.services.runs.uploads import UPLOADS_EVERY_S, Uploads
from bot.services.styles.ports import StyleStore
from bot.services.styles.service import Styles
from bot.services.supervisor import Delays, Supervisor
from bot.settings import DEFAULT_ESTIMATE, Settings


class JobRecords(Store, UsageStore, Protocol):
    """Jobs, what they used, and what was run here before."""


class RunLogChannel(LogChannel, WarningChannel, Protocol):
    """A server's log channel, as runs need it."""


class ModLogChannels(RunLogChannel, AlarmChannel, ModLog, Protocol):
    """Log channels, and what else of Discord moderation needs."""


class RunStores(Protocol):
    """What runs keep on record."""

    @property
    def jobs(self) -> JobRecords: ...
    @property
    def guilds(self) -> GuildStore: ...
    @property
    def picture_wishes(self) -> PictureWishes: ...
    @property
    def uploads(self) -> UploadStore: ...


class Stores(RunStores, Protocol):
    """What a store keeps: one kind of record for each port."""

    @property
    def intakes(self) -> IntakeStore: ...
    @property
    def cases(self) -> CaseStore: ...
    @property
    def reports(self) -> ReportStore: ...
    @property
    def books(self) -> Books: ...
    @property
    def alarms(self) -> AlarmStore: ...
    @property
    def styles(self) -> StyleStore: ...
    @property
    def last_values(self) -> LastValues: ...
    @property
    def popularity(self) -> UsesStore: ...


class Backoff(Protocol):
    """Pauses between tries: seconds that grow from about `first_s` to `cap_s`."""

    def __call__(self, first_s: float, cap_s: float, attempts: int | None = None) -> Delays: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """What runs are made of: the outside world, time and chance."""

    stores: RunStores
    engine: Engine
    sources: Sources
    pictures: OutputFetcher
    status_messages: StatusMessages
    log_channel: RunLogChannel
    supervisor: Supervisor
    clock: Clock
    chance: Random
    backoff: Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the operator chose."""

    default_model: str
    default_limits: DefaultLimits
    default_estimate: Money = DEFAULT_ESTIMATE
    max_run_price: Money | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    admission: Admission = EVERYBODY


def run_options(settings: Settings) -> RunOptions:
    """What of the settings is about runs."""
    return RunOptions(
        default_model=settings.wiro_model,
        default_limits=DefaultLimits(
            settings.default_runs_per_day,
            settings.default_spend_per_day,
            settings.operator_spend_per_day,
            settings.default_at_once,
            settings.most_a_server,
            settings.most_a_person,
        ),
        default_estimate=settings.default_estimate,
        max_run_price=settings.max_run_price,
        timeouts=Timeouts(settings.silence_s, settings.unknown_grace_s, settings.job_deadline_s),
        admission=Admission(settings.allowed_guilds, settings.blocked_users, settings.direct_messages),
    )


@dataclass(frozen=True, slots=True)
class Runs:
    """Jobs, and the use cases that they stand on."""

    context: RunContext
    guild_settings: GuildSettingsService
    limit_service: LimitService
    budget_alerts: BudgetAlerts
    holds: Holds
    jobs: Jobs


def build_runs(parts: RunParts, options: RunOptions, jobs: type[Jobs] = Jobs) -> Runs:
    """Nothing runs yet."""
    stores, clock, supervisor, backoff = parts.stores, parts.clock, parts.supervisor, parts.backoff
    catalogue = Catalogue(parts.engine, options.default_model, clock, supervisor)
    delivery = ResultDelivery(
        stores.jobs,
        parts.status_messages,
        parts.pictures,
        parts.engine.open,
        supervisor,
        backoff(first_s=2, cap_s=60),
        MemoryBudget(),
    )
    context = RunContext(
        engine=parts.engine,
        store=stores.jobs,
        status_messages=parts.status_messages,
        delivery=delivery,
        catalogue=catalogue,
        inputs=Inputs(parts.engine, parts.sources, stores.uploads, clock.wall),
        queue=FairQueue(parts.engine.capabilities.at_once, clock.monotonic, backoff(first_s=2, cap_s=30)),
        clock=clock,
        timeouts=options.timeouts,
        poll_delays=backoff(first_s=0.4, cap_s=10),
    )
    guild_settings = GuildSettingsService(
        stores.guilds, parts.log_channel, stores.picture_wishes, catalogue.is_adult, options.admission
    )
    limit_service = LimitService(options.default_limits, guild_settings, stores.guilds, stores.jobs, clock)
    alerts = BudgetAlerts(limit_service, guild_settings, stores.guilds, parts.log_channel)
    holds = Holds(catalogue, stores.jobs, clock, options.default_estimate, options.max_run_price)
    return Runs(
        context,
        guild_settings,
        limit_service,
        alerts,
        holds,
        jobs(context, guild_settings, limit_service, alerts, supervisor, parts.chance, holds),
    )


@dataclass(frozen=True, slots=True)
class Services:
    """What cogs are given in their `setup`, each just what it uses."""

    jobs: Jobs
    intakes: Intakes
    guild_settings: GuildSettingsService
    limit_service: LimitService
    cases: Cases
    reports: Reports
    catalogue: Catalogue
    forms: Forms
    remixes: Remixes
    browser: Browser
    rate: RateLimiter
    styles: Styles
    bookkeeper: Bookkeeper
    clock: Clock
    start_background: Callable[[], None]  # when the bot does


def build_services(
    parts: RunParts,
    runs: Runs,
    stores: Stores,
    *,
    mod_log: ModLogChannels,
    apologies: Apologies,
    lookout: Lookout,
    vary_model: str,
    upscale_model: str,
    retention_days: int | None,
) -> Services:
    """The use cases around runs. Nothing runs yet."""
    engine, clock, supervisor, backoff = parts.engine, parts.clock, parts.supervisor, parts.backoff
    guild_settings, limit_service, holds = runs.guild_settings, runs.limit_service, runs.holds
    catalogue = runs.context.catalogue
    retries, tries = backoff(first_s=2, cap_s=60), backoff(first_s=2, cap_s=60, attempts=20)
    uploads = Uploads(stores.uploads, engine, lookout)
    intakes = Intakes(stores.intakes, apologies, supervisor)
    styles = Styles(stores.styles, guild_settings, clock)
    bookkeeper = Bookkeeper(engine, stores.books, clock)
    cases = Cases(
        stores.cases,
        guild_settings,
        limit_service,
        LimitAlternatives(limit_service, guild_settings, catalogue, holds),
        holds,
        runs.jobs,
        mod_log,
        runs.budget_alerts,
        clock,
        supervisor,
        retries,
    )
    six_tries = backoff(first_s=2, cap_s=60, attempts=6)
    reports = Reports(stores.reports, stores.cases, engine, clock, supervisor, six_tries, uploads)
    alarms = BillAlarms(stores.alarms, guild_settings, mod_log)
    sweeps = SweepSchedule.after(runs.context.timeouts.unknown_grace_s)
    unclaimed = UnclaimedTaskReconciler(engine, stores.jobs, clock, supervisor, sweeps, retries)

    def start_background() -> None:
        supervisor.until_done("requests cut short", intakes.tell_left_over, tries)
        supervisor.every("files left at Wiro", UPLOADS_EVERY_S, uploads.look, retries)
        supervisor.every("list of models", REFRESH_S, catalogue.refresh, retries)
        supervisor.every("late orphans", sweeps.tick_s, unclaimed.sweep, retries)
        supervisor.every("our books and Wiro's", TICK_S, bookkeeper.look, retries)
        supervisor.every("bill alarms", LOOK_EVERY_S, alarms.look, retries)
        cases.finish_later()
        supervisor.until_done("names of styles", styles.load, tries)
        supervisor.until_done("what servers use", partial(catalogue.load_uses, stores.popularity), tries)
        if retention_days is not None:
            forget_older = partial(reports.forget_older, retention_days)
            supervisor.every("forget old prompts", SWEEP_EVERY_S, forget_older, retries)

    return Services(
        jobs=runs.jobs,
        intakes=intakes,
        guild_settings=guild_settings,
        limit_service=limit_service,
        cases=cases,
        reports=reports,
        catalogue=catalogue,
        forms=Forms(catalogue, guild_settings, holds, stores.last_values, FormStates(clock.monotonic), clock),
        remixes=Remixes(guild_settings, catalogue, holds, limit_service, vary_model, upscale_model),
        browser=Browser(catalogue, stores.jobs, guild_settings, clock),
        rate=RateLimiter(clock),
        styles=styles,
        bookkeeper=bookkeeper,
        clock=clock,
        start_background=start_background,
    )
