"""What a request is called: by its prompt, or by its model where it has none; and what else it was sent."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from bot.domain.catalogue.model import Value
from bot.domain.request.run_request import RunRequest
from bot.view.text.format import escaped, plural

VALUE_CHARS: Final = 40
NAME_CHARS: Final = 40
_BETWEEN: Final = " · "


def heading(request: RunRequest, limit: int) -> str:
    """The words of a request in one harmless line; the model's name where there is no prompt."""
    return escaped(request.prompt, limit) or model_name(request)


def model_name(request: RunRequest) -> str:
    """The model without its owner."""
    return escaped(request.model.rpartition("/")[2], NAME_CHARS)


def format_sent(request: RunRequest, room: int) -> str:
    """Values of a form and files, as many as `room` characters hold; the rest is counted."""
    facts = [f"{escaped(name, VALUE_CHARS)} {format_value(value)}" for name, value in request.values]
    facts += [f"{_input(file.parameter_id)}{escaped(file.filename, VALUE_CHARS)}" for file in request.files]
    ends = list(accumulate(len(_BETWEEN) + len(fact) for fact in facts))
    for shown in range(len(facts), 0, -1):
        more = [f"{len(facts) - shown:,} more"] if shown < len(facts) else []
        if ends[shown - 1] + sum(len(_BETWEEN) + len(words) for words in more) - len(_BETWEEN) <= room:
            return _BETWEEN.join([*facts[:shown], *more])
    return sent_count(request)


def sent_count(request: RunRequest) -> str:
    """How much was sent besides the prompt, for one line."""
    counts = [
        plural(len(request.values), "setting") if request.values else "",
        plural(len(request.files), "file") if request.files else "",
    ]
    return ", ".join(count for count in counts if count)


def format_value(value: Value) -> str:
    """One value as people read it, short and harmless."""
    match value:
        case tuple():
            text = ", ".join(value)
        case float():
            text = f"{value:.12g}"
        case _:
            text = str(value)
    return escaped(text, VALUE_CHARS) or "—"


def _input(parameter_id: str) -> str:
    return f"{escaped(parameter_id, VALUE_CHARS)} " if parameter_id else ""
