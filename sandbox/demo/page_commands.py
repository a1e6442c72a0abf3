"""The bot's commands for the page's picker, and the way back: the picker's option values as simcord's."""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.demo.page_rooms import Json, Room, World

Option = discord.AppCommandOptionType
_GROUPS = (Option.subcommand.value, Option.subcommand_group.value)


class Refusal(Exception):
    """The page asked for something that a person in Discord could not do either.

    `sentence` says what to do instead; `option` names the command option or modal field that it is about.
    """

    def __init__(self, sentence: str, *, option: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.option = option


def catalogue(world: World, room: Room) -> Json:
    """Every command that the viewer may use in a room: slash commands, and apps on messages and on people."""
    tree = _tree(world)
    if tree is None:
        return {"slash": [], "message": [], "user": []}
    permitted = room.command_names()
    leaves = [
        leaf for command in _all(tree, world, discord.AppCommandType.chat_input) for leaf in _leaves(command)
    ]
    return {
        "slash": sorted(
            (leaf for leaf in leaves if leaf["name"] in permitted), key=lambda leaf: leaf["name"]
        ),
        "message": _menus(tree, world, room, discord.AppCommandType.message),
        "user": _menus(tree, world, room, discord.AppCommandType.user),
    }


def option_values(world: World, room: Room, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the page's option values of a slash command into simcord's.

    The page sends text, numbers and booleans as such; people, roles and channels by id; files as
    `{"name", "data"}` with base64 data. Raises Refusal naming the first option that does not fit.
    """
    spec = next((leaf for leaf in catalogue(world, room)["slash"] if leaf["name"] == name), None)
    if spec is None:
        raise Refusal(f"You cannot use /{name} here. Type / to see what you can use.")
    declared = {option["name"]: option for option in spec["options"]}
    for option in raw:
        if option not in declared:
            raise Refusal(f"/{name} has no option “{option}”. Reload the page to see its options.")
    return {key: _option_value(world, declared[key], value) for key, value in raw.items()}


def file_value(raw: Any, *, option: str) -> tuple[str, bytes]:
    """Decode one uploaded file: `{"name": str, "data": base64}`."""
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("name"), str)
        or not isinstance(raw.get("data"), str)
    ):
        raise Refusal(f"Choose a file for “{option}”.", option=option)
    name = raw["name"].replace("\\", "/").rsplit("/", 1)[-1] or "file"
    try:
        return name, base64.b64decode(raw["data"], validate=True)
    except binascii.Error:
        raise Refusal(
            f"The file for “{option}” did not arrive whole. Choose it again.", option=option
        ) from None


def entity(world: World, kind: str, raw: Any, *, option: str) -> Any:
    """Find the person, role or channel that the page names by id; `kind` says which of them are meant."""
    text = raw if isinstance(raw, str) else ""
    found: Any = None
    if kind in ("user", "mentionable"):
        found = world.person(text)
    if kind == "role" or (kind == "mentionable" and found is None):
        found = world.role(text)
    if kind == "channel":
        found = world.channel(text)
    if found is None:
        what = {"user": "a person", "role": "a role", "channel": "a channel"}.get(kind, "a person or a role")
        raise Refusal(f"Choose {what} from the list for “{option}”.", option=option)
    return found


def _option_value(world: World, option: Json, raw: Any) -> Any:
    name = option["name"]
    match Option(option["type"]):
        case Option.string:
            value: Any = raw if isinstance(raw, str) else None
            needed = "some text"
        case Option.integer:
            value = _whole(raw)
            needed = "a whole number"
        case Option.number:
            value = _number(raw)
            needed = "a number"
        case Option.boolean:
            value = raw if isinstance(raw, bool) else None
            needed = "True or False"
        case Option.attachment:
            return file_value(raw, option=name)
        case (Option.user | Option.role | Option.channel | Option.mentionable) as kind:
            return entity(world, kind.name, raw, option=name)
        case _:
            raise Refusal(f"This page cannot fill in “{name}”.", option=name)
    if value is None:
        raise Refusal(f"“{name}” needs {needed}.", option=name)
    return value


def _whole(raw: Any) -> int | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    text = raw.strip() if isinstance(raw, str) else ""
    return int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() else None


def _number(raw: Any) -> float | int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _tree(world: World) -> app_commands.CommandTree[Any] | None:
    tree = getattr(world.env.bot, "tree", None)
    return tree if isinstance(tree, app_commands.CommandTree) else None


def _all(tree: app_commands.CommandTree[Any], world: World, kind: discord.AppCommandType) -> list[Json]:
    """A command of this server hides the global one of the same name, as in Discord."""
    found: dict[str, Json] = {}
    for scope in (None, discord.Object(world.guild.id)):
        for command in tree.get_commands(guild=scope, type=kind):
            found[command.name] = command.to_dict(tree)
    return list(found.values())


def _leaves(node: Json, path: str = "") -> list[Json]:
    name = f"{path} {node['name']}".strip()
    options: list[Json] = node.get("options") or []
    children = [option for option in options if option["type"] in _GROUPS]
    if children:
        return [leaf for child in children for leaf in _leaves(child, name)]
    return [{"name": name, "description": node["description"], "options": options}]


def _menus(
    tree: app_commands.CommandTree[Any], world: World, room: Room, kind: discord.AppCommandType
) -> list[str]:
    if room.is_direct:
        return []
    everyones = (None, str(discord.Permissions.none().value), discord.Permissions.none().value)
    return sorted(
        menu["name"]
        for menu in _all(tree, world, kind)
        if room.viewer.moderates or menu.get("default_member_permissions") in everyones
    )
