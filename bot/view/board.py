"""All status messages: which job is shown where, and every ending brought home by whatever way is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import discord

from bot.domain.clock import Clock
from bot.domain.job import Job
from bot.domain.news import Delivery, News
from bot.domain.picture import Picture
from bot.view.budget import Budgets
from bot.view.editor import MessageEditor, Pace, Start
from bot.view.media import fit
from bot.view.renderer import ending_card
from bot.view.routes import ChannelRoute, DirectRoute, Refused, Route, TokenRoute, Ways

log = logging.getLogger(__name__)

# Discord drops an interaction's token after 15 minutes (Discord docs, Receiving and responding, 2026);
# the last one is left as a margin.
TOKEN_LIFE_S: Final = 14 * 60.0
REQUEST_BYTES: Final = 24 * 1024 * 1024  # Discord takes 25 MiB in one request, text included


@dataclass(slots=True)
class _Message:
    ways: Ways
    editor: MessageEditor
    token: str | None


class StatusBoard:
    """Implements the Board of the use cases over discord.py."""

    def __init__(
        self, client: discord.Client, start: Start, budgets: Budgets, clock: Clock, pace: Pace
    ) -> None:
        self._client = client
        self._start = start
        self._budgets = budgets
        self._clock = clock
        self._pace = pace
        self._messages: dict[int, _Message] = {}
        self._fitting = asyncio.Lock()
        self._attached: dict[int, tuple[discord.Interaction[discord.Client], float]] = {}

    @contextmanager
    def attached(self, interaction: discord.Interaction[discord.Client]) -> Iterator[None]:
        """This interaction, just acknowledged, shows the job that bears its id and is submitted in the block.

        The token's age is counted from here, on the monotonic clock. Where the block fails there is no job.
        """
        self._attached[interaction.id] = (interaction, self._clock.monotonic())
        try:
            yield
        except BaseException:
            self._attached.pop(interaction.id, None)
            raise

    def show(self, news: News) -> None:
        self._message(news.job).editor.show(news)

    async def conclude(self, news: News, pictures: Sequence[Picture]) -> Delivery:
        message = self._message(news.job)
        await message.editor.stop_passing()
        if message.editor.is_gone:
            return Delivery.GONE
        for route in message.ways.for_ending(self._clock.monotonic()):
            refused = await self._send_ending(message.editor, route, news, pictures)
            if refused is None:
                return Delivery.BY_DM if isinstance(route, DirectRoute) else Delivery.SHOWN
            if refused is Refused.MESSAGE_GONE and not isinstance(route, DirectRoute):
                return Delivery.GONE
            log.warning("job %d: no way through %s: %s", news.job.job_id, route.key[0], refused.name)
            message.ways.close(route)
        return Delivery.UNDELIVERABLE

    def drop(self, job_id: int) -> None:
        self._attached.pop(job_id, None)
        message = self._messages.pop(job_id, None)
        if message is not None and message.token is not None:
            self._budgets.release(message.token)

    async def _send_ending(
        self, editor: MessageEditor, route: Route, news: News, pictures: Sequence[Picture]
    ) -> Refused | None:
        """With the pictures as large as allowed; where Discord finds them too large, smaller, then linked."""
        files = max(1, sum(picture.content is not None for picture in pictures))
        limit_bytes = min(route.limit_bytes, REQUEST_BYTES // files)
        refused: Refused | None = None
        for limit in (limit_bytes, limit_bytes // 2, 0):
            async with self._fitting:  # a picture being re-encoded needs a few hundred MiB: one at a time
                fitted = _named_apart([await asyncio.to_thread(fit, picture, limit) for picture in pictures])
            card = ending_card(news, fitted)
            if isinstance(route, DirectRoute):
                card = replace(
                    card, text=f"{card.text}\n-# You asked for this in <#{news.job.origin.channel_id}>."
                )
            refused = await editor.send_ending(route, card, fitted)
            if refused not in {Refused.TOO_LARGE, Refused.INVALID}:
                break
        return refused

    def _message(self, job: Job) -> _Message:
        message = self._messages.get(job.job_id)
        if message is None:
            message = self._messages[job.job_id] = self._open(job)
        return message

    def _open(self, job: Job) -> _Message:
        origin = job.origin
        routes: list[Route] = []
        token = None
        attached = self._attached.pop(job.job_id, None)
        if attached is not None:
            interaction, since_s = attached
            token = interaction.token
            self._budgets.bind(token, origin.channel_id)
            routes.append(TokenRoute(interaction, origin.attachment_limit_bytes, since_s + TOKEN_LIFE_S))
        if origin.message_id is not None and not origin.is_private:
            routes.append(ChannelRoute(self._client, origin.channel_id, origin.message_id))
        routes.append(DirectRoute(self._client, origin.user_id, job.job_id))
        ways = Ways(routes)
        editor = MessageEditor(origin.channel_id, ways, self._start, self._budgets, self._clock, self._pace)
        return _Message(ways, editor, token)


def _named_apart(pictures: Sequence[Picture]) -> list[Picture]:
    """The pictures under names that differ: attachments are referred to by name."""
    named: list[Picture] = []
    taken: set[str] = set()
    for number, picture in enumerate(pictures):
        name = picture.filename if picture.filename not in taken else f"{number}-{picture.filename}"
        taken.add(name)
        named.append(replace(picture, filename=name))
    return named
