"""Spoilt JSON: true answers with values replaced, dropped, doubled, retyped, nested; and any JSON at all."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from hypothesis import strategies as st

NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400]),
    st.floats(),
    st.sampled_from([1e-320, 1e308, -0.0]),
)
NUMBER_TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-0", "1e9", "1e999", "1e-999", "-1", "NaN", "sNaN", "Infinity", "-inf", "0x10"]
    ),
    st.sampled_from(
        ["9" * 41, "9" * 5000, "0." + "0" * 39 + "1", "1_000", "١٢", "१", "１", "1e99999999999", "."]
    ),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.integers().map(str),
)
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(categories=("Cs", "Cf", "Cc", "Mn", "Zl", "Zp", "Co"))),
    st.sampled_from(
        [
            "\ud800",
            "a\udfffb",
            "\0",
            "\u202e",
            "null",
            "[",
            "{",
            '{"a":',
            "[" * 2000,
            "{}",
            "[]",
            '["a"]',
            "true",
        ]
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, NUMBER_TEXTS, TEXTS)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside, the whole first."""
    found = [at]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += places(inner, (*at, number))
    return found


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value


def _retyped(value: Any) -> Any:
    """The same value in another of the types that Wiro has been seen to use."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str() if len(value) < 4_000 and re.fullmatch("-?[0-9]+", value):
            return int(value)
        case str():
            return [value]
        case list() | dict():
            return written(value)
        case _:
            return ""


@st.composite
def spoilt(draw: st.DrawFn, true_answers: list[Any]) -> Any:
    """One of the answers with one to four things in it gone wrong, at any depth."""
    answer = copy.deepcopy(draw(st.sampled_from(true_answers)))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places(answer)))
        if not path:
            continue
        parent, key = _parent(answer, path), path[-1]
        match draw(st.sampled_from(["replace", "drop", "double", "retype", "wrap", "deep"])):
            case "replace":
                parent[key] = draw(ANYTHING)
            case "drop":
                del parent[key]
            case "double" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[key]))
            case "double":
                parent[f"{key} "] = copy.deepcopy(parent[key])
            case "retype":
                parent[key] = _retyped(parent[key])
            case "wrap":
                parent[key] = [parent[key], draw(SCALARS)]
            case _:
                parent[key] = draw(st.sampled_from([deep(3_000, "list"), deep(3_000, "object")]))
    return answer


class Deep:
    """Written as JSON nested this deep; a Python object of the depth could not be written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __deepcopy__(self, _memo: Any) -> Deep:
        return self

    def __repr__(self) -> str:
        return f"Deep({self.text[:6]}… {len(self.text)})"


def deep(levels: int, kind: str) -> Deep:
    opened, closed = ("[", "]") if kind == "list" else ('{"a":', "}")
    return Deep(opened * levels + "1" + closed * levels)


def written(value: Any) -> str:
    """As it is sent, with NaN and Infinity as Python and many other servers write them."""
    marks: dict[str, str] = {}

    def mark(inner: object) -> str:
        if not isinstance(inner, Deep):
            raise TypeError(type(inner).__name__)
        marks[f"<deep {len(marks)}>"] = inner.text
        return f"<deep {len(marks) - 1}>"

    text = json.dumps(value, default=mark)
    for name, body in marks.items():
        text = text.replace(json.dumps(name), body)
    return text


def doubled_keys(value: dict[str, Any], other: dict[str, Any]) -> str:
    """An object that names its keys twice, as no dict can."""
    return json.dumps(value)[:-1] + ", " + json.dumps(other)[1:]
