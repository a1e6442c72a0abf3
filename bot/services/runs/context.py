"""What every run works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.domain.clock import Clock
from bot.engines.port import Engine
from bot.services.catalogue.service import Catalogue
from bot.services.runs.delivery import ResultDelivery
from bot.services.runs.inputs import Inputs
from bot.services.runs.ports import Queue, StatusMessages, Store


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long is waited, all in seconds."""

    silence_s: float = 20.0
    unknown_grace_s: float = 120.0
    deadline_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class RunContext:
    """The parts, and what the operator chose."""

    engine: Engine
    store: Store
    status_messages: StatusMessages
    delivery: ResultDelivery
    catalogue: Catalogue
    inputs: Inputs
    queue: Queue
    clock: Clock
    timeouts: Timeouts
    poll_delays: Callable[[], Iterator[float]]  # seconds between questions while an end is awaited
