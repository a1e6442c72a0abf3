"""Why a job brought nothing, in words, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.domain.job.input_faults import refusal_of
from bot.domain.job.job import Cause, Job
from bot.domain.job.ledger import keeps_hold
from bot.domain.job.output_file import OutputFault
from bot.domain.money import ZERO
from bot.domain.request.errors import InputFault, InputRefused
from bot.view.text.format import escaped
from bot.view.text.models import format_withdrawn
from bot.view.text.requests import input_refused

# Any other reason stands as it is.
_FAULT_WORDS: Final[dict[str, str]] = {
    OutputFault.HTML: "a web page instead of a picture",
    OutputFault.SVG: "an SVG drawing, which could carry code",
    OutputFault.XML: "an XML text instead of a picture",
    OutputFault.PROGRAM: "a program instead of a picture",
    OutputFault.TRUNCATED: "a picture that is cut off",
    OutputFault.DAMAGED: "a damaged picture",
    OutputFault.CHECKSUM: "a damaged picture",
    OutputFault.EMPTY: "an empty file",
    OutputFault.UNKNOWN_KIND: "a file of an unknown kind",
    OutputFault.PACKED: "a packed file, as bombs are",
    OutputFault.HOST: "a picture on a host that the operator does not allow",
    OutputFault.MISSING: "no output at all",
}


def _format_output_fault(reason: str) -> str:
    if reason.endswith(" pixels") and "x" in reason:
        return f"a picture of {escaped(reason, 60)}, more than can be opened safely"
    if reason.startswith("http 3"):
        return "a redirect to another place"
    return _FAULT_WORDS.get(reason) or escaped(reason, 200)


def _because(detail: str) -> str:
    return f": {detail.rstrip('.')}" if detail else ""


def _charged(job: Job) -> str:
    if keeps_hold(job):  # true then and ever after, so the message need not be looked for again
        return (
            f"Wiro may still charge for the time it ran: you pay that, {job.hold} at most. "
            "`/history` shows what came of it."
        )
    if job.cost is None or job.cost == ZERO:
        return "Nothing was charged."
    return f"Wiro charged {job.cost} for the time it ran."


def _format_input_fault(job: Job) -> str:
    refusal = refusal_of(job) or InputRefused("", InputFault.UNAVAILABLE)
    return input_refused(refusal, spared="Nothing was charged")


_OURS: Final = "Something went wrong on our side. You were not charged; the operator can see it in the log."
_ENDINGS: Final[dict[Cause | None, str | Callable[[Job], str]]] = {
    Cause.CANCELLED: lambda job: f"Cancelled. {_charged(job)}",
    Cause.WIRO_FAILED: lambda job: (
        f"The model could not make this picture{_because(escaped(job.detail, 200))}. Nothing was charged."
    ),
    Cause.REFUSED: lambda job: (
        f"Wiro did not take this request{_because(escaped(format_withdrawn(job.detail), 200))}. "
        "Nothing was charged."
    ),
    Cause.NO_FUNDS: (
        "The bot's Wiro account has run out of money. Nothing was charged; please tell the operator."
    ),
    Cause.AUTH: "Wiro does not accept the bot's key. Nothing was charged; please tell the operator.",
    Cause.UNREACHABLE: (
        "Wiro could not be reached, so nothing was sent and nothing was charged. Try again in a minute."
    ),
    Cause.UNANSWERED: (
        "Wiro never answered, and no picture of yours is on its list. "
        "The request was not sent a second time and nothing was charged."
    ),
    Cause.LOST: "Wiro no longer knows this picture. Nothing was charged.",
    Cause.DEADLINE: "It took too long and was stopped. Nothing was charged.",
    Cause.OUTPUT_UNUSABLE: lambda job: (
        f"Wiro answered with something that cannot be shown{_because(_format_output_fault(job.detail))}. "
        "You were not charged."
    ),
    Cause.INPUT_LOST: _format_input_fault,
    Cause.INPUT_REFUSED: _format_input_fault,
    Cause.INTERNAL: _OURS,
    None: _OURS,
}


def ending(job: Job) -> str:
    """Why a job brought no picture, and what it cost."""
    said = _ENDINGS[job.cause]
    return said if isinstance(said, str) else said(job)
