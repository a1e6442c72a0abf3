"""What members see: messages, the order in which states were shown, endings told. It judges every edit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from bot.view.card import Card, Tone
from tests.simulation.sim_trace import Trace

_STAGE_WORDS: Final = (
    ("Waiting in our line", 10),
    ("Sending to Wiro", 10),
    ("Wiro did not answer", 20),
    ("In Wiro's queue", 30),
    ("Preparing the model", 40),
    ("Drawing", 50),
    ("Finishing", 60),
)
ENDED: Final = 70
_STEPS: Final = re.compile(r"` (\d+) of (\d+)")
_HEADLINE: Final = re.compile(r"^\*\*(.+)\*\*$", re.MULTILINE)


@dataclass(slots=True)
class Message:
    """One status message. `life` is of the engine that edited it last."""

    message_id: int
    job_id: int
    channel_id: int
    user_id: int
    token: str
    born_s: float
    is_private: bool
    is_deleted: bool = False
    rank: int = 0
    step: tuple[int, int] | None = None
    life: int = 0
    ending: str | None = None
    learnt_deleted: set[int] = field(default_factory=set)  # lives that were told 10008
    can_retry: bool = False
    texts: tuple[str, ...] = ()  # what a look finds
    is_overwritten: bool = False  # by a late edit, after its ending
    is_forsaken: bool = False  # nobody was there any more to see a late edit


class Messages:
    """Every message there is, and every direct message that was sent."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.by_id: dict[int, Message] = {}
        self.by_token: dict[str, Message] = {}
        self.by_job: dict[int, Message] = {}
        self.direct: dict[int, dict[str, tuple[float, str]]] = {}  # job → nonce → (when, ending)
        self.told: dict[int, list[str]] = {}  # job → where its ending was put, each place once
        self.forgiven: set[int] = set()  # jobs whose record the disk refused: they may be shown older states
        self.closed_places: set[int] = set()  # channels that are gone or closed to the bot
        self.closed_members: set[int] = set()  # members who take no direct messages

    def add(self, message: Message) -> None:
        self.by_id[message.message_id] = message
        self.by_token[message.token] = message
        self.by_job[message.job_id] = message

    def asked(self, message: Message, life: int) -> None:
        """An edit of this message arrives."""
        if message.is_deleted and life in message.learnt_deleted:
            self.trace.fail(f"job {message.job_id}: its deleted message is edited again by life {life}")

    def show(self, message: Message, card: Card, life: int, *, is_late: bool = False) -> None:
        """An edit is applied; `is_late`: when the bot had given it up."""
        is_ending = card.tone in {Tone.DONE, Tone.FAILED} or _is_cancelled(card)
        self.trace.note("edit", f"{message.job_id} {'end' if is_ending else _rank_of(card.text)}")
        message.texts = (card.text, card.body, f"-# {card.small_print}")
        if is_late and not is_ending:
            message.is_overwritten = message.ending is not None
            self.trace.note("late", message.job_id)
            return
        if is_ending:
            self._end(message, card)
            message.is_overwritten = message.is_forsaken = False
        else:
            self._pass(message, card, life)
        message.life = life

    def send_direct(self, job_id: int, nonce: str, card: Card, now_s: float, user_id: int) -> None:
        """A new direct message, unless its nonce was seen within the last minutes."""
        ending = told_words(card)
        sent = self.direct.setdefault(job_id, {})
        known = sent.get(nonce)
        if known is not None and now_s - known[0] < 300:
            return
        sent[nonce] = (now_s, ending)
        self.trace.note("direct", f"{job_id}")
        self.told.setdefault(job_id, []).append("direct")

    def _end(self, message: Message, card: Card) -> None:
        ending = told_words(card)
        if message.ending not in {None, ending} and message.job_id not in self.forgiven:
            self.trace.fail(f"job {message.job_id} was told {message.ending!r} and then {ending!r}")
        if message.ending is None:
            self.told.setdefault(message.job_id, []).append("message")
        message.ending = ending
        message.rank = ENDED
        message.can_retry = any(button.action.value == "retry" for button in card.buttons)

    def _pass(self, message: Message, card: Card, life: int) -> None:
        rank = _rank_of(card.text)
        steps = _STEPS.search(card.text)
        step = (int(steps[1]), int(steps[2])) if steps is not None else None
        is_back = message.ending is not None or (rank is not None and rank < message.rank)
        before = message.step
        if not is_back and step is not None and before is not None and message.life == life:
            is_back = step[1] == before[1] and step[0] < before[0]
        if is_back and message.job_id not in self.forgiven:
            shown = message.ending or f"{message.rank} {before}"
            self.trace.fail(f"job {message.job_id}: {rank} {step} is shown after {shown}")
        if rank is not None:
            message.rank = rank
        message.step = step


def _rank_of(text: str) -> int | None:
    """The stage that the card shows, read as a member would; None while it is being cancelled."""
    found = _HEADLINE.search(text)
    words = found[1] if found is not None else ""
    return next((rank for start, rank in _STAGE_WORDS if words.startswith(start)), None)


def _is_cancelled(card: Card) -> bool:
    return any(button.action.value in {"again", "retry"} for button in card.buttons)


def told_words(card: Card) -> str:
    """What the member is told, without remarks and links: they differ where a picture came late."""
    if card.tone is Tone.DONE:
        return "done"
    return next((line for line in card.text.splitlines() if line and not line.startswith(("#", "-#"))), "")
