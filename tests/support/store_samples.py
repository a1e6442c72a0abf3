"""Jobs, limits and histories that the tests of the store share."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bot.domain.job.job import Cause, Job, Stage
from bot.domain.limits.limit import OPERATOR, Limit, Measure, Scope, Window, member_scope
from bot.domain.moderation.audit import AuditEntry, AuditQuery, WordsChange
from bot.domain.money import PICO_PER_DOLLAR, Money
from bot.domain.request.origin import Origin
from bot.domain.request.run_request import RunRequest
from bot.services.guild_settings.ports import GuildStore
from bot.services.limits.ports import UsageStore
from bot.services.runs.ports import Store

NOON_S = 1_772_366_400.0  # 2026-03-01 12:00 UTC
DAY_S = 86_400
GUILD = 700
CHANNEL = 30
MODEL = "stabilityai/stable-diffusion-3-medium"
ROOT = Path(__file__).parents[2]
# As no version of ours writes it.
INSERT_ENTRY = """
INSERT INTO audit_log (guild_id, actor_id, kind, subject, before, after, at_s) VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class Ledger(Store, UsageStore, Protocol):
    """Jobs with what they hold and use: one adapter serves both ports."""


def a_job(
    job_id: int,
    *,
    user_id: int = 1,
    hold_pico: int = 1_000,
    at_s: float = NOON_S,
    guild_id: int | None = GUILD,
    channel_id: int = CHANNEL,
    ruled_channel_id: int = 0,
    model: str = MODEL,
) -> Job:
    origin = Origin(
        user_id=user_id,
        channel_id=channel_id,
        guild_id=guild_id,
        message_id=None,
        is_private=False,
        attachment_limit_bytes=10_485_760,
        ruled_channel_id=ruled_channel_id,
    )
    request = RunRequest(model=model, prompt="a lighthouse at dusk")
    return Job(
        job_id=job_id, origin=origin, request=request, seed=4, hold=Money(hold_pico), created_at_s=at_s
    )


def an_entry(action: str = "limits set", *, guild_id: int = GUILD, at_s: float = NOON_S) -> AuditEntry:
    return AuditEntry(guild_id, 99, WordsChange(action, "runs a day", "", "5"), at_s)


async def audit_of(guilds: GuildStore, guild_id: int = GUILD) -> list[AuditEntry]:
    """The whole audit log of a server, the newest first."""
    page = await guilds.audit_log(AuditQuery(guild_id))
    entries = list(page.entries)
    while page.has_older:
        page = await guilds.audit_log(replace(page.query, page=page.query.page + 1))
        entries += page.entries
    return entries


def ended(job: Job, stage: Stage = Stage.SUCCEEDED, cost_pico: int | None = None) -> Job:
    cost = None if cost_pico is None else Money(cost_pico)
    cause = {Stage.FAILED: Cause.WIRO_FAILED, Stage.CANCELLED: Cause.CANCELLED}.get(stage)
    return replace(job, stage=stage, cause=cause, cost=cost)


def counters_of(job: Job) -> list[tuple[Scope, Window]]:
    return [(member_scope(job.origin.guild_id, job.origin.user_id), Window.DAY), (OPERATOR, Window.DAY)]


def runs_a_day(user_id: int, amount: int) -> Limit:
    return Limit(member_scope(GUILD, user_id), Measure.RUNS, Window.DAY, amount)


def operator_spend_a_day(amount_pico: int = PICO_PER_DOLLAR) -> Limit:
    return Limit(OPERATOR, Measure.SPEND, Window.DAY, amount_pico)


def in_child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own that can import the bot and the tests."""
    return subprocess.run(  # noqa: S603 — our own interpreter and code
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def restored(dump: str, path: Path) -> int:
    """Make the file that was dumped, in the place of another. The number of its newest migration."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    with closing(sqlite3.connect(path)) as sqlite:
        sqlite.executescript(dump)
        newest: int = sqlite.execute("SELECT max(number) FROM migration").fetchone()[0]
    return newest
