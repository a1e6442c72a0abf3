"""What a scenario is: a fault of Wiro, the steps at which the bot is killed, how long it stays away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from sandbox.wiro.fault_script import FaultScript
from sandbox.wiro.faults import (
    BUSY,
    Drop,
    FailTask,
    Hold,
    LateCharge,
    ListLag,
    Moment,
    NoOutputs,
    Wait,
    server_error,
)

KEY: Final = "crash-key"
SECRET: Final = "crash-secret"
PROMPT: Final = "a lighthouse at dusk"

LAG_S: Final = 60.0  # how long Task/List does not know a task
GRACE_S: Final = 120.0  # how long an unanswered Run is looked for: longer than any lag
SHORT_GRACE_S: Final = 20.0
LATE_S: Final = 5_000.0  # how long after its end a task is charged, where it is charged late
LOOK_S: Final = 20.0  # what one look into Task/List takes on the clock of a scenario

_LATE: Final = LateCharge(LATE_S, totalcost="0.07")  # more than is held

_Script: TypeAlias = Callable[[FaultScript], object]

FAULTS: Final[Mapping[str, _Script]] = {
    "none": lambda script: script,
    "lost": lambda script: script.add(Drop(), path="Run/"),
    "lag": lambda script: script.add(ListLag(LAG_S), path="Run/"),
    "lost+lag": lambda script: script.add(Drop(), path="Run/").add(ListLag(LAG_S), path="Run/"),
    "failed": lambda script: script.add(FailTask(), path="Run/"),
    "failed+lost+lag": lambda script: (
        script.add(Drop(), path="Run/").add(FailTask(), path="Run/").add(ListLag(LAG_S), path="Run/")
    ),
    "busy": lambda script: script.add(BUSY, path="Run/"),
    "busy+lost": lambda script: script.add(BUSY, path="Run/").add(Drop(), path="Run/", nth=2),
    "gateway": lambda script: script.add(server_error(502, moment=Moment.AFTER), path="Run/"),
    "empty": lambda script: script.add(NoOutputs(), path="Run/"),  # billed, and nothing to show
    "never sent": lambda script: script.add(Drop(Moment.BEFORE), path="Run/"),
    "no list": lambda script: script.add(Drop(), path="Run/").add(Drop(), path="Task/List", times=4),
    "twins": lambda script: script,
    "twins+one lost": lambda script: script.add(Drop(), path="Run/"),
    "twins+one never sent": lambda script: script.add(Drop(Moment.BEFORE), path="Run/"),
    "twins+one never sent, one slow": lambda script: script.add(Drop(Moment.BEFORE), path="Run/").add(
        Wait(0.3), path="Run/", nth=2
    ),
    "twins+lost": lambda script: script.add(Drop(), path="Run/", times=2),
    "twins+lost+lag": lambda script: script.add(Drop(), path="Run/", times=2).add(
        ListLag(LAG_S), path="Run/", times=2
    ),
    "late": lambda script: script.add(_LATE, path="Run/"),
    "late, null": lambda script: script.add(LateCharge(LATE_S, None, "0.02"), path="Run/"),
    "late+failed": lambda script: script.add(_LATE, path="Run/").add(FailTask(), path="Run/"),
    "late+empty": lambda script: script.add(_LATE, path="Run/").add(NoOutputs(), path="Run/"),
    "late+lost+lag": lambda script: (
        script.add(_LATE, path="Run/").add(Drop(), path="Run/").add(ListLag(LAG_S), path="Run/")
    ),
    # It would run on for ever, and its member stops it as soon as it runs.
    "late+stopped": lambda script: script.add(_LATE, path="Run/").add(Hold("task_start", 1e9), path="Run/"),
}


class Build(Enum):
    """What is under test: our bot, or one that is wrong on purpose."""

    OURS = "ours"
    RETRIES_BLINDLY = "retries blindly"  # sends Run again whenever it is in doubt
    IMPATIENT = "impatient"  # its grace is shorter than the list's lag
    HASTY = "hasty"  # takes what is on record at the end for all that will ever be charged


@dataclass(frozen=True, slots=True)
class Scenario:
    """One life of the bot for each kill, and a last one that nobody ends.

    `kills` name steps as `Steps` does. `away_s` passes on the clock between two lives.
    """

    fault: str
    kills: tuple[str, ...] = ()
    away_s: float = 1.0
    build: Build = Build.OURS

    def __str__(self) -> str:
        return ";".join((self.fault, *self.kills, f"away {self.away_s:g}", self.build.value))

    @classmethod
    def parse(cls, text: str) -> Scenario:
        """What `str` made. Raises ValueError."""
        fault, *kills, away, build = text.split(";")
        if fault not in FAULTS or not away.startswith("away "):
            raise ValueError(f"not a scenario: {text!r}")
        return cls(fault, tuple(kills), float(away.removeprefix("away ")), Build(build))

    @property
    def members(self) -> int:
        """How many members ask for the same picture with the same seed at the same moment."""
        return 2 if self.fault.startswith("twins") else 1

    @property
    def is_late(self) -> bool:
        """Whether Wiro charges only long after the end."""
        return self.fault.startswith("late")

    @property
    def is_stopped(self) -> bool:
        """Whether the member cancels what runs."""
        return self.fault.endswith("+stopped")

    def script(self) -> FaultScript:
        """Wiro's faults of this scenario, fresh."""
        script = FaultScript()
        FAULTS[self.fault](script)
        return script


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario.

    `traces` are the steps of each life; `struck` counts the kills that found their step; `violations` are
    sentences of the checker, and `log` is what the bot said in all its lives.
    """

    scenario: Scenario
    traces: tuple[tuple[str, ...], ...]
    struck: int
    violations: tuple[str, ...]
    log: str
