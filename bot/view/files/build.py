"""Where files come from: outputs from the engine's hosts, attachments from Discord's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from bot.domain.clock import Clock
from bot.runtime.backoff import backoff
from bot.settings import Settings
from bot.view.files.download import Downloader
from bot.view.files.fetching import Fetcher, downloader_session
from bot.view.files.sources import BOUNDS, Attachments, FileSources


@asynccontextmanager
async def opened_files(
    settings: Settings, clock: Clock, chance: Random, attachments: Attachments | None
) -> AsyncIterator[tuple[Downloader, FileSources]]:
    """The downloads of outputs, and the sources of inputs.

    A session checks the addresses of one list of hosts, so there are two. `attachments`: those of a simulated
    Discord; None for DISCORD_CDN_HOSTS.
    """
    output_hosts, attachment_hosts = settings.wiro_output_hosts, settings.discord_cdn_hosts

    delays = backoff(chance, first_s=0.6, cap_s=10)
    async with (
        downloader_session(output_hosts) as outputs,
        downloader_session(attachment_hosts) as session,
    ):
        pictures = Downloader(outputs, output_hosts, clock=clock, delays=delays)
        attachments = attachments or Fetcher(session, attachment_hosts, BOUNDS, clock=clock, delays=delays)
        yield pictures, FileSources(attachments, pictures)
