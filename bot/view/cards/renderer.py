"""From a job to its card: pure, and only what is known to be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from bot.domain.discord_limits import GALLERY_ITEMS, MESSAGE_CHARS
from bot.domain.job.job import Cause, Exposure, Job, Parent, Progress, Relation, Stage
from bot.domain.job.ledger import keeps_hold
from bot.domain.job.output_file import OutputFile
from bot.domain.job.status_update import StatusUpdate
from bot.view.actions.buttons import JobButton, TextAction, job_buttons
from bot.view.card import Card, Tone
from bot.view.cards.results import picks_of, picture_indexes
from bot.view.files.media import is_picture
from bot.view.text import links, said
from bot.view.text.endings import ending
from bot.view.text.fitting import message_url
from bot.view.text.format import code, code_block, duration, plural, relative
from bot.view.text.headings import format_sent, heading, model_name
from bot.view.text.said import TextPart

PROMPT_CHARS: Final = 300
BAR_CELLS: Final = 20
SENT_END: Final = MESSAGE_CHARS - 700  # where the values of a form end, the facts come after them
PROMPT_CHARS_BESIDE_WORDS: Final = 150  # where a model's answer needs the room
NOTE_CHARS: Final = 200
# The buttons of ten pictures take 26 of a message's components: with so much else in it, only the first
# pictures have any.
ROOM_BESIDE_PICKS: Final = 3
FEWER_PICKS: Final = 5
ORIGIN: Final = "made by AI, as each picture's file says in its metadata (IPTC digital source type)"
_FILMS: Final = frozenset({"video/mp4", "video/webm", "video/quicktime"})  # that Discord plays in a gallery
_FILM_SUFFIXES: Final = (".mp4", ".webm", ".mov")
_ENDED: Final = (JobButton.AGAIN, JobButton.INFO, JobButton.DELETE)
_CAN_RETRY: Final = frozenset(
    {Cause.UNREACHABLE, Cause.UNANSWERED, Cause.LOST, Cause.DEADLINE, Cause.INTERNAL, Cause.WIRO_FAILED}
)


def status_card(news: StatusUpdate) -> Card:
    """A job that has not ended."""
    job = news.job
    lines = [_title(job), f"**{_format_stage(news)}**"]
    if job.stage is Stage.RUNNING and job.progress is not None:
        lines.append(bar(job.progress))
    if news.quiet_since_s is not None:
        lines.append(f"-# No news from Wiro since {relative(news.quiet_since_s)}; asking it directly.")
    if news.note:
        lines.append(f"-# {news.note}")
    is_heard = job.speech is not None and job.stage >= Stage.RUNNING
    has_log = job.task_id is not None and job.stage >= Stage.RUNNING
    buttons = () if news.is_cancelling else (JobButton.CANCEL, *((JobButton.LOG,) if has_log else ()))
    is_waiting = job.stage in {Stage.SUBMITTING, Stage.UNKNOWN, Stage.QUEUED}
    return Card(
        Tone.WAITING if is_waiting else Tone.WORKING,
        "\n".join(lines),
        small_print=progress_mark(job),
        buttons=job_buttons(job.job_id, *buttons),
        body=said.so_far(job.speech) if job.speech is not None and is_heard else "",
    )


def progress_mark(job: Job) -> str:
    """What every card of the job says until it has ended, and none after that."""
    return f"{_model(job)} · about {job.hold} held · asked {relative(job.created_at_s)}"


@dataclass(frozen=True, slots=True)
class Look:
    """What an operator chooses for all endings: whether there is a model for Upscale, a word about AI."""

    can_upscale: bool = False
    has_ai_notice: bool = False


PLAIN: Final = Look()


def final_card(news: StatusUpdate, pictures: Sequence[OutputFile], look: Look = PLAIN) -> Card:
    """A job that has ended, with its pictures."""
    job = news.job
    if job.stage is not Stage.SUCCEEDED:
        is_cancelled = job.stage is Stage.CANCELLED
        again = (
            JobButton.RETRY if job.cause in _CAN_RETRY else JobButton.AGAIN,
            JobButton.INFO,
            JobButton.DELETE,
        )
        return Card(
            Tone.WAITING if is_cancelled else Tone.FAILED,
            f"{_title(job)}\n{ending(job)}",
            small_print=_model(job),
            buttons=job_buttons(job.job_id, *again),
        )
    attached = [picture for picture in pictures if picture.content is not None]
    gallery = [picture.filename for picture in attached if _is_shown(picture)][:GALLERY_ITEMS]
    body, presses, notes = _words(job, pictures)
    limit = links.LINKS_CHARS_BESIDE_WORDS if body else links.LINKS_CHARS
    lines = [_title(job), *notes, *links.lines_of(pictures, limit)]
    if not pictures and not body:
        lines.append("It was made, but it can no longer be fetched.")
    lines += [f"-# {note[:NOTE_CHARS]}" for note in (job.detail, news.note) if note]
    files = tuple(picture.filename for picture in attached if picture.filename not in gallery)
    picks = picks_of(job, pictures, can_upscale=look.can_upscale)
    if len(files) + len(presses) + len(notes) + bool(body) > ROOM_BESIDE_PICKS:
        picks = tuple(pick for pick in picks if pick.number <= FEWER_PICKS)
    return Card(
        Tone.DONE,
        "\n".join(lines),
        pictures=tuple(gallery),
        files=files,
        small_print=_facts(job) + (" · made by AI" if look.has_ai_notice else ""),
        body=body,
        buttons=(*presses, *job_buttons(job.job_id, *_ENDED, *_reporting(job)), *picks),
    )


def _words(job: Job, pictures: Sequence[OutputFile]) -> tuple[str, tuple[TextAction, ...], list[str]]:
    """What a language model said, the buttons to its rest and its thoughts, what is to be noted about it."""
    if not said.is_text(job):
        return "", (), []
    body, is_cut = said.first_page(job)
    presses = [TextAction(job.job_id, TextPart.ANSWER, 1)] if is_cut else []
    if said.whole(job, TextPart.THINKING):
        presses.append(TextAction(job.job_id, TextPart.THINKING, 0))
    if not is_cut:
        return body, tuple(presses), []
    files = [picture.filename for picture in pictures if picture.url is None and picture.content is not None]
    is_attached = any(name.startswith(said.ANSWER_STEM) for name in files)
    rest = "the whole answer is attached" if is_attached else "as a file it is too large to attach"
    characters = len(said.whole(job, TextPart.ANSWER))
    return body, tuple(presses), [f"-# This is the beginning of {characters:,} characters; {rest}."]


def _is_shown(picture: OutputFile) -> bool:
    """Whether a gallery shows it; anything else is a file to download."""
    is_film = picture.content_type in _FILMS and picture.filename.endswith(_FILM_SUFFIXES)
    return is_film or is_picture(picture.content_type)


def _reporting(job: Job) -> tuple[JobButton, ...]:
    """Others see a picture in a server's channel only, so only there can it be reported."""
    is_public = job.origin.guild_id is not None and not job.origin.is_private
    return (JobButton.REPORT,) if is_public else ()


def info_card(job: Job, *, may_see_log: bool = False, may_read: bool = True) -> Card:
    """Everything about a job, for whoever asks; its words and the way to its log for those who may."""
    request = job.request
    facts = [
        ("Model", code(request.model)),
        ("Seed", code(str(job.seed))),
        ("Size", f"{request.width} × {request.height}" if request.width and request.height else None),
        ("Steps", str(request.steps) if request.steps is not None else None),
        ("Guidance", f"{request.guidance:g}" if request.guidance is not None else None),
        ("Strength", f"{request.strength:g}" if request.strength is not None else None),
        ("Pictures", None if said.is_text(job) else str(request.count)),
        ("Asked", f"by <@{job.origin.user_id}> {relative(job.created_at_s)}"),
        ("Held", str(job.hold)),
        ("Cost", _known_cost(job)),
        ("Time billed", duration(job.elapsed_s) if job.elapsed_s is not None else None),
        ("Origin", ORIGIN if job.stage is Stage.SUCCEEDED and picture_indexes(job) else None),
        ("Wiro task", code(job.task_id) if job.task_id else None),
    ]
    lines = [f"### About this {'answer' if said.is_text(job) else 'picture'}"]
    if job.exposure is Exposure.HIDDEN:
        lines.append("It was reported and is hidden until the moderators decide.")
    if not may_read:
        request = replace(request, prompt="", negative_prompt=None, values=(), files=())
    elif request.prompt:
        lines.append(code_block(request.prompt, 2_000))
    elif job.is_forgotten:
        lines.append("The prompt has been erased.")
    if request.negative_prompt:
        lines += ["Without:", code_block(request.negative_prompt, 1_000)]
    sent = format_sent(request, max(0, SENT_END - sum(len(line) + 1 for line in lines)))
    lines += [f"**Sent** {sent}"] if sent else []
    lines += [f"**{name}** {value}" for name, value in facts if value is not None]
    actions = (JobButton.LOG,) if may_see_log and job.task_id is not None else ()
    return Card(Tone.WAITING, "\n".join(lines), buttons=job_buttons(job.job_id, *actions))


def _known_cost(job: Job) -> str | None:
    if keeps_hold(job):
        return "not known yet"
    return str(job.cost) if job.cost is not None else None


def bar(progress: Progress) -> str:
    """Real steps as a bar of full and light cells."""
    full = progress.step * BAR_CELLS // progress.total
    return f"`{'█' * full}{'░' * (BAR_CELLS - full)}` {progress.step} of {progress.total}"


def headline(news: StatusUpdate) -> str:
    """A job in one line, for lists."""
    return f"**{heading(news.job.request, 50)}**\n-# {_format_stage(news)} · {_model(news.job)}"


def _format_stage(news: StatusUpdate) -> str:
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
            return _format_running(news.job)
        case Stage.FINISHING:
            return "Finishing"
        case Stage.SUCCEEDED | Stage.FAILED | Stage.CANCELLED:
            return "Ended"
        case _:
            assert_never(news.job.stage)


def _format_running(job: Job) -> str:
    if job.speech is not None:
        return "Thinking" if job.speech.is_thinking or not job.speech.answer else "Answering"
    request = job.request
    # The form of a model that takes no size and no steps is seldom that of one that draws.
    is_other = bool(request.values) and request.width is None and request.steps is None
    return "Working" if is_other else "Drawing"


def _title(job: Job) -> str:
    words = heading(job.request, PROMPT_CHARS_BESIDE_WORDS if said.is_text(job) else PROMPT_CHARS)
    parent = f"\n-# {_format_parent(job.parent)}" if job.parent is not None else ""
    return f"### {words}{parent}"


def _format_parent(parent: Parent) -> str:
    what = "a picture"
    if parent.message_id is not None:
        what = f"[{what}]({message_url(parent.guild_id, parent.channel_id, parent.message_id)})"
    match parent.relation:
        case Relation.VARIATION:
            return f"Variation of {what}"
        case Relation.EDIT:
            return f"Another prompt for {what}"
        case Relation.UPSCALE:
            return f"Larger version of {what}"
        case _:
            assert_never(parent.relation)


def _model(job: Job) -> str:
    return model_name(job.request)


def _format_cost(job: Job) -> str:
    if keeps_hold(job):
        return f"its cost follows, {job.hold} at most"
    return str(job.cost if job.cost is not None else job.hold)


def _facts(job: Job) -> str:
    request = job.request
    facts = [
        _model(job),
        "" if said.is_text(job) else f"seed `{job.seed}`",
        f"{request.width} × {request.height}" if request.width and request.height else "",
        plural(request.count, "picture") if request.count > 1 else "",
        duration(job.elapsed_s) if job.elapsed_s is not None else "",
        _format_cost(job),
    ]
    return " · ".join(fact for fact in facts if fact)
