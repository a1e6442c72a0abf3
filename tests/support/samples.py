"""Jobs, origins and requests to start a test from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.job.events import Settled
from bot.domain.job.job import Job, Output
from bot.domain.job.output_file import OutputFile
from bot.domain.money import Money
from bot.domain.request.origin import Origin
from bot.domain.request.requester import ChannelContext, Requester
from bot.domain.request.run_request import RunRequest

NOON_S = 1_772_366_400.0  # 2026-03-01 12:00 UTC
MODEL = "stabilityai/stable-diffusion-3-medium"
GUILD = 700
CHANNEL = 30
MEMBER = 1
COST = Money.parse("0.001")
PNG = Output("lighthouse.png", "image/png", "https://cdn1.wiro.ai/lighthouse.png")
SUCCESS = Settled(is_success=True, cost=COST, outputs=(PNG,), elapsed_s=4.2)


def an_origin(**changes: Any) -> Origin:
    origin = Origin(
        user_id=MEMBER,
        channel_id=CHANNEL,
        guild_id=GUILD,
        message_id=900,
        is_private=False,
        attachment_limit_bytes=10_485_760,
    )
    return replace(origin, **changes)


def a_requester(
    user_id: int = MEMBER, channel_id: int = CHANNEL, *role_ids: int, **changes: Any
) -> Requester:
    """Somebody who presses a button of a message of CHANNEL, or types a command there."""
    requester = Requester(user_id, frozenset(role_ids), ChannelContext(GUILD, channel_id), message_id=900)
    return replace(requester, **changes)


def a_request(**changes: Any) -> RunRequest:
    return replace(RunRequest(model=MODEL, prompt="a lighthouse at dusk"), **changes)


def a_job(job_id: int = 1, **changes: Any) -> Job:
    job = Job(
        job_id=job_id,
        origin=an_origin(),
        request=a_request(),
        seed=4,
        hold=Money.parse("0.05"),
        created_at_s=NOON_S,
    )
    return replace(job, **changes)


def a_picture(name: str = "lighthouse.png", content: bytes | None = b"a picture") -> OutputFile:
    return OutputFile(name, "image/png", content, f"https://cdn1.wiro.ai/{name}")
