"""All status messages: which job is shown where, and final states over whatever channel is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import discord

from bot.delivery.attachments import attachments
from bot.delivery.budgets import Budgets
from bot.delivery.channels import (
    ACCESS_REFUSED,
    BotChannel,
    DeliveryChannel,
    DeliveryChannels,
    DirectMessageChannel,
    SendFault,
    TokenChannel,
)
from bot.delivery.circuit_breaker import circuits_of
from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.delivery.editor import FINAL_TIMEOUT_S, FINAL_TRIES, MessageEditor, Pace, Start
from bot.delivery.verification import FinalMessage, FinalMessageVerifier
from bot.domain.clock import Clock
from bot.domain.discord_limits import REQUEST_BYTES, TOKEN_LIFE_S
from bot.domain.job.input_faults import refusal_of
from bot.domain.job.job import Exposure, Job
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import DeliveryOutcome, StatusUpdate
from bot.domain.request.errors import InputRefused
from bot.view.cards.renderer import PLAIN, Look, final_card, progress_mark
from bot.view.cards.wordless import last_resort, wordless_final
from bot.view.files.fitting import Bounds
from bot.view.files.media import fit
from bot.view.text.sentences import sentence

log = logging.getLogger(__name__)

FINAL_LIFE_S: Final = 24 * 3600.0  # while Discord is down, a final state waits for it so long
ROUND_PAUSES: Final = 4  # a round over all channels is paused for so many times the pause between two tries
MARGIN_BYTES: Final = 1024 * 1024  # of one request: its text


@dataclass(slots=True)
class _Message:
    channel_id: int
    channels: DeliveryChannels
    editor: MessageEditor
    token: str | None
    is_barred: bool = False  # a public one, from whose place Discord keeps the bot out
    is_block_told: bool = False  # that AutoMod blocked words of it
    is_withheld: bool = False  # what it shows was reported, and is hidden
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while a final state is on its way
    verification: asyncio.Task[None] | None = None  # of the final state, which a late edit may overwrite


class DiscordStatusMessages:
    """Implements the Board of the use cases over discord.py."""

    def __init__(
        self,
        client: discord.Client,
        start: Start,
        budgets: Budgets,
        clock: Clock,
        pace: Pace,
        look: Look = PLAIN,
    ) -> None:
        self._client = client
        self._start = start
        self._budgets = budgets
        self._clock = clock
        self._pace = pace
        self._check = look
        self._messages: dict[int, _Message] = {}
        self._fitting = asyncio.Lock()
        self._verifier = FinalMessageVerifier(budgets, clock, pace.verify_pauses_s)
        self._tell_blocked: Callable[[Job], Coroutine[Any, Any, None]] = _tell_nobody
        self._verifications: dict[int, asyncio.Task[None]] = {}  # by job
        self._attached: dict[int, tuple[discord.Interaction[discord.Client], float]] = {}

    def on_blocked(self, tell: Callable[[Job], Coroutine[Any, Any, None]]) -> None:
        """Whom to tell where a server's AutoMod blocked the words of a job. `tell` never raises."""
        self._tell_blocked = tell

    @contextmanager
    def attached(
        self, interaction: discord.Interaction[discord.Client], job_id: int | None = None
    ) -> Iterator[None]:
        """This interaction, just acknowledged, shows the job that is submitted in the block.

        The job bears the interaction's id unless another is given. The token's age is counted from here, on
        the monotonic clock. Where the block fails there is no job.
        """
        job_id = job_id or interaction.id
        self._attached[job_id] = (interaction, self._clock.monotonic())
        self._budgets.shared.opened(interaction.channel_id or 0)
        self._note_permissions(interaction)
        try:
            yield
        except BaseException:
            self._detach(job_id)
            raise

    def show(self, news: StatusUpdate) -> None:
        self._message(news.job).editor.show(news)

    async def finalize(self, news: StatusUpdate, pictures: Sequence[OutputFile]) -> DeliveryOutcome:
        message = self._message(news.job)
        await message.editor.stop_progress()
        if message.editor.is_gone:
            return DeliveryOutcome.GONE
        fault_of = refusal_of(news.job)
        if fault_of is not None and await self._is_told_alone(message, news.job, fault_of):
            return DeliveryOutcome.ALONE
        gives_up_s = self._clock.monotonic() + FINAL_LIFE_S
        delays = self._pace.retry_delays()
        tries = FINAL_TRIES
        while True:
            async with message.turn:
                if message.is_withheld or news.job.exposure is not Exposure.SHOWN:
                    return DeliveryOutcome.SHOWN  # and hidden since, which late outputs do not undo
                delivery = await self._round(message, news, pictures, tries)
            if delivery is not None:
                if message.editor.blocked and not message.is_block_told:
                    message.is_block_told = True
                    self._start(f"AutoMod on job {news.job.job_id}", self._tell_blocked(news.job))
                if delivery is DeliveryOutcome.SHOWN:
                    self._verify_later(message, news.job)
                return delivery
            if self._clock.monotonic() > gives_up_s:
                return DeliveryOutcome.UNDELIVERABLE
            log.warning("job %d: Discord takes no edits at the moment; trying again", news.job.job_id)
            tries = 1
            await asyncio.sleep(ROUND_PAUSES * next(delays))

    async def _is_told_alone(self, message: _Message, job: Job, fault_of: InputRefused) -> bool:
        """A file that cannot go in is a refusal: seen by the asker alone, with nothing left in the channel.

        False: not while the token lives, or half of it failed. Then other channels are tried.
        """
        channel = message.channels.current(self._clock.monotonic())
        if job.origin.is_private or not isinstance(channel, TokenChannel):
            return False
        try:
            async with asyncio.timeout(FINAL_TIMEOUT_S):
                await channel.take_back()
        except DISCORD_ERRORS as error:
            log.info("job %d: its message stays: %s", job.job_id, type(error).__name__)
            return False
        try:
            async with asyncio.timeout(FINAL_TIMEOUT_S):
                await channel.say_alone(sentence(fault_of))
        except DISCORD_ERRORS as error:
            log.warning("job %d: its refusal goes by direct message: %s", job.job_id, type(error).__name__)
            message.channels.close(channel, SendFault.CHANNEL_GONE)  # with the message, every channel there
            return False
        return True

    async def _round(
        self, message: _Message, news: StatusUpdate, pictures: Sequence[OutputFile], tries: int
    ) -> DeliveryOutcome | None:
        """The final state over the open channels, best first. None: none works now, but may later."""
        is_transient = False
        for channel in message.channels.for_final(self._clock.monotonic()):
            is_direct_message = isinstance(channel, DirectMessageChannel)
            if is_direct_message and message.is_barred:
                break  # shut out of where it belongs: kept in the member's history
            if is_direct_message and is_transient and not news.job.origin.is_private:
                break  # its own message is still the better place
            refused = await self._send_final(message.editor, channel, news, pictures, tries)
            if refused is None:
                return DeliveryOutcome.BY_DM if is_direct_message else DeliveryOutcome.SHOWN
            if refused is SendFault.MESSAGE_GONE and not is_direct_message:
                return DeliveryOutcome.GONE
            log.warning("job %d: no way through %s: %s", news.job.job_id, channel.key[0], refused.name)
            if refused is SendFault.BLOCKED:
                return DeliveryOutcome.UNDELIVERABLE  # what a server does not want said is not said past it
            if refused is SendFault.TRANSIENT:
                is_transient = True
                continue
            message.channels.close(channel, refused)
            message.is_barred |= refused is SendFault.NO_ACCESS and not news.job.origin.is_private
            if refused in ACCESS_REFUSED and not is_direct_message:
                return await self._round(message, news, pictures, tries)
        return None if is_transient else DeliveryOutcome.UNDELIVERABLE

    async def withhold(self, job_id: int) -> None:
        """Touch the message of an ended job no more. One on its way is waited for, but not for ever."""
        verification = self._verifications.get(job_id)
        if verification is not None:
            verification.cancel()
        message = self._messages.get(job_id)
        if message is not None:
            message.is_withheld = True
            with suppress(TimeoutError):
                async with asyncio.timeout(FINAL_TIMEOUT_S), message.turn:
                    pass

    def bot_pause_s(self) -> float:
        """How long requests with the bot's own token should wait, by Discord's word; zero means go."""
        return self._budgets.bot_pause_s()

    def drop(self, job_id: int) -> None:
        self._detach(job_id)
        message = self._messages.pop(job_id, None)
        if message is None:
            return
        self._budgets.shared.closed(message.channel_id)
        if message.token is None:
            return
        if message.verification is None or message.verification.done():
            self._budgets.release(message.token)
        else:
            message.verification.add_done_callback(partial(self._release, message.token))

    def _detach(self, job_id: int) -> None:
        attached = self._attached.pop(job_id, None)
        if attached is not None:
            self._budgets.shared.closed(attached[0].channel_id or 0)

    def _release(self, token: str, _verifications: asyncio.Task[None]) -> None:
        self._budgets.release(token)

    def _verify_later(self, message: _Message, job: Job) -> None:
        """Where progress may yet come after the final state. On a drain these checks are dropped."""
        ending, unsure_until_s = message.editor.shown, message.editor.unsure_until_s
        if message.verification is not None:  # of the final state without its late outputs
            message.verification.cancel()
        if ending is None or self._clock.monotonic() > unsure_until_s:
            return
        origin, mark = job.origin, progress_mark(job)
        final = FinalMessage(
            job.job_id, origin.channel_id, origin.guild_id, message.channels, ending, mark, unsure_until_s
        )
        verification = self._start(f"verification of job {job.job_id}", self._verifier.verify(final))
        message.verification = self._verifications[job.job_id] = verification
        verification.add_done_callback(partial(self._verified, job.job_id))

    def _verified(self, job_id: int, verification: asyncio.Task[None]) -> None:
        if self._verifications.get(job_id) is verification:
            del self._verifications[job_id]

    def _note_permissions(self, interaction: discord.Interaction[discord.Client]) -> None:
        """Discord tells with every interaction what the bot may do in its channel."""
        permissions, channel_id = interaction.app_permissions, interaction.channel_id
        if channel_id is not None and permissions.view_channel and permissions.send_messages:
            for kind in ("token", "channel"):
                self._budgets.breaker.succeeded(circuits_of((kind, ""), channel_id, interaction.guild_id))

    async def _send_final(
        self,
        editor: MessageEditor,
        channel: DeliveryChannel,
        news: StatusUpdate,
        pictures: Sequence[OutputFile],
        tries: int,
    ) -> SendFault | None:
        """With the pictures as large as allowed; where Discord finds them too large, smaller, then linked."""
        refused: SendFault | None = None
        whole = Bounds(channel.limit_bytes, REQUEST_BYTES - MARGIN_BYTES)
        for bounds in (whole, Bounds(whole.file_bytes // 2, whole.request_bytes // 2), Bounds(0, 0)):
            async with self._fitting:  # a picture being re-encoded needs a few hundred MiB: one at a time
                fitted = await attachments(news.job, pictures, bounds, _shrunk)
            refused = await self._send_fitted(editor, channel, news, fitted, tries)
            if refused not in {SendFault.TOO_LARGE, SendFault.INVALID}:
                break
        return refused

    async def _send_fitted(
        self,
        editor: MessageEditor,
        channel: DeliveryChannel,
        news: StatusUpdate,
        fitted: Sequence[OutputFile],
        tries: int,
    ) -> SendFault | None:
        """Where AutoMod blocks it, once more without the words of others, and once with hardly any at all."""
        while True:
            if isinstance(channel, DirectMessageChannel):  # where no server's AutoMod reads
                card = final_card(news, fitted, self._check)
                place = f"-# You asked for this in <#{news.job.origin.channel_id}>."
                card = replace(card, text=f"{card.text}\n{place}")
            elif editor.blocked > 1:
                return await editor.send_final(channel, last_resort(news), (), tries)
            elif editor.blocked:
                card = wordless_final(news, fitted, self._check)
            else:
                card = final_card(news, fitted, self._check)
            refused = await editor.send_final(channel, card, fitted, tries)
            if refused is not SendFault.BLOCKED:
                return refused
            editor.blocked += 1

    def _message(self, job: Job) -> _Message:
        message = self._messages.get(job.job_id)
        if message is None:
            message = self._messages[job.job_id] = self._open(job)
        return message

    def _open(self, job: Job) -> _Message:
        origin = job.origin
        candidates: list[DeliveryChannel] = []
        token, channel_id = None, origin.channel_id
        attached = self._attached.pop(job.job_id, None)
        if attached is not None:
            interaction, since_s = attached
            channel_id = interaction.channel_id or 0  # where it was counted
            token = interaction.token
            self._budgets.bind(token, origin.channel_id)
            closes_at_s = since_s + TOKEN_LIFE_S
            limit_bytes = origin.attachment_limit_bytes
            candidates.append(TokenChannel(interaction, limit_bytes, closes_at_s, origin.message_id))
        if origin.message_id is not None and not origin.is_private:
            candidates.append(BotChannel(self._client, origin.channel_id, origin.message_id))
        candidates.append(DirectMessageChannel(self._client, origin.user_id, job.job_id))
        channels = DeliveryChannels(candidates)
        editor = MessageEditor(
            origin.channel_id, channels, self._start, self._budgets, self._clock, self._pace, origin.guild_id
        )
        if attached is None:  # resumed: the process before may have died with an edit on its way
            editor.doubt()
            self._budgets.shared.opened(origin.channel_id)
        return _Message(channel_id, channels, editor, token)


async def _tell_nobody(_job: Job) -> None:
    return


async def _shrunk(picture: OutputFile, limit_bytes: int) -> OutputFile:
    return await asyncio.to_thread(fit, picture, limit_bytes)
