"""From a job to its card: pure, and only what is known to be true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from bot.domain.job import Cause, Job, Progress, Stage
from bot.domain.news import News
from bot.domain.picture import Picture
from bot.view.card import Action, Card, Tone
from bot.view.sentences import ending
from bot.view.text import code, code_block, duration, escaped, plural, relative

PROMPT_CHARS: Final = 300
BAR_CELLS: Final = 20
MAX_GALLERY: Final = 10  # pictures in one media gallery (Discord docs, Components reference, 2026)
_CAN_RETRY: Final = frozenset(
    {Cause.UNREACHABLE, Cause.UNANSWERED, Cause.LOST, Cause.DEADLINE, Cause.INTERNAL, Cause.WIRO_FAILED}
)


def status_card(news: News) -> Card:
    """A job that has not ended."""
    job = news.job
    lines = [_title(job), f"**{_stage_words(news)}**"]
    if job.stage is Stage.RUNNING and job.progress is not None:
        lines.append(bar(job.progress))
    if news.quiet_since_s is not None:
        lines.append(f"-# No news from Wiro since {relative(news.quiet_since_s)}; asking it directly.")
    if news.note:
        lines.append(f"-# {news.note}")
    small = f"{_model(job)} · about {job.hold} held · asked {relative(job.created_at_s)}"
    actions = () if news.is_cancelling else (Action.CANCEL,)
    is_waiting = job.stage in {Stage.SUBMITTING, Stage.UNKNOWN, Stage.QUEUED}
    tone = Tone.WAITING if is_waiting else Tone.WORKING
    return Card(tone, "\n".join(lines), job.job_id, small_print=small, actions=actions)


def ending_card(news: News, pictures: Sequence[Picture]) -> Card:
    """A job that has ended, with its pictures."""
    job = news.job
    if job.stage is not Stage.SUCCEEDED:
        is_cancelled = job.stage is Stage.CANCELLED
        again = (Action.RETRY if job.cause in _CAN_RETRY else Action.AGAIN, Action.INFO, Action.DELETE)
        return Card(
            Tone.WAITING if is_cancelled else Tone.FAILED,
            f"{_title(job)}\n{ending(job)}",
            job.job_id,
            small_print=_model(job),
            actions=again,
        )
    shown = [p.filename for p in pictures if p.content is not None and p.content_type.startswith("image/")]
    files = [
        p.filename for p in pictures if p.content is not None and not p.content_type.startswith("image/")
    ]
    lines = [_title(job), *_links(pictures)]
    if not pictures:
        lines.append("The picture was made, but it can no longer be fetched.")
    if news.note:
        lines.append(f"-# {news.note}")
    return Card(
        Tone.DONE,
        "\n".join(lines),
        job.job_id,
        pictures=tuple(shown[:MAX_GALLERY]),
        files=tuple(files),
        small_print=_facts(job),
        actions=(Action.AGAIN, Action.INFO, Action.DELETE, *_reporting(job)),
    )


def _reporting(job: Job) -> tuple[Action, ...]:
    """Others see a picture in a server's channel only, so only there can it be reported."""
    is_public = job.origin.guild_id is not None and not job.origin.is_private
    return (Action.REPORT,) if is_public else ()


def info_card(job: Job) -> Card:
    """Everything about a job, for whoever asks."""
    request = job.request
    facts = [
        ("Model", code(request.model)),
        ("Seed", code(str(job.seed))),
        ("Size", f"{request.width} × {request.height}" if request.width and request.height else None),
        ("Steps", str(request.steps) if request.steps is not None else None),
        ("Guidance", f"{request.guidance:g}" if request.guidance is not None else None),
        ("Pictures", str(request.count)),
        ("Asked", f"by <@{job.origin.user_id}> {relative(job.created_at_s)}"),
        ("Held", str(job.hold)),
        ("Cost", str(job.cost) if job.cost is not None else None),
        ("Time billed", duration(job.elapsed_s) if job.elapsed_s is not None else None),
        ("Wiro task", code(job.task_id) if job.task_id else None),
    ]
    prompt = code_block(request.prompt, 2_000) if request.prompt else "The prompt has been erased."
    lines = ["### About this picture", prompt]
    if request.negative_prompt:
        lines += ["Without:", code_block(request.negative_prompt, 1_000)]
    lines += [f"**{name}** {value}" for name, value in facts if value is not None]
    return Card(Tone.WAITING, "\n".join(lines))


def bar(progress: Progress) -> str:
    """Real steps as a bar of full and light cells."""
    full = progress.step * BAR_CELLS // progress.total
    return f"`{'█' * full}{'░' * (BAR_CELLS - full)}` {progress.step} of {progress.total}"


def headline(news: News) -> str:
    """A job in one line, for lists."""
    return f"**{escaped(news.job.request.prompt, 50)}**\n-# {_stage_words(news)} · {_model(news.job)}"


def _stage_words(news: News) -> str:
    if news.is_cancelling:
        return "Cancelling…"
    match news.job.stage:
        case Stage.SUBMITTING if news.queue_position is not None:
            return f"Waiting in our line, place {news.queue_position}"
        case Stage.SUBMITTING:
            return "Sending to Wiro"
        case Stage.UNKNOWN:
            return "Wiro did not answer; checking whether it took the request"
        case Stage.QUEUED:
            return "In Wiro's queue"
        case Stage.PREPARING:
            return "Preparing the model"
        case Stage.RUNNING:
            return "Drawing"
        case Stage.FINISHING:
            return "Finishing"
        case Stage.SUCCEEDED | Stage.FAILED | Stage.CANCELLED:
            return "Ended"
        case _:
            assert_never(news.job.stage)


def _title(job: Job) -> str:
    return f"### {escaped(job.request.prompt, PROMPT_CHARS)}"


def _model(job: Job) -> str:
    return escaped(job.request.model.rpartition("/")[2], 40)


def _links(pictures: Sequence[Picture]) -> list[str]:
    left = [picture for picture in pictures if picture.content is None]
    lines = [
        f"[{escaped(p.filename, 60)}]({p.url}) (too large or not ready to attach)"
        if p.url is not None
        else f"{escaped(p.filename, 60)} is too large to attach."
        for p in left
    ]
    if any(picture.url is not None for picture in left):
        lines.append("-# Wiro keeps links for a limited time: save what you want to keep.")
    return lines


def _facts(job: Job) -> str:
    request = job.request
    facts = [
        _model(job),
        f"seed `{job.seed}`",
        f"{request.width} × {request.height}" if request.width and request.height else "",
        plural(request.count, "picture") if request.count > 1 else "",
        duration(job.elapsed_s) if job.elapsed_s is not None else "",
        str(job.cost if job.cost is not None else job.hold),
    ]
    return " · ".join(fact for fact in facts if fact)
