"""Scalars as Wiro sends them: numbers as texts, texts as numbers, lists as JSON. Nothing here raises."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from pathlib import PurePosixPath
from typing import Final

from bot.domain.money import Money
from bot.engines.wiro.reading import loads

log = logging.getLogger(__name__)

MAX_BELIEVED_COST: Final = Decimal(1_000)  # dollars; a run costs cents, so anything above is an error
MAX_ELAPSED_S: Final = Decimal(10_000_000)
MAX_NAME_CHARS: Final = 100
MAX_ID_CHARS: Final = 100

# Bounded in every part: "1e999999999" is short to write and endless to compute with.
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NO_IDS: Final = frozenset({"", "0", "null", "none", "undefined", "true", "false", "nan"})
_TWELVE_PLACES: Final = Decimal("1e-12")
_MAX_WHOLE: Final = 2**63 - 1
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def as_text(value: object) -> str:
    """A scalar as text, trimmed of nothing; None, lists and objects are empty."""
    match value:
        case str():
            # A lone surrogate is legal in JSON and fatal to every later UTF-8 encoding.
            return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value.bit_length() <= 256 else ""
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < _MAX_WHOLE else repr(value)
        case _:
            return ""


def as_id(value: object) -> str:
    """The name of a task; empty for what names none, such as true, 0.5, "null" or ten pages of text."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        return ""
    name = as_text(value).strip()
    is_name = len(name) <= MAX_ID_CHARS and name.isprintable() and name.lower() not in _NO_IDS
    return name if is_name else ""


def as_optional_text(value: object) -> str | None:
    """Like `as_text`, but None for what is no scalar."""
    return as_text(value) if isinstance(value, (str, int, float)) else None


def as_number(value: object) -> Decimal | None:
    """A finite number, or None."""
    if isinstance(value, bool):
        return None
    text = as_text(value).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def as_whole(value: object) -> int | None:
    """A whole number that fits in 64 bits, decimals cut off, or None."""
    if isinstance(value, str) and len(value) < 10 and value.isascii() and value.isdecimal():
        return int(value)  # a step, of which there are many
    number = as_number(value)
    return int(number) if number is not None and abs(number) <= _MAX_WHOLE else None


def as_seconds(value: object) -> float | None:
    """A duration of at most `MAX_ELAPSED_S`, or None."""
    number = as_number(value)
    return float(number) if number is not None and 0 <= number <= MAX_ELAPSED_S else None


def as_epoch_s(value: object) -> float:
    """Epoch seconds; 0.0 where Wiro says "0" (not yet), nothing, or nonsense."""
    number = as_number(value)
    return float(number) if number is not None and 0 < number < 10**11 else 0.0


def as_money(value: object) -> Money | None:
    """Dollars, to the nearest of twelve decimals; None for what is no amount or not to be believed."""
    number = as_number(value)
    if number is None or number < 0:
        return None
    if number > MAX_BELIEVED_COST:
        log.warning("Wiro names an amount of %.3g dollars: not believed", number)
        return None
    return Money.parse(number.quantize(_TWELVE_PLACES, ROUND_HALF_UP))


def is_no_amount(value: object) -> bool:
    """Whether a bill is named here that is none: nonsense, less than nothing, or past belief.

    None at all, or an empty one, is a bill that is not on record yet.
    """
    number, text = as_number(value), as_text(value).strip()
    return text not in {"", "null"} and (number is None or not 0 <= number <= MAX_BELIEVED_COST)


def as_truth(value: object) -> bool | None:
    """True or False where the value clearly is one of them."""
    return {"true": True, "1": True, "false": False, "0": False}.get(as_text(value).strip().lower())


def decoded(value: object) -> object:
    """The value itself, or what it holds when it is the JSON text of a list or an object."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            inner: object = loads(value)
        except (ValueError, RecursionError):
            return value
        return inner
    return value


def as_object(value: object) -> dict[str, object]:
    """The object, also from JSON text; empty for anything else."""
    inner = decoded(value)
    return inner if isinstance(inner, dict) else {}


def as_list(value: object) -> list[object]:
    """The list, also from JSON text; a lone object is a list of one; empty for anything else."""
    inner = decoded(value)
    if isinstance(inner, dict):
        return [inner]
    return inner if isinstance(inner, list) else []


def as_objects(value: object) -> list[dict[str, object]]:
    """The objects in a list."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def as_text_map(value: object) -> dict[str, str]:
    """An object with every value as text; lists and objects as JSON text."""
    return {as_text(name): _flat(item) for name, item in as_object(value).items()}


def _flat(value: object) -> str:
    if isinstance(value, (dict, list)):
        try:
            return as_text(json.dumps(value))
        except (ValueError, RecursionError):
            return ""
    return as_text(value)


def plain(value: object) -> str:
    """One line of text: controls and invisible characters gone, every run of blanks one space."""
    text = as_text(value)
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSHOWN)
    return " ".join("".join(kept).split())


def safe_name(value: object) -> str:
    """A bare file name of at most `MAX_NAME_CHARS`, its ending kept; "output" where nothing is left."""
    name = plain(plain(value).replace("\\", "/").rsplit("/", 1)[-1])
    if name.strip(". ") == "":
        return "output"
    if len(name) > MAX_NAME_CHARS:
        suffix = PurePosixPath(name).suffix[:16]
        name = name[: MAX_NAME_CHARS - len(suffix)] + suffix
    return name
