"""The words of a run: the pages of an answer and of its thoughts, and the log."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import Final

import discord
from discord.ext import commands

from bot.delivery.responses import acknowledge, acknowledge_press, fill
from bot.discord.client import BotClient, Interaction
from bot.domain.job.access import JobAct
from bot.domain.job.errors import WordsFault, WordsGone
from bot.domain.job.job import Job
from bot.services.limits.rate import RateLimiter
from bot.services.runs.service import Jobs
from bot.view.actions.buttons import JobAction, JobButton, PageMove, TextAction
from bot.view.card import Card
from bot.view.cards.texts import LOG_NAME, log_card, page_card
from bot.view.text import said
from bot.view.text.pages import Page
from bot.view.text.said import TextPart
from cogs.origins import requester_of

MARGIN_BYTES: Final = 64 * 1024  # of an upload: the words around a file


class Texts(commands.Cog):
    """Shows what models said and wrote, to the presser alone."""

    def __init__(self, jobs: Jobs, rate: RateLimiter) -> None:
        self._jobs = jobs
        self._rate = rate

    async def move(self, interaction: Interaction, press: TextAction) -> None:
        """Open a page in a message of its own, or turn to it in the message that was pressed."""
        if press.move is PageMove.OPEN:
            await acknowledge(interaction, ephemeral=True)
        else:
            await acknowledge_press(interaction)
        job = await self._jobs.reach(press.job_id, requester_of(interaction), JobAct.READ_WORDS)
        pages = await _pages(job, press.action)
        card = page_card(job, press.action, pages, press.page)
        files = []
        if press.move is PageMove.OPEN and press.action is TextPart.THINKING and len(pages) > 1:
            thoughts = said.whole(job, TextPart.THINKING)
            limit_bytes = interaction.filesize_limit - MARGIN_BYTES
            file = await asyncio.to_thread(said.text_file, thoughts, said.THINKING_NAME, limit_bytes)
            if file is not None and file.content is not None:
                files.append(discord.File(io.BytesIO(file.content), file.filename))
        await fill(interaction, replace(card, files=tuple(file.filename for file in files)), files)

    async def log(self, interaction: Interaction, press: JobAction) -> None:
        await acknowledge(interaction, ephemeral=True)
        self._rate.take(interaction.user.id)
        job, log = await self._jobs.log_of(press.job_id, requester_of(interaction))
        card, content = await asyncio.to_thread(_log, job, log, interaction.filesize_limit - MARGIN_BYTES)
        files = [discord.File(io.BytesIO(content), LOG_NAME)] if card.files else []
        await fill(interaction, card, files)


def _log(job: Job, log: str, limit_bytes: int) -> tuple[Card, bytes]:
    content = log.encode("utf-8", "replace")
    return log_card(job, log, is_attached=0 < len(content) <= limit_bytes), content


async def _pages(job: Job, part: TextPart) -> list[Page]:
    if job.is_forgotten:
        raise WordsGone(WordsFault.ERASED)
    pages = await asyncio.to_thread(said.pages, job, part)
    if not pages:
        raise WordsGone(WordsFault.NO_TEXT)
    return pages


async def setup(bot: BotClient) -> None:
    cog = Texts(bot.services.jobs, bot.services.rate)
    for part in TextPart:
        bot.on_press(part, cog.move)
    bot.on_press(JobButton.LOG, cog.log)
    await bot.add_cog(cog)
