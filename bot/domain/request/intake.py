"""A request on its way in: acknowledged, and nothing held yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Intake:
    """Where its answer stands, by Discord's ids; `job_id` is that of the job it would become."""

    message_id: int
    job_id: int
    channel_id: int
    user_id: int
    is_private: bool
