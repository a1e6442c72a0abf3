"""Records as files: CSV for spreadsheets, JSON for a member, cut to what may be attached."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from bot.domain.job.job import Job
from bot.domain.job.ledger import keeps_hold
from bot.domain.moderation.cases import Case
from bot.domain.money import PICO_PER_DOLLAR, Money
from bot.domain.records.reports import ExportLine, PictureWish, Remembered
from bot.domain.request.style import Style

T = TypeVar("T")

BOM: Final = b"\xef\xbb\xbf"  # without it Excel reads UTF-8 as the local code page
COLUMNS: Final = (
    "job_id",
    "created_at_utc",
    "member_id",
    "channel_id",
    "model",
    "stage",
    "charged_usd",
    "elapsed_s",
)
# What makes a cell a formula in one spreadsheet or another, their full-width twins included (OWASP, CSV
# injection, 2026). Some trim blanks before they look.
_FORMULA: Final = frozenset("=+-@＝＋－＠")
_ODD_START: Final = frozenset("\t\r\n")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file to be attached."""

    filename: str
    content: bytes


def usage_csv(lines: Sequence[ExportLine]) -> bytes:
    """The lines under a heading: ISO times in UTC, dollars with twelve decimals.

    Ids carry an apostrophe, as spreadsheets write text that looks like a number: they would keep fifteen
    digits of it otherwise.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow(
            (
                id_cell(line.job_id),
                iso_utc(line.created_at_s),
                id_cell(line.user_id),
                id_cell(line.channel_id),
                text_cell(line.model),
                text_cell(line.stage.lower()),
                exact_dollars(line.charged),
                "" if line.elapsed_s is None else f"{line.elapsed_s:.3f}",
            )
        )
    return BOM + text.getvalue().encode()


def text_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    # What cannot be seen is dropped on the way into some spreadsheets.
    visible = "".join(character for character in text if character.isprintable()).lstrip()
    is_formula = text[:1] in _ODD_START or visible[:1] in _FORMULA
    return f"'{text}" if text and is_formula else text


def id_cell(snowflake: int) -> str:
    """An id of which spreadsheets keep every digit."""
    return f"'{snowflake}"


def exact_dollars(amount: Money) -> str:
    """All twelve decimals."""
    whole, decimals = divmod(amount.pico, PICO_PER_DOLLAR)
    return f"{whole}.{decimals:012d}"


def iso_utc(epoch_s: float) -> str:
    """``2026-03-01T12:00:00Z``."""
    return f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def records_json(items: Sequence[Job | Case | PictureWish | Remembered | Style]) -> bytes:
    """Everything kept about these jobs, asked cases, forms and styles, for the member whose they are."""
    records = [_record_of(item) for item in items]
    return json.dumps(records, ensure_ascii=False, indent=2).encode(errors="replace")


def _record_of(item: Job | Case | PictureWish | Remembered | Style) -> dict[str, object]:
    match item:
        case Job():
            return _record(item)
        case Case():
            return _asked(item)
        case Style():
            return _kept_style(item)
        case PictureWish():
            return {"pictures_may_be_used_by": "nobody else"}
        case Remembered():
            return {
                "last_values_for": item.model,
                "saved_at": iso_utc(item.saved_at_s),
                "form_values": {name: list(texts) for name, texts in item.typed.items()},
            }


def _kept_style(style: Style) -> dict[str, object]:
    return {
        "style": style.name,
        "saved_at": iso_utc(style.saved_at_s),
        "server_id": str(style.guild_id) if style.guild_id else None,
        "is_pinned": style.is_pinned,
        "template": style.template,
        "negative_prompt": style.negative_prompt,
        "model": style.model,
        "width": style.width,
        "height": style.height,
        "steps": style.steps,
        "guidance": style.guidance,
    }


def _asked(case: Case) -> dict[str, object]:
    request = case.request
    return {
        "case_id": str(case.case_id),
        "asked_moderators_at": iso_utc(case.opened_at_s),
        "server_id": str(case.guild_id),
        "channel_id": str(case.channel_id),
        "verdict": case.verdict.value,
        "model": None if request is None else request.model,
        "prompt": None if request is None else request.prompt,
        "negative_prompt": None if request is None else request.negative_prompt,
        "form_values": None if request is None else dict(request.values),
    }


def _record(job: Job) -> dict[str, object]:
    request, origin = job.request, job.origin
    return {
        "job_id": str(job.job_id),
        "asked_at": iso_utc(job.created_at_s),
        "server_id": None if origin.guild_id is None else str(origin.guild_id),
        "channel_id": str(origin.channel_id),
        "message_id": None if origin.message_id is None else str(origin.message_id),
        "is_private": origin.is_private,
        "model": request.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "width": request.width,
        "height": request.height,
        "steps": request.steps,
        "guidance": request.guidance,
        "strength": request.strength,
        "form_values": dict(request.values),
        "files_given": [
            {
                "input": file.parameter_id or None,
                "name": file.filename,
                "content_type": file.content_type or None,
                "size_bytes": file.size_bytes,
                "address": file.source_url,
                "address_at_wiro": file.stored_url,
            }
            for file in request.files
        ],
        "seed_asked_for": request.seed,
        "seed_used": job.seed,
        "pictures": request.count,
        "stage": job.stage.name.lower(),
        "failed_because": None if job.cause is None else job.cause.name.lower(),
        "wiro_said": job.detail or None,
        "wiro_task_id": job.task_id,
        "held_usd": exact_dollars(job.hold),
        "cost_usd": None if job.cost is None or keeps_hold(job) else exact_dollars(job.cost),
        "time_billed_s": job.elapsed_s,
        "outputs": [
            {
                "name": output.name,
                "content_type": output.content_type,
                "address": output.url,
                "size_bytes": output.size_bytes,
                "text": output.text,
                "thinking": output.thinking,
            }
            for output in job.outputs
        ],
    }


def files_within(
    items: Sequence[T], build: Callable[[Sequence[T]], bytes], filename: str, limit_bytes: int
) -> list[ExportFile]:
    """One file of all items; zipped where it is too large to attach; several where even that is too large."""
    contents = _halved(items, build, filename, limit_bytes)
    if len(contents) == 1:
        return contents
    return [ExportFile(f"part-{n}-{file.filename}", file.content) for n, file in enumerate(contents, 1)]


def _halved(
    items: Sequence[T], build: Callable[[Sequence[T]], bytes], filename: str, limit_bytes: int
) -> list[ExportFile]:
    content = build(items)
    if len(content) <= limit_bytes:
        return [ExportFile(filename, content)]
    packed = _zipped(filename, content)
    if len(packed) <= limit_bytes or len(items) <= 1:
        return [ExportFile(f"{filename}.zip", packed)]
    middle = len(items) // 2
    return [
        *_halved(items[:middle], build, filename, limit_bytes),
        *_halved(items[middle:], build, filename, limit_bytes),
    ]


def _zipped(filename: str, content: bytes) -> bytes:
    out = io.BytesIO()
    # A fixed date: the same records make the same file.
    entry = zipfile.ZipInfo(filename, date_time=(2026, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
