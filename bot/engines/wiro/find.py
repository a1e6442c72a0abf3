"""Which task a Run made that was never answered: told by its seed, prompt and values in Wiro's own list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from bot.domain.job.job import Job
from bot.domain.job.task import TaskReport
from bot.domain.request.files import InputFile
from bot.domain.request.parameters import PROMPT, SEED

CLOCK_SKEW_S: Final = 120.0  # Wiro stamps whole seconds on a clock that is not ours


def is_task_of(report: TaskReport, job: Job) -> bool:
    """Whether the task was started with this job's prompt, seed, values and files, after its Run was sent.

    Where a model takes neither prompt nor seed, something else of the request must stand in the task.
    """
    if job.sent_at_s is None:
        return False
    seed = _value(report, SEED)
    if job.is_forgotten and (seed is None or _value(report, PROMPT) is None):
        return False  # its prompt has been erased since: the seed alone tells
    if seed is not None and seed != str(job.seed):
        return False
    # A seed that was drawn by chance is proof enough, so that a clock of ours that was wrong hides nothing.
    is_proof = seed is not None and job.request.seed is None
    if not is_proof and report.created_at_s and report.created_at_s < job.sent_at_s - CLOCK_SKEW_S:
        return False
    words = job.request.prompt
    if words and (_value(report, PROMPT) or "") != words:
        return False
    marks = [
        _is_same(report.parameters[name], value)
        for name, value in job.request.values
        if name in report.parameters and name not in SEED and not isinstance(value, tuple)
    ]
    if not all(marks):
        return False
    if seed is None:
        echoes = [_echo(report, file) for file in job.request.files]
        marks += [echo for echo in echoes if echo is not None]
    return all(marks) and (bool(words) or seed is not None or bool(marks))


def _echo(report: TaskReport, file: InputFile) -> bool | None:
    """Whether the task was given this file. None: it does not say which.

    A task shows its files under addresses of its own, which end in the file's name (seen in a sample of
    Task/Detail, Aug 2026).
    """
    texts = [report.parameters.get(name, "") for name in (file.parameter_id, f"{file.parameter_id}Url")]
    text = "".join(texts).replace("\\/", "/")
    if not text:
        return None
    names = [quote(file.filename, safe=""), file.filename, file.stored_url or ""]
    return any(name in text for name in names if name)


def _is_same(echoed: str, sent: str | float) -> bool:
    """Wiro echoes what it was sent, numbers perhaps in another spelling: 7.0 for 7."""
    if isinstance(sent, str):
        return echoed == sent
    try:
        return float(echoed) == float(sent)
    except ValueError:
        return False


def _value(report: TaskReport, names: Sequence[str]) -> str | None:
    for name in names:
        if name in report.parameters:
            return report.parameters[name]
    return None
