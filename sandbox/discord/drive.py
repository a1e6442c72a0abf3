"""What a person does in the Discord client: pick a command, click, choose, type into a form."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.discord.channels import Channel, Message
from sandbox.discord.entities import ALL_PERMISSIONS, USE_APPLICATION_COMMANDS, VIEW_CHANNEL, User
from sandbox.discord.interactions import Asked, Interaction
from sandbox.discord.messages import Upload, walk_components
from sandbox.discord.options import ClientRefused, Filled, fill
from sandbox.discord.problems import Json
from sandbox.discord.world import World

__all__ = ["ClientRefused", "Person"]


class Person(User):
    """A user whom a test can steer. What the real client would not let happen raises ClientRefused."""

    def __init__(self, number: int, username: str, global_name: str, *, world: World) -> None:
        super().__init__(number, username, global_name)
        self._world = world

    def slash(
        self, channel: Channel, name: str, options: Mapping[str, Any] | None = None, *, force: bool = False
    ) -> Interaction:
        """Sends a command, "limits set" for a subcommand; `force` skips the client's own refusals."""
        command, path = self._pick(channel, name, force=force)
        filled = fill(command, path, options or {}, channel, self._world, force=force)
        return self._send_command(Asked.COMMAND, channel, command, filled)

    def autocomplete(
        self, channel: Channel, name: str, options: Mapping[str, Any], *, focused: str
    ) -> Interaction:
        """Types into the option `focused`; the suggestions arrive in `.choices`."""
        command, path = self._pick(channel, name, force=False)
        filled = fill(command, path, options, channel, self._world, force=False, focused=focused)
        return self._send_command(Asked.AUTOCOMPLETE, channel, command, filled)

    def can_see_command(self, channel: Channel, name: str) -> bool:
        """Whether the client offers the command here: default permissions, contexts, age limit."""
        try:
            self._pick(channel, name, force=False)
        except ClientRefused:
            return False
        return True

    def post(self, channel: Channel, content: str = "", files: Sequence[Upload] = ()) -> Message:
        """Writes a message of one's own."""
        world = self._world
        kept = [world.make_file(channel, file, None, ephemeral=False) for file in files]
        world.files.update({file.id: file for file in kept})
        message = Message(
            id=world.ids.take(),
            channel=channel,
            author=self,
            application_id=world.application_id,
            created_at=world.clock.iso(),
            content=content,
            files=kept,
        )
        world.publish(message)
        return message

    def use_on(self, message: Message, name: str) -> Interaction:
        """Opens the menu of a message and picks the command `name` under Apps."""
        self._see(message)
        for command in self._world.commands_for(message.channel.guild):
            if command["type"] == 3 and command["name"] == name:
                self._may_use(command, message.channel)
                resolved = {"messages": {str(message.id): message.payload()}}
                data = {"id": command["id"], "name": name, "type": 3, "resolved": resolved}
                sent = self._world.begin(Asked.COMMAND, self, message.channel)
                return self._send(sent, data | {"target_id": str(message.id)})
        raise ClientRefused(f"there is no {name!r} under Apps")

    def click(self, message: Message, target: str) -> Interaction:
        """Clicks the button whose custom id or label is `target`."""
        self._see(message)
        for part in message.walk():
            if part["type"] == 2 and target in (part.get("custom_id"), part.get("label")):
                if part.get("disabled"):
                    raise ClientRefused(f"the button {target!r} is disabled")
                return self._send_component(message, part, {})
        raise ClientRefused(f"no button {target!r} among {[b.label for b in message.buttons()]}")

    def select(self, message: Message, target: str, values: list[Any]) -> Interaction:
        """Chooses option values or objects in the menu whose custom id or placeholder is `target`."""
        self._see(message)
        for part in message.selects():
            if target in (part.get("custom_id"), part.get("placeholder")):
                filled = Filled(self._world, message.channel)
                return self._send_component(message, part, _chosen(part, values, filled))
        raise ClientRefused(f"no menu {target!r}")

    def submit_modal(self, opened: Interaction, values: Mapping[str, Any]) -> Interaction:
        """Sends the form that `opened` was answered with; keys are custom ids or labels of its fields."""
        if opened.modal is None or opened.user is not self:
            raise ClientRefused("no form is open")
        left = dict(values)
        filled = Filled(self._world, opened.channel)
        components = [_form_part(part, left, filled) for part in opened.modal["components"]]
        if left:
            raise ClientRefused(f"the form has no field {sorted(left)}")
        sent = self._world.begin(Asked.MODAL, self, opened.channel, source=opened.source, opener=opened)
        data: Json = {"custom_id": opened.modal["custom_id"], "components": components}
        if filled.resolved:
            data["resolved"] = filled.resolved
        return self._send(sent, data)

    # The rest is how the event is built

    def _pick(self, channel: Channel, name: str, *, force: bool) -> tuple[Json, list[str]]:
        first, *path = name.removeprefix("/").split()
        for command in self._world.commands_for(channel.guild):
            if command["type"] == 1 and command["name"] == first:
                if not force:
                    self._may_use(command, channel)
                return command, path
        raise ClientRefused(f"there is no command /{first}")

    def _may_use(self, command: Json, channel: Channel) -> None:
        context = 0 if channel.guild is not None else 1
        allowed = command["contexts"]
        if allowed is not None and context not in allowed:
            raise ClientRefused(f"/{command['name']} is not offered in context {context}")
        if channel.guild is None:
            return
        granted = channel.permissions_of(self)
        needed = command["default_member_permissions"]
        if not granted & VIEW_CHANNEL or not granted & USE_APPLICATION_COMMANDS:
            raise ClientRefused("no access to this channel or to its commands")
        if (
            needed is not None
            and granted != ALL_PERMISSIONS
            and (int(needed) == 0 or granted & int(needed) != int(needed))
        ):
            raise ClientRefused(f"/{command['name']} needs permissions {needed}")
        if command["nsfw"] and not channel.nsfw:
            raise ClientRefused(f"/{command['name']} is for age-restricted channels")

    def _see(self, message: Message) -> None:
        if message.deleted or not message.visible_to(self):
            raise ClientRefused("the message is not there")
        if not message.channel.permissions_of(self) & VIEW_CHANNEL:
            raise ClientRefused("no access to this channel")

    def _send_command(self, kind: Asked, channel: Channel, command: Json, filled: Filled) -> Interaction:
        data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
        if filled.options:
            data["options"] = filled.options
        if filled.resolved:
            data["resolved"] = filled.resolved
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return self._send(self._world.begin(kind, self, channel), data)

    def _send_component(self, message: Message, part: Json, more: Json) -> Interaction:
        if not part.get("custom_id"):
            raise ClientRefused("a link button sends nothing")
        sent = self._world.begin(Asked.COMPONENT, self, message.channel, source=message)
        data = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"], **more}
        return self._send(sent, data)

    def _send(self, interaction: Interaction, data: Json) -> Interaction:
        interaction.payload = self._event(interaction, data)
        self._world.emit("INTERACTION_CREATE", interaction.payload, interaction.channel.guild, 0)
        return interaction

    def _event(self, interaction: Interaction, data: Json) -> Json:
        channel, guild, world = interaction.channel, interaction.channel.guild, self._world
        event: Json = {
            "id": str(interaction.id),
            "application_id": str(world.application_id),
            "type": int(interaction.kind),
            "data": data,
            "channel_id": str(channel.id),
            "channel": {**channel.payload(), "permissions": str(channel.permissions_of(self))},
            "token": interaction.token,
            "version": 1,
            "app_permissions": str(channel.permissions_of(world.bot)),
            "locale": self.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": {"0": str(guild.id) if guild else "0"},
            "context": 0 if guild else 1,
            "attachment_size_limit": channel.attachment_size_limit,
        }
        if guild is None:
            event["user"] = self.payload()
        else:
            member = guild.members.get(self.id)
            if member is None:
                raise ClientRefused("not a member of this server")
            event["guild_id"] = str(guild.id)
            event["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
            event["guild_locale"] = guild.locale
            event["member"] = {**member.payload(), "permissions": str(channel.permissions_of(self))}
        if interaction.source is not None:
            event["message"] = interaction.source.payload()
        return event


def _chosen(part: Json, values: list[Any], filled: Filled) -> Json:
    least, most = part.get("min_values", 1), part.get("max_values", 1)
    if part.get("disabled"):
        raise ClientRefused("the menu is disabled")
    if not (1 if least is None else least) <= len(values) <= (most or 1):
        raise ClientRefused(f"choose {least} to {most}, not {len(values)}")
    if part["type"] != 3:
        return {"values": [filled.resolve(value) for value in values], "resolved": filled.resolved}
    offered = {option["value"] for option in part["options"]}
    for value in values:
        if value not in offered:
            raise ClientRefused(f"the menu does not offer {value!r}")
    return {"values": values}


def _form_part(part: Json, left: dict[str, Any], filled: Filled) -> Json:
    """A field as the client sends it back: a row or a label around the value, or plain text."""
    if part["type"] == 10:
        return {"type": 10, "id": part["id"]}
    if part["type"] == 1:
        inner = [_form_value(child, child.get("label"), left, filled) for child in part["components"]]
        return {"type": 1, "id": part["id"], "components": inner}
    return {
        "type": 18,
        "id": part["id"],
        "component": _form_value(part["component"], part["label"], left, filled),
    }


def _form_value(field: Json, label: str | None, left: dict[str, Any], filled: Filled) -> Json:
    given = next((left.pop(key) for key in (field["custom_id"], label) if key in left), None)
    sent: Json = {"type": field["type"], "id": field["id"], "custom_id": field["custom_id"]}
    if field["type"] == 4:
        text = field.get("value") or "" if given is None else str(given)
        if field.get("required", True) and not text:
            raise ClientRefused(f"the field {label!r} must be filled in")
        if text and not (field.get("min_length") or 0) <= len(text) <= (field.get("max_length") or 4000):
            raise ClientRefused(f"the field {label!r} takes another length than {len(text)}")
        return {**sent, "value": text}
    if field["type"] in (3, 5, 6, 7, 8):
        if given is None:
            chosen = [option["value"] for option in field.get("options") or [] if option.get("default")]
        else:
            chosen = given if isinstance(given, list) else [given]
        if not chosen and not field.get("required", True):
            return {**sent, "values": []}
        return {**sent, "values": _chosen(field, chosen, filled)["values"]}
    if field["type"] == 19:
        return {**sent, "values": [filled.resolve(upload) for upload in _uploads(field, label, given)]}
    return {**sent, "value": given}


def _uploads(field: Json, label: str | None, given: Any) -> list[Any]:
    """The files as the client lets them through: none where none are needed, else within the bounds."""
    uploads = given if isinstance(given, list) else [] if given is None else [given]
    least, most = field.get("min_values"), field.get("max_values") or 1
    if not uploads and not field.get("required", True):
        return []
    if not (1 if least is None else least) <= len(uploads) <= most or not uploads:
        raise ClientRefused(f"the field {label!r} takes {least} to {most} files, not {len(uploads)}")
    return uploads


def fields_of(modal: Json) -> list[Json]:
    """Every field of a form that takes a value."""
    return [part for part in walk_components(modal["components"]) if "custom_id" in part]
