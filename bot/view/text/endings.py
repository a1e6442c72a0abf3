"""Why a job brought nothing, in words, and what it cost."""

from __future__ import annotations

from typing import Final

from bot.domain.job.input_faults import refusal_of
from bot.domain.job.job import Cause, Job
from bot.domain.job.ledger import keeps_hold
from bot.domain.money import ZERO
from bot.domain.request.errors import InputFault, InputRefused
from bot.view.text.format import escaped
from bot.view.text.models import withdrawn_words
from bot.view.text.requests import input_refused


def ending(job: Job) -> str:
    """Why a job brought no picture, and what it cost."""
    detail = escaped(job.detail, 200)
    match job.cause:
        case Cause.CANCELLED:
            return f"Cancelled. {_charged(job)}"
        case Cause.WIRO_FAILED:
            return f"The model could not make this picture{_because(detail)}. Nothing was charged."
        case Cause.REFUSED:
            reason = escaped(withdrawn_words(job.detail), 200)
            return f"Wiro did not take this request{_because(reason)}. Nothing was charged."
        case Cause.NO_FUNDS:
            return (
                "The bot's Wiro account has run out of money. Nothing was charged; please tell the operator."
            )
        case Cause.AUTH:
            return "Wiro does not accept the bot's key. Nothing was charged; please tell the operator."
        case Cause.UNREACHABLE:
            return "Wiro could not be reached, so nothing was sent and nothing was charged. Try again in a minute."
        case Cause.UNANSWERED:
            return (
                "Wiro never answered, and no picture of yours is on its list. "
                "The request was not sent a second time and nothing was charged."
            )
        case Cause.LOST:
            return "Wiro no longer knows this picture. Nothing was charged."
        case Cause.DEADLINE:
            return "It took too long and was stopped. Nothing was charged."
        case Cause.OUTPUT_UNUSABLE:
            reason = _because(_fault_words(job.detail))
            return f"Wiro answered with something that cannot be shown{reason}. You were not charged."
        case Cause.INPUT_LOST | Cause.INPUT_REFUSED:
            refusal = refusal_of(job) or InputRefused("", InputFault.UNAVAILABLE)
            return input_refused(refusal, spared="Nothing was charged")
        case Cause.INTERNAL | None:
            return (
                "Something went wrong on our side. You were not charged; the operator can see it in the log."
            )


# The short reasons of bot/view/files/media.py and download.py, in words; any other stands as it is.
_FAULT_WORDS: Final = {
    "html": "a web page instead of a picture",
    "svg": "an SVG drawing, which could carry code",
    "xml": "an XML text instead of a picture",
    "program": "a program instead of a picture",
    "truncated": "a picture that is cut off",
    "damaged": "a damaged picture",
    "checksum": "a damaged picture",
    "0 bytes": "an empty file",
    "unknown kind": "a file of an unknown kind",
    "content encoding": "a packed file, as bombs are",
    "address off the list": "a picture on a host that the operator does not allow",
    "there was no output": "no output at all",
}


def _fault_words(reason: str) -> str:
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
