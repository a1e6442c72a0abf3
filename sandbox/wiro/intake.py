"""Reading a request: the four body formats clients send, and a model's parameters out of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from sandbox.wiro import answers
from sandbox.wiro.answers import ApiError
from sandbox.wiro.catalogue import Item, Model

_ALIASES = {"negative_prompt": "negativePrompt"}  # the docs' generic samples use the underscore


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file part of a multipart body; `data` stays out of every log."""

    part: str
    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """Fields as received (JSON keeps its types, forms give text) and files."""

    fields: Mapping[str, Any]
    files: tuple[SentFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What a Run asks for, defaults filled in. `seed` is the one really used, drawn where none was given."""

    prompt: str
    negative_prompt: str
    samples: int
    steps: int
    width: int
    height: int
    seed: int
    values: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[bytes | str, ...] = field(default=(), repr=False)  # files, or where they are kept


async def read_body(request: web.Request) -> Body:
    """Raises ApiError for a body that is none of JSON, multipart and urlencoded.

    A body that begins with "{" is JSON whatever its header says: Wiro's own samples pair a multipart header
    with a JSON body, and curl -d names every body urlencoded.
    """
    raw = await request.read()
    if not raw.strip():
        return Body({})
    if raw.lstrip().startswith(b"{"):
        return Body(_json_object(raw))
    if request.content_type.startswith("multipart/"):
        return await _multipart(request, raw)
    if request.content_type == "application/x-www-form-urlencoded":
        try:
            return Body(dict(parse_qsl(raw.decode(), keep_blank_values=True)))
        except UnicodeDecodeError:
            raise answers.invalid_parameters() from None
    raise answers.invalid_parameters()


def read_order(model: Model, body: Body, chance: random.Random) -> Order:
    """Checks the model's parameters as the docs say. Raises ApiError 0 with the documented message.

    Parameters nobody declared are accepted and ignored.
    """
    given = {_ALIASES.get(name, name): value for name, value in body.fields.items()}
    values: dict[str, str] = {}
    sources: list[bytes | str] = []
    for item in model.items:
        if item.takes_files:
            found = _sources(item, given, body)
            sources += found
            if item.required and not found:
                raise ApiError(0, f"Request files [{item.id}] required")
            continue
        value = given.get(item.id)
        text = "" if value is None else str(value)
        if not text.strip():
            if item.required:
                raise ApiError(0, f"Request parameter [{item.id}] required")
            text = item.default
        elif item.is_number:
            _check_number(item, value, text)
        elif item.options:
            _check_choice(item, value)
        values[item.id] = text
    seed = values.get("seed", "").strip()
    return Order(
        prompt=values.get("prompt", str(given.get("prompt") or "")),
        negative_prompt=values.get("negativePrompt", ""),
        samples=_whole(values, "samples", 1),
        steps=_whole(values, "steps", model.default_steps),
        width=_whole(values, "width", 512),
        height=_whole(values, "height", 512),
        seed=_seed(seed, chance),
        values=values,
        sources=tuple(sources),
    )


def _whole(values: Mapping[str, str], name: str, otherwise: int) -> int:
    return int(Decimal(values[name])) if values.get(name, "").strip() else otherwise


def _seed(text: str, chance: random.Random) -> int:
    if text in {"", "0"}:
        return chance.randint(1, 4294967294)  # the bound in Wiro's own OpenAPI documents
    if re.fullmatch(r"-?[0-9]{1,20}", text):
        return int(text)
    # A text field: words are a seed like any other.
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big") or 1


def _check_number(item: Item, value: object, text: str) -> None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise ApiError(0, f"Request parameter [{item.id}] must be integer or float")
    low, high = item.minimum, item.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise ApiError(0, f"Request parameter [{item.id}] must be between {low} and {high}")


def _check_choice(item: Item, value: object) -> None:
    known = {option for option, _ in item.options}
    chosen = listed(value) if item.type == "multiselect" else [str(value)]
    if not set(chosen) <= known:
        raise ApiError(0, f"Request parameter [{item.id}] must be one of {', '.join(sorted(known))}")


def _sources(item: Item, given: Mapping[str, Any], body: Body) -> list[bytes | str]:
    """The files of one parameter: sent along, or as addresses in any of the documented spellings."""
    sent: list[bytes | str] = [file.data for file in body.files if file.part == item.id]
    for name in (item.id, f"{item.id}Url"):
        sent += [address for address in listed(given.get(name)) if address]
    return sent


def listed(value: object) -> list[str]:
    """A list, its JSON text, or texts with commas between."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [str(value)]
    if isinstance(value, list):
        return [str(part) for part in value]
    return [part.strip() for part in str(value).split(",")] if value not in (None, "") else []


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise answers.invalid_parameters() from None
    if not isinstance(value, dict):
        raise answers.invalid_parameters()
    return value


async def _multipart(request: web.Request, raw: bytes) -> Body:
    """Reads from the bytes at hand, since the request's own stream is spent."""
    stream = aiohttp.StreamReader(request.protocol, len(raw) + 1, loop=asyncio.get_running_loop())
    stream.feed_data(raw)
    stream.feed_eof()
    fields: dict[str, Any] = {}
    files: list[SentFile] = []
    try:
        async for part in aiohttp.MultipartReader(request.headers, stream):
            if not isinstance(part, aiohttp.BodyPartReader) or part.name is None:
                continue
            data = bytes(await part.read(decode=True))
            if part.filename is not None:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                name = part.filename.encode("utf-8", "replace").decode()
                files.append(SentFile(part.name, name, kind, data))
            else:
                fields[part.name] = data.decode()
    except (ValueError, RuntimeError, AssertionError):  # what the reader raises on broken boundaries
        raise answers.invalid_parameters() from None
    return Body(fields, tuple(files))
