"""How long each part of a task takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of each part before scaling; `scale` shortens the wait alone.

    Bills always follow the unscaled seconds, so costs mean the same in a fast test and in a demo.
    """

    queue_s: float = 0.4  # stays in task_queue, where Cancel still works
    prepare_s: float = 1.0  # accepted, preprocessed, assigned
    run_s: float = 4.0  # a model's default steps, one picture, times the model's own factor
    finish_s: float = 0.5  # post-processing
    scale: float = 1.0

    def __post_init__(self) -> None:
        if min(self.queue_s, self.prepare_s, self.run_s, self.finish_s, self.scale) < 0:
            raise ValueError("a pace has no negative part")
