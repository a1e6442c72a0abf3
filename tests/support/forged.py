"""Interactions that no client sends, put to the bot in its simulated Discord; its words and books."""

from __future__ import annotations

import json
from typing import Any

import simcord.actors
from simcord.backend import serializers

COMMAND, PRESS, TYPING, FORM = 2, 3, 4, 5


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


def words_of(world: Any, asked: Any) -> str:
    """Everything that the asker was told or shown in answer: texts, names of files, the form that opened."""
    answers = [answer for answer in (asked.response, *asked.followups) if answer is not None]
    texts = [str(answer.content or "") for answer in answers]
    files = [file.filename for answer in answers for file in answer.message.attachments]
    form = json.dumps(asked.modal, ensure_ascii=False) if asked.modal else ""
    return "\n".join([*texts, *files, world.card(asked).text, form]).strip()


async def books(world: Any) -> str:
    """Everything on record, as text, to be compared; left out is what is being answered at this moment."""
    dump: str = await world.application.meters.database.read(
        lambda sqlite: "\n".join(
            line for line in sqlite.iterdump() if not line.startswith('INSERT INTO "intake"')
        )
    )
    return dump
