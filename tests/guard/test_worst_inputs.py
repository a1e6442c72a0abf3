"""Whatever a member, a moderator or a model sends: work grows with its length, and leaves the loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

import bot.services.guild_settings._word_rules as word_rules_module
import bot.store.sqlite.jobs as jobs_module
from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.catalogue.model import Kind, ModelSummary, Option, Parameter
from bot.domain.job.job import Job, Output, Stage, StreamedText
from bot.domain.moderation.errors import PatternRefused, RuleRefused
from bot.domain.moderation.rules import Match, WordRule
from bot.domain.request.files import MAX_FILE_BYTES
from bot.domain.request.form import read_field
from bot.domain.request.prompt import words_of
from bot.domain.request.run_request import RunRequest
from bot.engines.wiro import frames
from bot.engines.wiro.reading import LARGE_CHARS, loads, read
from bot.engines.wiro.scalars import plain
from bot.engines.wiro.signing import Credentials
from bot.engines.wiro.transport import MAX_ANSWER_BYTES
from bot.services.catalogue._model_index import MAX_SEARCH_CHARS, ModelIndex
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings._word_rules import QUICK_CHARS, Readied, WordRules
from bot.services.guild_settings.patterns import Patterns, _repeats_a_repetition, word_rule
from bot.services.tasks import TaskOwner
from bot.view.cards.texts import log_card
from bot.view.files.containers import JPEG, PNG, sniff
from bot.view.files.export import text_cell
from bot.view.files.metadata import marked, without_traces
from bot.view.files.parts import chunk
from bot.view.text import said
from bot.view.text.format import code_block, escaped
from bot.view.text.headings import format_sent
from bot.view.text.said import TextPart
from tests.guard.guard_counts import wired
from tests.guard.guard_growth import MOST, MOST_STEPS, growth, longest_steps
from tests.support.clocks import SteppedClock
from tests.support.samples import MODEL, a_job
from tests.support.wiro import ScriptedWiro

Made = Callable[[int], str]


def repeated(piece: str, before: str = "", after: str = "") -> Made:
    """A text of so many characters, nearly all of them `piece`."""
    return lambda length: before + piece * (length // len(piece)) + after


# What made one reader or another slow, or well might.
TEXTS: Final[Mapping[str, Made]] = {
    "blanks after a link's bracket": repeated(" ", "[a]("),
    "blanks and no address": repeated(" ", "[a](", "x"),
    "blanks on both sides of a bracket": lambda length: f"[a]({' ' * (length // 2)}<{' ' * (length // 2)}",
    "links without end": repeated("]("),
    "links that lead somewhere": repeated("](a:/"),
    "line breaks": repeated("\n"),
    "blanks": repeated(" "),
    "fences": repeated("```"),
    "fences and blanks": repeated("``` \n"),
    "flags": repeated("\U0001f1e9"),
    "accents": repeated("\u0301", "a"),
    "joiners": repeated("\u200d", "a"),
    "nothing that is seen": repeated("\x00"),
    "thoughts": repeated("<think>"),
    "ended thoughts": repeated("<think></think>"),
    "colours": repeated("\x1b[m"),
    "half a colour": repeated("1;", "\x1b["),
    "written over": repeated("\r"),
    "half a signature": repeated("a" * 63 + " "),
    "tags": repeated("<"),
    "letters that unfold": repeated("\ufdfa"),
    "brackets": repeated("["),
    "words": repeated("word, "),
}


def a_text(text: str) -> Job:
    output = Output("output", "raw", None, text=text, thinking=text)
    return a_job(stage=Stage.SUCCEEDED, outputs=(output,), task_id="101")


def of_task(text: str) -> dict[str, object]:
    task = {
        "id": "7",
        "status": "task_postprocess_end",
        "pexit": "1",
        "debugoutput": text,
        "debugerror": text,
    }
    return {"result": True, "tasklist": [task | {"outputs": [{"content": {"raw": text}}]}]}


def of_frame(text: str) -> str:
    return json.dumps({"type": "task_output", "id": "7", "message": {"answer": [text], "raw": text}})


def of_tool(text: str) -> dict[str, object]:
    tool = {"title": text, "description": text, "license": text, "computingtime": text, "categories": text}
    return {"tool": [tool]}


SECRETS: Final = Credentials("a-key", "a-secret")
READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "the first page": lambda text: said.first_page(a_text(text)),
    "the pages": lambda text: said.pages(a_text(text), TextPart.THINKING),
    "an answer so far": lambda text: said.so_far(StreamedText(text)),
    "thoughts so far": lambda text: said.so_far(StreamedText("", text)),
    "the answer's file": lambda text: said.answer_file(a_text(text), 10**9),
    "a log": lambda text: log_card(a_text(""), text, is_attached=True),
    "a detail of Wiro's": lambda text: frames.task_reports(of_task(text), SECRETS.redact),
    "a log of Wiro's": lambda text: frames.task_log(of_task(text), "7", SECRETS.redact),
    "a frame": lambda text: frames.socket_frame(of_frame(text)),
    "a model's page": lambda text: frames.tools(of_tool(text)),
    "a line of Wiro's": plain,
    "a line": lambda text: escaped.__wrapped__(text, 100),
    "a code block": lambda text: code_block(text, 2_000),
    "a prompt": lambda text: words_of(RunRequest("a/b", text, values=(("more", text),))),
    "a cell": text_cell,
}


@pytest.mark.parametrize("reader", READERS)
def test_a_longer_text_takes_no_more_than_its_share(reader: str) -> None:
    found = {name: growth(READERS[reader], text) for name, text in TEXTS.items()}
    assert {name: times for name, times in found.items() if times >= MOST} == {}


@pytest.mark.parametrize("piece", ["a,", "['", '","', ", "])
def test_a_choice_of_much_among_many_takes_no_more_than_its_share(piece: str) -> None:
    def field(length: int) -> tuple[Parameter, str]:
        options = tuple(Option(f"{number}", "") for number in range(length // 4))
        return Parameter("style", Kind.CHOICES, options=(*options, Option("a", "A"))), piece * (length // 4)

    assert growth(lambda given: read_field(given[0], (given[1],)), field, 2_000) < MOST


def test_what_a_form_sent_is_told_in_no_more_than_its_share() -> None:
    def request(length: int) -> RunRequest:
        return RunRequest("a/b", "", values=tuple((f"name-{n}", f"value {n}") for n in range(length)))

    assert growth(lambda given: format_sent(given, 1_000), request, 4_000) < MOST


def test_a_search_for_very_many_words_looks_for_the_first_ones() -> None:
    class Counted(str):
        __slots__ = ()

        def __contains__(self, word: str) -> bool:
            looked_for.append(word)
            return True

    looked_for: list[str] = []
    index = ModelIndex([ModelSummary("a/b", "a b", None)], "a/b")
    index._entries = [replace(entry, names=Counted(entry.names)) for entry in index._entries]
    index.suggestions("a b " * 3_000, 25)
    assert looked_for == ["a", "b"]
    looked_for.clear()
    index.suggestions(" ".join(f"{number}" for number in range(3_000)), 25)
    assert len(looked_for) <= MAX_SEARCH_CHARS


RULES: Final = (
    *(
        WordRule(word, is_pattern=False, match=match)
        for word in ("cat", "ill", "red cat", "a b")
        for match in Match
    ),
    *(WordRule(f"word{number}", is_pattern=False, match=Match.TOLERANT) for number in range(100)),
    WordRule("c++", is_pattern=False),
    *(WordRule(pattern, is_pattern=True) for pattern in ("(a|a)*(a|a)*b", "x.*y.*z", "[a-z]{1,50}q")),
)
DISGUISES: Final[Mapping[str, Made]] = {
    "ones": repeated("1"),
    "ones and letters": repeated("1a"),
    "letters apart": repeated("a "),
    "letters and ones apart": repeated("a 1 "),
    "words with ones": repeated("a1b1c1d1 "),
    "phrases": repeated("red "),
    "phrases apart": lambda length: "red" + " " * length + "cat red",
    "signs": repeated("c+"),
    "dots": repeated("a."),
    "capitals": repeated("aI"),
    "Cyrillic": repeated("аб "),
    "beginnings of words": repeated("word "),
}


def test_a_longer_prompt_is_held_against_rules_in_no_more_than_its_share() -> None:
    readied = Readied(RULES)
    texts = {name: TEXTS[name] for name in ("blanks", "accents", "joiners", "flags", "words")} | DISGUISES
    found = {name: growth(lambda text: _judged(readied, text), made, 900) for name, made in texts.items()}
    assert {name: times for name, times in found.items() if times >= MOST} == {}


def _judged(readied: Readied, text: str) -> None:
    with contextlib.suppress(RuleRefused):
        readied.check([("prompt", text)])


def test_more_rules_take_no_more_than_their_share() -> None:
    def rules(number: int) -> list[WordRule]:
        return [
            WordRule(f"w{n}", n % 2 == 0, Match.EXACT if n % 2 == 0 else Match.TOLERANT)
            for n in range(number)
        ]

    assert growth(Readied, rules, 125) < MOST


@pytest.mark.parametrize("piece", ["(", "[", "a{1,2}", "\\\\", "*", "(a+)", "{"])
def test_a_longer_pattern_is_judged_in_no_more_than_its_share(piece: str) -> None:
    assert growth(_repeats_a_repetition, repeated(piece)) < MOST  # whatever the length that is taken
    with contextlib.suppress(PatternRefused):
        word_rule(f"/{piece * (200 // len(piece))}/")


# --- off the loop ------------------------------------------------------------------------------------


async def test_a_large_answer_of_wiros_is_read_beside_the_loop() -> None:
    threads: list[int] = []

    def note(_text: str) -> None:
        threads.append(threading.get_ident())

    await read(note, "x" * LARGE_CHARS, LARGE_CHARS)
    await read(note, "x" * (LARGE_CHARS + 1), LARGE_CHARS + 1)
    here = threading.get_ident()
    assert [thread == here for thread in threads] == [True, False]


async def test_long_texts_are_held_against_rules_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[tuple[str, bool]] = []
    here = threading.get_ident()

    def noted(name: str, function: Any) -> Any:
        def wrapper(*given: Any) -> Any:
            threads.append((name, threading.get_ident() == here))
            return function(*given)

        return wrapper

    monkeypatch.setattr(Readied, "__init__", noted("ready", Readied.__init__))
    monkeypatch.setattr(Readied, "check", noted("check", Readied.check))
    monkeypatch.setattr(Readied, "matches", noted("hits", Readied.matches))
    monkeypatch.setattr(word_rules_module, "Patterns", noted("patterns", Patterns))
    rules, words, short = WordRules(), (WordRule("cat", is_pattern=False),), [("prompt", "a dog")]
    await rules.check(1, words, short)
    await rules.check(1, words, [("prompt", "a " * QUICK_CHARS)])
    await rules.matches(1, words, "a dog")
    await rules.check(2, (word_rule("/d.gs/"),), short)
    await rules.make_room(words, WordRule("a", is_pattern=True))
    assert [name for name, _ in threads if name != "patterns"] == [
        *("ready", "check", "check", "hits", "ready", "check"),
    ]
    on_loop = [name for name, is_here in threads if is_here]
    assert on_loop == ["check"]  # the short one, against words alone


async def test_a_model_that_nobody_has_is_compared_with_all_others_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_loop: list[bool] = []
    here, similar = threading.get_ident(), ModelIndex.similar

    def noted(self: ModelIndex, slug: str) -> tuple[str, ...]:
        on_loop.append(threading.get_ident() == here)
        return similar(self, slug)

    monkeypatch.setattr(ModelIndex, "similar", noted)
    catalogue = Catalogue(ScriptedWiro(), MODEL, SteppedClock().clock, TaskOwner(asyncio.create_task))
    with pytest.raises(ModelUnknown):
        await catalogue.model("owner/nothing")
    assert on_loop == [False]


async def test_what_a_model_said_is_put_into_the_books_beside_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    here, row_of = threading.get_ident(), jobs_module.row_of

    def noted(job: Job) -> dict[str, object]:
        if job.is_terminal:
            ended.append(threading.get_ident() == here)
        return row_of(job)

    monkeypatch.setattr(jobs_module, "row_of", noted)
    async with wired(tmp_path / "bot.sqlite3") as bot:
        await bot.live(1)
    assert ended == [False]


@pytest.mark.parametrize("part", ["[],", "1,", '{"a":1},', '"a",'])
def test_json_of_very_many_parts_is_read_by_steps_and_is_the_same(part: str) -> None:
    text = f"[{part * 60_000}1]"
    assert loads(text) == loads(text.encode()) == json.loads(text)


# --- no long step, in which no other thread has its turn --------------------------------------------


PIECES: Final[Mapping[str, bytes]] = {
    "halves of pairs": b"\xed\xa0\x80",
    "no UTF-8": b"\xff",
    "escapes": b"\\n",
    "escaped letters": b"\\u00e9",
    "letters": "\u5b57".encode(),
    "plain letters": b"a",
}


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_answer_is_read_in_short_steps(piece: str) -> None:
    text = PIECES[piece] * (MAX_ANSWER_BYTES // 8 // len(PIECES[piece]))
    answer = b'{"list":[' + b",".join([b'"' + text + b'"'] * 7) + b"]}"
    assert longest_steps(lambda: loads(answer)) < MOST_STEPS
    blanks = b'{"list":' + b" " * MAX_ANSWER_BYTES + b"1}"
    assert longest_steps(lambda: loads(blanks)) < MOST_STEPS


@pytest.mark.parametrize("piece", [b"a", b" a", b"t", b"\xff\x00", b"\xff", b"\xd9"])
def test_a_large_file_is_looked_through_in_short_steps(piece: bytes) -> None:
    content = piece * (MAX_FILE_BYTES // 5 // len(piece))
    assert longest_steps(lambda: sniff(content)) < MOST_STEPS
    scan = b"\xff\xd8\xff\xda\0\2" + content + b"\xff\xd9"
    for work in (marked, without_traces):
        assert longest_steps(lambda work=work: work(scan, JPEG)) < MOST_STEPS


def test_a_text_beside_a_picture_is_looked_through_in_short_steps() -> None:
    text = chunk(b"tEXt", b"Comment\0" + b"t" * (MAX_FILE_BYTES // 5))
    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + text + chunk(b"IEND", b"")
    for work in (marked, without_traces):
        assert longest_steps(lambda work=work: work(picture, PNG)) < MOST_STEPS


def test_json_of_more_parts_than_anybody_writes_is_none() -> None:
    with pytest.raises(ValueError, match="too many parts"):
        loads(f"[{'[],' * 600_000}1]")
