"""A filled-in form as a request: what every model knows by one name apart, the rest as it stands."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.catalogue.model import Model, Value
from bot.domain.request.files import InputFile
from bot.domain.request.form import Typed, sent_values
from bot.domain.request.parameters import NEGATIVE_PROMPT, PROMPT, SEED
from bot.domain.request.run_request import RunRequest


def request_of(model: Model, typed: Typed, files: Sequence[InputFile]) -> RunRequest:
    """The request of a form that nothing is to complain of."""
    values = sent_values(model, typed)
    prompt = _taken(values, PROMPT)
    negative_prompt = _taken(values, NEGATIVE_PROMPT)
    return RunRequest(
        model=model.slug,
        prompt=prompt or "",
        negative_prompt=negative_prompt,
        seed=_seed(values),
        values=tuple(values.items()),
        files=tuple(files),
    )


def _named(values: dict[str, Value], names: Sequence[str]) -> str | None:
    wanted = {name.lower() for name in names}
    return next((name for name in values if name.lower() in wanted), None)


def _taken(values: dict[str, Value], names: Sequence[str]) -> str | None:
    """The text under one of these names, taken out of the values."""
    name = _named(values, names)
    text = values.get(name) if name is not None else None
    if name is None or not isinstance(text, str):
        return None
    del values[name]
    return text


def _seed(values: dict[str, Value]) -> int | None:
    """The seed that was asked for, taken out of the values; zero and less leave it to chance."""
    name = _named(values, SEED)
    if name is None:
        return None
    text = str(values[name]).strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    del values[name]
    return max(0, int(text)) or None
