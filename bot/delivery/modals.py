"""Forms (modals): opened as the acknowledgement, read when they come back, nothing kept in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.delivery.discord_errors import CONNECTION_ERRORS
from bot.delivery.responses import ALREADY_ACKNOWLEDGED, FIRST_ANSWER_S
from bot.domain.discord_limits import MESSAGE_CHARS
from bot.domain.errors import BotError
from bot.view.actions.seal import seal_of
from bot.view.text.format import code_block

MAX_RETURNED_CHARS: Final = MESSAGE_CHARS - 200


async def open_form(interaction: discord.Interaction[discord.Client], form: ui.Modal) -> None:
    """Answer with a form. A connection that breaks or hangs gets a second try, as in `acknowledge`.

    The form bears the bot's mark, for all its fields. The library forgets it at once: whoever answers it goes
    by its custom id, after a restart too.
    """
    form.custom_id = seal_of(interaction.client).marked(form.custom_id)
    try:
        try:
            async with asyncio.timeout(FIRST_ANSWER_S):
                await interaction.response.send_modal(form)
        except CONNECTION_ERRORS:
            try:
                await interaction.response.send_modal(form)
            except discord.HTTPException as error:
                if error.code != ALREADY_ACKNOWLEDGED:
                    raise
    finally:
        form.stop()


def typed_in(interaction: discord.Interaction[discord.Client]) -> dict[str, tuple[str, ...]]:
    """What a form was sent back with: by the field's custom id, the text or the values picked.

    A field that was left empty has no texts.
    """
    data: Mapping[str, Any] = interaction.data or {}
    return {str(field["custom_id"]): _texts(field) for field in _fields(data.get("components", ()))}


def returned(error: BotError, typed: str) -> BotError:
    """The error with what the member typed, for a message after its sentence: nobody types twice."""
    if typed.strip():
        error.add_note(f"What you typed, to copy:\n{code_block(typed, MAX_RETURNED_CHARS)}")
    return error


def _fields(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Rows hold several components, labels hold one (Discord docs, Components reference, 2026)."""
    for component in components:
        yield from _fields(component.get("components", ()))
        if "component" in component:
            yield from _fields([component["component"]])
        if "custom_id" in component:
            yield component


def _texts(field: Mapping[str, Any]) -> tuple[str, ...]:
    values = field.get("values")
    if values is None:
        value = field.get("value")
        values = [] if value in (None, "") else [value]
    return tuple(str(value) for value in values)
