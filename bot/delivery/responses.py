"""Answers to commands and buttons: acknowledged at once, failures seen by the asker alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import discord
from discord import ui

from bot.delivery.channels import SendFault, fault_of
from bot.delivery.discord_errors import CONNECTION_ERRORS, LATE_ERRORS
from bot.delivery.initial_responses import InitialResponseLimiter
from bot.domain.errors import BotError
from bot.domain.job.errors import ManagersOnly
from bot.domain.request.interactions import WordsBlocked
from bot.view.actions.buttons import CaseAction
from bot.view.actions.component import ActionButton
from bot.view.actions.seal import seal_of
from bot.view.card import Card, Tone
from bot.view.layout import NO_MENTIONS, layout_of
from bot.view.text.sentences import UNFORESEEN, sentence

log = logging.getLogger(__name__)

ALREADY_ACKNOWLEDGED: Final = 40060  # Discord docs, JSON error codes, 2026
UNKNOWN_INTERACTION: Final = 10062  # the same: also where the first answer came after its 3 s
FIRST_ANSWER_S: Final = 2.0  # of Discord's 3 s; a call that hangs for longer may not have arrived


OnAnswer: TypeAlias = Callable[[int], None]  # of the message's id


async def acknowledge(
    interaction: discord.Interaction[discord.Client], *, ephemeral: bool, on_answer: OnAnswer | None = None
) -> int | None:
    """Answer with "is thinking…"; the id of the message that the answer will fill.

    `on_answer` hears it at once, this caller when the burst is over that the command belongs to.
    A connection that breaks, as an idle one may, or hangs gets a second try: discord.py 2.7.1 gives it none.
    """
    answer = await _deferred(interaction, thinking=True, ephemeral=ephemeral, on_answer=on_answer)
    # Without an answer the acknowledgement stands all the same, only its own answer was lost.
    return answer.message_id if answer is not None else (await interaction.original_response()).id


async def acknowledge_press(interaction: discord.Interaction[discord.Client]) -> None:
    """Take a button's press without a new message; what comes of it is seen in its own message."""
    await _deferred(interaction, thinking=False, ephemeral=False)


async def _deferred(
    interaction: discord.Interaction[discord.Client],
    *,
    thinking: bool,
    ephemeral: bool,
    on_answer: OnAnswer | None = None,
) -> discord.InteractionCallbackResponse[discord.Client] | None:
    by_s = asyncio.get_running_loop().time() + FIRST_ANSWER_S  # a turn that is waited for counts, too
    answers: InitialResponseLimiter | None = getattr(interaction.client, "initial_responses", None)
    if answers is None:  # another client than ours
        return await _sent_first(interaction, by_s, thinking=thinking, ephemeral=ephemeral)
    async with answers:
        answer = await _sent_first(interaction, by_s, thinking=thinking, ephemeral=ephemeral)
    if on_answer is not None and answer is not None and answer.message_id is not None:
        on_answer(answer.message_id)
    await answers.calm()
    return answer


async def _sent_first(
    interaction: discord.Interaction[discord.Client], by_s: float, *, thinking: bool, ephemeral: bool
) -> discord.InteractionCallbackResponse[discord.Client] | None:
    try:
        async with asyncio.timeout_at(by_s):
            return await interaction.response.defer(thinking=thinking, ephemeral=ephemeral)
    except CONNECTION_ERRORS:
        try:
            return await interaction.response.defer(thinking=thinking, ephemeral=ephemeral)
        except discord.HTTPException as error:
            if error.code != ALREADY_ACKNOWLEDGED:
                raise
            return None


async def fill(
    interaction: discord.Interaction[discord.Client], card: Card, files: Sequence[discord.File] = ()
) -> None:
    """The card as the answer to an acknowledged interaction, with the files that it names.

    Raises WordsBlocked where the server's AutoMod will not have it.
    """
    try:
        await interaction.edit_original_response(
            view=layout_of(card, seal_of(interaction.client)),
            attachments=files or discord.utils.MISSING,
            allowed_mentions=NO_MENTIONS,
        )
    except discord.HTTPException as error:
        if fault_of(error) is not SendFault.BLOCKED:
            raise
        raise WordsBlocked from None


@dataclass(frozen=True, slots=True)
class Postscript:
    """What a refusal says besides the reason: what would fit, and a button to ask for more."""

    text: str = ""
    press: CaseAction | None = None
    about_press: str = ""  # what pressing it means, beside the reason


NO_POSTSCRIPT: Final = Postscript()


async def refuse(
    interaction: discord.Interaction[discord.Client], error: Exception, postscript: Postscript = NO_POSTSCRIPT
) -> bool:
    """Say what went wrong to the asker alone and leave nothing behind in the channel. Whether it was said."""
    text = sentence(error) if isinstance(error, BotError) else UNFORESEEN
    text = " ".join(part for part in (text, postscript.about_press) if part)
    text = "\n".join(part for part in (text, postscript.text) if part)
    view: ui.View = discord.utils.MISSING
    if postscript.press is not None:
        view = ui.View(timeout=None)
        view.add_item(ActionButton(postscript.press, seal_of(interaction.client)))
    try:
        await _say_alone(interaction, text, view)
    except LATE_ERRORS as failure:
        log.warning("a refusal could not be told: %s", type(failure).__name__)
        return False
    await _add_notes(interaction, error)
    return True


async def _say_alone(interaction: discord.Interaction[discord.Client], text: str, view: ui.View) -> None:
    response = interaction.response
    if not response.is_done():
        try:
            await response.send_message(text, view=view, ephemeral=True, allowed_mentions=NO_MENTIONS)
        except discord.HTTPException as failure:
            if failure.code != ALREADY_ACKNOWLEDGED:
                raise
        else:
            return
    if response.type in {None, discord.InteractionResponseType.deferred_channel_message}:
        # A follow-up would fill the public "is thinking…" for everybody to see.
        await interaction.delete_original_response()
    try:
        await interaction.followup.send(text, view=view, ephemeral=True, allowed_mentions=NO_MENTIONS)
    except discord.NotFound:  # the token ended with the deleted message: alone is still alone by DM
        await interaction.user.send(text, view=view, allowed_mentions=NO_MENTIONS)


async def _add_notes(interaction: discord.Interaction[discord.Client], error: Exception) -> None:
    """What else belongs to a refusal, such as what was typed into a form: each in a message of its own."""
    for note in getattr(error, "__notes__", ()):
        card = layout_of(Card(Tone.WAITING, str(note)), seal_of(interaction.client))
        try:
            await interaction.followup.send(view=card, ephemeral=True, allowed_mentions=NO_MENTIONS)
        except LATE_ERRORS as failure:
            log.warning("a note to a refusal could not be told: %s", type(failure).__name__)


def is_moderator(interaction: discord.Interaction[discord.Client]) -> bool:
    """Whether the asker may act on other members' pictures here: Manage Server or Manage Messages."""
    permissions = interaction.permissions
    return interaction.guild_id is not None and (permissions.manage_guild or permissions.manage_messages)


def require_manager(interaction: discord.Interaction[discord.Client], action: str = "do this") -> None:
    """Raises ManagersOnly unless Discord states Manage Server for the asker of this very interaction."""
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise ManagersOnly(action)
