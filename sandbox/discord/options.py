"""Command options as the client fills them in: checked against the registered command, objects resolved."""

from collections.abc import Mapping
from typing import Any

from sandbox.discord.channels import Channel
from sandbox.discord.check_commands import ATTACHMENT, BOOLEAN, GROUP, INTEGER, NUMBER, STRING, SUBCOMMAND
from sandbox.discord.entities import Role, User
from sandbox.discord.messages import Upload
from sandbox.discord.problems import Json
from sandbox.discord.world import World


class ClientRefused(Exception):
    """The Discord client would not have let this happen."""


class Filled:
    """Options with the objects they name, as `options` and `resolved` of an interaction's data."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._channel = channel
        self.options: list[Json] = []
        self.resolved: Json = {}

    def resolve(self, value: object) -> str:
        """Puts a user, role, channel or upload into `resolved` and returns its id."""
        guild = self._channel.guild
        match value:
            case User():
                self._put("users", value.id, value.payload())
                member = guild.members.get(value.id) if guild is not None else None
                if member is not None:
                    granted = {"permissions": str(self._channel.permissions_of(value))}
                    self._put("members", value.id, {**member.payload(with_user=False), **granted})
                return str(value.id)
            case Role():
                self._put("roles", value.id, value.payload())
                return str(value.id)
            case Channel():
                granted = {"permissions": str(value.permissions_of(self._world.bot))}
                self._put("channels", value.id, {**value.payload(), **granted})
                return str(value.id)
            case Upload():
                file = self._world.make_file(self._channel, value, None, ephemeral=True)
                self._world.files[file.id] = file
                self._put("attachments", file.id, file.payload())
                return str(file.id)
        raise ClientRefused(f"{value!r} is not a user, role, channel or upload")

    def _put(self, kind: str, number: int, payload: Json) -> None:
        self.resolved.setdefault(kind, {})[str(number)] = payload


def fill(
    command: Json,
    path: list[str],
    values: Mapping[str, Any],
    channel: Channel,
    world: World,
    *,
    force: bool,
    focused: str | None = None,
) -> Filled:
    """Checks `values` against the command at `path` and builds its data; raises ClientRefused."""
    filled = Filled(world, channel)
    specs: list[Json] = command.get("options") or []
    chain: list[Json] = []
    for name in path:
        step = next(
            (one for one in specs if one["name"] == name and one["type"] in (SUBCOMMAND, GROUP)), None
        )
        if step is None:
            raise ClientRefused(f"/{command['name']} has no {name!r}")
        chain.append(step)
        specs = step.get("options") or []
    if any(spec["type"] in (SUBCOMMAND, GROUP) for spec in specs):
        raise ClientRefused(f"/{command['name']} needs one of {[spec['name'] for spec in specs]}")
    unknown = set(values) - {spec["name"] for spec in specs}
    if unknown:
        raise ClientRefused(f"/{command['name']} has no option {sorted(unknown)}")
    options = []
    for spec in specs:
        if spec["name"] in values:
            typing_here = spec["name"] == focused
            value = values[spec["name"]]
            checked = value if typing_here else _value(spec, value, filled, force=force)
            more = {"focused": True} if typing_here else {}
            options.append({"type": spec["type"], "name": spec["name"], "value": checked, **more})
        elif spec.get("required") and not force and focused is None:
            raise ClientRefused(f"the option {spec['name']!r} is required")
    for step in reversed(chain):
        options = [{"type": step["type"], "name": step["name"], "options": options}]
    filled.options = options
    return filled


def _value(spec: Json, value: Any, filled: Filled, *, force: bool) -> Any:
    kind = spec["type"]
    if kind not in (STRING, INTEGER, BOOLEAN, NUMBER):
        if (kind == ATTACHMENT) != isinstance(value, Upload):
            raise ClientRefused(f"the option {spec['name']!r} does not take {value!r}")
        return filled.resolve(value)
    takes = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: int | float}[kind]
    if not isinstance(value, takes) or (isinstance(value, bool) and kind != BOOLEAN):
        raise ClientRefused(f"the option {spec['name']!r} does not take {value!r}")
    choices = spec.get("choices")
    if choices:
        by_name = {choice["name"]: choice["value"] for choice in choices}
        value = by_name.get(value, value)
        if value not in by_name.values() and not force:
            raise ClientRefused(f"the option {spec['name']!r} does not offer {value!r}")
    if not force:
        _within(spec, value)
    return value


def _within(spec: Json, value: Any) -> None:
    size = len(value) if isinstance(value, str) else value
    names = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    least, most = (spec.get(name) for name in names)
    if isinstance(value, str) and most is None:
        most = 6000  # Discord docs, Application Commands, "Application Command Option Structure"
    if (least is not None and size < least) or (most is not None and size > most):
        raise ClientRefused(f"the option {spec['name']!r} takes {least} to {most}")
