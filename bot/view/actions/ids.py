"""The codec of custom ids: a template says how the fields of a frozen value stand in one, for ever."""

from __future__ import annotations

import re
from enum import Enum
from functools import cached_property
from string import Formatter
from typing import Any, Final, Generic, TypeVar, get_type_hints

MAX_NUMBER: Final = 2**63 - 1  # what the record holds; nothing of ours has a larger id
DIGITS: Final = 20  # of a number, where a template names no fewer

T = TypeVar("T")


class IdTemplate(Generic[T]):
    """``pick:{job_id}:{action}:{index:4}``: the kind, then fields by the types of the value's class.

    The number behind a field bounds its digits. A text takes whatever is left.
    """

    def __init__(self, kind: type[T], template: str) -> None:
        self._kind = kind
        self._parts = [(literal, name, spec) for literal, name, spec, _ in Formatter().parse(template)]
        self._names = [name for _, name, _ in self._parts if name]

    @cached_property
    def _types(self) -> dict[str, Any]:
        return get_type_hints(self._kind)

    @cached_property
    def _fields(self) -> list[str]:
        return [_pattern(self._types[name], spec) if name else "" for _, name, spec in self._parts]

    @cached_property
    def pattern(self) -> str:
        """What matches exactly the ids of this kind; it has no groups."""
        literals = (re.escape(literal) for literal, *_ in self._parts)
        return "".join(literal + field for literal, field in zip(literals, self._fields, strict=True))

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        literals = (re.escape(literal) for literal, *_ in self._parts)
        fields = (f"({field})" if field else "" for field in self._fields)
        return re.compile("".join(map("".join, zip(literals, fields, strict=True))))

    def written(self, value: T) -> str:
        return "".join(
            literal + (_text(getattr(value, name)) if name else "") for literal, name, _ in self._parts
        )

    def read(self, custom_id: str) -> T | None:
        """The value; None where it is no id of this kind."""
        match = self._regex.fullmatch(custom_id)
        if match is None:
            return None
        found = zip(self._names, match.groups(), strict=True)
        return self._kind(**{name: _value(self._types[name], text) for name, text in found})


def _pattern(kind: type, digits: str | None) -> str:
    if issubclass(kind, Enum):
        return f"(?:{'|'.join(str(member.value) for member in kind)})"
    if kind is bool:
        return "[01]"
    # Plain digits: \d would also take those of every other script, and int() reads them all.
    return f"[0-9]{{1,{digits or DIGITS}}}" if kind is int else r"[^\n]{0,100}"


def _text(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else int(value) if isinstance(value, bool) else value)


def _value(kind: type, text: str) -> object:
    """A number that was made up and is past all ids counts as the largest."""
    if kind is bool:
        return text == "1"
    return min(int(text), MAX_NUMBER) if kind is int else kind(text)
