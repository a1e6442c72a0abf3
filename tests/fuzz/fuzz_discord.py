"""Interactions that no client sends, put to the bot in its simulated Discord; and its books as text."""

from __future__ import annotations

from typing import Any, TypeVar

import simcord.actors
from fuzz_profile import tries
from hypothesis import given
from hypothesis import strategies as st
from simcord.backend import serializers

T = TypeVar("T")
COMMAND, PRESS, TYPING, FORM = 2, 3, 4, 5


def examples(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Drawn up front, for a test whose world is too dear to be built anew for each of them."""
    drawn: list[T] = []

    @tries(count)
    @given(value=strategy)
    def draw(value: T) -> None:
        drawn.append(value)

    draw()
    return drawn


async def forge(
    actor: Any,
    channel: Any,
    data: dict[str, Any],
    *,
    kind: int = COMMAND,
    message: Any = None,
    is_on_message: bool = True,
) -> Any:
    """An interaction with this data, as if Discord had let it through. The handle of what came of it.

    `is_on_message`: the message it claims to come from bears the forged button, too.
    """
    more: dict[str, Any] = {}
    if message is not None:
        backend = actor._env.backend
        stored = backend.get_message(channel.id, message.id)
        payload = dict(serializers.message_payload(backend, stored))
        if is_on_message:
            button = {"type": 2, "style": 2, "label": "x", "custom_id": data["custom_id"], "id": 999}
            payload["components"] = [*payload["components"], {"type": 1, "id": 998, "components": [button]}]
        more = {"extra": {"message": payload}, "source_message_id": stored.id}
    actor._env._begin_operation("forge")
    try:
        return await simcord.actors._dispatch_actor_interaction(actor, kind, channel, data, **more)
    finally:
        actor._env._end_operation()


def command(
    name: str, *path: str, options: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    """The data of a command, "limits" with "set" as its path."""
    leaf: list[dict[str, Any]] = options or []
    for step in reversed(path):
        leaf = [{"type": 1, "name": step, "options": leaf}]
    return {"id": "1", "name": name, "type": 1, "options": leaf, **more}


def words_of(world: Any, asked: Any) -> str:
    """Everything that the asker was told in answer."""
    answers = [answer for answer in (asked.response, *asked.followups) if answer is not None]
    texts = [str(answer.content or "") for answer in answers]
    return "\n".join([*texts, world.card(asked).text]).strip()


async def books(world: Any) -> str:
    """Everything on record, as text, to be compared."""
    dump: str = await world.studio.meters.database.read(lambda sqlite: "\n".join(sqlite.iterdump()))
    return dump
