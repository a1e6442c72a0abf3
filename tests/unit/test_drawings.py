"""What ARCHITECTURE.md draws is so: rooms, transitions, outcomes, contracts; and the tree of the errors."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import bot
from bot.domain import errors
from bot.domain.errors import BotError
from bot.domain.job import events
from bot.domain.job.events import Event
from bot.domain.job.job import Cause, Progress, Stage, StreamedText
from bot.domain.job.lifecycle import advance
from bot.domain.job.status_update import DeliveryOutcome
from bot.domain.money import ZERO
from tests.support.samples import a_job

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
SAMPLES: list[Event] = [
    events.Accepted("t1"),
    events.Unanswered(),
    *(events.Refused(cause) for cause in Cause),
    *(events.Reached(stage) for stage in Stage if Stage.QUEUED <= stage <= Stage.FINISHING),
    events.Progressed(Progress(1, 2)),
    events.TextStreamed(StreamedText("a")),
    events.Settled(is_success=True, cost=ZERO),
    events.Settled(is_success=False, cost=ZERO),
    events.Cancelled(ZERO),
    events.Gap("closed"),
    events.Unrecognised("new"),
]


def section(heading: str) -> str:
    return TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of its table, without the head."""
    lines = re.findall(r"^\| (.*) \|$", section(heading), re.MULTILINE)[1:]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def test_every_room_of_the_bot_is_drawn_and_nothing_else() -> None:
    drawn: set[str] = set()
    path = [""]
    for indent, name in re.findall(r"^( *)([\w.]+/)(?:\s|$)", section("The house"), re.MULTILINE):
        path[len(indent) // 2 + 1 :] = [path[len(indent) // 2] + name]
        drawn.add(path[-1].rstrip("/"))
    rooms = {str(file.parent.relative_to(ROOT)) for file in (ROOT / "bot").rglob("__init__.py")}
    assert drawn == rooms | {"cogs", "sandbox", "tests", "benchmarks"}


def transitions() -> dict[str, set[tuple[Stage, Stage]]]:
    """What each event does to a job at each stage, found by doing it."""
    found: dict[str, set[tuple[Stage, Stage]]] = {kind.__name__: set() for kind in get_args(Event)}
    for event in SAMPLES:
        for stage in Stage:
            after = advance(replace(a_job(), stage=stage), event).stage
            if after is not stage:
                found[type(event).__name__].add((stage, after))
    return found


def stages_in(cell: str) -> list[Stage]:
    """Those that it names; with an ellipsis, all from the first to the last."""
    named = [Stage[name] for name in re.findall(r"[A-Z]{5,}", cell)]
    return [stage for stage in Stage if named[0] <= stage <= named[-1]] if "…" in cell else named


def test_the_table_of_events_says_what_each_does_at_each_stage() -> None:
    assert {type(event) for event in SAMPLES} == set(get_args(Event))
    told = {
        name: {(before, after) for before in stages_in(source) for after in stages_in(to) if after > before}
        for kinds, source, to, _ in rows("The state machine")
        for name in re.findall(r"\w+", kinds)
    }
    assert told == transitions()


def test_the_drawn_machine_has_every_stage_and_no_arrow_that_is_never_taken() -> None:
    arrows = re.findall(r"(\w{5,}) --> (\w+): (\w+)", section("The state machine"))
    assert {name for before, after, _ in arrows for name in (before, after)} == {
        stage.name for stage in Stage
    }
    taken = transitions()
    assert [arrow for arrow in arrows if (Stage[arrow[0]], Stage[arrow[1]]) not in taken[arrow[2]]] == []


def test_every_outcome_of_a_delivery_is_told() -> None:
    assert [cells[0].strip("`") for cells in rows("Delivery")] == [
        outcome.name for outcome in DeliveryOutcome
    ]


def test_every_import_contract_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = [contract["name"] for contract in project["tool"]["importlinter"]["contracts"]]
    assert sorted(name for name, _ in rows("Why each import contract stands")) == sorted(contracts)


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if module.name != "bot.__main__":
            importlib.import_module(module.name)
    drawn: dict[str, str] = {}
    path = ["BotError"]
    for indent, name in re.findall(r"^([│ ]*)[├└]─ (\w+)", errors.__doc__ or "", re.MULTILINE):
        path[len(indent) // 3 + 1 :] = [name]
        drawn[name] = path[-2]
    assert drawn == dict(_descendants(BotError))


def _descendants(kind: type) -> Iterator[tuple[str, str]]:
    """Each of ours, and what it is derived from."""
    for child in kind.__subclasses__():
        if child.__module__.startswith("bot."):
            yield child.__name__, kind.__name__
            yield from _descendants(child)
