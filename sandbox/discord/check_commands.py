"""Application commands as Discord registers them: names, descriptions, option trees, choices."""

import re
from typing import Any

from sandbox.discord.problems import Json, Path, Problems

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(
    1, 12
)
MOST_GLOBAL = 100
LARGEST_NUMBER = 1 << 53


def check_commands(commands: list[Json], problems: Problems) -> None:
    """Checks a bulk overwrite; paths start with the command's index."""
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        kind = command.get("type", 1)
        key = (kind, str(command.get("name")))
        if key in seen:
            text = "Application command names must be unique"
            problems.add((index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
        seen.add(key)
        check_command(command, (index,), problems)
    for kind, most in ((1, MOST_GLOBAL), (2, 15), (3, 15)):
        if sum(1 for of, _ in seen if of == kind) > most:
            text = f"Maximum number of application commands reached ({most})."
            problems.add((), "BASE_TYPE_MAX_LENGTH", text)


def check_command(command: Json, at: Path, problems: Problems) -> None:
    kind = command.get("type", 1)
    if not problems.choice((*at, "type"), kind, (1, 2, 3)):
        return
    if kind == 1:
        _check_named(command, at, problems)
        _check_options(command.get("options"), (*at, "options"), problems, depth=0)
    else:
        problems.text((*at, "name"), command.get("name"), least=1, most=32, required=True)
        if command.get("description"):
            text = "Context menu commands cannot have description"
            problems.add((*at, "description"), "APPLICATION_COMMANDS_DESCRIPTION_INVALID", text)
    permissions = command.get("default_member_permissions")
    if permissions is not None and not re.fullmatch(r"\d+", str(permissions)):
        problems.add(
            (*at, "default_member_permissions"), "NUMBER_TYPE_COERCE", f'Value "{permissions}" is not int.'
        )
    for field, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        for index, value in enumerate(command.get(field) or ()):
            problems.choice((*at, field, index), value, allowed)
    if _weight(command) > 8000:
        text = "Command exceeds maximum size (8000)"
        problems.add(at, "APPLICATION_COMMAND_TOO_LARGE", text)


def _check_named(thing: Json, at: Path, problems: Problems) -> None:
    name = problems.text((*at, "name"), thing.get("name"), least=1, most=32, required=True)
    # Discord docs, Application Commands, "Naming": ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$, lower case.
    if name and (not re.fullmatch(r"[-_'\w]+", name) or name != name.lower()):
        text = "Command name is invalid"
        problems.add((*at, "name"), "APPLICATION_COMMAND_INVALID_NAME", text)
    problems.text((*at, "description"), thing.get("description"), least=1, most=100, required=True)


def _check_options(options: object, at: Path, problems: Problems, *, depth: int) -> None:
    listed = problems.entries(at, options, most=25)
    names: set[str] = set()
    optional_seen = False
    nested = [option.get("type") in (SUBCOMMAND, GROUP) for option in listed]
    if any(nested) and not all(nested):
        text = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        problems.add(at, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    for index, option in enumerate(listed):
        path = (*at, index)
        _check_named(option, path, problems)
        if option.get("name") in names:
            text = "Option names must be unique"
            problems.add((*path, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", text)
        names.add(str(option.get("name")))
        if not problems.choice((*path, "type"), option.get("type"), range(1, 12)):
            continue
        if option["type"] in (SUBCOMMAND, GROUP):
            if depth + (option["type"] == SUBCOMMAND) > 2 or (option["type"] == GROUP and depth):
                problems.add((*path, "type"), "APPLICATION_COMMAND_TOO_DEEP", "Nested too deeply")
            _check_options(option.get("options"), (*path, "options"), problems, depth=depth + 1)
            continue
        if option.get("required"):
            if optional_seen:
                text = "Required options must be placed before non-required options"
                problems.add(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        else:
            optional_seen = True
        _check_value_option(option, path, problems)


def _check_value_option(option: Json, at: Path, problems: Problems) -> None:
    kind = option["type"]
    choices = problems.entries((*at, "choices"), option.get("choices"), most=25)
    if choices and (option.get("autocomplete") or kind not in (STRING, INTEGER, NUMBER)):
        text = "Choices are for text and numbers, and never beside autocomplete"
        problems.add((*at, "choices"), "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", text)
    check_choices(choices, (*at, "choices"), kind, problems)
    if option.get("autocomplete") and kind not in (STRING, INTEGER, NUMBER):
        problems.add((*at, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", "Not for this type")
    for field in ("min_value", "max_value"):
        value = option.get(field)
        if value is None:
            continue
        if kind not in (INTEGER, NUMBER) or not _is_number(value, kind) or abs(value) > LARGEST_NUMBER:
            problems.add((*at, field), "NUMBER_TYPE_COERCE", f'Value "{value}" is not allowed here.')
    for field, least in (("min_length", 0), ("max_length", 1)):
        if option.get(field) is not None and kind != STRING:
            problems.add((*at, field), "BASE_TYPE_BAD_TYPE", "Only for text")
        problems.whole((*at, field), option.get(field), least=least, most=6000)
    if option.get("channel_types") and kind != CHANNEL:
        problems.add((*at, "channel_types"), "BASE_TYPE_BAD_TYPE", "Only for channels")


def check_choices(choices: list[Json], at: Path, kind: int, problems: Problems) -> None:
    """Choices of an option and answers of an autocomplete: a name of 1-100, a value of the option's type."""
    names: set[str] = set()
    for index, choice in enumerate(choices):
        name = problems.text((*at, index, "name"), choice.get("name"), least=1, most=100, required=True)
        if name in names:
            text = "Option choice names must be unique"
            problems.add((*at, index, "name"), "APPLICATION_COMMAND_OPTIONS_CHOICES_NAME_DUPLICATE", text)
        names.add(name)
        value = choice.get("value")
        if kind == STRING:
            problems.text((*at, index, "value"), value, least=0, most=100, required=True)
        elif not _is_number(value, kind):
            problems.add((*at, index, "value"), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')


def _is_number(value: Any, kind: int) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (kind == NUMBER and isinstance(value, float))


def _weight(thing: Json) -> int:
    own = len(str(thing.get("name", ""))) + len(str(thing.get("description", "")))
    own += sum(
        len(str(choice.get("name", ""))) + len(str(choice.get("value", "")))
        for choice in thing.get("choices") or ()
    )
    return own + sum(_weight(option) for option in thing.get("options") or () if isinstance(option, dict))
