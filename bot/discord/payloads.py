"""Whether a command came as it was registered: discord.py passes on whatever types and choices arrive."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import discord
from discord import AppCommandOptionType as Kind
from discord import app_commands

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def is_as_registered(interaction: discord.Interaction[discord.Client]) -> bool:
    """Whether each option has the type that its command declares, and is one of its choices.

    Lengths and ranges are left to the use cases, which can say what is allowed.
    """
    try:
        command, namespace = interaction.command, interaction.namespace
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
    ):  # a payload of another shape
        return False
    if not isinstance(command, app_commands.Command):
        return True  # none of ours: the tree says so itself
    declared = _declared(command)
    is_typing = interaction.type is discord.InteractionType.autocomplete
    return all(
        _is_fitting(declared[name], value, is_typing=is_typing)
        for name, value in namespace
        if name in declared
    )


@lru_cache(maxsize=512)
def _declared(command: app_commands.Command[Any, ..., Any]) -> Mapping[str, app_commands.Parameter]:
    """By name; the library makes its parameters anew for each question, and a burst asks a thousand times."""
    return {parameter.display_name: parameter for parameter in command.parameters}


def _is_fitting(parameter: app_commands.Parameter, value: object, *, is_typing: bool) -> bool:
    match parameter.type:
        case Kind.string:
            # A lone surrogate is legal in JSON and fatal to every later UTF-8 encoding.
            is_typed = isinstance(value, str) and not _SURROGATES.search(value)
        case Kind.boolean:
            is_typed = isinstance(value, bool)
        case Kind.integer:
            is_typed = isinstance(value, int) and not isinstance(value, bool)
        case Kind.number:
            is_typed = isinstance(value, (int, float)) and not isinstance(value, bool)
        case Kind.attachment:
            is_typed = isinstance(value, discord.Attachment)
        case Kind.user:
            is_typed = isinstance(value, (discord.Member, discord.User))
        case _:
            is_typed = True  # roles and channels that Discord does not resolve are refused by name
    # While it is being typed, a value may be anything that can be typed.
    is_typed = is_typed or (is_typing and isinstance(value, str))
    choices = [choice.value for choice in parameter.choices]
    return is_typed and (is_typing or not choices or value in choices)
