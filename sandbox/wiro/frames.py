"""Frames on their way to the listeners of one task: the wire's shape, and what fault scripts do to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import cycle
from typing import TypeAlias

from sandbox.wiro.faults import DropSocket, Duplicate, FrameFault, Mute, Reorder, Strange
from sandbox.wiro.tasks import Status, Task


@dataclass(frozen=True, slots=True)
class Break:
    """End of a connection: None resets it, a number closes it in good order."""

    close_code: int | None


# What a connection sends next: a text frame, a binary frame, or its own end.
Parcel: TypeAlias = str | bytes | Break

_ODD: tuple[Parcel, ...] = (
    '{"type":"task_mystery","id":"0","message":{"a":[1,2,3]},"result":true}',
    "this is not JSON {",
    "[1, 2, 3]",
    '{"message":"no type at all"}',
    '{"type":"task_output","message":{"type":"progressGenerate","percentage":"NaN","stepCurrent":null}}',
    b"\x00\x01\x02 bytes",
    '{"type":null,"id":null,"message":null}',
    '"just text"',
)


def frame(task: Task, kind: str, message: object, *, with_token: bool) -> str:
    """One frame with the old fields and the keys added in Aug 2026 (success, terminal, exitCode)."""
    terminal = kind in {Status.POSTPROCESS_END.value, Status.CANCEL.value}
    succeeded = terminal and task.pexit == "0"
    body: dict[str, object] = {"type": kind, "id": task.id}
    if with_token:
        body["tasktoken"] = task.token
    body |= {
        "message": message,
        "result": True,
        "success": succeeded if terminal else None,
        "terminal": terminal,
        "exitCode": int(task.pexit) if terminal and task.pexit is not None else None,
    }
    return json.dumps(body)


class Shaper:
    """Applies one task's frame faults. Keeps what it holds back, so one shaper lives as long as its task."""

    def __init__(self, faults: tuple[FrameFault, ...]) -> None:
        self._copies = max((fault.copies for fault in faults if isinstance(fault, Duplicate)), default=1)
        self._mutes = [fault for fault in faults if isinstance(fault, Mute)]
        self._drops = {fault: fault.breaks for fault in faults if isinstance(fault, DropSocket)}
        self._odd = cycle(_ODD) if any(isinstance(fault, Strange) for fault in faults) else None
        self._swaps = any(isinstance(fault, Reorder) for fault in faults)
        self._held: list[Parcel] = []

    def shape(self, kind: str, text: str) -> list[Parcel]:
        """What leaves now for a frame of type `kind`."""
        for drop, left in self._drops.items():
            if drop.at == kind and left > 0:
                self._drops[drop] = left - 1
                return [Break(drop.close_code)]
        if any(not mute.types or kind in mute.types for mute in self._mutes):
            return []
        parcels: list[Parcel] = [text] * self._copies
        if self._odd is not None:
            parcels.insert(0, next(self._odd))
        if not self._swaps:
            return parcels
        if self._held or kind in {Status.POSTPROCESS_END.value, Status.CANCEL.value}:
            parcels, self._held = parcels + self._held, []
            return parcels
        self._held = parcels
        return []
