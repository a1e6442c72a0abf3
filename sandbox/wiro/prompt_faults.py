"""Faults for people: a bracketed word in a prompt makes its task go wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from sandbox.wiro.faults import (
    NO_FUNDS,
    Bill,
    Drop,
    DropSocket,
    Duplicate,
    FailTask,
    Hold,
    LateCdn,
    LateCharge,
    ListLag,
    Mute,
    NoOutputs,
    Reorder,
    RequestFault,
    Slow,
    Spoil,
    Spoilt,
    StderrNoise,
    Strange,
    TaskFault,
    server_error,
)

PROMPT_TASK_FAULTS: Mapping[str, tuple[TaskFault, ...]] = MappingProxyType(
    {
        "fail": (FailTask(),),
        "noise": (StderrNoise(),),
        "drop": (DropSocket(),),
        "mute": (Mute(),),
        "twice": (Duplicate(),),
        "mixed": (Reorder(),),
        "strange": (Strange(),),
        "slow": (Slow(),),
        "queue": (Hold("task_queue", 20),),
        "nothing": (NoOutputs(),),
        "nan": (Bill("NaN"),),
        "dear": (Bill("5"),),
        "late": (LateCdn(5),),
        "charge": (LateCharge(90),),
        "lag": (ListLag(10),),
        "html": (Spoil(Spoilt.HTML),),
        "svg": (Spoil(Spoilt.SVG),),
        "cut": (Spoil(Spoilt.TRUNCATED),),
        "bomb": (Spoil(Spoilt.PIXEL_BOMB),),
        "gzip": (Spoil(Spoilt.GZIP_BOMB),),
        "huge": (Spoil(Spoilt.HUGE),),
        "empty": (Spoil(Spoilt.EMPTY),),
        "redirect": (Spoil(Spoilt.REDIRECT),),
    }
)
PROMPT_RUN_FAULTS: Mapping[str, tuple[RequestFault, ...]] = MappingProxyType(
    {"lost": (Drop(),), "funds": (NO_FUNDS,), "down": (server_error(),)}
)
_WORD = re.compile(r"\[(\w+)\]")


def task_faults_in(prompt: str) -> tuple[TaskFault, ...]:
    """Faults of all known bracketed words, in the order of the words."""
    return tuple(
        fault for word in _WORD.findall(prompt.lower()) for fault in PROMPT_TASK_FAULTS.get(word, ())
    )


def run_faults_in(prompt: str) -> tuple[RequestFault, ...]:
    """As `task_faults_in`, for the Run request itself."""
    return tuple(fault for word in _WORD.findall(prompt.lower()) for fault in PROMPT_RUN_FAULTS.get(word, ()))
