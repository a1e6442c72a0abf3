"""Routes with an interaction's token: the callback, its message, and the followups."""

import time

from sandbox.discord.channels import Message
from sandbox.discord.check_commands import check_choices
from sandbox.discord.check_components import ComponentCheck
from sandbox.discord.interactions import Asked, Interaction, metadata
from sandbox.discord.messages import EPHEMERAL, LOADING, Via
from sandbox.discord.problems import ApiError, Json, Problems, not_found
from sandbox.discord.wire import NO_CONTENT, Call, Reply, Route
from sandbox.discord.world import World

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9

ANSWERS = {
    Asked.COMMAND: (MESSAGE, DEFERRED_MESSAGE, MODAL),
    Asked.COMPONENT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL),
    Asked.AUTOCOMPLETE: (CHOICES,),
    Asked.MODAL: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE),
}


def callback(world: World, call: Call) -> Reply:
    number = call.params["interaction"]
    interaction = world.interactions.get(int(number)) if number.isdigit() else None
    if interaction is None or interaction.token != call.params["token"]:
        raise not_found(10062, "interaction")
    if interaction.acked_at_s is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    if interaction.is_too_late:
        raise not_found(10062, "interaction")
    body = call.form()
    problems = Problems()
    allowed = ANSWERS[interaction.kind]
    if interaction.kind is Asked.MODAL and interaction.source is None:
        allowed = (MESSAGE, DEFERRED_MESSAGE)
    problems.choice(("type",), body.get("type"), allowed)
    problems.raise_if_any()
    _answer(world, interaction, body["type"], body.get("data") or {}, call)
    interaction.ack_type = body["type"]
    interaction.acked_at_s = time.monotonic()
    world.changes.tell()
    if call.query.get("with_response") not in ("1", "true", "True"):
        return NO_CONTENT
    return Reply(_callback_response(interaction))


def _answer(world: World, interaction: Interaction, kind: int, data: Json, call: Call) -> None:
    match kind:
        case 4:
            message = _draft(world, interaction, data)
            world.write(message, data, call.uploads, Via.CALLBACK)
            interaction.original = message
        case 5:
            message = _draft(world, interaction, data)
            message.flags |= LOADING
            world.publish(message)
            interaction.original = message
        case 6:
            interaction.original = interaction.source
        case 7:
            source = interaction.source
            if source is None or source.deleted:
                raise not_found(10008, "Message")
            world.write(source, data, call.uploads, Via.CALLBACK)
            interaction.original = source
        case 8:
            interaction.choices = _checked_choices(interaction, data)
        case _:
            problems = Problems()
            ComponentCheck(problems, lambda _path, url: {"url": url}).modal(data, ("data",))
            problems.raise_if_any()
            interaction.modal = data


def _checked_choices(interaction: Interaction, data: Json) -> list[Json]:
    problems = Problems()
    choices = problems.entries(("data", "choices"), data.get("choices"), most=25)
    check_choices(choices, ("data", "choices"), _focused_type(interaction.payload["data"]), problems)
    problems.raise_if_any()
    return choices


def _focused_type(part: Json) -> int:
    for option in part.get("options", ()):
        if option.get("focused"):
            return int(option["type"])
        if option["type"] in (1, 2):
            return _focused_type(option)
    return 3


def _draft(world: World, interaction: Interaction, data: Json) -> Message:
    flags = data.get("flags") or 0
    ephemeral = flags & EPHEMERAL if isinstance(flags, int) else 0
    return world.draft_message(
        interaction.channel,
        flags=ephemeral,
        kind=20 if interaction.kind is Asked.COMMAND else 0,
        seen_by=interaction.user if ephemeral else None,
        about=metadata(interaction),
    )


def _callback_response(interaction: Interaction) -> Json:
    told: Json = {"id": str(interaction.id), "type": int(interaction.kind)}
    body: Json = {"interaction": told}
    message = interaction.original
    if message is not None:
        told["response_message_id"] = str(message.id)
        told["response_message_loading"] = message.is_loading
        told["response_message_ephemeral"] = message.is_ephemeral
    if message is not None and interaction.ack_type in (MESSAGE, DEFERRED_MESSAGE, UPDATE):
        body["resource"] = {"type": interaction.ack_type, "message": message.payload()}
    return body


def _mine(world: World, call: Call) -> tuple[Interaction, Message]:
    """The interaction of the token and the message meant; 10008 if it is gone or another's."""
    interaction = world.interaction_of_webhook(call.params["application"], call.params["token"])
    wanted = call.params.get("message", "@original")
    candidates = [] if interaction.original is None else [interaction.original]
    if wanted != "@original":
        candidates = [one for one in (*candidates, *interaction.followups) if str(one.id) == wanted]
    if not candidates or candidates[0].deleted:
        raise not_found(10008, "Message")
    return interaction, candidates[0]


def message_get(world: World, call: Call) -> Reply:
    return Reply(_mine(world, call)[1].payload())


def message_edit(world: World, call: Call) -> Reply:
    message = _mine(world, call)[1]
    world.write(message, call.form(), call.uploads, Via.TOKEN)
    return Reply(message.payload())


def message_delete(world: World, call: Call) -> Reply:
    world.delete(_mine(world, call)[1])
    return NO_CONTENT


def followup(world: World, call: Call) -> Reply:
    """A new message; after a deferred answer the first one fills that answer, whatever its flags say."""
    interaction = world.interaction_of_webhook(call.params["application"], call.params["token"])
    waiting = interaction.original
    if waiting is not None and waiting.is_loading and not waiting.deleted:
        world.write(waiting, call.form(), call.uploads, Via.TOKEN)
        return Reply(waiting.payload())
    message = _draft(world, interaction, call.form())
    message.type = 19 if waiting is not None else 0
    if message.interaction_metadata is not None and waiting is not None:
        message.interaction_metadata["original_response_message_id"] = str(waiting.id)
    world.write(message, call.form(), call.uploads, Via.TOKEN)
    interaction.followups.append(message)
    world.changes.tell()
    return Reply(message.payload())


_TOKEN = "/webhooks/{application}/{token}"

ROUTES = [
    Route("POST", "/interactions/{interaction}/{token}/callback", callback, for_bot=False),
    Route("POST", _TOKEN, followup, for_bot=False, bucket="token_create", major="token"),
    Route("GET", f"{_TOKEN}/messages/{{message}}", message_get, for_bot=False),
    Route(
        "PATCH",
        f"{_TOKEN}/messages/{{message}}",
        message_edit,
        for_bot=False,
        bucket="token_edit",
        major="token",
    ),
    Route("DELETE", f"{_TOKEN}/messages/{{message}}", message_delete, for_bot=False),
]
