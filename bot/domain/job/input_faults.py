"""Files that cannot go into a run: what is known before they are fetched, and how a job keeps the reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from bot.domain.job.events import Refused
from bot.domain.job.job import Cause, Job
from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import MAX_FILE_BYTES, InputFile

_UNTOLD: Final = ("", "application/octet-stream")  # a type that says nothing


def check_claims(files: Sequence[InputFile]) -> None:
    """What Discord says of the files, before one is fetched. Raises InputRefused."""
    for file in files:
        if file.size_bytes == 0:
            raise InputRefused(file.filename, InputFault.EMPTY)
        if file.size_bytes is not None and file.size_bytes > MAX_FILE_BYTES:
            raise InputRefused(file.filename, InputFault.TOO_LARGE, size_bytes=file.size_bytes)
        kind = file.content_type
        if file.is_picture and kind not in _UNTOLD and not kind.startswith("image/"):
            raise InputRefused(file.filename, InputFault.NOT_A_PICTURE, f"a file of the type {kind}")


def refused_by(error: InputRefused) -> Refused:
    """The end of a job whose file cannot be sent."""
    if error.fault is InputFault.UNAVAILABLE:
        return Refused(Cause.INPUT_LOST, error.filename)
    more = error.size_bytes if error.size_bytes is not None else error.detail
    return Refused(Cause.INPUT_REFUSED, json.dumps([error.fault.name, error.filename, more]))


def refusal_of(job: Job) -> InputRefused | None:
    """What `refused_by` kept of the file that ended this job, if one did."""
    if job.cause is Cause.INPUT_LOST:
        return InputRefused(job.detail, InputFault.UNAVAILABLE)
    if job.cause is not Cause.INPUT_REFUSED:
        return None
    try:
        name, filename, more = json.loads(job.detail)
        fault, detail = InputFault[name], str(more)
        if fault is InputFault.TOO_LARGE:  # 0.1.0 kept the number as a text
            return InputRefused(str(filename), fault, size_bytes=int(detail) if detail else None)
        return InputRefused(str(filename), fault, detail)
    except (ValueError, KeyError, TypeError):  # none of ours, and a card must show something
        return InputRefused("", InputFault.UNAVAILABLE)
