"""Routes with the bot's token: who am I, gateway, commands, channels, messages, guilds, members."""

import copy
from typing import Any

from sandbox.discord.channels import Channel, Message
from sandbox.discord.check_commands import check_command, check_commands
from sandbox.discord.entities import ATTACH_FILES, MANAGE_MESSAGES, SEND_MESSAGES, VIEW_CHANNEL
from sandbox.discord.messages import Via
from sandbox.discord.problems import ApiError, Json, Problems, not_found
from sandbox.discord.wire import NO_CONTENT, Call, Reply, Route
from sandbox.discord.world import World


def me(world: World, _call: Call) -> Reply:
    own = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None, "flags": 0, "bio": ""}
    return Reply({**world.bot.payload(), **own})


def application(world: World, _call: Call) -> Reply:
    return Reply(
        {
            "id": str(world.application_id),
            "name": world.bot.username,
            "icon": None,
            "description": "",
            "summary": "",
            "type": None,
            "bot": world.bot.payload(),
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "team": None,
            "owner": {**world.bot.payload(), "id": "1", "username": "operator", "bot": False},
            "approximate_guild_count": len(world.guilds),
            "approximate_user_install_count": 0,
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "integration_types_config": {"0": {}},
        }
    )


def gateway(world: World, _call: Call) -> Reply:
    return Reply({"url": f"{world.base_url.replace('http', 'ws', 1)}/gateway"})


def gateway_bot(world: World, _call: Call) -> Reply:
    limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    url = f"{world.base_url.replace('http', 'ws', 1)}/gateway"
    return Reply({"url": url, "shards": 1, "session_start_limit": limit})


# Commands


def commands_list(world: World, call: Call) -> Reply:
    return Reply(_commands(world, call))


def commands_overwrite(world: World, call: Call) -> Reply:
    wanted: Any = copy.deepcopy(call.body)
    problems = Problems()
    if not isinstance(wanted, list):
        raise ApiError(400, 50035, "Invalid Form Body", errors={"_errors": [{"code": "LIST_TYPE_CONVERT"}]})
    wanted = problems.entries((), wanted, most=150)
    check_commands(wanted, problems)
    problems.raise_if_any()
    before = {(one["type"], one["name"]): one["id"] for one in _commands(world, call)}
    kept = [_registered(world, call, one, before.get((one.get("type", 1), one["name"]))) for one in wanted]
    _commands(world, call)[:] = kept
    world.changes.tell()
    return Reply(kept)


def commands_upsert(world: World, call: Call) -> Reply:
    wanted = copy.deepcopy(call.form())
    problems = Problems()
    check_command(wanted, (), problems)
    problems.raise_if_any()
    listed = _commands(world, call)
    key = (wanted.get("type", 1), wanted["name"])
    before = next((one for one in listed if (one["type"], one["name"]) == key), None)
    made = _registered(world, call, wanted, before["id"] if before else None)
    if before:
        listed.remove(before)
    listed.append(made)
    world.changes.tell()
    return Reply(made, 200 if before else 201)


def command_delete(world: World, call: Call) -> Reply:
    listed = _commands(world, call)
    found = next((one for one in listed if one["id"] == call.params["command"]), None)
    if found is None:
        raise not_found(10063, "application command")
    listed.remove(found)
    return NO_CONTENT


def _commands(world: World, call: Call) -> list[Json]:
    if call.params["application"] != str(world.application_id):
        raise not_found(10002, "Application")
    if "guild" not in call.params:
        return world.global_commands
    return world.guild_commands.setdefault(world.guild(call.params["guild"]).id, [])


def _registered(world: World, call: Call, command: Json, number: str | None) -> Json:
    made = {
        "id": number or str(world.ids.take()),
        "application_id": str(world.application_id),
        "version": str(world.ids.take()),
        "type": 1,
        "name_localizations": None,
        "description_localizations": None,
        "default_member_permissions": None,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
        "description": "",  # as Discord tells a context menu's
        "options": [],
        **command,
    }
    permissions = made["default_member_permissions"]
    made["default_member_permissions"] = None if permissions is None else str(permissions)
    if "guild" in call.params:
        made["guild_id"] = call.params["guild"]
    else:
        made["dm_permission"] = made["contexts"] is None or 1 in made["contexts"]
    return made


# Channels and messages


def _reached(world: World, call: Call, *needs: int) -> Channel:
    """The channel, if the bot may see it (50001) and has what it needs there (50013)."""
    channel = world.channel(call.params["channel"])
    guild = channel.guild
    if guild is not None:
        granted = channel.permissions_of(world.bot) if guild.bot_is_here else 0
        if not granted & VIEW_CHANNEL:
            raise ApiError(403, 50001, "Missing Access")
        if any(not granted & need for need in needs):
            raise ApiError(403, 50013, "Missing Permissions")
    return channel


def _message(world: World, call: Call, channel: Channel) -> Message:
    number = call.params["message"]
    found = world.messages.get(int(number)) if number.isdigit() else None
    # An ephemeral message exists for its interaction's token only.
    if found is None or found.channel is not channel or found.seen_by is not None:
        raise not_found(10008, "Message")
    return found


def channel_get(world: World, call: Call) -> Reply:
    return Reply(_reached(world, call).payload())


def typing(world: World, call: Call) -> Reply:
    _reached(world, call, SEND_MESSAGES)
    return NO_CONTENT


def message_create(world: World, call: Call) -> Reply:
    channel = _reached(world, call, SEND_MESSAGES, *((ATTACH_FILES,) if call.uploads else ()))
    if channel.recipient is not None and not channel.recipient.dms_open:
        raise ApiError(403, 50007, "Cannot send messages to this user")
    body = call.form()
    nonce = (channel.id, str(body.get("nonce")))
    if body.get("enforce_nonce") and nonce in world.nonces:
        return Reply(world.nonces[nonce].payload())
    reference = body.get("message_reference") or {}
    known = str(reference.get("message_id", "0"))
    if reference and int(known) not in world.messages and reference.get("fail_if_not_exists", True):
        problems = Problems()
        problems.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        problems.raise_if_any()
    message = world.draft_message(channel, kind=19 if reference else 0)
    world.write(message, body, call.uploads, Via.CHANNEL)
    if body.get("nonce") is not None:
        world.nonces[nonce] = message
    return Reply(message.payload())


def message_get(world: World, call: Call) -> Reply:
    return Reply(_message(world, call, _reached(world, call)).payload())


def message_edit(world: World, call: Call) -> Reply:
    message = _message(world, call, _reached(world, call))
    if message.author.id != world.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    world.write(message, call.form(), call.uploads, Via.CHANNEL)
    return Reply(message.payload())


def message_delete(world: World, call: Call) -> Reply:
    channel = _reached(world, call)
    message = _message(world, call, channel)
    if message.author.id != world.bot.id and not channel.permissions_of(world.bot) & MANAGE_MESSAGES:
        raise ApiError(403, 50013, "Missing Permissions")
    world.delete(message)
    return NO_CONTENT


def direct_open(world: World, call: Call) -> Reply:
    recipient = str(call.form().get("recipient_id"))
    user = world.users.get(int(recipient)) if recipient.isdigit() else None
    if user is None or user.bot:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return Reply(world.direct_channel(user).payload())


# Guilds and people


def guild_get(world: World, call: Call) -> Reply:
    guild = world.guild(call.params["guild"])
    counts: Json = {}
    if call.query.get("with_counts") in ("1", "true", "True"):
        counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
    return Reply({**guild.rest_payload(), **counts})


def guild_channels(world: World, call: Call) -> Reply:
    return Reply([channel.payload() for channel in world.guild(call.params["guild"]).channels])


def guild_roles(world: World, call: Call) -> Reply:
    guild = world.guild(call.params["guild"])
    return Reply([role.payload() for role in (guild.everyone, *guild.roles)])


def guild_member(world: World, call: Call) -> Reply:
    guild = world.guild(call.params["guild"])
    number = call.params["user"]
    member = guild.members.get(int(number)) if number.isdigit() else None
    if member is None:
        raise not_found(10007, "Member")
    return Reply(member.payload())


def user_get(world: World, call: Call) -> Reply:
    number = call.params["user"]
    user = world.users.get(int(number)) if number.isdigit() else None
    if user is None:
        raise not_found(10013, "User")
    return Reply(user.payload())


_COMMANDS = "/applications/{application}/commands"
_GUILD_COMMANDS = "/applications/{application}/guilds/{guild}/commands"
_MESSAGE = "/channels/{channel}/messages/{message}"

ROUTES = [
    Route("GET", "/users/@me", me),
    Route("GET", "/oauth2/applications/@me", application),
    Route("GET", "/applications/@me", application),
    Route("GET", "/gateway", gateway, for_bot=False),
    Route("GET", "/gateway/bot", gateway_bot),
    *(Route("GET", path, commands_list) for path in (_COMMANDS, _GUILD_COMMANDS)),
    *(Route("PUT", path, commands_overwrite) for path in (_COMMANDS, _GUILD_COMMANDS)),
    *(Route("POST", path, commands_upsert) for path in (_COMMANDS, _GUILD_COMMANDS)),
    *(Route("DELETE", f"{path}/{{command}}", command_delete) for path in (_COMMANDS, _GUILD_COMMANDS)),
    Route("GET", "/channels/{channel}", channel_get),
    Route("POST", "/channels/{channel}/typing", typing),
    Route("POST", "/channels/{channel}/messages", message_create, bucket="channel_create", major="channel"),
    Route("GET", _MESSAGE, message_get),
    Route("PATCH", _MESSAGE, message_edit, bucket="channel_edit", major="channel"),
    Route("DELETE", _MESSAGE, message_delete, bucket="channel_delete", major="channel"),
    Route("POST", "/users/@me/channels", direct_open),
    Route("GET", "/guilds/{guild}", guild_get),
    Route("GET", "/guilds/{guild}/channels", guild_channels),
    Route("GET", "/guilds/{guild}/roles", guild_roles),
    Route("GET", "/guilds/{guild}/members/{user}", guild_member),
    Route("GET", "/users/{user}", user_get),
]
